#include "lib/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "lib/folder.h"

static struct folder folder;

static int make_folder(void **state)
{
	folder = folder_make();
	return 0;
}

static int remove_folder(void **state)
{
	folder_cleanup(&folder);
	return 0;
}

static const char *in_folder(const char *name)
{
	return folder_path(&folder, name);
}

static void check_file(const char *name, const char *want)
{
	CLEANUP(text_release) struct text t = { 0 };
	struct err err = { 0 };

	CHECK(file_read(in_folder(name), 1 << 20, &t, &err), "%s", err.text);
	CHECK_TEXT(text_str(&t), want);
}

static bool write_file(const char *name, const char *text, struct err *err)
{
	return file_write_atomic(in_folder(name), text, strlen(text), 0640, err);
}

static mode_t mode_of(const char *name)
{
	struct stat st;

	CHECK(lstat(in_folder(name), &st) == 0);
	return st.st_mode;
}

static unsigned open_fds(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

static void test_fd_cleanup__closes_and_keeps_errno(void **state)
{
	unsigned before = open_fds();

	errno = EXDEV;
	{
		CLEANUP(fd_cleanup) int fd = open("/dev/null", O_RDONLY);
		CLEANUP(fd_cleanup) int none = -1;

		CHECK(fd >= 0 && open_fds() == before + 1);
		errno = EXDEV;
	}
	CHECK(errno == EXDEV);
	CHECK(open_fds() == before);
}

static void test_fd_take__gives_it_away(void **state)
{
	int kept;

	{
		CLEANUP(fd_cleanup) int fd = open("/dev/null", O_RDONLY);

		kept = fd_take(&fd);
		CHECK(fd == -1);
	}
	CHECK(fcntl(kept, F_GETFD) != -1);
	close(kept);
}

static void test_file_read__appends_the_whole_file(void **state)
{
	static char large[200001];
	CLEANUP(text_release) struct text t = { 0 };
	struct err err = { 0 };

	memset(large, 'x', sizeof(large) - 1);
	CHECK(write_file("large", large, &err), "%s", err.text);
	text_add(&t, "before");
	CHECK(file_read(in_folder("large"), sizeof(large) - 1, &t, &err), "%s", err.text);
	CHECK(t.len == 6 + sizeof(large) - 1 && !strcmp(t.s + 6, large));
}

static void test_file_read__refuses_what_is_missing_too_long_or_no_file(void **state)
{
	CLEANUP(text_release) struct text t = { 0 };
	struct err err = { 0 };

	CHECK(!file_read(in_folder("missing"), 10, &t, &err) && err.code == ERR_NOT_FOUND);
	CHECK(write_file("f", "12345678901", &err));
	CHECK(!file_read(in_folder("f"), 10, &t, &err) && err.code == ERR_INVALID);
	CHECK(strstr(err.text, "10 bytes"), "%s", err.text);
	CHECK(!file_read(in_folder("f/below"), 10, &t, &err) && err.code == ERR_NOT_FOUND);
	CHECK(!file_read(folder.path, 10, &t, &err) && err.code == ERR_INVALID);
	CHECK(mkfifo(in_folder("fifo"), 0600) == 0);
	CHECK(!file_read(in_folder("fifo"), 10, &t, &err) && err.code == ERR_INVALID);
	CHECK(!file_read("/dev/zero", 10, &t, &err) && err.code == ERR_INVALID);
}

static void test_file_write_atomic__makes_a_file_with_the_mode(void **state)
{
	struct err err = { 0 };
	mode_t mask = umask(077);

	CHECK(write_file("new", "text", &err), "%s", err.text);
	umask(mask);
	check_file("new", "text");
	CHECK((mode_of("new") & 07777) == 0640, "%o", (unsigned)mode_of("new"));
}

static void test_file_write_atomic__keeps_the_mode_of_a_file(void **state)
{
	struct err err = { 0 };

	CHECK(write_file("f", "one", &err));
	CHECK(chmod(in_folder("f"), 0604) == 0);
	CHECK(write_file("f", "two", &err), "%s", err.text);
	check_file("f", "two");
	CHECK((mode_of("f") & 07777) == 0604);
}

static void test_file_write_atomic__keeps_owner_and_group_as_root(void **state)
{
	struct stat st;

	if (geteuid() != 0)
		skip();
	CHECK(file_write_atomic("owned", "1", 1, 0600, NULL));
	CHECK(chown("owned", 1234, 5678) == 0 && chmod("owned", 04750) == 0);
	CHECK(file_write_atomic("owned", "2", 1, 0600, NULL));
	CHECK(stat("owned", &st) == 0);
	CHECK(st.st_uid == 1234 && st.st_gid == 5678 && (st.st_mode & 07777) == 04750);
}

static void test_file_write_atomic__follows_a_link_and_keeps_it(void **state)
{
	struct err err = { 0 };

	CHECK(write_file("real", "one", &err));
	CHECK(symlink("real", in_folder("link")) == 0);
	CHECK(write_file("link", "two", &err), "%s", err.text);
	CHECK(S_ISLNK(mode_of("link")) && S_ISREG(mode_of("real")));
	check_file("real", "two");
}

static void test_file_write_atomic__follows_a_link_to_nothing_yet(void **state)
{
	struct err err = { 0 };

	CHECK(symlink("second", in_folder("first")) == 0);
	CHECK(symlink(in_folder("absent"), in_folder("second")) == 0);
	CHECK(write_file("first", "text", &err), "%s", err.text);
	CHECK(S_ISLNK(mode_of("first")) && S_ISLNK(mode_of("second")));
	check_file("absent", "text");
}

static void test_file_write_atomic__refuses_links_in_a_circle(void **state)
{
	struct err err = { 0 };

	CHECK(symlink("b", in_folder("a")) == 0);
	CHECK(symlink("a", in_folder("b")) == 0);
	CHECK(!write_file("a", "text", &err) && err.code == ERR_IO);
}

static unsigned files_in_folder(void)
{
	struct stat st;
	unsigned n = 0;

	for (char name[] = "a"; name[0] <= 'z'; name[0]++)
		n += stat(in_folder(name), &st) == 0;
	return n;
}

static void test_file_write_atomic__that_fails_leaves_no_trace(void **state)
{
	struct err err = { 0 };

	CHECK(!write_file("missing/f", "x", &err) && err.code == ERR_IO);
	CHECK(mkdir(in_folder("d"), 0700) == 0);
	CHECK(!write_file("d", "x", &err)); /* a folder is in the way */
	CHECK(files_in_folder() == 1);
	CHECK(rmdir(in_folder("d")) == 0);
	CHECK(rmdir(folder.path) == 0); /* nothing was left beside it */
}

static void test_folder_of_make__makes_all_above_the_file(void **state)
{
	struct err err = { 0 };

	CHECK(folder_of_make(in_folder("x/y//z/file"), 0700, &err), "%s", err.text);
	CHECK(S_ISDIR(mode_of("x/y/z")) && (mode_of("x") & 07777) == 0700);
	CHECK(folder_of_make(in_folder("x/y/z/file"), 0700, &err), "%s", err.text);
}

static void test_folder_of_make__has_nothing_to_make_for_a_bare_name(void **state)
{
	struct err err = { 0 };

	CHECK(folder_of_make("name", 0700, &err));
	CHECK(folder_of_make("", 0700, &err));
	CHECK(folder_of_make("/name", 0700, &err));
	CHECK(folder_of_make("//name", 0700, &err));
}

static void test_folder_of_make__says_what_is_in_the_way(void **state)
{
	static char long_path[PATH_MAX + 10];
	struct err err = { 0 };

	CHECK(write_file("f", "x", &err));
	CHECK(!folder_of_make(in_folder("f/name"), 0700, &err) && err.code == ERR_IO);
	CHECK(!folder_of_make(in_folder("f/d/name"), 0700, &err) && err.code == ERR_IO);
	memset(long_path, 'a', sizeof(long_path) - 1);
	CHECK(!folder_of_make(long_path, 0700, &err) && err.code == ERR_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fd_cleanup__closes_and_keeps_errno),
		TEST(test_fd_take__gives_it_away),
		TEST(test_file_read__appends_the_whole_file),
		TEST(test_file_read__refuses_what_is_missing_too_long_or_no_file),
		TEST(test_file_write_atomic__makes_a_file_with_the_mode),
		TEST(test_file_write_atomic__keeps_the_mode_of_a_file),
		TEST(test_file_write_atomic__keeps_owner_and_group_as_root),
		TEST(test_file_write_atomic__follows_a_link_and_keeps_it),
		TEST(test_file_write_atomic__follows_a_link_to_nothing_yet),
		TEST(test_file_write_atomic__refuses_links_in_a_circle),
		TEST(test_file_write_atomic__that_fails_leaves_no_trace),
		TEST(test_folder_of_make__makes_all_above_the_file),
		TEST(test_folder_of_make__has_nothing_to_make_for_a_bare_name),
		TEST(test_folder_of_make__says_what_is_in_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
