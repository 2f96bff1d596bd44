#include "book.h"

#include <stdio.h>

#include "base/uuid.h"
#include "formats/policy_builtin.h"
#include "formats/policy_yaml.h"
#include "measure.h"
#include "registry/blocks.h"
#include "registry/founding.h"
#include "registry/projects.h"
#include "registry/release.h"
#include "store/postgres/postgres.h"
#include "store/sqlite/sqlite.h"

static struct err err;

static void need(bool ok)
{
	if (!ok)
		die("%s", err.text);
}

static void found(struct book *b)
{
	const struct policy_file *file = policy_builtin(POLICY_DEFAULT);
	struct policy *policy = alloc_or_die(1, sizeof(*policy));

	need(policy_yaml_parse(file->text, file->len, file->name, policy, &err));
	need(registry_found(&b->registry, policy, file->text, &err));
	free(policy);
}

void book_open(struct book *b, const char *path)
{
	struct postgres_setup setup;
	bool is_founded;

	*b = (struct book){ .registry.host = HOST_DEFAULT };
	need(postgres_is_url(path) ? store_postgres_setup(path, false, &setup, &b->store, &err)
				   : store_sqlite_open(path, true, &b->store, &err));
	b->registry.store = b->store;
	b->registry.clock = &clock_of_machine;
	b->registry.caller = caller_name;
	book_begin(b);
	need(registry_is_founded(&b->registry, &is_founded, &err));
	if (!is_founded)
		found(b);
	book_commit(b);
	need(registry_policy(&b->registry, &b->policy, &err));
}

void book_close(struct book *b)
{
	registry_release(&b->registry);
	store_free(b->store);
}

void book_begin(struct book *b)
{
	need(store_begin(b->store, true, &err));
}

void book_begin_shared(struct book *b, const struct owner *owner, const char *service)
{
	need(store_begin_shared(b->store, &err));
	need(store_hold(b->store, owner->project.id, service, &err));
}

void book_commit(struct book *b)
{
	need(store_commit(b->store, &err));
}

void book_add_project(struct book *b, const char *name, struct arena *a, struct owner *ret)
{
	const struct project_new new = {
		.name = name, .number = -1, .status = PROJECT_ACTIVE, .host = HOST_DEFAULT
	};
	const struct policy_range *range = blocks_range(b->policy);
	struct block_list blocks;

	need(project_add(&b->registry, &new, a, &ret->project, &err));
	need(blocks_need(&b->registry, range, &ret->project, HOST_DEFAULT, &blocks, &err));
	ret->block = blocks.span[0];
	ret->protocol = PROTO_TCP;
}

static struct entry entry_of(struct book *b, const struct owner *owner, const char *service,
			     const char *id)
{
	return (struct entry){
		.id = id,
		.project_id = owner->project.id,
		.instance = 1,
		.environment = b->policy->environment,
		.service = service,
		.primary = true,
		.range = blocks_range(b->policy)->name,
		.host = HOST_DEFAULT,
		.protocol = owner->protocol,
		.status = STATUS_ALLOCATED,
		.allocated_by = registry_actor(&b->registry),
		.allocated_at_ms = registry_now(&b->registry),
	};
}

static void add_event(struct book *b, const char *op, const struct entry *e)
{
	need(b->store->ops->event_add(b->store,
				      &(struct event){
					      .at_ms = registry_now(&b->registry),
					      .actor = registry_actor(&b->registry),
					      .op = op,
					      .project_id = e->project_id,
					      .subject = e->service,
					      .service = e->service,
					      .port = e->port,
					      .after = "{\"as\":\"long as an entry is in JSON\"}",
				      },
				      &err));
}

uint16_t book_claim(struct book *b, const struct owner *owner, const char *service, char *ret_id)
{
	static const struct port_set none;
	const struct choice choice = {
		.range = blocks_range(b->policy),
		.candidates = { .span = { owner->block }, .count = 1 },
		.reserved = &none,
		.strangers = &none,
	};
	unsigned char random[10];
	struct entry e;
	struct plan plan;
	struct pick pick;

	clock_of_machine.random(NULL, random, sizeof(random));
	uuid7_format(registry_now(&b->registry), random, ret_id);
	e = entry_of(b, owner, service, ret_id);
	plan_make(&choice, &plan);
	need(b->store->ops->claim(b->store, &plan, &e, &pick, &err));
	if (!pick.port)
		die("the block %u-%u is full", owner->block.first, owner->block.last);
	e.port = pick.port;
	add_event(b, "allocate", &e);
	return pick.port;
}

void book_release(struct book *b, const struct owner *owner, const char *service, const char *id,
		  uint16_t port)
{
	struct entry e = entry_of(b, owner, service, id);

	e.port = port;
	e.status = STATUS_RELEASED;
	e.released_at_ms = registry_now(&b->registry);
	need(b->store->ops->entry_put(b->store, &e, &err));
	add_event(b, "release", &e);
}

struct port_request book_request(struct book *b, const struct owner *owner, const char *service)
{
	return (struct port_request){
		.key = {
			.project = &owner->project,
			.instance = 1,
			.service = service,
			.environment = b->policy->environment,
			.host = HOST_DEFAULT,
			.protocol = PROTO_TCP,
		},
	};
}

void book_release_service(struct book *b, const struct owner *owner, const char *service)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry_list list;

	f.project_id = owner->project.id;
	f.instance = 1;
	f.service = service;
	f.environment = b->policy->environment;
	f.host = HOST_DEFAULT;
	f.order = BY_AGE;
	need(registry_release_all(&b->registry, &f, &arena, &list, &err));
}
