#include "formats/claim.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "formats/scan.h"

static bool is_utf16(const char *bytes, size_t len)
{
	return len >= 2 && (!memcmp(bytes, "\xff\xfe", 2) || !memcmp(bytes, "\xfe\xff", 2));
}

bool claim_open(const char **bytes, size_t *len, const char *file, struct err *err)
{
	if (is_utf16(*bytes, *len)) {
		claim_fail(err, file, 1, "the text is UTF-16, not UTF-8");
		return fail_hint(err, "iconv -f UTF-16 -t UTF-8 FILE makes UTF-8 of it");
	}
	if (*len >= 3 && !memcmp(*bytes, "\xef\xbb\xbf", 3)) {
		*bytes += 3;
		*len -= 3;
	}
	return scan_is_text(*bytes, *len, file, err);
}

bool(claim_fail)(struct err *err, const char *file, unsigned line, const char *format, ...)
{
	char what[ERR_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	utf8_repair(what);
	return fail(err, ERR_INVALID, "%.200s:%u: %s", file, line, what);
}

bool claim_tell_wrong(struct claim c, const struct err *why, claim_fn *fn, void *arg,
		      struct err *err)
{
	struct claim wrong = claim_of(c.kind, c.line);
	struct err valid = *why;

	if (why->code != ERR_INVALID) {
		*err = *why;
		return false;
	}
	utf8_repair(valid.text);
	wrong.place = c.place;
	wrong.wrong = &valid;
	return fn(&wrong, arg);
}

struct claim claim_of(enum claim_kind kind, unsigned line)
{
	return (struct claim){ .kind = kind, .line = line, .number = -1 };
}

bool claim_keep_texts(struct arena *a, struct claim *c)
{
	const char **texts[] = { &c->project,	      &c->path,	    &c->project_status,
				 &c->owner,	      &c->purpose,  &c->branch,
				 &c->worktree,	      &c->service,  &c->type,
				 &c->environment,     &c->host,	    &c->tunnel_hostname,
				 &c->description,     &c->note,	    &c->metadata,
				 &c->instance_status, &c->unit,	    &c->program,
				 &c->place,	      &c->tunnel_id };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (!*texts[i])
			continue;
		*texts[i] = arena_copy(a, *texts[i]);
		if (!*texts[i])
			return false;
	}
	return true;
}

int64_t claim_time(const char *text)
{
	const size_t day = strlen("2026-12-31");
	size_t len = text ? strlen(text) : 0;
	char time[TIME_TEXT_SIZE + 16];
	int64_t ms;

	if (len < day || len > TIME_TEXT_SIZE)
		return 0;
	/* A day is its beginning here, not its end. */
	snprintf(time, sizeof(time), "%.*sT%s%s", (int)day, text,
		 len > day ? text + day + 1 : "00:00:00", text[len - 1] == 'Z' ? "" : "Z");
	return (len == day || strchr(" T", text[day])) && time_parse(time, &ms, NULL) ? ms : 0;
}

const char *claim_host(const char *text)
{
	static const char *const here[] = { "",	   "localhost", "127.0.0.1", "0.0.0.0", "127.0.1.1",
					    "::1", "[::1]",	"::",	     "[::]",	"*" };

	for (size_t i = 0; text && i < ARRAY_LEN(here); i++)
		if (!strcasecmp(text, here[i]))
			return NULL;
	return text;
}

const char *claim_environment(const char *text)
{
	static const struct {
		const char *text, *name;
	} names[] = {
		{ "development", "dev" }, { "devel", "dev" },	    { "local", "dev" },
		{ "testing", "test" },	  { "tests", "test" },	    { "ci", "test" },
		{ "prod", "production" }, { "live", "production" },
	};

	for (size_t i = 0; text && i < ARRAY_LEN(names); i++)
		if (!strcasecmp(text, names[i].text))
			return names[i].name;
	return text;
}

void claim_take_owner(const char *text, struct claim_owner *storage, struct claim *ret)
{
	struct service_ref ref;

	ret->project = text;
	ret->service = CLAIM_SERVICE;
	if (!strchr(text, '/') || !service_ref_parse(text, &ref, NULL) || !*ref.project)
		return;
	memcpy(storage->project, ref.project, NAME_SIZE);
	memcpy(storage->service, ref.service, NAME_SIZE);
	ret->project = storage->project;
	ret->service = storage->service;
	ret->instance = ref.instance;
}
