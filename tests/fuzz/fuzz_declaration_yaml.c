/* A declaration that is taken keeps the limits, and no two of its services clash. */
#include "formats/declaration_yaml.h"
#include "base/utf8.h"
#include "fuzz.h"

static void check_name(const char *name)
{
	char again[NAME_SIZE];

	MUST(name_fold("name", name, again, NULL) && !strcmp(name, again));
}

static void check_optional(const char *name)
{
	if (*name)
		check_name(name);
}

static void check_text(const char *text, size_t max)
{
	MUST(!text || (*text && strlen(text) <= max && text_is_line(text)));
}

static void check_service(const struct declared_service *s)
{
	check_name(s->name);
	check_optional(s->type);
	check_optional(s->role);
	MUST(s->place.line > 0 && s->place.column > 0);
	MUST(declared_on(s, PROTO_TCP) || declared_on(s, PROTO_UDP));
	MUST(!s->hostname || name_is_dns(s->hostname));
	check_text(s->tunnel, TUNNEL_ID_MAX);
	check_text(s->unit, UNIT_MAX);
	check_text(s->description, DESCRIPTION_MAX);
	check_text(s->notes, NOTES_MAX);
	MUST(s->n_metadata <= DECLARATION_MAX_FACTS);
	MUST(s->n_environments <= DECLARATION_MAX_ENVIRONMENTS);
	for (unsigned i = 0; i < s->n_metadata; i++) {
		check_text(s->metadata[i].name, NAME_SIZE - 1);
		check_text(s->metadata[i].value, DECLARATION_FACT_MAX);
	}
	for (unsigned i = 0; i < s->n_environments; i++)
		check_name(s->environments[i]);
}

/* No service before this one has its variable. */
static void check_variable(const struct declaration *d, unsigned nth)
{
	char ours[VARIABLE_SIZE], theirs[VARIABLE_SIZE];

	name_variable(d->services[nth].name, 1, ours);
	for (unsigned i = 0; i < nth; i++) {
		name_variable(d->services[i].name, 1, theirs);
		MUST(strcmp(ours, theirs) != 0);
	}
}

static void check_declaration(const struct declaration *d)
{
	check_optional(d->project);
	MUST(d->number >= -1 && d->number <= UINT16_MAX);
	check_text(d->owner, DECLARATION_LINE_MAX);
	check_text(d->description, DECLARATION_LINE_MAX);
	MUST(d->n_services <= DECLARATION_MAX_SERVICES);
	for (unsigned i = 0; i < d->n_services; i++) {
		check_service(&d->services[i]);
		MUST(declaration_service(d, d->services[i].name) == &d->services[i]);
		check_variable(d, i);
	}
}

static void fuzz_one(const char *text, size_t size)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	const struct declaration *d = NULL;
	struct err err = { 0 };

	if (declaration_yaml_parse(text, size, "f", &arena, &d, &err))
		check_declaration(d);
	else
		MUST(!d && err.code == ERR_INVALID &&
		     (!strncmp(err.text, "f:", 2) || !strncmp(err.text, "'f' is longer", 13)));
}
