#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "operations/adopting.h"
#include "ports/known.h"

const char *adopt_unit(const struct process *p)
{
	const char *dot = p && p->unit ? strrchr(p->unit, '.') : NULL;

	return dot && (!strcmp(dot, ".service") || !strcmp(dot, ".socket")) &&
			       strncmp(p->unit, "user@", 5) != 0
		       ? p->unit
		       : NULL;
}

/* "shop-db-1" of the project shop is "db", and "shop-api.service" is "api". */
static const char *without_project(struct arena *a, const char *text, const char *project)
{
	size_t len = project ? strlen(project) : 0;
	char name[NAME_SIZE];
	const char *rest = text;

	if (len && !strncasecmp(text, project, len) && strchr("-_", text[len]) && text[len])
		rest = text + len + 1;
	return name_from_words(rest, name) ? arena_copy(a, name) : NULL;
}

/* Without the number that compose puts behind it. */
static const char *by_container(struct arena *a, const char *container, const char *project)
{
	char words[NAME_SIZE];
	size_t len;

	snprintf(words, sizeof(words), "%s", container);
	len = strlen(words);
	while (len && words[len - 1] >= '0' && words[len - 1] <= '9')
		len--;
	if (len && words[len] && strchr("-_", words[len - 1]))
		words[len - 1] = '\0';
	return without_project(a, words, project);
}

const char *adopt_unit_service(struct arena *a, const char *unit, const char *project)
{
	char words[NAME_SIZE];
	size_t len = strcspn(unit, "@");
	const char *dot = strrchr(unit, '.');

	len = dot && (size_t)(dot - unit) < len ? (size_t)(dot - unit) : len;
	snprintf(words, sizeof(words), "%.*s", (int)(len < NAME_SIZE ? len : NAME_SIZE - 1), unit);
	return without_project(a, words, project);
}

/* What an interpreter runs: by the folder it works in, or as the web of a package.json. */
static const char *by_folder(struct arena *a, const struct process *p, const struct adopt_folder *f)
{
	const char *slash = p->cwd ? strrchr(p->cwd, '/') : NULL;
	char path[PATH_MAX], name[NAME_SIZE];

	if (!f || !f->path || !slash)
		return NULL;
	if (strlen(p->cwd) > strlen(f->path) && name_from_words(slash + 1, name))
		return arena_copy(a, name);
	if (snprintf(path, sizeof(path), "%s/package.json", f->path) >= (int)sizeof(path))
		return NULL;
	return access(path, R_OK) == 0 ? "web" : NULL;
}

static const char *by_process(struct arena *a, const struct process *p,
			      const struct adopt_folder *f)
{
	const char *project = f ? f->name : NULL;
	char name[NAME_SIZE];

	if (p->container_service && name_from_words(p->container_service, name))
		return arena_copy(a, name);
	if (p->container)
		return by_container(a, p->container, project);
	if (adopt_unit(p))
		return adopt_unit_service(a, p->unit, project);
	if (p->is_proxy || !p->program)
		return NULL;
	if (program_is_interpreter(p->program))
		return by_folder(a, p, f);
	return name_from_words(p->program, name) ? arena_copy(a, name) : NULL;
}

const char *adopt_service(struct arena *a, const struct listener *l, const struct process *p,
			  const struct adopt_folder *f, bool *ret_named)
{
	const char *program = p && !p->is_proxy ? p->program : NULL;
	const char *known = f ? NULL : known_service(l->protocol, l->port, program);
	const char *found = known ? known : p ? by_process(a, p, f) : NULL;
	char name[NAME_SIZE];

	*ret_named = found;
	if (found || !program)
		return found;
	program_service(program, l->port, name);
	return arena_copy(a, name);
}
