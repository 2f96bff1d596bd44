/*
 * Long inputs that are quick for a reader that looks at each byte a few times.
 * One that goes back for each of them would run into the time limit of the test:
 * it would need hours.
 */
#include <stdlib.h>

#include "lib/check.h"

#include "formats/claim.h"

/* Less shows it, too, where each access is looked at. */
#ifdef __SANITIZE_ADDRESS__
#define LONG (128 << 10)
#else
#define LONG (2 << 20)
#endif

static bool count(const struct claim *c, void *arg)
{
	++*(unsigned *)arg;
	return true;
}

/* `start`, as many of `piece` as there is room for, and `end`. */
static void check_long(claims_fn *scan, const char *start, const char *piece, const char *end)
{
	char *text = calloc(1, LONG);
	size_t len = strlen(start), step = strlen(piece), last = strlen(end);
	struct err err = { 0 };
	unsigned claims = 0;

	CHECK(text);
	/* NOLINTBEGIN(bugprone-not-null-terminated-result): bytes with a length */
	memcpy(text, start, len);
	for (; len + step + last <= LONG; len += step)
		memcpy(text + len, piece, step);
	memcpy(text + len, end, last);
	/* NOLINTEND(bugprone-not-null-terminated-result) */
	if (!scan(text, len + last, "f", count, &claims, &err))
		CHECK(err.code == ERR_INVALID && !strncmp(err.text, "f:", 2), "'%s': %s", piece,
		      err.text);
	free(text);
}

static const char *const md_pieces[] = {
	"a",
	"\n",
	"\r",
	" ",
	"\t",
	"(",
	"|",
	"|-",
	"|a",
	"\\",
	"`",
	"*",
	"_",
	"~~",
	"*_",
	"[",
	"[a](",
	"<",
	"&#",
	"> ",
	"- ",
	"#",
	"9",
	"1-2,",
	"1-100 ",
	"a:",
	"/",
	"tcp/",
	"to ",
	"<!--\n",
	"```\n",
	"|Port|\n|-|\n",
	"|web|1-100|\n",
	"x\n---\n",
	"> a\n",
	"\u20ac",
};
static const char *const env_pieces[] = {
	"a",	       "\n",	     " ",	   "\\",	  "\"",
	"A_PORT=\"\n", "A_PORT='\n", "A_PORT=`\n", "A_PORT=\\\"", "A_PORT=1\n",
};
static const char *const json_pieces[] = {
	"a", "\n", "\r", " ", "\\", "\"", "\\\"", "[", "{", "[1,", "{\"a\":", "\"a\",", "{},",
};

static void check_pieces(claims_fn *scan, const char *start, const char *const *pieces,
			 size_t count, const char *end)
{
	for (size_t i = 0; i < count; i++)
		check_long(scan, start, pieces[i], end);
}
#define CHECK_PIECES(scan, start, pieces, end) \
	check_pieces(scan, start, pieces, ARRAY_LEN(pieces), end)

static void test_md__is_linear(void **state)
{
	CHECK_PIECES(claims_md, "", md_pieces, "");
	CHECK_PIECES(claims_md, "|Service|Port|\n|-|-|\n|web|", md_pieces, "|");
	CHECK_PIECES(claims_md, "|Service|Port|\n|-|-|\n|", md_pieces, "|1|");
}

static void test_ports_md__is_linear(void **state)
{
	CHECK_PIECES(claims_ports_md, "", md_pieces, "");
	CHECK_PIECES(claims_ports_md, "|Project|Block|Ports|\n|-|-|-|\n|a|", md_pieces, "|1|");
	CHECK_PIECES(claims_ports_md, "|Project|Instance|Ports|\n|-|-|-|\n|a|1|", md_pieces, "|");
}

static void test_dotenv__is_linear(void **state)
{
	CHECK_PIECES(claims_dotenv, "", env_pieces, "");
	CHECK_PIECES(claims_dotenv, "A_PORT=", env_pieces, "");
	CHECK_PIECES(claims_dotenv, "A_PORT=\"", env_pieces, "");
	CHECK_PIECES(claims_env, "", env_pieces, "");
	check_long(claims_env, "", "A_HOST=b\nB_PORT=1\n", "");
}

static void test_json__is_linear(void **state)
{
	static claims_fn *const scans[] = { claims_devports, claims_portkeeper,
					    claims_port_manager };

	for (size_t i = 0; i < ARRAY_LEN(scans); i++)
		CHECK_PIECES(scans[i], "", json_pieces, "");
	CHECK_PIECES(claims_devports, "{\"allocations\":[", json_pieces, "]}");
	CHECK_PIECES(claims_devports, "{\"x\":\"", json_pieces, "\",\"allocations\":[]}");
	check_long(claims_devports, "{\"allocations\":[{}", ",{}", "]}");
	check_long(claims_devports,
		   "{\"allocations\":[{\"port\":1,\"project\":\"a\",\"service\":\"b\"}",
		   ",{\"port\":1,\"project\":\"a\",\"service\":\"b\"}", "]}");
	check_long(claims_port_manager, "{\"ports\":{\"1\":{\"project\":\"a\",\"service\":\"b\"}",
		   ",\"1\":{\"project\":\"a\",\"service\":\"b\"}", "}}");
	check_long(claims_portkeeper, "{\"a:1\":{\"port\":1}", ",\"a:1\":{\"port\":1}", "}");
}

/* Words of all the files that programs of this machine are set up by. */
static const char *const machine_pieces[] = {
	"a",
	"\n",
	" ",
	"\\",
	"\"",
	"'",
	"{",
	"}",
	";",
	"#",
	"${",
	"server{",
	"server {}",
	"a.b,\n",
	"a.b {\n",
	"}\n",
	"a=1\n",
	"\\\n",
	"ListenStream=1\n",
	"Environment=PORT=1 ",
	"reverse_proxy :1\n",
	"upstream a{server :1;}",
	"LISTEN 0 0 *:1 *:*\n",
	"a 1 u 3u IPv4 1 0t0 TCP *:1 (LISTEN)\n",
};

static void test_machine__is_linear(void **state)
{
	static claims_fn *const scans[] = { claims_nginx, claims_caddy, claims_systemd, claims_lsof,
					    claims_ss };

	for (size_t i = 0; i < ARRAY_LEN(scans); i++)
		CHECK_PIECES(scans[i], "", machine_pieces, "");
	CHECK_PIECES(claims_nginx, "server {", machine_pieces, "}");
	CHECK_PIECES(claims_systemd, "Environment=", machine_pieces, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_md__is_linear),
		cmocka_unit_test(test_ports_md__is_linear),
		cmocka_unit_test(test_dotenv__is_linear),
		cmocka_unit_test(test_json__is_linear),
		cmocka_unit_test(test_machine__is_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
