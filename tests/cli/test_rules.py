"""The rules by which ports are given and kept (DESIGN section 3), each by name."""

import os
import pwd
import re
import socket
from datetime import datetime, timedelta, timezone

import pytest

from clilib import text_of

DAY = 24 * 60 * 60 * 1000
NOBODY = 65534

# A policy of four ports, so that all of them are soon used.
SMALL = """\
name: small
ranges:
  - name: all
    ports: 20000-20003
"""


@pytest.fixture
def small(use_policy, pb):
    """The book works by SMALL, and knows the project p."""
    use_policy(SMALL)
    pb.ok("project", "add", "p")


@pytest.fixture
def p(pb):
    """The project p, number 1."""
    pb.ok("project", "add", "p", "--number", 1)


def worktree(git, main, path, branch):
    """A real linked worktree of the repository `main`."""
    git(main, "worktree", "add", "-q", "-b", branch, path)
    return path


# --- rule 1: it has one

@pytest.mark.sanitize
def test_get__gives_the_same_port_twice(pb, p):
    assert pb.ok("get", "p/web") == pb.ok("get", "p/web") == "3100"


def test_get__of_what_is_known_changes_nothing(pb, p, book):
    pb.ok("get", "p/web", "--description", "the shop")
    before = book.dump()
    pb.ok("get", "p/web")
    pb.ok("get", "p/web", "--description", "the shop")
    pb.ok("get", "P/WEB")
    assert book.dump() == before


def test_get__gives_the_same_port_while_a_stranger_sits_on_it(pb, p, listen):
    port = pb.ok("get", "p/web")
    listen(port)
    assert pb.ok("get", "p/web") == port


@pytest.mark.sanitize
def test_get__updates_metadata_and_nothing_else(pb, p, answer):
    before = answer("get", "p/web", "--description", "old", "--meta", "team=a", "--meta", "x=1")
    after = answer("get", "p/web", "--description", "new", "--meta", "team=b", "--notes", "n",
                   "--hostname", "Shop.Example.org", "--tunnel", "t-1", "--unit", "shop.service")
    changed = {"description": "new", "metadata": {"team": "b", "x": "1"}, "notes": "n",
               "cloudflareHostname": "shop.example.org", "cloudflareTunnelId": "t-1",
               "unit": "shop.service"}
    of_the_call = {"created": False, "why": after["why"]}
    assert after == {**before, **changed, **of_the_call}


def test_get__port_is_not_moved_by_port_or_prefer(pb, p):
    assert pb.ok("get", "p/web") == "3100"
    result = pb("get", "p/web", "--port", 3150, check=True)
    assert result.out == "3100\n"
    assert "3150" in result.err and "--replace" in result.err
    assert pb.ok("get", "p/web", "--prefer", 3160) == "3100"


# --- rule 2: it had one

@pytest.mark.sanitize
def test_get__after_a_release_gives_the_old_port(pb, p):
    pb.ok("get", "p/a")
    assert pb.ok("get", "p/web") == "3101"
    pb.ok("release", "p/a")
    pb.ok("release", "p/web")
    assert pb.ok("get", "p/web") == "3101"


def test_get__old_port_comes_before_a_preferred_one(pb, p):
    pb.ok("get", "p/web", "--port", 3150)
    pb.ok("release", "p/web")
    assert pb.ok("get", "p/web", "--prefer", 3170) == "3150"


def test_get__after_a_release_gives_another_when_the_old_port_is_not_free(pb, p):
    assert pb.ok("get", "p/web") == "3100"
    pb.ok("release", "p/web")
    assert pb.ok("get", "p/other") == "3100"
    assert pb.ok("get", "p/web") == "3101"


def test_get__old_port_that_a_stranger_took_is_passed_over(pb, p, listen):
    assert pb.ok("get", "p/web") == "3100"
    pb.ok("release", "p/web")
    listen(3100)
    result = pb("get", "p/web", check=True)
    assert result.out == "3101\n" and "3100" in result.err


def test_get__old_port_that_is_reserved_now_is_not_given(pb, p):
    assert pb.ok("get", "p/web") == "3100"
    pb.ok("release", "p/web")
    pb.ok("reserve", 3100, "--reason", "printer")
    assert pb.ok("get", "p/web") == "3101"


def test_get__old_port_outside_of_todays_candidates_is_not_given(pb, policy):
    policy("types")
    assert pb.ok("get", "q/web", "--create") == "8000"
    pb.ok("release", "q/web")
    policy("instances")
    assert pb.ok("get", "q/web") == "30009"


def test_get__latest_of_several_old_ports_comes_back(pb, p):
    pb.ok("get", "p/web", "--port", 3150)
    pb.ok("allocate", "p/web", "--replace", "--port", 3160)
    pb.ok("release", "p/web")
    assert pb.ok("get", "p/web") == "3160"


# --- rule 3: a preferred port

@pytest.mark.sanitize
def test_port__gives_exactly_that_one(pb, p):
    assert pb.ok("get", "p/web", "--port", 3177) == "3177"


@pytest.mark.sanitize
def test_port__that_is_held_is_refused_and_names_the_holder(pb, p, error):
    pb.ok("get", "p/api", "--port", 3177)
    said = error("taken", "get", "p/web", "--port", 3177)
    assert "p/api" in said["message"]
    holder = said["holder"]
    assert (holder["port"], holder["projectName"], holder["serviceName"]) == (3177, "p", "api")


def test_port__that_is_reserved_is_refused_with_the_reason(pb, p, error):
    pb.ok("reserve", 3177, "--reason", "the printer")
    assert "the printer" in error("taken", "get", "p/web", "--port", 3177)["message"]


@pytest.mark.sanitize
def test_port__on_which_a_stranger_listens_is_refused_and_names_it(pb, p, error, listen):
    pid = listen(3177)
    said = error("taken", "get", "p/web", "--port", 3177)
    assert said["holder"]["port"] == 3177 and said["holder"]["pid"] == pid
    assert said["holder"]["cwd"] == str(pb.base / "elsewhere")
    assert "--force" in text_of(said)


def test_port__on_which_a_stranger_listens_is_given_with_force(pb, p, listen):
    listen(3177)
    assert pb.ok("get", "p/web", "--port", 3177, "--force") == "3177"


def test_port__force_does_not_take_what_is_held_or_reserved(pb, p, error):
    pb.ok("get", "p/api", "--port", 3177)
    pb.ok("reserve", 3178, "--reason", "printer")
    error("taken", "get", "p/web", "--port", 3177, "--force")
    error("taken", "get", "p/web", "--port", 3178, "--force")


@pytest.mark.sanitize
def test_port__on_which_the_project_itself_listens_is_given(pb, listen, project_dir):
    shop = project_dir("shop")
    pb.ok("project", "add", "shop", "--number", 1, "--path", shop)
    (shop / "src").mkdir()
    listen(3177, cwd=shop / "src")
    assert pb.ok("get", "shop/web", "--port", 3177) == "3177"


def test_port__folder_whose_name_only_begins_alike_is_a_strangers(pb, error, listen, project_dir):
    shop, shopping = project_dir("shop"), project_dir("shopping")
    pb.ok("project", "add", "shop", "--number", 1, "--path", shop)
    listen(3177, cwd=shopping)
    error("taken", "get", "shop/web", "--port", 3177)


@pytest.mark.parametrize("port", [3250, 9100, 2999, 65001, 80])
def test_port__outside_of_the_candidates_is_wrong_use_and_names_register(pb, p, error, port):
    pb.ok("project", "add", "q", "--number", 2)
    said = error("invalid", "get", "p/web", "--port", port)
    assert f"register p/web {port}" in text_of(said)


def test_port__in_anothers_block_names_the_other(pb, p, error):
    pb.ok("project", "add", "neighbour", "--number", 2)
    assert "neighbour" in error("invalid", "get", "p/web", "--port", 3250)["message"]


def test_port__in_another_instances_slice_names_no_other_project(pb, p, error):
    pb.ok("get", "p@2/web")
    said = error("invalid", "get", "p/web", "--port", 3195)
    assert said["message"] == ("port 3195 is not one that 'p@1' is given: it is kept for another "
                               "instance")


def test_port__that_is_reserved_says_for_whom_and_why(pb, p, error):
    pb.ok("project", "add", "q", "--number", 2)
    pb.ok("reserve", 3110, "--reason", "printers")
    pb.ok("reserve", 3111, "--reason", "tests", "--for", "q")
    for port, why in ((3110, ": printers"), (3111, " for q: tests")):
        assert error("taken", "get", "p/web", "--port", port)["message"] == (
            f"port {port} is reserved{why}")


def test_port__that_is_reserved_for_the_project_itself_is_given(pb, p, error):
    pb.ok("reserve", "3110-3112", "--reason", "tests", "--for", "p")
    assert pb.ok("get", "p/web", "--port", 3110) == "3110"
    assert "p/web" in error("taken", "get", "p/api", "--port", 3110)["message"]
    assert pb.ok("register", "p/db", 3111) == "port 3111 is entered for p/db"


def test_replace__by_the_port_it_has_says_so_and_not_that_it_is_reserved(pb, p, error, book):
    pb.ok("get", "p/web")
    before = book.dump()
    said = error("invalid", "allocate", "p/web", "--replace", "--port", 3100)
    assert said["message"] == "port 3100 is the one that 'p/web' has already"
    assert book.dump() == before


def test_prefer__gives_that_one_if_it_can_be_had(pb, p):
    assert pb.ok("get", "p/web", "--prefer", 3177) == "3177"


@pytest.mark.parametrize("port", [3177, 3178, 3179, 3250, 9100])
def test_prefer__gives_another_and_says_so(pb, p, listen, port):
    pb.ok("get", "p/api", "--port", 3177)
    pb.ok("reserve", 3178, "--reason", "printer")
    listen(3179)
    result = pb("get", "p/web", "--prefer", port, check=True)
    assert result.out == "3100\n"
    assert str(port) in result.err


def test_port_and_prefer__are_not_given_together(pb, p, error):
    error("invalid", "get", "p/web", "--port", 3177, "--prefer", 3178)


# --- rules 4 and 5: roles (see test_policies.py), and the first free port

def test_get__gap_is_filled_first(pb, p):
    for service in ("a", "b", "c"):
        pb.ok("get", f"p/{service}")
    pb.ok("release", "p/b")
    assert pb.ok("get", "p/d") == "3101"


@pytest.mark.sanitize
def test_get__strangers_are_passed_over_and_named(pb, p, answer, listen):
    pid = listen(3100)
    said = answer("get", "p/web")
    assert said["port"] == 3101
    passed, = said["passedOver"]
    assert (passed["port"], passed["pid"]) == (3100, pid)
    assert passed["program"].startswith("python")
    assert passed["cwd"] == str(pb.base / "elsewhere")


def test_get__says_on_stderr_who_was_passed_over(pb, p, listen):
    pid = listen(3100)
    listen(3101)
    result = pb("get", "p/web", check=True)
    assert result.out == "3102\n"
    me = pwd.getpwuid(os.getuid()).pw_name
    assert re.search(rf"note: 3100 was passed over: python\S* \(pid {pid}, user {me}\) in \S+ listens"
                     " there\n", result.err), result
    assert "3101" in result.err


def test_get__udp_listener_does_not_block_tcp(pb, p, listen):
    listen(3100, protocol="udp")
    assert pb.ok("get", "p/web") == "3100"
    assert pb.ok("get", "p/dns", "--udp") == "3101"


def test_get__tcp_and_udp_are_entered_separately(pb, p, answer):
    assert pb.ok("get", "p/dns") == "3100"
    said = answer("get", "p/dns", "--udp")
    assert (said["port"], said["protocol"]) == (3100, "udp")
    pb.ok("release", "p/dns", "--udp")
    assert [p["protocol"] for p in answer("list")["ports"]] == ["tcp"]


def test_get__strangers_are_not_looked_for_on_another_host(pb, p, listen):
    listen(3100)
    assert pb.ok("--host", "elsewhere", "get", "p/web") == "3100"


def test_get__never_connects_to_a_listener(pb, p, listen):
    """Looking never binds, connects or signals: whoever listens sees nothing of it."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 3100))
        server.listen()
        server.settimeout(0)
        pb.ok("get", "p/web")
        pb("check", "3100")
        pb.ok("status")
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.sanitize
def test_cooldown__ports_come_last_oldest_release_first(pb, use_policy):
    use_policy(SMALL + "    cooldown: 1h\n")
    pb.ok("project", "add", "p")
    assert [pb.ok("get", f"p/{s}") for s in "abc"] == ["20000", "20001", "20002"]
    for service in "bac":
        pb.ok("release", f"p/{service}")
    assert [pb.ok("get", f"p/{s}") for s in "wxyz"] == ["20003", "20001", "20000", "20002"]


def test_cooldown__is_over_after_its_time(pb, use_policy, book):
    use_policy(SMALL + "    cooldown: 1h\n")
    pb.ok("project", "add", "p")
    pb.ok("get", "p/a")
    pb.ok("release", "p/a")
    book.let_pass("port_allocations", "released_at", 3600 * 1000 + 1)
    assert pb.ok("get", "p/b") == "20000"


def test_cooldown__own_old_port_does_not_cool_down(pb, use_policy):
    use_policy(SMALL + "    cooldown: 1h\n")
    pb.ok("project", "add", "p")
    assert pb.ok("get", "p/a") == "20000"
    pb.ok("release", "p/a")
    assert pb.ok("get", "p/a") == "20000"


def test_cooldown__built_in_default_is_none(pb, p):
    assert pb.ok("get", "p/a") == "3100"
    pb.ok("release", "p/a")
    assert pb.ok("get", "p/b") == "3100"


# --- rule 6: none left

@pytest.mark.sanitize
def test_exhausted__names_the_range_how_many_are_used_and_what_would_help(pb, small, error):
    for service in "abcd":
        pb.ok("get", f"p/{service}")
    said = error("exhausted", "get", "p/e")
    assert "20000-20003" in said["message"] and re.search(r"\b4\b", said["message"])
    assert said["hint"]


def test_exhausted__counts_reserved_and_listened_on_as_such(pb, small, error, listen):
    pb.ok("get", "p/a")
    pb.ok("reserve", "20001-20002", "--reason", "printer")
    listen(20003)
    said = error("exhausted", "get", "p/b")
    assert "1 of 4" in said["message"]


def test_exhausted__other_projects_are_not_affected(pb, p, error):
    pb.ok("project", "add", "q", "--number", 2)
    pb.ok("reserve", "3100-3199", "--reason", "to fill it")
    error("exhausted", "get", "p/web")
    assert pb.ok("get", "q/web") == "3200"


def test_exhausted__block_says_that_one_more_can_be_added(pb, p, error):
    pb.ok("reserve", "3100-3199", "--reason", "to fill it")
    assert "project add-block p" in text_of(error("exhausted", "get", "p/web"))
    pb.ok("project", "add-block", "p")
    assert pb.ok("get", "p/web") == "3200"


def test_exhausted__leaves_the_book_as_it_was(pb, small, error, book):
    for service in "abcd":
        pb.ok("get", f"p/{service}")
    before = book.dump()
    error("exhausted", "get", "p/e")
    error("exhausted", "allocate", "p/a")
    error("exhausted", "allocate", "p/a", "--replace")
    assert book.dump() == before


# --- several ports of one service

@pytest.mark.sanitize
def test_allocate__always_enters_one_more(pb, p, ports):
    assert [pb.ok("allocate", "p/web") for _ in range(3)] == ["3100", "3101", "3102"]
    assert ports() == {3100: "p/web", 3101: "p/web", 3102: "p/web"}


def test_allocate__primary_is_the_oldest_and_what_get_answers(pb, p, answer):
    for _ in range(3):
        pb.ok("allocate", "p/web")
    assert {e["port"]: e["primary"] for e in answer("list")["ports"]} == {
        3100: True, 3101: False, 3102: False}
    assert pb.ok("get", "p/web") == "3100"


def test_allocate__variables_are_numbered_by_age(pb, p):
    for port in (3150, 3120, 3140):
        pb.ok("allocate", "p/web", "--port", port)
    assert pb.ok("env", "p").splitlines() == [
        "WEB_PORT=3150", "WEB_PORT_2=3120", "WEB_PORT_3=3140"]


@pytest.mark.sanitize
def test_release__of_the_primary_makes_the_next_oldest_primary(pb, p, answer):
    for port in (3150, 3120, 3140):
        pb.ok("allocate", "p/web", "--port", port)
    pb.ok("release", 3150)
    assert {e["port"]: e["primary"] for e in answer("list")["ports"]} == {3120: True, 3140: False}
    assert pb.ok("get", "p/web") == "3120"
    assert pb.ok("env", "p").splitlines() == ["WEB_PORT=3120", "WEB_PORT_2=3140"]


def test_release__of_another_leaves_the_primary(pb, p):
    for _ in range(2):
        pb.ok("allocate", "p/web")
    pb.ok("release", 3101)
    assert pb.ok("get", "p/web") == "3100"


@pytest.mark.sanitize
def test_allocate_replace__moves_the_service(pb, p, answer, ports):
    assert pb.ok("get", "p/web") == "3100"
    said = answer("allocate", "p/web", "--replace")
    assert (said["port"], said["primary"], said["replaced"]) == (3101, True, [3100])
    assert ports() == {3101: "p/web"}
    assert [e["port"] for e in answer("list", "--status", "released")["ports"]] == [3100]


def test_allocate_replace__keeps_what_is_said_of_the_service(pb, p, answer):
    kept = {"description": "the shop", "notes": "see README", "unit": "shop.service",
            "cloudflareHostname": "shop.example.org", "serviceType": "web",
            "metadata": {"team": "blue"}}
    pb.ok("get", "p/front", "-t", "web", "--description", "the shop", "--notes", "see README",
          "--unit", "shop.service", "--hostname", "shop.example.org", "--meta", "team=blue")
    answer("allocate", "p/front", "--replace")
    said = answer("allocate", "p/front", "--replace", "--notes", "moved twice")
    assert {name: said.get(name) for name in kept} == {**kept, "notes": "moved twice"}


def test_allocate_replace__to_a_given_port(pb, p, ports):
    pb.ok("get", "p/web")
    assert pb.ok("allocate", "p/web", "--replace", "--port", 3150) == "3150"
    assert ports() == {3150: "p/web"}


def test_allocate_replace__that_fails_keeps_the_old_one(pb, p, error, book):
    pb.ok("get", "p/web")
    pb.ok("get", "p/api")
    before = book.dump()
    error("taken", "allocate", "p/web", "--replace", "--port", 3101)
    assert book.dump() == before


def test_allocate_replace__leaves_the_other_ports_of_the_service(pb, p, ports):
    for _ in range(2):
        pb.ok("allocate", "p/web")
    pb.ok("allocate", "p/web", "--replace", "--port", 3150)
    assert set(ports()) == {3101, 3150}


def test_update__sets_the_hostname_on_the_primary_and_the_rest_on_all(pb, p, answer):
    for _ in range(2):
        pb.ok("allocate", "p/web")
    pb.ok("update", "p/web", "--hostname", "a.example.org", "--description", "the shop",
          "--meta", "team=x")
    said = {e["port"]: (e["cloudflareHostname"], e["description"], e["metadata"])
            for e in answer("list")["ports"]}
    assert said == {3100: ("a.example.org", "the shop", {"team": "x"}),
                    3101: (None, "the shop", {"team": "x"})}


# --- release

@pytest.mark.sanitize
def test_release__frees_all_ports_of_the_service_and_no_other(pb, p, ports, answer):
    for _ in range(3):
        pb.ok("allocate", "p/web")
    pb.ok("get", "p/api")
    said = answer("release", "p/web")
    assert said["count"] == 3 and [e["port"] for e in said["released"]] == [3100, 3101, 3102]
    assert ports() == {3103: "p/api"}


@pytest.mark.sanitize
def test_release__twice_changes_nothing_and_says_so(pb, p, error, book):
    pb.ok("get", "p/web")
    pb.ok("release", "p/web")
    before = book.dump()
    error("nothing-to-release", "release", "p/web")
    error("nothing-to-release", "release", 3100)
    error("nothing-to-release", "release", "p", "--all", "--yes")
    assert book.dump() == before


def test_release__keeps_the_rows_as_history(pb, p, answer):
    pb.ok("get", "p/web", "--description", "the shop")
    pb.ok("release", "p/web")
    entry, = answer("list", "--status", "released")["ports"]
    assert (entry["port"], entry["status"], entry["description"]) == (3100, "released", "the shop")
    assert entry["releasedAt"] >= entry["allocatedAt"]


def test_release__makes_the_port_free_for_others(pb, p):
    assert pb.ok("get", "p/web") == "3100"
    pb.ok("release", "p/web")
    assert pb.ok("get", "p/api") == "3100"


def test_release__names_the_other_environments_and_leaves_them(pb, p, answer, ports):
    pb.ok("get", "p/web")
    test = pb.ok("get", "p/web", "--env", "test")
    said = answer("release", "p/web")
    assert len(said["others"]) == 1
    assert "test" in said["others"][0] and test in said["others"][0]
    assert ports() == {int(test): "p/web"}


def test_release__of_nothing_here_names_where_it_is(pb, p, error):
    pb.ok("get", "p/web", "--env", "test")
    assert "test" in text_of(error("nothing-to-release", "release", "p/web"))


def test_release_all__frees_every_instance_and_environment(pb, p, ports):
    pb.ok("get", "p/web")
    pb.ok("get", "p@2/web")
    pb.ok("get", "p/api", "--env", "production")
    pb.ok("get", "p/dns", "--udp")
    pb.ok("get", "other/web", "--create")
    pb.ok("release", "p", "--all", "--yes")
    assert ports() == {3200: "other/web"}


@pytest.mark.sanitize
def test_release_all__of_an_instance_frees_only_that_one(pb, p, ports):
    pb.ok("get", "p/web")
    pb.ok("get", "p@2/web")
    pb.ok("get", "p@2/api", "--env", "production")
    pb.ok("release", "p@2", "--all", "--yes")
    assert ports() == {3100: "p/web"}


def test_release_all__without_anybody_to_ask_needs_yes(pb, p, error, book):
    pb.ok("get", "p/web")
    before = book.dump()
    assert "--yes" in text_of(error("invalid", "release", "p", "--all"))
    assert book.dump() == before


def test_release_all__leaves_slices_and_blocks(pb, p):
    pb.ok("get", "p@2/web")
    pb.ok("release", "p", "--all", "--yes")
    assert [i["instance"] for i in pb.json("instance", "list", "p")["instances"]
            if i["status"] != "released"] == [2]
    assert pb.json("project", "show", "p")["project"]["ranges"] == ["3100-3199"]
    assert pb.ok("get", "p@2/web") == "3190"


# --- unknown projects

@pytest.mark.sanitize
def test_unknown_project__is_an_error_that_names_the_nearest_and_the_way(pb, error, book):
    for name in ("consilio", "openhorizon", "odin"):
        pb.ok("project", "add", name)
    before = book.dump()
    said = error("not-found", "get", "consillio/web")
    assert "consilio" in said["message"] and "openhorizon" not in said["message"]
    assert "project add consillio" in said["hint"] and "--create" in said["hint"]
    assert book.dump() == before


@pytest.mark.parametrize("command", [
    ["allocate", "nope/web"], ["update", "nope/web", "--notes", "x"], ["release", "nope/web"],
    ["move", "nope/web", "api"], ["register", "nope/web", "4000"], ["show", "nope"],
    ["summary", "nope"], ["list", "--project", "nope"], ["env", "nope"], ["history", "nope"],
    ["check", "4000", "--project", "nope"], ["instance next", "nope"], ["instance list", "nope"],
    ["instance add", "nope"], ["project show", "nope"], ["project set", "nope", "--owner", "x"],
    ["project rename", "nope", "other"], ["project archive", "nope"], ["project remove", "nope"],
    ["project add-block", "nope"], ["reserve", "4000", "--reason", "x", "--for", "nope"],
    ["release", "nope", "--all", "--yes"]], ids=" ".join)
def test_unknown_project__is_not_found_by_any_command(pb, error, book, command):
    pb.ok("project", "add", "note")
    before = book.dump()
    said = error("not-found", *command)
    assert "note" in said["message"]
    assert book.dump() == before


def test_unknown_project__is_made_with_create_and_said(pb, ports):
    result = pb("get", "new/web", "--create", check=True)
    assert result.out == "3100\n" and "new" in result.err
    assert ports() == {3100: "new/web"}


def test_unknown_project__create_of_a_known_one_is_no_error(pb, p):
    assert pb("get", "p/web", "--create", check=True).err == ""


def test_unknown_project__create_makes_no_second_of_another_case(pb, p):
    assert pb.ok("get", "P/web", "--create") == "3100"
    assert len(pb.json("project", "list")["projects"]) == 2


# --- the directory's project

@pytest.mark.sanitize
def test_directory__its_project_is_entered_on_first_use_and_said(pb, project_dir, answer):
    shop = project_dir("shop")
    result = pb("get", "web", cwd=shop, check=True)
    assert result.out == "3100\n"
    assert "shop" in result.err and str(shop) in result.err
    assert answer("project show", "shop")["project"]["path"] == str(shop)
    assert pb("get", "web", cwd=shop, check=True).err == ""


def test_directory__without_git_is_a_project_too(pb, project_dir):
    plain = project_dir("plain", git=False)
    assert pb.ok("get", "web", cwd=plain) == "3100"
    assert pb.ok("get", "plain/web") == "3100"


def test_directory__below_a_git_checkout_is_the_checkouts(pb, project_dir):
    shop = project_dir("shop")
    deep = shop / "src" / "web"
    deep.mkdir(parents=True)
    assert pb.ok("get", "web", cwd=deep) == pb.ok("get", "web", cwd=shop) == "3100"
    assert pb.json("project", "show", "shop")["project"]["path"] == str(shop)


def test_directory__below_a_recorded_path_is_that_projects(pb, project_dir):
    plain = project_dir("plain", git=False)
    pb.ok("get", "web", cwd=plain)
    (plain / "sub").mkdir()
    assert pb.ok("get", "web", cwd=plain / "sub") == "3100"
    assert len(pb.json("project", "list")["projects"]) == 2


def test_directory__longest_recorded_path_wins(pb, project_dir):
    outer = project_dir("outer", git=False)
    inner = outer / "packages" / "inner"
    (inner / "src").mkdir(parents=True)
    pb.ok("project", "add", "outer", "--number", 1, "--path", outer)
    pb.ok("project", "add", "inner", "--number", 2, "--path", inner)
    assert pb.ok("get", "web", cwd=inner / "src") == "3200"
    assert pb.ok("get", "web", cwd=outer / "packages") == "3100"


def test_directory__repository_inside_a_recorded_path_belongs_to_that_project(pb, project_dir):
    """The longest recorded path comes first, the git repository second."""
    outer = project_dir("outer", git=False)
    pb.ok("project", "add", "outer", "--path", outer)
    inner = project_dir("outer/inner")
    assert pb.ok("get", "web", cwd=inner) == "3100"
    assert len(pb.json("project", "list")["projects"]) == 2


@pytest.mark.sanitize
def test_directory__second_folder_of_one_name_gets_name_2_and_it_is_said(pb, project_dir):
    first, second, third = (project_dir(f"{where}/shop") for where in ("a", "b", "c"))
    assert pb.ok("get", "web", cwd=first) == "3100"
    result = pb("get", "web", cwd=second, check=True)
    assert result.out == "3200\n" and "shop-2" in result.err
    assert "shop-3" in pb("get", "web", cwd=third, check=True).err
    assert pb.ok("get", "shop/web") == "3100"
    assert pb.ok("get", "shop-2/web") == "3200"


def test_directory__project_without_a_path_that_is_called_so_moves_in(pb, project_dir):
    pb.ok("project", "add", "shop", "--number", 7)
    shop = project_dir("shop")
    result = pb("get", "web", cwd=shop, check=True)
    assert result.out == "3700\n" and str(shop) in result.err


def test_directory__name_is_made_of_what_the_folder_is_called(pb, project_dir):
    pb.ok("get", "web", cwd=project_dir("My Shop (new)", git=False))
    assert pb.ok("get", "my-shop-new/web") == "3100"


def test_directory__whose_name_gives_none_is_refused_with_the_way(pb, error, project_dir):
    said = error("invalid", "get", "web", cwd=project_dir("日本", git=False))
    assert "--project" in text_of(said)


@pytest.mark.parametrize("where", ["/", "home"])
def test_directory__root_and_home_are_no_projects(pb, error, where):
    error("invalid", "get", "web", cwd=pb.home if where == "home" else where)


@pytest.mark.parametrize("command", [
    ["show"], ["project show"], ["instance next"], ["instance list"], ["release", "web"],
    ["update", "web", "--notes", "x"], ["move", "web", "api"], ["history", "web"]],
    ids=" ".join)
def test_directory__is_not_entered_by_what_only_looks(pb, error, book, project_dir, command):
    before = book.dump()
    error("not-found", *command, cwd=project_dir("shop"))
    assert book.dump() == before


@pytest.mark.parametrize("command", [["check", "4445"], ["where"], ["list"], ["status"]],
                         ids=" ".join)
def test_directory__that_is_unknown_can_be_looked_at(pb, book, project_dir, command):
    before = book.dump()
    pb.ok(*command, cwd=project_dir("shop"))
    assert book.dump() == before


def test_directory__that_is_a_link_is_the_one_it_leads_to(pb, project_dir):
    shop = project_dir("shop")
    link = pb.base / "projects" / "link"
    link.symlink_to(shop)
    assert pb.ok("get", "web", cwd=link) == pb.ok("get", "web", cwd=shop)
    assert len(pb.json("project", "list")["projects"]) == 2


# --- git worktrees

@pytest.mark.sanitize
def test_worktree__gets_an_instance_of_its_own_and_it_is_said(pb, git, project_dir, answer):
    shop = project_dir("shop")
    assert pb.ok("get", "web", cwd=shop) == "3100"
    fix = worktree(git, shop, pb.base / "fix", "fix-login")
    result = pb("get", "web", cwd=fix, check=True)
    assert result.out == "3190\n"
    assert "instance 2" in result.err and str(fix) in result.err
    second = [i for i in answer("instance list", "shop")["instances"] if i["instance"] == 2]
    assert [(i["branch"], i["worktreePath"]) for i in second] == [("fix-login", str(fix))]
    assert pb.ok("get", "web", cwd=shop) == "3100"
    assert pb("get", "web", cwd=fix, check=True).err == ""


@pytest.mark.sanitize
def test_worktree__branch_may_be_as_long_as_git_takes_it(pb, git, project_dir, answer):
    shop, branch = project_dir("shop"), "b" * 240 + "/" + "c" * 14
    fix = worktree(git, shop, shop.parent / "fix", branch)
    assert answer("get", "web", cwd=fix)["instance"] == 2
    assert pb.json("instance", "list", "shop")["instances"][-1]["branch"] == branch


def test_worktree__inside_the_main_checkout_is_still_its_own_instance(pb, git, project_dir):
    shop = project_dir("shop")
    assert pb.ok("get", "web", cwd=shop) == "3100"
    inside = worktree(git, shop, shop / ".worktrees" / "fix", "fix")
    (inside / "deep").mkdir()
    assert pb.ok("get", "web", cwd=inside / "deep") == "3190"
    assert pb.ok("get", "web", cwd=inside) == "3190"
    assert pb.ok("get", "web", cwd=shop / ".worktrees") == "3100"


def test_worktree__first_one_used_enters_the_project_with_its_main_checkout(pb, git, project_dir):
    shop = project_dir("shop")
    fix = worktree(git, shop, pb.base / "fix", "fix")
    assert pb.ok("get", "web", cwd=fix) == "3190"
    assert pb.json("project", "show", "shop")["project"]["path"] == str(shop)
    assert pb.ok("get", "web", cwd=shop) == "3100"


def test_worktree__each_has_its_own(pb, git, project_dir):
    shop = project_dir("shop")
    pb.ok("get", "web", cwd=shop)
    one, two = (worktree(git, shop, pb.base / name, name) for name in ("one", "two"))
    assert [pb.ok("get", "web", cwd=w) for w in (one, two, one)] == ["3190", "3180", "3190"]


def test_worktree__that_is_not_entered_yet_is_not_by_looking(pb, git, project_dir, error, book):
    shop = project_dir("shop")
    pb.ok("get", "web", cwd=shop)
    fix = worktree(git, shop, pb.base / "fix", "fix")
    before = book.dump()
    error("not-found", "release", "web", cwd=fix)
    pb.ok("where", cwd=fix)
    pb("check", "3100", cwd=fix)
    assert book.dump() == before


def test_worktree__of_a_bare_repository_is_a_project(pb, git, project_dir):
    shop = project_dir("shop")
    bare = pb.base / "bare" / "shop.git"
    git(pb.base, "clone", "-q", "--bare", shop, bare)
    tree = worktree(git, bare, pb.base / "bare" / "main", "work")
    pb.ok("get", "web", cwd=tree)
    assert "shop" in {p["projectName"] for p in pb.json("project", "list")["projects"]}


def test_worktree__filter_of_list(pb, git, project_dir, answer):
    shop = project_dir("shop")
    fix = worktree(git, shop, pb.base / "fix", "fix")
    pb.ok("get", "web", cwd=shop)
    pb.ok("get", "web", cwd=fix)
    said = answer("list", "--worktree", fix)["ports"]
    assert [(e["instance"], e["worktreePath"]) for e in said] == [(2, str(fix))]


# --- @N

def test_instance__none_named_means_the_directorys_if_it_is_that_projects(pb, git, project_dir):
    shop = project_dir("shop")
    pb.ok("get", "web", cwd=shop)
    fix = worktree(git, shop, pb.base / "fix", "fix")
    pb.ok("get", "web", cwd=fix)
    assert pb.ok("get", "shop/web", cwd=fix) == "3190"
    assert pb.ok("get", "shop/api", cwd=fix) == "3191"
    assert pb.ok("get", "shop/web") == "3100"


def test_instance__none_named_means_1_in_another_projects_directory(pb, git, project_dir):
    shop, other = project_dir("shop"), project_dir("other")
    pb.ok("get", "web", cwd=other)
    fix = worktree(git, other, pb.base / "fix", "fix")
    pb.ok("get", "web", cwd=fix)
    pb.ok("get", "shop/web", "--create")
    assert pb.json("get", "shop/web", cwd=fix)["instance"] == 1


def test_instance__number_that_is_named_wins_over_the_directory(pb, git, project_dir):
    shop = project_dir("shop")
    fix = worktree(git, shop, pb.base / "fix", "fix")
    pb.ok("get", "web", cwd=fix)
    assert pb.json("get", "shop@1/web", cwd=fix)["instance"] == 1
    assert pb.json("get", "web", "--instance", 3, cwd=fix)["instance"] == 3


def test_instance__none_named_never_means_all(pb, p, ports):
    pb.ok("get", "p/web")
    pb.ok("get", "p@2/web")
    pb.ok("release", "p/web")
    assert ports() == {3190: "p/web"}


def test_instance__is_entered_on_first_use(pb, p):
    pb.ok("get", "p@2/web")
    assert [i["instance"] for i in pb.json("instance", "list", "p")["instances"]
            if i["services"]] == [2]


def test_instance__said_twice_has_to_agree(pb, p, error):
    error("invalid", "get", "p@2/web", "--instance", 3)
    assert pb.json("get", "p@2/web", "--instance", 2)["instance"] == 2


# --- environments

@pytest.mark.sanitize
def test_environment__is_part_of_the_key_in_every_policy(pb, p, answer):
    assert pb.ok("get", "p/web") == "3100"
    assert pb.ok("get", "p/web", "--env", "production") == "3101"
    assert pb.ok("get", "p/web", "--env", "dev") == "3100"
    assert {e["port"]: e["environment"] for e in answer("list")["ports"]} == {
        3100: "dev", 3101: "production"}


def test_environment__comes_from_portbook_env_unless_it_is_named(pb, p):
    env = {"PORTBOOK_ENV": "production"}
    assert pb.json("get", "p/web", env=env)["environment"] == "production"
    assert pb.json("get", "p/web", "--env", "test", env=env)["environment"] == "test"
    assert pb.json("get", "p/web", env={"PORTBOOK_ENV": ""})["environment"] == "dev"


def test_environment__default_is_the_policys(pb, use_policy):
    use_policy(SMALL + "environment: live\n")
    assert pb.json("get", "p/web", "--create")["environment"] == "live"


def test_environment__is_folded(pb, p):
    assert pb.ok("get", "p/web", "--env", "Production") == pb.ok("get", "p/web", "--env",
                                                                 "production")


def test_environment__update_touches_only_that_one(pb, p, answer):
    pb.ok("get", "p/web")
    pb.ok("get", "p/web", "--env", "test")
    pb.ok("update", "p/web", "--env", "test", "--notes", "n")
    assert {e["environment"]: e["notes"] for e in answer("list")["ports"]} == {
        "dev": None, "test": "n"}


def test_environment__update_names_the_others(pb, p):
    pb.ok("get", "p/web")
    pb.ok("get", "p/web", "--env", "staging")
    result = pb("update", "p/web", "--notes", "n", check=True)
    assert "staging" in result.out + result.err


# --- hosts

@pytest.mark.sanitize
def test_host__each_has_its_own_port_space(pb, p, answer):
    assert pb.ok("get", "p/web") == "3100"
    assert pb.ok("--host", "box2", "get", "p/web") == "3100"
    assert {(e["host"], e["port"]) for e in answer("list")["ports"]} == {
        ("localhost", 3100), ("box2", 3100)}


def test_host__project_keeps_its_number_on_a_new_host_when_that_is_free_there(pb, p):
    pb.ok("--host", "box2", "project", "add", "other")
    assert pb.ok("--host", "box2", "get", "p/web") == "3100"
    assert pb.ok("--host", "box3", "get", "other/web") == "3200"


def test_host__release_of_one_leaves_the_other(pb, p, answer):
    pb.ok("get", "p/web")
    pb.ok("--host", "box2", "get", "p/web")
    pb.ok("--host", "box2", "release", "p/web")
    assert [e["host"] for e in answer("list")["ports"]] == ["localhost"]


def test_host__list_filters_by_it(pb, p, answer):
    pb.ok("get", "p/web")
    pb.ok("--host", "box2", "get", "p/web")
    assert [e["host"] for e in answer("list", "--host", "box2")["ports"]] == ["box2"]


# --- types

@pytest.mark.parametrize("service, kind, port", [
    ("frontend", "web", 8000), ("backend", "api", 8100), ("postgres", "db", 5400),
    ("mysql", "db", 5400), ("redis", "cache", 6300), ("rabbitmq", "queue", 5670),
    ("grafana", "monitoring", 9000), ("temporal", "temporal", 7230), ("whatever", "misc", 3000)])
def test_types__name_or_its_alias_decides_else_misc(pb, policy, answer, service, kind, port):
    policy("types")
    said = answer("get", f"p/{service}", "--create")
    assert (said["serviceType"], said["port"]) == (kind, port)


def test_types__type_that_is_given_comes_before_the_name(pb, policy, answer):
    policy("types")
    said = answer("get", "p/web", "--type", "db", "--create")
    assert (said["serviceType"], said["port"]) == ("db", 5400)


def test_types__alias_given_as_a_type_is_that_type(pb, policy, answer):
    policy("types")
    said = answer("get", "p/store", "--type", "Postgres", "--create")
    assert (said["serviceType"], said["port"]) == ("db", 5400)


def test_types__type_that_no_range_has_is_refused(pb, policy, error):
    policy("types")
    assert "spaceship" in error("invalid", "get", "p/x", "--type", "spaceship",
                                "--create")["message"]


def test_types__second_service_of_a_type_takes_the_next_port_of_the_range(pb, policy):
    policy("types")
    pb.ok("project", "add", "p")
    assert [pb.ok("get", f"p/{s}") for s in ("web", "frontend", "admin-ui")] == [
        "8000", "8001", "3000"]


@pytest.mark.sanitize
def test_get_port__is_get_of_the_service_called_like_the_type(pb, policy, project_dir, answer):
    policy("types")
    shop = project_dir("shop")
    said = answer("get-port", "--type", "db", cwd=shop)
    assert (said["serviceName"], said["port"]) == ("db", 5400)
    assert pb.ok("get-port", "--type", "db", cwd=shop) == "5400"
    assert pb.ok("get", "shop/db") == "5400"


def test_get_port__new_gives_another(pb, policy, project_dir):
    policy("types")
    shop = project_dir("shop")
    assert pb.ok("get-port", "--type", "web", cwd=shop) == "8000"
    assert pb.ok("get-port", "--type", "web", "--new", cwd=shop) == "8001"
    assert pb.ok("get-port", "--type", "web", cwd=shop) == "8000"


# --- shared-services

@pytest.mark.parametrize("name, first", [("blocks", 9000), ("instances", 9000)])
def test_shared_services__uses_the_shared_range(pb, policy, name, first):
    policy(name)
    assert pb.ok("get", "shared-services/x") == str(first)


@pytest.mark.parametrize("name, port", [("environments", 8000), ("types", 3000)])
def test_shared_services__is_an_ordinary_project_without_one(pb, policy, name, port):
    policy(name)
    assert pb.ok("get", "shared-services/x") == str(port)


def test_shared_services__exists_in_every_new_book(pb, answer):
    assert [p["projectName"] for p in answer("project list")["projects"]] == ["shared-services"]


def test_shared_services__its_ports_are_not_given_to_projects(pb, p, error):
    error("invalid", "get", "p/x", "--port", 9100)


@pytest.mark.parametrize("command", [
    ["project remove", "shared-services"], ["project rename", "shared-services", "x"],
    ["project add-block", "shared-services"], ["project set", "shared-services", "--number", "5"]],
    ids=" ".join)
def test_shared_services__stays_what_it_is(error, command):
    error("invalid", *command)


# --- register

@pytest.mark.sanitize
def test_register__enters_a_port_outside_the_ranges_and_a_reserved_one(pb, p, answer, ports):
    said = answer("register", "p/pg", 5432)
    assert (said["port"], said["created"], said["status"]) == (5432, True, "allocated")
    pb.ok("register", "p/ssh", 22)
    pb.ok("register", "p/far", 65535)
    assert ports() == {22: "p/ssh", 5432: "p/pg", 65535: "p/far"}
    assert pb.ok("get", "p/pg") == "5432"


def test_register__what_the_service_has_already_is_updated(pb, p, answer, ports):
    pb.ok("register", "p/pg", 5432)
    said = answer("register", "p/pg", 5432, "--notes", "n")
    assert (said["created"], said["notes"]) == (False, "n")
    assert len(ports()) == 1


def test_register__legacy_marks_it(pb, p, answer):
    assert answer("register", "p/old", 8080, "--legacy")["status"] == "legacy"


@pytest.mark.sanitize
def test_register__listener_never_refuses_it_but_is_named(pb, p, listen):
    pid = listen(5432)
    result = pb("register", "p/pg", 5432, check=True)
    assert "5432" in result.err and str(pid) in result.err


def test_register__own_listener_is_not_worth_a_word(pb, project_dir, listen):
    shop = project_dir("shop")
    pb.ok("project", "add", "shop", "--path", shop)
    listen(5432, cwd=shop)
    assert pb("register", "shop/pg", 5432, check=True).err == ""


@pytest.mark.sanitize
def test_register__another_entry_refuses_it_even_with_force(pb, p, error):
    pb.ok("register", "p/pg", 5432)
    for more in ([], ["--force"]):
        said = error("taken", "register", "p/other", 5432, *more)
        assert said["holder"]["serviceName"] == "pg"


def test_register__in_anothers_block_is_taken_unless_forced(pb, p, error, ports):
    pb.ok("project", "add", "q", "--number", 2)
    said = error("taken", "register", "p/x", 3250)
    assert said["holder"]["projectName"] == "q" and "--force" in text_of(said)
    pb.ok("register", "p/x", 3250, "--force")
    assert ports() == {3250: "p/x"}


def test_register__port_in_anothers_block_is_not_given_to_that_other(pb, p):
    pb.ok("project", "add", "q", "--number", 2)
    pb.ok("register", "p/x", 3200, "--force")
    assert pb.ok("get", "q/web") == "3201"


def test_register__what_waits_for_another_project_is_taken(pb, p, error):
    pb.ok("project", "add", "q", "--number", 2)
    pb.ok("reserve", 12345, "--reason", "soon", "--for", "q")
    error("taken", "register", "p/x", 12345)
    pb.ok("register", "q/x", 12345)


def test_register__what_waited_for_another_until_yesterday_is_free(pb, p, book):
    pb.ok("project", "add", "q", "--number", 2)
    pb.ok("reserve", 12345, "--reason", "soon", "--for", "q", "--until", tomorrow())
    book.let_pass("reserved_ports", "until", 3 * DAY)
    pb.ok("register", "p/x", 12345)


# --- check

def verdicts(said):
    return {p["port"]: p["verdict"] for p in said["ports"]}


@pytest.mark.sanitize
def test_check__has_a_verdict_for_each_and_says_no_if_one_is_not_yours(pb, p, answer, listen):
    pb.ok("project", "add", "q", "--number", 2)
    pb.ok("get", "p/web")
    pb.ok("get", "q/web")
    listen(4444)
    said = answer("check", "3100,3200,3250,5432,4444,4445", "--project", "p", status=1)
    assert verdicts(said) == {3100: "yours", 3200: "entered", 3250: "block", 5432: "reserved",
                              4444: "listening", 4445: "free"}
    assert [p["port"] for p in said["ports"] if p["free"]] == [4445]
    assert [p["port"] for p in said["ports"] if p["yours"]] == [3100]


def test_check__is_0_if_all_are_free_or_yours(pb, p):
    pb.ok("get", "p/web")
    pb.ok("check", "3100-3102,4445", "--project", "p")


@pytest.mark.parametrize("port", [3200, 3250, 5432, 4444])
def test_check__is_1_for_what_is_not(pb, p, listen, port):
    pb.ok("project", "add", "q", "--number", 2)
    pb.ok("get", "q/web")
    listen(4444)
    result = pb.fails(1, "check", port, "--project", "p")
    assert str(port) in result.out


def test_check__says_what_would_be_given_instead(pb, p, answer):
    pb.ok("get", "p/web")
    said, = answer("check", "5432", "--project", "p", status=1)["ports"]
    assert said["instead"] == 3101


def test_check__instead_is_what_get_then_gives(pb, p, answer, listen):
    listen(3100)
    said, = answer("check", "3100", "--project", "p", status=1)["ports"]
    assert str(said["instead"]) == pb.ok("get", "p/new")


def test_check__names_the_holder_and_the_listener(pb, p, answer, listen):
    pb.ok("get", "p/web")
    pid = listen(3100)
    said, = answer("check", "3100", status=1)["ports"]
    assert (said["holder"]["projectName"], said["holder"]["serviceName"]) == ("p", "web")
    assert said["listener"]["pid"] == pid


def test_check__names_the_user_who_listens(pb, p, answer, listen):
    listen(4444)
    said, = answer("check", "4444", "--project", "p", status=1)["ports"]
    me = pwd.getpwuid(os.getuid())
    assert (said["listener"]["uid"], said["listener"]["user"]) == (me.pw_uid, me.pw_name)
    shown = pb.fails(1, "check", "4444", "--project", "p").out
    assert f"(pid {said['listener']['pid']}, user {me.pw_name}) in " in shown


def test_check__of_another_users_process_says_whose_it_is(pb, p, listen):
    listen(4444)
    shown = pb.fails(1, "check", "4444", user=NOBODY).out
    assert "a process of the user root listens there" in shown
    assert "listening: a program that cannot be seen (user root)" in shown


def test_check__asks_as_the_directorys_project(pb, project_dir):
    shop = project_dir("shop")
    pb.ok("get", "web", cwd=shop)
    pb.ok("check", 3100, cwd=shop)
    pb.fails(1, "check", 3100)


def test_check__port_of_ones_own_other_service_is_yours(pb, p, answer):
    pb.ok("get", "p/api")
    assert verdicts(answer("check", "3100", "--project", "p")) == {3100: "yours"}


def test_check__port_on_which_one_listens_oneself_is_free(pb, project_dir, listen):
    shop = project_dir("shop")
    pb.ok("project", "add", "shop", "--number", 1, "--path", shop)
    listen(3150, cwd=shop)
    pb.ok("check", 3150, cwd=shop)


def test_check__enters_nothing(pb, p, book, project_dir):
    before = book.dump()
    pb("check", "3000-3010,9000", cwd=project_dir("shop"))
    pb("check", "3100", "--project", "p", "--instance", 3)
    assert book.dump() == before


def test_check__udp_is_another_port(pb, p):
    pb.ok("get", "p/web")
    pb.fails(1, "check", 3100)
    pb.ok("check", 3100, "--udp", "--project", "p")


# --- temporary ports

@pytest.mark.sanitize
def test_temporary__comes_from_the_temporary_range_and_expires(pb, p, answer):
    said = answer("get", "p/demo", "--temporary", "--for", "2d")
    assert 65000 <= said["port"] <= 65499
    since, until = (datetime.fromisoformat(said[f].replace("Z", "+00:00"))
                    for f in ("allocatedAt", "expiresAt"))
    assert until - since == timedelta(days=2)


def test_temporary__default_is_the_policys(pb, p, answer):
    said = answer("get", "p/demo", "--temporary")
    since, until = (datetime.fromisoformat(said[f].replace("Z", "+00:00"))
                    for f in ("allocatedAt", "expiresAt"))
    assert until - since == timedelta(days=7)


def test_temporary__is_not_reclaimed_when_it_has_expired(pb, p, book, ports):
    port = int(pb.ok("get", "p/demo", "--temporary", "--for", "1h"))
    book.let_pass("port_allocations", "expires_at", 2 * DAY)
    assert pb.ok("get", "p/other", "--temporary") != str(port)
    assert port in ports()
    assert pb.ok("get", "p/demo") == str(port)


def expiry_in(said):
    """How long it is kept from now on, in whole hours."""
    until = datetime.fromisoformat(said["expiresAt"].replace("Z", "+00:00"))
    return round((until - datetime.now(timezone.utc)) / timedelta(hours=1))


def test_temporary__is_kept_anew_by_a_new_time(pb, p, answer):
    pb.ok("get", "p/demo", "--temporary", "--for", "1h")
    said = answer("get", "p/demo", "--temporary", "--for", "3d")
    assert (said["port"], expiry_in(said)) == (65000, 72)
    assert expiry_in(answer("get", "p/demo", "--temporary")) == 72
    assert expiry_in(answer("get", "p/demo")) == 72


def test_temporary__that_has_expired_is_kept_anew_when_it_is_asked_for_as_temporary(
        pb, p, book, answer):
    pb.ok("get", "p/demo", "--temporary", "--for", "1h")
    book.let_pass("port_allocations", "expires_at", 2 * DAY)
    assert expiry_in(answer("get", "p/demo")) == -47
    assert expiry_in(answer("get", "p/demo", "--temporary")) == 7 * 24
    assert [e["operation"] for e in answer("history", "p/demo")["events"]] == ["allocate", "update"]


def test_temporary__that_has_expired_shows_as_expired(pb, p, book):
    pb.ok("get", "p/demo", "--temporary", "--for", "1h")
    shown = [["list"], ["show", "p"], ["status"]]
    assert all("expired" not in pb.ok(*command) for command in shown)
    book.let_pass("port_allocations", "expires_at", DAY)
    assert all(re.search(r"\bexpired \d{4}-\d\d-\d\d \d\d:\d\d", pb.ok(*command))
               for command in shown)


def test_temporary__of_a_service_that_has_its_port_for_good_says_so(pb, p):
    pb.ok("get", "p/web")
    result = pb("get", "p/web", "--temporary", check=True)
    assert result.out == "3100\n"
    assert result.err == "portbook: note: 'p/web' has port 3100 for good: it does not expire\n"


def test_temporary__port_outside_of_its_range_is_told_so(p, error):
    said = error("invalid", "get", "p/demo", "--temporary", "--port", 3150)
    assert said["message"] == "port 3150 is not a temporary one: those are 65000-65499"


def test_temporary__for_needs_temporary(pb, p, error):
    error("invalid", "get", "p/demo", "--for", "7d")


def test_temporary__is_refused_where_the_policy_has_no_such_range(pb, small, error):
    error("invalid", "get", "p/demo", "--temporary")


def test_temporary__range_is_not_counted_as_the_projects(pb, p, answer):
    pb.ok("get", "p/demo", "--temporary")
    summary = answer("summary", "p")["summary"]
    assert (summary["rangeStart"], summary["rangeEnd"], summary["allocatedPorts"]) == (
        3100, 3199, 0)


# --- variables

@pytest.mark.parametrize("first, second", [("a-b", "a.b"), ("a_b", "a-b"), ("web", "web")])
def test_variable__of_two_services_may_not_be_the_same(pb, p, error, first, second):
    pb.ok("get", f"p/{first}")
    if first == second:
        assert pb.ok("get", f"p/{second}") == "3100"
    else:
        assert "A_B_PORT" in error("invalid", "get", f"p/{second}")["message"]


@pytest.mark.parametrize("command", [["get", "p/a.b"], ["allocate", "p/a.b"],
                                     ["register", "p/a.b", "4000"], ["move", "p/web", "a.b"]],
                         ids=" ".join)
def test_variable__clash_is_refused_by_every_command(pb, p, error, book, command):
    pb.ok("get", "p/web")
    pb.ok("get", "p/a-b")
    before = book.dump()
    error("invalid", *command)
    assert book.dump() == before


def test_variable__of_a_second_port_may_not_be_anothers_first(pb, p):
    """WEB_PORT_2 is the second port of web, or the first one of web-port-2?"""
    pb.ok("allocate", "p/web")
    pb.ok("allocate", "p/web")
    pb("get", "p/web-port-2")
    names = [line.split("=")[0] for line in pb.ok("env", "p").splitlines()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("service, variable", [
    ("web", "WEB_PORT"), ("supabase-api", "SUPABASE_API_PORT"), ("a.b_c", "A_B_C_PORT"),
    ("3d", "_3D_PORT")])
def test_variable__is_upper_case_with_underscores(pb, p, service, variable):
    pb.ok("get", f"p/{service}")
    assert pb.ok("env", "p") == f"{variable}=3100"


# --- names

@pytest.mark.parametrize("command, name", [
    (["p/web"], "'p/web' has no port in dev"), (["p@2/web"], "'p@2/web' has no port in dev"),
    (["p/web", "--env", "test"], "'p/web' has no port in test"), (["p", "--all", "--yes"], "'p'"),
    (["p@2", "--all", "--yes"], "'p@2'"), (["p@1", "--all", "--yes"], "'p@1'"),
    (["3100"], "port 3100")], ids=str)
def test_release__of_nothing_names_what_was_meant(p, error, command, name):
    said = error("nothing-to-release", "release", *command)
    assert said["message"] == f"{name}: nothing to release"


def test_unknown_project__create_is_named_only_where_it_may_be_given(pb, p, error):
    for command in (["get", "q/web"], ["register", "q/web", "4000"], ["move", "p/web", "q/web"]):
        pb.ok("get", "p/web")
        assert error("not-found", *command)["hint"] == (
            "enter it with: portbook project add q (or --create)")
    for command in (["show", "q"], ["release", "q/web"], ["project show", "q"],
                    ["reserve", "3100", "--reason", "x", "--for", "q"], ["env", "q"]):
        assert error("not-found", *command)["hint"] == "enter it with: portbook project add q"


def test_names__are_case_folded(pb, answer):
    assert answer("get", "Consilio/Web", "--create")["projectName"] == "consilio"
    assert pb.ok("get", "consilio/WEB") == "3100"


def test_names__longest_is_63(pb, error):
    name = "a" * 63
    pb.ok("get", f"{name}/{name}", "--create")
    error("invalid", "get", f"{name}/a{name}")
    error("invalid", "get", f"a{name}/web", "--create")


# --- tunnels

def test_hostname__leads_to_one_port_only(pb, p, error, book):
    pb.ok("get", "p/web", "--hostname", "a.example.org")
    pb.ok("get", "p/api")
    before = book.dump()
    for command in (["update", "p/api", "--hostname", "A.example.org"],
                    ["get", "p/api", "--hostname", "a.example.org"],
                    ["get", "p/new", "--hostname", "a.example.org"],
                    ["register", "p/r", "4000", "--hostname", "a.example.org"]):
        assert error("taken", *command)["holder"]["serviceName"] == "web"
    assert book.dump() == before


def test_hostname__may_be_given_again_after_a_release(pb, p):
    pb.ok("get", "p/web", "--hostname", "a.example.org")
    pb.ok("release", "p/web")
    pb.ok("get", "p/api", "--hostname", "a.example.org")


# --- counters and summary

def used(said):
    return [said["summary"][f] for f in (
        "rangeStart", "rangeEnd", "totalPorts", "allocatedPorts", "availablePorts",
        "utilizationPercent")]


@pytest.mark.sanitize
def test_summary__of_a_project_counts_its_block(pb, p, answer):
    for service in "abcde":
        pb.ok("get", f"p/{service}")
    assert used(answer("summary", "p")) == [3100, 3199, 100, 5, 95, 5]


def test_summary__follows_every_change(pb, p, answer):
    pb.ok("get", "p/a")
    pb.ok("get", "p@2/a")
    assert used(answer("summary", "p"))[3:] == [2, 98, 2]
    pb.ok("release", "p/a")
    assert used(answer("summary", "p"))[3:] == [1, 99, 1]
    pb("release", "p/a")
    assert used(answer("summary", "p"))[3:] == [1, 99, 1]


def gaps_size(said):
    spans = [gap.split("-") for row in said["ranges"] for gap in row["gaps"]]
    return sum(int(span[-1]) - int(span[0]) + 1 for span in spans)


def test_summary__neither_registered_nor_reserved_ports_are_counted_or_free(pb, p, answer):
    pb.ok("project", "add", "q")
    pb.ok("register", "p/old", 3150)
    pb.ok("reserve", "3190-3194", "--reason", "printers")
    pb.ok("reserve", "3195-3199", "--reason", "tests", "--for", "p")
    pb.ok("reserve", "3200-3299", "--reason", "tests", "--for", "p")
    said = answer("summary", "p")
    assert used(said) == [3100, 3199, 100, 0, 94, 0]
    assert gaps_size(said) == 94
    assert used(answer("summary", "q"))[3:5] == [0, 0]


def test_summary__of_ranges_is_free_what_their_gaps_are(pb, p, answer):
    pb.ok("get", "p/web")
    pb.ok("get", "p/dns", "--udp", "--port", 3105)
    said = answer("summary")
    assert gaps_size(said) == said["summary"]["availablePorts"]
    # 61000 but for 5432 and 8080, which the policy reserves, and the two
    assert said["ranges"][0]["availablePorts"] == 60996


def test_status__counts_what_is_reserved_here_and_now(pb, p, answer):
    before = answer("status")["summary"]["reservedPorts"]
    pb.ok("reserve", "3190-3194", "--reason", "printers")
    pb.ok("--host", "build1", "reserve", "3180-3189", "--reason", "printers")
    assert answer("status")["summary"]["reservedPorts"] == before + 5


def test_summary__of_several_blocks_is_lowest_to_highest_and_summed(pb, p, answer):
    pb.ok("project", "add", "q", "--number", 2)
    pb.ok("project", "add-block", "p")
    pb.ok("get", "p/a")
    said = answer("summary", "p")
    assert used(said) == [3100, 3399, 200, 1, 199, 1]
    assert [(r["rangeStart"], r["rangeEnd"], r["allocatedPorts"]) for r in said["ranges"]] == [
        (3100, 3199, 1), (3300, 3399, 0)]


def test_summary__of_a_flat_range_is_the_projects_use_and_the_ranges_total(pb, small, answer):
    pb.ok("get", "p/a")
    pb.ok("get", "q/a", "--create")
    pb.ok("get", "q/b")
    assert used(answer("summary", "p")) == [20000, 20003, 4, 1, 1, 25]
    assert used(answer("summary", "q"))[3:5] == [2, 1]


def test_summary__registered_and_reserved_ports_are_not_counted(pb, p, answer):
    pb.ok("register", "p/pg", 5432)
    pb.ok("reserve", 3150, "--reason", "printer")
    assert used(answer("summary", "p"))[:4] == [3100, 3199, 100, 0]


def test_summary__without_a_project_is_per_range_with_the_free_gaps(pb, small, answer):
    pb.ok("get", "p/a", "--port", 20001)
    row, = answer("summary")["ranges"]
    assert (row["rangeName"], row["gaps"]) == ("all", ["20000", "20002-20003"])


def test_summary__gaps_leave_out_what_is_reserved(pb, small, answer):
    pb.ok("reserve", 20002, "--reason", "printer")
    row, = answer("summary")["ranges"]
    assert row["gaps"] == ["20000-20001", "20003"]


@pytest.mark.sanitize
def test_summary__over_80_percent_is_flagged(pb, use_policy):
    use_policy(SMALL.replace("20003", "20004"))
    for service in "abcd":
        pb.ok("get", f"p/{service}", "--create")
    assert "over 80" not in pb.ok("summary", "p")  # exactly 80 is not over
    pb.ok("get", "p/e")
    assert "over 80" in pb.ok("summary", "p")
    assert "over 80" in pb.ok("status")


@pytest.mark.sanitize
def test_counters__are_not_stored(pb, p, book, answer):
    """What is computed cannot be wrong: the entries alone decide."""
    for service in "ab":
        pb.ok("get", f"p/{service}")
    book.change("UPDATE port_allocations SET status = 'released', released_at = allocated_at"
                " WHERE service_name = 'b'")
    assert used(answer("summary", "p"))[3:] == [1, 99, 1]
    assert answer("status")["summary"]["services"] == 1


# --- reserve, unreserve

def tomorrow():
    return (datetime.now(timezone.utc) + timedelta(days=1)).strftime("%Y-%m-%d")


def reserved(said):
    return {r["ports"]: r["reason"] for r in said["reserved"]}


POLICYS = {"5432": "PostgreSQL", "8080": "taken unasked by too many programs"}


@pytest.mark.sanitize
def test_reserve__ports_are_never_given(pb, p, error, answer):
    assert reserved(answer("reserve", "3100-3101,3103", "--reason", "printer")) == {
        **POLICYS, "3100-3101": "printer", "3103": "printer"}
    assert [pb.ok("get", f"p/{s}") for s in "ab"] == ["3102", "3104"]
    error("taken", "get", "p/x", "--port", 3101)


def test_reserve__for_a_project_only_that_one_gets_them(pb, use_policy, answer, error):
    use_policy(SMALL)
    pb.ok("project", "add", "p")
    pb.ok("project", "add", "q")
    pb.ok("reserve", "20000-20001", "--reason", "soon", "--for", "q")
    assert pb.ok("get", "p/a") == "20002"
    assert "q" in error("taken", "get", "p/b", "--port", 20001)["message"]
    assert pb.ok("get", "q/a") == "20000"


@pytest.mark.sanitize
def test_reserve__until_ends_by_itself(pb, p, book):
    pb.ok("reserve", 3100, "--reason", "soon", "--until", tomorrow())
    assert pb.ok("get", "p/a") == "3101"
    book.let_pass("reserved_ports", "until", 3 * DAY)
    assert pb.ok("get", "p/b") == "3100"
    pb.ok("check", 3100, "--project", "p")


def test_reserve__until_a_day_includes_that_day(pb, answer):
    said = answer("reserve", 3100, "--reason", "x", "--until", "2099-12-31")
    assert [r["until"] for r in said["reserved"] if r["ports"] == "3100"] == [
        "2099-12-31T23:59:59.999Z"]


def test_reserve__until_the_past_is_refused(pb, error):
    error("invalid", "reserve", 3100, "--reason", "x", "--until", "2020-01-01")


def test_reserve__needs_a_reason(pb, error):
    error("invalid", "reserve", 3100)
    error("invalid", "reserve", 3100, "--reason", "")


def test_reserve__entries_stay_and_are_named(pb, p, ports):
    pb.ok("get", "p/web")
    result = pb("reserve", "3100-3110", "--reason", "x", check=True)
    assert "3100" in result.err and "p/web" in result.err
    assert ports() == {3100: "p/web"}
    assert pb.ok("get", "p/web") == "3100"


@pytest.mark.sanitize
def test_unreserve__splits_what_reaches_further(pb, answer):
    pb.ok("reserve", "4000-4010", "--reason", "printers", "--until", "2099-12-31")
    said = answer("unreserve", "4004-4005")
    assert reserved(said) == {**POLICYS, "4000-4003": "printers", "4006-4010": "printers"}
    assert {r["until"] for r in said["reserved"] if not r["fromPolicy"]} == {
        "2099-12-31T23:59:59.999Z"}
    assert reserved(answer("unreserve", "4000,4010")) == {
        **POLICYS, "4001-4003": "printers", "4006-4009": "printers"}
    assert reserved(answer("unreserve", "1-4500")) == POLICYS


def test_unreserve__makes_them_free(pb, p):
    pb.ok("reserve", 3100, "--reason", "x")
    pb.ok("unreserve", 3100)
    assert pb.ok("get", "p/a") == "3100"


def test_unreserve__of_what_is_not_reserved_says_so(pb, error, book):
    before = book.dump()
    error("nothing-to-release", "unreserve", "4000-4010")
    assert book.dump() == before


@pytest.mark.parametrize("ports", ["5432", "5000-9000", "8080,5432"])
def test_unreserve__does_not_take_from_the_policy(pb, answer, ports):
    pb("unreserve", ports)
    assert reserved(answer("reservations")) == POLICYS


def test_unreserve__what_is_by_hand_goes_and_the_policys_stays(pb, answer):
    pb.ok("reserve", "5400-5500", "--reason", "by hand")
    assert reserved(answer("unreserve", "5400-5500")) == POLICYS


@pytest.mark.parametrize("again, left", [
    ("4000", {"4000": "new", "4001-4010": "old"}),
    ("4000-4010", {"4000-4010": "new"}),
    ("4000-4020", {"4000-4020": "new"}),
    ("4010", {"4000-4009": "old", "4010": "new"}),
    ("4005", {"4000-4004": "old", "4005": "new", "4006-4010": "old"}),
    ("3990-4003", {"3990-4003": "new", "4004-4010": "old"}),
])
def test_reserve__again_changes_only_the_ports_that_are_named(pb, answer, again, left):
    pb.ok("reserve", "4000-4010", "--reason", "old")
    assert reserved(answer("reserve", again, "--reason", "new")) == {**POLICYS, **left}


def test_reserve__leaves_the_policys_as_they_are(pb, answer):
    pb("reserve", "5432", "--reason", "mine")
    pb("reserve", "8080-8090", "--reason", "mine")
    said = {r["ports"]: r["reason"] for r in answer("reservations")["reserved"] if r["fromPolicy"]}
    assert said == POLICYS


# --- notices

@pytest.mark.parametrize("command", [
    ["get", "p/web"], ["get", "p/new"], ["get", "p/api", "--env", "test"], ["allocate", "p/web"],
    ["get", "p@2/web"], ["update", "p/web", "--notes", "x"], ["release", "p/web"], ["list"],
    ["status"], ["show", "p"], ["summary"], ["env", "p"], ["check", "4445"], ["history"],
    ["register", "p/pg", "5432"], ["move", "p/web", "api"]], ids=" ".join)
def test_notices__there_are_none_where_all_is_ordinary(pb, p, command):
    pb.ok("get", "p/web")
    assert pb(*command, check=True).err == ""


# --- blocks never overlap

def test_blocks__of_an_added_block_is_the_lowest_free_one_and_nobodys_number(pb, p):
    pb.ok("project", "add", "q", "--number", 3)
    said = pb.json("project", "add-block", "p")["project"]
    assert said["ranges"] == ["3100-3199", "3200-3299"]
    assert pb.json("project", "add", "r")["project"]["projectNumber"] == 4
    assert pb.json("project", "add-block", "p")["project"]["ranges"][-1] == "3500-3599"


def test_number__of_a_block_that_is_anothers_is_refused(pb, p, error):
    pb.ok("project", "add-block", "p")  # 3200-3299
    error("taken", "project add", "q", "--number", 2)
    error("taken", "project add", "q", "--number", 1)


# --- what a review found


def test_rename__takes_the_reservations_along(pb):
    pb.ok("project", "add", "alpha")
    pb.ok("reserve", "3150-3151", "--reason", "soon", "--for", "alpha")
    pb.ok("project", "rename", "alpha", "beta")
    assert pb.ok("get", "beta/x", "--port", "3150") == "3150"


def test_remove__takes_the_reservations_along(pb):
    pb.ok("project", "add", "alpha")
    pb.ok("reserve", "3150-3151", "--reason", "soon", "--for", "alpha")
    pb.ok("project", "remove", "alpha")
    assert "3150" not in pb.ok("reservations")


def test_move__gives_an_archived_project_nothing(pb):
    pb.ok("get", "a/web", "--create")
    pb.ok("project", "add", "old")
    pb.ok("project", "archive", "old")
    pb.fails(2, "move", "a/web", "old/web")
    assert pb.json("list")["ports"][0]["projectName"] == "a"


def test_folder_above_checkouts__is_not_entered_by_a_slip(pb, project_dir):
    one = project_dir("src/one")
    pb.fails(2, "get", "web", cwd=one.parent)
    assert pb.ok("get", "web", cwd=one) == "3100"
    assert pb.json("list")["ports"][0]["projectName"] == "one"
    pb.ok("init", "--project", "all", cwd=one.parent)
    assert "all" in pb.ok("project", "list")


def test_registered_port__is_not_counted_even_in_its_own_block(pb):
    pb.ok("project", "add", "a")
    pb.ok("register", "a/own", "3155")
    assert pb.json("summary", "a")["summary"]["allocatedPorts"] == 0
    pb.fails(3, "get", "a/other", "--port", "3155")


def test_release__that_finds_nothing_names_all_other_environments(pb):
    pb.ok("get", "a/x", "--create", "--env", "test")
    pb.ok("get", "a/x", "--env", "production")
    for result in (pb.fails(1, "release", "a/x"), pb.fails(1, "update", "a/x", "--notes", "n")):
        assert "test" in result.err and "production" in result.err


def test_get__after_the_release_of_several_ports_gives_the_old_primary(pb):
    primary = pb.ok("get", "a/x", "--create")
    pb.ok("allocate", "a/x")
    pb.ok("release", "a/x")
    assert pb.ok("get", "a/x") == primary
