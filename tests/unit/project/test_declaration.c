#include "lib/check.h"

#include <sys/stat.h>

#include "lib/folder.h"
#include "project/declaration.h"

static bool read_in(const struct folder *f, struct arena *arena, const struct declaration **ret,
		    struct err *err)
{
	return declaration_read(f->path, arena, ret, err);
}

static void test_declaration__is_read_from_the_folder(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	CLEANUP(arena_release) struct arena arena = { 0 };
	const struct declaration *d = NULL;
	struct err err = { 0 };

	folder_write(&f, "portbook.yaml",
		     "\xef\xbb\xbfproject: shop\n"); /* marked, as on Windows */
	CHECK(read_in(&f, &arena, &d, &err), "%s", err.text);
	CHECK(d);
	CHECK_TEXT(d->project, "shop");
}

static void test_declaration__need_not_be_there(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	CLEANUP(arena_release) struct arena arena = { 0 };
	const struct declaration *d = (void *)1;
	struct err err = { 0 };

	CHECK(read_in(&f, &arena, &d, &err) && !d, "%s", err.text);
	CHECK(declaration_read("/", &arena, &d, &err), "%s", err.text);
	CHECK(declaration_read("/nowhere/at/all", &arena, &d, &err) && !d, "%s", err.text);
}

static void test_declaration__error_names_the_whole_path(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	CLEANUP(arena_release) struct arena arena = { 0 };
	const struct declaration *d;
	struct err err = { 0 };
	char want[PATH_MAX + 64];

	folder_write(&f, "portbook.yaml", "project: shop\nservcies:\n");
	CHECK(!read_in(&f, &arena, &d, &err) && err.code == ERR_INVALID);
	snprintf(want, sizeof(want), "%s/portbook.yaml:2:1: ", f.path);
	CHECK(!strncmp(err.text, want, strlen(want)), "%s", err.text);
}

static void test_declaration__a_link_stays_in_the_folder(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make(), other = folder_make();
	CLEANUP(arena_release) struct arena arena = { 0 };
	const struct declaration *d;
	struct err err = { 0 };

	folder_write(&other, "secret.yaml", "project: secret\n");
	CHECK(symlink(folder_path(&other, "secret.yaml"), folder_path(&f, "portbook.yaml")) == 0);
	CHECK(!read_in(&f, &arena, &d, &err) && err.code == ERR_INVALID);
	CHECK(strstr(err.text, "leads out of its folder"), "%s", err.text);

	CHECK(unlink(folder_path(&f, "portbook.yaml")) == 0);
	folder_write(&f, "config/ports.yaml", "project: shop\n");
	CHECK(symlink("config/ports.yaml", folder_path(&f, "portbook.yaml")) == 0);
	CHECK(read_in(&f, &arena, &d, &err) && d, "%s", err.text);
	CHECK_TEXT(d->project, "shop");
}

/* "/tmp/a" is not a folder of "/tmp/ab". */
static void test_declaration__a_link_to_a_folder_of_a_longer_name_leads_out(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	CLEANUP(arena_release) struct arena arena = { 0 };
	const struct declaration *d;
	struct err err = { 0 };
	char inner[2 * PATH_MAX];

	folder_write(&f, "a/x", "");
	folder_write(&f, "ab/portbook.yaml", "project: other\n");
	CHECK(symlink("../ab/portbook.yaml", folder_path(&f, "a/portbook.yaml")) == 0);
	snprintf(inner, sizeof(inner), "%s", folder_path(&f, "a"));
	CHECK(!declaration_read(inner, &arena, &d, &err) && err.code == ERR_INVALID, "%s",
	      err.text);
}

static void test_declaration__is_a_regular_file_of_some_length(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	CLEANUP(arena_release) struct arena arena = { 0 };
	CLEANUP(text_release) struct text text = { 0 };
	const struct declaration *d;
	struct err err = { 0 };

	CHECK(mkfifo(folder_path(&f, "portbook.yaml"), 0600) == 0);
	CHECK(!read_in(&f, &arena, &d, &err) && err.code == ERR_INVALID);
	CHECK(strstr(err.text, "not a regular file"), "%s", err.text);

	CHECK(unlink(folder_path(&f, "portbook.yaml")) == 0);
	while (text.len <= DECLARATION_MAX_BYTES)
		text_add(&text, "# words\n");
	folder_write(&f, "portbook.yaml", text_str(&text));
	CHECK(!read_in(&f, &arena, &d, &err) && err.code == ERR_INVALID);
	CHECK(strstr(err.text, "is longer than"), "%s", err.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_declaration__is_read_from_the_folder),
		cmocka_unit_test(test_declaration__need_not_be_there),
		cmocka_unit_test(test_declaration__error_names_the_whole_path),
		cmocka_unit_test(test_declaration__a_link_stays_in_the_folder),
		cmocka_unit_test(test_declaration__a_link_to_a_folder_of_a_longer_name_leads_out),
		cmocka_unit_test(test_declaration__is_a_regular_file_of_some_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
