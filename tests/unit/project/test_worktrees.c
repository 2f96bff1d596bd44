#include "lib/check.h"

#include <sys/stat.h>

#include "lib/git.h"
#include "project/worktrees.h"

/* What git lists of "$1", as this test writes it. */
static const char say[] = "alias.say=!say() { cd \"$1\" && git worktree list --porcelain | "
			  "sed -e '/^HEAD /d' -e '/^$/d' -e 's/^\\(locked\\|prunable\\) .*/\\1/' "
			  ">../git-says; }; say";

static struct worktree_list list;

/* What is seen from `name`. */
static void look(const struct folder *f, struct arena *a, const char *name)
{
	struct directory d;
	struct err err = { 0 };

	CHECK(directory_read(folder_path(f, name), &d, &err), "%s", err.text);
	CHECK(worktrees_read(&d, a, &list, &err), "%s", err.text);
}

/* The list as `git worktree list --porcelain` would write it; git's own goes to `f`/git-says. */
static void check_as_git_says(const struct folder *f, const char *repository)
{
	CLEANUP(text_release) struct text got = { 0 };
	CLEANUP(text_release) struct text want = { 0 };
	struct err err = { 0 };

	for (unsigned i = 0; i < list.count; i++) {
		const struct worktree *w = &list.items[i];

		text_addf(&got, "worktree %s\n", w->path);
		if (w->is_bare)
			text_add(&got, "bare\n");
		else if (w->branch)
			text_addf(&got, "branch refs/heads/%s\n", w->branch);
		else
			text_add(&got, "detached\n");
		if (w->is_locked)
			text_add(&got, "locked\n");
		else if (!w->is_there)
			text_add(&got, "prunable\n");
	}
	GIT(f, "-c", say, "say", repository);
	CHECK(file_read(folder_path(f, "git-says"), 1 << 20, &want, &err), "%s", err.text);
	CHECK_TEXT(text_str(&got), text_str(&want));
}

static void test_worktrees__are_what_git_lists(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	CLEANUP(arena_release) struct arena a = { 0 };

	(void)state;
	make_shop(&f);
	look(&f, &a, "Shop");
	CHECK(list.count == 1 && list.items[0].is_there);
	check_as_git_says(&f, "Shop");

	GIT(&f, "-C", "Shop", "worktree", "add", "-q", "-b", "fix", "../a fix");
	GIT(&f, "-C", "Shop", "worktree", "add", "-q", "--detach", "../b");
	GIT(&f, "-C", "Shop", "worktree", "add", "-q", "-b", "feature/c", "inside/c");
	GIT(&f, "-C", "Shop", "worktree", "add", "-q", "--lock", "-b", "d", "../d");
	GIT(&f, "-C", "Shop", "worktree", "add", "-q", "-b", "e", "../e");
	CHECK(rename(folder_path(&f, "d"), folder_path(&f, "d-is-away")) == 0);
	CHECK(rename(folder_path(&f, "e"), folder_path(&f, "e-is-away")) == 0);
	look(&f, &a, "Shop");
	CHECK(list.count == 6);
	check_as_git_says(&f, "Shop");
	look(&f, &a, "a fix"); /* from wherever one looks */
	check_as_git_says(&f, "Shop");
}

static void test_worktrees__of_a_bare_repository_are_beside_it(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	CLEANUP(arena_release) struct arena a = { 0 };

	(void)state;
	make_shop(&f);
	GIT(&f, "clone", "-q", "--bare", "Shop", "shop.git");
	GIT(&f, "--git-dir", "shop.git", "worktree", "add", "-q", "tree");
	look(&f, &a, "tree");
	CHECK(list.count == 2 && list.items[0].is_bare && !list.items[1].is_bare);
	check_as_git_says(&f, "shop.git");
}

static void test_worktrees__a_line_break_in_the_path_is_a_part_of_it(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	CLEANUP(arena_release) struct arena a = { 0 };
	struct directory d;
	struct err err = { 0 };

	(void)state;
	make_shop(&f);
	GIT(&f, "-C", "Shop", "worktree", "add", "-q", "-b", "fix", "../two\nlines");
	look(&f, &a, "Shop");
	CHECK(list.count == 2 && list.items[1].is_there);
	CHECK_TEXT(list.items[1].path, folder_path(&f, "two\nlines"));
	CHECK(rename(folder_path(&f, "Shop"), folder_path(&f, "new\nShop")) == 0);
	GIT(&f, "-C", "new\nShop", "worktree", "repair", "../two\nlines");
	CHECK(directory_read(folder_path(&f, "two\nlines"), &d, &err), "%s", err.text);
	CHECK(d.is_worktree);
	CHECK_TEXT(d.main_root, folder_path(&f, "new\nShop"));
}

static void test_worktrees__a_move_keeps_gits_name_and_the_time_it_was_made(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	CLEANUP(arena_release) struct arena a = { 0 };
	int64_t made;

	(void)state;
	make_shop(&f);
	GIT(&f, "-C", "Shop", "worktree", "add", "-q", "-b", "fix", "../fix");
	look(&f, &a, "Shop");
	made = worktree_named(&list, "fix")->made_at_ms;
	CHECK(made > 0);
	GIT(&f, "-C", "Shop", "worktree", "move", "../fix", "../elsewhere");
	look(&f, &a, "Shop");
	CHECK(list.count == 2 && worktree_named(&list, "fix")->made_at_ms == made);
	CHECK_TEXT(worktree_named(&list, "fix")->path, folder_path(&f, "elsewhere"));
	CHECK(!worktree_at(&list, folder_path(&f, "fix")));
}

static void test_worktrees__one_moved_by_hand_is_where_one_looks_from(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	CLEANUP(arena_release) struct arena a = { 0 };

	(void)state;
	make_shop(&f);
	GIT(&f, "-C", "Shop", "worktree", "add", "-q", "-b", "fix", "../fix");
	CHECK(rename(folder_path(&f, "fix"), folder_path(&f, "moved")) == 0);
	look(&f, &a, "moved");
	CHECK_TEXT(worktree_named(&list, "fix")->path, folder_path(&f, "moved"));
	CHECK(worktree_named(&list, "fix")->is_there);
	look(&f, &a, "Shop");
	CHECK_TEXT(worktree_named(&list, "fix")->path, folder_path(&f, "fix"));
	CHECK(!worktree_named(&list, "fix")->is_there);
	GIT(&f, "-C", "Shop", "worktree", "repair", "../moved");
	look(&f, &a, "Shop");
	CHECK_TEXT(worktree_named(&list, "fix")->path, folder_path(&f, "moved"));
}

static void test_worktrees__a_copy_does_not_take_the_originals_place(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	CLEANUP(arena_release) struct arena a = { 0 };
	CLEANUP(text_release) struct text link = { 0 };
	struct err err = { 0 };

	(void)state;
	make_shop(&f);
	GIT(&f, "-C", "Shop", "worktree", "add", "-q", "-b", "fix", "../fix");
	CHECK(file_read(folder_path(&f, "fix/.git"), 4096, &link, &err), "%s", err.text);
	folder_write(&f, "copy/.git", text_str(&link));
	look(&f, &a, "copy");
	CHECK_TEXT(worktree_named(&list, "fix")->path, folder_path(&f, "fix"));
}

static void test_worktrees__relative_links_are_followed(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	CLEANUP(arena_release) struct arena a = { 0 };

	(void)state;
	make_shop(&f);
	GIT(&f, "-C", "Shop", "worktree", "add", "-q", "-b", "fix", "../fix");
	/* As git 2.48 writes them with worktree.useRelativePaths. */
	folder_write(&f, "Shop/.git/worktrees/fix/gitdir", "../../../../fix/.git\n");
	folder_write(&f, "fix/.git", "gitdir: ../Shop/.git/worktrees/fix\n");
	look(&f, &a, "fix");
	CHECK(list.count == 2 && list.items[1].is_there);
	CHECK_TEXT(list.items[1].path, folder_path(&f, "fix"));
}

/* Half made, half removed, or written by nobody's git. */
static void test_worktrees__what_names_no_checkout_is_none(void **state)
{
	static const char *const gitdirs[] = { "", "\n", "/", "/srv/x", "\xff/.git\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(gitdirs); i++) {
		CLEANUP(folder_cleanup) struct folder f = folder_make();
		CLEANUP(arena_release) struct arena a = { 0 };

		make_shop(&f);
		folder_write(&f, "Shop/.git/worktrees/odd/gitdir", gitdirs[i]);
		folder_write(&f, "Shop/.git/worktrees/file", "");
		CHECK(mkdir(folder_path(&f, "Shop/.git/worktrees/empty"), 0700) == 0);
		look(&f, &a, "Shop");
		CHECK(list.count == 1, "row %zu: %s", i, list.items[list.count - 1].path);
	}
}

static void test_worktrees__what_may_not_be_read_is_an_error_and_not_nothing(void **state)
{
	CLEANUP(folder_cleanup) struct folder f = folder_make();
	CLEANUP(arena_release) struct arena a = { 0 };
	struct worktree_list untouched = { .count = 77 };
	struct directory d;
	struct err err = { 0 };

	(void)state;
	make_shop(&f);
	CHECK(directory_read(folder_path(&f, "Shop"), &d, &err), "%s", err.text);
	/* Root reads everything, so here it is a file where a folder has to be. */
	folder_write(&f, "Shop/.git/worktrees", "");
	CHECK(!worktrees_read(&d, &a, &untouched, &err));
	CHECK(err.code == ERR_IO && untouched.count == 77, "%s", err.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worktrees__are_what_git_lists),
		cmocka_unit_test(test_worktrees__of_a_bare_repository_are_beside_it),
		cmocka_unit_test(test_worktrees__a_line_break_in_the_path_is_a_part_of_it),
		cmocka_unit_test(test_worktrees__a_move_keeps_gits_name_and_the_time_it_was_made),
		cmocka_unit_test(test_worktrees__one_moved_by_hand_is_where_one_looks_from),
		cmocka_unit_test(test_worktrees__a_copy_does_not_take_the_originals_place),
		cmocka_unit_test(test_worktrees__relative_links_are_followed),
		cmocka_unit_test(test_worktrees__what_names_no_checkout_is_none),
		cmocka_unit_test(test_worktrees__what_may_not_be_read_is_an_error_and_not_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
