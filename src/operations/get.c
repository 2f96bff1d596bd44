/*
 * operations/get.c - get, get-port and allocate.
 */
#include <string.h>

#include "base/clock.h"
#include "operations/declared.h"
#include "operations/operations.h"
#include "operations/schemas.h"
#include "registry/entry_json.h"
#include "registry/instances.h"
#include "registry/listening.h"

static bool read_request(struct call *c, const json_t *input, const struct place *p,
			 struct port_request *ret, struct err *err)
{
	struct port_request q = {
		.preferred = (uint16_t)json_int_of(input, "preferredPort", 0),
		.force = json_bool_of(input, "force"),
		.temporary = json_bool_of(input, "temporary"),
		.replace = json_bool_of(input, "replace"),
		.details = input_details(input),
	};
	const char *expires = json_text_of(input, "expiresIn");
	uint16_t port = (uint16_t)json_int_of(input, "port", 0);

	if (port && q.preferred)
		return fail(err, ERR_INVALID,
			    "a port that must be had and one that is preferred: give one of them");
	if (expires && !q.temporary)
		return fail(err, ERR_INVALID, "only a temporary port expires");
	if (expires && !duration_parse(expires, &q.expires_in_ms, err))
		return false;
	if (port) {
		q.preferred = port;
		q.only_preferred = true;
	}
	if (!input_key(c, input, p, &q.key, err))
		return false;
	/* Types and roles decide: they are folded here, as the policy writes them. */
	for (size_t i = 0; i < 2; i++) {
		const char *word = i ? q.details.role : q.details.type;
		char name[NAME_SIZE];

		if (!word)
			continue;
		if (!name_fold(i ? "role" : "type", word, name, err))
			return false;
		*(i ? &q.role : &q.type) = arena_copy(&c->arena, name);
	}
	/* The policy may know the type by another word; the entry gets the policy's. */
	q.details.type = NULL;
	q.details.role = NULL;
	*ret = q;
	return true;
}

static bool put_passed(json_t *answer, const struct port_answer *p)
{
	json_t *array = json_array();

	if (!json_put(answer, "passedOver", array))
		return false;
	for (unsigned i = 0; i < p->n_passed; i++)
		if (!json_append(array, listener_json_short(&p->passed[i])))
			return false;
	return true;
}

bool answer_port(json_t *answer, const struct port_answer *p, struct err *err)
{
	if (entry_json_into(answer, &p->entry) && json_put_bool(answer, "created", p->created) &&
	    json_put_text(answer, "why",
			  p->created ? plan_why_text(p->why) : "the service has it") &&
	    put_passed(answer, p))
		return true;
	return fail_memory(err);
}

static bool put_replaced(json_t *answer, const struct port_answer *p, struct err *err)
{
	json_t *array = json_array();

	return (json_put(answer, "replaced", array) &&
		(!p->replaced || json_append(array, json_integer(p->replaced)))) ||
	       fail_memory(err);
}

/* An instance within the policy's maximum is entered on first use. */
static bool enter_instance(struct call *c, const struct place *p, const struct service_key *key,
			   struct err *err)
{
	struct instance i;
	bool entered;

	return instance_need(c->registry, &p->project, p->instance, key->host, &c->arena, &i,
			     &entered, err);
}

/*
 * Where the directory is new, all that it declares is entered, in one order
 * whoever asks first.  What was asked for comes before all if it is to have a
 * certain port; and in a worktree, whose slice may be too small for all.
 */
static bool comes_first(const struct port_request *q)
{
	return q->only_preferred || q->key.instance != 1;
}

static bool enter_port(struct call *c, const struct port_request *q, bool always_new,
		       struct port_answer *ret, struct err *err)
{
	return always_new ? registry_allocate(c->registry, q, &c->arena, ret, err)
			  : registry_get(c->registry, q, &c->arena, ret, err);
}

static bool enter_among(struct call *c, const struct declaration *d, const struct port_request *q,
			bool always_new, struct port_answer *ret, struct err *err)
{
	CLEANUP(declared_news_cleanup) struct declared_news news = { .count = 0 };

	if ((!comes_first(q) && !declared_enter(c, d, &q->key, &q->key, &news, err)) ||
	    !enter_port(c, q, always_new, ret, err) ||
	    !declared_enter(c, d, &q->key, NULL, &news, err))
		return false;
	declared_say(c, &news);
	return true;
}

static bool run_with(struct call *c, const json_t *input, json_t *answer, bool always_new,
		     struct err *err)
{
	CLEANUP(declared_request_cleanup) struct declared_request declared = { 0 };
	struct place p;
	struct port_request q;
	struct port_answer port;

	if (!place_find(c, input, PLACE_ENTER, &p, err) || !read_request(c, input, &p, &q, err) ||
	    !enter_instance(c, &p, &q.key, err) ||
	    !declared_complete(c, input, &p, &q, always_new, &declared, err))
		return false;
	if (declared.file && p.is_new ? !enter_among(c, declared.file, &q, always_new, &port, err)
				      : !enter_port(c, &q, always_new, &port, err))
		return false;
	return answer_port(answer, &port, err) && (!q.replace || put_replaced(answer, &port, err));
}

static bool get_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	return run_with(c, input, answer, false, err);
}

static bool allocate_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	return run_with(c, input, answer, true, err);
}

/* What an input may hold besides names, and needs the longer way. */
static bool is_names_only(const json_t *input)
{
	static const char *const more[] = {
		"description",	      "notes",	   "unit",	    "cloudflareHostname",
		"cloudflareTunnelId", "metadata",  "port",	    "role",
		"serviceType",	      "expiresIn", "preferredPort", "temporary",
	};

	for (size_t i = 0; i < ARRAY_LEN(more); i++)
		if (json_object_get(input, more[i]))
			return false;
	return json_text_of(input, "projectName") != NULL;
}

static bool is_in_worktree(const json_t *input)
{
	const char *path = json_text_of(input, "path");

	return path && directory_may_be_worktree(path);
}

/* The usual question, a service that has a port, all by name: one look-up answers it. */
static bool get_named(struct call *c, const json_t *input, json_t *answer, bool *ret_done,
		      struct err *err)
{
	const char *environment = json_text_of(input, "environment");
	const char *host = json_text_of(input, "host");
	char project[NAME_SIZE], service[NAME_SIZE], in[NAME_SIZE], on[NAME_SIZE];
	struct service_name name = {
		.project = project,
		.service = service,
		.environment = environment ? in : NULL,
		.host = on,
		.instance = (unsigned)json_int_of(input, "instance", 0),
		.protocol = input_protocol(input),
	};
	struct port_answer port;

	/* A wrong name is said on the longer way, too; a worktree may be an instance of its own. */
	if (!is_names_only(input) || (!name.instance && is_in_worktree(input)) ||
	    !name_fold("project", json_text_of(input, "projectName"), project, NULL) ||
	    !name_fold("service", json_text_of(input, "serviceName"), service, NULL) ||
	    (environment && !name_fold("environment", environment, in, NULL)) ||
	    !name_fold("host", host ? host : c->registry->host, on, NULL))
		return true;
	if (!registry_get_named(c->registry, &name, &c->arena, &port, ret_done, err))
		return false;
	return !*ret_done || answer_port(answer, &port, err);
}

static bool get_quick(struct call *c, const json_t *input, json_t *answer, bool *ret_done,
		      struct err *err)
{
	struct place p;
	struct port_request q;
	struct port_answer port;

	if (!get_named(c, input, answer, ret_done, err) || *ret_done)
		return *ret_done;
	/* Whatever stands in the way is found, and said, on the long way. */
	if (!place_find(c, input, PLACE_ENTER_NOTHING, &p, err))
		return err->code == ERR_NOT_FOUND || err->code == ERR_INVALID;
	if (p.has_moved)
		return true;
	if (!read_request(c, input, &p, &q, err) ||
	    !registry_get_known(c->registry, &q, &c->arena, &port, ret_done, err))
		return false;
	return !*ret_done || answer_port(answer, &port, err);
}

/* get-port: the service is called as its type. */
static json_t *named_by_type(const json_t *input)
{
	json_t *same = json_deep_copy(input);

	if (!same || !json_put_text(same, "serviceName", json_text_of(input, "serviceType"))) {
		json_decref(same);
		return NULL;
	}
	return same;
}

static bool get_port_run(struct call *c, const json_t *input, json_t *answer, struct err *err)
{
	CLEANUP(json_cleanup) json_t *named = named_by_type(input);

	if (!named)
		return fail_memory(err);
	return run_with(c, named, answer, json_bool_of(input, "new"), err);
}

static bool get_port_quick(struct call *c, const json_t *input, json_t *answer, bool *ret_done,
			   struct err *err)
{
	CLEANUP(json_cleanup) json_t *named = named_by_type(input);

	if (!named)
		return fail_memory(err);
	return json_bool_of(input, "new") || get_quick(c, named, answer, ret_done, err);
}

const struct operation op_get = {
	.schema = &schema_get,
	.access = ACCESS_WRITE,
	.of_project = true,
	.shares = true,
	.run = get_run,
	.quick = get_quick,
};

const struct operation op_get_port = {
	.schema = &schema_get_port,
	.access = ACCESS_WRITE,
	.of_project = true,
	.shares = true,
	.run = get_port_run,
	.quick = get_port_quick,
};

const struct operation op_allocate = {
	.schema = &schema_allocate,
	.access = ACCESS_WRITE,
	.of_project = true,
	.shares = true,
	.run = allocate_run,
};
