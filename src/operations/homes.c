#include "operations/homes.h"

#include <string.h>

#include "project/directory.h"
#include "registry/hosts.h"

static bool forget_others(struct call *c, struct project_list *projects, struct err *err)
{
	for (unsigned i = 0; i < projects->count; i++) {
		struct project *p = &projects->items[i];
		bool elsewhere;

		if (!directory_is_gone(p->path))
			continue;
		if (!project_is_elsewhere(c->registry, p->id, c->registry->host, &elsewhere, err))
			return false;
		if (elsewhere)
			p->path = NULL;
	}
	return true;
}

bool homes_read(struct call *c, struct homes *ret, struct err *err)
{
	struct homes h = {
		.host = c->registry->host,
		.cannot_tell = host_is_anybodys(c->registry),
	};

	if (!projects_read(c->registry, &c->arena, &h.projects, err) ||
	    !forget_others(c, &h.projects, err) || !elsewhere_read(c, &h.elsewhere, err))
		return false;
	if (h.cannot_tell)
		registry_note(c->registry, "no directory is taken for gone: %s",
			      HOST_IS_ANYBODYS "; " HOST_REMEDY);
	*ret = h;
	return true;
}

static const char *home_of(const struct homes *h, const struct entry *e)
{
	if (e->worktree && *e->worktree)
		return e->worktree;
	for (unsigned i = 0; i < h->projects.count; i++)
		if (!strcmp(h->projects.items[i].id, e->project_id))
			return h->projects.items[i].path;
	return NULL;
}

const char *home_gone(const struct homes *h, const struct entry *e)
{
	const char *home;

	if (h->cannot_tell || e->status == STATUS_RELEASED || strcmp(e->host, h->host) != 0)
		return NULL;
	home = home_of(h, e);
	return directory_is_gone(home) && !elsewhere_has(&h->elsewhere, e) ? home : NULL;
}
