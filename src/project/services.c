#include "project/services.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"

/* Rationale: people write these files; what is larger was made by a program. */
#define FILE_MAX (1 << 20)

static const struct source {
	const char *file;
	scan_fn *scan;
	unsigned instead_of; /* looked at only if none of so many before it was there */
} sources[] = {
	/* The names and their order are docker compose's; it reads one, and one override. */
	{ "compose.yaml", scan_compose, 0 },
	{ "compose.yml", scan_compose, 1 },
	{ "docker-compose.yaml", scan_compose, 2 },
	{ "docker-compose.yml", scan_compose, 3 },
	{ "compose.override.yaml", scan_compose, 0 },
	{ "compose.override.yml", scan_compose, 1 },
	{ "docker-compose.override.yaml", scan_compose, 2 },
	{ "docker-compose.override.yml", scan_compose, 3 },
	{ "Procfile", scan_procfile, 0 },
	{ "package.json", scan_package_json, 0 },
	{ "supabase/config.toml", scan_supabase, 0 },
	{ ".env.example", scan_dotenv, 0 },
	{ PORTS_ENV, scan_dotenv, 0 },
};

static void warn(struct found_services *s, const char *file, const char *text)
{
	struct service_warning *w = &s->warnings[s->n_warnings];

	if (s->n_warnings == SERVICE_WARNINGS_MAX)
		return;
	snprintf(w->file, sizeof(w->file), "%s", file);
	snprintf(w->text, sizeof(w->text), "%s", text);
	s->n_warnings++;
}

/* Two services that would have one variable cannot both be entered. */
static bool is_known(const struct found_services *s, const char *name)
{
	char ours[VARIABLE_SIZE], theirs[VARIABLE_SIZE];

	name_variable(name, 1, ours);
	for (unsigned i = 0; i < s->count; i++) {
		name_variable(s->items[i].name, 1, theirs);
		if (!strcmp(ours, theirs))
			return true;
	}
	return false;
}

static void add(struct found_services *s, const char *file, const struct finding *f)
{
	struct found_service *item = &s->items[s->count];

	memcpy(item->name, f->service, sizeof(item->name));
	if (f->line)
		snprintf(item->source, sizeof(item->source), "%s:%u", file, f->line);
	else
		snprintf(item->source, sizeof(item->source), "%s", file);
	item->protocol = f->protocol;
	item->port = f->port;
	s->count++;
}

static void add_findings(struct found_services *s, const char *file, const struct findings *found)
{
	bool too_many = found->too_many;

	for (unsigned i = 0; i < found->count; i++) {
		const struct finding *f = &found->items[i];

		if (f->nth != 1 || is_known(s, f->service))
			continue;
		if (s->count < SERVICES_MAX)
			add(s, file, f);
		else
			too_many = true;
	}
	if (too_many)
		warn(s, file,
		     "more services than a project can be entered with at once: "
		     "the last ones are left out");
}

static void keep(struct found_services *s, const struct findings *found)
{
	for (unsigned i = 0; i < found->count; i++)
		if (found->items[i].port)
			findings_put(&s->kept, &found->items[i]);
}

static bool scan(const struct source *source, const struct text *text, struct found_services *s,
		 struct err *err)
{
	const char *bytes = text_str(text);
	size_t marked = text->len >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3) ? 3 : 0;
	struct findings found = { .count = 0 };

	if (!source->scan(bytes + marked, text->len - marked, source->file, &found, err))
		return false;
	add_findings(s, source->file, &found);
	if (!strcmp(source->file, PORTS_ENV))
		keep(s, &found);
	return true;
}

/* `*ret_there`: there is such a file, good or bad. */
static bool look_into(const char *root, const struct source *source, struct found_services *s,
		      bool *ret_there, struct err *err)
{
	CLEANUP(text_release) struct text text = { 0 };
	char path[PATH_MAX];
	struct err why = { 0 };

	if (snprintf(path, sizeof(path), "%s/%s", root, source->file) >= (int)sizeof(path))
		return true;
	*ret_there = true;
	if (file_read(path, FILE_MAX, &text, &why) && scan(source, &text, s, &why))
		return true;
	*ret_there = why.code != ERR_NOT_FOUND;
	if (why.code == ERR_MEMORY)
		return fail_memory(err);
	if (*ret_there)
		warn(s, source->file, why.text);
	return true;
}

static bool any(const bool *there, size_t before, unsigned count)
{
	for (size_t i = before - count; i < before; i++)
		if (there[i])
			return true;
	return false;
}

bool services_scan(const char *root, struct found_services *ret, struct err *err)
{
	static const struct finding web = { .service = "web", .nth = 1, .protocol = PROTO_TCP };
	bool there[ARRAY_LEN(sources)] = { false };

	*ret = (struct found_services){ .count = 0 };
	for (size_t i = 0; i < ARRAY_LEN(sources); i++)
		if (!any(there, i, sources[i].instead_of) &&
		    !look_into(root, &sources[i], ret, &there[i], err))
			return false;
	if (!ret->count)
		add(ret, "default", &web);
	return true;
}
