#include "http/streams.h"

#include <microhttpd.h>
#include <stdlib.h>

#include "operations/changes.h"

/* Rationale: proxies close connections that say nothing for a minute, some after half of one. */
#define BEAT_TICKS 15
/* Rationale: libmicrohttpd has 4 kB for a connection, half of it to write from. */
#define BLOCK 1024

/* What a response knows: its stream, and the list that it is in. */
struct streaming {
	struct streams *all;
	struct stream *stream;
};

static void resume(struct stream *s)
{
	if (!s->is_suspended)
		return;
	s->is_suspended = false;
	MHD_resume_connection(s->connection);
}

static ssize_t on_room(void *arg, uint64_t position, char *bytes, size_t size)
{
	struct streaming *t = arg;
	struct stream *s = t->stream;
	ssize_t len;

	/* What is an answer is finished. */
	s->ends = t->all->end && !(s->words && s->words->pull);
	len = stream_read(s, bytes, size);
	if (len < 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (len == 0) {
		s->is_suspended = true;
		MHD_suspend_connection(s->connection);
	}
	return len;
}

static void on_gone(void *arg)
{
	struct streaming *t = arg;
	struct stream *s = t->stream;

	if (s->previous)
		s->previous->next = s->next;
	else
		t->all->first = s->next;
	if (s->next)
		s->next->previous = s->previous;
	stream_free(s);
	free(t);
}

static void link_stream(struct streams *all, struct stream *s)
{
	s->next = all->first;
	if (s->next)
		s->next->previous = s;
	else if (s->after > all->newest)
		all->newest = s->after;
	all->first = s;
}

struct MHD_Response *streams_add(struct streams *all, struct stream *s,
				 struct MHD_Connection *connection)
{
	struct streaming *t = calloc(1, sizeof(*t));
	struct MHD_Response *response = t ? MHD_create_response_from_callback(
						    MHD_SIZE_UNKNOWN, BLOCK, on_room, t, on_gone)
					  : NULL;

	if (!response) {
		stream_free(s);
		free(t);
		return NULL;
	}
	*t = (struct streaming){ all, s };
	s->connection = connection;
	link_stream(all, s);
	return response;
}

void streams_wake(struct streams *all)
{
	for (struct stream *s = all->first; s; s = s->next)
		resume(s);
}

static void beat(struct streams *all)
{
	for (struct stream *s = all->first; s; s = s->next) {
		s->beats = true;
		resume(s);
	}
}

void streams_touch(struct streams *all, const struct MHD_Connection *connection)
{
	for (struct stream *s = all->first; s; s = s->next)
		if (s->connection == connection) {
			s->beats = true;
			resume(s);
		}
}

void streams_look(struct streams *all, const struct transport *reads)
{
	int64_t newest = all->newest;

	if (!all->first)
		return;
	(void)!changes_newest(reads, &newest, NULL);
	if (newest != all->newest)
		streams_wake(all);
	all->newest = newest;
}

void streams_tick(struct streams *all, const struct transport *reads)
{
	if (all->first && ++all->ticks % BEAT_TICKS == 0)
		beat(all);
	streams_look(all, reads);
}

void streams_tell_lists(struct streams *all, unsigned lists)
{
	for (struct stream *s = all->first; s; s = s->next)
		if (s->words && s->words->tell_lists)
			s->words->tell_lists(s, lists);
	streams_wake(all);
}

void streams_end(struct streams *all)
{
	all->end = true;
	streams_wake(all);
}
