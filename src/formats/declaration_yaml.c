#include "formats/declaration_yaml.h"

#include <ctype.h>
#include <string.h>

static bool set_hostname(struct shape_reader *r, const struct shape_key *key, void *field,
			 struct err *err)
{
	const char *s = shape_scalar(r, key, err);
	char *copy = s ? arena_copy(r->arena, s) : NULL;

	if (!s)
		return false;
	if (!name_is_dns(s))
		return yaml_fail(&r->yaml, err, "'%.260s' is not a hostname like app.example.com",
				 s);
	if (!copy)
		return fail_memory(err);
	for (char *c = copy; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	*(const char **)field = copy;
	return yaml_next(&r->yaml, err);
}

static const char *const protocols[] = {
	[DECLARED_TCP] = "tcp", [DECLARED_UDP] = "udp", [DECLARED_BOTH] = "both", NULL
};

/* clang-format off */
static const struct shape_key service_keys[] = {
	SHAPE_FIELD(declared_service, "type", shape_set_name, type, .what = "type"),
	SHAPE_FIELD(declared_service, "role", shape_set_name, role, .what = "role"),
	SHAPE_FIELD(declared_service, "prefer", shape_set_port, prefer, .also = "port"),
	SHAPE_FIELD(declared_service, "protocol", shape_set_choice, protocol, .words = protocols),
	SHAPE_FIELD(declared_service, "hostname", set_hostname, hostname, .also = "host",
		    .max = DNS_NAME_MAX),
	SHAPE_FIELD(declared_service, "tunnel", shape_set_text, tunnel, .max = TUNNEL_ID_MAX),
	SHAPE_FIELD(declared_service, "unit", shape_set_text, unit, .max = UNIT_MAX),
	SHAPE_FIELD(declared_service, "description", shape_set_text, description,
		    .max = DESCRIPTION_MAX),
	SHAPE_FIELD(declared_service, "notes", shape_set_text, notes, .max = NOTES_MAX),
	SHAPE_LIST(declared_service, "metadata", shape_set_pairs, shape_set_text, metadata,
		   .also = "meta", .value_at = offsetof(struct declared_fact, value),
		   .item_max = DECLARATION_FACT_MAX),
	SHAPE_LIST(declared_service, "environments", shape_set_list, shape_set_name, environments,
		   .what = "environment", .also = "env"),
};
/* clang-format on */
static const struct shape service_shape = SHAPE_OF("a service", service_keys, SHAPE_NOWHERE, NULL);

/* clang-format off */
static const struct shape_key lint_keys[] = {
	SHAPE_LIST(declared_lint, "ignore", shape_set_list, shape_set_text, ignore,
		   .what = "pattern", .item_max = DECLARATION_LINE_MAX),
	SHAPE_LIST(declared_lint, "allow", shape_set_list, shape_set_port, allow, .what = "port"),
};
/* clang-format on */
static const struct shape lint_shape = SHAPE_OF("lint", lint_keys, SHAPE_NOWHERE, NULL);

static void declaration_init(void *object)
{
	((struct declaration *)object)->number = -1;
}

/* clang-format off */
static const struct shape_key declaration_keys[] = {
	SHAPE_FIELD(declaration, "project", shape_set_name, project, .what = "project",
		    .also = "name"),
	SHAPE_FIELD(declaration, "number", shape_set_int, number, .max = UINT16_MAX),
	SHAPE_FIELD(declaration, "owner", shape_set_text, owner, .max = DECLARATION_LINE_MAX),
	SHAPE_FIELD(declaration, "description", shape_set_text, description,
		    .max = DECLARATION_LINE_MAX),
	SHAPE_LIST(declaration, "services", shape_set_pairs, shape_set_shaped_or_null, services,
		   .what = "service", .shape = &service_shape,
		   .place_at = offsetof(struct declared_service, place)),
	SHAPE_FIELD(declaration, "lint", shape_set_shaped, lint, .shape = &lint_shape),
};
/* clang-format on */
const struct shape declaration_shape = SHAPE_OF("a declaration", declaration_keys, SHAPE_NOWHERE,
						declaration_init);

/* --- services of one file that cannot both be */

static bool same_variable(const struct declared_service *a, const struct declared_service *b,
			  const char **ret_what)
{
	char ours[VARIABLE_SIZE], theirs[VARIABLE_SIZE];

	*ret_what = "variable";
	name_variable(a->name, 1, ours);
	name_variable(b->name, 1, theirs);
	return !strcmp(ours, theirs);
}

static bool same_hostname(const struct declared_service *a, const struct declared_service *b,
			  const char **ret_what)
{
	*ret_what = "hostname";
	return a->hostname && b->hostname && !strcmp(a->hostname, b->hostname);
}

static bool same_port(const struct declared_service *a, const struct declared_service *b,
		      const char **ret_what)
{
	*ret_what = "preferred port";
	return a->prefer && a->prefer == b->prefer &&
	       ((declared_on(a, PROTO_TCP) && declared_on(b, PROTO_TCP)) ||
		(declared_on(a, PROTO_UDP) && declared_on(b, PROTO_UDP)));
}

static bool clash(const struct declared_service *a, const struct declared_service *b,
		  const char **ret_what)
{
	return same_variable(a, b, ret_what) || same_hostname(a, b, ret_what) ||
	       same_port(a, b, ret_what);
}

static bool refuse_clashes(const struct declaration *d, const char *file, struct err *err)
{
	const char *what;

	for (unsigned i = 0; i < d->n_services; i++)
		for (unsigned k = 0; k < i; k++) {
			const struct declared_service *a = &d->services[k], *b = &d->services[i];

			if (clash(a, b, &what))
				return fail(err, ERR_INVALID,
					    "%.200s:%u:%u: '%s' and '%s' would share a %s", file,
					    b->place.line, b->place.column, a->name, b->name, what);
		}
	return true;
}

bool declaration_yaml_parse(const char *bytes, size_t len, const char *file, struct arena *arena,
			    const struct declaration **ret, struct err *err)
{
	struct declaration *d = arena_alloc(arena, sizeof(*d));

	if (!d)
		return fail_memory(err);
	if (!shape_read(bytes, len, file, &declaration_shape, arena, d, err) ||
	    !refuse_clashes(d, file, err))
		return false;
	*ret = d;
	return true;
}

const struct declared_service *declaration_service(const struct declaration *d, const char *name)
{
	for (unsigned i = 0; i < d->n_services; i++)
		if (!strcmp(d->services[i].name, name))
			return &d->services[i];
	return NULL;
}

bool declared_in(const struct declared_service *s, const char *environment)
{
	for (unsigned i = 0; i < s->n_environments; i++)
		if (!strcmp(s->environments[i], environment))
			return true;
	return !s->n_environments;
}

bool declared_on(const struct declared_service *s, enum protocol protocol)
{
	switch (s->protocol) {
	case DECLARED_TCP: return protocol == PROTO_TCP;
	case DECLARED_UDP: return protocol == PROTO_UDP;
	case DECLARED_BOTH: return true;
	}
	__builtin_unreachable();
}
