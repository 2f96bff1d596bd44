/*
 * enforce/guard.h - holding the ports of a user whose owners are down.
 *
 * One guard for each user and network namespace.  It holds no port whose owner could not get it
 * back, gives a port to who asks for it by its socket (guard_client.h), and takes it again when
 * nobody has it any more.
 */
#ifndef ENFORCE_GUARD_H
#define ENFORCE_GUARD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "enforce/book_follower.h"
#include "enforce/guard_plan.h"
#include "registry/listeners.h"

/* What became of a port. */
enum guard_event {
	GUARD_HOLDS,   /* it is held from now on */
	GUARD_GAVE,    /* to who asked, for good */
	GUARD_YIELDED, /* left for its owner */
	GUARD_SEES,    /* somebody has it who did not ask */
	GUARD_LEFT,    /* it is not held any more, or cannot be */
	GUARD_TRIED,   /* somebody asked for it whose it is not */
};
#define GUARD_EVENT_COUNT 6

/* "holds", "gave", "yielded", "sees", "left", "tried". */
const char *guard_event_name(enum guard_event e);

struct guard_news {
	enum guard_event event;
	enum protocol protocol;
	uint16_t port;
	const char *name; /* "": nobody's */
	const char *who;  /* "node", "portbook run"; NULL: not known */
	pid_t pid;	  /* of who; 0: not known */
	const char *why;  /* GUARD_LEFT; NULL: it is no longer wanted */
};

/* How it stands at the beginning. */
struct guard_counts {
	unsigned held, in_use, left, limited;
	unsigned limit;	 /* how many ports it may hold */
	int64_t look_us; /* how long the first look took, in which they were bound */
};

struct guard_options {
	const struct book_source *book;
	const struct listeners *machine;
	const char *user;      /* whose it is */
	const char *book_name; /* for people */
	bool unasked;	       /* also the ports that programs start on unasked */
	/* Ready: who this is for has ended, and no signal ends it before; -1: signals end it. */
	int partner;

	/* The first look is over, and who asks is heard. */
	void (*ready)(void *arg, const struct guard_counts *counts);
	void (*tell)(void *arg, const struct guard_news *news); /* NULL: nobody wants to know */
	/* The book cannot be read any more, or again. NULL: status alone says so. */
	void (*outage)(void *arg, const struct outage *o);
	void *arg;
};

/*
 * Until SIGTERM, SIGINT or SIGHUP, or its partner's end.
 * Errors: ERR_TAKEN          another guard of this user runs here: which one is said
 *         ERR_NOT_PERMITTED  there is no folder in which it could be found
 *         ERR_IO, ERR_MEMORY, and those of the book at the first look
 */
MUST_CHECK bool guard_run(const struct guard_options *o, struct err *err);

#endif
