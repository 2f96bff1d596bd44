/*
 * DESIGN: "Squatted needs evidence", rule by rule.  The book of all rows:
 *
 *	shop	/srv/shop		instance 2 in /srv/shop-two, 3 in /srv/shop/trees/three,
 *					4 without a worktree
 *	blog	/srv/blog
 *	grid	no path; grid/web runs in the unit grid-web, grid/db in the container grid-db-1
 *	bare	nothing is known of it
 */
#include "lib/check.h"

#include "registry/owner.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct claimant claimants[] = {
	{ .project_id = "blog", .project = "blog", .path = "/srv/blog" },
	{ .project_id = "shop", .project = "shop", .path = "/srv/shop" },
	{ .project_id = "shop", .project = "shop", .instance = 2, .path = "/srv/shop-two" },
	{ .project_id = "shop", .project = "shop", .instance = 3, .path = "/srv/shop/trees/three" },
	{ .project_id = "grid",
	  .project = "grid",
	  .instance = 1,
	  .service = "web",
	  .unit = "grid-web" },
	{ .project_id = "grid",
	  .project = "grid",
	  .instance = 2,
	  .service = "web",
	  .unit = "grid@2.service" },
	{ .project_id = "grid",
	  .project = "grid",
	  .instance = 1,
	  .service = "db",
	  .container = "grid-db-1" },
};
static const struct claimant_list all = { claimants, ARRAY_LEN(claimants), 4 };

/* The entries that are judged. */
struct owned {
	struct entry entry;
	const char *path, *container;
};
static const struct owned
	shop = { .entry = { .project_id = "shop", .instance = 1 }, .path = "/srv/shop" },
	shop_2 = { .entry = { .project_id = "shop", .instance = 2, .worktree = "/srv/shop-two" },
		   .path = "/srv/shop" },
	shop_3 = { .entry = { .project_id = "shop",
			      .instance = 3,
			      .worktree = "/srv/shop/trees/three" },
		   .path = "/srv/shop" },
	shop_4 = { .entry = { .project_id = "shop", .instance = 4 }, .path = "/srv/shop" },
	grid_web = { .entry = { .project_id = "grid", .instance = 1, .unit = "grid-web" } },
	grid_web_2 = { .entry = { .project_id = "grid", .instance = 2, .unit = "grid@2.service" } },
	grid_db = { .entry = { .project_id = "grid", .instance = 1 }, .container = "grid-db-1" },
	grid_id = { .entry = { .project_id = "grid", .instance = 1 }, .container = "0123456789ab" },
	bare = { .entry = { .project_id = "bare", .instance = 1 } };

#define UNIT(path, name) .cgroup = (path), .unit = (name)

static const struct ancestor from_shop[] = { { 7, "sh", "/" }, { 6, "npm", "/srv/shop" } };
static const struct ancestor from_nowhere[] = { { 7, "sh", "/" } };
static const struct {
	const char *what;
	const struct owned *owner;
	struct process process;
	enum entry_state state;
	enum stranger_why why;
	enum owner_by by;
} judged[] = {
	{ "works in the project's folder",
	  &shop,
	  { .cwd = "/srv/shop" },
	  STATE_IN_USE,
	  STRANGER_NONE,
	  OWNER_FOLDER },
	{ "works below it",
	  &shop,
	  { .cwd = "/srv/shop/api/src" },
	  STATE_IN_USE,
	  STRANGER_NONE,
	  OWNER_FOLDER },
	/* A name that only starts alike is another folder. */
	{ "works in /srv/shopping",
	  &shop,
	  { .cwd = "/srv/shopping" },
	  STATE_SQUATTED,
	  STRANGER_MATCHES_NONE,
	  OWNER_UNKNOWN },
	{ "works in another project's folder",
	  &shop,
	  { .cwd = "/srv/blog" },
	  STATE_SQUATTED,
	  STRANGER_OF_ANOTHER,
	  OWNER_FOLDER },
	{ "works in another instance's worktree",
	  &shop,
	  { .cwd = "/srv/shop-two" },
	  STATE_SQUATTED,
	  STRANGER_OF_ANOTHER,
	  OWNER_FOLDER },
	{ "works in its own worktree",
	  &shop_2,
	  { .cwd = "/srv/shop-two/web" },
	  STATE_IN_USE,
	  STRANGER_NONE,
	  OWNER_FOLDER },
	{ "a worktree's port, from the main checkout",
	  &shop_2,
	  { .cwd = "/srv/shop" },
	  STATE_SQUATTED,
	  STRANGER_OF_ANOTHER,
	  OWNER_FOLDER },
	/* The longest folder counts. */
	{ "a worktree inside of the project",
	  &shop_3,
	  { .cwd = "/srv/shop/trees/three" },
	  STATE_IN_USE,
	  STRANGER_NONE,
	  OWNER_FOLDER },
	{ "the project's port, from that worktree",
	  &shop,
	  { .cwd = "/srv/shop/trees/three/x" },
	  STATE_SQUATTED,
	  STRANGER_OF_ANOTHER,
	  OWNER_FOLDER },
	/* An instance without a worktree runs where the project is. */
	{ "instance 4 in the project's folder",
	  &shop_4,
	  { .cwd = "/srv/shop" },
	  STATE_IN_USE,
	  STRANGER_NONE,
	  OWNER_FOLDER },
	{ "instance 4 from another's worktree",
	  &shop_4,
	  { .cwd = "/srv/shop-two" },
	  STATE_SQUATTED,
	  STRANGER_OF_ANOTHER,
	  OWNER_FOLDER },
	{ "works in a folder of nobody",
	  &shop,
	  { .cwd = "/opt/tool" },
	  STATE_SQUATTED,
	  STRANGER_MATCHES_NONE,
	  OWNER_UNKNOWN },

	/* What tells nothing is no evidence. */
	{ "works in /", &shop, { .cwd = "/" }, STATE_UNKNOWN, UNKNOWN_PLACE, OWNER_UNKNOWN },
	{ "its folder cannot be read", &shop, { 0 }, STATE_UNKNOWN, UNKNOWN_PLACE, OWNER_UNKNOWN },
	{ "an unnamed docker-proxy",
	  &shop,
	  { .cwd = "/var/lib", .is_proxy = true },
	  STATE_UNKNOWN,
	  UNKNOWN_PLACE,
	  OWNER_UNKNOWN },
	{ "an unnamed docker-proxy, and a unit is known",
	  &grid_web,
	  { .is_proxy = true, UNIT("/system.slice/docker.service", "docker.service") },
	  STATE_UNKNOWN,
	  UNKNOWN_PLACE,
	  OWNER_UNKNOWN },
	{ "nothing is known of the owner",
	  &bare,
	  { .cwd = "/opt/tool" },
	  STATE_UNKNOWN,
	  UNKNOWN_CLAIM,
	  OWNER_UNKNOWN },
	{ "nothing is known of the owner, but it is another's",
	  &bare,
	  { .cwd = "/srv/blog" },
	  STATE_SQUATTED,
	  STRANGER_OF_ANOTHER,
	  OWNER_FOLDER },

	/* Units. */
	{ "runs in the unit",
	  &grid_web,
	  { .cwd = "/", UNIT("/system.slice/grid-web.service", "grid-web.service") },
	  STATE_IN_USE,
	  STRANGER_NONE,
	  OWNER_UNIT },
	{ "runs below the unit",
	  &grid_web,
	  { UNIT("/system.slice/grid-web.service/worker", "grid-web.service") },
	  STATE_IN_USE,
	  STRANGER_NONE,
	  OWNER_UNIT },
	{ "runs in a unit of another instance",
	  &grid_web,
	  { UNIT("/system.slice/grid@2.service", "grid@2.service") },
	  STATE_SQUATTED,
	  STRANGER_OF_ANOTHER,
	  OWNER_UNIT },
	{ "runs in its unit with a suffix",
	  &grid_web_2,
	  { UNIT("/system.slice/grid@2.service", "grid@2.service") },
	  STATE_IN_USE,
	  STRANGER_NONE,
	  OWNER_UNIT },
	{ "runs in a unit of nobody",
	  &grid_web,
	  { .cwd = "/", UNIT("/system.slice/nginx.service", "nginx.service") },
	  STATE_SQUATTED,
	  STRANGER_MATCHES_NONE,
	  OWNER_UNKNOWN },
	{ "was started from a terminal",
	  &grid_web,
	  { .cwd = "/root", UNIT("/user.slice/session-3.scope", "session-3.scope") },
	  STATE_SQUATTED,
	  STRANGER_MATCHES_NONE,
	  OWNER_UNKNOWN },
	{ "no systemd runs here",
	  &grid_web,
	  { .cwd = "/root", .cgroup = "/" },
	  STATE_UNKNOWN,
	  UNKNOWN_PLACE,
	  OWNER_UNKNOWN },
	{ "runs in another project's unit, in our folder",
	  &shop,
	  { .cwd = "/srv/shop", UNIT("/system.slice/grid-web.service", "grid-web.service") },
	  STATE_SQUATTED,
	  STRANGER_OF_ANOTHER,
	  OWNER_UNIT },

	/* Containers. */
	{ "is the container",
	  &grid_db,
	  { .container = "grid-db-1" },
	  STATE_IN_USE,
	  STRANGER_NONE,
	  OWNER_CONTAINER },
	{ "passes on to the container",
	  &grid_db,
	  { .container = "grid-db-1", .is_proxy = true },
	  STATE_IN_USE,
	  STRANGER_NONE,
	  OWNER_CONTAINER },
	{ "is the container, by its id",
	  &grid_id,
	  { .container = ID, .container_id = ID },
	  STATE_IN_USE,
	  STRANGER_NONE,
	  OWNER_CONTAINER },
	{ "is another container",
	  &grid_db,
	  { .container = "blog-db-1" },
	  STATE_SQUATTED,
	  STRANGER_MATCHES_NONE,
	  OWNER_UNKNOWN },
	/* An id and a name cannot be compared. */
	{ "a container whose name is not known",
	  &grid_db,
	  { .container = ID, .container_id = ID },
	  STATE_UNKNOWN,
	  UNKNOWN_PLACE,
	  OWNER_UNKNOWN },
	{ "is the container, by its id, and has a name",
	  &grid_id,
	  { .container = "grid-db-1", .container_id = ID, .is_proxy = true },
	  STATE_IN_USE,
	  STRANGER_NONE,
	  OWNER_CONTAINER },
	/* It may have been made anew. */
	{ "has another id",
	  &grid_id,
	  { .container = "grid-db-2", .container_id = "f" ID },
	  STATE_UNKNOWN,
	  UNKNOWN_PLACE,
	  OWNER_UNKNOWN },
	{ "passes on to another container",
	  &grid_db,
	  { .container = "blog-db-1", .container_id = ID, .is_proxy = true },
	  STATE_SQUATTED,
	  STRANGER_MATCHES_NONE,
	  OWNER_UNKNOWN },
	/* Where its engine was started says nothing of a container. */
	{ "passes on, from the project's folder",
	  &shop,
	  { .cwd = "/srv/shop", .is_proxy = true },
	  STATE_UNKNOWN,
	  UNKNOWN_PLACE,
	  OWNER_UNKNOWN },
	{ "passes on, for an engine that was started there",
	  &shop,
	  { .cwd = "/", .is_proxy = true, .ancestors = from_shop, .n_ancestors = 2 },
	  STATE_UNKNOWN,
	  UNKNOWN_PLACE,
	  OWNER_UNKNOWN },
	{ "passes on, and nobody tells to whom",
	  &grid_db,
	  { .cwd = "/", .is_proxy = true },
	  STATE_UNKNOWN,
	  UNKNOWN_PLACE,
	  OWNER_UNKNOWN },
	{ "is in no container",
	  &grid_db,
	  { .cwd = "/" },
	  STATE_SQUATTED,
	  STRANGER_MATCHES_NONE,
	  OWNER_UNKNOWN },
	{ "compose was run in the folder",
	  &shop,
	  { .container = "x", .container_folder = "/srv/shop", .is_proxy = true },
	  STATE_IN_USE,
	  STRANGER_NONE,
	  OWNER_COMPOSE },
	{ "compose was run in another project's folder",
	  &shop,
	  { .container = "x", .container_folder = "/srv/blog" },
	  STATE_SQUATTED,
	  STRANGER_OF_ANOTHER,
	  OWNER_COMPOSE },
	{ "compose was run elsewhere",
	  &shop,
	  { .container = "x", .container_folder = "/root/x" },
	  STATE_SQUATTED,
	  STRANGER_MATCHES_NONE,
	  OWNER_UNKNOWN },
	{ "a named container, and only a folder is known",
	  &shop,
	  { .container = "x", .is_proxy = true },
	  STATE_UNKNOWN,
	  UNKNOWN_PLACE,
	  OWNER_UNKNOWN },

	/* Lineage: for who works in "/" only. */
	{ "a daemon that was started there",
	  &shop,
	  { .cwd = "/", .ancestors = from_shop, .n_ancestors = 2 },
	  STATE_IN_USE,
	  STRANGER_NONE,
	  OWNER_LINEAGE },
	{ "a daemon that was started in another's folder",
	  &shop_2,
	  { .cwd = "/", .ancestors = from_shop, .n_ancestors = 2 },
	  STATE_SQUATTED,
	  STRANGER_OF_ANOTHER,
	  OWNER_LINEAGE },
	{ "a daemon whose parents tell nothing",
	  &shop,
	  { .cwd = "/", .ancestors = from_nowhere, .n_ancestors = 1 },
	  STATE_UNKNOWN,
	  UNKNOWN_PLACE,
	  OWNER_UNKNOWN },
	/* A shell of ours has started it, but it went elsewhere. */
	{ "works elsewhere, started from our folder",
	  &shop,
	  { .cwd = "/opt/tool", .ancestors = from_shop, .n_ancestors = 2 },
	  STATE_SQUATTED,
	  STRANGER_MATCHES_NONE,
	  OWNER_UNKNOWN },
};

static void test_entry_judge__needs_evidence_to_call_it_squatted(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(judged); i++) {
		struct process p = judged[i].process;
		const struct listener l = { .processes = &p, .n_processes = 1 };
		struct judgement j = entry_judge(&all, &judged[i].owner->entry,
						 judged[i].owner->path, judged[i].owner->container,
						 &l);

		CHECK(j.state == judged[i].state, "%s: %s", judged[i].what,
		      entry_state_name(j.state));
		CHECK(j.why == judged[i].why, "%s: %d", judged[i].what, j.why);
		CHECK(j.owner.by == judged[i].by, "%s: %d", judged[i].what, j.owner.by);
		CHECK(j.process == &p, "%s", judged[i].what);
	}
}

static void test_entry_judge__says_down_when_nobody_listens(void **state)
{
	struct judgement j = entry_judge(&all, &shop.entry, shop.path, NULL, NULL);

	CHECK(j.state == STATE_DOWN && j.why == STRANGER_NONE && !j.process);
}

static void test_entry_judge__cannot_tell_whose_an_unreadable_socket_is(void **state)
{
	const struct listener l = { .partly_known = true };
	struct judgement j = entry_judge(&all, &shop.entry, shop.path, NULL, &l);

	CHECK(j.state == STATE_UNKNOWN && j.why == UNKNOWN_UNREADABLE && !j.process);
}

static void test_entry_judge__takes_the_surest_of_several_processes(void **state)
{
	struct process own = { .pid = 1, .cwd = "/srv/shop" };
	struct process other = { .pid = 2, .cwd = "/srv/blog" };
	struct process stranger = { .pid = 3, .cwd = "/opt/tool" };
	struct process silent = { .pid = 4, .cwd = "/" };
	const struct {
		struct process processes[2];
		enum entry_state state;
		pid_t pid;
	} row[] = {
		{ { other, own }, STATE_IN_USE, 1 },
		{ { silent, own }, STATE_IN_USE, 1 },
		{ { silent, stranger }, STATE_SQUATTED, 3 },
		{ { stranger, other }, STATE_SQUATTED, 2 },
		{ { silent, silent }, STATE_UNKNOWN, 4 },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct process two[] = { row[i].processes[0], row[i].processes[1] };
		const struct listener l = { .processes = two, .n_processes = 2 };
		struct judgement j = entry_judge(&all, &shop.entry, shop.path, NULL, &l);

		CHECK(j.state == row[i].state, "row %zu", i);
		CHECK(j.process->pid == row[i].pid, "row %zu", i);
	}
}

static void test_owner_of_process__takes_the_longest_folder_and_the_instance_first(void **state)
{
	struct claimant mixed[] = {
		{ .project_id = "a", .project = "a", .path = "/srv/a" },
		{ .project_id = "c", .project = "c", .service = "web", .unit = "c-web" },
		{ .project_id = "a", .project = "a", .instance = 1, .path = "/srv/a" },
		{ .project_id = "b", .project = "b", .path = "/srv/a" },
		{ .project_id = "d", .project = "d", .path = "/srv/a/x" },
		{ .project_id = "e", .project = "e", .path = "/srv" },
	};
	const struct claimant_list list = claimants_order(mixed, ARRAY_LEN(mixed));
	static const struct {
		const char *cwd, *project;
		unsigned instance;
	} row[] = {
		{ "/srv/a", "a", 1 },	 { "/srv/a/y/z", "a", 1 }, { "/srv/a/x", "d", 0 },
		{ "/srv/a/xy", "a", 1 }, { "/srv/ab", "e", 0 },	   { "/srv", "e", 0 },
		{ "/srvx", NULL, 0 },	 { "/", NULL, 0 },	   { NULL, NULL, 0 },
	};

	CHECK(list.count == 6 && list.n_folders == 5);
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct process p = { .cwd = row[i].cwd };
		struct owner o = owner_of_process(&list, &p);

		CHECK_TEXT(o.claimant ? o.claimant->project : NULL, row[i].project);
		CHECK(!o.claimant || o.claimant->instance == row[i].instance, "row %zu", i);
	}
}

static void test_entry_judge__does_not_choose_between_two_projects_with_one_path(void **state)
{
	struct claimant two[] = {
		{ .project_id = "a", .project = "a", .path = "/srv/a" },
		{ .project_id = "b", .project = "b", .path = "/srv/a" },
	};
	const struct claimant_list list = claimants_order(two, ARRAY_LEN(two));
	const struct entry e = { .project_id = "b", .instance = 1 };
	struct process p = { .cwd = "/srv/a" };
	const struct listener l = { .processes = &p, .n_processes = 1 };

	CHECK(entry_judge(&list, &e, "/srv/a", NULL, &l).state == STATE_IN_USE);
}

static void test_process_is_in_unit__compares_whole_names(void **state)
{
	static const struct {
		const char *cgroup, *unit;
		bool in;
	} row[] = {
		{ "/system.slice/web.service", "web", true },
		{ "/system.slice/web.service", "web.service", true },
		{ "/system.slice/web.service/x", "web.service", true },
		{ "/system.slice/my-web.service", "web", false },
		{ "/system.slice/web.service", "we", false },
		{ "/system.slice/web.socket", "web", false },
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice/web.service", "web",
		  true },
		{ "/system.slice/web.service", "", false },
		{ "/", "web", false },
		{ NULL, "web", false },
		{ "/system.slice/web.service", NULL, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		CHECK(process_is_in_unit(&(struct process){ .cgroup = row[i].cgroup },
					 row[i].unit) == row[i].in,
		      "row %zu", i);
}

static void test_owner_process__is_the_one_that_shows_whose_it_is(void **state)
{
	struct process two[] = { { .pid = 1, .cwd = "/" }, { .pid = 2, .cwd = "/srv/blog" } };
	const struct listener l = { .processes = two, .n_processes = 2 };
	const struct listener strangers = { .processes = two, .n_processes = 1 };
	struct owner o = owner_of_listener(&all, &l);

	CHECK(o.claimant && owner_process(&all, &o, &l) == &two[1]);
	CHECK(owner_process(&all, &o, &strangers) == NULL);
	o = owner_of_listener(&all, &strangers);
	CHECK(!o.claimant && owner_process(&all, &o, &strangers) == NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entry_judge__needs_evidence_to_call_it_squatted),
		cmocka_unit_test(test_entry_judge__says_down_when_nobody_listens),
		cmocka_unit_test(test_entry_judge__cannot_tell_whose_an_unreadable_socket_is),
		cmocka_unit_test(test_entry_judge__takes_the_surest_of_several_processes),
		cmocka_unit_test(
			test_owner_of_process__takes_the_longest_folder_and_the_instance_first),
		cmocka_unit_test(
			test_entry_judge__does_not_choose_between_two_projects_with_one_path),
		cmocka_unit_test(test_process_is_in_unit__compares_whole_names),
		cmocka_unit_test(test_owner_process__is_the_one_that_shows_whose_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
