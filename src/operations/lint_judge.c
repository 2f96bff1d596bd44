#include "operations/lint_judge.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "ports/policy.h"

static const char *const rule_names[] = {
	[LINT_FINE] = "fine",
	[LINT_OTHER_PROJECT] = "other-project",
	[LINT_OTHER_INSTANCE] = "other-instance",
	[LINT_OTHER_SERVICE] = "other-service",
	[LINT_RESERVED] = "reserved",
	[LINT_UNREGISTERED] = "unregistered",
};
static_assert(ARRAY_LEN(rule_names) == LINT_RULE_COUNT, "a rule has no name");

const char *lint_rule_name(enum lint_rule rule)
{
	return rule_names[rule];
}

static const char *const severities[] = {
	[MENTION_BINDS] = "error",	[MENTION_SETTING] = "error", [MENTION_PASSES] = "error",
	[MENTION_TEMPLATE] = "warning", [MENTION_CODE] = "warning",  [MENTION_INSIDE] = "note",
};
static_assert(ARRAY_LEN(severities) == MENTION_KIND_COUNT, "a kind of mention has no severity");

/* --- whose it is */

static bool is_own(const struct lint_scene *s, const struct entry *e)
{
	return s->project_id && !strcmp(e->project_id, s->project_id) && e->instance == s->instance;
}

static const struct entry *holder(const struct lint_scene *s, uint16_t port, enum protocol protocol)
{
	unsigned low = 0, high = s->count;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (s->entries[middle].port < port)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < s->count && s->entries[low].port == port; low++)
		if (s->entries[low].protocol == protocol)
			return &s->entries[low];
	return NULL;
}

/* --- which service it is about */

static bool has_service(const struct lint_scene *s, const char *service)
{
	for (unsigned i = 0; i < s->n_own; i++)
		if (!strcmp(s->own[i].service, service))
			return true;
	return false;
}

/* The only service of the instance; NULL: it has none, or several. */
static const char *single_service(const struct lint_scene *s)
{
	const char *single = NULL;

	for (unsigned i = 0; i < s->n_own; i++) {
		if (single && strcmp(single, s->own[i].service) != 0)
			return NULL;
		single = s->own[i].service;
	}
	return single;
}

/* "WEB_PORT" -> "web"; "SUPABASE_API" -> "supabase-api". */
static bool name_of_words(const char *words, size_t len, char ret[static NAME_SIZE])
{
	char text[NAME_SIZE];

	if (len > 5 && !memcmp(words + len - 5, "_PORT", 5))
		len -= 5;
	if (!len || len >= sizeof(text))
		return false;
	for (size_t i = 0; i < len; i++)
		text[i] = words[i] == '_' ? '-' : (char)tolower((unsigned char)words[i]);
	text[len] = '\0';
	return name_from_words(text, ret);
}

/* A part of "dev:api" or "shop-api" that is a service. */
static bool part_is_service(const struct lint_scene *s, const char *words,
			    char ret[static NAME_SIZE])
{
	while (*words) {
		size_t len = strcspn(words, ":-_.@/ ");

		if (name_of_words(words, len, ret) && has_service(s, ret))
			return true;
		words += len + (words[len] != '\0');
	}
	return false;
}

/* Words for the one service that a project is about. */
static bool means_main(const struct mention *m)
{
	static const char *const plain[] = { "dev",  "start", "serve",	"develop",  "PORT",
					     "port", "main",  "server", "devServer" };

	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		if (!strcmp(m->words, plain[i]))
			return true;
	return !m->words[0] && m->kind == MENTION_SETTING;
}

/* The folder that the file is in, if it is not the top. */
static bool folder_of(const char *file, char ret[static NAME_SIZE])
{
	const char *slash = strrchr(file, '/'), *start = slash;

	while (start && start > file && start[-1] != '/')
		start--;
	return start && name_of_words(start, (size_t)(slash - start), ret);
}

enum surety {
	SURE,
	LIKELY,
	NO_IDEA, /* which service of the project, if any */
};

static enum surety guess_service(const struct lint_scene *s, const struct mention *m,
				 const char *file, char ret[static NAME_SIZE])
{
	bool is_main = means_main(m);
	const char *single = single_service(s);

	if (name_of_words(m->words, strlen(m->words), ret) && (m->is_named || has_service(s, ret)))
		return SURE;
	if (part_is_service(s, m->words, ret))
		return SURE;
	if (folder_of(file, ret) && has_service(s, ret) && (is_main || !m->words[0]))
		return is_main ? SURE : LIKELY;
	if (!is_main && (m->words[0] || !single))
		return NO_IDEA;
	snprintf(ret, NAME_SIZE, "%s", single ? single : "web");
	return is_main ? SURE : LIKELY;
}

/* --- its port */

static bool is_of(const struct entry *e, const struct mention *m, const char *service)
{
	return e->protocol == m->protocol && !strcmp(e->service, service);
}

static bool goes_before(const struct entry *a, const struct entry *b)
{
	if (a->primary != b->primary)
		return a->primary;
	return a->allocated_at_ms < b->allocated_at_ms;
}

static unsigned rank(const struct lint_scene *s, const struct mention *m, const struct entry *e)
{
	unsigned before = 1;

	for (unsigned i = 0; i < s->n_own; i++)
		before += is_of(&s->own[i], m, e->service) && e != &s->own[i] &&
			  !strcmp(s->own[i].environment, e->environment) &&
			  goes_before(&s->own[i], e);
	return before;
}

/* The service's nth port, in this environment rather than in another. */
static const struct entry *port_of(const struct lint_scene *s, const struct mention *m,
				   const char *service)
{
	const struct entry *found = NULL;

	for (unsigned i = 0; i < s->n_own; i++) {
		const struct entry *e = &s->own[i];
		bool is_here = !strcmp(e->environment, s->environment);

		if (!is_of(e, m, service) || (found && !is_here) || rank(s, m, e) != m->nth)
			continue;
		found = e;
		if (is_here)
			return e;
	}
	return found;
}

static bool has_port(const struct lint_scene *s, const struct mention *m, const char *service)
{
	for (unsigned i = 0; i < s->n_own; i++)
		if (is_of(&s->own[i], m, service))
			return true;
	return false;
}

/* --- the verdict */

/* A number that counts only here and there, or is for who copies it, may be another copy's. */
static bool may_be_other_instances(const struct mention *m)
{
	return m->is_default || m->kind == MENTION_TEMPLATE || m->kind == MENTION_INSIDE;
}

/* What belongs to no one project is used by all; a proxy on its own serves everybody. */
static bool may_be_others(const struct lint_scene *s, const struct mention *m,
			  const struct entry *owner)
{
	if (!strcmp(owner->project, SHARED_PROJECT))
		return m->kind != MENTION_BINDS;
	return m->kind == MENTION_INSIDE || (m->kind == MENTION_PASSES && !s->project_id);
}

static enum lint_rule rule_of_own(const struct lint_scene *s, const struct mention *m,
				  const struct entry *owner)
{
	char service[NAME_SIZE];

	if (!m->is_named || m->kind == MENTION_PASSES || m->kind == MENTION_CODE ||
	    !name_of_words(m->words, strlen(m->words), service) ||
	    !strcmp(service, owner->service) || !has_port(s, m, service))
		return LINT_FINE;
	return LINT_OTHER_SERVICE;
}

static enum lint_rule rule_of(const struct lint_scene *s, const struct mention *m,
			      const struct entry *owner)
{
	if (!owner)
		return port_set_has(s->reserved[m->protocol], m->port) ? LINT_RESERVED
								       : LINT_UNREGISTERED;
	if (is_own(s, owner))
		return rule_of_own(s, m, owner);
	if (s->project_id && !strcmp(owner->project_id, s->project_id))
		return may_be_other_instances(m) ? LINT_FINE : LINT_OTHER_INSTANCE;
	return may_be_others(s, m, owner) ? LINT_FINE : LINT_OTHER_PROJECT;
}

static bool may_be_changed(const struct mention *m)
{
	return !m->is_fixed && (m->kind == MENTION_BINDS || m->kind == MENTION_SETTING);
}

struct lint_verdict lint_judge(const struct lint_scene *s, const struct mention *m,
			       const char *file)
{
	struct lint_verdict v = { .owner = holder(s, m->port, m->protocol),
				  .severity = severities[m->kind] };
	enum surety surety;

	v.rule = rule_of(s, m, v.owner);
	if (v.rule == LINT_FINE)
		return v;
	surety = guess_service(s, m, file, v.service);
	if (surety == NO_IDEA)
		v.service[0] = '\0';
	else
		v.instead = port_of(s, m, v.service);
	v.has_other = v.service[0] && has_port(s, m, v.service);
	v.is_sure = surety == SURE && v.instead && may_be_changed(m);
	if (v.rule == LINT_OTHER_SERVICE)
		v.severity = "warning";
	return v;
}
