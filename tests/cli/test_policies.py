"""The policies that are built in, and how a book gets another one (DESIGN section 4)."""

import re

import pytest

from clilib import ephemeral, text_of
from clilib import TOP

SUPERVISOR = TOP / "policies" / "examples" / "supervisor.yaml"


def block_of(pb, name):
    project = pb.json("project", "show", name)["project"]
    return project["rangeStart"], project["rangeEnd"]


# --- blocks, the default

@pytest.mark.sanitize
def test_blocks__projects_0_1_and_2_own_their_hundred(pb):
    for number in (0, 1, 2):
        pb.ok("project", "add", f"p{number}", "--number", number)
    assert [block_of(pb, f"p{n}") for n in (0, 1, 2)] == [(3000, 3099), (3100, 3199), (3200, 3299)]


def test_blocks__is_the_policy_of_a_new_book(pb):
    assert pb.json("status")["policy"] == "blocks"


@pytest.mark.sanitize
def test_blocks__first_service_of_project_1_gets_3100_and_the_second_3101(pb):
    pb.ok("project", "add", "consilio", "--number", 1)
    assert pb.ok("get", "consilio/web") == "3100"
    assert pb.ok("get", "consilio/api") == "3101"


def test_blocks__first_service_of_project_0_gets_3000(pb):
    pb.ok("project", "add", "meta", "--number", 0)
    assert pb.ok("get", "meta/web") == "3000"


def test_blocks__automatic_numbers_start_at_1_and_0_can_be_asked_for(pb):
    assert pb.json("project", "add", "first")["project"]["projectNumber"] == 1
    assert pb.json("project", "add", "zero", "--number", 0)["project"]["projectNumber"] == 0
    assert pb.json("project", "add", "second")["project"]["projectNumber"] == 2


def test_blocks__automatic_number_is_the_lowest_free_one(pb):
    for name in ("a", "b", "c"):
        pb.ok("project", "add", name)
    pb.ok("project", "remove", "b")
    assert pb.json("project", "add", "d")["project"]["projectNumber"] == 2


@pytest.mark.parametrize("number", range(60, 70))
def test_blocks__numbers_60_to_69_cannot_be_asked_for(pb, error, number):
    error("invalid", "project add", "x", "--number", number)
    assert "x" not in pb.ok("project", "list", "--format", "csv")


def test_blocks__numbers_60_to_69_are_never_given(pb, use_policy):
    taken = "".join(f"  - {{name: p{n}, number: {n}}}\n" for n in range(1, 59))
    use_policy((TOP / "policies" / "blocks.yaml").read_text() + "projects:\n" + taken)
    given = [pb.json("project", "add", f"q{n}")["project"]["projectNumber"] for n in range(3)]
    assert given == [59, 70, 71]


def test_blocks__no_block_touches_the_shared_range(pb):
    pb.ok("project", "add", "below", "--number", 59)
    pb.ok("project", "add", "above", "--number", 70)
    assert block_of(pb, "below") == (8900, 8999)
    assert block_of(pb, "above") == (10000, 10099)


def test_blocks__blocks_outside_the_ephemeral_range_are_used_first(pb):
    ephemeral(3100, 3299)
    assert pb.json("project", "add", "a")["project"]["projectNumber"] == 3


def test_add_block__takes_one_in_the_ephemeral_range_where_the_others_are_kept(pb, use_policy,
                                                                               error):
    """Blocks 3 and 4 are those of other projects' numbers, also where they are not opened yet."""
    ephemeral(20100, 20299)
    use_policy("name: small\nranges:\n  - {name: projects, ports: 20000-20499, block: 100}\n")
    for name, number in (("p", 0), ("q", 3), ("r", 4)):
        pb.ok("project", "add", name, "--number", number)
    on_box = ["--host", "box2", "project", "add-block", "p"]
    pb.ok("--host", "box2", "get", "p/web")
    assert pb.json(*on_box)["project"]["ranges"] == ["20000-20099", "20100-20199"]
    assert pb.json(*on_box)["project"]["ranges"][-1] == "20200-20299"
    error("exhausted", "project add-block", "p", "--host", "box2")


def test_blocks__last_number_is_619(pb, error):
    pb.ok("project", "add", "last", "--number", 619)
    assert block_of(pb, "last") == (64900, 64999)
    error("invalid", "project add", "beyond", "--number", 620)


@pytest.mark.sanitize
def test_blocks__shared_services_gets_9000_to_9999(pb):
    assert block_of(pb, "shared-services") == (9000, 9999)
    assert pb.ok("get", "shared-services/grafana") == "9000"
    assert pb.ok("get", "shared-services/loki") == "9001"


@pytest.mark.parametrize("port", [5432, 8080])
def test_blocks__5432_and_8080_are_not_even_given_when_asked_for(pb, error, port):
    pb.ok("project", "add", "p", "--number", (port - 3000) // 100)
    said = error("taken", "get", "p/x", "--port", port)
    assert "reserved" in said["message"]


@pytest.mark.parametrize("port", [5432, 8080])
def test_blocks__5432_and_8080_are_passed_over(pb, port):
    first = port // 100 * 100
    pb.ok("project", "add", "p", "--number", (port - 3000) // 100)
    pb.ok("reserve", f"{first}-{port - 1}", "--reason", "to come near")
    given = int(pb.ok("get", "p/x"))
    assert given > port


def test_blocks__ports_that_programs_take_unasked_come_last_but_can_be_asked_for(pb, answer):
    pb.ok("project", "add", "p", "--number", 20)  # 5000-5099
    assert pb.ok("get", "p/a") == "5001"
    assert pb.ok("get", "p/b", "--port", 5000) == "5000"


def test_blocks__ports_that_programs_take_unasked_are_given_when_none_else_is_left(pb, answer):
    pb.ok("project", "add", "p", "--number", 20)
    pb.ok("reserve", "5001-5099", "--reason", "to leave one")
    assert answer("get", "p/a")["port"] == 5000


@pytest.mark.sanitize
def test_blocks__second_instance_takes_3190_to_3199(pb):
    pb.ok("project", "add", "p", "--number", 1)
    added = pb.json("instance", "add", "p")["instance"]
    assert added["instance"] == 2
    assert pb.ok("get", "p@2/web") == "3190"
    second = [i for i in pb.json("instance", "list", "p")["instances"] if i["instance"] == 2]
    assert [(i["rangeStart"], i["rangeEnd"]) for i in second] == [(3190, 3199)]


def test_blocks__third_instance_takes_the_next_slice_from_the_top(pb):
    pb.ok("project", "add", "p", "--number", 1)
    assert pb.ok("get", "p@2/web") == "3190"
    assert pb.ok("get", "p@3/web") == "3180"


@pytest.mark.sanitize
def test_blocks__service_of_instance_2_stands_at_the_offset_it_has_in_instance_1(pb, answer):
    pb.ok("project", "add", "p", "--number", 1)
    for service in ("web", "api", "db"):
        pb.ok("get", f"p/{service}")
    assert answer("get", "p@2/db")["port"] == 3192
    assert answer("get", "p@2/web")["port"] == 3190
    assert answer("get", "p@2/api")["port"] == 3191


def test_blocks__service_whose_offset_does_not_fit_takes_the_first_free_of_the_slice(pb):
    pb.ok("project", "add", "p", "--number", 1)
    pb.ok("get", "p/far", "--port", 3150)
    assert pb.ok("get", "p@2/far") == "3190"


def test_blocks__service_whose_twin_port_is_held_takes_the_first_free_of_the_slice(pb):
    pb.ok("project", "add", "p", "--number", 1)
    assert pb.ok("get", "p@2/early") == "3190"
    assert pb.ok("get", "p/web") == "3100"
    assert pb.ok("get", "p@2/web") == "3191"


def test_blocks__instance_1_does_not_get_the_ports_of_the_others(pb, error):
    pb.ok("project", "add", "p", "--number", 1)
    pb.ok("get", "p@2/web")
    error("invalid", "get", "p/x", "--port", 3195)
    pb.ok("reserve", "3100-3189", "--reason", "to leave the slice")
    error("exhausted", "get", "p/x")


def test_blocks__eleventh_instance_is_refused_with_the_way_out(pb, error):
    pb.ok("project", "add", "p")
    pb.ok("get", "p@10/web")
    said = text_of(error("exhausted", "get", "p@11/web"))
    assert "project add-block p" in said


def test_blocks__slices_never_overlap_and_never_cover_the_lowest(pb):
    pb.ok("project", "add", "p", "--number", 1)
    given = [int(pb.ok("get", f"p@{n}/web")) for n in range(10, 0, -1)]
    slices = {(port - 3100) // 10 for port in given}
    assert len(slices) == 10
    assert given[-1] == 3100


# --- instances

ROLES = ["frontend", "api", "db", "supabase-api", "supabase-studio", "inbucket", "analytics",
         "vector", "pooler", "aux"]


def test_instances__first_project_is_number_0(pb, policy):
    policy("instances")
    assert pb.json("project", "add", "p")["project"]["projectNumber"] == 0


@pytest.mark.parametrize("number", [0, 1, 2, 99])
def test_instances__block_n_is_30000_and_100_n(pb, policy, number):
    policy("instances")
    pb.ok("project", "add", "p", "--number", number)
    assert block_of(pb, "p") == (30000 + 100 * number, 30099 + 100 * number)


@pytest.mark.sanitize
def test_instances__instance_2_of_block_2_gives_db_30212_and_supabase_api_30213(pb, policy):
    policy("instances")
    pb.ok("project", "add", "p", "--number", 2)
    assert pb.ok("get", "p@2/db") == "30212"
    assert pb.ok("get", "p@2/supabase-api") == "30213"


def test_instances__every_role_has_its_offset(pb, policy, answer):
    policy("instances")
    pb.ok("project", "add", "p", "--number", 1)
    for offset, role in enumerate(ROLES):
        said = answer("get", f"p@3/{role}")
        assert (said["port"], said["role"]) == (30120 + offset, role)


def test_instances__service_is_matched_to_a_role_by_its_type_when_the_name_is_none(pb, policy,
                                                                                   answer):
    policy("instances")
    pb.ok("project", "add", "p")
    said = answer("get", "p/postgres", "--type", "db")
    assert (said["port"], said["role"]) == (30002, "db")


def test_instances__name_comes_before_type(pb, policy):
    policy("instances")
    pb.ok("project", "add", "p")
    assert pb.ok("get", "p/api", "--type", "db") == "30001"


def test_instances__role_that_is_named_comes_before_both(pb, policy):
    policy("instances")
    pb.ok("project", "add", "p")
    assert pb.ok("get", "p/api", "--type", "db", "--role", "vector") == "30007"


def test_instances__role_that_the_range_does_not_have_is_refused(pb, policy, error):
    policy("instances")
    pb.ok("project", "add", "p")
    error("invalid", "get", "p/x", "--role", "captain")


def test_instances__service_without_a_role_takes_the_highest_free_offset(pb, policy):
    policy("instances")
    pb.ok("project", "add", "p")
    assert [pb.ok("get", f"p/{s}") for s in ("x", "y", "aux", "z")] == [
        "30009", "30008", "30007", "30006"]


def test_instances__service_whose_role_port_is_held_takes_the_highest_free_offset(pb, policy):
    policy("instances")
    pb.ok("project", "add", "p")
    pb.ok("get", "p/other", "--port", 30002)
    assert pb.ok("get", "p/db") == "30009"


def test_instances__purposes_are_given_by_number(pb, policy):
    policy("instances")
    pb.ok("project", "add", "p")
    pb.ok("get", "p/web")
    for _ in range(2, 11):
        pb.ok("instance", "add", "p")
    said = {i["instance"]: i["purpose"] for i in pb.json("instance", "list", "p")["instances"]}
    assert said == {1: "development", 2: "test", 3: "feature", 4: "feature", 5: "staging",
                    6: "performance", 7: "integration", 8: "preview", 9: "backup",
                    10: "experimental"}


@pytest.mark.sanitize
def test_instances__next_names_the_next_free_slice(pb, policy, answer):
    policy("instances")
    pb.ok("project", "add", "p", "--number", 2)
    first = answer("instance next", "p")["instance"]
    assert (first["instance"], first["rangeStart"], first["rangeEnd"]) == (2, 30210, 30219)
    pb.ok("get", "p@2/web")
    pb.ok("get", "p@4/web")
    following = answer("instance next", "p")["instance"]
    assert (following["instance"], following["rangeStart"], following["rangeEnd"]) == (
        3, 30220, 30229)


def test_instances__next_enters_nothing(pb, policy, book):
    policy("instances")
    pb.ok("project", "add", "p")
    before = book.dump()
    pb.ok("instance", "next", "p")
    assert book.dump() == before


@pytest.mark.sanitize
def test_instances__eleventh_instance_is_refused_with_the_ways_out(pb, policy, error):
    policy("instances")
    pb.ok("project", "add", "p")
    for number in range(2, 11):
        pb.ok("instance", "add", "p")
    for command in (["get", "p@11/web"], ["instance next", "p"], ["instance add", "p"]):
        said = text_of(error("exhausted", *command))
        assert "project add-block p" in said
        assert "40000" in said and "--temporary" in said


def test_instances__way_out_of_the_eleventh_is_a_port_of_its_own(pb, policy, error):
    policy("instances")
    pb.ok("project", "add", "p")
    taken = {pb.ok("get", f"p@{n}/web") for n in range(1, 11)}
    hint = error("exhausted", "get", "p@11/web")["hint"]
    way = re.search(r"portbook (get p/SERVICE-11 --temporary)", hint).group(1)
    port = pb.ok(*way.replace("SERVICE", "web").split())
    assert port == "40000" and port not in taken


def test_instances__added_block_has_room_for_the_eleventh(pb, policy):
    policy("instances")
    pb.ok("project", "add", "p")
    pb.ok("project", "add", "q")
    pb.ok("project", "add-block", "p")
    assert pb.ok("get", "p@11/db") == "30202"
    assert pb.ok("get", "p@10/db") == "30092"


def test_instances__temporary_port_comes_from_40000_and_expires(pb, policy, answer):
    policy("instances")
    pb.ok("project", "add", "p")
    said = answer("get", "p/demo", "--temporary")
    assert said["port"] == 40000
    assert said["expiresAt"] > said["allocatedAt"]


@pytest.mark.parametrize("port", [54320, 54999, 3000, 8500])
def test_instances__supabases_and_legacy_ports_are_not_given(pb, policy, port):
    policy("instances")
    pb.ok("project", "add", "p")
    assert pb("get", "p/x", "--port", port).code in (2, 3)


def test_instances__system_range_is_of_the_shared_services(pb, policy):
    policy("instances")
    assert pb.ok("get", "shared-services/prometheus") == "9000"


# --- environments

@pytest.mark.sanitize
def test_environments__dev_test_and_production_start_at_8000_7000_and_9000(pb, policy):
    policy("environments")
    pb.ok("project", "add", "p")
    assert pb.ok("get", "p/web") == "8000"
    assert pb.ok("get", "p/web", "--env", "test") == "7000"
    assert pb.ok("get", "p/web", "--env", "production") == "9000"


def test_environments__projects_share_the_ranges(pb, policy):
    policy("environments")
    assert pb.ok("get", "a/web", "--create") == "8000"
    assert pb.ok("get", "b/web", "--create") == "8001"
    assert pb.ok("get", "a/api") == "8002"


def test_environments__environment_without_a_range_is_refused(pb, policy, error):
    policy("environments")
    pb.ok("project", "add", "p")
    assert "staging" in error("invalid", "get", "p/web", "--env", "staging")["message"]


@pytest.mark.parametrize("port", [3000, 5432, 8051, 8181, 3737])
def test_environments__reserved_ports_are_passed_over(pb, policy, port):
    policy("environments", "--from-env",
           env={"DEV_PORT_START": port - 1, "DEV_PORT_END": port + 1})
    pb.ok("project", "add", "p")
    assert [pb.ok("get", f"p/{s}") for s in ("a", "b")] == [str(port - 1), str(port + 1)]


@pytest.mark.parametrize("port", [3000, 5432, 8051, 8181, 3737])
def test_environments__reserved_ports_are_not_given_when_asked_for(pb, policy, error, port):
    policy("environments", "--from-env", env={"DEV_PORT_START": port, "DEV_PORT_END": port})
    pb.ok("project", "add", "p")
    assert "reserved" in error("taken", "get", "p/x", "--port", port)["message"]
    error("exhausted", "get", "p/x")


@pytest.mark.sanitize
def test_environments__variables_become_keys_of_the_policy_and_are_not_read_again(pb, policy):
    policy("environments", "--from-env",
           env={"DEV_PORT_START": 8300, "DEV_PORT_END": 8399, "PROD_PORT_START": 9300,
                "PROD_PORT_END": 9399, "TEST_PORT_START": 7300, "TEST_PORT_END": 7399})
    ranges = {r["name"]: r["ports"] for r in pb.json("policy", "show")["policy"]["ranges"]}
    assert (ranges["dev"], ranges["production"], ranges["test"]) == (
        "8300-8399", "9300-9399", "7300-7399")
    pb.ok("project", "add", "p")
    later = {"DEV_PORT_START": "8700"}
    assert pb.ok("get", "p/web", env=later) == "8300"
    assert pb.ok("get", "p/web", "--env", "production", env=later) == "9300"
    assert pb.ok("get", "p/web", "--env", "test", env=later) == "7300"


def test_environments__policy_show_has_the_numbers_of_the_variables(pb, policy):
    policy("environments", "--from-env",
           env={"DEV_PORT_START": 8300, "RESERVED_PORTS": "8301",
                "PORT_ALLOCATION_STRATEGY": "random"})
    shown = pb.ok("policy", "show")
    assert "8300-8999" in shown and "8000-8999" not in shown
    assert "8301" in shown
    (pb.work / "same.yaml").write_text(shown + "\n")
    pb.ok("policy", "check", "same.yaml")


def test_environments__variables_are_not_read_unless_asked(pb, policy):
    policy("environments", env={"DEV_PORT_START": 8300})
    assert pb.ok("get", "p/web", "--create", env={"DEV_PORT_START": 8300}) == "8000"


def test_environments__one_variable_alone_changes_one_end(pb, policy):
    policy("environments", "--from-env", env={"DEV_PORT_END": 8001})
    ranges = {r["name"]: r["ports"] for r in pb.json("policy", "show")["policy"]["ranges"]}
    assert (ranges["dev"], ranges["test"]) == ("8000-8001", "7000-7999")


def test_environments__reserved_ports_variable_takes_the_place_of_the_policys(pb, policy):
    policy("environments", "--from-env", env={"RESERVED_PORTS": "8000, 8002-8003"})
    pb.ok("project", "add", "p")
    assert [pb.ok("get", f"p/{s}") for s in ("a", "b")] == ["8001", "8004"]


@pytest.mark.parametrize("variables", [
    {"DEV_PORT_START": "abc"}, {"DEV_PORT_START": "0"}, {"DEV_PORT_START": "70000"},
    {"DEV_PORT_START": "8500", "DEV_PORT_END": "8400"},  # backwards
    {"DEV_PORT_START": "7500", "DEV_PORT_END": "8400"},  # into the range of the tests
    {"DEV_PORT_START": "80"},  # the system's
    {"RESERVED_PORTS": "3000,x"}, {"RESERVED_PORTS": "3005-3000"},
    {"PORT_ALLOCATION_STRATEGY": "clever"},
    {},  # nothing to read
])
def test_environments__variables_that_make_no_sense_are_refused(pb, error, book, variables):
    before = book.dump()
    error("invalid", "policy use", "environments", "--from-env", env=variables)
    assert book.dump() == before


def test_environments__from_env_is_refused_where_the_policy_has_no_such_range(error):
    error("invalid", "policy use", "blocks", "--from-env", env={"DEV_PORT_START": "8300"})


@pytest.mark.sanitize
def test_environments__random_really_is(pb, policy):
    policy("environments", "--from-env", env={"PORT_ALLOCATION_STRATEGY": "random"})
    pb.ok("project", "add", "p")
    given = [int(pb.ok("get", f"p/s{n}")) for n in range(16)]
    assert all(8000 <= port <= 8999 for port in given)
    assert len(set(given)) == 16
    # By chance in order once in 16! tries; so close together once in 10^10.
    assert given != sorted(given)
    assert max(given) - min(given) > 200


def test_environments__sequential_is_in_order(pb, policy):
    policy("environments", "--from-env", env={"PORT_ALLOCATION_STRATEGY": "sequential"})
    pb.ok("project", "add", "p")
    assert [pb.ok("get", f"p/s{n}") for n in range(3)] == ["8000", "8001", "8002"]


def test_environments__random_never_gives_a_port_twice_and_ends_when_all_are_given(pb, policy,
                                                                                   error):
    policy("environments", "--from-env", env={
        "PORT_ALLOCATION_STRATEGY": "random", "DEV_PORT_START": 8600, "DEV_PORT_END": 8607})
    pb.ok("project", "add", "p")
    given = {int(pb.ok("get", f"p/s{n}")) for n in range(8)}
    assert given == set(range(8600, 8608))
    error("exhausted", "get", "p/more")


# --- types

@pytest.mark.sanitize
def test_types__first_project_gets_the_known_numbers(pb, policy):
    policy("types")
    pb.ok("project", "add", "p")
    for service in ("web", "api", "db", "redis"):
        pb.ok("get", f"p/{service}")
    assert set(pb.ok("env", "p").splitlines()) == {
        "WEB_PORT=8000", "API_PORT=8100", "DB_PORT=5400", "REDIS_PORT=6300"}


@pytest.mark.parametrize("kind, port", [
    ("web", 8000), ("api", 8100), ("db", 5400), ("cache", 6300), ("queue", 5670),
    ("monitoring", 9000), ("temporal", 7230), ("misc", 3000)])
def test_types__every_type_has_its_range(pb, policy, answer, kind, port):
    policy("types")
    pb.ok("project", "add", "p")
    said = answer("get", "p/thing", "--type", kind)
    assert (said["port"], said["serviceType"]) == (port, kind)


# --- the example

@pytest.mark.sanitize
def test_supervisor__has_its_projects_with_their_numbers(pb):
    pb.ok("policy", "use", SUPERVISOR)
    projects = {p["projectName"]: (p["projectNumber"], p["rangeStart"], p["rangeEnd"])
                for p in pb.json("project", "list")["projects"]}
    assert projects.pop("shared-services") == (None, 9000, 9999)
    names = ["meta-supervisor", "consilio", "openhorizon", "health-agent", "odin",
             "quiculum-monitor"]
    assert projects == {name: (n, 3000 + 100 * n, 3099 + 100 * n) for n, name in enumerate(names)}


def test_supervisor__has_its_services_on_their_ports(pb, ports):
    pb.ok("policy", "use", SUPERVISOR)
    assert ports() == {port: f"shared-services/{service}" for service, port in {
        "penpot": 9001, "storybook": 9002, "expo-info": 9003, "archon": 9004, "prometheus": 9005,
        "grafana": 9006, "redis": 9007, "mcp-meta": 8080, "postgresql": 5432}.items()}


def test_supervisor__says_that_another_list_swaps_odin_and_health_agent():
    text = SUPERVISOR.read_text()
    assert re.search(r"(?i)another list.*odin.*health-agent|another list.*health-agent.*odin",
                     text.replace("\n#", ""))


def test_supervisor__may_be_used_again_and_changes_nothing(pb, ports):
    pb.ok("policy", "use", SUPERVISOR)
    before = ports()
    pb.ok("policy", "use", SUPERVISOR)
    assert ports() == before
    assert len(pb.json("project", "list")["projects"]) == 7


def test_supervisor__gives_consilio_3100(pb):
    pb.ok("policy", "use", SUPERVISOR)
    assert pb.ok("get", "consilio/web") == "3100"
    assert pb.ok("get", "shared-services/more") == "9000"


# --- policy list, show

def test_policy_list__has_the_four_and_says_which_is_in_use(answer):
    said = {p["name"]: p["inUse"] for p in answer("policy list")["policies"]}
    assert said == {"blocks": True, "environments": False, "instances": False, "types": False}


@pytest.mark.parametrize("name", ["blocks", "environments", "instances", "types"])
def test_policy_show__prints_a_file_that_can_be_used(pb, answer, name):
    text = pb("policy", "show", name, check=True).out
    assert text == (TOP / "policies" / f"{name}.yaml").read_text()
    assert answer("policy show", name)["policy"]["name"] == name
    (pb.work / "copy.yaml").write_text(text)
    pb.ok("policy", "use", "copy.yaml")


def test_policy_show__without_a_name_is_the_one_in_use(pb, policy, answer):
    policy("types")
    assert answer("policy show")["policy"]["name"] == "types"


def test_policy_show__of_an_unknown_one_is_not_found(error):
    error("not-found", "policy show", "nonsense")


def test_policy_use__of_an_unknown_one_is_not_found(error, book):
    before = book.dump()
    error("not-found", "policy use", "nonsense")
    assert book.dump() == before


# --- policy check

SOUND = """\
name: mine
ranges:
  - name: all
    ports: 20000-20999
"""


def test_policy_check__likes_what_is_sound(pb, answer):
    (pb.work / "p.yaml").write_text(SOUND)
    said = answer("policy check", "p.yaml")
    assert said["valid"] and said["findings"] == []


@pytest.mark.parametrize("name", ["blocks", "environments", "instances", "types"])
def test_policy_check__likes_what_is_built_in(answer, name):
    assert answer("policy check", name)["valid"]


def unsound(name, line, text):
    return pytest.param(line, text, id=name)


UNSOUND = [
    unsound("ranges that overlap", 5, SOUND + "  - name: other\n    ports: 20500-21500\n"),
    unsound("blocks that do not divide", 3, SOUND + "    block: 300\n"),
    unsound("slices that do not divide", 3, SOUND + "    block: 100\n    slice: 30\n"),
    unsound("slices without blocks", 3, SOUND + "    slice: 10\n"),
    unsound("role outside of the slice", 3,
            SOUND + "    block: 100\n    slice: 10\n    roles: {web: 10}\n"),
    unsound("two roles at one place", 3,
            SOUND + "    block: 100\n    slice: 10\n    roles: {web: 1, api: 1}\n"),
    unsound("port below 1024", 3, SOUND.replace("20000-", "1000-")),
    unsound("port above 65535", 4, SOUND.replace("-20999", "-65536")),
    unsound("range backwards", 4, SOUND.replace("20000-20999", "20999-20000")),
    unsound("unknown key", 5, SOUND + "    colour: red\n"),
    unsound("key twice", 5, SOUND + "    ports: 20000-20001\n"),
    unsound("unknown strategy", 5, SOUND + "    strategy: clever\n"),
    unsound("two ranges of one name", 5, SOUND + "  - name: all\n    ports: 30000-30001\n"),
    unsound("range without ports", 5, SOUND + "  - name: empty\n"),
    unsound("temporary without an end", 5,
            SOUND + "  - name: t\n    ports: 30000-30001\n    temporary: true\n"),
    unsound("not YAML", 4, SOUND.replace("20000-20999", "[20000")),
]


@pytest.mark.parametrize("line, text", UNSOUND)
def test_policy_check__names_the_line(pb, answer, line, text):
    (pb.work / "p.yaml").write_text(text)
    said = answer("policy check", "p.yaml", status=1)
    assert not said["valid"]
    first = next(f for f in said["findings"] if f["severity"] == "error")
    assert first["line"] == line or f"line {line}" in first["message"] or \
        f"p.yaml:{line}" in first["message"], said
    assert re.search(rf"(:|line ){line}\b", pb.fails(1, "policy", "check", "p.yaml").out)


@pytest.mark.parametrize("line, text", UNSOUND)
def test_policy_use__refuses_what_is_unsound_and_names_the_line(pb, error, book, line, text):
    (pb.work / "p.yaml").write_text(text)
    before = book.dump()
    said = error("invalid", "policy use", "p.yaml")
    assert re.search(rf"(:|line ){line}\b", said["message"])
    assert book.dump() == before


def test_policy_check__warns_of_the_ephemeral_range(pb, answer):
    ephemeral(20500, 30000)
    (pb.work / "p.yaml").write_text(SOUND)
    said = answer("policy check", "p.yaml")
    assert said["valid"]
    assert [(f["severity"], f["line"]) for f in said["findings"]] == [("warning", 3)]


def test_policy_check__of_a_file_that_is_not_there_fails(pb, book):
    before = book.dump()
    result = pb("policy", "check", "./nowhere.yaml")
    assert result.code in (1, 2) and "nowhere.yaml" in result.err
    assert book.dump() == before


# --- policy use

def test_policy_use__an_empty_book_may_always_change(pb):
    for name in ("instances", "environments", "types", "blocks", SUPERVISOR, "instances"):
        if name == "instances" and pb.json("list")["ports"]:
            pb.ok("release", "shared-services", "--all", "--yes")
        pb.ok("policy", "use", name)


def test_policy_use__projects_without_entries_get_the_blocks_of_the_new_policy(pb, policy):
    pb.ok("project", "add", "p", "--number", 2)
    policy("instances")
    assert block_of(pb, "p") == (30200, 30299)
    assert pb.ok("get", "p/db") == "30202"


@pytest.mark.sanitize
def test_policy_use__is_refused_when_an_entry_would_fall_outside(pb, error, book):
    pb.ok("get", "p/web", "--create")
    before = book.dump()
    said = error("invalid", "policy use", "instances")
    assert "p/web" in said["message"] and "3100" in said["message"]
    assert "--keep-entries" in said["hint"]
    assert book.dump() == before


def test_policy_use__says_how_many_entries_would_fall_outside(pb, error):
    for service in ("a", "b", "c"):
        pb.ok("get", f"p/{service}", "--create")
    assert re.search(r"\b3\b", error("invalid", "policy use", "types")["message"])


@pytest.mark.sanitize
def test_policy_use__keep_entries_marks_them_legacy(pb, policy, answer):
    pb.ok("get", "p/web", "--create")
    result = policy("instances", "--keep-entries")
    assert "1" in result.err and "legacy" in result.err
    entry, = answer("list")["ports"]
    assert (entry["port"], entry["status"], entry["range"]) == (3100, "legacy", None)


def test_policy_use__kept_entry_is_still_what_get_answers(pb, policy, answer):
    pb.ok("get", "p/web", "--create")
    policy("instances", "--keep-entries")
    assert answer("get", "p/web")["port"] == 3100
    assert answer("get", "p/db")["port"] == 30102


def test_policy_use__keep_entries_retires_the_blocks(pb, policy, answer):
    pb.ok("get", "p/web", "--create")
    pb.ok("project", "add", "q")
    policy("instances", "--keep-entries")
    assert block_of(pb, "p") == (30100, 30199)
    # Nobody's block any more; only the entry itself is held.
    said = {p["port"]: p["verdict"] for p in answer("check", "3100-3101", "--project", "q",
                                                    status=1)["ports"]}
    assert said == {3100: "entered", 3101: "free"}


def test_policy_use__registered_ports_are_exempt(pb, policy, ports):
    pb.ok("register", "p/old", 12345, "--create")
    pb.ok("register", "p/pg", 5432)
    policy("types")
    assert ports() == {12345: "p/old", 5432: "p/pg"}
    assert {p["status"] for p in pb.json("list")["ports"]} == {"allocated"}


def test_policy_use__range_may_grow_around_its_entries(pb, use_policy, ports):
    use_policy(SOUND)
    pb.ok("get", "p/web", "--create")
    use_policy(SOUND.replace("20000-20999", "19000-21999"))
    assert ports() == {20000: "p/web"}
    assert pb.ok("get", "p/api") == "19000"


def test_policy_use__range_may_not_shrink_past_its_entries(pb, use_policy, error):
    use_policy(SOUND)
    pb.ok("get", "p/web", "--create")
    (pb.work / "p.yaml").write_text(SOUND.replace("20000-", "20001-"))
    error("invalid", "policy use", "p.yaml")


def test_policy_use__entries_that_fit_both_stay_as_they_are(pb, policy, answer):
    policy("types")
    pb.ok("get", "p/web", "--create")  # 8000, which is also where `dev` starts
    policy("environments")
    entry, = answer("list")["ports"]
    assert (entry["port"], entry["status"], entry["range"]) == (8000, "allocated", "dev")


def test_policy_use__same_policy_again_changes_no_entry(pb, policy, answer):
    pb.ok("get", "p/web", "--create")
    pb.ok("get", "p@2/web")
    before = answer("list")["ports"]
    policy("blocks")
    assert answer("list")["ports"] == before
    assert pb.ok("get", "p@2/api") == "3191"


def test_policy_check__needs_no_book(pb, tmp_path):
    path = pb.work / "none.db"
    pb.ok("--book", path, "policy", "check", "types")
    pb.fails(1, "--book", path, "policy", "check", tmp_path / "none.yaml")
    assert not path.exists()
    (pb.work / "junk.db").write_text("this is no book")
    pb.ok("--book", pb.work / "junk.db", "policy", "check", "types")


def test_policy_use__is_in_the_history(pb, policy, answer):
    policy("types")
    event = answer("history")["events"][-1]
    assert event["operation"] == "policy-use"
    assert (event["before"]["policy"], event["after"]["policy"]) == ("blocks", "types")


def test_policy_use__shared_by_all_who_open_the_book(pb, policy):
    policy("types")
    path = pb.json("status")["book"]
    assert pb.json("--book", path, "status")["policy"] == "types"
    pb.ok("--book", pb.work / "other.db", "project", "add", "p")
    assert pb.json("--book", pb.work / "other.db", "status")["policy"] == "blocks"


@pytest.mark.parametrize("name", ["blocks", "environments", "instances", "types", SUPERVISOR])
def test_policy_show__of_one_with_variables_is_a_file_of_the_same_policy(pb, book, policy, name):
    policy(name, "--from-env", env={"RESERVED_PORTS": "5555", "PORT_ALLOCATION_STRATEGY": "random"})
    stored = book.setting("policy")
    (pb.work / "shown.yaml").write_text(pb("policy", "show", check=True).out)
    pb.ok("policy", "use", "shown.yaml")
    assert book.setting("policy") == stored


def test_policy_use__reservations_by_hand_keep_what_the_policy_does_not_reserve(pb, policy, answer):
    pb.ok("reserve", "2990-3010", "--reason", "ours")
    policy("environments")
    said = {r["ports"]: r["reason"] for r in answer("reservations")["reserved"]
            if not r["fromPolicy"]}
    assert said == {"2990-2999": "ours", "3001-3010": "ours"}
    assert pb.fails(1, "check", 3000).out
