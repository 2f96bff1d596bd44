#include "http/events.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "operations/changes.h"

/* Rationale: 100 events are some 100 kB, and are told before more are read. */
#define READ_AT_ONCE 100

/* Where it begins. */

static bool parse_place(const char *text, int64_t *ret, struct err *err)
{
	const char *at = text;
	uint64_t n;

	if (!eat_number(&at, INT64_MAX, &n) || !eat_end(&at))
		return fail(err, ERR_INVALID, "'%.80s' is no number of an event", text);
	*ret = (int64_t)n;
	return true;
}

static bool find_place(struct stream *s, const struct http_request *r, struct err *err)
{
	const char *last = r->headers->value[HEADER_LAST_EVENT_ID];

	if (last && *last)
		return parse_place(last, &s->after, err);
	(void)!changes_newest(s->reads, &s->after, NULL);
	return true;
}

static bool read_query(struct stream *s, const json_t *query, struct err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach(json_walked(query), name, value)
		if (strcmp(name, "projectName") != 0)
			return fail(err, ERR_INVALID, "events take no '%.80s'", name);
	if (!json_text_of(query, "projectName"))
		return true;
	s->project = s->project_text = strdup(json_text_of(query, "projectName"));
	return s->project || fail_memory(err);
}

bool stream_open(const struct transport *reads, const struct http_request *r, struct stream **ret,
		 struct err *err)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		return fail_memory(err);
	s->reads = reads;
	/* At once, so that the client knows that it listens; and when to come again. */
	text_add(&s->pending, "retry: 2000\n\n");
	if (!read_query(s, r->target->query, err) || !find_place(s, r, err)) {
		stream_free(s);
		return false;
	}
	*ret = s;
	return true;
}

struct stream *stream_with(const struct transport *reads, const struct stream_words *words,
			   void *arg, const struct text *first)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s) {
		words->free(arg);
		return NULL;
	}
	s->reads = reads;
	s->words = words;
	s->arg = arg;
	text_add_bytes(&s->pending, text_str(first), first->len);
	if (reads)
		(void)!changes_newest(reads, &s->after, NULL);
	return s;
}

void stream_add_message(struct text *t, const char *line, size_t len)
{
	text_add(t, "event: message\ndata: ");
	text_add_bytes(t, line, len);
	text_add(t, "\n\n");
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	if (s->words)
		s->words->free(s->arg);
	text_release(&s->pending);
	free(s->project_text);
	free(s);
}

/* What it tells. */

static bool is_meant(const struct stream *s, const json_t *event)
{
	const char *project = json_text_of(event, "projectName");

	return !s->project || (project && !strcmp(project, s->project));
}

/* JSON has no line breaks of its own, so it is one line of data. */
static void add_event(struct stream *s, const json_t *event)
{
	s->after = json_int_of(event, "seq", s->after);
	if (!is_meant(s, event))
		return;
	text_addf(&s->pending, "id: %" PRId64 "\nevent: change\ndata: ", s->after);
	text_add_json(&s->pending, event, JSON_COMPACT);
	text_add(&s->pending, "\n\n");
}

static void add_events(struct stream *s, const json_t *events)
{
	const json_t *event;
	size_t i;

	if (s->words) {
		event = json_array_get(events, json_array_size(events) - 1);
		s->after = json_int_of(event, "seq", s->after);
		s->words->tell(s, events);
		return;
	}
	json_array_foreach(events, i, event)
		add_event(s, event);
}

/* What cannot be read now is read at the next change. */
static void fill(struct stream *s)
{
	CLEANUP(json_cleanup) json_t *events = NULL;

	text_clear(&s->pending);
	s->told = 0;
	if (s->words && s->words->pull) {
		s->is_over = !s->words->pull(s);
		return;
	}
	while (!s->pending.len && s->reads) {
		json_cleanup(&events);
		events = NULL;
		if (!changes_since(s->reads, s->after, READ_AT_ONCE, &events, NULL) ||
		    !json_array_size(events))
			return;
		add_events(s, events);
	}
}

/* Once, when all else is told. */
static void add_last(struct stream *s)
{
	if (!s->ends || s->told < s->pending.len || !s->words || !s->words->last || s->has_ended)
		return;
	s->has_ended = true;
	text_clear(&s->pending);
	s->told = 0;
	s->words->last(s);
}

ssize_t stream_read(struct stream *s, char *bytes, size_t size)
{
	size_t left;

	if (s->told == s->pending.len && !s->ends)
		fill(s);
	add_last(s);
	if (!s->pending.len && s->beats)
		text_add(&s->pending, ":\n\n");
	s->beats = false;
	/* Half an event is none: without memory the client comes again. */
	if (!text_ok(&s->pending))
		return -1;
	left = s->pending.len - s->told;
	if (!left)
		return s->ends || s->is_over ? -1 : 0;
	size = left < size ? left : size;
	memcpy(bytes, s->pending.s + s->told, size);
	s->told += size;
	return (ssize_t)size;
}
