#include "book/verify.h"

#include <string.h>

#include "book/layouts.h"
#include "book/surroundings.h"
#include "ports/port_range.h"

/* Ports of one host and protocol, to be asked for at once. */
struct group {
	struct text ports; /* "3100,3101" */
	unsigned count;
	const char *host, *protocol;
};

struct verification {
	struct session *session;
	struct portbook_request asker; /* who asks, and nothing else */
	bool surroundings;
	json_t *findings;
};

/* What `check` left out, because it was asked for just this. */
static bool complete(json_t *finding, const struct group *g)
{
	return json_put_text(finding, "host", g->host) &&
	       json_put_text(finding, "protocol", g->protocol);
}

static bool add_findings(struct verification *v, const struct group *g, const json_t *answer,
			 struct err *err)
{
	json_t *finding;
	size_t i;

	json_array_foreach(json_object_get(answer, "ports"), i, finding)
		if (!complete(finding, g) || json_array_append(v->findings, finding) < 0)
			return fail_memory(err);
	return true;
}

static bool make_input(const struct verification *v, const struct group *g, json_t *input,
		       struct err *err)
{
	if (!input || !text_ok(&g->ports) || !json_put_text(input, "ports", text_str(&g->ports)) ||
	    !json_put_text(input, "host", g->host) ||
	    !json_put_text(input, "protocol", g->protocol))
		return fail_memory(err);
	return layout_write(&layout_request, &v->asker, input, err) &&
	       (!v->surroundings ||
		(surroundings_add_path(input, err) && surroundings_add_environment(input, err)));
}

/* Ask for the group, which is empty then. */
static bool ask_for(struct verification *v, struct group *g, struct err *err)
{
	CLEANUP(json_cleanup) json_t *input = json_object(), *answer = NULL;
	bool ok = make_input(v, g, input, err) &&
		  session_call(v->session, "check", input, &answer, err) &&
		  add_findings(v, g, answer, err);

	text_clear(&g->ports);
	g->count = 0;
	return ok;
}

static bool belongs(const struct group *g, const json_t *entry)
{
	return g->count < PORT_LIST_MAX && !strcmp(g->host, json_text_of(entry, "host")) &&
	       !strcmp(g->protocol, json_text_of(entry, "protocol"));
}

static bool ask_for_each(struct verification *v, const json_t *entries, struct group *g,
			 struct err *err)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(entries, i, entry) {
		if (g->count && !belongs(g, entry) && !ask_for(v, g, err))
			return false;
		g->host = json_text_of(entry, "host");
		g->protocol = json_text_of(entry, "protocol");
		text_addf(&g->ports, "%s%d", g->count++ ? "," : "",
			  (int)json_int_of(entry, "port", 0));
	}
	return !g->count || ask_for(v, g, err);
}

static bool ask_for_entries(struct verification *v, const struct portbook_request *request,
			    struct err *err)
{
	CLEANUP(json_cleanup) json_t *input = json_object(), *answer = NULL;
	struct portbook_request which = *request;
	struct group g = { 0 };
	bool ok;

	which.path = NULL;
	if (!input)
		return fail_memory(err);
	if (!layout_write(&layout_request, &which, input, err) ||
	    !session_call(v->session, "list", input, &answer, err))
		return false;
	ok = ask_for_each(v, json_object_get(answer, "ports"), &g, err);
	text_release(&g.ports);
	return ok;
}

static bool ask_for_port(struct verification *v, const struct portbook_request *request,
			 struct err *err)
{
	struct group g = {
		.count = 1,
		.host = request->host ? request->host : session_host(v->session),
		.protocol = request->protocol == PORTBOOK_UDP ? "udp" : "tcp",
	};
	bool ok;

	/* All that was said goes along, so that `check` refuses what it does not take. */
	v->asker = *request;
	v->asker.port = 0;
	text_addf(&g.ports, "%u", request->port);
	ok = ask_for(v, &g, err);
	text_release(&g.ports);
	return ok;
}

bool verify_ask(struct session *s, const struct portbook_request *request, bool surroundings,
		json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = json_object();
	struct verification v = {
		.session = s,
		.asker = { .project = request->project, .path = request->path },
		.surroundings = surroundings,
		.findings = json_array(),
	};

	if (!json_put(answer, "ports", v.findings))
		return fail_memory(err);
	if (!(request->port ? ask_for_port : ask_for_entries)(&v, request, err))
		return false;
	*ret = json_incref(answer);
	return true;
}
