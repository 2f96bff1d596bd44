/*
 * contract/store_claim.c - claim: see store.c.
 */
#include "lib/contract.h"

/* ---- claim ---- */

static void contract_claim__enters_the_first_free_port(struct store *s)
{
	put_projects(s);
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("20"), "a", 0)) == 3000);
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("21"), "b", 0)) == 3001);
	CHECK_PORTS(s, "3000 3001", );
	CHECK_TAKEN(s, "localhost", PROTO_TCP, anywhere, "3000 3001");
}

static void contract_claim__enters_every_field(struct store *s)
{
	CLEANUP(arena_release) struct arena a = { 0 };
	struct entry e = full_entry(), got;

	put_projects(s);
	put_instance(s, on_host(instance_of(SHOP, 4, "/srv/shop"), "build-2"));
	CHECK(claim(s, choice_of(&plain_range), e) == 3000);
	get_entry(s, e.id, &a, &got);
	e.port = 3000;
	check_entry(&got, &e);
}

static void contract_claim__passes_over_what_is_entered(struct store *s)
{
	struct entry other = entry_of(ID("23"), "z", 3002);

	put_projects(s);
	put_entry(s, entry_of(ID("20"), "x", 3000));
	put_entry(s, released(entry_of(ID("21"), "y", 3001), 2000));
	put_entry(s, entry_of(ID("22"), "y", 3001));
	other.status = STATUS_RESERVED;
	put_entry(s, other);
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("24"), "web", 0)) == 3003);
}

static void contract_claim__does_not_mind_other_hosts_and_protocols(struct store *s)
{
	struct entry e = entry_of(ID("20"), "x", 3000);

	put_projects(s);
	e.host = "build-2";
	put_entry(s, e);
	e = entry_of(ID("21"), "x", 3000);
	e.protocol = PROTO_UDP;
	put_entry(s, e);
	put_entry(s, released(entry_of(ID("22"), "x", 3000), 2000));
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("23"), "web", 0)) == 3000);
}

static void contract_claim__says_what_plan_choose_says(struct store *s)
{
	struct port_set reserved = { 0 }, strangers = { 0 };
	struct choice c = choice_of(&plain_range);
	struct err err = { 0 };
	struct pick pick;

	put_projects(s);
	port_set_add(&reserved, 3000);
	port_set_add(&strangers, 3001);
	c.reserved = &reserved;
	c.strangers = &strangers;
	MUST(try_claim(s, c, entry_of(ID("20"), "a", 0), &pick, &err));
	CHECK(pick.port == 3002 && pick.why == WHY_FREE);
	CHECK(pick.n_passed == 1 && pick.passed[0] == 3001);
	c.before = 3003;
	MUST(try_claim(s, c, entry_of(ID("21"), "b", 0), &pick, &err));
	CHECK(pick.port == 3003 && pick.why == WHY_BEFORE);
}

static void contract_claim__follows_every_kind_of_plan(struct store *s)
{
	struct choice preferred = choice_of(&plain_range), top = choice_of(&plain_range);
	struct choice random = choice_of(&random_range), only = choice_of(&plain_range);

	put_projects(s);
	preferred.preferred = 3001;
	top.downwards = true;
	random.seed = 5;
	only.preferred = 9999;
	only.only_preferred = true;
	CHECK(claim(s, preferred, entry_of(ID("20"), "a", 0)) == 3001);
	CHECK(claim(s, top, entry_of(ID("21"), "b", 0)) == 3003);
	CHECK(claim(s, random, entry_of(ID("22"), "c", 0)) == 3002);
	CHECK(claim(s, only, entry_of(ID("23"), "d", 0)) == 9999);
	CHECK(claim(s, only, entry_of(ID("24"), "e", 0)) == 0);
	CHECK(claim(s, preferred, entry_of(ID("25"), "f", 0)) == 3000);
}

static void contract_claim__gives_the_cooling_port_that_was_released_first(struct store *s)
{
	static const uint16_t cooling[] = { 3002, 3000 };
	struct policy_range range = { .ports = { 3000, 3003 }, .avoid = { 3003 }, .n_avoid = 1 };
	struct choice c = choice_of(&range);

	put_projects(s);
	c.cooling = cooling;
	c.n_cooling = 2;
	CHECK(claim(s, c, entry_of(ID("20"), "a", 0)) == 3001);
	CHECK(claim(s, c, entry_of(ID("21"), "b", 0)) == 3003);
	CHECK(claim(s, c, entry_of(ID("22"), "c", 0)) == 3002);
	CHECK(claim(s, c, entry_of(ID("23"), "d", 0)) == 3000);
	CHECK(claim(s, c, entry_of(ID("24"), "e", 0)) == 0);
}

static void contract_claim__enters_nothing_when_nothing_is_free(struct store *s)
{
	static const char *const ids[] = { ID("20"), ID("21"), ID("22"), ID("23") };
	static const char *const names[] = { "a", "b", "c", "d" };
	struct err err = { 0 };
	struct pick pick;

	put_projects(s);
	for (unsigned i = 0; i < 4; i++)
		claim(s, choice_of(&plain_range), entry_of(ids[i], names[i], 0));
	MUST(try_claim(s, choice_of(&plain_range), entry_of(ID("24"), "e", 0), &pick, &err));
	CHECK(pick.port == 0 && pick.why == WHY_NONE);
	CHECK_PORTS(s, "3000 3001 3002 3003", .life = LIVE_AND_RELEASED);
	put_entry(s, released(entry_of(ID("22"), "c", 3002), 2000));
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("24"), "e", 0)) == 3002);
}

static void contract_claim__refuses_a_second_primary(struct store *s)
{
	struct entry e = entry_of(ID("21"), "web", 0);

	put_projects(s);
	claim(s, choice_of(&plain_range), entry_of(ID("20"), "web", 0));
	refuse_claim(s, e);
	CHECK_PORTS(s, "3000", .life = LIVE_AND_RELEASED);
	e.primary = false;
	CHECK(claim(s, choice_of(&plain_range), e) == 3001);
}

static void contract_claim__refuses_a_tunnel_hostname_that_is_held(struct store *s)
{
	put_projects(s);
	claim(s, choice_of(&plain_range), with_tunnel(entry_of(ID("20"), "a", 0), "x.example.org"));
	refuse_claim(s, with_tunnel(entry_of(ID("21"), "b", 0), "x.example.org"));
	CHECK_PORTS(s, "3000", .life = LIVE_AND_RELEASED);
	CHECK_TAKEN(s, "localhost", PROTO_TCP, anywhere, "3000");
}

static void contract_claim__leaves_the_port_free_when_it_is_refused(struct store *s)
{
	put_projects(s);
	claim(s, choice_of(&plain_range), entry_of(ID("20"), "web", 0));
	for (int i = 0; i < 10; i++)
		refuse_claim(s, entry_of(ID("21"), "web", 0));
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("22"), "b", 0)) == 3001);
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("23"), "c", 0)) == 3002);
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("24"), "d", 0)) == 3003);
}

static void contract_claim__finds_a_port_that_was_moved_or_released(struct store *s)
{
	put_projects(s);
	claim(s, choice_of(&plain_range), entry_of(ID("20"), "a", 0));
	claim(s, choice_of(&plain_range), entry_of(ID("21"), "b", 0));
	put_entry(s, entry_of(ID("20"), "a", 4000));
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("22"), "c", 0)) == 3000);
	put_entry(s, released(entry_of(ID("21"), "b", 3001), 2000));
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("23"), "d", 0)) == 3001);
	put_entry(s, entry_of(ID("24"), "e", 3002));
	CHECK(claim(s, choice_of(&plain_range), entry_of(ID("25"), "f", 0)) == 3003);
}

static const struct contract contracts[] = {
	CONTRACT(claim__enters_the_first_free_port),
	CONTRACT(claim__enters_every_field),
	CONTRACT(claim__passes_over_what_is_entered),
	CONTRACT(claim__does_not_mind_other_hosts_and_protocols),
	CONTRACT(claim__says_what_plan_choose_says),
	CONTRACT(claim__follows_every_kind_of_plan),
	CONTRACT(claim__gives_the_cooling_port_that_was_released_first),
	CONTRACT(claim__enters_nothing_when_nothing_is_free),
	CONTRACT(claim__refuses_a_second_primary),
	CONTRACT(claim__refuses_a_tunnel_hostname_that_is_held),
	CONTRACT(claim__leaves_the_port_free_when_it_is_refused),
	CONTRACT(claim__finds_a_port_that_was_moved_or_released),
};

int main(void)
{
	return contracts_run(contracts, ARRAY_LEN(contracts));
}
