#include "cli/input.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/utf8.h"
#include "book/surroundings.h"
#include "ports/name.h"
#include "ports/port_range.h"

static bool set(json_t *object, const char *field, json_t *value, struct err *err)
{
	return json_put(object, field, value) || fail_memory(err);
}

/* Also "", which json_put_text would make null: an empty text clears a field. */
static bool set_text(json_t *object, const char *field, const char *text, struct err *err)
{
	return set(object, field, json_string(text), err);
}

static bool is_digits(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

/* --- paths */

bool path_absolute(const char *path, char ret[static PATH_MAX], struct err *err)
{
	char real[PATH_MAX], cwd[PATH_MAX] = "";
	int len;

	/* What is not there yet is named from here. */
	if (!realpath(path, real)) {
		if (*path != '/' && !getcwd(cwd, sizeof(cwd)))
			return fail(err, ERR_INVALID,
				    "'%s' is below a working directory that is gone", path);
		len = snprintf(real, sizeof(real), "%s%s%s", cwd, *path == '/' ? "" : "/", path);
		if (len >= (int)sizeof(real))
			return fail(err, ERR_INVALID, "the path '%.100s...' is too long", path);
	}
	memcpy(ret, real, strlen(real) + 1);
	return true;
}

/* --- one function for each kind of value: `text` is valid UTF-8; of an argument `o` is empty */

typedef bool set_fn(json_t *object, const char *field, const struct option_spec *o,
		    const char *text, struct err *err);

static bool set_flag(json_t *object, const char *field, const struct option_spec *o,
		     const char *text, struct err *err)
{
	return set(object, field, json_true(), err);
}

static bool set_fixed(json_t *object, const char *field, const struct option_spec *o,
		      const char *text, struct err *err)
{
	return set_text(object, field, o->fixed, err);
}

static bool fail_choice(const struct option_spec *o, const char *text, struct err *err)
{
	char list[256] = "";
	size_t len = 0;

	for (unsigned i = 0; o->choices[i]; i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", i ? ", " : "",
					o->choices[i]);
	fail(err, ERR_INVALID, "--%s cannot be '%s'", o->name, text);
	return fail_hint(err, "it is one of %s", list);
}

static bool set_chosen(json_t *object, const char *field, const struct option_spec *o,
		       const char *text, struct err *err)
{
	if (!o->choices || o->may_be_other)
		return set_text(object, field, text, err);
	for (unsigned i = 0; o->choices[i]; i++)
		if (!strcmp(o->choices[i], text))
			return set_text(object, field, text, err);
	return fail_choice(o, text, err);
}

static bool set_int(json_t *object, const char *field, const struct option_spec *o,
		    const char *text, struct err *err)
{
	const char *at = text;
	uint64_t n;

	if (!eat_number(&at, (uint64_t)o->max, &n) || !eat_end(&at) || (int64_t)n < o->min)
		return fail(err, ERR_INVALID, "--%s is a number from %lld to %lld, not '%s'",
			    o->name, (long long)o->min, (long long)o->max, text);
	return set(object, field, json_integer((json_int_t)n), err);
}

static bool set_port(json_t *object, const char *field, const struct option_spec *o,
		     const char *text, struct err *err)
{
	uint16_t port;

	return port_parse(text, &port, err) && set(object, field, json_integer(port), err);
}

static bool set_path(json_t *object, const char *field, const struct option_spec *o,
		     const char *text, struct err *err)
{
	char path[PATH_MAX];

	if (!*text)
		return set_text(object, field, text, err);
	return path_absolute(text, path, err) && set_text(object, field, path, err);
}

/* Given twice, it has all of both. */
static bool set_list(json_t *object, const char *field, const struct option_spec *o,
		     const char *text, struct err *err)
{
	json_t *list = json_object_get(object, field);

	if (!list && !set(object, field, list = json_array(), err))
		return false;
	for (;;) {
		size_t len = strcspn(text, ",");

		if (!json_append(list, json_stringn(text, len)))
			return fail_memory(err);
		if (!text[len])
			return true;
		text += len + 1;
	}
}

/* "K=V" into the member `field`, which is an object of all that was given. */
static bool add_pair(json_t *object, const char *field, const struct option_spec *o,
		     const char *text, bool empty_is_null, struct err *err)
{
	const char *equals = strchr(text, '=');
	json_t *pairs = json_object_get(object, field);
	char key[256];

	if (!equals || equals == text || (size_t)(equals - text) >= sizeof(key))
		return fail(err, ERR_INVALID, "--%s takes NAME=VALUE, not '%.200s'", o->name, text);
	if (!pairs) {
		pairs = json_object();
		if (!set(object, field, pairs, err))
			return false;
	}
	memcpy(key, text, (size_t)(equals - text));
	key[equals - text] = '\0';
	return set(pairs, key, empty_is_null && !equals[1] ? json_null() : json_string(equals + 1),
		   err);
}

static bool set_pair(json_t *object, const char *field, const struct option_spec *o,
		     const char *text, struct err *err)
{
	return add_pair(object, field, o, text, false, err);
}

static bool set_pair_or_null(json_t *object, const char *field, const struct option_spec *o,
			     const char *text, struct err *err)
{
	return add_pair(object, field, o, text, true, err);
}

/* What two places say of one thing has to be the same. */
static bool set_once(json_t *object, const char *field, json_t *value, const char *text,
		     struct err *err)
{
	const json_t *was = json_object_get(object, field);

	if (was && value && !json_equal(was, value)) {
		json_decref(value);
		return fail(err, ERR_INVALID, "'%s' and an option do not agree on the %s", text,
			    field);
	}
	return set(object, field, value, err);
}

/* What a reference says under three names; what it does not say is left out. */
static bool set_ref(json_t *object, const char *const fields[static 3],
		    const struct service_ref *ref, const char *text, struct err *err)
{
	return (!ref->project[0] ||
		set_once(object, fields[0], json_string(ref->project), text, err)) &&
	       (!ref->instance ||
		set_once(object, fields[1], json_integer(ref->instance), text, err)) &&
	       (!ref->service[0] ||
		set_once(object, fields[2], json_string(ref->service), text, err));
}

static const char *const usual_fields[] = { "projectName", "instance", "serviceName" };

/* It may name a service; but who says no more than a number means the port. */
static bool fail_number(const char *text, struct err *err)
{
	uint16_t port;

	if (!port_parse(text, &port, err))
		return false;
	fail(err, ERR_INVALID, "'%s' is a port, and a service is wanted", text);
	return fail_hint(
		err, "whose it is: portbook check %s; to have it: portbook get SERVICE --port %s",
		text, text);
}

bool input_add_service(json_t *input, const char *const fields[static 3], const char *text,
		       struct err *err)
{
	struct service_ref ref;

	if (is_digits(text))
		return fail_number(text, err);
	return service_ref_parse(text, &ref, err) && set_ref(input, fields, &ref, text, err);
}

static bool set_service(json_t *object, const char *field, const struct option_spec *o,
			const char *text, struct err *err)
{
	return input_add_service(object, usual_fields, text, err);
}

static bool set_service_or_port(json_t *object, const char *field, const struct option_spec *o,
				const char *text, struct err *err)
{
	return (is_digits(text) ? set_port : set_service)(object, "port", o, text, err);
}

/* A service where a project is wanted: what tells of one. */
static bool fail_service(const char *text, struct err *err)
{
	fail(err, ERR_INVALID, "'%s' is a service, and a project is wanted", text);
	return fail_hint(err,
			 "its port: portbook get %s; all that is entered of it: portbook list "
			 "--project %.*s --service %s",
			 text, (int)strcspn(text, "/"), text, strchr(text, '/') + 1);
}

static bool set_project(json_t *object, const char *field, const struct option_spec *o,
			const char *text, struct err *err)
{
	struct service_ref ref;

	if (project_ref_parse(text, &ref, err))
		return set_ref(object, usual_fields, &ref, text, err);
	return strchr(text, '/') && service_ref_parse(text, &ref, NULL) ? fail_service(text, err)
									: false;
}

static bool set_nothing(json_t *object, const char *field, const struct option_spec *o,
			const char *text, struct err *err)
{
	return true;
}

static set_fn *const setters[] = {
	[VALUE_FLAG] = set_flag,
	[VALUE_FIXED] = set_fixed,
	[VALUE_TEXT] = set_chosen,
	[VALUE_INT] = set_int,
	[VALUE_PORT] = set_port,
	[VALUE_PATH] = set_path,
	[VALUE_LIST] = set_list,
	[VALUE_PAIR] = set_pair,
	[VALUE_PAIR_OR_NULL] = set_pair_or_null,
	[VALUE_SERVICE] = set_service,
	[VALUE_SERVICE_OR_PORT] = set_service_or_port,
	[VALUE_PROJECT] = set_project,
	[VALUE_OWN] = set_nothing,
};
static_assert(ARRAY_LEN(setters) == VALUE_KIND_COUNT, "a kind of value has no function");

static bool check_text(const char *what, const char *text, struct err *err)
{
	return utf8_is_valid(text, strlen(text)) ||
	       fail(err, ERR_INVALID, "%s is not valid UTF-8", what);
}

bool input_add_option(json_t *input, json_t *own, const struct option_spec *o, const char *text,
		      struct err *err)
{
	char what[64];

	snprintf(what, sizeof(what), "--%s", o->name);
	if (text && !check_text(what, text, err))
		return false;
	return setters[o->kind](o->field ? input : own, o->field ? o->field : o->name, o, text,
				err);
}

bool input_add_arg(json_t *input, const struct arg_spec *a, const char *text, struct err *err)
{
	static const struct option_spec none = { 0 };

	return check_text(a->name, text, err) &&
	       setters[a->kind](input, a->field, &none, text, err);
}

/* --- what nobody typed */

static bool add_host(json_t *input, const json_t *own, struct err *err)
{
	const char *host = json_text_of(own, "host");

	return !host || set_text(input, "host", host, err);
}

bool input_add_surroundings(json_t *input, const json_t *own, unsigned sends, struct err *err)
{
	return (!(sends & SENDS_PATH) || surroundings_add_path(input, err)) &&
	       (!(sends & SENDS_ENV) || surroundings_add_environment(input, err)) &&
	       (!(sends & SENDS_HOST) || add_host(input, own, err));
}
