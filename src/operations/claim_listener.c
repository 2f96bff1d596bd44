/*
 * operations/claim_listener.c - a row that says what listens, but not whose it is.
 */
#include "operations/importing_claims.h"
#include "ports/known.h"

bool claim_name_listener(struct claims *all, struct told *w, struct err *err)
{
	struct claim *c = &w->claim;
	const char *known = known_service(c->protocol, c->ports.first, c->program);
	char service[NAME_SIZE];

	/* What everybody uses is no project's; and without one that is named, nothing is. */
	if (known || !json_text_of(all->importing->input, "projectName"))
		c->project = SHARED_PROJECT;
	if (!known && c->project)
		registry_note(
			all->importing->call->registry,
			"a listing does not say whose the programs are: they are entered for '%s'; "
			"on the machine itself portbook adopt finds their projects",
			SHARED_PROJECT);
	program_service(c->program, c->ports.first, service);
	c->service = known ? known : arena_copy(all->arena, service);
	return c->service || fail_memory(err);
}
