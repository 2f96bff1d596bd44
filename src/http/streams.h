/*
 * http/streams.h - the streams that are open: libmicrohttpd pulls them.  Of this folder only.
 */
#ifndef HTTP_STREAMS_H
#define HTTP_STREAMS_H

#include "http/events.h"

struct MHD_Connection;
struct MHD_Response;

struct streams {
	struct stream *first;
	int64_t newest; /* the last event that was seen */
	unsigned ticks;
	bool end; /* no more is told */
};

/* Its response, which owns it from now on; NULL: there is no memory, and it is gone. */
struct MHD_Response *streams_add(struct streams *all, struct stream *s,
				 struct MHD_Connection *connection) MUST_CHECK;

/* There may be something to tell. */
void streams_wake(struct streams *all);

/* Did another process change the book? */
void streams_look(struct streams *all, const struct transport *reads);

/* Each second: that, and are the clients there? */
void streams_tick(struct streams *all, const struct transport *reads);

/* Say something on this connection, if it has a stream, so that its end is noticed. */
void streams_touch(struct streams *all, const struct MHD_Connection *connection);

/* Lists that agents are offered (MCP_LIST_...) are others now. */
void streams_tell_lists(struct streams *all, unsigned lists);

/* Tell what is there, and end. */
void streams_end(struct streams *all);

#endif
