/*
 * Calling the book for a request: who asked hears how far it is, and may call it off.
 */
#include <time.h>

#include "mcp/own.h"

/* Rationale: a person sees ten steps a second, and a client has to read each. */
#define PROGRESS_EACH_MS 100

struct watcher {
	struct progress progress;
	struct mcp_request *request;
	uint64_t last, before; /* a later piece of work counts from 0 again */
	uint64_t told, told_at_ms;
	bool has_told;
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* "The progress value MUST increase with each notification." */
static bool tell(struct watcher *w, const char *doing, uint64_t total, struct err *err)
{
	uint64_t done = w->before + w->last;

	if (w->has_told && done <= w->told)
		return true;
	w->has_told = true;
	w->told = done;
	return mcp_progress(w->request, done, total ? w->before + total : 0, doing, err);
}

static bool watcher_step(struct progress *p, const char *doing, uint64_t done, uint64_t total,
			 struct err *err)
{
	struct watcher *w = (struct watcher *)p;
	struct mcp_link *link = w->request->link;
	uint64_t now = now_ms();

	if (done < w->last)
		w->before += w->last;
	w->last = done;
	/* The first is told at once, and the last of what is counted. */
	if (w->has_told && done != total && now - w->told_at_ms < PROGRESS_EACH_MS)
		return true;
	w->told_at_ms = now;
	if (link->is_cancelled && link->is_cancelled(link)) {
		w->request->is_cancelled = true;
		return fail(err, ERR_INTERRUPTED, "it was called off");
	}
	return tell(w, doing, total, err);
}

bool mcp_call_book(struct mcp_request *q, const char *operation, const json_t *input, json_t **ret,
		   struct err *err)
{
	struct watcher w = { .progress.step = watcher_step, .request = q };
	const struct call_io io = { .progress = &w.progress };
	const struct mcp_book *book = &q->mcp->book;

	return book->call(book->arg, operation, input, &io, ret, err);
}

/* The modern way says it with each request. */
bool mcp_client_has(const struct mcp_request *q, const char *capability)
{
	const json_t *all = q->revision->is_modern ? json_object_get(q->meta, META_CAPABILITIES)
						   : q->link->own.capabilities;

	return json_is_object(json_object_get(all, capability));
}
