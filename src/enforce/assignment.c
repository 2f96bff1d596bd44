#include "enforce/assignment.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

struct assignment *assignment_new(void)
{
	void *at = mmap(NULL, sizeof(struct assignment), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

void assignment_free(struct assignment **a)
{
	if (*a)
		(void)munmap(*a, sizeof(**a));
}

struct own_port *assignment_own(struct assignment *a, uint16_t port)
{
	for (unsigned i = 0; i < a->n_own; i++)
		if (a->own[i].port == port)
			return &a->own[i];
	return NULL;
}

uint16_t assignment_given(const struct assignment *a, uint16_t asked)
{
	for (unsigned i = 0; i < a->n_given; i++)
		if (a->given[i].asked == asked)
			return a->given[i].port;
	return 0;
}

bool assignment_add_own(struct assignment *a, uint16_t port, const char *service)
{
	struct own_port *own = &a->own[a->n_own];

	if (assignment_own(a, port))
		return true;
	if (a->n_own == OWN_MAX)
		return false;
	*own = (struct own_port){ .port = port };
	snprintf(own->service, sizeof(own->service), "%s", service);
	a->n_own++;
	return true;
}

bool assignment_give(struct assignment *a, uint16_t asked, uint16_t port)
{
	if (assignment_given(a, asked))
		return true;
	if (a->n_given == GIVEN_MAX)
		return false;
	a->given[a->n_given++] = (struct given_port){ .asked = asked, .port = port };
	return true;
}

/* Between two processes. */

static bool put_own(const struct assignment *a, json_t *array)
{
	for (unsigned i = 0; i < a->n_own; i++)
		if (!json_append(array,
				 json_pack("[i, s]", (int)a->own[i].port, a->own[i].service)))
			return false;
	return true;
}

static bool put_given(const struct assignment *a, json_t *array)
{
	for (unsigned i = 0; i < a->n_given; i++)
		if (!json_append(array, json_pack("[i, i]", (int)a->given[i].asked,
						  (int)a->given[i].port)))
			return false;
	return true;
}

json_t *assignment_json(const struct assignment *a)
{
	json_t *own = json_array(), *given = json_array(), *o;

	if (!put_own(a, own) || !put_given(a, given)) {
		json_decref(own);
		json_decref(given);
		return NULL;
	}
	o = json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:b, s:o, s:o}", "project", a->project,
		      "service", a->service, "environment", a->environment, "host", a->host,
		      "instance", (int)a->instance, "port", (int)a->port, "refuses", a->refuses,
		      "own", own, "given", given);
	return o;
}

static bool read_name(const json_t *json, const char *key, char ret[static NAME_SIZE])
{
	const char *text = json_text_of(json, key);

	return text && name_fold(key, text, ret, NULL);
}

static bool is_port(json_int_t n)
{
	return n > 0 && n <= UINT16_MAX;
}

static bool read_port(const json_t *pair, size_t at, uint16_t *ret)
{
	const json_t *n = json_array_get(pair, at);

	if (!json_is_integer(n) || !is_port(json_integer_value(n)))
		return false;
	*ret = (uint16_t)json_integer_value(n);
	return true;
}

static bool read_own(const json_t *list, struct assignment *a)
{
	char service[NAME_SIZE];
	const json_t *pair;
	uint16_t port;
	size_t i;

	json_array_foreach(list, i, pair) {
		const char *name = json_string_value(json_array_get(pair, 1));

		if (!read_port(pair, 0, &port) || !name ||
		    !name_fold("service", name, service, NULL) ||
		    !assignment_add_own(a, port, service))
			return false;
	}
	return true;
}

static bool read_given(const json_t *list, struct assignment *a)
{
	const json_t *pair;
	uint16_t asked, port;
	size_t i;

	json_array_foreach(list, i, pair)
		if (!read_port(pair, 0, &asked) || !read_port(pair, 1, &port) ||
		    !assignment_own(a, port) || !assignment_give(a, asked, port))
			return false;
	return true;
}

bool assignment_read(const json_t *json, struct assignment *ret, struct err *err)
{
	json_int_t port = json_int_of(json, "port", 0), instance = json_int_of(json, "instance", 0);

	memset(ret, 0, sizeof(*ret));
	ret->port = is_port(port) ? (uint16_t)port : 0;
	ret->instance = instance > 0 && instance <= INSTANCE_MAX ? (unsigned)instance : 0;
	ret->refuses = json_bool_of(json, "refuses");
	if (ret->port && ret->instance && read_name(json, "project", ret->project) &&
	    read_name(json, "service", ret->service) &&
	    read_name(json, "environment", ret->environment) &&
	    read_name(json, "host", ret->host) && read_own(json_object_get(json, "own"), ret) &&
	    read_given(json_object_get(json, "given"), ret) && assignment_own(ret, ret->port))
		return true;
	return fail(err, ERR_INVALID, "that says not what a command may listen on");
}
