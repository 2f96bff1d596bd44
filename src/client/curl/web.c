#include "client/curl/web.h"

#include <string.h>
#include <strings.h>

#include "client/curl/libcurl.h"

/* Rationale: a machine that does not answer for so long is not there. */
#define CONNECT_PATIENCE_S 10

struct asking {
	const struct libcurl *curl;
	const struct web_request *q;
	struct web_answer *answer;
	CURL *handle;
	struct curl_slist *headers;
	char why[CURL_ERROR_SIZE];
	bool too_long;
};

static void asking_release(struct asking *a)
{
	if (a->handle)
		a->curl->easy_cleanup(a->handle);
	if (a->headers)
		a->curl->slist_free_all(a->headers);
}

/* More than was asked for ends it: what is returned differs from what came. */
static size_t take(char *bytes, size_t size, size_t count, void *arg)
{
	struct asking *a = arg;
	size_t len = size * count;

	a->too_long = a->answer->body.len + len > a->q->most;
	if (a->too_long)
		return 0;
	text_add_bytes(&a->answer->body, bytes, len);
	return text_ok(&a->answer->body) ? len : 0;
}

static bool add_header(struct asking *a, const char *header)
{
	struct curl_slist *more = a->curl->slist_append(a->headers, header);

	if (more)
		a->headers = more;
	return more != NULL;
}

static bool add_headers(struct asking *a)
{
	/* A server need not say first whether it wants a long body. */
	bool ok = add_header(a, "Expect:");

	for (const char *const *h = a->q->headers; ok && h && *h; h++)
		ok = add_header(a, *h);
	return ok;
}

#define SET(option, value) (a->curl->easy_setopt(a->handle, (option), (value)) == CURLE_OK)

static bool prepare_body(struct asking *a)
{
	return !a->q->body || (SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)a->q->len) &&
			       SET(CURLOPT_POSTFIELDS, a->q->body));
}

static bool prepare(struct asking *a)
{
	return SET(CURLOPT_URL, a->q->url) && SET(CURLOPT_PROTOCOLS_STR, "http,https") &&
	       prepare_body(a) && SET(CURLOPT_CUSTOMREQUEST, a->q->method) &&
	       SET(CURLOPT_HTTPHEADER, a->headers) &&
	       SET(CURLOPT_USERAGENT, "portbook/" PORTBOOK_VERSION) &&
	       SET(CURLOPT_ERRORBUFFER, a->why) && SET(CURLOPT_WRITEFUNCTION, take) &&
	       SET(CURLOPT_WRITEDATA, a) && SET(CURLOPT_NOSIGNAL, 1L) &&
	       SET(CURLOPT_CONNECTTIMEOUT, (long)CONNECT_PATIENCE_S) &&
	       SET(CURLOPT_TIMEOUT, (long)a->q->patience_s) &&
	       SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       (!a->q->ca_file || SET(CURLOPT_CAINFO, a->q->ca_file));
}

static bool fail_as_told(const struct asking *a, CURLcode code, struct err *err)
{
	if (code == CURLE_OUT_OF_MEMORY || !text_ok(&a->answer->body))
		return fail_memory(err);
	if (a->too_long)
		return fail(err, ERR_IO, "the answer of '%.200s' has no end", a->q->url);
	return fail(err,
		    code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ? ERR_INVALID
										      : ERR_IO,
		    "cannot ask '%.200s': %s", a->q->url,
		    a->why[0] ? a->why : a->curl->easy_strerror(code));
}

bool web_ask(const struct web_request *q, struct web_answer *ret, struct err *err)
{
	CLEANUP(asking_release)
	struct asking a = { .curl = libcurl_load(), .q = q, .answer = ret };
	CURLcode code;
	long status = 0;

	if (!a.curl) {
		fail(err, ERR_IO, "this machine has no libcurl, which speaks HTTP");
		return fail_hint(err, "apt install libcurl4");
	}
	a.handle = a.curl->easy_init();
	if (!a.handle || !add_headers(&a) || !prepare(&a))
		return fail_memory(err);
	code = a.curl->easy_perform(a.handle);
	if (code != CURLE_OK)
		return fail_as_told(&a, code, err);
	a.curl->easy_getinfo(a.handle, CURLINFO_RESPONSE_CODE, &status);
	ret->status = (unsigned)status;
	return true;
}

void web_answer_release(struct web_answer *a)
{
	text_release(&a->body);
}

bool web_is_loopback(const char *url)
{
	static const char *const hosts[] = { "localhost", "127.0.0.1", "[::1]" };
	const char *host = strstr(url, "://");

	for (size_t i = 0; host && i < ARRAY_LEN(hosts); i++) {
		size_t len = strlen(hosts[i]);

		if (!strncasecmp(host + 3, hosts[i], len) && strchr(":/?#", host[3 + len]))
			return true;
	}
	return false;
}
