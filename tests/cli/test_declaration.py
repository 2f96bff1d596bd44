"""portbook.yaml: what a repository declares, init, get, env and new worktrees enter."""

import json
import os
import shutil

import jsonschema
import pytest
import yaml

from clilib import TOP, text_of

SCHEMA = json.loads((TOP / "schemas" / "portbook.schema.json").read_text(encoding="utf-8"))

SHOP = """\
# yaml-language-server: $schema=https://example.org/portbook.schema.json
project: shop
services:
  web:
    type: web
    hostname: shop.example.org
    description: the front page
    metadata: {team: blue}
  api:
    prefer: 3150
  db:
"""
FIRST = {"web": 3100, "api": 3150, "db": 3101}
SECOND = {"web": 3190, "db": 3191, "api": 3192}


@pytest.fixture
def repository(project_dir, git):
    """repository(text, name="shop"): a repository with this portbook.yaml, committed."""
    def make(text=SHOP, name="shop"):
        path = project_dir(name)
        (path / "portbook.yaml").write_text(text)
        git(path, "add", "portbook.yaml")
        git(path, "commit", "-q", "-m", "declare")
        return path
    return make


@pytest.fixture
def worktree(pb, git):
    """worktree(main, name): a real linked worktree beside the others."""
    def make(main, name):
        path = pb.base / name
        git(main, "worktree", "add", "-q", "-b", name, path)
        return path
    return make


@pytest.fixture
def held(pb):
    """held(cwd): {service: port} of the instance that the directory is; TCP, in dev."""
    def run(cwd):
        return {p["serviceName"]: p["port"] for p in pb.json("where", cwd=cwd)["ports"]
                if p["protocol"] == "tcp" and p["environment"] == "dev"}
    return run


def entry(pb, service, cwd):
    return next(p for p in pb.json("where", cwd=cwd)["ports"] if p["serviceName"] == service)


# --- entering what is declared

@pytest.mark.sanitize
@pytest.mark.parametrize("words", [("get", "web"), ("get", "db"), ("env",), ("init",)],
                         ids=" ".join)
def test_first_use__enters_all_that_is_declared_whoever_asks(pb, repository, held, words):
    shop = repository()
    pb.ok(*words, cwd=shop)
    assert held(shop) == FIRST
    web = entry(pb, "web", shop)
    assert (web["serviceType"], web["cloudflareHostname"], web["description"],
            web["metadata"]) == ("web", "shop.example.org", "the front page", {"team": "blue"})


def test_first_use__says_what_it_entered(pb, repository):
    said = pb("get", "web", cwd=repository(), check=True)
    assert said.out == "3100\n"
    assert "entered what portbook.yaml declares: api 3150, db 3101" in said.err


def test_first_use__by_a_name_that_is_not_declared_enters_the_others_too(pb, repository, held):
    shop = repository()
    pb.ok("get", "worker", cwd=shop)
    assert held(shop) == {**FIRST, "worker": 3102}


def test_first_use__as_a_trial_leaves_nothing(pb, repository, book):
    shop = repository()
    before = book.dump()
    assert pb.ok("get", "web", "--dry-run", cwd=shop) == "3100"
    assert book.dump() == before


@pytest.mark.sanitize
def test_worktree__has_the_same_services_on_its_own_ports(pb, repository, worktree, held):
    shop = repository()
    pb.ok("init", cwd=shop)
    one, two = worktree(shop, "one"), worktree(shop, "two")
    pb.ok("get", "db", cwd=one)
    pb.ok("env", "--write", cwd=two)
    assert held(one) == SECOND
    assert held(two) == {"web": 3180, "db": 3181, "api": 3182}
    assert held(shop) == FIRST
    assert "WEB_PORT=3180" in (two / ".ports.env").read_text()
    everything = [p["port"] for p in pb.json("list")["ports"]]
    assert len(everything) == len(set(everything)) == 9


def test_worktree__first_one_used_has_the_same_services_as_the_main_checkout(
        pb, repository, worktree, held):
    shop = repository()
    fix = worktree(shop, "fix")
    pb.ok("get", "web", cwd=fix)
    pb.ok("get", "web", cwd=shop)
    # The main checkout is no new project then: init or env enters the rest of it.
    pb.ok("env", cwd=shop)
    assert set(held(fix)) == set(held(shop)) == set(FIRST)
    assert not set(held(fix).values()) & set(held(shop).values())


def test_worktree__goes_by_its_own_copy(pb, repository, worktree, held):
    shop = repository()
    pb.ok("init", cwd=shop)
    fix = worktree(shop, "fix")
    (fix / "portbook.yaml").write_text(SHOP + "  cache:\n")
    pb.ok("get", "web", cwd=fix)
    assert set(held(fix)) == set(FIRST) | {"cache"}
    pb.ok("env", cwd=shop)
    assert set(held(shop)) == set(FIRST)


def test_worktree__has_not_what_there_is_only_once(pb, repository, worktree):
    shop = repository(SHOP.replace("team: blue}", "team: blue}\n    unit: shop.service"))
    pb.ok("init", cwd=shop)
    fix = worktree(shop, "fix")
    pb.ok("get", "web", cwd=fix)
    web = entry(pb, "web", fix)
    assert (web["cloudflareHostname"], web["unit"]) == (None, None)
    assert (web["description"], web["metadata"]) == ("the front page", {"team": "blue"})
    assert entry(pb, "web", shop)["unit"] == "shop.service"


def test_worktree__whose_slice_is_too_small_gives_what_was_asked_for(pb, repository, worktree):
    names = [f"s{n}" for n in range(12)]
    shop = repository("services: {" + ", ".join(f"{name}: " for name in names) + "}\n")
    pb.ok("init", cwd=shop)
    fix = worktree(shop, "fix")
    said = pb("get", "s11", cwd=fix, check=True)
    assert 3190 <= int(said.out) <= 3199
    assert said.err.count("is not entered: no port is left") == 2
    assert len(pb.json("where", cwd=fix)["ports"]) == 10


def test_first_use__by_many_at_once_enters_each_service_once(pb, repository, worktree, held):
    shop = repository()
    trees = [shop, worktree(shop, "one"), worktree(shop, "two")]
    runs = [pb.start("get", name, cwd=tree) for tree in trees for name in FIRST for _ in range(3)]
    said = [run.communicate(timeout=60) for run in runs]
    assert [run.returncode for run in runs] == [0] * len(runs), said
    pb.ok("env", cwd=shop)  # whose worktrees may have come first
    ports = [held(tree) for tree in trees]
    assert [set(p) for p in ports] == [set(FIRST)] * 3
    assert len({port for p in ports for port in p.values()}) == 9
    assert {out.strip() for out, _ in said} == {str(n) for p in ports for n in p.values()}


def test_env__enters_what_the_file_declares_since(pb, repository, held):
    shop = repository()
    pb.ok("get", "web", cwd=shop)
    (shop / "portbook.yaml").write_text(SHOP + "  cache:\n")
    assert "CACHE_PORT=3102" in pb.ok("env", cwd=shop)
    assert held(shop) == {**FIRST, "cache": 3102}


def test_env__again_writes_nothing(pb, repository, book):
    shop = repository()
    first = pb.ok("env", cwd=shop)
    before = book.dump()
    again = pb("env", cwd=shop, check=True)
    assert (again.out.strip(), again.err) == (first, "")
    assert book.dump() == before


def test_env__of_an_archived_project_adds_nothing(pb, repository, held):
    shop = repository()
    pb.ok("get", "web", cwd=shop)
    pb.ok("project", "archive", "shop", cwd=shop)
    (shop / "portbook.yaml").write_text(SHOP + "  cache:\n")
    assert pb("env", cwd=shop, check=True).err == ""
    assert held(shop) == FIRST


def test_get__of_another_service_enters_no_more_than_that(pb, repository, held):
    shop = repository()
    pb.ok("get", "web", cwd=shop)
    pb.ok("release", "db", cwd=shop)
    pb.ok("get", "worker", cwd=shop)
    assert "db" not in held(shop)


# --- one service

def test_get__fills_in_what_is_not_said(pb, repository):
    shop = repository("services: {}\n")
    pb.ok("get", "x", cwd=shop)
    (shop / "portbook.yaml").write_text(SHOP)
    said = pb.json("get", "web", "--description", "ours", "--meta", "team=red", "--meta", "a=b",
                   cwd=shop)
    assert (said["description"], said["metadata"], said["cloudflareHostname"]) == (
        "ours", {"team": "red", "a": "b"}, "shop.example.org")
    assert pb.ok("get", "api", "--prefer", 3160, cwd=shop) == "3160"


def test_get__by_the_full_name_knows_what_is_declared_where_one_is(pb, repository, project_dir):
    shop, other = repository("{}\n"), project_dir("other")
    pb.ok("get", "x", cwd=shop)
    (shop / "portbook.yaml").write_text(SHOP)
    assert pb.ok("get", "shop/api", cwd=shop / ".git") == "3150"
    assert pb.json("get", "shop/web", cwd=other)["description"] is None


def test_get__of_a_known_service_keeps_port_and_facts_whatever_the_file_says(
        pb, repository, book):
    shop = repository()
    pb.ok("get", "api", cwd=shop)
    (shop / "portbook.yaml").write_text("services: {api: {prefer: 3160, description: new}}\n")
    before = book.dump()
    said = pb("get", "api", cwd=shop, check=True)
    assert (said.out, said.err) == ("3150\n", "")
    assert book.dump() == before


def test_get__of_a_released_service_is_given_its_old_port(pb, repository):
    shop = repository()
    pb.ok("get", "api", cwd=shop)
    pb.ok("allocate", "api", "--replace", "--port", 3160, cwd=shop)
    pb.ok("release", "api", cwd=shop)
    (shop / "portbook.yaml").write_text("services: {api: }\n")
    assert pb.ok("get", "api", cwd=shop) == "3160"


@pytest.mark.parametrize("name, nearest", [("wbe", "web"), ("dbs", "db"), ("webb", "web")])
def test_get__of_what_looks_like_a_slip_names_the_nearest(pb, repository, name, nearest):
    shop = repository()
    pb.ok("get", "web", cwd=shop)
    said = pb("get", name, cwd=shop, check=True)
    assert f"declares no '{name}', but '{nearest}'" in said.err
    assert pb("get", name, cwd=shop, check=True).err == ""


def test_get__of_another_name_says_nothing(pb, repository):
    shop = repository()
    pb.ok("get", "web", cwd=shop)
    assert pb("get", "scheduler", cwd=shop, check=True).err == ""


def test_protocol__that_is_declared_is_meant_where_none_is_said(pb, repository):
    shop = repository("services: {dns: {protocol: both}, ntp: {protocol: udp}}\n")
    pb.ok("get", "dns", cwd=shop)
    ports = {(p["serviceName"], p["protocol"]): p["port"]
             for p in pb.json("where", cwd=shop)["ports"]}
    assert set(ports) == {("dns", "tcp"), ("dns", "udp"), ("ntp", "udp")}
    assert pb.ok("get", "ntp", cwd=shop) == pb.ok("get", "ntp", "--udp", cwd=shop) == str(
        ports["ntp", "udp"])
    assert pb.ok("get", "dns", cwd=shop) == str(ports["dns", "tcp"])
    assert len(pb.json("where", cwd=shop)["ports"]) == 3


def test_environments__of_a_service_are_where_it_is_entered(pb, repository):
    shop = repository("services: {web: , mail: {environments: [dev, test]},"
                      " live: {environments: [production]}}\n")
    pb.ok("init", cwd=shop)
    pb.ok("env", "--env", "production", cwd=shop)
    assert {(p["serviceName"], p["environment"]) for p in pb.json("where", cwd=shop)["ports"]} == {
        ("web", "dev"), ("mail", "dev"), ("web", "production"), ("live", "production")}


def test_environments__a_hostname_stays_with_the_first_of_them(pb, repository):
    shop = repository()
    pb.ok("init", cwd=shop)
    said = pb("env", "--env", "test", cwd=shop, check=True)
    assert "hostname" not in said.err and "preferred" not in said.err
    assert {p["environment"]: p["cloudflareHostname"] for p in pb.json("where", cwd=shop)["ports"]
            if p["serviceName"] == "web"} == {"dev": "shop.example.org", "test": None}


def test_role__that_is_declared_decides_the_place(pb, repository, policy, held):
    policy("instances")
    shop = repository("services: {dashboard: {role: supabase-studio}, db: }\n")
    pb.ok("env", cwd=shop)
    assert held(shop) == {"dashboard": 30004, "db": 30002}


def test_role_and_type__that_the_policy_does_not_know_are_left_out(pb, repository, policy, held):
    shop = repository("services: {web: {role: of-another-policy, type: of-another-policy}}\n")
    pb.ok("env", cwd=shop)
    assert entry(pb, "web", shop)["serviceType"] == "of-another-policy"  # any word will do here
    other = repository("services: {web: {role: of-another-policy, type: of-another-policy}}\n", "b")
    policy("types", "--keep-entries")
    assert pb.ok("get", "web", cwd=other) == "8000"


def test_type__that_is_declared_decides_the_range(pb, repository, policy, held):
    policy("types")
    shop = repository("services: {ledger: {type: postgres}, shopfront: {type: web}}\n")
    pb.ok("env", cwd=shop)
    assert held(shop) == {"ledger": 5400, "shopfront": 8000}


def test_allocate__one_more_port_has_not_what_there_is_only_once(pb, repository):
    shop = repository()
    pb.ok("init", cwd=shop)
    more = pb.json("allocate", "web", cwd=shop)
    assert (more["cloudflareHostname"], more["serviceType"], more["description"]) == (
        None, "web", "the front page")
    assert pb("allocate", "api", cwd=shop, check=True).err == ""


def test_allocate__replace_moves_to_what_the_file_prefers_now(pb, repository):
    shop = repository()
    pb.ok("init", cwd=shop)
    (shop / "portbook.yaml").write_text(SHOP.replace("3150", "3160"))
    said = pb("allocate", "api", "--replace", cwd=shop, check=True)
    assert (said.out, said.err) == ("3160\n", "")
    assert pb("allocate", "api", "--replace", cwd=shop, check=True).err == ""


# --- init

def test_init__goes_by_the_file_alone_and_says_its_lines(pb, repository, answer):
    shop = repository()
    (shop / "compose.yaml").write_text("services: {redis: {ports: ['6379:6379']}}\n")
    said = {e["serviceName"]: (e["port"], e["source"]) for e in answer("init", cwd=shop)["ports"]}
    assert said == {"web": (3100, "portbook.yaml:4"), "api": (3150, "portbook.yaml:9"),
                    "db": (3101, "portbook.yaml:11")}


def test_init__without_declared_services_looks_into_the_other_files(pb, repository, answer):
    shop = repository("project: shop\n")
    (shop / "compose.yaml").write_text("services: {redis: {ports: ['6379:6379']}}\n")
    assert [e["serviceName"] for e in answer("init", cwd=shop)["ports"]] == ["redis"]


def test_init__services_named_by_hand_are_as_they_are_declared(pb, repository, answer):
    said = answer("init", "--services", "api,worker", cwd=repository())["ports"]
    assert [(e["serviceName"], e["port"]) for e in said] == [("api", 3150), ("worker", 3100)]


def test_init__brings_the_facts_up_to_date_and_moves_nothing(pb, repository):
    shop = repository()
    pb.ok("init", cwd=shop)
    (shop / "portbook.yaml").write_text(SHOP.replace("front", "back").replace("3150", "3160"))
    said = pb("init", cwd=shop, check=True)
    assert "'shop/api' keeps 3150; portbook.yaml prefers 3160" in said.err
    assert entry(pb, "web", shop)["description"] == "the back page"
    assert entry(pb, "api", shop)["port"] == 3150
    pb.ok("allocate", "shop/api", "--replace", "--port", "3160", cwd=shop)
    assert "keeps" not in pb("init", cwd=shop, check=True).err


def test_init__again_changes_nothing(pb, repository, book):
    shop = repository()
    pb.ok("init", cwd=shop)
    before = book.dump()
    pb.ok("init", cwd=shop)
    assert book.dump() == before


def test_init__keeps_the_numbers_that_the_checkout_uses(pb, repository, held):
    shop = repository()
    (shop / ".ports.env").write_text("API_PORT=4567\nWEB_PORT=3107\nOLD_PORT=3108\n")
    pb.ok("init", cwd=shop)
    assert held(shop) == {"web": 3107, "api": 4567, "db": 3100}
    assert entry(pb, "web", shop)["description"] == "the front page"


# --- the project

def test_project__has_the_name_number_owner_and_description_that_are_declared(
        pb, repository, answer):
    checkout = repository("project: Emporium\nnumber: 7\nowner: the team\n"
                          "description: what is sold\nservices: {web: }\n", "shop-main")
    assert pb.ok("get", "web", cwd=checkout) == "3700"
    project = answer("project show", "emporium")["project"]
    assert (project["projectNumber"], project["owner"], project["description"],
            project["path"]) == (7, "the team", "what is sold", str(checkout))


def test_project__whose_number_is_anothers_has_another_and_it_is_said(pb, repository):
    pb.ok("project", "add", "blog", "--number", 7)
    said = pb("get", "web", cwd=repository("number: 7\nservices: {web: }\n"), check=True)
    assert said.out == "3100\n"
    assert "number 7 is the project 'blog'" in said.err


def test_project__of_a_second_clone_has_a_name_of_its_own(pb, repository, project_dir):
    shop = repository()
    pb.ok("get", "web", cwd=shop)
    again = project_dir("again")
    shutil.copy(shop / "portbook.yaml", again)
    said = pb("get", "web", cwd=again, check=True)
    assert "shop-2" in said.err and "rename" not in said.err
    assert "the hostname 'shop.example.org'" in said.err and "stays there" in said.err
    assert pb("init", cwd=again, check=True).err.count("rename") == 0


def test_project__known_by_another_name_says_how_to_rename_it(pb, repository):
    shop = repository("project: emporium\nservices: {web: }\n")
    pb.ok("project", "add", "shop", "--path", shop)
    said = pb("init", cwd=shop, check=True)
    assert "portbook project rename shop emporium" in said.err
    pb.ok("project", "rename", "shop", "emporium")
    assert "rename" not in pb("init", cwd=shop, check=True).err


def test_project__name_by_hand_is_the_last_word(pb, repository, answer):
    shop = repository()
    assert answer("init", "--project", "mine", cwd=shop)["project"]["projectName"] == "mine"
    assert {e["projectName"] for e in pb.json("list")["ports"]} == {"mine"}


def test_project__that_has_no_folder_is_not_had_by_declaring_its_name(pb, repository, error):
    """The folder's name is the user's; the declared one is whoever's who wrote the file."""
    pb.ok("get", "wiki/web", "--create")
    checkout = repository("project: wiki\n", "cloned")
    said = error("taken", "get", "web", cwd=checkout)
    assert "wiki" in said["message"] and "portbook init --project wiki" in said["hint"]
    pb.ok("init", "--project", "wiki", cwd=checkout)
    assert pb.ok("get", "web", cwd=checkout) == pb.ok("get", "wiki/web")


def test_project__shared_services_are_nobodys_by_declaration(pb, repository):
    pb.ok("get", "web", cwd=repository("project: shared-services\n", "cloned"))
    assert pb.json("get", "web", cwd=pb.base / "projects" / "cloned")["projectName"] == \
        "shared-services-2"


# --- what a file may not do

def test_preferred_port__of_another_is_not_given(pb, repository):
    pb.ok("project", "add", "blog")
    blog = pb.ok("get", "blog/web")
    shop = repository(f"services: {{web: {{prefer: {blog}}}, api: {{prefer: 5432}}}}\n")
    said = pb("get", "web", cwd=shop, check=True)
    assert said.out == "3200\n"
    assert f"{blog} was preferred for 'shop/web'" in said.err
    assert "5432 was preferred for 'shop/api'" in said.err
    assert pb.ok("get", "blog/web") == blog


def test_hostname__of_another_stays_there(pb, repository, book):
    pb.ok("project", "add", "blog")
    pb.ok("get", "blog/web", "--hostname", "shop.example.org")
    shop = repository()
    for words in (("get", "web"), ("init",)):
        said = pb(*words, cwd=shop, check=True)
        assert "leads to 'blog/web' on port 3100, and stays there" in said.err
    assert pb.json("get", "blog/web")["cloudflareHostname"] == "shop.example.org"


BAD = [
    ("services:\n  web:\n    perfer: 3100\n", "3:5: a service has no key 'perfer': the nearest "
                                              "is 'prefer'"),
    ("services:\n  web:\n    port: 3100\n", "3:5: a service has no key 'port': the nearest is "
                                            "'prefer'"),
    ("servcies:\n", "1:1: a declaration has no key 'servcies': the nearest is 'services'"),
    ("project: {a\n", "1:10: "),
    ("a: &a [x]\nb: &b [*a, *a]\n", "1:1: "),
    ("", "1:1: there is no declaration in it"),
]


@pytest.mark.sanitize
@pytest.mark.parametrize("text, where", BAD, ids=lambda v: v[:20])
@pytest.mark.parametrize("words", ["get web", "env", "init", "allocate web"])
def test_bad_file__is_named_with_line_and_column_and_nothing_is_entered(
        pb, repository, error, book, words, text, where):
    shop = repository(text)
    before = book.dump()
    command, *more = words.split()
    assert error("invalid", command, *more, cwd=shop)["message"].startswith(
        f"{shop}/portbook.yaml:{where}")
    assert book.dump() == before


def test_bad_file__is_no_matter_for_a_service_that_is_entered(pb, repository):
    shop = repository()
    pb.ok("get", "web", cwd=shop)
    (shop / "portbook.yaml").write_text("nonsense: [\n")
    assert pb("get", "web", cwd=shop, check=True).err == ""
    pb.fails(2, "get", "worker", cwd=shop)


def test_bad_file__does_not_keep_anyone_from_looking(pb, repository, answer):
    shop = repository()
    pb.ok("get", "web", cwd=shop)
    (shop / "portbook.yaml").write_text("nonsense: 1\n")
    said = answer("where", cwd=shop)
    assert any("portbook.yaml:1:1: " in notice for notice in said["notices"])
    pb.ok("list", cwd=shop)


def make_fifo(path):
    os.mkfifo(path)


def make_link_out(path):
    path.symlink_to("/etc/passwd")


def make_huge(path):
    with path.open("wb") as file:
        file.truncate(1 << 30)


def make_folder(path):
    path.mkdir()


def make_long_line(path):
    path.write_text("project: " + "x" * 250000 + "\n")


def make_junk(path):
    path.write_bytes(bytes(range(256)) * 64)


@pytest.mark.parametrize("make", [make_fifo, make_link_out, make_huge, make_folder,
                                  make_long_line, make_junk])
def test_bad_file__of_any_kind_is_refused_at_once(pb, project_dir, error, make):
    shop = project_dir("shop")
    make(shop / "portbook.yaml")
    assert "portbook.yaml" in error("invalid", "get", "web", cwd=shop, timeout=10)["message"]


# --- looking

def test_where__shows_what_is_declared_and_not_entered(pb, repository, answer):
    shop = repository()
    said = answer("where", cwd=shop)
    assert said["declared"] == ["web", "api", "db"] and said["next"][0] == "portbook init"
    out = pb.ok(cwd=shop)
    assert "portbook.yaml declares web, api, db: not entered yet" in out
    pb.ok("init", cwd=shop)
    assert answer("where", cwd=shop)["declared"] == []
    assert "declares" not in pb.ok(cwd=shop)
    pb.ok("release", "api", cwd=shop)
    assert answer("where", cwd=shop)["declared"] == ["api"]


def test_where__in_a_worktree_that_is_not_entered(pb, repository, worktree, answer):
    shop = repository()
    pb.ok("init", cwd=shop)
    assert answer("where", cwd=worktree(shop, "fix"))["declared"] == ["web", "api", "db"]


def test_where__counts_what_is_more_than_a_glance(pb, repository):
    shop = repository("services: {" + ", ".join(f"s{n}: " for n in range(20)) + "}\n")
    assert "portbook.yaml declares s0, s1, s2, s3, s4, s5, s6, s7 and 12 more: not entered" in \
        pb.ok(cwd=shop)


def test_where__above_projects_takes_no_notice_of_a_file(pb, repository, answer):
    above = repository().parent
    (above / "portbook.yaml").write_text(SHOP)
    assert answer("where", cwd=above)["declared"] == []
    pb.fails(2, "get", "web", cwd=above)


def test_looking__enters_nothing(pb, repository, book):
    shop = repository()
    before = book.dump()
    pb.ok(cwd=shop)
    pb.ok("status", cwd=shop)
    pb.ok("list", cwd=shop)
    assert book.dump() == before


# --- which file

def test_file__of_a_folder_below_is_not_looked_at(pb, repository, held):
    shop = repository()
    (shop / "deep").mkdir()
    (shop / "deep" / "portbook.yaml").write_text("services: {other: }\n")
    pb.ok("env", cwd=shop / "deep")
    assert held(shop) == FIRST


def test_file__of_a_project_inside_of_a_checkout_is_in_its_own_folder(pb, repository, held):
    shop = repository()
    pb.ok("env", cwd=shop)
    part = shop / "part"
    part.mkdir()
    (part / "portbook.yaml").write_text("services: {other: }\n")
    pb.ok("project", "add", "part", "--path", part)
    pb.ok("env", cwd=part)
    assert held(part) == {"other": 3200}
    assert held(shop) == FIRST


def test_file__outside_of_git_counts_in_the_projects_folder(pb, project_dir, held):
    shop = project_dir("shop", git=False)
    (shop / "portbook.yaml").write_text(SHOP)
    pb.ok("env", cwd=shop)
    (shop / "deep").mkdir()
    (shop / "portbook.yaml").write_text(SHOP + "  cache:\n")
    pb.ok("env", cwd=shop / "deep")
    assert held(shop) == {**FIRST, "cache": 3102}


# --- the schema for editors says what the program says

TEXTS = [
    (True, "{}"),
    (True, SHOP),
    (True, "services: {a: , b: ~, c: null, d: {}}"),
    (True, "services: {a: {protocol: both, environments: [dev], metadata: {x: 1, y: yes}}}"),
    (True, "services: {a: {hostname: '*.a-1.B_c.org', tunnel: t, unit: u, notes: n, role: r}}"),
    (True, "{project: a, number: 0, owner: o, description: d}"),
    (False, "[]"),
    (False, "project: ''"),
    (False, "project: a..b"),
    (False, "project: -a"),
    (False, f"project: {'a' * 64}"),
    (False, "number: -1"),
    (False, "number: 65536"),
    (False, "number: many"),
    (False, "owner: ''"),
    (False, "unknown: 1"),
    (False, "services: [web]"),
    (False, "services: {a b: }"),
    (False, "services: {a: 3000}"),
    (False, "services: {a: {port: 3000}}"),
    (False, "services: {a: {prefer: 0}}"),
    (False, "services: {a: {prefer: 65536}}"),
    (False, "services: {a: {protocol: sctp}}"),
    (False, "services: {a: {hostname: a..b}}"),
    (False, "services: {a: {hostname: -a.b}}"),
    (False, "services: {a: {hostname: a.b-}}"),
    (False, "services: {a: {environments: dev}}"),
    (False, "services: {a: {environments: [a b]}}"),
    (False, "services: {a: {metadata: [x]}}"),
    (False, "services: {a: {metadata: {x: [y]}}}"),
    (False, "services: {a: {metadata: {'': y}}}"),
]


@pytest.mark.parametrize("good, text", TEXTS, ids=lambda v: v[:40] if isinstance(v, str) else "")
def test_schema__takes_what_the_program_takes(pb, repository, good, text):
    validator = jsonschema.validators.validator_for(SCHEMA)(SCHEMA)
    assert validator.is_valid(yaml.safe_load(text)) == good
    assert pb("init", "--dry-run", cwd=repository(text)).code == (0 if good else 2)


def test_schema__every_key_is_refused_without_its_last_letter_and_named(pb, project_dir, error):
    shop = project_dir("shop")
    service = SCHEMA["properties"]["services"]["additionalProperties"]["properties"]
    for start, keys in (("", SCHEMA["properties"]), ("services:\n  web:\n    ", service)):
        for key in keys:
            (shop / "portbook.yaml").write_text(f"{start}{key[:-1]}: 1\n")
            said = error("invalid", "init", cwd=shop)
            assert f"no key '{key[:-1]}': the nearest is '{key}'" in text_of(said)
