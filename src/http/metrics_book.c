/*
 * http/metrics_book.c - the book as numbers: how full it is, what runs, what was seen.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "http/metrics.h"

/* Rationale: looks at each are read one by one; a scrape should not take a second. */
#define UPTIME_MOST 1000

static bool ask(const struct transport *reads, const char *operation, json_t *input, json_t **ret,
		struct err *err)
{
	const struct call_io io = { 0 };
	bool ok = input ? reads->call(reads->arg, operation, input, &io, ret, err)
			: fail_memory(err);

	json_decref(input);
	return ok;
}

static void add_head(struct text *t, const char *name, const char *help)
{
	text_addf(t, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* Backslash, quote and line break would end a label. */
static void add_escaped(struct text *t, const char *value)
{
	for (; *value; value++)
		if (*value == '\n')
			text_add(t, "\\n");
		else
			text_addf(t, "%s%c", *value == '"' || *value == '\\' ? "\\" : "", *value);
}

static void add_label(struct text *t, const char *label, const json_t *row, const char *key)
{
	const json_t *value = json_object_get(row, key);

	text_addf(t, "%s%s=\"", t->s[t->len - 1] == '{' ? "" : ",", label);
	if (json_is_integer(value))
		text_addf(t, "%lld", (long long)json_integer_value(value));
	else
		add_escaped(t, json_is_string(value) ? json_string_value(value) : "");
	text_add(t, "\"");
}

/* How full. */

static const struct {
	const char *suffix, *key, *help;
} usages[] = {
	{ "ports", "totalPorts", "Ports that it has." },
	{ "allocated_ports", "allocatedPorts", "Ports of it that are entered." },
};

static void add_usage(struct text *t, const char *what, const char *key, const json_t *rows)
{
	const json_t *row;
	size_t i;

	for (unsigned u = 0; u < ARRAY_LEN(usages); u++) {
		CLEANUP(text_release) struct text name = { 0 };

		text_addf(&name, "portbook_%s_%s", what, usages[u].suffix);
		add_head(t, text_str(&name), usages[u].help);
		json_array_foreach(json_walked(rows), i, row) {
			text_addf(t, "%s{", text_str(&name));
			add_label(t, what, row, key);
			text_addf(t, "} %lld\n", (long long)json_int_of(row, usages[u].key, 0));
		}
	}
}

static void add_utilization(struct text *t, const char *what, const char *key, const json_t *rows)
{
	const json_t *row;
	size_t i;

	text_addf(t,
		  "# HELP portbook_%s_utilization_ratio Which part of it is entered, 0 to 1.\n"
		  "# TYPE portbook_%s_utilization_ratio gauge\n",
		  what, what);
	json_array_foreach(json_walked(rows), i, row) {
		double total = (double)json_int_of(row, "totalPorts", 0);

		text_addf(t, "portbook_%s_utilization_ratio{", what);
		add_label(t, what, row, key);
		text_addf(t, "} %g\n",
			  total > 0 ? (double)json_int_of(row, "allocatedPorts", 0) / total : 0);
	}
}

static void add_status(struct text *t, const json_t *status)
{
	const json_t *projects = json_object_get(status, "projects");
	const json_t *ranges = json_object_get(status, "ranges");

	add_usage(t, "range", "rangeName", ranges);
	add_utilization(t, "range", "rangeName", ranges);
	add_usage(t, "project", "projectName", projects);
	add_utilization(t, "project", "projectName", projects);
}

/* What runs. */

static void add_service(struct text *t, const char *name, const json_t *row)
{
	text_addf(t, "%s{", name);
	add_label(t, "project", row, "projectName");
	add_label(t, "service", row, "serviceName");
	add_label(t, "instance", row, "instance");
	add_label(t, "environment", row, "environment");
	add_label(t, "host", row, "host");
	add_label(t, "protocol", row, "protocol");
	add_label(t, "port", row, "port");
}

static bool is_state(const json_t *row, const char *state)
{
	const char *observed = json_text_of(row, "state");

	return observed && !strcmp(observed, state);
}

/* What nobody can tell is not said to be down. */
static void add_up(struct text *t, const json_t *rows)
{
	const json_t *row;
	size_t i;

	add_head(t, "portbook_service_up", "Somebody listens there who is no stranger.");
	json_array_foreach(json_walked(rows), i, row)
		if (json_text_of(row, "state")) {
			add_service(t, "portbook_service_up", row);
			text_addf(t, "} %d\n", is_state(row, "in_use") || is_state(row, "unknown"));
		}
	add_head(t, "portbook_service_squatted", "A stranger listens there.");
	json_array_foreach(json_walked(rows), i, row)
		if (json_text_of(row, "state")) {
			add_service(t, "portbook_service_squatted", row);
			text_addf(t, "} %d\n", is_state(row, "squatted"));
		}
}

static void add_states(struct text *t, const json_t *rows)
{
	static const char *const states[] = { "in_use", "down", "squatted", "unknown" };

	add_head(t, "portbook_entries", "Entries, by what was seen of them just now.");
	for (unsigned s = 0; s < ARRAY_LEN(states); s++) {
		unsigned count = 0;
		const json_t *row;
		size_t i;

		json_array_foreach(json_walked(rows), i, row)
			count += is_state(row, states[s]);
		text_addf(t, "portbook_entries{state=\"%s\"} %u\n", states[s], count);
	}
}

/* What audits have seen. */

static const char *const windows[] = { "day", "week", "month", "all" };

static void add_windows(struct text *t, const json_t *row)
{
	const json_t *uptime = json_object_get(row, "uptime");

	for (unsigned w = 0; w < ARRAY_LEN(windows); w++) {
		const json_t *percent = json_object_get(uptime, windows[w]);

		if (!json_is_number(percent))
			continue;
		add_service(t, "portbook_service_uptime_ratio", row);
		text_addf(t, ",window=\"%s\"} %g\n", windows[w], json_number_value(percent) / 100);
	}
}

static void note_look(const json_t *row, int64_t *last_ms)
{
	const char *at = json_text_of(row, "lastLookAt");
	int64_t ms;

	if (at && time_parse(at, &ms, NULL) && ms > *last_ms)
		*last_ms = ms;
}

/* A project that has no entry has none to tell of. */
static bool add_uptime_of(const struct transport *reads, const json_t *project, struct text *t,
			  int64_t *last_ms, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	const json_t *rows, *row;
	struct err why = { 0 };
	size_t i;

	if (!ask(reads, "uptime",
		 json_pack("{s:s, s:i}", "projectName", json_text_of(project, "projectName"),
			   "limit", 1),
		 &answer, &why)) {
		*err = why;
		return why.code == ERR_NOT_FOUND;
	}
	rows = json_object_get(answer, "services");
	json_array_foreach(json_walked(rows), i, row) {
		add_windows(t, row);
		note_look(row, last_ms);
	}
	return true;
}

static void add_last_audit(struct text *t, int64_t last_ms)
{
	add_head(t, "portbook_last_audit_timestamp_seconds",
		 "When an audit looked last; 0: never.");
	text_addf(t, "portbook_last_audit_timestamp_seconds %.3f\n", (double)last_ms / 1000);
}

static bool add_uptimes(const struct transport *reads, const json_t *status, struct text *t,
			int64_t *last_ms, struct err *err)
{
	const json_t *projects = json_object_get(status, "projects"), *project;
	size_t i;

	add_head(t, "portbook_service_uptime_ratio",
		 "At which part of the looks it was up, 0 to 1.");
	json_array_foreach(json_walked(projects), i, project)
		if (!add_uptime_of(reads, project, t, last_ms, err))
			return false;
	return true;
}

bool metrics_add_book(const struct metrics *m, const struct transport *reads, struct text *ret,
		      struct err *err)
{
	CLEANUP(json_cleanup) json_t *status = NULL, *list = NULL;
	int64_t last_ms = m->audited_ms;
	bool has_uptimes;
	const json_t *rows;

	if (!ask(reads, "status", json_object(), &status, err) ||
	    !ask(reads, "list", json_pack("{s:b}", "live", 1), &list, err))
		return false;
	rows = json_object_get(list, "ports");
	add_status(ret, status);
	add_states(ret, rows);
	add_up(ret, rows);
	has_uptimes = json_array_size(rows) <= UPTIME_MOST;
	if (has_uptimes && !add_uptimes(reads, status, ret, &last_ms, err))
		return false;
	/* Where nobody has looked at the book's own, 0 would say too much. */
	if (has_uptimes || last_ms)
		add_last_audit(ret, last_ms);
	return true;
}
