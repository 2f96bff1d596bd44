#include "cli/outage_text.h"

#include "base/clock.h"
#include "cli/screen.h"
#include "cli/table.h"

static void add_json(struct text *t, const struct outage *o, const char *at)
{
	CLEANUP(json_cleanup)
	json_t *said = o->since_ms ? json_pack("{s:s, s:s, s:s}", "at", at, "event", "unread",
					       "why", o->why.text)
				   : json_pack("{s:s, s:s, s:I}", "at", at, "event", "read",
					       "lastedMs", (json_int_t)o->lasted_ms);

	if (said)
		text_add_json(t, said, JSON_COMPACT);
}

static void add_text(struct text *t, const struct outage *o, const char *at)
{
	text_addf(t, "%.10s %.8s ", at, at + 11);
	if (!o->since_ms) {
		text_addf(t, "reads the book again, after %lld s",
			  (long long)(o->lasted_ms / MS_PER_SECOND));
		return;
	}
	text_add(t, "cannot read the book: ");
	screen_add(t, o->why.text, 0);
	text_add(t, "; goes on with what it read last");
}

void outage_add_line(struct text *t, const struct outage *o, int64_t now_ms, bool json)
{
	char at[TIME_TEXT_SIZE];

	time_format(now_ms, at);
	(json ? add_json : add_text)(t, o, at);
	text_add(t, "\n");
}

void outage_add_status(struct text *t, const json_t *status)
{
	const char *since = json_text_of(status, "unreadSince");
	const char *why = json_text_of(status, "unreadReason");

	if (!since)
		return;
	text_add(t, "the book has been out of reach since ");
	time_add_short(t, since);
	text_add(t, " UTC: ");
	screen_add(t, why ? why : "?", 0);
	text_add(t, "; what follows is what it said before\n");
}
