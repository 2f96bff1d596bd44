#include "lib/check.h"

#include "http/clients.h"

static void test_ask__is_let_in_as_often_as_the_rate_says(void **state)
{
	struct clients *c = clients_new();
	unsigned taken = 0;
	int64_t wait = 0;

	CHECK(c);
	/* Two seconds are saved up, and ten more go by. */
	for (int64_t ms = 5000; ms < 15000; ms++)
		taken += clients_ask(c, "a", 10, ms, &wait);
	CHECK(taken == 120 || taken == 119, "%u", taken);
	clients_free(c);
}

static void test_ask__says_when_to_come_again(void **state)
{
	struct clients *c = clients_new();
	int64_t wait = 0;

	for (unsigned i = 0; i < 4; i++)
		CHECK(clients_ask(c, "a", 2, 1000, &wait), "%u", i);
	CHECK(!clients_ask(c, "a", 2, 1000, &wait));
	CHECK(wait >= 500 && wait <= 501, "%lld", (long long)wait);
	CHECK(clients_ask(c, "b", 2, 1000, &wait), "another's bucket is its own");
	CHECK(!clients_ask(c, "a", 2, 1000 + wait - 2, &wait));
	CHECK(clients_ask(c, "a", 2, 1501, &wait));
	clients_free(c);
}

static void test_connect__is_at_most_so_often(void **state)
{
	struct clients *c = clients_new();

	CHECK(clients_connect(c, "a", 2, 0) && clients_connect(c, "a", 2, 0));
	CHECK(!clients_connect(c, "a", 2, 0));
	CHECK(clients_connect(c, "b", 2, 0) && clients_connect(c, "any", 0, 0));
	clients_disconnect(c, "a");
	CHECK(clients_connect(c, "a", 2, 0));
	clients_disconnect(c, "nobody");
	clients_free(c);
}

static void test_clients__are_forgotten(void **state)
{
	struct clients *c = clients_new();
	char name[CLIENT_NAME_SIZE];
	int64_t wait;

	CHECK(clients_connect(c, "stays", 0, 0));
	/* 200,000 addresses in 200 s: who keeps all of them has 20 MB. */
	for (unsigned i = 0; i < 200000; i++) {
		snprintf(name, sizeof(name), "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
		CHECK(clients_ask(c, name, 100, i, &wait));
		CHECK(clients_count(c) < 10000, "%u", clients_count(c));
	}
	clients_disconnect(c, "stays");
	CHECK(clients_connect(c, "stays", 1, 300000), "it was not forgotten while it was there");
	clients_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ask__is_let_in_as_often_as_the_rate_says),
		cmocka_unit_test(test_ask__says_when_to_come_again),
		cmocka_unit_test(test_connect__is_at_most_so_often),
		cmocka_unit_test(test_clients__are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
