#include "operations/declared.h"

#include <stdio.h>
#include <string.h>

#include "operations/enter.h"

/* --- which file */

/* The folder where one is, if it is the place's project's; "": it is not. */
static bool find_folder(struct call *c, const json_t *input, const struct place *p,
			char ret[static PATH_MAX], struct err *err)
{
	const char *path = json_text_of(input, "path");
	struct directory d;
	struct place here;
	bool found;

	ret[0] = '\0';
	if (p->of_directory) {
		memcpy(ret, p->folder, sizeof(p->folder));
		return true;
	}
	if (!path || !directory_read(path, &d, NULL))
		return true;
	if (!place_of_directory(c, &d, &here, &found, err))
		return false;
	if (found && !strcmp(here.project.id, p->project.id))
		memcpy(ret, here.folder, sizeof(here.folder));
	return true;
}

bool declared_read(struct call *c, const json_t *input, const struct place *p,
		   const struct declaration **ret, struct err *err)
{
	char folder[PATH_MAX];

	*ret = NULL;
	return find_folder(c, input, p, folder, err) &&
	       (!folder[0] || declaration_read(folder, &c->arena, ret, err));
}

/* --- what is missing */

static void add(struct declared_list *list, const struct declared_service *s)
{
	for (unsigned p = 0; p < PROTO_COUNT; p++)
		if (declared_on(s, (enum protocol)p))
			list->items[list->count++] = (struct declared_port){ s, (enum protocol)p };
}

void declared_list(const struct declaration *d, const char *environment, unsigned instance,
		   struct declared_list *ret)
{
	ret->count = 0;
	/*
	 * What instance 1 prefers must not be given to another before.  The others
	 * stand where they stand in instance 1, which leaves a place for these.
	 */
	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < d->n_services; i++)
			if ((d->services[i].prefer != 0) == ((instance == 1) != pass) &&
			    declared_in(&d->services[i], environment))
				add(ret, &d->services[i]);
}

static bool is_entered(const struct entry_list *entries, const struct declared_port *port)
{
	for (unsigned i = 0; i < entries->count; i++)
		if (entries->items[i].protocol == port->protocol &&
		    !strcmp(entries->items[i].service, port->service->name))
			return true;
	return false;
}

bool declared_missing(struct call *c, const struct declaration *d, const struct service_key *key,
		      struct declared_list *ret, struct err *err)
{
	struct entry_filter f = ENTRY_FILTER_ALL;
	struct entry_list entries;
	unsigned kept = 0;

	ret->count = 0;
	if (key->project->status == PROJECT_ARCHIVED)
		return true;
	f.project_id = key->project->id;
	f.instance = key->instance;
	f.environment = key->environment;
	f.host = key->host;
	if (!entries_read(c->registry, &f, &c->arena, &entries, err))
		return false;
	declared_list(d, key->environment, key->instance, ret);
	for (unsigned i = 0; i < ret->count; i++)
		if (!is_entered(&entries, &ret->items[i]))
			ret->items[kept++] = ret->items[i];
	ret->count = kept;
	return true;
}

/* --- entering */

static bool enter_one(struct call *c, const struct declared_port *port,
		      const struct service_key *place, struct port_answer *ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *facts = NULL;
	struct port_request q = { .key = *place };

	q.key.service = port->service->name;
	q.key.protocol = port->protocol;
	return declared_fill(c, port->service, &q, &facts, err) &&
	       registry_get(c->registry, &q, &c->arena, ret, err);
}

/* What the rules refuse; the others are failures of the book or the machine. */
static bool is_refusal(enum err_code code)
{
	return code == ERR_TAKEN || code == ERR_EXHAUSTED || code == ERR_INVALID;
}

/* Rationale: so many are read at a glance; the rest is counted. */
#define SHOWN_MAX 8

static void add_news(struct declared_news *news, const struct entry *e)
{
	if (++news->count <= SHOWN_MAX)
		text_addf(&news->shown, "%s%s %u%s", news->count > 1 ? ", " : "", e->service,
			  e->port, e->protocol == PROTO_UDP ? "/udp" : "");
}

void declared_say(struct call *c, const struct declared_news *news)
{
	char more[32] = "";

	if (!news->count || !text_ok(&news->shown))
		return;
	if (news->count > SHOWN_MAX)
		snprintf(more, sizeof(more), " and %u more", news->count - SHOWN_MAX);
	registry_note(c->registry, "%s what " DECLARATION_FILE " declares: %s%s", enter_word(c),
		      text_str(&news->shown), more);
}

static bool is_port_of(const struct declared_port *port, const struct service_key *key)
{
	return key && port->protocol == key->protocol && !strcmp(port->service->name, key->service);
}

bool declared_enter(struct call *c, const struct declaration *d, const struct service_key *key,
		    const struct service_key *until, struct declared_news *news, struct err *err)
{
	struct declared_list list;

	if (!declared_missing(c, d, key, &list, err))
		return false;
	for (unsigned i = 0; i < list.count && !is_port_of(&list.items[i], until); i++) {
		struct port_answer port;
		struct err why = { 0 };

		if (enter_one(c, &list.items[i], key, &port, &why)) {
			add_news(news, &port.entry);
		} else if (is_refusal(why.code)) {
			registry_note(c->registry,
				      "'%s' of " DECLARATION_FILE " is not entered: %s",
				      list.items[i].service->name, why.text);
		} else {
			*err = why;
			return false;
		}
	}
	return true;
}

void declared_news_cleanup(struct declared_news *news)
{
	text_release(&news->shown);
}

bool declared_note_name(struct call *c, const struct declaration *d, const struct project *p,
			struct err *err)
{
	struct store *s = c->registry->store;
	struct project other;
	bool found;

	if (!d->project[0] || !strcmp(d->project, p->name))
		return true;
	if (!s->ops->project_find(s, PROJECT_BY_NAME(d->project), &c->arena, &other, &found, err))
		return false;
	if (!found)
		registry_note(c->registry,
			      DECLARATION_FILE " calls this project '%s', the book '%s'; to rename "
					       "it: portbook project rename %s %s",
			      d->project, p->name, p->name, d->project);
	return true;
}
