#include "lib/check.h"

#include "observe/proc_text_linux.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static bool is(struct piece_of piece, const char *want)
{
	if (!want || !piece.at)
		return !want && !piece.at;
	return piece.len == strlen(want) && !memcmp(piece.at, want, piece.len);
}

static void test_stat_line_parse__reads_name_parent_and_start(void **state)
{
	static const struct {
		const char *text, *program;
		pid_t parent;
		uint64_t start;
	} row[] = {
		{ "4711 (node) S 4700 4711 4711 34816 4711 4194304 1 2 3 4 5 6 7 8 20 0 11 0 987654 9 9\n",
		  "node", 4700, 987654 },
		/* A program may call itself what it likes. */
		{ "5 (a) S 1 (b) R) S 42 5 5 0 -1 1 1 2 3 4 5 6 7 8 20 0 1 0 77 0\n",
		  "a) S 1 (b) R", 42, 77 },
		{ "1 () S 0 1 1 0 -1 1 1 2 3 4 5 6 7 8 20 0 1 0 18446744073709551615 0\n", "", 0,
		  UINT64_MAX },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct stat_line line;

		CHECK(stat_line_parse(row[i].text, &line), "row %zu", i);
		CHECK(is(line.program, row[i].program), "row %zu", i);
		CHECK(line.parent == row[i].parent, "row %zu", i);
		CHECK(line.start == row[i].start, "row %zu", i);
	}
}

static void test_stat_line_parse__refuses_what_is_no_such_line(void **state)
{
	static const char *const rows[] = {
		"",
		"4711",
		"4711 (node",
		") 4711 (node",
		"4711 (node)",
		"4711 (node) S",
		"4711 (node) S x 4711 4711 34816 4711 4194304 1 2 3 4 5 6 7 8 20 0 11 0 987654 9\n",
		"4711 (node) S 4700 4711 4711\n",
		"4711 (node) S 4700 4711 4711 34816 4711 4194304 1 2 3 4 5 6 7 8 20 0 11 0 x 9\n",
	};
	struct stat_line line = { .parent = 5 };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK(!stat_line_parse(rows[i], &line), "row %zu", i);
	CHECK(line.parent == 5);
}

static void test_cgroup_text_parse__names_unit_and_container(void **state)
{
	static const struct {
		const char *text, *path, *unit, *container;
	} row[] = {
		{ "0::/system.slice/shop.service\n", "/system.slice/shop.service", "shop.service",
		  NULL },
		{ "0::/system.slice/shop.service/worker\n", "/system.slice/shop.service/worker",
		  "shop.service", NULL },
		{ "0::/user.slice/user-1000.slice/user@1000.service/app.slice/web.service",
		  "/user.slice/user-1000.slice/user@1000.service/app.slice/web.service",
		  "web.service", NULL },
		{ "0::/user.slice/user-1000.slice/session-3.scope\n",
		  "/user.slice/user-1000.slice/session-3.scope", "session-3.scope", NULL },
		{ "0::/system.slice/docker-" ID ".scope\n", "/system.slice/docker-" ID ".scope",
		  NULL, ID },
		{ "0::/machine.slice/libpod-" ID ".scope/container\n",
		  "/machine.slice/libpod-" ID ".scope/container", NULL, ID },
		{ "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope\n",
		  "/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope", NULL, ID },
		{ "0::/lxc.payload.shop/system.slice/web.service\n",
		  "/lxc.payload.shop/system.slice/web.service", "web.service", "shop" },
		{ "0::/machine.slice/machine-shop.scope\n", "/machine.slice/machine-shop.scope",
		  NULL, "shop" },
		/* A hexadecimal name that is too short is none. */
		{ "0::/docker/0123456789abcdef\n", "/docker/0123456789abcdef", NULL, NULL },
		{ "0::/\n", "/", NULL, NULL },
		/* Older kernels have a hierarchy for each controller. */
		{ "12:memory:/a\n3:cpu,cpuacct:/b\n1:name=systemd:/system.slice/x.service\n",
		  "/system.slice/x.service", "x.service", NULL },
		{ "4:memory:/docker/" ID "\n1:name=systemd:/\n0::/\n", "/docker/" ID, NULL, ID },
		{ "1:name=systemd:/init.scope\n0::/system.slice/x.service\n",
		  "/system.slice/x.service", "x.service", NULL },
		{ "4:memory:/docker/" ID "\n0::/system.slice/containerd.service\n",
		  "/system.slice/containerd.service", "containerd.service", ID },
		{ "", NULL, NULL, NULL },
		{ "no colon\n0:one\n", NULL, NULL, NULL },
		/* No name in front of the ending. */
		{ "0::/.service/.scope\n", "/.service/.scope", NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct cgroup_text got;

		cgroup_text_parse(row[i].text, &got);
		CHECK(is(got.path, row[i].path), "row %zu", i);
		CHECK(is(got.unit, row[i].unit), "row %zu: %.*s", i, (int)got.unit.len,
		      got.unit.at);
		CHECK(is(got.container, row[i].container), "row %zu", i);
	}
}

static void test_command_line_join__makes_one_printable_line(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *want;
	} row[] = {
		{ "node\0server.js\0", 15, "node server.js" },
		{ "nginx: master process\0\0\0\0", 25, "nginx: master process" },
		{ "a\0\0b\0", 5, "a  b" },
		{ "a\033[31m\nb\0", 9, "a?[31m?b" },
		{ "gr\xc3\xbc\xc3\x9f\0", 7, "gr\xc3\xbc\xc3\x9f" },
		/* The last character was cut in the middle. */
		{ "ab\xc3", 3, "ab?" },
		{ "\0\0", 2, "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char text[64] = { 0 };

		memcpy(text, row[i].bytes, row[i].len);
		command_line_join(text, row[i].len);
		CHECK_TEXT(text, row[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stat_line_parse__reads_name_parent_and_start),
		cmocka_unit_test(test_stat_line_parse__refuses_what_is_no_such_line),
		cmocka_unit_test(test_cgroup_text_parse__names_unit_and_container),
		cmocka_unit_test(test_command_line_join__makes_one_printable_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
