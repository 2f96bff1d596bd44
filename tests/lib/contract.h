/*
 * lib/contract.h - what the contracts of registry/store.h are written with.
 *
 * A contract is a function that is given a store with an empty book; the run
 * gives it each kind of store there is.
 */
#ifndef LIB_CONTRACT_H
#define LIB_CONTRACT_H

#include "lib/check.h"
#include "lib/folder.h"
#include "lib/stores.h"

#include "base/text.h"
#include "ports/plan.h"

/* CHECK_IDS and its like: a filter starts from ENTRY_FILTER_ALL's values and overrides them. */
#pragma GCC diagnostic ignored "-Woverride-init"

/* ---- the run ---- */

typedef void contract_fn(struct store *s);
typedef void session_fn(struct store *one, struct store *two);
typedef void folder_fn(const struct store_kind *kind, const struct folder *folder);

struct contract {
	const char *name;
	contract_fn *run;      /* a new book */
	session_fn *run_two;   /* two sessions of a new book, where the store can do that */
	folder_fn *run_folder; /* an empty folder, where the book is kept */
};
#define CONTRACT(sentence)                                    \
	{                                                     \
		.name = #sentence, .run = contract_##sentence \
	}
#define SESSIONS(sentence)                                       \
	{                                                        \
		.name = #sentence, .run_two = session_##sentence \
	}
#define FOLDER(sentence)                                           \
	{                                                          \
		.name = #sentence, .run_folder = folder_##sentence \
	}

/* Each contract on each kind of store; what main() returns. */
int contracts_run(const struct contract *contracts, size_t count);

/* Open the book, which cannot fail. */
struct store *book_open(const struct store_kind *kind, const struct folder *folder, bool create);

#define MUST(call) CHECK((call), "%s: %s", err_name(err.code), err.text)

/* ---- what is put into the book ---- */

/* Ids in order of age: each is greater than those of smaller numbers. */
#define ID(two_digits) "018f0000-0000-7000-8000-0000000000" two_digits
#define BLOG	       ID("01")
#define SHOP	       ID("02")
#define SHARED	       ID("03")

/* Text that has broken programs before. */
#define UNUSUAL "it's \"50%\" _ \\ {} \n\t€ \xf0\x9f\x9a\xa2 ' OR 1=1; -- $1 ?"

#define LONG_TEXT_SIZE 60001
extern char long_text[LONG_TEXT_SIZE], long_metadata[LONG_TEXT_SIZE + 31];

extern const struct port_range anywhere;
extern const struct policy_range plain_range, random_range;

struct project project_of(const char *id, const char *name, int number);

struct entry entry_of(const char *id, const char *service, uint16_t port);

struct entry released(struct entry e, int64_t at_ms);

void put_project(struct store *s, const char *id, const char *name, int number);

void put_entry(struct store *s, struct entry e);

void put_instance(struct store *s, struct instance i);

void put_block(struct store *s, struct block b);

void put_reserved(struct store *s, struct reserved r);

void put_event(struct store *s, struct event e);

void put_projects(struct store *s);

void refuse_entry(struct store *s, struct entry e);

bool add_port(const struct entry *e, void *arg);

/* The ports the filter lets through, in its order: "3000 3001". */
void check_ports_at(struct store *s, struct entry_filter f, const char *want, int line);

#define CHECK_PORTS(s, want, ...)                                                             \
	check_ports_at(s, (struct entry_filter){ .protocol = -1, .status = -1, __VA_ARGS__ }, \
		       want, __LINE__)

void check_taken_at(struct store *s, const char *host, enum protocol protocol, struct port_range r,
		    const char *want, int line);

#define CHECK_TAKEN(...) check_taken_at(__VA_ARGS__, __LINE__)

bool add_project(const struct project *p, void *arg);

bool add_instance(const struct instance *i, void *arg);

bool add_block(const struct block *b, void *arg);

bool add_reserved(const struct reserved *r, void *arg);

bool add_event(const struct event *e, void *arg);

bool add_setting(const char *name, const char *value, void *arg);

bool add_range(const struct stored_range *r, void *arg);

bool add_check(const struct health_check *c, void *arg);

#define CHECK_LIST(want, call)                                  \
	do {                                                    \
		CLEANUP(text_release) struct text list = { 0 }; \
		struct err why = { 0 };                         \
                                                                \
		CHECK((call), "%s", why.text);                  \
		CHECK_TEXT(text_str(&list), want);              \
	} while (0)
#define CHECK_PROJECTS(s, want) \
	CHECK_LIST(want, (s)->ops->project_each(s, add_project, &list, &why))
#define CHECK_INSTANCES(s, project_id, want) \
	CHECK_LIST(want, (s)->ops->instance_each(s, project_id, add_instance, &list, &why))
#define CHECK_BLOCKS(s, host, project_id, want) \
	CHECK_LIST(want, (s)->ops->block_each(s, host, project_id, add_block, &list, &why))
#define CHECK_RESERVED(s, want) \
	CHECK_LIST(want, (s)->ops->reserved_each(s, add_reserved, &list, &why))
#define CHECK_SETTINGS(s, want) \
	CHECK_LIST(want, (s)->ops->setting_each(s, add_setting, &list, &why))
#define CHECK_RANGES(s, want) CHECK_LIST(want, (s)->ops->range_each(s, add_range, &list, &why))
#define CHECK_CHECKS_OF(s, want, ...)                                                            \
	CHECK_LIST(want, (s)->ops->check_of(s, &(struct check_filter){ __VA_ARGS__ }, add_check, \
					    &list, &why))
#define CHECK_CHECKS(s, want) CHECK_LIST(want, (s)->ops->check_each(s, add_check, &list, &why))
#define CHECK_EVENTS(s, want, ...)                                                                 \
	CHECK_LIST(want, (s)->ops->event_each(s, &(struct event_filter){ __VA_ARGS__ }, add_event, \
					      &list, &why))

void check_setting_at(struct store *s, const char *name, const char *want, int line);

#define CHECK_SETTING(s, name, want) check_setting_at(s, name, want, __LINE__)

bool same_text(const char *a, const char *b);

/* Is it the same JSON?  A store may write it in another way. */
bool same_json(const char *a, const char *b);

void check_entry(const struct entry *got, const struct entry *want);

/* The one entry with this id, live or not. */
void get_entry(struct store *s, const char *id, struct arena *a, struct entry *ret);

void refuse_project(struct store *s, const char *id, const char *name, int number);

struct instance instance_of(const char *project_id, unsigned number, const char *worktree);

struct instance on_host(struct instance i, const char *host);

struct instance out_of_use(struct instance i);

/* "shop@2", or "" when no instance in use has that path there. */
void check_instance_at(struct store *s, const char *host, const char *worktree, const char *want,
		       int line);

#define CHECK_INSTANCE(s, host, worktree, want) check_instance_at(s, host, worktree, want, __LINE__)

struct block block_of(const char *host, uint16_t first, uint16_t last, int64_t at_ms);

void refuse_block(struct store *s, struct block b);

struct entry full_entry(void);

struct entry with_tunnel(struct entry e, const char *hostname);

/* Six entries, of which no field's value is that of all, and one that was released. */
void put_various(struct store *s);

/* The last two digits of the ids, in order. */
void check_ids_at(struct store *s, struct entry_filter f, const char *want, int line);

#define CHECK_IDS(s, want, ...)                                                                   \
	check_ids_at(s, (struct entry_filter){ .protocol = -1, .status = -1, __VA_ARGS__ }, want, \
		     __LINE__)

unsigned count_of(struct store *s, struct entry_filter f);

#define COUNT(s, ...) \
	count_of(s, (struct entry_filter){ .protocol = -1, .status = -1, __VA_ARGS__ })

/* Everything free in 3000-3003, lowest first. */
struct choice choice_of(const struct policy_range *range);

bool try_claim(struct store *s, struct choice c, struct entry e, struct pick *ret, struct err *err);

uint16_t claim(struct store *s, struct choice c, struct entry e);

void refuse_claim(struct store *s, struct entry e);

struct event event_of(const char *subject, const char *project_id, const char *service,
		      uint16_t port);

#endif
