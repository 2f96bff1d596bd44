/*
 * enforce/keep_plan.h - for whom the guard of a whole machine keeps a port.
 *
 * Pure: what the book has, and who has which name here, are arguments.
 */
#ifndef ENFORCE_KEEP_PLAN_H
#define ENFORCE_KEEP_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/macros.h"

/* Who entered it, as whom it runs, and root for engines of containers. */
#define KEEP_USERS_MAX 3

/* Longer names of units than the kernel is asked to compare are not kept for their unit. */
#define KEEP_UNIT_SIZE 128

/* What the book has of an entry; what is not known is NULL. */
struct keep_facts {
	uint16_t port;
	const char *entered_by; /* "eva", "eva via root" */
	const char *runs_as;	/* a user's name */
	const char *unit;	/* perhaps without ".service" */
	bool has_container;
};

enum keep_why {
	KEEP_IT,
	KEEP_NOT_LOW,	  /* a port of the system */
	KEEP_NOBODYS,	  /* who entered it is no user here, and nothing else says whose it is */
	KEEP_ONLY_ROOT,	  /* root entered it, and nothing says as whom it runs */
	KEEP_NO_SUCH_USER /* it is said to run as somebody who is no user here */
};
#define KEEP_WHY_COUNT 5

/* A sentence without its end; "" for KEEP_IT. */
const char *keep_why_text(enum keep_why w);

struct kept_for {
	uid_t users[KEEP_USERS_MAX];
	unsigned n_users;
	char unit[KEEP_UNIT_SIZE]; /* "": none; always with its kind: "shop.service" */
};

/* The uid of a user with that name; false: there is none. */
typedef bool keep_user_fn(void *arg, const char *name, uid_t *ret);

/* KEEP_IT: `*ret` says for whom; else it is nobody's, and why is returned. */
enum keep_why keep_decide(const struct keep_facts *f, keep_user_fn *user, void *arg,
			  struct kept_for *ret);

#endif
