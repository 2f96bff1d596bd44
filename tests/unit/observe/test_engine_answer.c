#include "lib/check.h"

#include "observe/engine_answer.h"

#define OK "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"

static struct arena kept;

static int forget(void **state)
{
	arena_release(&kept);
	return 0;
}

static bool parse(const char *bytes, struct containers_found *into, struct err *err)
{
	into->arena = &kept;
	return engine_answer_parse(bytes, strlen(bytes), into, err);
}

/* As Docker 24 answers, without the members that are not read. */
static const char two[] = OK
	"[{\"Id\":\"aa11\",\"Names\":[\"/web/db\",\"/shop-db-1\"],\"Image\":\"postgres\","
	"\"Ports\":[{\"IP\":\"0.0.0.0\",\"PrivatePort\":5432,\"PublicPort\":3101,\"Type\":\"tcp\"},"
	"{\"IP\":\"::\",\"PrivatePort\":5432,\"PublicPort\":3101,\"Type\":\"tcp\"},"
	"{\"PrivatePort\":8080,\"Type\":\"tcp\"},"
	"{\"IP\":\"\",\"PrivatePort\":53,\"PublicPort\":3153,\"Type\":\"udp\"},"
	"{\"IP\":\"0.0.0.0\",\"PrivatePort\":9,\"PublicPort\":3109,\"Type\":\"sctp\"}],"
	"\"Labels\":{\"com.docker.compose.project.working_dir\":\"/srv/shop\","
	"\"com.docker.compose.service\":\"db\"}},"
	"{\"Id\":\"bb22\",\"Names\":[\"/solo\"],\"Ports\":[],\"Labels\":{}}]";

static void test_engine_answer__tells_names_ports_and_where_compose_was_run(void **state)
{
	struct containers_found found = { 0 };
	struct err err = { 0 };
	const struct container *db;

	CHECK(parse(two, &found, &err), "%s", err.text);
	CHECK(found.count == 2);
	db = &found.items[0];
	CHECK_TEXT(db->id, "aa11");
	CHECK_TEXT(db->name, "shop-db-1");
	CHECK_TEXT(db->folder, "/srv/shop");
	CHECK_TEXT(db->service, "db");
	CHECK(db->n_ports == 3);
	CHECK(db->ports[0].port == 3101 && db->ports[0].protocol == PROTO_TCP);
	CHECK_TEXT(db->ports[1].address, "::");
	CHECK(db->ports[2].port == 3153 && db->ports[2].protocol == PROTO_UDP);
	CHECK_TEXT(db->ports[2].address, "0.0.0.0");
	CHECK_TEXT(found.items[1].name, "solo");
	CHECK(!found.items[1].folder && !found.items[1].service && !found.items[1].n_ports);
}

static void test_engine_answer__a_container_that_two_engines_tell_of_is_one(void **state)
{
	struct containers_found found = { 0 };

	CHECK(parse(two, &found, NULL) && parse(two, &found, NULL));
	CHECK(found.count == 2);
}

static void test_engine_answer__what_makes_no_sense_is_as_if_it_were_not_there(void **state)
{
	static const struct {
		const char *container;
		const char *name, *folder;
		unsigned ports;
	} row[] = {
		{ "{\"Id\":\"a\"}", NULL, NULL, 0 },
		{ "{\"Id\":\"a\",\"Names\":[7,\"x\"],\"Ports\":{},\"Labels\":[]}", "x", NULL, 0 },
		{ "{\"Id\":\"a\",\"Names\":[\"/a\\u001b[31m\"]}", NULL, NULL, 0 },
		{ "{\"Id\":\"a\",\"Names\":\"x\"}", NULL, NULL, 0 },
		/* A folder that depends on where somebody stood. */
		{ "{\"Id\":\"a\",\"Labels\":{\"com.docker.compose.project.working_dir\":\"shop\"}}",
		  NULL, NULL, 0 },
		{ "{\"Id\":\"a\",\"Ports\":[{\"PublicPort\":65536,\"Type\":\"tcp\"},"
		  "{\"PublicPort\":-1,\"Type\":\"tcp\"},{\"PublicPort\":\"80\",\"Type\":\"tcp\"},"
		  "{\"PublicPort\":80},7,null,{\"PublicPort\":80,\"Type\":\"tcp\"}]}",
		  NULL, NULL, 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char *bytes = arena_printf(&kept, OK "[%s]", row[i].container);
		struct containers_found found = { 0 };
		struct err err = { 0 };

		CHECK(parse(bytes, &found, &err), "row %zu: %s", i, err.text);
		CHECK(found.count == 1 && found.items[0].n_ports == row[i].ports, "row %zu", i);
		CHECK_TEXT(found.items[0].name, row[i].name);
		CHECK_TEXT(found.items[0].folder, row[i].folder);
	}
}

static void test_engine_answer__refuses_what_is_no_list(void **state)
{
	static const struct {
		const char *bytes, *why;
	} row[] = {
		{ "HTTP/1.0 500 Oops\r\n\r\n{}", "it answers with status 500" },
		{ OK "{\"message\":\"no\"}", "its answer is no list of containers" },
		{ OK "\"x\"", "its answer is no list of containers" },
		{ "garbage", "the answer is none of HTTP" },
		{ OK "[{\"Id\":", NULL },
		{ OK, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct containers_found found = { 0 };
		struct err err = { 0 };

		CHECK(!parse(row[i].bytes, &found, &err), "row %zu", i);
		CHECK(err.code == ERR_INVALID && !found.count, "row %zu", i);
		if (row[i].why)
			CHECK_TEXT(err.text, row[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			test_engine_answer__tells_names_ports_and_where_compose_was_run, forget),
		cmocka_unit_test_teardown(
			test_engine_answer__a_container_that_two_engines_tell_of_is_one, forget),
		cmocka_unit_test_teardown(
			test_engine_answer__what_makes_no_sense_is_as_if_it_were_not_there, forget),
		cmocka_unit_test_teardown(test_engine_answer__refuses_what_is_no_list, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
