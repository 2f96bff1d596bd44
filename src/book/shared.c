#include "book/shared.h"

#include "book/own.h"
#include "registry/founding.h"
#include "registry/hosts.h"
#include "store/postgres/postgres.h"

bool session_needs_setup(const struct session *s)
{
	return postgres_is_url(s->address);
}

static const char *state_of(const struct postgres_setup *setup)
{
	if (setup->was == setup->is)
		return "unchanged";
	return setup->was ? "upgraded" : "made";
}

/* Also a book whose maker was stopped between its tables and its policy. */
static bool found(struct session *s, struct err *err)
{
	bool founded;

	return registry_is_founded(&s->registry, &founded, err) &&
	       (founded || session_found_book(s, err));
}

bool session_setup(struct session *s, bool dry_run, json_t **ret, struct err *err)
{
	struct postgres_setup setup;

	if (!store_postgres_setup(s->address, dry_run, &setup, &s->registry.store, err) ||
	    (!dry_run && !found(s, err)))
		return false;
	s->registry.is_shared = true;
	*ret = json_pack("{s:b, s:b, s:s, s:s, s:i, s:i, s:[]}", "success", 1, "dryRun", dry_run,
			 "book", s->book, "state", state_of(&setup), "was", (int)setup.was,
			 "version", (int)setup.is, "notices");
	return (*ret && (!host_is_anybodys(&s->registry) ||
			 json_append(json_object_get(*ret, "notices"),
				     json_string(HOST_IS_ANYBODYS "; " HOST_REMEDY)))) ||
	       fail_memory(err);
}
