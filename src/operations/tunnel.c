#include "operations/tunnel.h"

#include <string.h>
#include <strings.h>

/*
 * Every entry's, where they agree: the tunnel that a new file is of.  NULL: they do not, or
 * do not say.
 */
static const char *shared_id(const struct entry_list *list)
{
	const char *id = NULL;

	for (unsigned i = 0; i < list->count; i++) {
		const char *this = list->items[i].tunnel_id;

		if (!this || !*this)
			continue;
		if (id && strcasecmp(id, this) != 0)
			return NULL;
		id = this;
	}
	return id;
}

static bool is_meant(const struct tunnel *t, const json_t *input, const struct entry *e)
{
	const char *named = json_text_of(input, "tunnel");

	if (!e->tunnel_hostname || !*e->tunnel_hostname || e->protocol != PROTO_TCP)
		return false;
	if (named)
		return !e->tunnel_id || !*e->tunnel_id || !strcasecmp(e->tunnel_id, named);
	return ingress_is_of(&t->in, e->tunnel_id);
}

static bool read_entries(struct call *c, const json_t *input, struct tunnel *t, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	unsigned kept = 0;

	if (!input_host(c, input, &f.host, err) ||
	    !entries_read(c->registry, &f, &c->arena, &t->entries, err))
		return false;
	for (unsigned i = 0; i < t->entries.count; i++)
		if (is_meant(t, input, &t->entries.items[i]))
			t->entries.items[kept++] = t->entries.items[i];
	t->entries.count = kept;
	t->wants = arena_alloc(&c->arena, (kept + 1) * sizeof(*t->wants));
	if (!t->wants)
		return fail_memory(err);
	for (unsigned i = 0; i < kept; i++)
		t->wants[i] = (struct ingress_want){ t->entries.items[i].tunnel_hostname,
						     t->entries.items[i].port, i };
	return true;
}

bool tunnel_read(struct call *c, const json_t *input, struct tunnel *ret, struct err *err)
{
	const json_t *content = json_object_get(input, "content");
	const char *name = json_text_of(input, "fileName");
	struct tunnel t = { .file = name ? name : "config.yml",
			    .bytes = json_string_value(content),
			    .len = json_string_length(content),
			    .in = { .tunnel = "", .credentials = "" } };
	struct err why = { 0 };

	if (t.bytes && !ingress_read(&c->arena, t.bytes, t.len, t.file, &t.in, &why)) {
		*err = why;
		return why.code == ERR_INVALID && fail_hint(err, "the file is as it was");
	}
	if (!read_entries(c, input, &t, err))
		return false;
	t.id = json_text_of(input, "tunnel");
	if (!t.id)
		t.id = *t.in.tunnel ? t.in.tunnel : shared_id(&t.entries);
	*ret = t;
	return true;
}

const char *tunnel_command(struct call *c, const struct tunnel *t)
{
	bool usual = !strcmp(t->file, "/etc/cloudflared/config.yml");

	return arena_printf(&c->arena, "portbook tunnel config%s%s --write",
			    usual ? "" : " --file ", usual ? "" : t->file);
}

bool tunnel_put_owner(json_t *row, const struct entry *e)
{
	return json_put_text(row, "projectName", e->project) &&
	       json_put_text(row, "serviceName", e->service) &&
	       json_put_int(row, "instance", e->instance) &&
	       json_put_text(row, "environment", e->environment);
}
