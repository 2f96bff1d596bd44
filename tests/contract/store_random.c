/*
 * contract/store_random.c - all stores in step, and a naive model of the book.
 *
 * Random plans are claimed, entries put, released and rolled back: every store
 * answers as the model does, and has the same entries in the end.  A seed that
 * fails is printed; `store_random SEED` runs it alone.
 */
#include "lib/check.h"
#include "lib/folder.h"
#include "lib/naive_plan.h"
#include "lib/random.h"
#include "lib/stores.h"

#include <stdlib.h>

#include "base/text.h"

#define SEEDS 24
#define STEPS 150
#define FIRST 3000
#define LAST  3023

static const char *const projects[] = { "018f0000-0000-7000-8000-0000000000a1",
					"018f0000-0000-7000-8000-0000000000a2" };
static const char *const services[] = { "api", "db", "web" };
static const char *const environments[] = { "dev", "test" };
static const char *const hosts[] = { "build-2", "localhost" };
static const char *const tunnels[] = { NULL, NULL, NULL, NULL, "a.example.org", "b.example.org" };

/* ---- the model: an array of entries, and the rules of registry/store.h in words of C ---- */

struct model {
	struct entry entries[STEPS];
	unsigned count;
};

static char ids[STEPS][40];

static bool is_live(const struct entry *e)
{
	return e->status != STATUS_RELEASED;
}

static bool is_one_service(const struct entry *a, const struct entry *b)
{
	return a->project_id == b->project_id && a->service == b->service &&
	       a->environment == b->environment && a->instance == b->instance &&
	       a->host == b->host && a->protocol == b->protocol;
}

/* ERR_NONE when the entry may be put. */
static enum err_code model_refuses(const struct model *m, const struct entry *e)
{
	for (unsigned i = 0; i < m->count && is_live(e); i++) {
		const struct entry *other = &m->entries[i];

		if (!is_live(other) || other->id == e->id)
			continue;
		if (other->host == e->host && other->protocol == e->protocol &&
		    other->port == e->port)
			return ERR_TAKEN;
		if (e->tunnel_hostname && other->tunnel_hostname == e->tunnel_hostname)
			return ERR_TAKEN;
		if (e->primary && other->primary && is_one_service(e, other))
			return ERR_TAKEN;
	}
	return ERR_NONE;
}

static enum err_code model_put(struct model *m, const struct entry *e)
{
	enum err_code code = model_refuses(m, e);

	for (unsigned i = 0; i < m->count && code == ERR_NONE; i++)
		if (m->entries[i].id == e->id) {
			m->entries[i] = *e;
			return ERR_NONE;
		}
	if (code == ERR_NONE)
		m->entries[m->count++] = *e;
	return code;
}

static void model_taken(const struct model *m, const char *host, enum protocol protocol,
			struct port_set *ret)
{
	*ret = (struct port_set){ 0 };
	for (unsigned i = 0; i < m->count; i++) {
		const struct entry *e = &m->entries[i];

		if (is_live(e) && e->host == host && e->protocol == protocol)
			port_set_add(ret, e->port);
	}
}

static enum err_code model_claim(struct model *m, const struct choice *c, struct entry e,
				 struct pick *ret)
{
	struct port_set taken;

	model_taken(m, e.host, e.protocol, &taken);
	naive_choose(c, &taken, ret);
	e.port = ret->port;
	return ret->port ? model_put(m, &e) : ERR_NONE;
}

/* ---- entries as text ---- */

static bool add_entry(const struct entry *e, void *arg)
{
	text_addf(arg, "%s %s@%u %s %s %d %s %s %u %s %s %lld %lld\n", e->id + 24,
		  e->project_id + 34, e->instance, e->environment, e->service, e->primary, e->host,
		  protocol_name(e->protocol), (unsigned)e->port, entry_status_name(e->status),
		  e->tunnel_hostname && *e->tunnel_hostname ? e->tunnel_hostname : "-",
		  (long long)e->allocated_at_ms, (long long)e->released_at_ms);
	return true;
}

static int by_port(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	if (x->host != y->host)
		return strcmp(x->host, y->host);
	if (x->protocol != y->protocol)
		return x->protocol < y->protocol ? -1 : 1;
	return strcmp(x->id, y->id);
}

static bool model_passes(const struct entry_filter *f, const struct entry *e)
{
	return (f->life == LIVE_AND_RELEASED || is_live(e) == (f->life == LIVE_ONLY)) &&
	       (!f->project_id || f->project_id == e->project_id) &&
	       (!f->instance || f->instance == e->instance) &&
	       (!f->environment || f->environment == e->environment) &&
	       (!f->service || f->service == e->service) && (!f->host || f->host == e->host) &&
	       (f->protocol < 0 || f->protocol == (int)e->protocol) &&
	       (f->status < 0 || f->status == (int)e->status) &&
	       (!f->tunnel_hostname || f->tunnel_hostname == e->tunnel_hostname) &&
	       (!f->ports.first || (f->ports.first <= e->port && e->port <= f->ports.last)) &&
	       (!f->primary_only || e->primary) && e->port > f->after_port;
}

static void model_text(const struct model *m, const struct entry_filter *f, struct text *ret)
{
	struct entry sorted[STEPS];
	unsigned given = 0;

	memcpy(sorted, m->entries, m->count * sizeof(*sorted));
	qsort(sorted, m->count, sizeof(*sorted), by_port);
	for (unsigned i = 0; i < m->count; i++)
		if (model_passes(f, &sorted[i]) && (!f->limit || given++ < f->limit))
			add_entry(&sorted[i], ret);
}

/* ---- the stores beside the model ---- */

struct world {
	struct model model, before; /* before: when the transaction began */
	bool in_transaction;
	struct store *stores[STORE_KIND_MAX];
	struct folder folders[STORE_KIND_MAX];
	uint64_t seed, state;
	unsigned step;
};

#define AGREE(w, s, condition, ...)                                                             \
	do {                                                                                    \
		bool agreed = (condition);                                                      \
                                                                                                \
		if (!agreed)                                                                    \
			print_error("seed %llu, step %u, %s:\n", (unsigned long long)(w)->seed, \
				    (w)->step, (s)->ops->name);                                 \
		check_that(agreed, #condition, __FILE__, __LINE__, " " __VA_ARGS__);            \
	} while (0)

#define PICK(w, array) ((array)[random_below(&(w)->state, ARRAY_LEN(array))])

static struct entry random_entry(struct world *w)
{
	const char *id = ids[w->step];

	return (struct entry){
		.id = id,
		.project_id = PICK(w, projects),
		.instance = 1 + random_below(&w->state, 2),
		.environment = PICK(w, environments),
		.service = PICK(w, services),
		.primary = random_one_in(&w->state, 2),
		.host = hosts[!random_one_in(&w->state, 5)],
		.protocol = random_one_in(&w->state, 5) ? PROTO_UDP : PROTO_TCP,
		.port = (uint16_t)(FIRST + random_below(&w->state, LAST - FIRST + 1)),
		.status = (enum entry_status)random_below(&w->state, STATUS_RELEASED),
		.tunnel_hostname = PICK(w, tunnels),
		.allocated_at_ms = 1000 + (int64_t)random_below(&w->state, 50),
	};
}

static void random_set(struct world *w, struct port_set *s, unsigned one_in)
{
	for (unsigned port = FIRST; port <= LAST; port++)
		if (random_one_in(&w->state, one_in))
			port_set_add(s, (uint16_t)port);
}

static uint16_t random_port(struct world *w)
{
	return (uint16_t)(random_one_in(&w->state, 2)
				  ? 0
				  : FIRST - 2 + random_below(&w->state, LAST - FIRST + 5));
}

static void step_claim(struct world *w)
{
	const struct entry e = random_entry(w);
	struct port_set reserved = { 0 }, strangers = { 0 };
	struct policy_range range = { .ports = { FIRST, LAST } };
	struct choice c = { .range = &range, .reserved = &reserved, .strangers = &strangers };
	uint16_t cooling[4];
	static struct plan plan;
	struct pick want;
	enum err_code code;

	random_set(w, &reserved, 8);
	random_set(w, &strangers, 8);
	range.strategy = random_one_in(&w->state, 3) ? STRATEGY_RANDOM : STRATEGY_SEQUENTIAL;
	for (range.n_avoid = 0; range.n_avoid < 4; range.n_avoid++)
		range.avoid[range.n_avoid] = (uint16_t)(FIRST + random_below(&w->state, 24));
	for (c.n_cooling = 0; c.n_cooling < ARRAY_LEN(cooling); c.n_cooling++)
		cooling[c.n_cooling] = (uint16_t)(FIRST + random_below(&w->state, 24));
	c.cooling = cooling;
	c.candidates = (struct candidates){ { { FIRST, LAST - 12 }, { LAST - 7, LAST } }, 2 };
	c.before = random_port(w);
	c.preferred = random_port(w);
	c.only_preferred = c.preferred && random_one_in(&w->state, 4);
	c.role = random_port(w);
	c.twin = random_port(w);
	c.downwards = random_one_in(&w->state, 3);
	c.seed = random_next(&w->state);
	plan_make(&c, &plan);
	code = model_claim(&w->model, &c, e, &want);
	for (unsigned k = 0; k < store_kind_count; k++) {
		struct store *s = w->stores[k];
		struct pick got = { 0 };
		struct err err = { 0 };
		bool ok = s->ops->claim(s, &plan, &e, &got, &err);

		AGREE(w, s, ok == (code == ERR_NONE), "%s", err.text);
		AGREE(w, s, ok || err.code == code, "%s", err.text);
		AGREE(w, s, !ok || (got.port == want.port && got.why == want.why), "%u, not %u",
		      (unsigned)got.port, (unsigned)want.port);
		AGREE(w, s,
		      !ok || (got.n_passed == want.n_passed &&
			      !memcmp(got.passed, want.passed, sizeof(*got.passed) * got.n_passed)),
		      "%u passed, not %u", got.n_passed, want.n_passed);
	}
}

static void put(struct world *w, const struct entry *e)
{
	enum err_code code = model_put(&w->model, e);

	for (unsigned k = 0; k < store_kind_count; k++) {
		struct store *s = w->stores[k];
		struct err err = { 0 };
		bool ok = s->ops->entry_put(s, e, &err);

		AGREE(w, s, ok == (code == ERR_NONE), "%s", err.text);
		AGREE(w, s, ok || err.code == code, "%s", err.text);
	}
}

static void step_put(struct world *w)
{
	const struct entry e = random_entry(w);

	put(w, &e);
}

/* Release an entry, or bring it back, or change what is its key. */
static void step_change(struct world *w)
{
	struct entry e, other = random_entry(w);

	if (!w->model.count)
		return;
	e = w->model.entries[random_below(&w->state, w->model.count)];
	if (random_one_in(&w->state, 3)) {
		other.id = e.id;
		put(w, &other);
		return;
	}
	e.status = is_live(&e) ? STATUS_RELEASED : STATUS_ALLOCATED;
	e.released_at_ms = is_live(&e) ? 0 : 5000 + (int64_t)w->step;
	put(w, &e);
}

static void step_transaction(struct world *w)
{
	bool commit = !random_one_in(&w->state, 3);

	for (unsigned k = 0; k < store_kind_count; k++) {
		struct store *s = w->stores[k];
		struct err err = { 0 };

		if (!w->in_transaction)
			AGREE(w, s, store_begin(s, true, &err), "%s", err.text);
		else if (commit)
			AGREE(w, s, store_commit(s, &err), "%s", err.text);
		else
			store_rollback(s);
	}
	if (!w->in_transaction)
		w->before = w->model;
	else if (!commit)
		w->model = w->before;
	w->in_transaction = !w->in_transaction;
}

static struct entry_filter random_filter(struct world *w)
{
	struct entry_filter f = ENTRY_FILTER_ALL;

	f.life = random_below(&w->state, 3);
	if (random_one_in(&w->state, 4))
		f.project_id = PICK(w, projects);
	if (random_one_in(&w->state, 4))
		f.instance = 1 + random_below(&w->state, 2);
	if (random_one_in(&w->state, 4))
		f.environment = PICK(w, environments);
	if (random_one_in(&w->state, 4))
		f.service = PICK(w, services);
	if (random_one_in(&w->state, 4))
		f.host = PICK(w, hosts);
	if (random_one_in(&w->state, 4))
		f.protocol = (int)random_below(&w->state, PROTO_COUNT);
	if (random_one_in(&w->state, 4))
		f.status = (int)random_below(&w->state, STATUS_COUNT);
	if (random_one_in(&w->state, 8))
		f.tunnel_hostname = PICK(w, tunnels);
	if (random_one_in(&w->state, 4))
		f.ports = (struct port_range){ FIRST + 3, LAST - 3 };
	if (random_one_in(&w->state, 4))
		f.after_port = (uint16_t)(FIRST + random_below(&w->state, 24));
	if (random_one_in(&w->state, 4))
		f.limit = 1 + random_below(&w->state, 5);
	f.primary_only = random_one_in(&w->state, 4);
	return f;
}

static void compare_entries(struct world *w, const struct entry_filter *f)
{
	CLEANUP(text_release) struct text want = { 0 };

	model_text(&w->model, f, &want);
	for (unsigned k = 0; k < store_kind_count; k++) {
		struct store *s = w->stores[k];
		CLEANUP(text_release) struct text got = { 0 };
		struct err err = { 0 };

		AGREE(w, s, s->ops->entry_each(s, f, add_entry, &got, &err), "%s", err.text);
		AGREE(w, s, !strcmp(text_str(&got), text_str(&want)), "\n%s\nthe model:\n%s",
		      text_str(&got), text_str(&want));
	}
}

static void step_filter(struct world *w)
{
	const struct entry_filter f = random_filter(w);

	compare_entries(w, &f);
}

static void step_taken(struct world *w)
{
	const char *host = PICK(w, hosts);
	enum protocol protocol = (enum protocol)random_below(&w->state, PROTO_COUNT);
	struct port_set want;

	model_taken(&w->model, host, protocol, &want);
	for (unsigned k = 0; k < store_kind_count; k++) {
		struct store *s = w->stores[k];
		struct port_set got = { 0 };
		struct err err = { 0 };

		AGREE(w, s,
		      s->ops->taken(s, host, protocol, (struct port_range){ 1, UINT16_MAX }, &got,
				    &err),
		      "%s", err.text);
		AGREE(w, s, !memcmp(&got, &want, sizeof(got)));
	}
}

typedef void step_fn(struct world *w);
static step_fn *const steps[] = {
	step_claim,  step_claim,  step_claim, step_put,	   step_put,	     step_change,
	step_change, step_change, step_taken, step_filter, step_transaction,
};

static void open_all(struct world *w)
{
	for (unsigned k = 0; k < store_kind_count; k++) {
		struct err err = { 0 };

		w->folders[k] = folder_make();
		CHECK(store_kinds[k].open(w->folders[k].path, true, &w->stores[k], &err), "%s",
		      err.text);
		for (unsigned i = 0; i < ARRAY_LEN(projects); i++) {
			const struct project p = { .id = projects[i],
						   .number = (int)i,
						   .name = i ? "shop" : "blog" };

			CHECK(w->stores[k]->ops->project_put(w->stores[k], &p, &err), "%s",
			      err.text);
		}
	}
}

static void close_all(struct world *w)
{
	for (unsigned k = 0; k < store_kind_count; k++) {
		store_free(w->stores[k]);
		folder_cleanup(&w->folders[k]);
	}
}

static void run_seed(uint64_t seed)
{
	static struct world w;
	const struct entry_filter all = { .protocol = -1, .status = -1, .life = LIVE_AND_RELEASED };

	w = (struct world){ .seed = seed, .state = seed };
	open_all(&w);
	for (w.step = 0; w.step < STEPS; w.step++) {
		steps[random_below(&w.state, ARRAY_LEN(steps))](&w);
		if (w.step % 10 == 0)
			compare_entries(&w, &all);
	}
	if (w.in_transaction)
		step_transaction(&w);
	compare_entries(&w, &all);
	close_all(&w);
}

static uint64_t only_seed;

static void test_stores__agree_with_a_naive_model(void **state)
{
	for (unsigned i = 0; i < STEPS; i++)
		snprintf(ids[i], sizeof(ids[i]), "018f0000-0000-7000-8000-%012u", i);
	for (uint64_t seed = 1; seed <= SEEDS && !only_seed; seed++)
		run_seed(seed);
	if (only_seed)
		run_seed(only_seed);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stores__agree_with_a_naive_model),
	};

	if (argc > 1)
		only_seed = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
