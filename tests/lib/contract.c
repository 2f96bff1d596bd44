#include "lib/contract.h"

#include "base/json.h"

char long_text[LONG_TEXT_SIZE], long_metadata[LONG_TEXT_SIZE + 31];

const struct port_range anywhere = { 1, UINT16_MAX };

const struct policy_range plain_range = { .ports = { 3000, 3003 } };
const struct policy_range random_range = { .ports = { 3000, 3003 }, .strategy = STRATEGY_RANDOM };
static const struct port_set no_ports;

struct project project_of(const char *id, const char *name, int number)
{
	return (struct project){
		.id = id,
		.name = name,
		.number = number,
		.created_at_ms = 1000,
	};
}

struct entry entry_of(const char *id, const char *service, uint16_t port)
{
	return (struct entry){
		.id = id,
		.project_id = SHOP,
		.instance = 1,
		.environment = "dev",
		.service = service,
		.primary = true,
		.host = "localhost",
		.protocol = PROTO_TCP,
		.port = port,
		.status = STATUS_ALLOCATED,
		.allocated_at_ms = 1000,
	};
}

struct entry released(struct entry e, int64_t at_ms)
{
	e.status = STATUS_RELEASED;
	e.released_at_ms = at_ms;
	return e;
}

void put_project(struct store *s, const char *id, const char *name, int number)
{
	const struct project p = project_of(id, name, number);
	struct err err = { 0 };

	MUST(s->ops->project_put(s, &p, &err));
}

void put_entry(struct store *s, struct entry e)
{
	struct err err = { 0 };

	MUST(s->ops->entry_put(s, &e, &err));
}

void put_instance(struct store *s, struct instance i)
{
	struct err err = { 0 };

	MUST(s->ops->instance_put(s, &i, &err));
}

void put_block(struct store *s, struct block b)
{
	struct err err = { 0 };

	MUST(s->ops->block_add(s, &b, &err));
}

void put_reserved(struct store *s, struct reserved r)
{
	struct err err = { 0 };

	MUST(s->ops->reserved_put(s, &r, &err));
}

void put_event(struct store *s, struct event e)
{
	struct err err = { 0 };

	MUST(s->ops->event_add(s, &e, &err));
}

void put_projects(struct store *s)
{
	put_project(s, SHOP, "shop", 2);
	put_project(s, BLOG, "blog", 1);
}

void refuse_entry(struct store *s, struct entry e)
{
	struct err err = { 0 };

	CHECK(!s->ops->entry_put(s, &e, &err), "port %u", (unsigned)e.port);
	CHECK(err.code == ERR_TAKEN, "%s: %s", err_name(err.code), err.text);
	CHECK(err.text[0]);
}

bool add_port(const struct entry *e, void *arg)
{
	text_addf(arg, "%s%u", text_str(arg)[0] ? " " : "", (unsigned)e->port);
	return true;
}

void check_ports_at(struct store *s, struct entry_filter f, const char *want, int line)
{
	CLEANUP(text_release) struct text ports = { 0 };
	struct err err = { 0 };

	MUST(s->ops->entry_each(s, &f, add_port, &ports, &err));
	check_that(!strcmp(text_str(&ports), want), "the ports", __FILE__, line,
		   " are '%s', not '%s'", text_str(&ports), want);
}

void check_taken_at(struct store *s, const char *host, enum protocol protocol, struct port_range r,
		    const char *want, int line)
{
	CLEANUP(text_release) struct text ports = { 0 };
	struct port_set taken = { 0 };
	struct err err = { 0 };

	MUST(s->ops->taken(s, host, protocol, r, &taken, &err));
	for (unsigned port = 1; port <= UINT16_MAX; port++)
		if (port_set_has(&taken, (uint16_t)port))
			text_addf(&ports, "%s%u", ports.len ? " " : "", port);
	check_that(!strcmp(text_str(&ports), want), "the taken ports", __FILE__, line,
		   " are '%s', not '%s'", text_str(&ports), want);
}

bool add_project(const struct project *p, void *arg)
{
	text_addf(arg, "%s%s %d", text_str(arg)[0] ? ", " : "", p->name, p->number);
	return true;
}

bool add_instance(const struct instance *i, void *arg)
{
	text_addf(arg, "%s%s@%u", text_str(arg)[0] ? ", " : "", i->project, i->number);
	return true;
}

bool add_block(const struct block *b, void *arg)
{
	text_addf(arg, "%s%s %u-%u", text_str(arg)[0] ? ", " : "", b->host, b->ports.first,
		  b->ports.last);
	return true;
}

bool add_reserved(const struct reserved *r, void *arg)
{
	text_addf(arg, "%s%s %u-%u", text_str(arg)[0] ? ", " : "", r->host, r->ports.first,
		  r->ports.last);
	return true;
}

bool add_event(const struct event *e, void *arg)
{
	text_addf(arg, "%s%s", text_str(arg)[0] ? " " : "", e->subject);
	return true;
}

void check_setting_at(struct store *s, const char *name, const char *want, int line)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	const char *got = "untouched";
	struct err err = { 0 };

	MUST(s->ops->setting_get(s, name, &a, &got, &err));
	check_text(got, want, name, __FILE__, line);
}

bool same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

bool same_json(const char *a, const char *b)
{
	CLEANUP(json_cleanup) json_t *x = json_loads(a && *a ? a : "{}", 0, NULL);
	CLEANUP(json_cleanup) json_t *y = json_loads(b && *b ? b : "{}", 0, NULL);

	return json_equal(x, y);
}

void check_entry(const struct entry *got, const struct entry *want)
{
	CHECK_TEXT(got->id, want->id);
	CHECK(same_text(got->project_id, want->project_id));
	CHECK(same_text(got->project, want->project), "'%s'", got->project);
	CHECK(got->project_number == want->project_number, "%d", got->project_number);
	CHECK(got->instance == want->instance);
	CHECK(same_text(got->environment, want->environment));
	CHECK(same_text(got->service, want->service));
	CHECK(got->primary == want->primary);
	CHECK(same_text(got->type, want->type));
	CHECK(same_text(got->role, want->role));
	CHECK(same_text(got->range, want->range));
	CHECK(same_text(got->host, want->host));
	CHECK(got->protocol == want->protocol);
	CHECK(got->port == want->port, "%u", (unsigned)got->port);
	CHECK(got->status == want->status, "%s", entry_status_name(got->status));
	CHECK(same_text(got->description, want->description));
	CHECK(same_text(got->notes, want->notes));
	CHECK(same_text(got->unit, want->unit));
	CHECK(same_text(got->tunnel_hostname, want->tunnel_hostname));
	CHECK(same_text(got->tunnel_id, want->tunnel_id));
	CHECK(same_json(got->metadata, want->metadata), "%.80s", got->metadata);
	CHECK(same_text(got->allocated_by, want->allocated_by));
	CHECK(same_text(got->worktree, want->worktree), "'%s'", got->worktree);
	CHECK(got->allocated_at_ms == want->allocated_at_ms);
	CHECK(got->last_used_at_ms == want->last_used_at_ms);
	CHECK(got->last_verified_at_ms == want->last_verified_at_ms);
	CHECK(got->released_at_ms == want->released_at_ms);
	CHECK(got->expires_at_ms == want->expires_at_ms);
}

void get_entry(struct store *s, const char *id, struct arena *a, struct entry *ret)
{
	const struct entry_filter f = {
		.id = id,
		.protocol = -1,
		.status = -1,
		.life = LIVE_AND_RELEASED,
	};
	struct err err = { 0 };
	bool found = false;

	MUST(store_entry_find(s, &f, a, ret, &found, &err));
	CHECK(found, "entry %s", id);
}

void refuse_project(struct store *s, const char *id, const char *name, int number)
{
	const struct project p = project_of(id, name, number);
	struct err err = { 0 };

	CHECK(!s->ops->project_put(s, &p, &err));
	CHECK(err.code == ERR_TAKEN, "%s: %s", err_name(err.code), err.text);
}

struct instance instance_of(const char *project_id, unsigned number, const char *worktree)
{
	return (struct instance){ .project_id = project_id,
				  .number = number,
				  .host = "localhost",
				  .worktree = worktree,
				  .slice = -1,
				  .created_at_ms = 1000 };
}

struct instance on_host(struct instance i, const char *host)
{
	i.host = host;
	return i;
}

struct instance out_of_use(struct instance i)
{
	i.released_at_ms = 2000;
	return i;
}

void check_instance_at(struct store *s, const char *host, const char *worktree, const char *want,
		       int line)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct instance i = { .project = "untouched", .number = 0 };
	char got[128] = "";
	struct err err = { 0 };
	bool found;

	MUST(s->ops->instance_find(s, host, worktree, &a, &i, &found, &err));
	if (found)
		snprintf(got, sizeof(got), "%s@%u", i.project, i.number);
	else
		CHECK_TEXT(i.project, "untouched");
	check_text(got, want, worktree, __FILE__, line);
}

struct block block_of(const char *host, uint16_t first, uint16_t last, int64_t at_ms)
{
	return (struct block){ host, { first, last }, "main", SHOP, at_ms };
}

void refuse_block(struct store *s, struct block b)
{
	struct err err = { 0 };

	CHECK(!s->ops->block_add(s, &b, &err), "%u-%u", b.ports.first, b.ports.last);
	CHECK(err.code == ERR_TAKEN, "%s: %s", err_name(err.code), err.text);
}

struct entry full_entry(void)
{
	return (struct entry){
		.id = ID("20"),
		.project_id = SHOP,
		.project = "shop",
		.project_number = 2,
		.instance = 4,
		.environment = "production",
		.service = "web",
		.primary = true,
		.type = "web",
		.role = "frontend",
		.range = "main",
		.host = "build-2",
		.protocol = PROTO_UDP,
		.port = UINT16_MAX,
		.status = STATUS_LEGACY,
		.description = UNUSUAL,
		.notes = long_text,
		.unit = "shop@4.service",
		.tunnel_hostname = "shop.example.org",
		.tunnel_id = UNUSUAL,
		.metadata = long_metadata,
		.allocated_by = "alice via root",
		.worktree = "/srv/shop",
		.allocated_at_ms = INT64_C(1774000000001),
		.last_used_at_ms = INT64_C(1774000000002),
		.last_verified_at_ms = INT64_C(1774000000003),
		.expires_at_ms = INT64_C(1774000000004),
	};
}

struct entry with_tunnel(struct entry e, const char *hostname)
{
	e.tunnel_hostname = hostname;
	return e;
}

void put_various(struct store *s)
{
	const struct entry rows[] = {
		{ .id = ID("30"),
		  .project_id = SHOP,
		  .instance = 1,
		  .environment = "dev",
		  .service = "web",
		  .primary = true,
		  .type = "web",
		  .range = "main",
		  .host = "localhost",
		  .port = 3000,
		  .allocated_at_ms = 5000,
		  .description = "the front page",
		  .tunnel_hostname = "shop.example.org" },
		{ .id = ID("31"),
		  .project_id = SHOP,
		  .instance = 1,
		  .environment = "dev",
		  .service = "web",
		  .primary = false,
		  .type = "web",
		  .range = "main",
		  .host = "localhost",
		  .port = 3001,
		  .allocated_at_ms = 4000,
		  .status = STATUS_RESERVED },
		{ .id = ID("32"),
		  .project_id = SHOP,
		  .instance = 2,
		  .environment = "test",
		  .service = "api",
		  .primary = true,
		  .type = "api",
		  .range = "main",
		  .host = "localhost",
		  .port = 3002,
		  .allocated_at_ms = 3000,
		  .notes = "50% of all_traffic" },
		{ .id = ID("33"),
		  .project_id = BLOG,
		  .instance = 1,
		  .environment = "dev",
		  .service = "web",
		  .primary = true,
		  .type = "web",
		  .range = "other",
		  .host = "build-2",
		  .port = 3000,
		  .allocated_at_ms = 3000,
		  .status = STATUS_LEGACY },
		{ .id = ID("34"),
		  .project_id = BLOG,
		  .instance = 1,
		  .environment = "dev",
		  .service = "dns",
		  .primary = true,
		  .host = "localhost",
		  .protocol = PROTO_UDP,
		  .port = 3000,
		  .allocated_at_ms = 1000 },
		{ .id = ID("35"),
		  .project_id = BLOG,
		  .instance = 1,
		  .environment = "dev",
		  .service = "api",
		  .primary = true,
		  .type = "api",
		  .host = "localhost",
		  .port = 12000,
		  .allocated_at_ms = 2000,
		  .description = "50 of alltraffic" },
		{ .id = ID("36"),
		  .project_id = SHOP,
		  .instance = 1,
		  .environment = "dev",
		  .service = "old",
		  .primary = true,
		  .type = "web",
		  .range = "main",
		  .host = "localhost",
		  .port = 3000,
		  .allocated_at_ms = 500,
		  .status = STATUS_RELEASED,
		  .released_at_ms = 9000 },
	};

	put_projects(s);
	put_instance(s, instance_of(SHOP, 1, "/srv/shop"));
	put_instance(s, instance_of(SHOP, 2, "/srv/shop-2"));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		put_entry(s, rows[i]);
}

static bool add_id(const struct entry *e, void *arg)
{
	text_addf(arg, "%s%s", text_str(arg)[0] ? " " : "", e->id + strlen(e->id) - 2);
	return true;
}

void check_ids_at(struct store *s, struct entry_filter f, const char *want, int line)
{
	CLEANUP(text_release) struct text ids = { 0 };
	struct err err = { 0 };

	MUST(s->ops->entry_each(s, &f, add_id, &ids, &err));
	check_that(!strcmp(text_str(&ids), want), "the ids", __FILE__, line, " are '%s', not '%s'",
		   text_str(&ids), want);
}

unsigned count_of(struct store *s, struct entry_filter f)
{
	struct err err = { 0 };
	unsigned count = 12345;

	MUST(s->ops->entry_count(s, &f, &count, &err));
	return count;
}

struct choice choice_of(const struct policy_range *range)
{
	return (struct choice){
		.range = range,
		.candidates = { .span = { range->ports }, .count = 1 },
		.reserved = &no_ports,
		.strangers = &no_ports,
	};
}

bool try_claim(struct store *s, struct choice c, struct entry e, struct pick *ret, struct err *err)
{
	struct plan plan;

	plan_make(&c, &plan);
	e.port = 1; /* the store sets it */
	return s->ops->claim(s, &plan, &e, ret, err);
}

uint16_t claim(struct store *s, struct choice c, struct entry e)
{
	struct pick pick = { .port = 9 };
	struct err err = { 0 };

	MUST(try_claim(s, c, e, &pick, &err));
	return pick.port;
}

void refuse_claim(struct store *s, struct entry e)
{
	struct pick pick;
	struct err err = { 0 };

	CHECK(!try_claim(s, choice_of(&plain_range), e, &pick, &err));
	CHECK(err.code == ERR_TAKEN, "%s: %s", err_name(err.code), err.text);
}

/* "name=value" */
bool add_setting(const char *name, const char *value, void *arg)
{
	text_addf(arg, "%s%s=%s", text_str(arg)[0] ? " " : "", name, value);
	return true;
}

/* "main 3000-3999/100/10 {}" */
bool add_range(const struct stored_range *r, void *arg)
{
	text_addf(arg, "%s%s %u-%u/%u/%u %s", text_str(arg)[0] ? " " : "", r->name,
		  (unsigned)r->ports.first, (unsigned)r->ports.last, r->block, r->slice, r->rule);
	return true;
}

/* "1 up@1000 250us" */
bool add_check(const struct health_check *c, void *arg)
{
	text_addf(arg, "%s%lld %s@%lld %lldus", text_str(arg)[0] ? " " : "", (long long)c->id,
		  c->status, (long long)c->at_ms, (long long)c->response_us);
	return true;
}

struct event event_of(const char *subject, const char *project_id, const char *service,
		      uint16_t port)
{
	return (struct event){ .at_ms = 1000,
			       .actor = "alice",
			       .op = "allocate",
			       .project_id = project_id,
			       .subject = subject,
			       .service = service,
			       .port = port };
}

/* ---- the run ---- */

/* One contract on one store. */
struct run {
	const struct store_kind *kind;
	const struct contract *contract;
	char name[160];
};

/* Rationale: several times what the largest list has. */
#define RUN_MAX 512

struct store *book_open(const struct store_kind *kind, const struct folder *folder, bool create)
{
	struct store *s = NULL;
	struct err err = { 0 };

	MUST(kind->open(folder->path, create, &s, &err));
	return s;
}

static void run_contract(void **state)
{
	const struct run *r = *state;
	CLEANUP(folder_cleanup) struct folder folder = folder_make();
	struct store *one, *two = NULL;

	if (r->contract->run_folder) {
		r->contract->run_folder(r->kind, &folder);
		return;
	}
	one = book_open(r->kind, &folder, true);
	if (r->contract->run) {
		r->contract->run(one);
	} else {
		two = book_open(r->kind, &folder, false);
		r->contract->run_two(one, two);
	}
	store_free(two);
	store_free(one);
}

/* "sqlite: claim refuses a second primary", out of claim__refuses_a_second_primary. */
static void name_run(struct run *r)
{
	size_t len = (size_t)snprintf(r->name, sizeof(r->name), "%s: ", r->kind->name);

	for (const char *from = r->contract->name; *from && len < sizeof(r->name) - 1; from++)
		if (*from != '_' || r->name[len - 1] != ' ')
			r->name[len++] = *from == '_' ? ' ' : *from;
	r->name[len] = '\0';
}

static bool can_run(const struct store_kind *kind, const struct contract *c)
{
	return kind->is_kept || c->run;
}

int contracts_run(const struct contract *contracts, size_t count)
{
	static struct run runs[RUN_MAX];
	static struct CMUnitTest tests[RUN_MAX];
	size_t n = 0;

	memset(long_text, 'x', sizeof(long_text) - 1);
	/* In the order that jsonb has, so that it can be held against to the byte. */
	snprintf(long_metadata, sizeof(long_metadata), "{\"n\":[1,2],\"long\":\"%s\"}", long_text);
	for (unsigned k = 0; k < store_kind_count; k++)
		for (size_t i = 0; i < count && n < RUN_MAX; i++) {
			if (!can_run(&store_kinds[k], &contracts[i]))
				continue;
			runs[n] = (struct run){ &store_kinds[k], &contracts[i], "" };
			name_run(&runs[n]);
			tests[n] = (struct CMUnitTest){ .name = runs[n].name,
							.test_func = run_contract,
							.initial_state = &runs[n] };
			n++;
		}
	return _cmocka_run_group_tests("store", tests, n, NULL, NULL);
}
