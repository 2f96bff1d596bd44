#include "base/rights.h"

#include <string.h>

#include "base/text.h"

static bool is_bound(const struct rights *r)
{
	return r && r->projects;
}

bool rights_have_project(const struct rights *r, const char *project)
{
	if (!is_bound(r))
		return true;
	for (const char *const *p = r->projects; *p; p++)
		if (!strcmp(*p, project))
			return true;
	return false;
}

/* "'shop', 'bank'" */
static void add_projects(const struct rights *r, struct text *ret)
{
	for (const char *const *p = r->projects; *p; p++)
		text_addf(ret, "%s'%s'", p == r->projects ? "" : ", ", *p);
}

static bool fail_bound(const struct rights *r, const char *what, struct err *err)
{
	CLEANUP(text_release) struct text projects = { 0 };

	add_projects(r, &projects);
	fail(err, ERR_NOT_PERMITTED, "%s may change only %.600s, and %s", r->who,
	     text_str(&projects), what);
	return fail_hint(err, "ask as somebody who may, or have whoever runs this server do it");
}

bool rights_to_change(const struct rights *r, const char *what, bool of_project, struct err *err)
{
	CLEANUP(text_release) struct text is = { 0 };

	if (r && r->only_reads) {
		fail(err, ERR_NOT_PERMITTED, "%s may only read, and '%s' writes", r->who, what);
		return r->hint ? fail_hint(err, "%s", r->hint) : false;
	}
	if (!is_bound(r) || of_project)
		return true;
	text_addf(&is, "'%s' is of no one project", what);
	return fail_bound(r, text_str(&is), err);
}

bool rights_to_project(const struct rights *r, const char *project, struct err *err)
{
	CLEANUP(text_release) struct text is = { 0 };

	if (!is_bound(r) || (project && rights_have_project(r, project)))
		return true;
	if (project)
		text_addf(&is, "this would change '%s'", project);
	else
		text_add(&is, "this would change what is of no one project");
	return fail_bound(r, text_str(&is), err);
}
