#include "cli/lint_report.h"

#include <string.h>

#include "cli/entry_text.h"
#include "cli/piece.h"
#include "cli/screen.h"

/* --- text */

static enum style style_of(const char *severity)
{
	if (!strcmp(severity, "error"))
		return STYLE_BAD;
	return !strcmp(severity, "warning") ? STYLE_WARN : STYLE_DIM;
}

static void add_place(struct output *o, const json_t *row)
{
	CLEANUP(piece_cleanup) struct piece place = { .of = &o->text };

	text_addf(&place.text, "%s:%lld:%lld:", text_or(row, "file", "?"),
		  (long long)json_int_of(row, "line", 1), (long long)json_int_of(row, "column", 1));
	output_styled(o, STYLE_BOLD, text_str(&place.text));
}

void lint_report_text(struct output *o, const json_t *findings)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_walked(findings), i, row) {
		const char *severity = text_or(row, "severity", "error");

		add_place(o, row);
		text_add(&o->text, " ");
		output_styled(o, style_of(severity), severity);
		text_add(&o->text, ": ");
		screen_add(&o->text, text_or(row, "message", ""), 0);
		if (json_text_of(row, "hint")) {
			text_add(&o->text, "; ");
			screen_add(&o->text, json_text_of(row, "hint"), 0);
		}
		text_add(&o->text, " [");
		screen_add(&o->text, text_or(row, "rule", "?"), 0);
		text_add(&o->text, "]\n");
	}
}

static void add_count(struct text *t, int64_t n, const char *what)
{
	text_addf(t, "%lld %s%s", (long long)n, what, n == 1 ? "" : "s");
}

void lint_report_summary(struct text *t, const json_t *answer)
{
	add_count(t, json_int_of(answer, "errors", 0), "error");
	text_add(t, ", ");
	add_count(t, json_int_of(answer, "warnings", 0), "warning");
	text_add(t, "; ");
	add_count(t, json_int_of(answer, "mentions", 0), "port");
	text_add(t, " in ");
	add_count(t, json_int_of(answer, "files", 0), "file");
	text_add(t, "\n");
}

/* --- for programs */

static void add_message(struct text *t, const json_t *row)
{
	text_add(t, text_or(row, "message", ""));
	if (json_text_of(row, "hint"))
		text_addf(t, "; %s", json_text_of(row, "hint"));
}

/* --- SARIF */

static const struct rule {
	const char *id, *text;
} rules[] = {
	{ "other-project", "The port belongs to another project." },
	{ "other-instance", "The port belongs to another instance of the project." },
	{ "other-service", "The port belongs to another service of the project." },
	{ "reserved", "The port is reserved." },
	{ "unregistered", "The port is entered nowhere in the book." },
	{ "not-understood", "The file cannot be understood." },
};

static int rule_index(const char *id)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (!strcmp(rules[i].id, id))
			return (int)i;
	return -1;
}

static json_t *rules_json(void)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < ARRAY_LEN(rules); i++)
		if (!json_append(array, json_pack("{s:s, s:{s:s}}", "id", rules[i].id,
						  "shortDescription", "text", rules[i].text))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

/* A URI is relative, or of a whole path. Source: RFC 3986, 3.3 and 4.2; RFC 8089. */
static void add_uri(struct text *t, const char *file)
{
	text_add(t, *file == '/' ? "file://" : "");
	for (const char *c = file; *c; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			     (*c >= '0' && *c <= '9') || strchr("-._~/", *c);

		if (plain)
			text_add_bytes(t, c, 1);
		else
			text_addf(t, "%%%02X", (unsigned char)*c);
	}
}

/* What is relative is so to the top of the sources, by the name that readers know for it. */
static json_t *artifact_json(const char *file)
{
	CLEANUP(text_release) struct text uri = { 0 };

	add_uri(&uri, file);
	if (!text_ok(&uri))
		return NULL;
	return *file == '/'
		       ? json_pack("{s:s}", "uri", text_str(&uri))
		       : json_pack("{s:s, s:s}", "uri", text_str(&uri), "uriBaseId", "%SRCROOT%");
}

static json_t *location_json(const json_t *row)
{
	json_t *artifact = artifact_json(text_or(row, "file", "?"));

	return !artifact ? NULL
			 : json_pack("{s:{s:o, s:{s:I, s:I}}}", "physicalLocation",
				     "artifactLocation", artifact, "region", "startLine",
				     (json_int_t)json_int_of(row, "line", 1), "startColumn",
				     (json_int_t)json_int_of(row, "column", 1));
}

static json_t *result_json(const json_t *row)
{
	CLEANUP(text_release) struct text message = { 0 };
	json_t *location = location_json(row);

	add_message(&message, row);
	if (!location || !text_ok(&message)) {
		json_decref(location);
		return NULL;
	}
	return json_pack("{s:s, s:i, s:s, s:{s:s}, s:[o]}", "ruleId", text_or(row, "rule", "?"),
			 "ruleIndex", rule_index(text_or(row, "rule", "?")), "level",
			 text_or(row, "severity", "error"), "message", "text", text_str(&message),
			 "locations", location);
}

static json_t *results_json(const json_t *findings)
{
	json_t *array = json_array();
	const json_t *row;
	size_t i;

	json_array_foreach(json_walked(findings), i, row)
		if (!json_append(array, result_json(row))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

bool lint_report_sarif(struct text *t, const json_t *findings, struct err *err)
{
	json_t *rules_of = rules_json(), *results = results_json(findings);
	CLEANUP(json_cleanup)
	json_t *log = rules_of && results
			      ? json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:o}}, s:s, s:o}]}",
					  "$schema",
					  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/"
					  "os/schemas/sarif-schema-2.1.0.json",
					  "version", "2.1.0", "runs", "tool", "driver", "name",
					  "portbook", "version", PORTBOOK_VERSION, "rules",
					  rules_of, "columnKind", "unicodeCodePoints", "results",
					  results)
			      : NULL;

	if (!rules_of || !results) {
		json_decref(rules_of);
		json_decref(results);
	}
	if (!log)
		return fail_memory(err);
	text_add_json(t, log, JSON_INDENT(2));
	text_add(t, "\n");
	return text_ok(t) || fail_memory(err);
}

/* --- GitHub */

/* What ends a command's text or one of its properties is written as its number. */
static void add_escaped(struct text *t, const char *text, const char *also)
{
	for (; *text; text++)
		if (strchr("%\r\n", *text) || strchr(also, *text))
			text_addf(t, "%%%02X", (unsigned char)*text);
		else
			text_add_bytes(t, text, 1);
}

void lint_report_github(struct text *t, const json_t *findings)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_walked(findings), i, row) {
		CLEANUP(text_release) struct text message = { 0 };
		const char *severity = text_or(row, "severity", "error");

		add_message(&message, row);
		text_addf(t, "::%s file=", !strcmp(severity, "note") ? "notice" : severity);
		add_escaped(t, text_or(row, "file", "?"), ":,");
		text_addf(t, ",line=%lld,col=%lld,title=", (long long)json_int_of(row, "line", 1),
			  (long long)json_int_of(row, "column", 1));
		add_escaped(t, "portbook: ", ":,");
		add_escaped(t, text_or(row, "rule", "?"), ":,");
		text_add(t, "::");
		add_escaped(t, text_str(&message), "");
		text_add(t, "\n");
	}
}
