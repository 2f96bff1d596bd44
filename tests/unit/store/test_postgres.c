/* What a book in PostgreSQL promises beside the contract of all stores: about its connection. */
#include "lib/check.h"
#include "lib/folder.h"
#include "lib/postgres.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "store/postgres/look.h"
#include "store/postgres/postgres.h"

#define MUST(call) CHECK((call), "%s: %s", err_name(err.code), err.text)

/* ---- the URL as it is shown ---- */

static void test_url_shown__has_no_password(void **state)
{
	static const struct {
		const char *url, *shown;
	} rows[] = {
		{ "postgres://h/d", "postgres://h/d" },
		{ "postgres://me@h/d", "postgres://me@h/d" },
		{ "postgres://me:pw@h/d", "postgres://me:***@h/d" },
		{ "postgresql://me:p%40w@h1,h2:99/d?sslmode=require",
		  "postgresql://me:***@h1,h2:99/d?sslmode=require" },
		{ "postgres://me:a@b@h/d", "postgres://me:***@h/d" },
		{ "postgres://h:5432/d@x:y", "postgres://h:5432/d@x:y" }, /* the path is no user */
		{ "postgres://h/d?password=pw", "postgres://h/d?password=***" },
		{ "postgres://h/d?a=b&password=pw&c=d", "postgres://h/d?a=b&password=***&c=d" },
		{ "postgres://h/d?sslpassword=pw", "postgres://h/d?sslpassword=***" },
		{ "postgres://h/d?passfile=/a", "postgres://h/d?passfile=/a" },
		{ "postgres:///d?host=/a:b@c", "postgres:///d?host=/a:b@c" },
		{ "/home/me:x@y/book?password=z", "/home/me:x@y/book?password=z" }, /* a path */
		{ "postgres://", "postgres://" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char shown[128], cut[8];

		CHECK_TEXT(postgres_url_shown(rows[i].url, shown, sizeof(shown)), rows[i].shown);
		CHECK(strlen(postgres_url_shown(rows[i].url, cut, sizeof(cut))) < sizeof(cut));
	}
}

static void test_is_url__knows_both_schemes(void **state)
{
	CHECK(postgres_is_url("postgres://h/d") && postgres_is_url("postgresql://h/d"));
	CHECK(!postgres_is_url("/postgres://h") && !postgres_is_url("http://h") &&
	      !postgres_is_url("postgres"));
}

/* ---- the server's clock ---- */

static void test_clocks__are_apart_only_where_the_way_does_not_explain_it(void **state)
{
	static const struct {
		int64_t before, server, after, apart;
	} rows[] = {
		{ 100000, 100010, 100020, 0 },
		{ 100000, 99001, 100020, 0 },
		{ 100000, 101020, 100020, 0 },
		{ 100000, 101021, 100020, 1001 },
		{ 100000, 98999, 100020, -1001 },
		{ 100000, 105000, 110000, 0 }, /* a slow way, and anything may be true */
		{ 100000, 0, 100020, -100000 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK(postgres_clocks_apart(rows[i].before, rows[i].server, rows[i].after) ==
			      rows[i].apart,
		      "row %zu", i);
}

/* ---- a connection that is lost ---- */

#define OTHERS                                                          \
	"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity" \
	" WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"

static struct store *new_book(void)
{
	struct postgres_setup setup;
	struct err err = { 0 };
	struct store *s = NULL;

	MUST(store_postgres_setup(postgres_url(), false, &setup, &s, &err));
	MUST(s->ops->clear(s, &err));
	return s;
}

static const char *setting(struct store *s, struct arena *a, const char *name)
{
	struct err err = { 0 };
	const char *value = NULL;

	MUST(s->ops->setting_get(s, name, a, &value, &err));
	return value ? value : "";
}

static void test_lost__between_two_calls_nobody_notices(void **state)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct store *s = new_book();
	struct err err = { 0 };

	MUST(s->ops->setting_put(s, "a", "1", &err));
	postgres_say(OTHERS);
	CHECK_TEXT(setting(s, &a, "a"), "1");
	postgres_say(OTHERS);
	MUST(s->ops->setting_put(s, "b", "2", &err));
	postgres_say(OTHERS);
	MUST(store_begin(s, false, &err));
	CHECK_TEXT(setting(s, &a, "b"), "2");
	MUST(store_commit(s, &err));
	store_free(s);
}

static void test_lost__in_the_middle_leaves_nothing_and_says_so(void **state)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct store *s = new_book();
	struct err err = { 0 };

	MUST(store_begin(s, true, &err));
	MUST(s->ops->setting_put(s, "a", "1", &err));
	postgres_say(OTHERS);
	CHECK(!s->ops->setting_put(s, "b", "2", &err));
	CHECK(err.code == ERR_IO && err.hint[0], "%s: %s", err_name(err.code), err.text);
	CHECK(!s->ops->setting_put(s, "c", "3", &err), "a part of it alone");
	store_rollback(s);
	CHECK_TEXT(setting(s, &a, "a"), "");
	CHECK_TEXT(setting(s, &a, "c"), "");
	MUST(s->ops->setting_put(s, "a", "1", &err));
	store_free(s);
}

static void test_lost__before_the_commit_is_no_commit(void **state)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct store *s = new_book();
	struct err err = { 0 };

	MUST(store_begin(s, true, &err));
	MUST(s->ops->setting_put(s, "a", "1", &err));
	postgres_say(OTHERS);
	CHECK(!store_commit(s, &err) && err.code == ERR_IO, "%s", err.text);
	CHECK_TEXT(setting(s, &a, "a"), "");
	store_free(s);
}

/* ---- the network is cut in the middle of a commit ---- */

enum cut {
	CUT_BEFORE, /* the server never hears of the commit */
	CUT_AFTER,  /* the server answers, and nobody hears it */
};

static int socket_in(const char *folder, bool listens)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/.s.PGSQL.5432", folder);
	CHECK(fd >= 0);
	if (listens)
		CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 8) == 0);
	else
		CHECK(connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	return fd;
}

/*
 * What came in goes on, unless it asks for a commit and `cut` is not NULL: then
 * `*cut` becomes true.  False: there is no more.
 */
static bool pass_on(int from, int to, bool *cut)
{
	char bytes[65536];
	ssize_t n = read(from, bytes, sizeof(bytes));

	/* With its NUL: "READ COMMITTED" is another matter. */
	if (n > 0 && cut && memmem(bytes, (size_t)n, "COMMIT", sizeof("COMMIT")))
		*cut = true;
	else
		return n > 0 && write(to, bytes, (size_t)n) == n;
	return true;
}

static void cut_off(int server, enum cut cut)
{
	/* A "COMMIT" of our own, by the simple protocol; its answer is read and kept. */
	static const char commit[] = "Q\0\0\0\013COMMIT";
	char answer[256];

	if (cut == CUT_AFTER && write(server, commit, sizeof(commit)) == sizeof(commit))
		CHECK(read(server, answer, sizeof(answer)) > 0);
}

/* True: a commit came, and was cut. */
static bool proxy_one(int client, int server, enum cut cut, bool cuts)
{
	struct pollfd ends[] = { { client, POLLIN, 0 }, { server, POLLIN, 0 } };
	bool commits = false;

	while (poll(ends, 2, -1) > 0) {
		if (ends[1].revents && !pass_on(server, client, NULL))
			return false;
		if (!ends[0].revents)
			continue;
		if (!pass_on(client, server, cuts ? &commits : NULL))
			return false;
		if (commits) {
			cut_off(server, cut);
			return true;
		}
	}
	return false;
}

/* Between the session and the server; all is passed on after the first cut. */
static void proxy(const char *server_folder, int listener, enum cut cut)
{
	bool cuts = true;

	for (;;) {
		int client = accept(listener, NULL, NULL);
		int server = socket_in(server_folder, false);

		if (proxy_one(client, server, cut, cuts))
			cuts = false;
		close(client);
		close(server);
	}
}

static void try_cut(enum cut cut, bool want)
{
	CLEANUP(folder_cleanup) struct folder folder = folder_make();
	CLEANUP(arena_release) struct arena a = { 0 };
	char url[PATH_MAX + 64];
	struct store *direct = new_book(), *s = NULL;
	struct err err = { 0 };
	int listener = socket_in(folder.path, true);
	const char *server = strstr(postgres_url(), "host=") + strlen("host=");
	pid_t pid = fork();

	if (pid == 0) {
		proxy(server, listener, cut);
		_exit(0);
	}
	close(listener);
	snprintf(url, sizeof(url), "postgres://postgres@/postgres?host=%s", folder.path);
	MUST(store_postgres_open(url, &s, &err));
	MUST(store_begin(s, true, &err));
	MUST(s->ops->setting_put(s, "a", "1", &err));
	CHECK(store_commit(s, &err) == want, "%s", err.text);
	CHECK(want || err.code == ERR_IO, "%s", err.text);
	CHECK_TEXT(setting(direct, &a, "a"), want ? "1" : "");
	MUST(s->ops->setting_get(s, "a", &a, &(const char *){ NULL }, &err));
	store_free(s);
	store_free(direct);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void test_commit__whose_answer_is_lost_is_found_to_be_done(void **state)
{
	try_cut(CUT_AFTER, true);
}

static void test_commit__that_never_arrived_is_found_not_to_be_done(void **state)
{
	try_cut(CUT_BEFORE, false);
}

/* ---- following ---- */

static bool keep_seq(const struct event *e, void *arg)
{
	*(int64_t *)arg = e->seq;
	return false;
}

static int64_t newest(struct store *s, bool settled)
{
	const struct event_filter f = { .newest_first = true, .settled_only = settled, .limit = 1 };
	struct err err = { 0 };
	int64_t seq = 0;

	MUST(s->ops->event_each(s, &f, keep_seq, &seq, &err));
	return seq;
}

static void add_event(struct store *s)
{
	struct err err = { 0 };

	MUST(s->ops->event_add(s, &(struct event){ .op = "x", .at_ms = 1 }, &err));
}

/* Who goes on from what is newest would miss what began before and ends later. */
static void test_following__begins_where_nothing_comes_before(void **state)
{
	struct store *slow = new_book(), *quick = NULL;
	struct err err = { 0 };
	int64_t start, told = 0;

	MUST(store_postgres_open(postgres_url(), &quick, &err));
	add_event(quick);
	start = newest(quick, true);
	CHECK(start && start == newest(quick, false));
	MUST(store_begin_shared(slow, &err));
	add_event(slow);
	MUST(slow->ops->setting_get(slow, "a", &(struct arena){ 0 }, &(const char *){ NULL },
				    &err));
	MUST(store_begin_shared(quick, &err));
	add_event(quick);
	MUST(store_commit(quick, &err));
	CHECK(newest(quick, false) > start);
	CHECK(newest(quick, true) == start);
	MUST(store_commit(slow, &err));
	MUST(quick->ops->event_each(quick, &(struct event_filter){ .after_seq = start, .limit = 1 },
				    keep_seq, &told, &err));
	CHECK(told > start && told < newest(quick, false));
	store_free(slow);
	store_free(quick);
}

/* ---- what a server says by the way ---- */

/* All is well, and then it ends: PostgreSQL's protocol, version 3.0, as a fast shutdown has it. */
static const char goodbye[] = "R\0\0\0\010\0\0\0\0"
			      "S\0\0\0\030server_version\00015.0\0"
			      "K\0\0\0\014\0\0\0\001\0\0\0\001"
			      "Z\0\0\0\005I"
			      "E\0\0\0\057SFATAL\0VFATAL\0C57P01\0Mthe server ends now\0";

static void say_goodbye(int listener)
{
	char startup[1024];
	int client = accept(listener, NULL, NULL);

	if (read(client, startup, sizeof(startup)) > 0 &&
	    write(client, goodbye, sizeof(goodbye)) == sizeof(goodbye))
		_exit(0);
	_exit(1);
}

/* What is printed while a book is opened that is not there any more. */
static void open_and_read(const char *url, char *ret, size_t size)
{
	int printed[2], own = dup(STDERR_FILENO);
	struct err err = { 0 };
	struct store *s = NULL;
	bool opened;
	ssize_t n;

	CHECK(pipe(printed) == 0 && dup2(printed[1], STDERR_FILENO) >= 0);
	opened = store_postgres_open(url, &s, &err);
	dup2(own, STDERR_FILENO);
	close(printed[1]);
	CHECK(!opened && err.code == ERR_IO, "%s", err.text);
	n = read(printed[0], ret, size - 1);
	ret[n > 0 ? n : 0] = '\0';
	close(printed[0]);
	close(own);
}

static void test_open__of_a_server_that_ends_prints_nothing(void **state)
{
	static const char *const others[] = { "", ",/nowhere",
					      ",/nowhere&target_session_attrs=any" };

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		CLEANUP(folder_cleanup) struct folder folder = folder_make();
		int listener = socket_in(folder.path, true);
		char url[PATH_MAX + 64], text[256];
		pid_t pid = fork();

		if (pid == 0)
			say_goodbye(listener);
		close(listener);
		snprintf(url, sizeof(url), "postgres://postgres@/postgres?host=%s%s", folder.path,
			 others[i]);
		open_and_read(url, text, sizeof(text));
		CHECK_TEXT(text, "");
		waitpid(pid, NULL, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_url_shown__has_no_password),
		cmocka_unit_test(test_is_url__knows_both_schemes),
		cmocka_unit_test(test_clocks__are_apart_only_where_the_way_does_not_explain_it),
		cmocka_unit_test(test_open__of_a_server_that_ends_prints_nothing),
		cmocka_unit_test(test_following__begins_where_nothing_comes_before),
		cmocka_unit_test(test_lost__between_two_calls_nobody_notices),
		cmocka_unit_test(test_lost__in_the_middle_leaves_nothing_and_says_so),
		cmocka_unit_test(test_lost__before_the_commit_is_no_commit),
		cmocka_unit_test(test_commit__whose_answer_is_lost_is_found_to_be_done),
		cmocka_unit_test(test_commit__that_never_arrived_is_found_not_to_be_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
