/*
 * Who asks: a byte that says over what, then lines "Name: value" of any bytes.  Whatever they are,
 * nobody is let in but who has a token of the file, the user of a socket, or this machine.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "http/access.h"
#include "http/guard.h"

/* Two tokens, "portbook_known" and "portbook_bound", which may change one project. */
#define FILE_TEXT                                                            \
	"known sha256:"                                                      \
	"e0305cb86f6c2a74c43800c7457bf67e0575038fa8ee795b988642b3bd9c59e3\n" \
	"bound sha256:"                                                      \
	"0d1b2128a78d20006e23f3b4012cb06e4c1c08d48f74d479a0b4d8e0c343b2d6"   \
	" project:shop\n"

enum {
	OVER_SOCKET = 1,
	OVER_NETWORK = 2,
	OVER_TLS = 4,
	HAS_NO_TOKENS = 8,
	ALWAYS_TOKEN = 16,
};

static char path[] = "/tmp/fuzz-access-XXXXXX";

static void remove_file(void)
{
	unlink(path);
}

static struct tokens *open_tokens(void)
{
	struct tokens *tokens = NULL;
	struct err err = { 0 };
	int fd = mkstemp(path);

	MUST(fd >= 0 && fchmod(fd, 0600) == 0);
	MUST(write(fd, FILE_TEXT, strlen(FILE_TEXT)) == (ssize_t)strlen(FILE_TEXT));
	close(fd);
	atexit(remove_file);
	MUST(tokens_open(path, &tokens, &err));
	return tokens;
}

/* Cut `*at` at the first of `stops`, and step behind it; "" at the end. */
static char *cut(char **at, const char *stops)
{
	char *word = *at;

	*at += strcspn(*at, stops);
	if (**at)
		*(*at)++ = '\0';
	return word;
}

static void read_headers(char *at, struct http_headers *headers)
{
	while (*at) {
		char *line = cut(&at, "\n"), *name = cut(&line, ":");

		http_headers_add(headers, name, line + strspn(line, " "));
	}
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text);

	return len >= strlen(end) && !strcmp(text + len - strlen(end), end);
}

/* What may not be otherwise, told by other means than access.c has. */
static void check_let_in(const struct http_request *r, bool has_tokens, bool always)
{
	const struct http_caller *c = &r->caller;
	const char *sent = r->headers->value[HEADER_AUTHORIZATION];

	MUST(c->name[0] && c->client[0]);
	if (c->has_token) {
		MUST(has_tokens &&
		     (ends_with(sent, " portbook_known") || ends_with(sent, " portbook_bound")));
		MUST(!strncasecmp(sent, "bearer ", 7));
		MUST(ends_with(sent, "known") || (c->rights && c->rights->projects));
		MUST(!r->peer->is_far || (c->rights && c->rights->names_no_folders));
		return;
	}
	MUST(!(has_tokens && sent) && !(always && has_tokens && !r->peer->is_unix));
	MUST(r->peer->is_unix || r->peer->is_near);
	if (has_tokens && !r->peer->is_unix)
		MUST(!r->peer->is_far && !r->headers->count[HEADER_FORWARDED] &&
		     !r->headers->count[HEADER_FORWARDED_FOR]);
	MUST(!r->peer->only_reads || (c->rights && c->rights->only_reads));
}

/* A page of elsewhere: whatever its name, the guard does not let it in. */
static void check_origin(const struct http_request *r)
{
	static const struct guard guard;
	const char *origin = r->headers->value[HEADER_ORIGIN];
	struct err err = { 0 };
	unsigned status = 0;

	if (!guard_check(&guard, r, &status, &err)) {
		MUST(status >= 400 && err.text[0]);
		return;
	}
	MUST(r->headers->count[HEADER_AUTHORIZATION] <= 1 && r->headers->count[HEADER_HOST] <= 1);
	MUST(!origin || !strncmp(origin, "http", 4));
	MUST(!origin || strcasestr(origin, "localhost") || strstr(origin, "127.0.0.1") ||
	     strstr(origin, "[::1]"));
}

static void fuzz_one(const char *text, size_t size)
{
	static struct tokens *tokens;
	CLEANUP(arena_release) struct arena arena = { 0 };
	unsigned over = size ? (unsigned char)*text : 0;
	char *copy = arena_copy(&arena, size ? text + 1 : "");
	struct http_headers headers = { 0 };
	const struct http_peer peer = {
		.is_unix = over & OVER_SOCKET,
		.is_near = !(over & (OVER_SOCKET | OVER_NETWORK)),
		.is_far = (over & OVER_TLS) && !(over & OVER_SOCKET),
		.only_reads = over & 32,
		.name = "eva",
		.client = "eva",
	};
	struct http_request r = {
		.method = HTTP_GET, .headers = &headers, .peer = &peer, .arena = &arena
	};
	struct access_rules rules = { .always = over & ALWAYS_TOKEN };
	struct err err = { 0 };
	unsigned status = 0;

	if (!tokens)
		tokens = open_tokens();
	rules.tokens = over & HAS_NO_TOKENS ? NULL : tokens;
	read_headers(copy, &headers);
	check_origin(&r);
	if (access_check(&rules, &r, &status, &err))
		check_let_in(&r, rules.tokens, rules.always);
	else
		MUST((status == 401 || status == 403) && err.text[0]);
}
