/*
 * portbook.h - ask the port book from a program: libportbook.
 *
 * Says what the command `portbook` says, by the same operations: get a port,
 * enter one, give it back, and see who has which.  docs/library.md explains it;
 * this file is the contract.
 *
 * Which book.  portbook_options.book; else, unless `isolated` is set, the
 * variable PORTBOOK_BOOK, else `book:` of ~/.config/portbook/config.yaml or
 * /etc/portbook/config.yaml, else ~/.local/share/portbook/book.db (below
 * XDG_CONFIG_HOME and XDG_DATA_HOME where these are set).  A book that was named
 * by the options or PORTBOOK_BOOK and is not there is made by the first call that
 * may enter something, as looking makes none; the default one is made at once.
 *
 * Errors.  A function that can fail returns NULL or false, and fills the error
 * it was given (NULL: nobody wants to know).  Then nothing has changed in the
 * book; with memory, too, an answer is whole before it is committed.
 *
 * Memory.  What a function returns belongs to the caller and goes with
 * portbook_free(), with all that it points to.  It is plain data: any thread
 * may read and free it, also after portbook_close().  What is passed in is only
 * read, and not kept.
 *
 * Threads.  A handle is used by one thread at a time; several threads open one
 * each.  A call while another thread's is under way is refused, as is a handle
 * in a process that has forked since it was opened.
 *
 * Text is UTF-8 and ends with NUL.  Text of an answer is never NULL: "" where
 * there is none.  Ports are in host byte order.  Times are milliseconds since
 * 1970-01-01 UTC, 0 where there is none.
 *
 * The library prints nothing, ends no process, and touches neither signals nor
 * the working directory nor the locale.
 */
#ifndef PORTBOOK_H
#define PORTBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The numbers of all enums stay as they are; later versions may add some. */

enum portbook_code {
	PORTBOOK_OK = 0,
	PORTBOOK_INVALID = 1,	/* wrong use or input */
	PORTBOOK_NOT_FOUND = 2, /* nothing has that name */
	PORTBOOK_NOTHING = 3,	/* nothing to release: it is as asked already */
	PORTBOOK_NOT_FREE = 4,	/* the answer to a question is no */
	PORTBOOK_TAKEN = 5,	/* another holds it: see the holder */
	PORTBOOK_EXHAUSTED = 6, /* the range has no free port left */
	PORTBOOK_BOOK = 7,	/* damaged, no book, of a newer version, or not to be written */
	PORTBOOK_BUSY = 8,	/* others held the book for too long: try again */
	PORTBOOK_IO = 9,	/* the system refused to read or write */
	PORTBOOK_MEMORY = 10,	/* no memory */
	PORTBOOK_NOT_PERMITTED = 11, /* this user may not */
	PORTBOOK_INTERRUPTED = 12    /* long work was told to end, and left nothing of itself */
};

enum portbook_protocol {
	PORTBOOK_TCP = 1, /* 0 in a request: not said */
	PORTBOOK_UDP = 2
};

/* What the book says of an entry. */
enum portbook_status {
	PORTBOOK_ALLOCATED = 1,
	PORTBOOK_RESERVED = 2,
	PORTBOOK_LEGACY = 3,  /* outside of today's policy, kept when it changed */
	PORTBOOK_RELEASED = 4 /* given back; history */
};

/* Whose a port is. */
enum portbook_verdict {
	PORTBOOK_IS_FREE = 1,	    /* nobody's, and no stranger listens */
	PORTBOOK_IS_YOURS = 2,	    /* entered for the project that asks */
	PORTBOOK_IS_ENTERED = 3,    /* entered for another */
	PORTBOOK_IS_IN_BLOCK = 4,   /* not entered, in the block of another project */
	PORTBOOK_IS_RESERVED = 5,   /* never given automatically */
	PORTBOOK_IS_LISTENED_ON = 6 /* not entered, but a stranger listens */
};

/* What is observed of an entry's port. */
enum portbook_state {
	PORTBOOK_IN_USE = 1,   /* its owner listens */
	PORTBOOK_DOWN = 2,     /* nobody listens */
	PORTBOOK_SQUATTED = 3, /* somebody else listens */
	PORTBOOK_UNKNOWN = 4   /* somebody listens, and it cannot be told who */
};

/* ---- errors ---- */

/* Who holds what was asked for: an entry, a block, or a process.  All 0 and "": nobody. */
struct portbook_holder {
	uint16_t port;
	uint32_t instance;
	int32_t protocol, status; /* enum portbook_protocol, enum portbook_status */
	int32_t pid;		  /* of a process that listens there */
	char project[64], service[64], environment[64], host[64];
	char program[64]; /* of that process */
	char directory[1024];
};

/* Yours: on the stack, or wherever it lives.  Its size will not change. */
struct portbook_error {
	int32_t code;	    /* enum portbook_code */
	char message[1024]; /* one sentence: what is wrong, and whose it is */
	char hint[512];	    /* what to do next; often a command */
	struct portbook_holder holder;
	uint64_t reserved[8];
};

/* "not-found", as in the JSON of the command; "unknown" for no known code.  Never freed. */
const char *portbook_code_name(int code);

/* The library's version, such as "0.1.0".  Never freed. */
const char *portbook_version(void);

/* ---- a book ---- */

/* Start with portbook_at(), or with all zero and `size` set: it tells a later library what you know. */
struct portbook_options {
	size_t size;	  /* sizeof(struct portbook_options) */
	const char *book; /* path, sqlite:PATH, memory: (gone when closed); NULL: see above */
	const char *host; /* this machine's name in the book; NULL: `host:` of the
			     configuration, else "localhost" */
	bool isolated;	  /* only what is passed in counts: no variables, no configuration, not
			     the working directory's project; then `book` has to be set */
};

/* Options that name the book, which may be NULL, and nothing else. */
static inline struct portbook_options portbook_at(const char *book)
{
	struct portbook_options options;

	memset(&options, 0, sizeof(options));
	options.size = sizeof(options);
	options.book = book;
	return options;
}

/* An open book. */
struct portbook;

/*
 * Open the book.  NULL options: all as it is found.  One that was named and is
 * not there is no error yet: the first call that may enter something makes it.
 * Close it with portbook_close().
 */
struct portbook *portbook_open(const struct portbook_options *options,
			       struct portbook_error *error);

/*
 * NULL is fine.  In a process that has forked since, it only lets go: the book
 * stays open in the parent.
 */
void portbook_close(struct portbook *book);

/* Where the book is, and who said so ("the program", "PORTBOOK_BOOK", a file, "the default").
 * Both live as long as the handle. */
const char *portbook_book(const struct portbook *book);
const char *portbook_book_source(const struct portbook *book);

/* ---- what is asked ---- */

/* A fact of your own about a service. */
struct portbook_fact {
	const char *name, *value; /* portbook_update(): NULL value: forget that name */
};

struct portbook_facts {
	size_t count;
	const struct portbook_fact *items;
};

/*
 * Start with portbook_service(), or with all zero and `size` set, and say what
 * you mean; 0 and NULL: not said.  A field that a function does not take is
 * refused, so nothing is overlooked.
 */
struct portbook_request {
	size_t size; /* sizeof(struct portbook_request) */

	/* Whose port.  In list and verify, what is not said is any. */
	const char *project; /* NULL: that of `path`; list, summary and verify: any */
	const char *service;
	const char *environment; /* NULL: PORTBOOK_ENV unless isolated, else the policy's default */
	const char *host;	 /* NULL: the host of the handle */
	const char *path;  /* a directory, absolute; NULL: the working directory unless isolated */
	uint32_t instance; /* 0: that of the directory if it is the project's, else 1 */
	int32_t protocol;  /* enum portbook_protocol; 0: TCP, but release takes both */

	/* Which port: get, allocate, release, update, verify. */
	uint16_t port;		 /* this one, or an error that says who has it */
	uint16_t preferred_port; /* get, allocate: this one, or another */

	/* How: get and allocate. */
	bool create;		/* enter the project if the book does not know it */
	bool dry_run;		/* only say what would be given */
	bool force;		/* although a stranger listens on `port` */
	bool temporary;		/* from the temporary range; it expires */
	bool replace;		/* allocate: release the old port in the same step */
	bool all;		/* release: everything of the project, or of `instance` */
	const char *expires_in; /* of a temporary port: "90s", "8h", "7d" */

	/* What is said of the service: get, allocate, update (there "": nothing any more). */
	const char *type; /* web, api, db ... or a word of yours; list: only these */
	const char *role;
	const char *description, *notes;
	const char *unit;	     /* the systemd unit that runs it */
	const char *tunnel_hostname; /* the public hostname that a tunnel brings there */
	const char *tunnel_id;
	struct portbook_facts metadata;

	/* Which entries: list and verify. */
	const char *search;   /* this text in any of their texts */
	const char *worktree; /* of the instance in this directory */
	int32_t status;	      /* enum portbook_status; 0: all but released ones */
	uint32_t limit;	      /* list: at most so many; 0: all */
	uint16_t after;	      /* list: ports above this one */
	bool orphans;	      /* list: only what a directory that is gone has left */
	bool live;	      /* list: also look at the machine: see state of an entry */

	/*
	 * Get, allocate, release, update: a name for this change, of up to 255 printable
	 * ASCII characters.  The same request with it again, within a day, changes
	 * nothing and has the same answer: for who does not know whether the first arrived.
	 */
	const char *once;
};

/* A request that names a service of a project (NULL: the directory's), and nothing else. */
static inline struct portbook_request portbook_service(const char *project, const char *service)
{
	struct portbook_request request;

	memset(&request, 0, sizeof(request));
	request.size = sizeof(request);
	request.project = project;
	request.service = service;
	return request;
}

/* ---- what is answered ---- */

/* Later versions add members at the end of these: never copy them by their size. */

struct portbook_texts {
	size_t count;
	const char *const *items;
};

struct portbook_ports {
	size_t count;
	const uint16_t *items;
};

struct portbook_listeners {
	size_t count;
	const struct portbook_listener *const *items;
};

/* What listens on a port.  What this user may not see is 0 and "". */
struct portbook_listener {
	uint16_t port;
	int32_t pid;
	int64_t uid;	  /* whose process or socket it is; -1: not known */
	const char *user; /* that user's name */
	const char *program, *directory;

	/* Of portbook_verify() only. */
	int32_t protocol;		 /* enum portbook_protocol */
	struct portbook_texts addresses; /* those it is bound to */
	bool ipv4, ipv6;		 /* it can be reached by that */
	bool loopback_only;		 /* only this machine reaches it */
	bool partly_known;		 /* a socket of it led to no process: another user's */
	const char *command;		 /* its command line */
	const char *cgroup, *unit, *container;
	int64_t started_at_ms;
	struct portbook_listeners processes; /* all that share it, the oldest first */
};

/* One line of the book. */
struct portbook_entry {
	uint16_t port;
	int32_t protocol, status; /* enum portbook_protocol, enum portbook_status */
	uint32_t instance;
	bool primary; /* the port of this service that portbook_get() gives */
	const char *project, *service, *environment, *host;
	int64_t project_number; /* -1: none */
	const char *id;		/* a UUID */
	const char *range;	/* the policy's range it is from; "": registered outside of all */
	const char *type, *role, *description, *notes, *unit;
	const char *tunnel_hostname, *tunnel_id;
	const char *worktree; /* the directory of the instance */
	struct portbook_facts metadata;
	const char *allocated_by;
	int64_t allocated_at_ms, verified_at_ms, released_at_ms, expires_at_ms;

	/* Of get, allocate and update only. */
	bool created;			       /* this call entered it */
	bool changed;			       /* update: it said something new */
	const char *why;		       /* why this port */
	struct portbook_listeners passed_over; /* free in the book, but these listen there */
	struct portbook_ports replaced;	       /* what `replace` released */
	struct portbook_texts others;	       /* what of the service was not touched */
	struct portbook_texts notices;	       /* what was out of the ordinary */

	/* Of a list with `live` only. */
	int32_t state;				  /* enum portbook_state; 0: not looked at */
	const char *actual;			  /* who listens, in words */
	const char *reason;			  /* why it has that state */
	const struct portbook_listener *listener; /* NULL: nothing listens */
};

struct portbook_entries {
	size_t count;
	const struct portbook_entry *const *items;
	uint16_t next;		      /* list: more follow, ask again with this as `after`; 0: no */
	struct portbook_texts others; /* release: what of the service stays */
	struct portbook_texts notices; /* what was out of the ordinary */
};

/* Both ends belong to it. */
struct portbook_stretch {
	uint16_t first, last;
};

struct portbook_stretches {
	size_t count;
	const struct portbook_stretch *items;
};

/* How full a range or a block is. */
struct portbook_usage {
	const char *range; /* its name; "": the sum */
	uint16_t first, last;
	uint32_t total, allocated, available;
	uint32_t percent;		/* allocated of total */
	struct portbook_stretches gaps; /* free ones; none in the sum */
};

struct portbook_usages {
	const struct portbook_usage *sum;
	size_t count;
	const struct portbook_usage *const *items; /* each range, or each block of the project */
	struct portbook_texts notices;
};

/* One port, as the book and the machine see it now. */
struct portbook_finding {
	uint16_t port;
	int32_t protocol; /* enum portbook_protocol */
	int32_t verdict;  /* enum portbook_verdict */
	const char *host;
	const char *message;		     /* the verdict as a sentence */
	const struct portbook_entry *holder; /* whose entry it is; NULL: nobody's */
	const struct portbook_listener
		*listener; /* NULL: nothing listens, or another host's port */
	uint16_t
		instead; /* what a new service of yours would be given; 0: not known or not needed */
	int32_t state;	 /* enum portbook_state: whether the holder has its port; 0: nobody's */
	const char *reason; /* why it has that state */
};

struct portbook_findings {
	size_t count;
	const struct portbook_finding *const *items;
};

/* ---- asking: each answer goes with portbook_free(), NULL means failure ---- */

/* The port of a service.  If it has none, one is chosen by the policy and entered. */
struct portbook_entry *portbook_get(struct portbook *book, const struct portbook_request *request,
				    struct portbook_error *error);

/* Enter one more port for a service, whether it has some or not. */
struct portbook_entry *portbook_allocate(struct portbook *book,
					 const struct portbook_request *request,
					 struct portbook_error *error);

/*
 * Give back all ports of a service, the one `port`, or with `all` everything of
 * a project or instance; the answer says which.  Errors: also PORTBOOK_NOTHING.
 */
struct portbook_entries *portbook_release(struct portbook *book,
					  const struct portbook_request *request,
					  struct portbook_error *error);

/* Change what is said of a service, never its port.  The answer is its primary entry. */
struct portbook_entry *portbook_update(struct portbook *book,
				       const struct portbook_request *request,
				       struct portbook_error *error);

/* What is entered, by port; each field that is set must fit.  NULL request: all. */
struct portbook_entries *portbook_list(struct portbook *book,
				       const struct portbook_request *request,
				       struct portbook_error *error);

/* How full the book is, or one project of it.  Takes project and host; NULL: the whole book. */
struct portbook_usages *portbook_summary(struct portbook *book,
					 const struct portbook_request *request,
					 struct portbook_error *error);

/*
 * Hold the book against who listens now.  With `port`: this port, entered or
 * not.  Without: each entry that portbook_list() gives for the same request, so
 * NULL: all.  "Yours" is what belongs to `project`, else to the project of the
 * directory.  Nothing is changed; looking neither binds nor connects.
 */
struct portbook_findings *portbook_verify(struct portbook *book,
					  const struct portbook_request *request,
					  struct portbook_error *error);

/* Free an answer with all that it points to.  NULL is fine. */
void portbook_free(const void *answer);

#ifdef __cplusplus
}
#endif

#endif
