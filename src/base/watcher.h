/*
 * base/watcher.h - a file that is ready to read when something that is watched may have changed.
 *
 * For who waits for many files.  It is quick, not certain: a process that is killed between its
 * change and telling so tells nobody, and a network file system tells nobody of other machines.
 * So look once a second, too.  A watcher belongs to one thread.
 */
#ifndef BASE_WATCHER_H
#define BASE_WATCHER_H

#include <stdbool.h>

struct watcher;

struct watcher_ops {
	bool (*hear)(struct watcher *w);
	void (*free)(struct watcher *w);
};

/* An implementation's own struct starts with this. */
struct watcher {
	const struct watcher_ops *ops;
	int fd; /* to poll; the same one as long as the watcher lives */
};

/*
 * To be called when `fd` is ready, and now and then: then it also finds again what it had lost.
 * True: it may have changed since the last call; the first call may say so without a reason.
 */
bool watcher_hear(struct watcher *w);

/* NULL is fine. */
void watcher_free(struct watcher *w);

/* For CLEANUP(watcher_cleanup). */
void watcher_cleanup(struct watcher **w);

#endif
