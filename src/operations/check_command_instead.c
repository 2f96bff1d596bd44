/*
 * What to run instead.  Where the project has a port for such a service, its number is
 * written; where it has none, the command that enters one, which the shell runs.
 */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "operations/check_command.h"
#include "ports/known.h"

/* --- which service it is */

/* Names that mean the same; what a program is called comes first. */
static const char *const kinds[] = {
	"web frontend app site www ui client dev vite next nuxt astro",
	"api backend server http",
	"db database postgres postgresql pg mysql mariadb",
	"redis cache valkey",
	"mongodb mongo",
	"rabbitmq queue",
	"storybook",
	"docs",
	"studio prisma-studio drizzle-studio",
	"jupyter notebook lab",
};

/* Where the program says it better than "web". */
static const struct {
	const char *programs, *service;
} by_program[] = {
	{ "redis-server valkey-server", "redis" },
	{ "mongod", "mongodb" },
	{ "memcached", "memcached" },
	{ "nats-server", "nats" },
	{ "storybook start-storybook", "storybook" },
	{ "prisma drizzle-kit", "studio" },
	{ "mkdocs docusaurus vitepress vuepress mdbook sphinx-autobuild", "docs" },
	{ "jupyter jupyter-lab jupyter-notebook marimo", "jupyter" },
	{ "uvicorn gunicorn hypercorn daphne granian fastapi litestar sanic wrangler", "api" },
	{ "ollama", "ollama" },
	{ "tensorboard mlflow", "tensorboard" },
	{ "ssh kubectl oc", "tunnel" },
};

/* Servers of pages that are being worked on: none of them is an API. */
static const char pages[] =
	"vite next nuxt nuxi astro remix react-router ng react-scripts craco "
	"vue-cli-service webpack webpack-dev-server rspack rsbuild parcel gatsby "
	"vinxi expo live-server browser-sync";

static bool serves_pages(const struct shell_port *p)
{
	return p->program && shell_words_have(pages, p->program, strlen(p->program));
}

static const char *kind_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (shell_words_have(kinds[i], name, strlen(name)))
			return kinds[i];
	return NULL;
}

/* WEB_PORT is web's. */
static bool name_of_variable(const char *variable, char ret[static NAME_SIZE])
{
	static const char many[] = "HTTP SERVER LISTEN DEV DEV_SERVER VITE NUXT NITRO FLASK_RUN "
				   "UVICORN HOST APP STREAMLIT_SERVER GRADIO_SERVER";
	size_t len = variable ? strlen(variable) : 0;
	char words[NAME_SIZE] = "";

	if (len <= 5 || len - 5 >= sizeof(words) || strcmp(variable + len - 5, "_PORT") != 0 ||
	    shell_words_have(many, variable, len - 5))
		return false;
	for (size_t i = 0; i < len - 5; i++)
		words[i] = variable[i] == '_' ? '-' : (char)tolower((unsigned char)variable[i]);
	return name_from_words(words, ret);
}

static const char *name_of_program(const struct shell_port *p)
{
	const char *known = known_service(p->protocol, p->inside ? p->inside : p->port, NULL);

	for (size_t i = 0; i < ARRAY_LEN(by_program); i++)
		if (shell_words_have(by_program[i].programs, p->program, strlen(p->program)))
			return by_program[i].service;
	return p->how == SHELL_PORT_PUBLISHED && known ? known : "web";
}

static bool is_named(const struct entry *e, const char *name, size_t len)
{
	return strlen(e->service) == len && !memcmp(e->service, name, len);
}

static const struct entry *entry_named(const struct entry_list *list, const char *name, size_t len)
{
	for (unsigned i = 0; i < list->count; i++)
		if (is_named(&list->items[i], name, len) && list->items[i].primary)
			return &list->items[i];
	return NULL;
}

/* dev:api and apps/api are about api. */
static const struct entry *entry_by_hint(const struct entry_list *list, const struct judged *j)
{
	const struct shell_port *p = j->port;
	const char *script = p->script ? strrchr(p->script, ':') : NULL;
	const char *folder = p->folder ? strrchr(p->folder, '/') : NULL;
	const struct entry *found = script ? entry_named(list, script + 1, strlen(script + 1))
					   : NULL;

	if (!found && j->named)
		found = entry_named(list, j->named, strlen(j->named));
	if (!found && p->folder)
		folder = folder ? folder + 1 : p->folder;
	return found || !folder ? found : entry_named(list, folder, strlen(folder));
}

static const struct entry *entry_of_kind(const struct entry_list *list, const char *kind)
{
	while (kind && *kind) {
		size_t len = strcspn(kind, " ");
		const struct entry *found = entry_named(list, kind, len);

		if (found)
			return found;
		kind += len + (kind[len] == ' ');
	}
	return NULL;
}

/* What serves is the only one that there is, unless that is a store of data, or the API of what
   serves pages. */
static const struct entry *only_entry(const struct judged *j)
{
	const struct entry_list *list = &j->at->entries;
	const char *kind = list->count == 1 ? kind_of(list->items[0].service) : NULL;
	bool serves = !kind || kind == kinds[0] || (kind == kinds[1] && !serves_pages(j->port));
	const char *wanted = kind_of(j->service);

	if (list->count != 1 || !serves || (wanted != kinds[0] && wanted != kinds[1]))
		return NULL;
	return &list->items[0];
}

static const struct entry *find_own(const struct judged *j, bool is_exact)
{
	const struct entry_list *list = &j->at->entries;
	const struct entry *hinted = is_exact ? NULL : entry_by_hint(list, j);
	const struct entry *e = hinted ? hinted : entry_named(list, j->service, strlen(j->service));

	if (is_exact)
		return e;
	e = e ? e : entry_of_kind(list, kind_of(j->service));
	return e ? e : only_entry(j);
}

/* The number, or the command that enters the service. */
static bool say_port(struct call *c, struct judged *j, struct err *err)
{
	j->instead = NULL;
	if (!j->own && !j->at->is_known && !j->at->can_be_entered)
		return true;
	j->instead = j->own ? arena_printf(&c->arena, "%u", j->own->port)
			    : arena_printf(&c->arena, "$(portbook get %s%s)", j->service,
					   j->port->protocol == PROTO_UDP ? " --udp" : "");
	return j->instead || fail_memory(err);
}

bool judged_instead(struct call *c, struct judged *j, struct err *err)
{
	char name[NAME_SIZE];
	bool is_exact = name_of_variable(j->port->variable, name);

	j->service = is_exact ? arena_copy(&c->arena, name) : name_of_program(j->port);
	if (!j->service)
		return fail_memory(err);
	if (!j->is_configured)
		j->own = j->at->is_known && j->port->protocol == PROTO_TCP ? find_own(j, is_exact)
									   : NULL;
	return say_port(c, j, err);
}

bool judged_instead_other(struct call *c, struct judged *j, struct err *err)
{
	const struct entry *was = j->own, *other;

	if (serves_pages(j->port)) {
		j->service = j->port->program;
		other = entry_named(&j->at->entries, j->service, strlen(j->service));
	} else {
		j->service = kind_of(j->service) == kinds[0] ? "api" : "web";
		other = entry_of_kind(&j->at->entries, kind_of(j->service));
	}
	j->own = other != was ? other : NULL;
	return say_port(c, j, err);
}

/* --- what is said */

static void say_instead(struct text *t, struct call *c, const struct judged *j)
{
	const char *subject = j->own ? entry_subject(&c->arena, j->own) : NULL;

	if (subject)
		text_addf(t, "; the port of '%s' is %u", subject, j->own->port);
	else if (j->at->is_known)
		text_addf(t, "; 'portbook get %s' gives '%s' a port for it", j->service,
			  j->at->place.project.name);
	else if (j->instead)
		text_addf(t, "; 'portbook get %s' gives this directory a port of its own",
			  j->service);
	else
		text_addf(
			t,
			"; this directory is no project's: 'portbook get NAME/%s --create' gives a "
			"project NAME a port",
			j->service);
}

static bool is_said(const struct judged *judged, unsigned i)
{
	for (unsigned k = 0; k < i; k++)
		if (judged[k].is_denied && !strcmp(judged[k].message, judged[i].message))
			return true;
	return false;
}

static const struct judged *in_script(const struct judged *judged, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (judged[i].is_denied && !judged[i].port->fix.is_known && judged[i].port->script)
			return &judged[i];
	return NULL;
}

static void say_script(struct text *t, const struct judged *j)
{
	text_addf(t, ". The port stands in the script '%s' of package.json: change it there",
		  j->port->script);
	if (j->is_configured)
		text_add(t, ", or run 'portbook config --format package-json --write'");
}

bool judged_reason(struct call *c, const struct judged *judged, unsigned count,
		   const char *rewritten, const char **ret, struct err *err)
{
	CLEANUP(text_release) struct text t = { 0 };
	const struct judged *script = in_script(judged, count);

	for (unsigned i = 0; i < count; i++) {
		if (!judged[i].is_denied || is_said(judged, i))
			continue;
		text_addf(&t, "%s%s", t.len ? ". " : "", judged[i].message);
		say_instead(&t, c, &judged[i]);
	}
	if (rewritten)
		text_addf(&t, ". Run this instead: %s", rewritten);
	else if (script)
		say_script(&t, script);
	*ret = text_ok(&t) ? arena_copy(&c->arena, text_str(&t)) : NULL;
	return *ret || fail_memory(err);
}
