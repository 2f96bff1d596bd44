/*
 * operations/wanted.h - which services init is to enter.
 */
#ifndef OPERATIONS_WANTED_H
#define OPERATIONS_WANTED_H

#include "operations/declared.h"
#include "project/services.h"

struct wanted {
	char service[NAME_SIZE];
	const char *source;
	enum protocol protocol;
	const struct declared_service *declared; /* NULL: it is not */
	const char *type;			 /* of the main checkout's; NULL: not known */
	uint16_t kept;				 /* its number in .ports.env; 0: none */
};

struct wanted_list {
	struct wanted items[2 * SERVICES_MAX];
	unsigned count;
};

/*
 * Add the services that the input names; else those that are declared (`d`,
 * NULL: there is no such file), in the order for this instance; where none are,
 * those of instance 1, which a worktree is a copy of; where that has none, those
 * that the other files speak of.  Lives as long as `d`, `found` and the call's
 * arena.
 * Errors: ERR_INVALID  one of them is no name
 */
MUST_CHECK bool wanted_services(struct call *c, const json_t *input, const struct place *p,
				const struct declaration *d, const struct found_services *found,
				struct wanted_list *list, struct err *err);

/* Give them the numbers that .ports.env has for them. */
void wanted_keep_numbers(const struct found_services *found, struct wanted_list *list);

#endif
