/* What a compose file publishes, and the book has no port for. */
#include <string.h>

#include "formats/compose.h"
#include "formats/render_rows.h"

/* Rationale: one line for people; who has more looks at them with lint. */
#define NAMED_MAX 5u

struct rest {
	const struct port_values *v;
	const char *bytes;
	struct text *ret;
	unsigned count;
};

static bool is_in_book(const struct rest *r, const char *service, const struct compose_item *item)
{
	for (unsigned i = 0; i < r->v->count; i++)
		if (r->v->items[i].nth == item->nth && r->v->items[i].protocol == item->protocol &&
		    !strcmp(r->v->items[i].service, service))
			return true;
	return false;
}

/* A port of the host's is named; else docker takes a free one. */
static bool has_host(const struct rest *r, const struct compose_item *item)
{
	size_t host, len = 0;
	bool colon;

	if (item->is_odd)
		return false;
	if (item->is_long)
		return item->text.is_there;
	compose_split(r->bytes + item->text.from, item->text.to - item->text.from, &host, &len,
		      &colon);
	return len;
}

static void add_item(struct rest *r, const char *key, unsigned line)
{
	if (r->count++ < NAMED_MAX)
		text_addf(r->ret, "%s'%.100s' in line %u", r->count > 1 ? ", " : "", key, line);
}

static void add_service(struct rest *r, const struct compose_service *s)
{
	if (!s->name[0] || s->is_odd || (r->v->is_one && strcmp(r->v->items[0].service, s->name)))
		return;
	for (unsigned i = 0; i < s->count; i++)
		if (!is_in_book(r, s->name, &s->items[i]) && has_host(r, &s->items[i]))
			add_item(r, s->key, s->items[i].line);
}

bool compose_rest(const struct port_values *v, const struct file_bytes *file, struct text *ret,
		  struct err *err)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct rest r = { .v = v, .bytes = file->bytes, .ret = ret };
	struct compose_file f;

	if (!compose_read(&arena, file->bytes, file->len, file->name, &f, err))
		return false;
	for (unsigned i = 0; i < f.count; i++)
		add_service(&r, &f.services[i]);
	if (r.count > NAMED_MAX)
		text_addf(ret, " and %u more", r.count - NAMED_MAX);
	return text_ok(ret) || fail_memory(err);
}
