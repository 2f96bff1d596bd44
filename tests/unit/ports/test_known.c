#include "lib/check.h"

#include "ports/known.h"

static void test_known__is_a_port_with_the_program_that_it_is_known_for(void **state)
{
	static const struct {
		enum protocol protocol;
		uint16_t port;
		const char *program, *want;
	} row[] = {
		{ PROTO_TCP, 5432, "postgres", "postgresql" },
		{ PROTO_TCP, 5432, NULL, "postgresql" },
		{ PROTO_TCP, 5432, "docker-proxy", "postgresql" },
		{ PROTO_TCP, 5432, "node", NULL }, /* somebody else took it */
		{ PROTO_UDP, 5432, "postgres", NULL },
		{ PROTO_TCP, 6379, "redis-server", "redis" },
		{ PROTO_TCP, 27017, "mongod", "mongodb" },
		{ PROTO_TCP, 9090, "prometheus", "prometheus" },
		{ PROTO_TCP, 9090, NULL, NULL }, /* many take it */
		{ PROTO_TCP, 3000, "node", NULL },
		{ PROTO_UDP, 53, "systemd-resolve", "dns" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const char *got = known_service(row[i].protocol, row[i].port, row[i].program);

		CHECK(row[i].want ? got && !strcmp(got, row[i].want) : !got, "row %zu: %s", i,
		      got ? got : "none");
	}
}

static void test_program__names_a_service_if_it_tells_which(void **state)
{
	static const struct {
		const char *program, *want;
	} row[] = {
		{ "nginx", "nginx" },
		{ "Plex Media Server", "plex-media-server" },
		{ "node", "node-3000" },
		{ "python3.11", "python3.11-3000" },
		{ "php-fpm8.2", "php-fpm8.2-3000" },
		{ "node_exporter", "node_exporter" },
		{ "nodejs-like", "nodejs-like" },
		{ NULL, "port-3000" },
		{ "???", "3000" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char got[NAME_SIZE];

		program_service(row[i].program, 3000, got);
		CHECK(!strcmp(got, row[i].want), "row %zu: %s", i, got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known__is_a_port_with_the_program_that_it_is_known_for),
		cmocka_unit_test(test_program__names_a_service_if_it_tells_which),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
