/* The process beside the server (sandbox/aide.h): what it sees, and what it runs. */
#include "lib/check.h"
#include "lib/folder.h"

#include <poll.h>
#include <signal.h>

#include "sandbox/aide.h"

#define LONG_MS 30000

/* A machine on which the aide's process itself is all there is. */

static bool fake_look(void *ctx, const struct look *what, struct arena *a,
		      struct listener_list *ret, struct err *err)
{
	struct listener *l = arena_alloc(a, sizeof(*l));

	(void)ctx;
	if (what->ports.first == 13) {
		fail(err, ERR_NOT_PERMITTED, "13 is not looked at");
		return fail_hint(err, "look elsewhere");
	}
	l->port = what->ports.first;
	l->uid = (uid_t)getpid();
	*ret = (struct listener_list){ .items = l, .count = 1, .learned = what->learn };
	return true;
}

static bool fake_learn(void *ctx, unsigned learn, struct arena *a, struct process *p)
{
	(void)ctx, (void)a;
	p->program = learn == LEARN_PROGRAM ? "learned" : NULL;
	return p->pid == 1;
}

static void fake_containers(void *ctx, struct arena *a, struct container_list *ret)
{
	(void)ctx, (void)a;
	ret->notice = "no engine here";
}

static const struct listeners_ops fake_ops = {
	.look = fake_look,
	.learn = fake_learn,
	.containers = fake_containers,
};
static const struct listeners machine = { &fake_ops, NULL };

static struct aide *start(const char *command, int64_t max_ms)
{
	const struct aide_options o = { .machine = &machine,
					.command = command,
					.command_max_ms = max_ms };
	struct aide *a = NULL;
	struct err err = { 0 };

	CHECK(aide_start(&o, &a, &err), "%s", err.text);
	return a;
}

static void test_aide__looks_in_a_process_of_its_own(void **state)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct aide *a = start(NULL, 0);
	struct err err = { 0 };

	(void)state;
	for (unsigned i = 0; i < AIDE_ASKERS; i++) {
		const struct listeners l = aide_listeners(a, i);
		const struct look what = { .ports = { 3000, 3000 }, .learn = LEARN_FOLDER };
		struct listener_list list;

		CHECK(l.ops->look(l.ctx, &what, &arena, &list, &err), "%s", err.text);
		CHECK(list.count == 1 && list.items[0].port == 3000);
		CHECK(list.items[0].uid != (uid_t)getpid() && list.learned == LEARN_FOLDER);
	}
	aide_free(a);
}

static void test_aide__tells_why_it_cannot_look(void **state)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct aide *a = start(NULL, 0);
	const struct listeners l = aide_listeners(a, 0);
	struct listener_list list = { 0 };
	struct err err = { 0 };

	(void)state;
	CHECK(!l.ops->look(l.ctx, &(struct look){ .ports = { 13, 13 } }, &arena, &list, &err));
	CHECK(err.code == ERR_NOT_PERMITTED && !list.items);
	CHECK_TEXT(err.text, "13 is not looked at");
	CHECK_TEXT(err.hint, "look elsewhere");
	aide_free(a);
}

static void test_aide__learns_and_asks_engines(void **state)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct aide *a = start(NULL, 0);
	const struct listeners l = aide_listeners(a, 1);
	struct process one = { .pid = 1 }, two = { .pid = 2 };
	struct container_list list;

	(void)state;
	CHECK(l.ops->learn(l.ctx, LEARN_PROGRAM, &arena, &one));
	CHECK_TEXT(one.program, "learned");
	CHECK(!l.ops->learn(l.ctx, LEARN_PROGRAM, &arena, &two) && two.pid == 2);
	l.ops->containers(l.ctx, &arena, &list);
	CHECK_TEXT(list.notice, "no engine here");
	aide_free(a);
}

/* The command. */

static void tell(struct aide *a, const char *word)
{
	struct err err = { 0 };

	CHECK(aide_notify(a, json_pack("{s:s}", "word", word), &err), "%s", err.text);
}

/* When the aide is gone, all its commands have run: the pipe that they write to is closed. */
static void read_all(int fd, struct text *ret)
{
	char bytes[256];
	ssize_t len;

	while ((len = read(fd, bytes, sizeof(bytes))) > 0)
		text_add_bytes(ret, bytes, (size_t)len);
}

/* What `command` writes to stderr, and the aide says of it, told of two words. */
static void run_two(const char *command, int64_t max_ms, struct text *ret)
{
	int saved = dup(STDERR_FILENO), ends[2] = { -1, -1 };
	struct aide *a;

	CHECK(saved >= 0 && !pipe(ends));
	CHECK(dup2(ends[1], STDERR_FILENO) >= 0);
	a = start(command, max_ms);
	CHECK(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	close(ends[1]);
	tell(a, "one");
	tell(a, "two");
	aide_free(a);
	read_all(ends[0], ret);
	close(ends[0]);
}

static void test_command__reads_each_message_by_itself_in_order(void **state)
{
	CLEANUP(text_release) struct text said = { 0 };

	(void)state;
	run_two("read -r line; echo \"<$line>\"; cat", LONG_MS, &said);
	CHECK_TEXT(text_str(&said), "<{\"word\":\"one\"}>\n<{\"word\":\"two\"}>\n");
}

static void test_command__that_fails_is_said_and_the_next_one_runs(void **state)
{
	CLEANUP(text_release) struct text said = { 0 };

	(void)state;
	run_two("exit 3", LONG_MS, &said);
	CHECK_TEXT(text_str(&said),
		   "portbook-serve: the command of --notify ended with status 3\n"
		   "portbook-serve: the command of --notify ended with status 3\n");
}

static void test_command__that_hangs_is_ended(void **state)
{
	static const char want[] = "portbook-serve: the command of --notify took too long, and was "
				   "ended by signal ";
	CLEANUP(text_release) struct text said = { 0 };
	const char *second;

	(void)state;
	run_two("tail -f /dev/null", 50, &said);
	/* Which one it was depends on how far it had come. */
	CHECK(!strncmp(text_str(&said), want, strlen(want)), "%s", text_str(&said));
	second = strchr(text_str(&said), '\n');
	CHECK(second && !strncmp(second + 1, want, strlen(want)), "%s", text_str(&said));
}

static void test_aide__that_has_ended_is_noticed(void **state)
{
	CLEANUP(arena_release) struct arena arena = { 0 };
	struct aide *a = start(NULL, 0);
	const struct listeners l = aide_listeners(a, 0);
	struct pollfd file = { .fd = aide_fd(a), .events = POLLIN };
	const struct look what = { .ports = { 3000, 3000 } };
	struct listener_list list;
	struct err err = { 0 };

	(void)state;
	CHECK(l.ops->look(l.ctx, &what, &arena, &list, &err));
	CHECK(poll(&file, 1, 0) == 0);
	CHECK(!kill((pid_t)list.items[0].uid, SIGKILL));
	CHECK(poll(&file, 1, LONG_MS) == 1);
	CHECK(!l.ops->look(l.ctx, &what, &arena, &list, &err));
	aide_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aide__looks_in_a_process_of_its_own),
		cmocka_unit_test(test_aide__tells_why_it_cannot_look),
		cmocka_unit_test(test_aide__learns_and_asks_engines),
		cmocka_unit_test(test_command__reads_each_message_by_itself_in_order),
		cmocka_unit_test(test_command__that_fails_is_said_and_the_next_one_runs),
		cmocka_unit_test(test_command__that_hangs_is_ended),
		cmocka_unit_test(test_aide__that_has_ended_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
