/*
 * Whole operations when memory runs out, from the session down to the store: an error, no leak
 * (built with ASan), nothing half done, and a session that goes on working.
 */
#include "lib/check.h"
#include "lib/fault.h"
#include "lib/folder.h"

#include <unistd.h>

#include "base/json.h"
#include "book/session.h"

/* Instead of libc's: thousands of changes are made here, and no power fails meanwhile. */
int fsync(int fd)
{
	(void)fd;
	return 0;
}

int fdatasync(int fildes)
{
	(void)fildes;
	return 0;
}

struct ask {
	const char *operation, *input; /* JSON; FOLDER in it: the test's folder */
};

/* What a shop's book has before each step. */
static const struct ask before[] = {
	{ "project-add", "{'projectName':'shop','projectPath':'/srv/shop'}" },
	{ "get", "{'projectName':'shop','serviceName':'web'}" },
	{ "get",
	  "{'projectName':'shop','serviceName':'api','description':'d','metadata':{'a':1}}" },
	{ "allocate", "{'projectName':'shop','serviceName':'api'}" },
	{ "reserve", "{'ports':'3150-3159','reason':'r'}" },
	{ "project-add", "{'projectName':'spare'}" },
	/* A repository with a worktree that is new, and an instance whose worktree is gone. */
	{ "project-add", "{'projectName':'tree','projectPath':'FOLDER-of-git/main'}" },
	{ "instance-add", "{'projectName':'tree','instance':2,'worktreePath':'/nowhere/gone'}" },
	{ NULL },
};

#define DB "{'projectName':'shop','serviceName':'db'"

static const struct step {
	struct ask ask;
	struct ask undo[2]; /* makes it possible again */
} steps[] = {
	/* Answers from the book alone. */
	{ { "get", "{'projectName':'shop','serviceName':'web'}" } },
	{ { "list", "{}" } },
	{ { "list", "{'projectName':'shop','search':'a','limit':1}" } },
	{ { "show", "{'projectName':'shop'}" } },
	{ { "status", "{}" } },
	{ { "summary", "{}" } },
	{ { "summary", "{'projectName':'shop'}" } },
	{ { "check", "{'ports':'3100-3102'}" } },
	{ { "env", "{'projectName':'shop'}" } },
	{ { "history", "{'projectName':'shop'}" } },
	{ { "where", "{'path':'FOLDER'}" } },
	{ { "doctor", "{}" } },
	{ { "reservations", "{}" } },
	{ { "project-list", "{}" } },
	{ { "project-show", "{'projectName':'shop'}" } },
	{ { "policy-list", "{}" } },
	{ { "policy-show", "{}" } },
	{ { "instance-list", "{'projectName':'shop'}" } },
	{ { "instance-next", "{'projectName':'shop'}" } },
	{ { "get", DB ",'dryRun':true}" } },
	{ { "worktree-list", "{'projectName':'tree'}" } },
	{ { "worktree-sync", "{'all':true,'dryRun':true}" } },
	{ { "where", "{'path':'FOLDER-of-git/new'}" } },
	{ { "adopt", "{'root':'FOLDER','dryRun':true}" } },
	{ { "export", "{}" } },
	{ { "export", "{'format':'csv','projectName':'shop'}" } },
	{ { "export", "{'format':'ports-md'}" } },
	{ { "import", "{'fileName':'p.md','content':'| project | service | port |\\n|---|---|---|"
		      "\\n| shop | db | 3190 |\\n| shop | db2 | 3190 |\\n','dryRun':true}" } },

	/* Changes. */
	{ { "get", DB "}" }, { { "release", DB "}" } } },
	{ { "get", DB ",'description':'d','cloudflareHostname':'db.example.org','notes':'n'}" },
	  { { "release", DB "}" } } },
	{ { "get", DB ",'temporary':true}" }, { { "release", DB "}" } } },
	{ { "get", DB ",'instance':2}" },
	  { { "release", DB ",'instance':2}" },
	    { "instance-release", "{'projectName':'shop','instance':2}" } } },
	{ { "get", "{'projectName':'new','serviceName':'web','create':true}" },
	  { { "release", "{'projectName':'new','serviceName':'web'}" },
	    { "project-remove", "{'projectName':'new'}" } } },
	{ { "get", "{'serviceName':'web','path':'FOLDER'}" },
	  { { "release", "{'serviceName':'web','path':'FOLDER'}" },
	    { "project-remove", "{'projectName':'folder'}" } } },
	{ { "allocate", DB "}" }, { { "release", DB "}" } } },
	{ { "allocate", "{'projectName':'shop','serviceName':'web','replace':true}" } },
	{ { "release", "{'projectName':'shop','serviceName':'web'}" },
	  { { "get", "{'projectName':'shop','serviceName':'web'}" } } },
	{ { "release", "{'projectName':'shop','all':true}" },
	  { { "get", "{'projectName':'shop','serviceName':'web'}" },
	    { "get", "{'projectName':'shop','serviceName':'api'}" } } },
	{ { "update", "{'projectName':'shop','serviceName':'api','description':'e',"
		      "'metadata':{'b':2}}" } },
	{ { "move", "{'projectName':'shop','serviceName':'web','toServiceName':'www'}" },
	  { { "move", "{'projectName':'shop','serviceName':'www','toServiceName':'web'}" } } },
	{ { "register", DB ",'port':5433,'notes':'n'}" }, { { "release", DB "}" } } },
	{ { "reserve", "{'ports':'3200-3202','reason':'r','forProject':'shop'}" },
	  { { "unreserve", "{'ports':'3200-3202'}" } } },
	{ { "unreserve", "{'ports':'3152'}" },
	  { { "reserve", "{'ports':'3150-3159','reason':'r'}" } } },
	{ { "project-add", "{'projectName':'other'}" },
	  { { "project-remove", "{'projectName':'other'}" } } },
	{ { "project-set", "{'projectName':'shop','description':'d','owner':'o'}" } },
	{ { "project-rename", "{'projectName':'shop','newName':'store'}" },
	  { { "project-rename", "{'projectName':'store','newName':'shop'}" } } },
	{ { "project-add-block", "{'projectName':'spare'}" },
	  { { "project-remove", "{'projectName':'spare'}" },
	    { "project-add", "{'projectName':'spare'}" } } },
	{ { "instance-add", "{'projectName':'shop','purpose':'p','branch':'b'}" },
	  { { "instance-release", "{'projectName':'shop','instance':2}" } } },
	{ { "import", "{'fileName':'p.md','content':'| project | service | port |\\n|---|---|---|"
		      "\\n| shop | db | 3190 |\\n'}" },
	  { { "release", DB "}" } } },
	{ { "policy-use", "{'name':'blocks'}" } },
	{ { "policy-use", "{'name':'types','keepEntries':true}" },
	  { { "policy-use", "{'name':'blocks','keepEntries':true}" } } },
	{ { "worktree-remove", "{'worktreePath':'/nowhere/gone','path':'FOLDER-of-git/main'}" },
	  { { "instance-add",
	      "{'projectName':'tree','instance':2,'worktreePath':'/nowhere/gone'}" } } },
	{ { "worktree-sync", "{'path':'FOLDER-of-git/main'}" },
	  { { "instance-release", "{'projectName':'tree','instance':2}" },
	    { "instance-add",
	      "{'projectName':'tree','instance':2,'worktreePath':'/nowhere/gone'}" } } },
	{ { "init", "{'path':'FOLDER','services':['web','api']}" },
	  { { "release", "{'projectName':'folder','all':true}" },
	    { "project-remove", "{'projectName':'folder'}" } } },
	{ { "get", "{'projectName':'shop','serviceName':'last'}" } },
	{ { "undo", "{'dryRun':true}" } },
	{ { "cleanup", "{'dryRun':true,'idleDays':1}" } },
	{ { "cleanup", "{'orphans':true,'yes':true}" },
	  { { "get", "{'projectName':'shop','serviceName':'web'}" } } },
	{ { "cleanup-report", "{}" } },
	{ { "undo", "{}" }, { { "get", "{'projectName':'shop','serviceName':'last'}" } } },
};

/* ---- asking ---- */

static struct folder folder;

static json_t *input_of(const struct ask *ask)
{
	char text[2 * PATH_MAX];
	const char *at = strstr(ask->input, "FOLDER");
	struct err err = { 0 };
	json_t *input;

	if (at)
		snprintf(text, sizeof(text), "%.*s%s/folder%s", (int)(at - ask->input), ask->input,
			 folder.path, at + strlen("FOLDER"));
	else
		snprintf(text, sizeof(text), "%s", ask->input);
	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	CHECK(json_parse(text, strlen(text), &input, &err), "%s: %s", text, err.text);
	return input;
}

static json_t *answer_to(struct session *s, const struct ask *ask)
{
	CLEANUP(json_cleanup) json_t *input = input_of(ask);
	json_t *answer = NULL;
	struct err err = { 0 };

	CHECK(session_call(s, ask->operation, input, &answer, &err), "%s %s: %s", ask->operation,
	      ask->input, err.text);
	return answer;
}

static void do_all(struct session *s, const struct ask *asks, unsigned count)
{
	for (unsigned i = 0; i < count && asks[i].operation; i++)
		json_decref(answer_to(s, &asks[i]));
}

static struct session *open_session(const char *book)
{
	const struct session_options options = { .book = book };
	struct session *s;
	struct err err = { 0 };

	CHECK(session_open(&options, &s, &err), "%s", err.text);
	return s;
}

/* ---- what has to be the same afterwards ---- */

/*
 * What is entered, and the end of the history, which every change makes longer;
 * as text that the caller frees.
 */
static char *picture_of(struct session *s)
{
	static const struct ask list = { "list", "{}" }, history = { "history", "{'limit':1}" };
	CLEANUP(json_cleanup) json_t *all = json_array();
	char *text;

	CHECK(json_append(all, answer_to(s, &list)) && json_append(all, answer_to(s, &history)));
	text = json_dumps(all, JSON_COMPACT);
	CHECK(text);
	return text;
}

/* ---- one operation with little memory ---- */

/* Did any allocation fail since it was limited?  Exactly enough looks like too few. */
static bool some_failed(void)
{
	return allocations_left <= 0;
}

/* Where they begin to differ, and a few words before it. */
static size_t difference(const char *a, const char *b)
{
	size_t i = 0;

	while (a[i] && a[i] == b[i])
		i++;
	return i < 60 ? 0 : i - 60;
}

/* False: it failed, as it has to. */
static bool ask_with(struct session *s, const struct step *step, long allocations,
		     const char *where, bool *ret_some_failed)
{
	CLEANUP(json_cleanup) json_t *input = input_of(&step->ask), *answer = NULL;
	struct err err = { 0 };
	bool ok;

	allocations_left = allocations;
	ok = session_call(s, step->ask.operation, input, &answer, &err);
	*ret_some_failed = some_failed();
	allocations_left = ALLOCATIONS_UNLIMITED;
	CHECK(ok || (*ret_some_failed && err.code == ERR_MEMORY),
	      "%s: %s %s, allocation %ld: %s: %s", where, step->ask.operation, step->ask.input,
	      allocations, err_name(err.code), err.text);
	return ok;
}

static void fail_each_allocation_of(struct session *s, const struct step *step, const char *where)
{
	char *was = picture_of(s);
	bool failed = true;

	for (long n = one_allocation_fails; failed; n = fault_next(n)) {
		bool ok = ask_with(s, step, n, where, &failed);
		char *is = picture_of(s);

		CHECK(ok || !strcmp(was, is),
		      "%s: %s %s, allocation %ld\nwas ...%.400s\nis  ...%.400s", where,
		      step->ask.operation, step->ask.input, n, was + difference(was, is),
		      is + difference(was, is));
		free(was);
		was = is;
		if (!ok || !step->undo[0].operation)
			continue;
		do_all(s, step->undo, ARRAY_LEN(step->undo));
		free(was);
		was = picture_of(s);
	}
	free(was);
}

static void fail_each_allocation_in(const char *book, bool only_one)
{
	struct session *s = open_session(book);

	one_allocation_fails = only_one;
	do_all(s, before, ARRAY_LEN(before));
	for (unsigned i = 0; i < ARRAY_LEN(steps); i++)
		fail_each_allocation_of(s, &steps[i], book);
	session_free(s);
	one_allocation_fails = false;
}

static void test_operation__without_memory_changes_nothing_in_memory(void **state)
{
	fail_each_allocation_in("memory:", false);
}

static void test_operation__missing_one_allocation_changes_nothing_in_memory(void **state)
{
	fail_each_allocation_in("memory:", true);
}

static void test_operation__without_memory_changes_nothing_in_a_file(void **state)
{
	fail_each_allocation_in(folder_path(&folder, "without.db"), false);
}

static void test_operation__missing_one_allocation_changes_nothing_in_a_file(void **state)
{
	fail_each_allocation_in(folder_path(&folder, "one.db"), true);
}

/* ---- a session from its beginning ---- */

/* Open, ask, close; false when memory was too short. */
static bool ask_cold(const char *book, const struct ask *ask, long allocations,
		     bool *ret_some_failed)
{
	CLEANUP(json_cleanup) json_t *input = input_of(ask), *answer = NULL;
	const struct session_options options = { .book = book };
	struct session *s = NULL;
	struct err err = { 0 };
	bool ok;

	allocations_left = allocations;
	ok = session_open(&options, &s, &err) &&
	     session_call(s, ask->operation, input, &answer, &err);
	*ret_some_failed = some_failed();
	session_free(s);
	allocations_left = ALLOCATIONS_UNLIMITED;
	CHECK(ok || (*ret_some_failed && err.code == ERR_MEMORY), "%s: %s, allocation %ld: %s: %s",
	      book, ask->operation, allocations, err_name(err.code), err.text);
	return ok;
}

static void fail_each_allocation_of_a_cold(const struct ask *ask, bool only_one)
{
	const char *book = folder_path(&folder, only_one ? "cold-one.db" : "cold.db");
	char path[2 * PATH_MAX];
	struct session *s;
	bool failed = true;

	snprintf(path, sizeof(path), "%s", book);
	s = open_session(path);
	do_all(s, before, ARRAY_LEN(before));
	session_free(s);
	one_allocation_fails = only_one;
	for (long n = 0; failed; n = fault_next(n))
		(void)ask_cold(path, ask, n, &failed);
	one_allocation_fails = false;
	s = open_session(path);
	json_decref(answer_to(s, ask));
	session_free(s);
	CHECK(remove(path) == 0);
	snprintf(path, sizeof(path), "%s-wal", book);
	CHECK(remove(path) == 0);
	snprintf(path, sizeof(path), "%s-shm", book);
	CHECK(remove(path) == 0);
}

static void test_session__that_opens_a_book_answers_or_says_there_is_no_memory(void **state)
{
	static const struct ask asks[] = {
		{ "get", "{'projectName':'shop','serviceName':'web'}" },
		{ "get", "{'projectName':'shop','serviceName':'db'}" },
	};

	for (unsigned i = 0; i < ARRAY_LEN(asks); i++) {
		fail_each_allocation_of_a_cold(&asks[i], false);
		fail_each_allocation_of_a_cold(&asks[i], true);
	}
}

/* The whole book is there, or the next session makes it. */
static bool fail_an_allocation_of_a_new_book(const char *path, bool only_one, long allocations)
{
	static const struct ask ask = {
		"get", "{'projectName':'shop','serviceName':'web','create':true}"
	};
	struct session *s;
	bool failed;

	one_allocation_fails = only_one;
	(void)ask_cold(path, &ask, allocations, &failed);
	one_allocation_fails = false;
	s = open_session(path);
	json_decref(answer_to(s, &ask));
	session_free(s);
	return failed;
}

/*
 * Rationale: each of some 6,000 makes two books, 15 ms; fault/test_store_sqlite.c lets each
 * allocation of opening fail, and what comes after that is the same in memory.
 */
#define ONE_IN 17

static void test_new_book__is_made_whole_or_made_later(void **state)
{
	bool failed = true;

	for (long n = 0; failed; n = fault_next(n) + ONE_IN) {
		CLEANUP(folder_cleanup) struct folder f = folder_make();
		char path[2 * PATH_MAX];

		snprintf(path, sizeof(path), "%s/one/book.db", f.path);
		failed = fail_an_allocation_of_a_new_book(path, true, n);
		snprintf(path, sizeof(path), "%s/all/book.db", f.path);
		failed = fail_an_allocation_of_a_new_book(path, false, n + ONE_IN / 2) || failed;
	}
}

static void test_new_book_in_memory__is_made_or_there_is_no_memory(void **state)
{
	for (long n = 0; fail_an_allocation_of_a_new_book("memory:", false, n); n = fault_next(n))
		;
	for (long n = 0; fail_an_allocation_of_a_new_book("memory:", true, n); n = fault_next(n))
		;
}

/* As git leaves a repository with a worktree. */
static void make_repository(void)
{
	char link[2 * PATH_MAX];

	folder_write(&folder, "folder-of-git/main/.git/HEAD", "ref: refs/heads/main\n");
	folder_write(&folder, "folder-of-git/main/.git/worktrees/new/HEAD",
		     "ref: refs/heads/new\n");
	folder_write(&folder, "folder-of-git/main/.git/worktrees/new/commondir", "../..\n");
	snprintf(link, sizeof(link), "%s/.git\n", folder_path(&folder, "folder-of-git/new"));
	folder_write(&folder, "folder-of-git/main/.git/worktrees/new/gitdir", link);
	snprintf(link, sizeof(link), "gitdir: %s\n",
		 folder_path(&folder, "folder-of-git/main/.git/worktrees/new"));
	folder_write(&folder, "folder-of-git/new/.git", link);
}

static int make_folder(void **state)
{
	char unit[2 * PATH_MAX];

	folder = folder_make();
	make_repository();
	folder_write(&folder, "folder/compose.yaml", "services: {web: {ports: ['3000:3000']}}\n");
	snprintf(unit, sizeof(unit), "WorkingDirectory=%s/folder\nListenStream=3300\n",
		 folder.path);
	folder_write(&folder, "folder/etc/systemd/system/a.socket", unit);
	folder_write(&folder, "folder/etc/nginx/nginx.conf", "proxy_pass http://localhost:3301;\n");
	/* No configuration of this machine's user. */
	setenv("HOME", folder.path, 1);
	unsetenv("XDG_CONFIG_HOME");
	return 0;
}

static int remove_folder(void **state)
{
	folder_cleanup(&folder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operation__without_memory_changes_nothing_in_memory),
		cmocka_unit_test(test_operation__missing_one_allocation_changes_nothing_in_memory),
		cmocka_unit_test(test_operation__without_memory_changes_nothing_in_a_file),
		cmocka_unit_test(test_operation__missing_one_allocation_changes_nothing_in_a_file),
		cmocka_unit_test(
			test_session__that_opens_a_book_answers_or_says_there_is_no_memory),
		cmocka_unit_test(test_new_book__is_made_whole_or_made_later),
		cmocka_unit_test(test_new_book_in_memory__is_made_or_there_is_no_memory),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
