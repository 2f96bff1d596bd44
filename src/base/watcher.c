#include "base/watcher.h"

bool watcher_hear(struct watcher *w)
{
	return w->ops->hear(w);
}

void watcher_free(struct watcher *w)
{
	if (w)
		w->ops->free(w);
}

void watcher_cleanup(struct watcher **w)
{
	watcher_free(*w);
}
