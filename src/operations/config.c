/*
 * operations/config.c - an instance's ports as a file that some program reads.
 *
 * The files themselves are only known to who asks: what they hold now is in the
 * input, what they are to hold in the answer.
 */
#include <string.h>

#include "formats/render_template.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "operations/variables.h"

struct rendering {
	struct call *call;
	const json_t *input;
	struct place place;
	struct port_values values;
	const struct render_format *format;
	struct file_bytes template; /* of somebody's own, in the place of a format */
};

/* What a template makes is all of a file. */
static const struct render_format of_template = { .name = "template" };

static struct file_bytes file_of(const json_t *input, const char *name, const char *content)
{
	const json_t *bytes = json_object_get(input, content);
	const char *said = json_text_of(input, name);

	return (struct file_bytes){ .name = said ? said : content,
				    .bytes = json_string_value(bytes),
				    .len = json_string_length(bytes) };
}

static bool find_format(struct rendering *x, struct err *err)
{
	const char *name = json_text_of(x->input, "format");
	CLEANUP(text_release) struct text known = { 0 };

	x->format = render_format_named(name);
	if (!x->format && x->template.bytes)
		x->format = &of_template;
	if (x->format)
		return true;
	render_formats_add(&known);
	fail(err, ERR_INVALID, "'%.60s' is no format, and no template of yours", name);
	return fail_hint(err, "formats are: %s", text_str(&known));
}

/* How the missing port is entered: where it is not the directory's, by its name in full. */
static bool hint_get(const struct rendering *x, const char *service, struct err *err)
{
	const char *environment = json_text_of(x->input, "environment");
	bool is_here = x->place.of_directory && !json_object_get(x->input, "instance");
	const char *name = is_here ? service
				   : service_subject(&x->call->arena, x->values.project,
						     x->values.instance, service);

	return fail_hint(err, "portbook get %s%s%s enters one", name ? name : service,
			 environment ? " --env " : "", environment ? environment : "");
}

/* Only the service that was named, which then has to have a port. */
static bool keep_service(struct rendering *x, const char *service, struct err *err)
{
	struct port_values *v = &x->values;
	struct port_value *kept = arena_alloc(&x->call->arena, v->count * sizeof(*kept));
	unsigned count = 0;

	if (v->count && !kept)
		return fail_memory(err);
	for (unsigned i = 0; i < v->count; i++)
		if (!strcmp(v->items[i].service, service))
			kept[count++] = v->items[i];
	v->items = kept;
	v->count = count;
	v->is_one = true;
	if (count)
		return true;
	fail(err, ERR_NOT_FOUND, "'%s/%s' has no port here", v->project, service);
	return hint_get(x, service, err);
}

static bool read_values(struct rendering *x, struct err *err)
{
	struct registry *r = x->call->registry;
	const char *environment, *host, *service;

	if (!registry_environment(r, json_text_of(x->input, "environment"), &x->call->arena,
				  &environment, err) ||
	    !input_host(x->call, x->input, &host, err) ||
	    !input_name(x->call, x->input, "serviceName", "service", &service, err) ||
	    !variables_read(x->call, &x->place, environment, host, &x->values, err))
		return false;
	x->values.command = arena_printf(
		&x->call->arena, "portbook config --format %s --write",
		x->format == &of_template ? json_text_of(x->input, "format") : x->format->name);
	if (!x->values.command)
		return fail_memory(err);
	if (service)
		return keep_service(x, service, err);
	if (x->values.count)
		return true;
	fail(err, ERR_NOT_FOUND, "'%s@%u' has no ports in '%s'", x->values.project,
	     x->values.instance, environment);
	return hint_get(x, "SERVICE", err);
}

/* --- the answer */

static json_t *value_json(const struct port_value *p)
{
	json_t *o = json_object();

	if (o && json_put_text(o, "serviceName", p->service) &&
	    json_put_text(o, "variable", p->variable) && json_put_int(o, "port", p->port) &&
	    json_put_text(o, "protocol", protocol_name(p->protocol)) &&
	    json_put_text(o, "serviceType", p->type) &&
	    json_put_text(o, "description", p->description) &&
	    json_put_text(o, "cloudflareHostname", p->hostname) &&
	    json_put_text(o, "unit", p->unit))
		return o;
	json_decref(o);
	return NULL;
}

static bool put_values(const struct port_values *v, json_t *answer)
{
	json_t *services = json_array();

	if (!json_put(answer, "services", services))
		return false;
	for (unsigned i = 0; i < v->count; i++)
		if (!json_append(services, value_json(&v->items[i])))
			return false;
	return json_put_text(answer, "projectName", v->project) &&
	       json_put_int(answer, "instance", v->instance) &&
	       json_put_text(answer, "environment", v->environment);
}

static json_t *names_json(const char *const *names)
{
	json_t *array = json_array();

	for (; array && names && *names; names++)
		if (!json_append(array, json_string(*names))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

/* Where the file belongs: for who asks, and has it. */
static bool put_files(const struct rendering *x, json_t *answer)
{
	const struct render_format *f = x->format;
	char path[PATH_MAX];
	const char *const own[] = { path, NULL };
	bool told = f->path && f->path(&x->values, path);

	return json_put_text(answer, "root", x->place.of_directory ? x->place.root : NULL) &&
	       json_put(answer, "files", names_json(told ? own : f->files)) &&
	       json_put(answer, "bases", names_json(f->bases));
}

/* What it names besides, nobody is warned of by a program that takes its port. */
static bool note_rest(const struct rendering *x, const struct file_bytes *file, struct err *err)
{
	CLEANUP(text_release) struct text rest = { 0 };
	const char *slash = strrchr(file->name, '/');

	if (!x->format->rest || !file->bytes)
		return true;
	if (!x->format->rest(&x->values, file, &rest, err))
		return false;
	if (rest.len)
		registry_note(x->call->registry,
			      "not in the book, and left as they are in %s: %s; 'portbook get "
			      "SERVICE' enters one, 'portbook allocate SERVICE' a further one",
			      slash ? slash + 1 : file->name, text_str(&rest));
	return true;
}

static bool put_content(const struct rendering *x, json_t *answer, struct err *err)
{
	CLEANUP(text_release) struct text text = { 0 };
	struct file_bytes old = file_of(x->input, "fileName", "content"),
			  base = file_of(x->input, "baseName", "baseContent");
	bool is_new = !old.bytes;
	struct err why = { 0 };

	/* What only changes a file that is there: there is nothing to show yet. */
	if (is_new && x->format->splice && !x->format->render && !base.bytes &&
	    !json_text_of(x->input, "fileName"))
		return json_put(answer, "content", json_null()) || fail_memory(err);
	if (!(x->format == &of_template
		      ? template_render(&x->values, &x->template, &text, &why)
		      : render_splice(x->format, &x->values, &old, &base, &text, &why))) {
		*err = why;
		return why.code == ERR_INVALID && !is_new && !why.hint[0] &&
		       fail_hint(err, "the file is as it was");
	}
	if (!note_rest(x, base.bytes ? &base : &old, err))
		return false;
	return (json_put(answer, "content", json_stringn(text_str(&text), text.len)) &&
		json_put_bool(answer, "changed",
			      is_new || text.len != old.len ||
				      memcmp(text_str(&text), old.bytes, text.len) != 0)) ||
	       fail_memory(err);
}

static bool config_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	struct rendering x = { .call = c,
			       .input = input,
			       .template = file_of(input, "templateName", "template") };

	if (!find_format(&x, err) || !place_find(c, input, PLACE_ENTER_NOTHING, &x.place, err) ||
	    !read_values(&x, err))
		return false;
	if (!json_put_text(answer, "format", x.format->name) || !put_values(&x.values, answer) ||
	    !put_files(&x, answer))
		return fail_memory(err);
	return put_content(&x, answer, err);
}

const struct operation op_config = {
	.schema = &schema_config,
	.access = ACCESS_READ,
	.run = config_run,
};
