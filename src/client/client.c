/*
 * client/client.c - one connection, one question: HTTP/1.0 by hand over a socket of this
 * machine, HTTP and TLS by libcurl to another.
 */
#include "client/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/http_answer.h"
#include "client/curl/web.h"

/* Rationale: a whole book of 100,000 entries, exported, has 60 MB. */
#define ANSWER_MAX (256u << 20)
/* Rationale: who writes waits at most 30 s for others; a large import takes a minute. */
#define PATIENCE_S 180

static bool is_web(const char *book)
{
	return !strncasecmp(book, "https://", 8) || !strncasecmp(book, "http://", 7);
}

bool client_is_url(const char *book)
{
	return !strncmp(book, "unix:", 5) || is_web(book);
}

/* The socket. */

static bool fail_nobody(const char *url, struct err *err)
{
	int why = errno;

	fail(err, ERR_BOOK, "no portbook answers at '%.200s': %s", url, strerror(why));
	if (why == EACCES || why == EPERM)
		return fail_hint(err, "its socket is another user's");
	return fail_hint(err, "portbook serve --listen %.200s", url);
}

static bool connect_to(const char *url, int *ret, struct err *err)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	const char *path = url + strlen("unix:");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	CLEANUP(fd_cleanup) int fd = -1;

	if (!*path || strlen(path) >= sizeof(to.sun_path))
		return fail(err, ERR_INVALID, "'%.200s' is no path of a socket", path);
	memcpy(to.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(err, ERR_IO, "cannot open a socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return fail_nobody(url, err);
	*ret = fd_take(&fd);
	return true;
}

/* A server that has heard enough closes, and its answer says why. */
static bool send_all(int fd, const struct text *t, struct err *err)
{
	size_t done = 0;

	while (done < t->len) {
		ssize_t n = send(fd, t->s + done, t->len - done, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EPIPE)
			return true;
		if (n < 0)
			return fail(err, ERR_IO, "cannot ask the other portbook: %s",
				    strerror(errno));
		done += (size_t)n;
	}
	return true;
}

static bool receive_all(int fd, struct text *ret, struct err *err)
{
	char bytes[65536];

	for (;;) {
		ssize_t n = recv(fd, bytes, sizeof(bytes), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(err, ERR_IO, "the other portbook did not answer: %s",
				    strerror(errno));
		if (n == 0)
			return text_ok(ret) || fail_memory(err);
		if (ret->len + (size_t)n > ANSWER_MAX)
			return fail(err, ERR_IO, "the other portbook's answer has no end");
		text_add_bytes(ret, bytes, (size_t)n);
	}
}

/* The question. */

static bool add_contents(json_t *input, struct source *from, struct err *err)
{
	CLEANUP(text_release) struct text t = { 0 };
	char bytes[65536];
	size_t len;

	do {
		if (!from->read(from, t.len, bytes, sizeof(bytes), &len, err))
			return false;
		text_add_bytes(&t, bytes, len);
	} while (len);
	if (!text_ok(&t))
		return fail_memory(err);
	if (from->name && !json_object_get(input, "fileName") &&
	    !json_put_text(input, "fileName", from->name))
		return fail_memory(err);
	return json_put(input, "content", json_stringn(text_str(&t), t.len)) ||
	       fail(err, ERR_INVALID, "'%.200s' is not UTF-8, and so no text that can be sent",
		    from->name ? from->name : "it");
}

/* The body of the question: the input, with what it is read from. */
static bool write_body(const json_t *input, const struct call_io *io, struct text *ret,
		       struct err *err)
{
	CLEANUP(json_cleanup) json_t *whole = json_copy(json_walked(input));

	if (!whole)
		return fail_memory(err);
	if (io->from && !add_contents(whole, io->from, err))
		return false;
	text_add_json(ret, whole, JSON_COMPACT);
	return text_ok(ret) || fail_memory(err);
}

static bool write_question(const char *operation, const struct text *body, const char *key,
			   struct text *ret, struct err *err)
{
	text_addf(ret,
		  "POST /api/v1/operations/%s HTTP/1.0\r\nHost: localhost\r\n"
		  "Content-Type: application/json\r\nContent-Length: %zu\r\n",
		  operation, body->len);
	if (key)
		text_addf(ret, "Idempotency-Key: %s\r\n", key);
	text_add(ret, "\r\n");
	text_add_bytes(ret, text_str(body), body->len);
	return text_ok(ret) || fail_memory(err);
}

/* The answer. */

static bool fail_strange(struct err *err)
{
	return fail(err, ERR_IO, "what answers there is no portbook, or not one that knows this");
}

/* "error" of an operation; else what refused the request before it came so far: RFC 9457. */
static bool fail_as_told(const json_t *answer, struct err *err)
{
	const json_t *error = json_object_get(answer, "error");
	const json_t *told = error ? error : answer;
	const char *text = json_text_of(told, error ? "message" : "detail");
	const char *code = json_text_of(told, "code"), *hint = json_text_of(told, "hint");
	const json_t *holder = json_object_get(told, "holder");
	CLEANUP(text_release) struct text t = { 0 };

	if (!text || !*text || !code || err_from_name(code) == ERR_NONE)
		return fail_strange(err);
	fail(err, err_from_name(code), "%s", text);
	if (hint)
		fail_hint(err, "%s", hint);
	if (json_is_object(holder))
		text_add_json(&t, holder, JSON_COMPACT);
	if (text_ok(&t) && t.len && t.len < sizeof(err->holder))
		memcpy(err->holder, t.s, t.len + 1);
	return false;
}

static bool read_body(unsigned status, const char *bytes, size_t len, json_t **ret, struct err *err)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct err why = { 0 };

	if (!json_parse(bytes, len, &answer, &why) || !json_is_object(answer))
		return why.code == ERR_MEMORY ? fail_memory(err) : fail_strange(err);
	if (status < 300 && json_bool_of(answer, "success")) {
		*ret = json_incref(answer);
		return true;
	}
	/* What an operation that failed said besides is beside its "error". */
	if (json_object_size(answer) > 2 && json_object_get(answer, "error"))
		*ret = json_incref(answer);
	return fail_as_told(answer, err);
}

bool client_read_answer(const char *bytes, size_t len, json_t **ret, struct err *err)
{
	struct http_answer http;
	struct err why = { 0 };

	if (!http_answer_parse(bytes, len, &http, &why))
		return fail_strange(err);
	return read_body(http.status, http.body, http.len, ret, err);
}

/* What was to be written goes there, and not into the answer. */
static bool take_contents(json_t *answer, struct sink *to, struct err *err)
{
	const json_t *content = json_object_get(answer, "content");

	if (!json_is_string(content))
		return fail_strange(err);
	if (!to->write(to, json_string_value(content), json_string_length(content), err))
		return false;
	json_object_del(answer, "content");
	return true;
}

/* Over a socket. */

static bool ask_socket(const char *url, const char *operation, const struct text *body,
		       const char *key, json_t **ret, struct err *err)
{
	CLEANUP(text_release) struct text question = { 0 }, answer = { 0 };
	CLEANUP(fd_cleanup) int fd = -1;

	return write_question(operation, body, key, &question, err) && connect_to(url, &fd, err) &&
	       send_all(fd, &question, err) && receive_all(fd, &answer, err) &&
	       client_read_answer(text_str(&answer), answer.len, ret, err);
}

/* Over HTTP. */

/* Rationale: a token of ours has 73 characters. */
#define TOKEN_MAX 512

/* What goes into a header's line as it is. */
static bool check_token(const char *token, struct err *err)
{
	for (const char *at = token; *at; at++)
		if (*at <= ' ' || *at > '~')
			return fail(err, ERR_INVALID, "PORTBOOK_TOKEN has bytes that no token has");
	return strlen(token) <= TOKEN_MAX ||
	       fail(err, ERR_INVALID, "PORTBOOK_TOKEN is too long for a token");
}

/* It is never sent where others could read it on the way. */
static bool check_url(const char *url, struct err *err)
{
	if (!strncasecmp(url, "https://", 8) || web_is_loopback(url))
		return true;
	fail(err, ERR_INVALID, "'%.200s' is another machine, and http is not encrypted", url);
	return fail_hint(err, "https://...: portbook serve with --tls-cert and --tokens");
}

static const char *set_or_null(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* "https://ports.example:9443/" and "/api/v1/operations/get". */
static void write_url(const char *url, const char *operation, struct text *ret)
{
	size_t len = strlen(url);

	while (len && url[len - 1] == '/')
		len--;
	text_add_bytes(ret, url, len);
	text_addf(ret, "/api/v1/operations/%s", operation);
}

static bool read_web(const struct web_answer *got, json_t **ret, struct err *err)
{
	if (read_body(got->status, text_str(&got->body), got->body.len, ret, err))
		return true;
	if (got->status == 401 && err && !err->hint[0])
		fail_hint(err,
			  "PORTBOOK_TOKEN: who serves makes one with: portbook token add NAME");
	return false;
}

static bool ask_web(const char *url, const char *operation, const struct text *body,
		    const char *key, json_t **ret, struct err *err)
{
	CLEANUP(text_release) struct text whole = { 0 }, secret = { 0 }, once = { 0 };
	CLEANUP(web_answer_release) struct web_answer got = { 0 };
	const char *token = set_or_null("PORTBOOK_TOKEN");
	const char *headers[4] = { "Content-Type: application/json" };
	struct web_request q = { .method = "POST",
				 .headers = headers,
				 .body = text_str(body),
				 .len = body->len,
				 .patience_s = PATIENCE_S,
				 .most = ANSWER_MAX,
				 .ca_file = set_or_null("PORTBOOK_CA_FILE") };
	unsigned n = 1;

	if (!check_url(url, err) || (token && !check_token(token, err)))
		return false;
	write_url(url, operation, &whole);
	text_addf(&secret, "Authorization: Bearer %s", token ? token : "");
	text_addf(&once, "Idempotency-Key: %s", key ? key : "");
	if (!text_ok(&whole) || !text_ok(&secret) || !text_ok(&once))
		return fail_memory(err);
	if (token)
		headers[n++] = text_str(&secret);
	if (key)
		headers[n++] = text_str(&once);
	q.url = text_str(&whole);
	return web_ask(&q, &got, err) && read_web(&got, ret, err);
}

bool client_call(const char *url, const char *operation, const json_t *input,
		 const struct call_io *io, json_t **ret, struct err *err)
{
	CLEANUP(text_release) struct text body = { 0 };
	CLEANUP(json_cleanup) json_t *told = NULL;
	bool ok = write_body(input, io, &body, err) &&
		  (is_web(url) ? ask_web : ask_socket)(url, operation, &body, io->key, &told, err);

	ok = ok && (!io->to || take_contents(told, io->to, err)) &&
	     (!io->delivery || io->delivery->take(told, io->delivery->arg, err));
	if (told)
		*ret = json_incref(told);
	return ok;
}
