#include "cli/entry_text.h"

#include <string.h>

#include "base/clock.h"
#include "cli/piece.h"
#include "cli/screen.h"
#include "cli/table.h"

/* Rationale: what policies have as their default, and what nobody needs to be told. */
#define USUAL_ENVIRONMENT "dev"

const char *text_or(const json_t *object, const char *field, const char *otherwise)
{
	const char *text = json_text_of(object, field);

	return text ? text : otherwise;
}

static void add_safe(struct text *t, const char *text)
{
	screen_add(t, text, 0);
}

void entry_add_environment(struct text *t, const json_t *entry)
{
	const char *environment = text_or(entry, "environment", USUAL_ENVIRONMENT);

	if (!strcmp(environment, USUAL_ENVIRONMENT))
		return;
	text_add(t, " (");
	add_safe(t, environment);
	text_add(t, ")");
}

void entry_add_name(struct text *t, const json_t *entry)
{
	long long instance = json_int_of(entry, "instance", 1);

	add_safe(t, text_or(entry, "projectName", "?"));
	if (instance != 1)
		text_addf(t, "@%lld", instance);
	text_add(t, "/");
	add_safe(t, text_or(entry, "serviceName", "?"));
	entry_add_environment(t, entry);
}

void entry_add_port(struct text *t, const json_t *entry)
{
	const char *protocol = text_or(entry, "protocol", "tcp");

	text_addf(t, "%lld", (long long)json_int_of(entry, "port", 0));
	if (strcmp(protocol, "tcp")) {
		text_add(t, "/");
		add_safe(t, protocol);
	}
}

static bool is_over(const char *time)
{
	char now[TIME_TEXT_SIZE];

	/* Both are RFC 3339 in UTC, so that the earlier one sorts first. */
	return strcmp(time, time_format(clock_now_ms(), now)) <= 0;
}

void entry_add_expiry(const json_t *entry, struct text *t)
{
	CLEANUP(piece_cleanup) struct piece when = { .of = t };
	const char *time = json_text_of(entry, "expiresAt");

	if (!time)
		return;
	time_add_short(&when.text, time);
	text_add(t, is_over(time) ? "expired " : "");
	add_safe(t, text_str(&when.text));
}

static void add_end(struct text *t, const json_t *entry)
{
	const char *time = json_text_of(entry, "expiresAt");

	if (!time)
		return;
	text_add(t, is_over(time) ? "  " : "  until ");
	entry_add_expiry(entry, t);
}

/* "  in_use: node (pid 4711, user eva, cwd /srv/shop)": where it was looked at. */
static void add_state(struct text *t, const json_t *entry)
{
	const char *state = json_text_of(entry, "state");

	if (!state)
		return;
	text_addf(t, "  %s", state);
	if (strcmp(state, "down") == 0)
		return;
	text_add(t, ": ");
	add_safe(t, text_or(entry, "actual", "?"));
}

void entry_add_host(struct text *t, const json_t *entry, const char *host)
{
	const char *where = text_or(entry, "host", host);

	if (!strcmp(where, host))
		return;
	text_add(t, "  on ");
	add_safe(t, where);
}

void entry_add_text(struct text *t, const json_t *entry, unsigned indent)
{
	const char *hostname = json_text_of(entry, "cloudflareHostname");

	text_addf(t, "%*s", (int)indent, "");
	add_safe(t, text_or(entry, "serviceName", "?"));
	text_add(t, ": ");
	entry_add_port(t, entry);
	if (hostname) {
		text_add(t, " (");
		add_safe(t, hostname);
		text_add(t, ")");
	}
	if (strcmp(text_or(entry, "environment", USUAL_ENVIRONMENT), USUAL_ENVIRONMENT)) {
		text_add(t, "  ");
		add_safe(t, text_or(entry, "environment", ""));
	}
	add_end(t, entry);
	add_state(t, entry);
}

void entry_add_line(struct text *t, const json_t *entry, unsigned indent)
{
	entry_add_text(t, entry, indent);
	text_add(t, "\n");
}

#define CONTAINER_ID_LEN   64
#define CONTAINER_ID_SHOWN 12

void container_add(struct text *t, const char *container)
{
	size_t digits = strspn(container, "0123456789abcdef");

	if (digits == CONTAINER_ID_LEN && !container[digits])
		text_add_bytes(t, container, CONTAINER_ID_SHOWN);
	else
		add_safe(t, container);
}

void listener_add(struct text *t, const json_t *listener)
{
	const char *user = json_text_of(listener, "user"), *cwd = json_text_of(listener, "cwd");
	long long pid = json_int_of(listener, "pid", 0), uid = json_int_of(listener, "uid", -1);
	const char *container = json_text_of(listener, "container");

	if (container) {
		text_add(t, "container ");
		container_add(t, container);
	} else {
		add_safe(t, text_or(listener, "program", "a program that cannot be seen"));
	}
	text_add(t, " (");
	if (pid)
		text_addf(t, "pid %lld, ", pid);
	if (user) {
		text_add(t, "user ");
		add_safe(t, user);
	} else {
		text_addf(t, "uid %lld", uid);
	}
	text_add(t, ")");
	if (cwd && !(container && !strcmp(cwd, "/"))) {
		text_add(t, " in ");
		add_safe(t, cwd);
	}
}

void span_add(struct text *t, const json_t *object)
{
	long long first = json_int_of(object, "rangeStart", 0);
	long long last = json_int_of(object, "rangeEnd", first);

	if (first && first == last)
		text_addf(t, "%lld", first);
	else if (first)
		text_addf(t, "%lld-%lld", first, last);
}

static double percent_of(const json_t *summary)
{
	return json_number_value(json_object_get(summary, "utilizationPercent"));
}

enum style usage_style(const json_t *summary)
{
	return percent_style(percent_of(summary));
}

void usage_add(struct text *t, const json_t *summary)
{
	text_addf(t, "%lld/%lld (%.3g%%)", (long long)json_int_of(summary, "allocatedPorts", 0),
		  (long long)json_int_of(summary, "totalPorts", 0), percent_of(summary));
	if (usage_style(summary) != STYLE_PLAIN)
		text_add(t, " over 80%");
}

void span_show(const json_t *row, struct text *t)
{
	span_add(t, row);
}
