/*
 * contract/store_watch.c - being told what other sessions do (base/watcher.h): see store.c.
 *
 * Waiting is for the file, whose time limit fails the test.
 */
#include <poll.h>

#include "lib/contract.h"
#include "lib/postgres.h"

#define LONG_MS 30000

static bool is_ready(const struct watcher *w, int ms)
{
	struct pollfd file = { .fd = w->fd, .events = POLLIN };

	return poll(&file, 1, ms) == 1;
}

/* Until it says so; a notice may come in parts, of which some mean nothing. */
static void wait_for_change(struct watcher *w)
{
	do
		CHECK(is_ready(w, LONG_MS), "nothing was told");
	while (!watcher_hear(w));
}

static void settle(struct watcher *w)
{
	while (watcher_hear(w) || is_ready(w, 0))
		;
}

static struct watcher *watch(const struct store_kind *kind, const struct folder *folder)
{
	struct watcher *w = NULL;
	struct err err = { 0 };

	MUST(kind->watch(folder->path, &w, &err));
	settle(w);
	return w;
}

static void change(struct store *s, const char *subject)
{
	struct err err = { 0 };

	MUST(store_begin(s, true, &err));
	put_event(s, event_of(subject, NULL, NULL, 0));
	MUST(store_commit(s, &err));
}

static void folder_watch__tells_of_each_change_that_can_be_seen(const struct store_kind *kind,
								const struct folder *folder)
{
	struct store *writer = book_open(kind, folder, true);
	struct store *reader = book_open(kind, folder, false);
	CLEANUP(watcher_cleanup) struct watcher *w = watch(kind, folder);

	change(writer, "one");
	wait_for_change(w);
	CHECK_EVENTS(reader, "one", 0);
	settle(w);
	change(writer, "two");
	wait_for_change(w);
	CHECK_EVENTS(reader, "one two", 0);
	store_free(reader);
	store_free(writer);
}

static void folder_watch__tells_every_watcher(const struct store_kind *kind,
					      const struct folder *folder)
{
	struct store *writer = book_open(kind, folder, true);
	CLEANUP(watcher_cleanup) struct watcher *one = watch(kind, folder);
	CLEANUP(watcher_cleanup) struct watcher *two = watch(kind, folder);

	change(writer, "one");
	wait_for_change(one);
	wait_for_change(two);
	store_free(writer);
}

static void folder_watch__tells_nothing_of_reading(const struct store_kind *kind,
						   const struct folder *folder)
{
	struct store *s = book_open(kind, folder, true);
	CLEANUP(watcher_cleanup) struct watcher *w = watch(kind, folder);

	CHECK_EVENTS(s, "", 0);
	CHECK(!is_ready(w, 0) && !watcher_hear(w));
	store_free(s);
}

static void folder_watch__tells_of_a_batch(const struct store_kind *kind,
					   const struct folder *folder)
{
	struct store *writer = book_open(kind, folder, true);
	CLEANUP(watcher_cleanup) struct watcher *w = watch(kind, folder);
	struct err err = { 0 };

	MUST(store_batch_begin(writer, &err));
	change(writer, "one");
	change(writer, "two");
	MUST(store_batch_end(writer, &err));
	wait_for_change(w);
	store_free(writer);
}

static void remove_book(const struct folder *folder)
{
	static const char *const names[] = { "book.db-queue", "book.db", "book.db-wal",
					     "book.db-shm" };

	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		CHECK(!unlink(folder_path(folder, names[i])) || i > 1);
}

/* A book that is put aside, or was not there when watching began. */
static void folder_watch__finds_a_book_that_was_made_anew(const struct store_kind *kind,
							  const struct folder *folder)
{
	struct store *s;

	if (kind->is_served)
		return;

	CLEANUP(watcher_cleanup) struct watcher *w = watch(kind, folder);

	s = book_open(kind, folder, true);
	change(s, "one");
	CHECK(watcher_hear(w));
	settle(w);
	change(s, "two");
	wait_for_change(w);
	store_free(s);
	remove_book(folder);
	s = book_open(kind, folder, true);
	change(s, "three");
	wait_for_change(w);
	settle(w);
	change(s, "four");
	wait_for_change(w);
	store_free(s);
}

static void folder_watch__finds_a_server_again(const struct store_kind *kind,
					       const struct folder *folder)
{
	struct store *s;

	if (!kind->is_served)
		return;
	s = book_open(kind, folder, true);

	CLEANUP(watcher_cleanup) struct watcher *w = watch(kind, folder);

	postgres_say("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
		     " WHERE query LIKE 'LISTEN%'");
	wait_for_change(w);
	/* By the clock of its own, which who waits for changes has anyway. */
	while (!watcher_hear(w))
		poll(NULL, 0, 100);
	settle(w);
	change(s, "one");
	wait_for_change(w);
	store_free(s);
}

int main(void)
{
	static const struct contract contracts[] = {
		FOLDER(watch__tells_of_each_change_that_can_be_seen),
		FOLDER(watch__tells_every_watcher),
		FOLDER(watch__tells_nothing_of_reading),
		FOLDER(watch__tells_of_a_batch),
		FOLDER(watch__finds_a_book_that_was_made_anew),
		FOLDER(watch__finds_a_server_again),
	};

	return contracts_run(contracts, ARRAY_LEN(contracts));
}
