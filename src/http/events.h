/*
 * http/events.h - what changes, as it happens: a stream of server-sent events.
 *
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 *
 * A stream is pulled: it reads from the book behind the last event that it told, when its
 * client has room.  So a slow client holds nothing but its place, and one that comes again
 * with Last-Event-ID goes on where it was.
 */
#ifndef HTTP_EVENTS_H
#define HTTP_EVENTS_H

#include <sys/types.h>

#include "http/request.h"
#include "operations/transport.h"

/* Who makes something else of the events than they are. */
struct stream_words {
	/*
	 * Instead of all else: add to `s->pending` what there is, whoever it comes from; false:
	 * that was all.  NULL: it tells of what changes.
	 */
	bool (*pull)(struct stream *s);
	/* Add to `s->pending` what is to be told of these. */
	void (*tell)(struct stream *s, const json_t *events);
	/* The same of lists (MCP_LIST_...) that are others now; NULL: nothing. */
	void (*tell_lists)(struct stream *s, unsigned lists);
	/* Add what is said last, when the server ends it; NULL: nothing. */
	void (*last)(struct stream *s);
	void (*free)(void *arg);
};

struct stream {
	const struct transport *reads;	  /* NULL: nothing ever changes */
	const struct stream_words *words; /* NULL: the events themselves */
	void *arg;			  /* of `words` */
	int64_t after;			  /* the last event that was told */
	const char *project;		  /* only this one's; NULL: all */
	char *project_text;
	struct text pending;
	size_t told; /* of `pending` */
	bool beats;  /* say something, so that whoever has gone is noticed */
	bool ends;
	bool has_ended; /* the last words are said */
	bool is_over;	/* `pull` said so */
	/* The carrier's. */
	void *connection;
	bool is_suspended;
	struct stream *previous, *next;
};

/*
 * From now on, or behind `Last-Event-ID`; `?projectName=` is its only filter.
 * Errors: ERR_INVALID  neither is such; those of the operation `history`
 */
MUST_CHECK bool stream_open(const struct transport *reads, const struct http_request *r,
			    struct stream **ret, struct err *err);

/*
 * From now on, in words of another; `first` is said at once.  It takes `arg`, whatever
 * becomes of it.  NULL: there is no memory.
 */
MUST_CHECK struct stream *stream_with(const struct transport *reads,
				      const struct stream_words *words, void *arg,
				      const struct text *first);

/* A message in one line, as an event of the stream. */
void stream_add_message(struct text *t, const char *line, size_t len);

/* NULL is fine. */
void stream_free(struct stream *s);

/* Bytes of the stream, at most `size`; 0: none now; -1: that was all. */
ssize_t stream_read(struct stream *s, char *bytes, size_t size);

#endif
