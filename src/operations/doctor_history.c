/*
 * operations/doctor_history.c - has this machine's clock gone backwards?
 *
 * Changes are numbered in the order in which they were made, and carry the time
 * at which their writer began.  One that is later than the change after it, or
 * than now, was made before the clock was set back.
 */
#include "base/clock.h"
#include "operations/doctor.h"
#include "registry/registry.h"

/* Rationale: a writer waits at most 30 s for its turn, and clocks are set by less all day. */
#define TOLERANCE_MS (60 * MS_PER_SECOND)

/* Rationale: what was before nobody can mend, and nothing cools down or expires so late. */
#define LOOKED_BACK_MS (30 * MS_PER_DAY)

struct clock_walk {
	int64_t now_ms, after_ms;  /* the time of the change after this one; at first, now */
	int64_t was_ms, became_ms; /* where it was set back, the last time; 0: never */
	int64_t ahead_ms;	   /* the latest change that is later than now; 0: there is none */
};

/* The newest first. */
static bool walk(const struct event *e, void *arg)
{
	struct clock_walk *w = arg;

	if (e->at_ms > w->now_ms + TOLERANCE_MS && e->at_ms > w->ahead_ms)
		w->ahead_ms = e->at_ms;
	if (!w->was_ms && e->at_ms > w->after_ms + TOLERANCE_MS) {
		w->was_ms = e->at_ms;
		w->became_ms = w->after_ms;
	}
	w->after_ms = e->at_ms;
	return e->at_ms >= w->now_ms - LOOKED_BACK_MS;
}

static bool add_ahead(struct call *c, const struct clock_walk *w, json_t *answer, struct err *err)
{
	char last[TIME_TEXT_SIZE], now[TIME_TEXT_SIZE];
	const struct finding f = {
		.check = "clock",
		.severity = SEVERITY_WARNING,
		.message = arena_printf(&c->arena,
					"the history is ahead of this machine's clock: it has a "
					"change of %s, and now it is %s",
					time_format(w->ahead_ms, last),
					time_format(w->now_ms, now)),
		.remedy = "timedatectl set-ntp true; temporary ports and cool-downs end late until "
			  "the clock has caught up",
	};

	return doctor_add(answer, &f, err);
}

static bool add_set_back(struct call *c, const struct clock_walk *w, json_t *answer,
			 struct err *err)
{
	char was[TIME_TEXT_SIZE], became[TIME_TEXT_SIZE];
	const struct finding f = {
		.check = "clock",
		.severity = SEVERITY_WARNING,
		.message = arena_printf(
			&c->arena, "the clock went backwards, from %s to %s or before",
			time_format(w->was_ms, was), time_format(w->became_ms, became)),
		.remedy = "timedatectl status; of the changes around it, the order in portbook "
			  "history counts and not the times",
	};

	return doctor_add(answer, &f, err);
}

bool doctor_clock(struct call *c, const char *host, json_t *answer, struct err *err)
{
	const struct event_filter newest_first = { .newest_first = true };
	struct store *s = c->registry->store;
	int64_t now = registry_now(c->registry);
	struct clock_walk w = { .now_ms = now, .after_ms = now };

	(void)host;
	if (!s->ops->event_each(s, &newest_first, walk, &w, err))
		return false;
	if (w.ahead_ms)
		return add_ahead(c, &w, answer, err);
	if (w.was_ms)
		return add_set_back(c, &w, answer, err);
	return doctor_add(
		answer,
		&(struct finding){ .check = "clock", .message = "it has not gone backwards" }, err);
}
