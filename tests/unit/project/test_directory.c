#include "lib/check.h"

#include <sys/stat.h>

#include "lib/git.h"
#include "project/directory.h"

static struct directory d;

static void look(const struct folder *f, const char *name)
{
	struct err err = { 0 };

	CHECK(directory_read(folder_path(f, name), &d, &err), "%s", err.text);
	CHECK_TEXT(d.path, folder_path(f, name));
}

static void test_directory__outside_of_git_is_its_own_root(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	folder_write(&f, "My Shop/a/b", "");
	look(&f, "My Shop/a");
	CHECK(!d.is_git && !d.is_worktree && !d.branch[0]);
	CHECK_TEXT(d.root, d.path);
	CHECK_TEXT(d.main_root, d.path);
	CHECK_TEXT(d.name, "a");
	look(&f, "My Shop");
	CHECK_TEXT(d.name, "my-shop");
}

static void test_directory__below_a_checkout_belongs_to_its_top(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	make_shop(&f);
	folder_write(&f, "Shop/src/deep/x", "");
	look(&f, "Shop/src/deep");
	CHECK(d.is_git && !d.is_worktree);
	CHECK_TEXT(d.root, folder_path(&f, "Shop"));
	CHECK_TEXT(d.main_root, folder_path(&f, "Shop"));
	CHECK_TEXT(d.branch, "main");
	CHECK_TEXT(d.name, "shop");
	look(&f, "Shop/.git/refs");
	CHECK_TEXT(d.root, folder_path(&f, "Shop"));
}

static void test_directory__a_repository_without_commits_is_one(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	GIT(&f, "init", "-q", "-b", "feature/x", "new");
	look(&f, "new");
	CHECK(d.is_git);
	CHECK_TEXT(d.branch, "feature/x");
}

static void test_directory__a_linked_worktree_knows_its_main_checkout(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	make_shop(&f);
	GIT(&f, "-C", "Shop", "worktree", "add", "-q", "-b", "fix", "../trees/fix");
	folder_write(&f, "trees/fix/src/x", "");
	look(&f, "trees/fix/src");
	CHECK(d.is_git && d.is_worktree);
	CHECK_TEXT(d.root, folder_path(&f, "trees/fix"));
	CHECK_TEXT(d.main_root, folder_path(&f, "Shop"));
	CHECK_TEXT(d.branch, "fix");
	CHECK_TEXT(d.name, "shop");
}

static void test_directory__a_worktree_inside_the_main_checkout_is_one(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	make_shop(&f);
	GIT(&f, "-C", "Shop", "worktree", "add", "-q", "--detach", ".worktrees/one");
	look(&f, "Shop/.worktrees/one");
	CHECK(d.is_worktree && !d.branch[0]);
	CHECK_TEXT(d.main_root, folder_path(&f, "Shop"));
}

static void test_directory__a_worktree_whose_main_checkout_is_gone_still_names_it(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	make_shop(&f);
	GIT(&f, "-C", "Shop", "worktree", "add", "-q", "-b", "fix", "../fix");
	CHECK(!rename(folder_path(&f, "Shop"), folder_path(&f, "Elsewhere")));
	look(&f, "fix");
	CHECK(d.is_git && d.is_worktree && !d.branch[0]);
	CHECK_TEXT(d.main_root, folder_path(&f, "Shop"));
	CHECK_TEXT(d.name, "shop");
}

static void test_directory__a_bare_repository_is_the_main_checkout_of_its_worktrees(void **state)
{
	static const struct {
		const char *bare, *main_root, *name;
	} row[] = {
		{ "shop.git", "shop.git", "shop" },
		{ "shop/.bare", "shop/.bare", "shop" },
		{ "shop/.git", "shop", "shop" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		CLEANUP(folder_cleanup) struct folder f = folder_make();

		make_shop(&f);
		GIT(&f, "clone", "-q", "--bare", "Shop", row[i].bare);
		GIT(&f, "--git-dir", row[i].bare, "worktree", "add", "-q", "tree");
		look(&f, "tree");
		CHECK(d.is_worktree, "row %zu", i);
		CHECK_TEXT(d.root, folder_path(&f, "tree"));
		CHECK_TEXT(d.main_root, folder_path(&f, row[i].main_root));
		CHECK_TEXT(d.name, row[i].name);
		CHECK_TEXT(d.branch, "tree");
	}
}

static void test_directory__a_submodule_is_a_checkout_of_its_own(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	make_shop(&f);
	GIT(&f, "init", "-q", "-b", "main", "big");
	GIT(&f, "-C", "big", "submodule", "--quiet", "add", "../Shop", "parts/shop");
	look(&f, "big/parts/shop");
	CHECK(d.is_git && !d.is_worktree);
	CHECK_TEXT(d.root, d.path);
	CHECK_TEXT(d.main_root, d.path);
	CHECK_TEXT(d.branch, "main");

	GIT(&f, "-C", "big/parts/shop", "worktree", "add", "-q", "../../../tree");
	look(&f, "tree");
	CHECK(d.is_worktree);
	CHECK_TEXT(d.main_root, folder_path(&f, "big/parts/shop"));
}

static void test_directory__a_git_directory_elsewhere_changes_nothing(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	GIT(&f, "init", "-q", "-b", "main", "--separate-git-dir", "store", "shop");
	look(&f, "shop");
	CHECK(d.is_git && !d.is_worktree);
	CHECK_TEXT(d.main_root, d.path);
	CHECK_TEXT(d.branch, "main");
}

static void test_directory__what_only_looks_like_git_is_passed_by(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	make_shop(&f);
	folder_write(&f, "Shop/a/.git/x", "");
	folder_write(&f, "Shop/b/.git", "no link\n");
	folder_write(&f, "Shop/c/.git", "");
	for (const char *name = "abc"; *name; name++) {
		char path[] = "Shop/x";

		path[5] = *name;
		look(&f, path);
		CHECK_TEXT(d.root, folder_path(&f, "Shop"));
	}
}

static void test_directory__a_hostile_head_gives_no_branch(void **state)
{
	static const char *const heads[] = {
		"ref: refs/heads/a\x1b[31m\n", "ref: refs/heads/\xff\n",
		"ref: refs/tags/x\n",	       "0123456789012345678901234567890123456789\n",
		"ref: refs/heads/.invalid\n",
	};
	CLEANUP(folder_cleanup) struct folder f = folder_make();

	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		folder_write(&f, ".git/HEAD", heads[i]);
		look(&f, ".git");
		CHECK(d.is_git && !d.branch[0], "row %zu: %s", i, d.branch);
	}
}

static void test_directory__links_lead_to_one_path(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	struct err err = { 0 };

	make_shop(&f);
	CHECK(!symlink("Shop", folder_path(&f, "link")));
	CHECK(directory_read(folder_path(&f, "link/."), &d, &err), "%s", err.text);
	CHECK_TEXT(d.path, folder_path(&f, "Shop"));
}

static void test_directory__refuses_what_is_none(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	struct err err = { 0 };

	folder_write(&f, "file", "");
	CHECK(!directory_read(folder_path(&f, "nothing"), &d, &err) && err.code == ERR_NOT_FOUND);
	CHECK(!directory_read(folder_path(&f, "file"), &d, &err) && err.code == ERR_INVALID);
	CHECK(!mkdir(folder_path(&f, "\xff"), 0700));
	CHECK(!directory_read(folder_path(&f, "\xff"), &d, &err) && err.code == ERR_INVALID);
}

static void test_directory__of_the_whole_machine_has_no_name(void **state)
{
	CHECK(directory_read("/", &d, NULL));
	CHECK_TEXT(d.root, "/");
	CHECK_TEXT(d.name, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_directory__outside_of_git_is_its_own_root),
		cmocka_unit_test(test_directory__below_a_checkout_belongs_to_its_top),
		cmocka_unit_test(test_directory__a_repository_without_commits_is_one),
		cmocka_unit_test(test_directory__a_linked_worktree_knows_its_main_checkout),
		cmocka_unit_test(test_directory__a_worktree_inside_the_main_checkout_is_one),
		cmocka_unit_test(
			test_directory__a_worktree_whose_main_checkout_is_gone_still_names_it),
		cmocka_unit_test(
			test_directory__a_bare_repository_is_the_main_checkout_of_its_worktrees),
		cmocka_unit_test(test_directory__a_submodule_is_a_checkout_of_its_own),
		cmocka_unit_test(test_directory__a_git_directory_elsewhere_changes_nothing),
		cmocka_unit_test(test_directory__what_only_looks_like_git_is_passed_by),
		cmocka_unit_test(test_directory__a_hostile_head_gives_no_branch),
		cmocka_unit_test(test_directory__links_lead_to_one_path),
		cmocka_unit_test(test_directory__refuses_what_is_none),
		cmocka_unit_test(test_directory__of_the_whole_machine_has_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
