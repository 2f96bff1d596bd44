#include "enforce/keep_plan.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/caller.h"

/* Below are the ports of the system, which nobody is to be kept from. */
#define FIRST_PORT 1024

static const char *const why_texts[] = {
	[KEEP_IT] = "",
	[KEEP_NOT_LOW] = "ports below 1024 are the system's",
	[KEEP_NOBODYS] = "who entered it is no user of this machine",
	[KEEP_ONLY_ROOT] =
		"root entered it, and nothing says as whom it runs (--unit, --meta user=)",
	[KEEP_NO_SUCH_USER] = "the user that it runs as is none of this machine",
};
static_assert(ARRAY_LEN(why_texts) == KEEP_WHY_COUNT, "a reason has no text");

const char *keep_why_text(enum keep_why w)
{
	return why_texts[w];
}

static void add_user(struct kept_for *k, uid_t uid)
{
	for (unsigned i = 0; i < k->n_users; i++)
		if (k->users[i] == uid)
			return;
	k->users[k->n_users++] = uid;
}

/* "eva via root" is eva. */
static bool find_enterer(const char *entered_by, keep_user_fn *user, void *arg, uid_t *ret)
{
	char name[CALLER_NAME_SIZE];

	if (!entered_by)
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(entered_by, " "), entered_by);
	return *name && user(arg, name, ret);
}

static bool has_kind(const char *unit)
{
	static const char *const kinds[] = { ".service", ".socket", ".scope", ".slice" };
	size_t len = strlen(unit);

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (len > strlen(kinds[i]) && !strcmp(unit + len - strlen(kinds[i]), kinds[i]))
			return true;
	return false;
}

static void take_unit(const char *unit, struct kept_for *k)
{
	int len;

	if (!unit || !*unit || strchr(unit, '/'))
		return;
	len = snprintf(k->unit, sizeof(k->unit), "%s%s", unit, has_kind(unit) ? "" : ".service");
	if (len >= (int)sizeof(k->unit))
		k->unit[0] = '\0';
}

enum keep_why keep_decide(const struct keep_facts *f, keep_user_fn *user, void *arg,
			  struct kept_for *ret)
{
	struct kept_for k = { 0 };
	bool is_known, says_whose;
	uid_t uid;

	if (f->port < FIRST_PORT)
		return KEEP_NOT_LOW;
	if (f->runs_as && *f->runs_as) {
		if (!user(arg, f->runs_as, &uid))
			return KEEP_NO_SUCH_USER;
		add_user(&k, uid);
	}
	take_unit(f->unit, &k);
	if (f->has_container)
		add_user(&k, 0);
	says_whose = k.n_users || *k.unit;
	is_known = find_enterer(f->entered_by, user, arg, &uid);
	if (!says_whose && !is_known)
		return KEEP_NOBODYS;
	if (!says_whose && uid == 0)
		return KEEP_ONLY_ROOT;
	/* Who administers the machine is not who runs its services. */
	if (is_known && uid != 0)
		add_user(&k, uid);
	*ret = k;
	return KEEP_IT;
}
