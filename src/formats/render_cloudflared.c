/*
 * The rules of a Cloudflare tunnel, for those of an instance's services that have a
 * public hostname; all of a machine's are brought there by `tunnel config`.
 */
#include "formats/ingress.h"
#include "formats/render_rows.h"

static bool add(struct arena *a, const struct port_values *v, const struct file_bytes *old,
		struct text *ret, struct err *err)
{
	struct ingress_want *wants = arena_alloc(a, v->count * sizeof(*wants));
	struct ingress_step *steps = arena_alloc(a, v->count * sizeof(*steps));
	unsigned count = 0;

	if (!wants || !steps)
		return fail_memory(err);
	for (unsigned i = 0; i < v->count; i++)
		if (v->items[i].hostname && v->items[i].protocol == PROTO_TCP)
			wants[count++] = (struct ingress_want){ v->items[i].hostname,
								v->items[i].port, i };
	if (!count)
		return fail(err, ERR_INVALID,
			    "none of these services has a public hostname, so cloudflared has "
			    "nothing to do");
	return ingress_splice(a, old->bytes, old->len, old->name, "", wants, count, steps, ret,
			      err);
}

bool cloudflared_splice(const struct port_values *v, const struct file_bytes *old,
			const struct file_bytes *base, struct text *ret, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };

	(void)base;
	return add(&arena, v, old, ret, err);
}

bool cloudflared_render(const struct port_values *v, struct text *ret, struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	const struct file_bytes none = { .name = "config.yml" };

	return add(&arena, v, &none, ret, err);
}
