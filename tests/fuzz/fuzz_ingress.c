/* Others' rules stay as they are and in their order; ours lead to their ports; twice is once. */
#include <strings.h>

#include "fuzz.h"
#include "formats/ingress.h"

static const struct ingress_want wants[] = { { "a.org", 3100 }, { "*.b.org", 3101 } };

static bool splice(struct arena *a, const char *text, size_t size, struct text *ret,
		   struct err *err)
{
	struct ingress_want copy[ARRAY_LEN(wants)];
	struct ingress_step steps[ARRAY_LEN(wants)];

	memcpy(copy, wants, sizeof(copy));
	return ingress_splice(a, text, size, "f", "", copy, ARRAY_LEN(copy), steps, ret, err);
}

static bool is_ours(const struct ingress_rule *rule)
{
	for (size_t i = 0; i < ARRAY_LEN(wants); i++)
		if (!strcasecmp(rule->hostname.text, wants[i].hostname))
			return true;
	return false;
}

static bool is_same(const struct ingress_rule *a, const struct ingress_rule *b)
{
	return !strcmp(a->hostname.text, b->hostname.text) && !strcmp(a->path.text, b->path.text) &&
	       !strcmp(a->service.text, b->service.text);
}

static void fuzz_one(const char *text, size_t size)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	CLEANUP(text_release) struct text once = { 0 }, twice = { 0 };
	struct ingress was, is;
	struct err err = { 0 };
	unsigned at = 0;

	if (!splice(&arena, text, size, &once, &err)) {
		MUST(err.code == ERR_INVALID && !once.len);
		return;
	}
	MUST(splice(&arena, text_str(&once), once.len, &twice, &err));
	MUST(once.len == twice.len && !memcmp(text_str(&once), text_str(&twice), once.len));
	MUST(ingress_read(&arena, text, size, "f", &was, &err));
	MUST(ingress_read(&arena, text_str(&once), once.len, "f", &is, &err));
	for (unsigned i = 0; i < was.count; i++) {
		if (is_ours(&was.rules[i]))
			continue;
		while (at < is.count && !is_same(&was.rules[i], &is.rules[at]))
			at++;
		MUST(at++ < is.count);
	}
}
