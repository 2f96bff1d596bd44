#include "operations/outage.h"

bool outage_note(struct outage *o, bool was_read, const struct err *why, int64_t now_ms)
{
	static const struct err none = { 0 };
	bool is_news = was_read == (o->since_ms != 0);

	if (!is_news)
		return false;
	o->lasted_ms = was_read ? now_ms - o->since_ms : 0;
	o->since_ms = was_read ? 0 : now_ms;
	o->why = was_read ? none : *why;
	return true;
}

bool outage_put(json_t *status, const struct outage *o)
{
	if (!o->since_ms)
		return json_put(status, "unreadSince", json_null()) &&
		       json_put(status, "unreadReason", json_null());
	return json_put_time(status, "unreadSince", o->since_ms) &&
	       json_put_text(status, "unreadReason", o->why.text);
}
