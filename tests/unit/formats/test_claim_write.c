#include "lib/check.h"
#include "lib/claims.h"

#include "formats/claim_write.h"

#define NOW INT64_C(1767323045678) /* 2026-01-02T03:04:05.678Z */

static struct claim entry(const char *project, const char *service, uint16_t port)
{
	struct claim c = claim_of(CLAIM_ENTRY, 0);

	c.project = project;
	c.service = service;
	c.ports = (struct port_range){ port, port };
	return c;
}

static void check_written(claims_write_fn *write, const struct claim *claims, size_t count,
			  const char *want)
{
	CLEANUP(text_release) struct text written = { 0 };
	struct err err = { 0 };

	CHECK(write(claims, count, NOW, &written, &err), "%s", err.text);
	CHECK_TEXT(text_str(&written), want);
}

/* What is written, read again. */
static void check_read(claims_write_fn *write, claims_fn *read, const struct claim *claims,
		       size_t count, const char *want)
{
	CLEANUP(text_release) struct text written = { 0 }, said = { 0 };
	struct err err = { 0 };

	CHECK(write(claims, count, NOW, &written, &err), "%s", err.text);
	CHECK(read(text_str(&written), written.len, "f", claims_tell, &said, &err), "%s\n%s",
	      err.text, text_str(&written));
	CHECK_TEXT(text_str(&said), want);
}

static void test_write_md__is_a_table_for_people(void **state)
{
	struct claim claims[] = { entry("shop", "web", 3100), entry("shop", "api", 13101) };

	claims[1].description = "a|b";
	check_written(claims_write_md, claims, 2,
		      "| Project | Service |  Port | Description |\n"
		      "| ------- | ------- | ----: | ----------- |\n"
		      "| shop    | web     |  3100 |             |\n"
		      "| shop    | api     | 13101 | a\\|b        |\n");
	check_written(claims_write_md, claims, 0, "| Service | Port |\n| ------- | ---: |\n");
}

/* Wide characters take two columns, combining marks none: the bars stand below each other. */
static void test_write_md__is_aligned_by_what_is_seen(void **state)
{
	struct claim claims[] = { entry("shop", "web", 3100), entry("shop", "api", 3101) };

	claims[0].description = "\xe5\xba\x97\xe8\x88\x97"; /* two ideographs */
	claims[1].description = "cafe\xcc\x81 au lait";	    /* e and an acute accent */
	check_written(claims_write_md, claims, 2,
		      "| Project | Service | Port | Description  |\n"
		      "| ------- | ------- | ---: | ------------ |\n"
		      "| shop    | web     | 3100 | \xe5\xba\x97\xe8\x88\x97         |\n"
		      "| shop    | api     | 3101 | cafe\xcc\x81 au lait |\n");
}

static void test_write_md__is_read_again(void **state)
{
	struct claim claims[] = { entry("shop", "web", 3100), entry("-", "a | b", 3101),
				  entry("shop", "gone", 3102), claim_of(CLAIM_RESERVED, 0) };

	claims[0].description = "--";
	claims[1].instance = 2;
	claims[1].environment = "test";
	claims[1].protocol = PROTO_UDP;
	claims[1].host = "db1";
	claims[1].type = "web";
	claims[1].status = STATUS_LEGACY;
	claims[1].tunnel_hostname = "a.example.org";
	claims[1].description = "two\nlines, **not bold**";
	claims[1].note = "\\";
	claims[2].status = STATUS_RELEASED;
	check_read(
		claims_write_md, claims_md, claims, ARRAY_LEN(claims),
		"entry:3 3100 project=shop instance=1 service=web description=--; "
		"entry:4 3101/udp project=- instance=2 service=a | b type=web env=test host=db1 "
		"status=legacy hostname=a.example.org description=two\nlines, **not bold** note=\\; ");
}

static void test_write_ports_md__has_both_tables(void **state)
{
	struct claim claims[] = { claim_of(CLAIM_PROJECT, 0), claim_of(CLAIM_INSTANCE, 0),
				  claim_of(CLAIM_PROJECT, 0), entry("shop", "web", 3100) };

	claims[0].project = "my-project";
	claims[0].ports = (struct port_range){ 30500, 30599 };
	claims[0].number = 5;
	claims[0].path = "/path/to/project";
	claims[0].project_status = "reserved";
	claims[0].owner = "username";
	claims[0].at_ms = INT64_C(1725062400000);
	claims[1].project = "my-project";
	claims[1].instance = 2;
	claims[1].ports = (struct port_range){ 30510, 30519 };
	claims[1].purpose = "test";
	claims[1].instance_status = "active";
	claims[1].branch = "feat/x";
	claims[2].project = "bare";
	check_written(
		claims_write_ports_md, claims, ARRAY_LEN(claims),
		"## Projects\n\n"
		"| Project Name | Block       | Ports   | Path             | Status   | Owner    | Date       |\n"
		"| ------------ | ----------- | ------- | ---------------- | -------- | -------- | ---------- |\n"
		"| my-project   | 30500-30599 | Block 5 | /path/to/project | reserved | username | 2024-08-31 |\n"
		"| bare         |             |         |                  |          |          |            |\n"
		"\n## Instances\n\n"
		"| Project    | Instance | Ports       | Purpose | Status | Branch/Environment |\n"
		"| ---------- | -------: | ----------- | ------- | ------ | ------------------ |\n"
		"| my-project |        2 | 30510-30519 | test    | active | feat/x             |\n");
	check_read(
		claims_write_ports_md, claims_ports_md, claims, ARRAY_LEN(claims),
		"project:5 30500-30599 project=my-project number=5 path=/path/to/project "
		"owner=username project-status=reserved at=1725062400000; project:6 project=bare; "
		"instance:12 30510-30519 project=my-project instance=2 instance-status=active "
		"purpose=test branch=feat/x; ");
}

static void test_write_portkeeper__has_each_port_once(void **state)
{
	struct claim claims[] = { entry("shop", "dns", 53), entry("shop", "dns", 53),
				  entry("shop", "web", 3100), entry("shop", "old", 3101),
				  entry("shop", "dns", 5353) };

	claims[0].protocol = PROTO_UDP;
	claims[1].at_ms = NOW;
	claims[2].instance = 2;
	claims[2].description = "the \"shop\"";
	claims[3].status = STATUS_RELEASED;
	claims[4].protocol = PROTO_UDP;
	claims[4].environment = "test";
	check_written(claims_write_portkeeper, claims, ARRAY_LEN(claims),
		      "{\n"
		      "  \"version\": \"1.0.0\",\n"
		      "  \"exportDate\": \"2026-01-02T03:04:05.678Z\",\n"
		      "  \"ports\": [\n"
		      "    {\n"
		      "      \"number\": 53,\n"
		      "      \"projectName\": \"shop/dns\",\n"
		      "      \"reservedAt\": \"2026-01-02T03:04:05.678Z\",\n"
		      "      \"tags\": []\n"
		      "    },\n"
		      "    {\n"
		      "      \"number\": 3100,\n"
		      "      \"projectName\": \"shop@2/web\",\n"
		      "      \"description\": \"the \\\"shop\\\"\",\n"
		      "      \"tags\": []\n"
		      "    },\n"
		      "    {\n"
		      "      \"number\": 5353,\n"
		      "      \"projectName\": \"shop/dns\",\n"
		      "      \"tags\": [\n"
		      "        \"udp\",\n"
		      "        \"env:test\"\n"
		      "      ]\n"
		      "    }\n"
		      "  ]\n"
		      "}\n");
	check_read(claims_write_portkeeper, claims_portkeeper, claims, ARRAY_LEN(claims),
		   "entry:5 53 project=shop service=dns at=1767323045678; "
		   "entry:11 3100 project=shop instance=2 service=web description=the \"shop\"; "
		   "entry:17 5353/udp project=shop service=dns env=test; ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_md__is_a_table_for_people),
		cmocka_unit_test(test_write_md__is_aligned_by_what_is_seen),
		cmocka_unit_test(test_write_md__is_read_again),
		cmocka_unit_test(test_write_ports_md__has_both_tables),
		cmocka_unit_test(test_write_portkeeper__has_each_port_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
