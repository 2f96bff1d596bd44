/*
 * registry/store.h - what the registry asks of a place that remembers the book.
 *
 * Implemented under store/ (memory, sqlite, postgres).  Every implementation
 * must pass tests/contract/store.c; that file, not this comment, is the law.
 * A store never adds a rule: it keeps rows, keeps them unique, and takes the
 * port that ports/plan chooses.  An engine that programs may ask without us has
 * the rules itself (enter, release), and is asked by us in the same words.
 *
 * Strings that a store gives are copied into the arena that the caller passes,
 * or, in callbacks, live until the callback returns.  A store belongs to one
 * thread and never crosses a fork.
 *
 * Every call may fail with ERR_BOOK, ERR_BUSY, ERR_IO, ERR_MEMORY or
 * ERR_NOT_PERMITTED; further errors are named at the call.
 */
#ifndef REGISTRY_STORE_H
#define REGISTRY_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/book_state.h"
#include "base/err.h"
#include "ports/entry.h"
#include "ports/plan.h"
#include "ports/port_range.h"

enum project_status {
	PROJECT_ACTIVE,
	PROJECT_RESERVED,
	PROJECT_LEGACY,
	PROJECT_ARCHIVED,
};
#define PROJECT_STATUS_COUNT 4

struct project {
	const char *id; /* UUID, version 7 */
	int number;	/* -1: none (shared-services) */
	const char *name;
	const char *path; /* absolute; NULL: none */
	const char *owner, *description;
	enum project_status status;
	const char *metadata; /* a JSON object; NULL: {} */
	int64_t created_at_ms;
};

struct instance {
	const char *project_id;
	const char *project; /* name; filled by reads, ignored by writes */
	unsigned number;     /* from 1 */
	const char *host;
	const char *purpose, *branch, *status;
	const char *worktree; /* absolute path; NULL: none */
	int slice;	      /* index, see policy_slice; -1: none yet */
	int64_t created_at_ms;
	int64_t released_at_ms; /* 0: it is in use */
};

struct block {
	const char *host;
	struct port_range ports;
	const char *range; /* name of the policy range */
	const char *project_id;
	int64_t created_at_ms; /* the oldest is the first */
};

struct reserved {
	const char *host; /* "*": every host */
	struct port_range ports;
	const char *reason;
	const char *project; /* name: only this project gets them; NULL: nobody */
	int64_t until_ms;    /* 0: for good */
	bool from_policy;    /* goes when the policy changes */
};

/* One line of the history. */
struct event {
	/*
	 * Grows; given by the store.  Events of one transaction follow each other
	 * without a gap, and before the first of them one number is left out: so it
	 * shows which ones are one change.
	 */
	int64_t seq;
	int64_t at_ms;
	const char *actor;
	const char *op;		    /* "allocate", "release", "project-add" ... */
	const char *project_id;	    /* NULL: of no project */
	const char *subject;	    /* "consilio@2/web", "consilio", "5432" */
	const char *service;	    /* NULL: not about a service */
	uint16_t port;		    /* 0: not about a port */
	const char *before, *after; /* the row as JSON; NULL: there was, or is, none */
};

/* A look at an entry's port. */
struct health_check {
	int64_t id; /* grows; given by the store */
	const char *entry_id;
	int64_t at_ms;
	const char *status;
	int64_t response_us; /* -1: it did not answer, or nobody measured */
	const char *details; /* NULL: none */
};

/* What was answered to a call that had a key: asked again, it is not done again. */
struct request {
	const char *actor, *key; /* who asked; what that one calls it */
	const char *op;		 /* what was asked, in the caller's words */
	const char *answer;
	int64_t at_ms;
};

/* A range of the policy, as SQL programs read it. */
struct stored_range {
	const char *id; /* UUID; NULL: the one that the range of that name has, or a new one */
	const char *name, *description;
	struct port_range ports;
	unsigned block, slice;
	const char *rule; /* the whole range as JSON */
};

/* Which of the fields that are not set (NULL, 0, -1) does not matter. */
struct entry_filter {
	const char *id;
	const char *project_id;
	unsigned instance;
	const char *environment, *service, *type, *range, *host;
	int protocol; /* -1: any */
	int status;   /* -1: any */
	const char *tunnel_hostname;
	const char *worktree;	 /* entries of the instance with this path */
	struct port_range ports; /* first 0: any */
	const char *search; /* part of project, service, description, notes, hostnames or port */
	bool primary_only;
	enum { LIVE_ONLY, RELEASED_ONLY, LIVE_AND_RELEASED } life;
	enum {
		BY_PORT,    /* then host, protocol, id */
		BY_AGE,	    /* oldest allocated_at first, then id */
		BY_RELEASE, /* latest released_at first, then id */
		AS_READ,    /* as is least work; not with a limit */
	} order;
	uint16_t after_port; /* BY_PORT: only ports above it; 0: all */
	unsigned limit;	     /* 0: no limit */
};
/* Start from this, not from { 0 }: protocol and status 0 mean something. */
#define ENTRY_FILTER_ALL                     \
	{                                    \
		.protocol = -1, .status = -1 \
	}

struct event_filter {
	const char *project_id, *service;
	uint16_t port;
	/*
	 * Only later ones; 0: all.  Who goes on from the last one given misses none, also where
	 * numbers are not the order of commits.
	 */
	int64_t after_seq;
	bool newest_first;
	/* With newest_first: only those before which none comes any more, so to go on from. */
	bool settled_only;
	unsigned limit; /* 0: no limit */
};

/* Callbacks return false to stop the walk; that is not an error. */
typedef bool entry_fn(const struct entry *e, void *arg);
typedef bool project_fn(const struct project *p, void *arg);
typedef bool instance_fn(const struct instance *i, void *arg);
typedef bool block_fn(const struct block *b, void *arg);
typedef bool reserved_fn(const struct reserved *r, void *arg);
typedef bool event_fn(const struct event *e, void *arg);
typedef bool setting_fn(const char *name, const char *value, void *arg);
typedef bool range_fn(const struct stored_range *r, void *arg);
typedef bool check_fn(const struct health_check *c, void *arg);

/* Of which entries; none is set: of all.  One at most is. */
struct check_filter {
	const char *entry_id;
	const char *project_id; /* of its entries, also those that were released */
};

/*
 * What a book is made of, counted: grows by one with each step of the schema in
 * sqlite/migrations.c that changes more than how it is kept there.  A file that a
 * book was written to names it.
 */
#define BOOK_SCHEMA 1

/* How a project is looked up; exactly one field is set. */
struct project_key {
	const char *id, *name, *path;
	int number; /* -1: not by number */
};
#define PROJECT_BY_NAME(text) (&(struct project_key){ .name = (text), .number = -1 })
#define PROJECT_BY_ID(text)   (&(struct project_key){ .id = (text), .number = -1 })
#define PROJECT_BY_PATH(text) (&(struct project_key){ .path = (text), .number = -1 })
#define PROJECT_BY_NUMBER(n)  (&(struct project_key){ .number = (n) })

/* A service, all by name. */
struct service_name {
	const char *project, *service, *host;
	const char *environment; /* NULL: the setting "environment" */
	unsigned instance;
	enum protocol protocol;
};

/* A port to enter by the engine's own rules: for a service that is held, of instance 1. */
struct entering {
	const struct entry *entry; /* all but what the engine says: see struct entered */
	const char *role;	   /* asked for; NULL: by the service's name or type */
	uint16_t preferred;	   /* 0: none */
	const struct port_set *strangers;
};

struct entered {
	struct pick pick; /* port 0: nothing was done, and the registry's own way says why */
	bool primary;	  /* it is the service's */
	bool has_role;	  /* it is the port of the role */
};

struct store;

struct store_ops {
	const char *name; /* "memory", "sqlite" */

	/*
	 * The state that a transaction which began now would read, without one.  False: nobody
	 * can say.  NULL: this engine would have to be asked.
	 */
	bool (*state)(struct store *s, struct book_state *ret);

	/* Free `s` and all it owns; an open transaction is rolled back. Never called with NULL. */
	void (*free)(struct store *s);

	/*
	 * Open a transaction.  With `write` no other writer works until it ends,
	 * and what it reads is the latest; without, it reads one state throughout.
	 * Transactions do not nest.  Single calls outside of one are each their own.
	 * With `write` and s->is_shared: see store_begin_shared.
	 */
	bool (*begin)(struct store *s, bool write, struct err *err);
	/* Durable when it returns true; nothing of it happened when it returns false. */
	bool (*commit)(struct store *s, struct err *err);
	void (*rollback)(struct store *s);
	/* See store_hold.  NULL: writers of this engine never work beside each other. */
	bool (*hold)(struct store *s, const char *project_id, const char *service, struct err *err);

	/*
	 * A part of the open write transaction: undone, it leaves the rest as it was.
	 * When beginning or ending one fails, the whole transaction is lost: so will be its commit.
	 */
	bool (*part_begin)(struct store *s, struct err *err);
	bool (*part_end)(struct store *s, struct err *err);
	void (*part_undo)(struct store *s);

	/* A word of the book itself ("policy"); `*ret` becomes NULL when it has none. */
	bool (*setting_get)(struct store *s, const char *name, struct arena *a, const char **ret,
			    struct err *err);
	bool (*setting_put)(struct store *s, const char *name, const char *value, struct err *err);
	/* By name. */
	bool (*setting_each)(struct store *s, setting_fn *fn, void *arg, struct err *err);

	/* `*ret_found` false: there is none, and `*ret` is untouched. */
	bool (*project_find)(struct store *s, const struct project_key *key, struct arena *a,
			     struct project *ret, bool *ret_found, struct err *err);
	/* Insert, or update by id. ERR_TAKEN: another has that name or number. */
	bool (*project_put)(struct store *s, const struct project *p, struct err *err);
	/* The row, its instances, blocks and released entries. ERR_TAKEN: it holds live entries. */
	bool (*project_remove)(struct store *s, const char *id, struct err *err);
	/* By number, then name. */
	bool (*project_each)(struct store *s, project_fn *fn, void *arg, struct err *err);

	/* Insert, or update by (project, number). ERR_TAKEN: another has that worktree on that host. */
	bool (*instance_put)(struct store *s, const struct instance *i, struct err *err);
	/* By project, then number; `project_id` NULL: all. Released ones too. */
	bool (*instance_each)(struct store *s, const char *project_id, instance_fn *fn, void *arg,
			      struct err *err);
	/* The one in use with this path on this host. */
	bool (*instance_find)(struct store *s, const char *host, const char *worktree,
			      struct arena *a, struct instance *ret, bool *ret_found,
			      struct err *err);

	/* ERR_TAKEN: a block on that host overlaps it. */
	bool (*block_add)(struct store *s, const struct block *b, struct err *err);
	bool (*block_remove)(struct store *s, const char *host, uint16_t first, struct err *err);
	/* Oldest first; `host`, `project_id` NULL: all. */
	bool (*block_each)(struct store *s, const char *host, const char *project_id, block_fn *fn,
			   void *arg, struct err *err);

	/* Insert, or update by (host, first port). */
	bool (*reserved_put)(struct store *s, const struct reserved *r, struct err *err);
	bool (*reserved_remove)(struct store *s, const char *host, uint16_t first, struct err *err);
	/* By first port, then host. */
	bool (*reserved_each)(struct store *s, reserved_fn *fn, void *arg, struct err *err);

	/* Replace all ranges by these. */
	bool (*ranges_put)(struct store *s, const struct stored_range *ranges, unsigned count,
			   struct err *err);
	/* By first port, then name; `id` may be NULL where nobody reads it by SQL. */
	bool (*range_each)(struct store *s, range_fn *fn, void *arg, struct err *err);

	/* Each entry the filter lets through. */
	bool (*entry_each)(struct store *s, const struct entry_filter *f, entry_fn *fn, void *arg,
			   struct err *err);
	/*
	 * The live primary of a service, in one look-up: it is what every `get`
	 * asks.  `*ret_worktrees`: an instance of that project in use has a
	 * worktree, so that a name without an instance may mean another one.
	 * NULL: this engine has no shorter way than project_find and entry_each.
	 */
	bool (*service_find)(struct store *s, const struct service_name *name, struct arena *a,
			     struct entry *ret, bool *ret_found, bool *ret_worktrees,
			     struct err *err);
	/* How many different port numbers those entries have. */
	bool (*entry_count)(struct store *s, const struct entry_filter *f, unsigned *ret,
			    struct err *err);
	/* Add the ports of `r` that live entries hold on that host with that protocol. */
	bool (*taken)(struct store *s, const char *host, enum protocol protocol,
		      struct port_range r, struct port_set *into, struct err *err);
	/*
	 * Enter `e` on the port that plan_choose takes from what is entered now.
	 * `ret->port` 0: nothing is free, and nothing was entered.
	 * ERR_TAKEN: the service has such an entry already, or the tunnel hostname is held.
	 */
	bool (*claim)(struct store *s, const struct plan *p, const struct entry *e,
		      struct pick *ret, struct err *err);
	/*
	 * Insert, or update by id.  ERR_TAKEN: another live entry has that (host,
	 * protocol, port), that tunnel hostname, or is the service's primary.
	 */
	bool (*entry_put)(struct store *s, const struct entry *e, struct err *err);
	/*
	 * The owners of these entries of that host were seen: last_verified_at_ms of each is
	 * `at_ms`, and that of all others stays.  Nothing where no live entry of it has that id.
	 */
	bool (*entries_verified)(struct store *s, const char *host, const char *const *ids,
				 unsigned count, int64_t at_ms, struct err *err);

	/*
	 * What registry_allocate and registry_release_all do, each with its events, in one
	 * call: only where the transaction has no event yet.  All events say `allocated_at_ms`
	 * of the entry, or `at_ms`.  NULL: this engine has no rules of its own.
	 * Errors of enter: those of claim.
	 */
	bool (*enter)(struct store *s, const struct entering *e, struct entered *ret,
		      struct err *err);
	/* Live entries of services that are held; `actor` is who gives them back. */
	bool (*release)(struct store *s, const struct entry *entries, unsigned count,
			const char *actor, int64_t at_ms, struct err *err);

	/* `e->seq` 0: the next one; else that one, for a history that is moved in. ERR_TAKEN */
	bool (*event_add)(struct store *s, const struct event *e, struct err *err);
	/* Oldest first, unless the filter says otherwise. */
	bool (*event_each)(struct store *s, const struct event_filter *f, event_fn *fn, void *arg,
			   struct err *err);

	/* `c->id` as `e->seq` of event_add. */
	bool (*check_add)(struct store *s, const struct health_check *c, struct err *err);
	/* Oldest (by id) first. */
	bool (*check_each)(struct store *s, check_fn *fn, void *arg, struct err *err);
	/* By entry, then time, then id. A store may have to read those of all entries for it. */
	bool (*check_of)(struct store *s, const struct check_filter *f, check_fn *fn, void *arg,
			 struct err *err);
	/* Nothing where there is none. */
	bool (*check_remove)(struct store *s, int64_t id, struct err *err);

	/* `*ret_found` false: that one has not used that key. `ret->actor` and `key` are the caller's. */
	bool (*request_find)(struct store *s, const char *actor, const char *key, struct arena *a,
			     struct request *ret, bool *ret_found, struct err *err);
	/* ERR_TAKEN: that one has used that key. */
	bool (*request_add)(struct store *s, const struct request *r, struct err *err);
	/* All that were made before. */
	bool (*requests_remove)(struct store *s, int64_t before_ms, struct err *err);

	/* Forget everything, as if the book had just been made. Needs a write transaction. */
	bool (*clear)(struct store *s, struct err *err);
};

/* What has become of a transaction that its engine ended, whatever was asked in it. */
enum txn_loss {
	LOSS_NONE,
	LOSS_UNDONE, /* nothing of it happened: a deadlock, a lost connection; it may be run again */
	LOSS_UNKNOWN, /* it was to be committed, and nobody can say whether it was */
};

/* An implementation's own struct starts with this. */
struct store {
	const struct store_ops *ops;
	bool in_transaction; /* kept by store_begin and its kin */
	bool in_batch;	     /* the same; transactions are parts of one */
	enum txn_loss loss;  /* of the transaction at hand, or the last; set by the engine */
	unsigned n_events;   /* of this transaction, that were numbered; see store_seq_step */
	bool has_events;     /* the engine's transaction, with all its parts; reset by its begin */
	bool is_shared;	     /* the transaction is one of store_begin_shared */
	bool needs_alone;    /* it failed because of that */
	bool may_be_new;     /* set by open: nobody has founded it, as far as is known */
	bool process_ends;   /* free() may leave to the kernel what the kernel gives back */
	/*
	 * Set by who opens a transaction for a whole book: it may take hours, and a write that
	 * fails ends it, so that none has to be undone alone.  BULK_LATE: that one has failed may
	 * be told by a later call, at the latest by commit.
	 */
	enum { BULK_NONE, BULK_AT_ONCE, BULK_LATE } bulk;
};

/* NULL is fine. */
void store_free(struct store *s);

MUST_CHECK bool store_begin(struct store *s, bool write, struct err *err);
MUST_CHECK bool store_commit(struct store *s, struct err *err);

/*
 * A write transaction beside others of its kind, where the engine can; else as
 * store_begin.  In it one service is changed, which store_hold has to itself:
 * claim, entry_put, event_add, check_add and entries_verified; of what is read of
 * projects, instances, blocks, reservations and the policy nothing changes.
 * What goes beyond that, or meets another in the middle, fails and sets
 * `needs_alone`: the whole is to be run again in a transaction of store_begin.
 */
MUST_CHECK bool store_begin_shared(struct store *s, struct err *err);

/*
 * Until a shared transaction ends, nobody else changes what this service of the
 * project has, nor that of another whose name makes the same variable.  Read
 * behind it.  Nothing in a transaction that is not shared.
 */
MUST_CHECK bool store_hold(struct store *s, const char *project_id, const char *service,
			   struct err *err);

/* True in a transaction that has the book alone; see store_begin_shared. */
MUST_CHECK bool store_need_alone(struct store *s, struct err *err);

/* Rationale: a number is left out between two changes, and eight are taken for one. */
#define STORE_SHARED_EVENTS 7

/* Does nothing when no transaction is open. */
void store_rollback(struct store *s);

/*
 * A batch: transactions from now on are parts of one, and become durable together.  Each may
 * still be rolled back alone.  A batch is a write transaction: nobody else writes until it ends.
 */
MUST_CHECK bool store_batch_begin(struct store *s, struct err *err);
/* False: nothing of any of them happened, unless `loss` is LOSS_UNKNOWN. */
MUST_CHECK bool store_batch_end(struct store *s, struct err *err);
/* Does nothing where there is none. */
void store_batch_undo(struct store *s);

/* For enter and release of a store: the first events of the transaction, `count` of them. */
void store_note_events(struct store *s, unsigned count);

/*
 * For event_add of a store: how far the number of this event is from the last
 * one of the book.  In a shared transaction nobody knows that: 0 for its first
 * event, and -n for the one n after that.
 */
int store_seq_step(struct store *s);

/* For CLEANUP(txn_cleanup): undoes itself unless it is committed. */
struct txn {
	struct store *store;
};
void txn_cleanup(struct txn *t);

/* The first entry the filter lets through. */
MUST_CHECK bool store_entry_find(struct store *s, const struct entry_filter *f, struct arena *a,
				 struct entry *ret, bool *ret_found, struct err *err);

/* Deep copies; false when there is no memory. */
MUST_CHECK bool entry_copy(struct arena *a, const struct entry *e, struct entry *ret);
MUST_CHECK bool project_copy(struct arena *a, const struct project *p, struct project *ret);
MUST_CHECK bool instance_copy(struct arena *a, const struct instance *i, struct instance *ret);

const char *project_status_name(enum project_status s);
bool project_status_from_name(const char *name, enum project_status *ret);

#endif
