#include "client/cloudflare.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/curl/web.h"

#define BASE "https://api.cloudflare.com/client/v4"

/* Rationale: 1,000 rules with settings of their own are 1 MB. */
#define ANSWER_MAX ((size_t)8 << 20)
#define PATIENCE_S 60

/* Rationale: RFC 1035 has 255 bytes; what stands before and behind is ours. */
#define NAME_TEXT_MAX 253

/* What goes into the path of a URL as it is: ids are hexadecimal, with dashes. */
static bool is_id(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_')
			return false;
	return len > 0 && len <= 64;
}

static bool check_id(const char *what, const char *id, struct err *err)
{
	return is_id(id) || fail(err, ERR_INVALID, "'%.100s' is no id of %s", id, what);
}

/* A token that goes into a header's line as it is. */
static bool is_token(const char *text)
{
	for (; *text; text++)
		if (!isgraph((unsigned char)*text))
			return false;
	return true;
}

bool cloudflare_open(const char *account, const char *tunnel, struct cloudflare *ret,
		     struct err *err)
{
	const char *base = getenv("CLOUDFLARE_API_BASE_URL");
	const char *token = getenv("CLOUDFLARE_API_TOKEN");

	*ret = (struct cloudflare){ base && *base ? base : BASE, token, account, tunnel };
	if (!check_id("an account", account, err) || !check_id("a tunnel", tunnel, err))
		return false;
	if (!token || !*token) {
		fail(err, ERR_NOT_PERMITTED, "there is no token for Cloudflare's API");
		return fail_hint(err, "set CLOUDFLARE_API_TOKEN: it needs Cloudflare Tunnel: Edit, "
				      "and for records Zone: Read and DNS: Edit");
	}
	if (!is_token(token))
		return fail(err, ERR_INVALID, "CLOUDFLARE_API_TOKEN has bytes that no token has");
	return !strncasecmp(ret->base, "https://", 8) || web_is_loopback(ret->base) ||
	       fail(err, ERR_INVALID,
		    "CLOUDFLARE_API_BASE_URL: the token goes to no other machine without https");
}

/* --- one question */

static bool fail_strange(struct err *err)
{
	return fail(err, ERR_IO, "what answers there is not Cloudflare's API");
}

static enum err_code code_of(unsigned status)
{
	switch (status) {
	case 401:
	case 403: return ERR_NOT_PERMITTED;
	case 404: return ERR_NOT_FOUND;
	case 409:
	case 429: return ERR_BUSY;
	default: return ERR_IO;
	}
}

/* All that it complains of, each with its number. */
static bool fail_as_told(unsigned status, const json_t *answer, struct err *err)
{
	CLEANUP(text_release) struct text t = { 0 };
	const json_t *error;
	size_t i;

	json_array_foreach(json_object_get(answer, "errors"), i, error) {
		const char *message = json_text_of(error, "message");

		text_addf(&t, "%s%s (%lld)", i ? "; " : "", message ? message : "?",
			  (long long)json_int_of(error, "code", 0));
	}
	return fail(err, code_of(status), "Cloudflare answers %u: %.300s", status,
		    t.len ? text_str(&t) : "no reason");
}

static bool read_result(const struct web_answer *got, json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct err why = { 0 };

	if (!json_parse(text_str(&got->body), got->body.len, &answer, &why) ||
	    !json_is_object(answer))
		return why.code == ERR_MEMORY ? fail_memory(err)
		       : got->status >= 400   ? fail_as_told(got->status, NULL, err)
					      : fail_strange(err);
	if (got->status >= 300 || !json_bool_of(answer, "success"))
		return fail_as_told(got->status, answer, err);
	*ret = json_incref(json_object_get(answer, "result"));
	return *ret || fail_strange(err);
}

/* `path` is below the base; `body` NULL: none. */
static bool ask(const struct cloudflare *c, const char *method, const struct text *path,
		const json_t *body, json_t **ret, struct err *err)
{
	CLEANUP(text_release) struct text url = { 0 }, secret = { 0 }, bytes = { 0 };
	CLEANUP(web_answer_release) struct web_answer got = { 0 };
	const char *headers[] = { NULL, "Content-Type: application/json", NULL };
	struct web_request q = {
		.method = method, .headers = headers, .patience_s = PATIENCE_S, .most = ANSWER_MAX
	};

	text_addf(&url, "%s%s", c->base, text_str(path));
	text_addf(&secret, "Authorization: Bearer %s", c->token);
	if (body)
		text_add_json(&bytes, body, JSON_COMPACT);
	if (!text_ok(path) || !text_ok(&url) || !text_ok(&secret) || !text_ok(&bytes))
		return fail_memory(err);
	q.url = text_str(&url);
	headers[0] = text_str(&secret);
	q.body = body ? text_str(&bytes) : NULL;
	q.len = bytes.len;
	return web_ask(&q, &got, err) && read_result(&got, ret, err);
}

/* --- the tunnel */

static bool ask_config(const struct cloudflare *c, const char *method, const json_t *body,
		       json_t **ret, struct err *err)
{
	CLEANUP(text_release) struct text path = { 0 };

	text_addf(&path, "/accounts/%s/cfd_tunnel/%s/configurations", c->account, c->tunnel);
	return ask(c, method, &path, body, ret, err);
}

/* A tunnel that was never configured has null. */
bool cloudflare_get(const struct cloudflare *c, struct cloudflare_config *ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *result = NULL;
	json_t *config;
	const char *source;

	if (!ask_config(c, "GET", NULL, &result, err))
		return false;
	config = json_object_get(result, "config");
	source = json_text_of(result, "source");
	ret->version = json_int_of(result, "version", -1);
	ret->is_local = source && !strcmp(source, "local");
	ret->config = json_is_object(config) ? json_incref(config) : json_object();
	return ret->config || fail_memory(err);
}

void cloudflare_config_release(struct cloudflare_config *c)
{
	json_decref(c->config);
}

static bool fail_changed(struct err *err)
{
	fail(err, ERR_BUSY, "the tunnel's configuration was changed by another meanwhile");
	return fail_hint(err, "run it again: nothing was put");
}

static bool check_unchanged(const struct cloudflare *c, const struct cloudflare_config *was,
			    struct err *err)
{
	CLEANUP(cloudflare_config_release) struct cloudflare_config now = { 0 };

	return cloudflare_get(c, &now, err) &&
	       ((now.version == was->version && json_equal(now.config, was->config)) ||
		fail_changed(err));
}

/* Every change has the next version: another number tells that somebody's lies between. */
static bool check_version(const struct cloudflare_config *was, const json_t *result,
			  struct err *err)
{
	int64_t version = json_int_of(result, "version", -1);

	if (was->version < 0 || version < 0 || version == was->version + 1)
		return true;
	fail(err, ERR_BUSY,
	     "the configuration is put as version %lld, but another change lay between it and "
	     "version %lld, and is lost",
	     (long long)version, (long long)was->version);
	return fail_hint(err, "tell whoever changed it; their rules have to be put again");
}

bool cloudflare_put(const struct cloudflare *c, const struct cloudflare_config *was,
		    const json_t *config, struct err *err)
{
	CLEANUP(json_cleanup) json_t *body = json_object(), *result = NULL;

	if (!body || !json_put(body, "config", json_incref(json_walked(config))))
		return fail_memory(err);
	return check_unchanged(c, was, err) && ask_config(c, "PUT", body, &result, err) &&
	       check_version(was, result, err);
}

/* --- records */

/* The zone that a hostname is in: asked for by the name, then by what is above it. */
static bool find_zone(const struct cloudflare *c, const char *hostname, char ret[static 65],
		      struct err *err)
{
	for (const char *name = hostname; name && strchr(name, '.');
	     name = strchr(name, '.') ? strchr(name, '.') + 1 : NULL) {
		CLEANUP(text_release) struct text path = { 0 };
		CLEANUP(json_cleanup) json_t *zones = NULL;
		const char *id;

		text_addf(&path, "/zones?name=%s", name);
		if (!ask(c, "GET", &path, NULL, &zones, err))
			return false;
		id = json_text_of(json_array_get(zones, 0), "id");
		if (id && is_id(id)) {
			memcpy(ret, id, strlen(id) + 1);
			return true;
		}
	}
	fail(err, ERR_NOT_FOUND, "no zone of this token has '%.253s'", hostname);
	return fail_hint(err, "make the record by hand, or leave records alone: --no-dns");
}

static bool leads_to(const json_t *record, const char *target)
{
	const char *type = json_text_of(record, "type"), *content = json_text_of(record, "content");

	return type && content && !strcmp(type, "CNAME") && !strcasecmp(content, target);
}

static bool tell_other(const json_t *record, char **ret, struct err *err)
{
	CLEANUP(text_release) struct text t = { 0 };
	const char *type = json_text_of(record, "type"), *content = json_text_of(record, "content");

	text_addf(&t, "%.20s %.200s", type ? type : "?", content ? content : "?");
	*ret = text_take(&t);
	return *ret || fail_memory(err);
}

static bool make_record(const struct cloudflare *c, const char *zone, const char *hostname,
			const char *target, struct err *err)
{
	CLEANUP(json_cleanup) json_t *body = json_object(), *result = NULL;
	CLEANUP(text_release) struct text path = { 0 };

	text_addf(&path, "/zones/%s/dns_records", zone);
	if (!body || !json_put_text(body, "type", "CNAME") ||
	    !json_put_text(body, "name", hostname) || !json_put_text(body, "content", target) ||
	    !json_put_bool(body, "proxied", true) || !json_put_int(body, "ttl", 1))
		return fail_memory(err);
	return ask(c, "POST", &path, body, &result, err);
}

bool cloudflare_record(const struct cloudflare *c, const char *hostname, bool makes,
		       enum cloudflare_record *ret, char **ret_other, struct err *err)
{
	CLEANUP(text_release) struct text path = { 0 }, target = { 0 };
	CLEANUP(json_cleanup) json_t *records = NULL;
	const json_t *first;
	char zone[65];

	*ret_other = NULL;
	if (strlen(hostname) > NAME_TEXT_MAX)
		return fail(err, ERR_INVALID, "'%.100s' is too long for a hostname", hostname);
	if (!find_zone(c, hostname, zone, err))
		return false;
	text_addf(&target, "%s.cfargotunnel.com", c->tunnel);
	text_addf(&path, "/zones/%s/dns_records?name=%s", zone, hostname);
	if (!text_ok(&target))
		return fail_memory(err);
	if (!ask(c, "GET", &path, NULL, &records, err))
		return false;
	first = json_array_get(records, 0);
	if (first) {
		*ret = leads_to(first, text_str(&target)) ? RECORD_THERE : RECORD_OTHERS;
		return *ret == RECORD_THERE || tell_other(first, ret_other, err);
	}
	*ret = makes ? RECORD_MADE : RECORD_MISSING;
	return !makes || make_record(c, zone, hostname, text_str(&target), err);
}
