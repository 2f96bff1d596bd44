/*
 * gate/gate.h - the guard of a whole machine: no bind but by its owner, while it runs and after.
 *
 * It reads the book, tells the kernel who may bind what (kernel.h), and says who was refused.  Runs
 * tell it who they are (enforce/system_guard.h).
 */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "enforce/book_follower.h"
#include "ports/entry.h"

/* Somebody asked for a port whose it is not. */
struct gate_news {
	enum protocol protocol;
	uint16_t port;
	const char *name; /* whose it is: "shop/web" */
	const char *of;	  /* who entered it; NULL: not known */
	const char *program;
	pid_t pid;
	uid_t uid;
};

struct gate_counts {
	unsigned kept, left;
};

struct gate_options {
	const struct book_source *book;
	const char *book_name; /* for people; where it begins with '/', its file */
	bool only_report;      /* nobody is refused */

	/* What is kept is kept from now on. */
	void (*ready)(void *arg, const struct gate_counts *counts);
	void (*refused)(void *arg, const struct gate_news *news);
	/* The book cannot be read any more, or again. */
	void (*outage)(void *arg, const struct outage *o);
	void *arg;
};

/*
 * Can runs be known?  The kernel has their numbers of the first pid namespace, and a guard in
 * another one hears other numbers: users and units alone say then who may.
 */
bool gate_knows_runs(void);

enum gate_end {
	GATE_STAYS,    /* the rules are in the kernel still */
	GATE_GONE,     /* they are not */
	GATE_DETACHED, /* they are not, and somebody else took them away */
};

/*
 * Until a signal: SIGINT takes the rules away, SIGTERM and SIGHUP leave them in the kernel.  Or
 * until they are taken away.
 * Errors: ERR_TAKEN  another one runs in this network namespace
 *         ERR_NOT_PERMITTED, ERR_IO, ERR_MEMORY; those of the book at the first look
 */
MUST_CHECK bool gate_run(const struct gate_options *o, enum gate_end *ret, struct err *err);

#endif
