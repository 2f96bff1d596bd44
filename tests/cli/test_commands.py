"""Every command of the table in issue 2, with the answer that its schema promises."""

import contextlib
import csv
import io
import json
import os
import sqlite3
import stat
import subprocess

import pytest

from clilib import text_of
from clilib import one_object

# Fields that every entry has, in JSON.
FIELDS = {
    "port", "projectName", "serviceName", "serviceType", "instance", "environment", "host",
    "protocol", "status", "description", "cloudflareHostname", "cloudflareTunnelId", "metadata",
    "allocatedAt", "lastVerifiedAt", "releasedAt", "allocatedBy", "primary", "role", "notes",
    "unit", "expiresAt", "projectNumber", "worktreePath"}


@pytest.fixture
def p(pb):
    """The project p, number 1."""
    pb.ok("project", "add", "p", "--number", 1)


@pytest.fixture
def some(pb, p):
    """The project p with web 3100, api 3101 and, in instance 2, web 3190; and q with db 3200."""
    pb.ok("get", "p/web", "--hostname", "shop.example.org", "--description", "the shop")
    pb.ok("get", "p/api", "--type", "api", "--env", "test")
    pb.ok("get", "p@2/web")
    pb.ok("get", "q/db", "--create")


# --- get

@pytest.mark.sanitize
def test_get__stdout_is_the_number_and_nothing_else(pb, p):
    run = subprocess.run(["sh", "-c", 'PORT=$(portbook get p/web) && echo "[$PORT]"'],
                         env=pb.environment(), cwd=pb.work, capture_output=True, text=True,
                         check=True)
    assert run.stdout == "[3100]\n"


def test_get__answers_with_every_field(p, answer):
    said = answer("get", "p/web")
    assert FIELDS <= set(said)
    assert (said["projectName"], said["serviceName"], said["instance"], said["environment"],
            said["host"], said["protocol"], said["status"]) == (
                "p", "web", 1, "dev", "localhost", "tcp", "allocated")


def test_get__says_who_entered_it(p, answer, pb):
    assert answer("get", "p/web")["allocatedBy"]


def test_get__takes_everything_that_can_be_said(p, answer):
    said = answer("get", "p/web", "--instance", 2, "--env", "test", "--type", "web", "--udp",
                  "--description", "d", "--hostname", "a.example.org", "--tunnel", "t",
                  "--unit", "a.service", "--notes", "n", "--meta", "a=1", "--meta", "b=x=y")
    assert {k: said[k] for k in ("instance", "environment", "serviceType", "protocol",
                                 "description", "cloudflareHostname", "cloudflareTunnelId",
                                 "unit", "notes", "metadata")} == {
        "instance": 2, "environment": "test", "serviceType": "web", "protocol": "udp",
        "description": "d", "cloudflareHostname": "a.example.org", "cloudflareTunnelId": "t",
        "unit": "a.service", "notes": "n", "metadata": {"a": "1", "b": "x=y"}}


@pytest.mark.sanitize
def test_get__dry_run_says_what_would_be_and_enters_nothing(pb, p, answer, book):
    before = book.dump()
    said = answer("get", "p/web", "--dry-run")
    assert (said["port"], said["created"]) == (3100, True) and said["why"]
    assert book.dump() == before
    assert pb.ok("get", "p/web") == "3100"


def test_get__dry_run_enters_no_project_of_a_directory(pb, project_dir, book):
    before = book.dump()
    assert pb.ok("get", "web", "--dry-run", cwd=project_dir("shop")).startswith("3100")
    assert pb.ok("get", "new/web", "--dry-run", "--create").startswith("3100")
    assert book.dump() == before


def test_allocate__answers_as_get_does(p, answer):
    said = answer("allocate", "p/web")
    assert FIELDS <= set(said) and said["created"] is True


# --- move

@pytest.mark.sanitize
@pytest.mark.parametrize("to, options, want", [
    ("frontend", [], ("p", 1, "frontend", "dev")),
    ("q/web", [], ("q", 1, "web", "dev")),
    ("q@3/api", [], ("q", 3, "api", "dev")),
    ("p@2/web", [], ("p", 2, "web", "dev")),
    ("web", ["--to-env", "production"], ("p", 1, "web", "production")),
    ("q/x", ["--to-env", "test"], ("q", 1, "x", "test")),
])
def test_move__gives_the_entry_to_another_and_the_port_stays(pb, p, answer, to, options, want):
    pb.ok("project", "add", "q")
    pb.ok("get", "p/web", "--notes", "n", "--hostname", "a.example.org")
    said = answer("move", "p/web", to, *options)
    assert (said["projectName"], said["instance"], said["serviceName"],
            said["environment"]) == want
    assert (said["port"], said["notes"], said["cloudflareHostname"]) == (
        3100, "n", "a.example.org")
    assert (said["from"]["projectName"], said["from"]["serviceName"]) == ("p", "web")
    assert [e["port"] for e in answer("list")["ports"]] == [3100]


def test_move__is_in_the_history(pb, p, answer):
    pb.ok("get", "p/web")
    pb.ok("move", "p/web", "frontend")
    event = answer("history", "3100")["events"][-1]
    assert event["operation"] == "move"
    assert (event["before"]["serviceName"], event["after"]["serviceName"]) == ("web", "frontend")


def test_move__old_service_gets_another_port(pb, p):
    pb.ok("get", "p/web")
    pb.ok("move", "p/web", "frontend")
    assert pb.ok("get", "p/web") == "3101"
    assert pb.ok("get", "p/frontend") == "3100"


def test_move__one_port_of_several_and_the_next_becomes_primary(pb, p, answer):
    for _ in range(3):
        pb.ok("allocate", "p/web")
    pb.ok("move", "p/web", "api")
    said = {e["port"]: (e["serviceName"], e["primary"]) for e in answer("list")["ports"]}
    assert said == {3100: ("api", True), 3101: ("web", True), 3102: ("web", False)}
    pb.ok("move", "p/web", "api", "--port", 3102)
    said = {e["port"]: (e["serviceName"], e["primary"]) for e in answer("list")["ports"]}
    assert said == {3100: ("api", True), 3101: ("web", True), 3102: ("api", False)}


def test_move__of_what_is_not_entered_is_not_found(p, error):
    error("not-found", "move", "p/web", "api")


def test_move__to_a_project_that_is_unknown_is_refused_without_create(pb, p, error, answer):
    pb.ok("get", "p/web")
    error("not-found", "move", "p/web", "new/web")
    assert answer("move", "p/web", "new/web", "--create")["projectName"] == "new"


# --- get-port

def test_get_port__with_a_service_is_get(pb, p):
    assert pb.ok("get-port", "p/web") == pb.ok("get", "p/web")


# --- update

def test_update__changes_what_is_said_and_never_the_port(pb, some, answer):
    said = answer("update", "p/web", "--notes", "n", "--meta", "a=1", "--unit", "a.service",
                  "--type", "web")
    assert {k: said[k] for k in ("port", "notes", "metadata", "unit", "serviceType")} == {
        "port": 3100, "notes": "n", "metadata": {"a": "1"}, "unit": "a.service",
        "serviceType": "web"}


@pytest.mark.parametrize("option, field", [
    ("--description", "description"), ("--notes", "notes"), ("--hostname", "cloudflareHostname"),
    ("--tunnel", "cloudflareTunnelId"), ("--unit", "unit"), ("--type", "serviceType")])
def test_update__empty_text_takes_a_fact_away(pb, p, answer, option, field):
    pb.ok("get", "p/web", option, "a.example.org")
    assert answer("list")["ports"][0][field] == "a.example.org"
    assert answer("update", "p/web", option, "")[field] is None


def test_update__empty_meta_takes_that_member_away(pb, p, answer):
    pb.ok("get", "p/web", "--meta", "a=1", "--meta", "b=2")
    assert answer("update", "p/web", "--meta", "a=")["metadata"] == {"b": "2"}


def test_update__takes_a_port_instead_of_a_service(pb, some, answer):
    said = answer("update", "3190", "--notes", "n")
    assert (said["instance"], said["notes"]) == (2, "n")


def test_update__of_what_is_not_entered_is_not_found(p, error):
    error("not-found", "update", "p/web", "--notes", "n")
    error("not-found", "update", "3100", "--notes", "n")


# --- release

def test_release__of_several_targets(pb, some, ports):
    pb.ok("release", "p/web", 3190, "q/db")
    assert ports() == {3101: "p/api"}


def test_release__by_port_does_not_ask_for_the_environment(pb, some, ports):
    pb.ok("release", 3101)
    assert 3101 not in ports()


def test_release__instance_by_option(pb, some, ports):
    pb.ok("release", "p/web", "--instance", 2)
    assert 3190 not in ports() and 3100 in ports()


def test_release__service_of_the_directory(pb, project_dir, ports):
    shop = project_dir("shop")
    pb.ok("get", "web", cwd=shop)
    pb.ok("release", "web", cwd=shop)
    assert ports() == {}


def test_release_all__is_answered_with_all_that_went(some, answer):
    said = answer("release", "p", "--all", "--yes")
    assert [e["port"] for e in said["released"]] == [3100, 3101, 3190]
    assert all(e["status"] == "released" and e["releasedAt"] for e in said["released"])


def test_release_all__has_one_time_for_all_as_in_the_book(pb, use_policy, answer):
    services = "".join(f"  - {{project: p, service: s{n}, port: {20000 + n}}}\n" for n in range(60))
    use_policy("name: many\nranges:\n  - {name: all, ports: 20000-20999}\n"
               "projects:\n  - {name: p}\nservices:\n" + services)
    said = answer("release", "p", "--all", "--yes")["released"]
    kept = answer("list", "--status", "released")["ports"]
    assert len(said) == len(kept) == 60
    assert len({e["releasedAt"] for e in said + kept}) == 1


def test_release_all__of_one_environment(pb, some, ports):
    pb.ok("release", "p", "--all", "--env", "test", "--yes")
    assert set(ports()) == {3100, 3190, 3200}


# --- list

def test_list__is_by_port_and_has_no_limit(pb, use_policy, answer):
    services = "".join(f"  - {{project: p, service: s{n}, port: {20000 + n}}}\n" for n in range(60))
    use_policy("name: many\nranges:\n  - {name: all, ports: 20000-20999}\n"
               "projects:\n  - {name: p}\nservices:\n" + services)
    said = answer("list")
    assert [e["port"] for e in said["ports"]] == list(range(20000, 20060))
    assert said["count"] == 60
    assert all(FIELDS <= set(e) for e in said["ports"])


@pytest.mark.sanitize
@pytest.mark.parametrize("options, want", [
    (["--project", "p"], [3100, 3101, 3190]),
    (["--project", "P@2"], [3190]),
    (["--env", "test"], [3101]),
    (["--env", "Test"], [3101]),
    (["--instance", "2"], [3190]),
    (["--type", "api"], [3101]),
    (["--service", "web"], [3100, 3190]),
    (["--status", "allocated"], [3100, 3101, 3190, 3200]),
    (["--status", "legacy"], [8080]),
    (["--status", "released"], [3102]),
    (["--host", "localhost"], [3100, 3101, 3190, 3200, 8080]),
    (["--host", "box2"], [3100]),
    (["--udp"], []),
    (["--search", "example"], [3100]),
    (["--search", "SHOP"], [3100]),
    (["--search", "db"], [3200]),
    (["--worktree", "/nowhere"], []),
    (["--project", "p", "--env", "dev", "--service", "web", "--instance", "1"], [3100]),
    (["--after", "3101"], [3190, 3200, 8080]),
    (["--limit", "2"], [3100, 3101]),
    (["--limit", "2", "--after", "3101"], [3190, 3200]),
], ids=lambda v: " ".join(map(str, v)))
def test_list__filters(pb, some, answer, options, want):
    pb.ok("register", "q/old", 8080, "--legacy")
    pb.ok("get", "p/gone")
    pb.ok("release", "p/gone")
    if "box2" in options:
        pb.ok("--host", "box2", "get", "p/web")
    assert [e["port"] for e in answer("list", *options)["ports"]] == want


def test_list__pages_have_every_port_once(pb, some, answer):
    seen, after = [], 0
    while after is not None:
        said = answer("list", "--limit", 3, "--after", after)
        seen += [e["port"] for e in said["ports"]]
        after = said["next"]
    assert seen == [3100, 3101, 3190, 3200]


def test_list__page_never_ends_between_two_entries_of_one_port(pb, p, answer):
    pb.ok("get", "p/dns")
    pb.ok("get", "p/dns", "--udp")
    said = answer("list", "--limit", 1)
    assert [(e["port"], e["protocol"]) for e in said["ports"]] == [(3100, "tcp"), (3100, "udp")]
    assert said["next"] is None


@pytest.mark.sanitize
@pytest.mark.parametrize("form, delimiter", [("csv", ","), ("tsv", "\t")])
def test_list__csv_and_tsv_read_back(pb, p, form, delimiter):
    pb.ok("get", "p/web", "--description", 'a "quoted", text; with 日本')
    rows = list(csv.DictReader(io.StringIO(pb.ok("list", "--format", form)), delimiter=delimiter))
    row, = ({k.lower(): v for k, v in r.items()} for r in rows)
    if form == "csv":
        assert 'a "quoted", text; with 日本' in row.values()
    assert "3100" in row.values() and "web" in row.values()


def test_list__md_is_a_table(pb, some):
    lines = pb.ok("list", "--format", "md").splitlines()
    assert all(line.startswith("|") and line.endswith("|") for line in lines)
    assert len({line.count("|") for line in lines}) == 1
    assert len(lines) == 2 + 4


def test_list__table_has_one_line_for_each(pb, some):
    lines = pb.ok("list").splitlines()
    assert len(lines) == 1 + 4
    assert "3100" in lines[1] and "web" in lines[1]


# --- show, status, summary, where

@pytest.mark.sanitize
def test_show__has_the_project_its_use_and_its_services_by_instance(pb, some, answer):
    said = answer("show", "p")
    assert said["project"]["projectName"] == "p"
    assert said["summary"]["allocatedPorts"] == 3
    assert {i["instance"]: [e["port"] for e in i["ports"]] for i in said["instances"]} == {
        1: [3100, 3101], 2: [3190]}


def test_show__says_service_port_and_hostname(pb, some):
    out = pb.ok("show", "p")
    assert "web: 3100 (shop.example.org)" in out
    assert "3100-3199" in out and "3/100" in out


def test_show__one_instance(some, answer, error):
    assert [i["instance"] for i in answer("show", "p@2")["instances"]] == [2]
    error("not-found", "show", "p@3")


def test_show__of_the_directory(pb, project_dir, answer):
    shop = project_dir("shop")
    pb.ok("get", "web", cwd=shop)
    assert answer("show", cwd=shop)["project"]["path"] == str(shop)


@pytest.mark.sanitize
def test_status__has_everything_at_a_glance(pb, some, answer):
    said = answer("status")
    assert (said["summary"]["services"], said["summary"]["projects"]) == (4, 2)
    assert said["policy"] == "blocks" and said["host"] == "localhost"
    assert {p["projectName"]: [s["port"] for s in p["services"]] for p in said["projects"]} == {
        "p": [3100, 3101, 3190], "q": [3200]}
    assert {r["rangeName"] for r in said["ranges"]} == {"projects", "shared", "temporary"}


def test_status__opens_with_the_totals(pb, some):
    assert pb.ok("status").startswith("4 services across 2 projects\n")


def test_summary__without_a_project_is_of_all_ranges(some, answer):
    said = {r["rangeName"]: r for r in answer("summary")["ranges"]}
    assert said["projects"]["allocatedPorts"] == 4
    assert said["projects"]["gaps"][0] == "3000-3099"
    assert said["shared"]["gaps"] == ["9000-9999"]
    # 3000-64999 without 9000-9999.
    assert said["projects"]["totalPorts"] == 61000


@pytest.mark.sanitize
def test_where__is_what_no_command_at_all_says(pb, project_dir, answer):
    shop = project_dir("shop")
    pb.ok("get", "web", cwd=shop)
    said = answer("where", cwd=shop)
    assert one_object(pb("--json", cwd=shop, check=True)) == said
    assert said["project"]["projectName"] == "shop"
    assert [e["port"] for e in said["ports"]] == [3100]
    assert said["directory"]["branch"] == "main"
    assert said["next"]
    out = pb.ok(cwd=shop)
    assert str(shop) in out and "web: 3100" in out


def test_where__counts_as_status_does(pb, some, answer):
    pb.ok("get", "shared-services/x")
    assert answer("where")["summary"].items() <= answer("status")["summary"].items()


def test_where__in_a_directory_without_a_project(pb, project_dir, answer):
    said = answer("where", cwd=project_dir("new"))
    assert said["project"] is None and said["ports"] == []
    assert any("init" in line for line in said["next"])


# --- init

COMPOSE = """\
services:
  web:
    image: shop
    ports: ["3000:3000"]
  postgres:
    image: postgres:16
    ports:
      - "5432:5432"
  worker:
    image: shop
"""


@pytest.mark.sanitize
def test_init__enters_the_project_and_writes_the_file(pb, project_dir, answer):
    shop = project_dir("shop")
    said = answer("init", cwd=shop)
    assert said["created"] and said["project"]["projectName"] == "shop"
    assert said["written"] == [str(shop / ".ports.env")]
    assert "WEB_PORT=3100" in (shop / ".ports.env").read_text().splitlines()


@pytest.mark.parametrize("name, text, services", [
    ("compose.yaml", COMPOSE, {"web", "postgres"}),
    ("docker-compose.yml", COMPOSE, {"web", "postgres"}),
    ("Procfile", "web: node server.js --port 3000\nworker: node worker.js\n", {"web"}),
    ("package.json", '{"scripts": {"dev": "vite --port 5173"}}', None),
    ("supabase/config.toml", "[api]\nport = 54321\n[db]\nport = 54322\n", None),
    (".env.example", "WEB_PORT=3000\nADMIN_API_PORT=3001\nDATABASE_URL=x\n", {"web", "admin-api"}),
], ids=lambda v: v if isinstance(v, str) and len(v) < 25 else "")
def test_init__finds_services_in(pb, project_dir, answer, name, text, services):
    shop = project_dir("shop")
    (shop / name).parent.mkdir(exist_ok=True)
    (shop / name).write_text(text)
    said = {e["serviceName"]: e["source"] for e in answer("init", cwd=shop)["ports"]}
    assert said and all(source.startswith(name) for source in said.values()), said
    if services:
        assert services <= set(said), said


def test_init__without_any_file_takes_web(pb, project_dir, answer):
    assert [e["serviceName"] for e in answer("init", cwd=project_dir("shop"))["ports"]] == ["web"]


def test_init__services_named_by_hand_are_those(pb, project_dir, answer):
    shop = project_dir("shop")
    (shop / "compose.yaml").write_text(COMPOSE)
    said = answer("init", "--services", "web,API,db", cwd=shop)["ports"]
    assert [(e["serviceName"], e["port"]) for e in said] == [
        ("web", 3100), ("api", 3101), ("db", 3102)]


def test_init__name_by_hand(pb, project_dir, answer):
    shop = project_dir("shop")
    assert answer("init", "--project", "emporium", cwd=shop)["project"]["projectName"] == \
        "emporium"
    assert pb.ok("get", "web", cwd=shop) == pb.ok("get", "emporium/web")


def test_init__of_a_folder_that_is_anothers_is_taken(pb, project_dir, error):
    shop = project_dir("shop")
    pb.ok("init", cwd=shop)
    assert "shop" in error("taken", "init", "--project", "other", cwd=shop)["message"]


def test_init__of_a_project_that_lives_elsewhere_is_taken(pb, project_dir, error):
    pb.ok("init", cwd=project_dir("shop"))
    error("taken", "init", "--project", "shop", cwd=project_dir("other"))


def test_init__known_project_name_of_another_case_is_that_one(pb, project_dir, answer):
    shop = project_dir("shop")
    pb.ok("init", cwd=shop)
    assert answer("init", "--project", "Shop", cwd=shop)["created"] is False


def test_init__path_is_the_directory(pb, project_dir, answer):
    shop = project_dir("shop")
    assert answer("init", shop)["project"]["path"] == str(shop)
    assert (shop / ".ports.env").exists()


@pytest.mark.sanitize
def test_init__again_changes_nothing(pb, project_dir, answer, book):
    shop = project_dir("shop")
    (shop / "compose.yaml").write_text(COMPOSE)
    pb.ok("init", "--yes", cwd=shop)
    before, files = book.dump(), {f: f.read_text() for f in shop.iterdir() if f.is_file()}
    said = answer("init", "--yes", cwd=shop)
    assert said["created"] is False and said["written"] == []
    assert book.dump() == before
    assert {f: f.read_text() for f in shop.iterdir() if f.is_file()} == files


@pytest.mark.sanitize
def test_init__dry_run_writes_nothing(pb, project_dir, answer, book):
    shop = project_dir("shop")
    before = book.dump()
    said = answer("init", "--dry-run", "--yes", cwd=shop)
    assert [e["port"] for e in said["ports"]] == [3100]
    assert said["file"]["content"].endswith("WEB_PORT=3100\n")
    assert book.dump() == before
    assert sorted(f.name for f in shop.iterdir()) == [".git", "README.md"]


@pytest.mark.sanitize
def test_init__keeps_the_numbers_of_an_existing_file(pb, project_dir, answer):
    shop = project_dir("shop")
    (shop / ".ports.env").write_text("# ours\nWEB_PORT=4567\nAPI_PORT=4568\nOTHER=x\n")
    said = {e["serviceName"]: e["port"] for e in answer("init", cwd=shop)["ports"]}
    assert said == {"web": 4567, "api": 4568}
    assert (shop / ".ports.env").read_text() == "# ours\nWEB_PORT=4567\nAPI_PORT=4568\nOTHER=x\n"


def test_init__number_that_is_not_free_is_not_kept_and_it_is_said(pb, project_dir, p):
    pb.ok("register", "p/x", 4567)
    shop = project_dir("shop")
    (shop / ".ports.env").write_text("WEB_PORT=4567\n")
    result = pb("init", cwd=shop, check=True)
    assert "4567" in result.err
    assert "WEB_PORT=3200" in (shop / ".ports.env").read_text()


def test_init__offers_the_example_and_the_gitignore_line(pb, project_dir, answer):
    shop = project_dir("shop")
    said = answer("init", cwd=shop)
    assert said["example"]["exists"] is False and said["gitignore"]["missing"] is True
    assert not (shop / ".ports.env.example").exists() and not (shop / ".gitignore").exists()
    pb.ok("init", "--yes", cwd=shop)
    assert "WEB_PORT=" in (shop / ".ports.env.example").read_text().splitlines()
    assert (shop / ".gitignore").read_text() == ".ports.env\n"
    said = answer("init", cwd=shop)
    assert said["example"]["exists"] is True and said["gitignore"]["missing"] is False


def test_init__adopts_a_project_that_was_added_by_name(pb, p, project_dir, answer):
    said = answer("init", cwd=project_dir("p"))
    assert said["project"]["projectNumber"] == 1


# --- env

SHELLS = [("sh", "export"), ("bash", "export"), ("fish", "fish"), ("sh", "dotenv"),
          ("bash", "dotenv")]


@pytest.mark.parametrize("shell, form", SHELLS, ids=" ".join)
def test_env__can_be_sourced(pb, p, shell, form):
    for service in ("web", "supabase-api", "3d"):
        pb.ok("get", f"p/{service}")
    path = pb.work / "ports"
    path.write_text(pb("env", "p", "--format", form, check=True).out)
    load = {"dotenv": f"set -a; . {path}; set +a"}.get(form, f". {path}")
    run = subprocess.run([shell, "-c", f"{load}; env"], env=pb.environment(),
                         capture_output=True, text=True, check=True)
    assert run.stderr == ""
    assert {"WEB_PORT=3100", "SUPABASE_API_PORT=3101", "_3D_PORT=3102"} <= set(
        run.stdout.splitlines())


def test_env__as_json_is_an_object_of_numbers(pb, p):
    pb.ok("get", "p/web")
    assert json.loads(pb.ok("env", "p", "--format", "json")) == {"WEB_PORT": 3100}


def test_env__answers_with_the_variables(pb, some, answer):
    said = answer("env", "p")
    assert [(v["name"], v["port"], v["serviceName"]) for v in said["variables"]] == [
        ("WEB_PORT", 3100, "web")]


@pytest.mark.parametrize("options, want", [
    (["--env", "test"], "API_PORT=3101"), (["--instance", "2"], "WEB_PORT=3190")])
def test_env__of_another_instance_or_environment(pb, some, options, want):
    assert pb.ok("env", "p", *options) == want


def test_env__has_udp_beside_tcp(pb, p):
    pb.ok("get", "p/dns")
    pb.ok("get", "p/dns", "--udp")
    pb.ok("get", "p/snmp", "--udp", "--port", 3150)
    assert pb.ok("env", "p").splitlines() == [
        "DNS_PORT=3100", "DNS_UDP_PORT=3100", "SNMP_PORT=3150"]


# --- project

@pytest.mark.sanitize
def test_project_add__takes_everything_that_can_be_said(pb, answer):
    said = answer("project add", "P", "--number", 7, "--path", "/srv/p", "--owner", "eva",
                  "--status", "reserved", "--description", "d")["project"]
    assert {k: said[k] for k in ("projectName", "projectNumber", "path", "owner", "status",
                                 "description", "rangeStart", "rangeEnd", "ranges",
                                 "services")} == {
        "projectName": "p", "projectNumber": 7, "path": "/srv/p", "owner": "eva",
        "status": "reserved", "description": "d", "rangeStart": 3700, "rangeEnd": 3799,
        "ranges": ["3700-3799"], "services": 0}


def test_project_add__has_no_path_unless_given(pb, project_dir, answer):
    assert answer("project add", "shop", cwd=project_dir("shop"))["project"]["path"] is None


def test_project_add__of_a_known_name_number_or_path_is_taken(pb, error, book):
    pb.ok("project", "add", "p", "--number", 1, "--path", "/srv/p")
    before = book.dump()
    error("taken", "project add", "P")
    error("taken", "project add", "q", "--number", 1)
    error("taken", "project add", "q", "--path", "/srv/p")
    assert book.dump() == before


def test_project_list__is_by_number(pb, answer):
    for name, number in (("c", 3), ("a", 9), ("b", 0)):
        pb.ok("project", "add", name, "--number", number)
    assert [p["projectName"] for p in answer("project list")["projects"]
            if p["projectNumber"] is not None] == ["b", "c", "a"]


def test_project_list__by_status(pb, p, answer):
    pb.ok("project", "add", "old", "--status", "legacy")
    assert [p["projectName"] for p in answer("project list", "--status", "legacy")["projects"]] \
        == ["old"]


def test_project_set__changes_and_clears(pb, p, answer):
    said = answer("project set", "p", "--owner", "eva", "--path", "/srv/p", "--description", "d",
                  "--status", "legacy")["project"]
    assert (said["owner"], said["path"], said["description"], said["status"]) == (
        "eva", "/srv/p", "d", "legacy")
    said = answer("project set", "p", "--owner", "", "--path", "", "--description", "")["project"]
    assert (said["owner"], said["path"], said["description"], said["status"]) == (
        None, None, None, "legacy")


def test_project_set__number_only_while_nothing_is_entered(pb, p, answer, error):
    assert answer("project set", "p", "--number", 5)["project"]["ranges"] == ["3500-3599"]
    pb.ok("get", "p/web")
    error("invalid", "project set", "p", "--number", 6)
    assert pb.ok("get", "p/web") == "3500"


def test_project_rename__keeps_the_ports(pb, p, answer, error):
    pb.ok("get", "p/web")
    assert answer("project rename", "p", "Emporium")["project"]["projectName"] == "emporium"
    assert pb.ok("get", "emporium/web") == "3100"
    error("not-found", "show", "p")
    pb.ok("project", "add", "q")
    error("taken", "project rename", "q", "emporium")


def test_project_archive__keeps_the_ports(pb, some, answer, ports):
    before = ports()
    assert answer("project archive", "p")["project"]["status"] == "archived"
    assert ports() == before
    assert pb.ok("get", "p/web") == "3100"


def test_project_archive__nothing_new_is_given_until_it_is_active_again(pb, some, error, book):
    pb.ok("project", "archive", "p")
    before = book.dump()
    for command in (["get", "p/new"], ["allocate", "p/web"], ["allocate", "p/web", "--replace"],
                    ["register", "p/pg", "5432"], ["get", "p/demo", "--temporary"]):
        assert "archived" in error("invalid", *command)["message"]
    assert book.dump() == before
    pb.ok("project", "set", "p", "--status", "active")
    assert pb.ok("get", "p/new") == "3102"


@pytest.mark.sanitize
def test_project_remove__only_when_nothing_is_entered(pb, some, error, answer):
    error("taken", "project remove", "q")
    pb.ok("release", "q/db")
    assert answer("project remove", "q")["project"]["projectName"] == "q"
    assert "q" not in {p["projectName"] for p in answer("project list")["projects"]}
    assert pb.ok("get", "r/web", "--create") == "3200"


def test_project_remove__history_stays(pb, p, answer):
    pb.ok("get", "p/web")
    pb.ok("release", "p/web")
    pb.ok("project", "remove", "p")
    said = [e["operation"] for e in answer("history", "3100")["events"]]
    assert said == ["allocate", "release"]


def test_project_remove__name_can_be_used_again_and_starts_anew(pb, p, answer):
    pb.ok("get", "p/web", "--port", 3150)
    pb.ok("release", "p/web")
    pb.ok("project", "remove", "p")
    pb.ok("project", "add", "p", "--number", 1)
    assert pb.ok("get", "p/web") == "3100"


def test_project_remove__leaves_no_row_that_leads_nowhere(pb, some, book):
    pb.ok("project", "add", "leaving", "--number", 9)
    pb.ok("get", "leaving@2/web")
    # What an audit leaves behind.
    book.change("INSERT INTO port_health_checks (port_allocation_id, checked_at, status)"
                " SELECT id, 0, 'in_use' FROM port_allocations")
    pb.ok("release", "leaving", "--all", "--yes")
    before = [line for line in book.dump() if '"port_health_checks"' in line]
    pb.ok("project", "remove", "leaving")
    with contextlib.closing(sqlite3.connect(book.path)) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    after = [line for line in book.dump() if '"port_health_checks"' in line]
    assert len(after) == len(before) - 1


def test_project_add_block__says_which_one_is_new(pb, p, answer):
    pb.ok("project", "add", "q", "--number", 2)
    said = answer("project add-block", "p")
    assert said["block"] == {"rangeStart": 3300, "rangeEnd": 3399}
    assert said["project"]["ranges"] == ["3100-3199", "3300-3399"]
    assert "has one more block, 3400-3499: number 1," in pb.ok("project", "add-block", "p")


def test_project_add_block__where_there_are_no_blocks_is_refused(pb, policy, error):
    policy("types")
    pb.ok("project", "add", "p")
    error("invalid", "project add-block", "p")


# --- instance

@pytest.mark.sanitize
def test_instance_add__has_purpose_branch_path_and_status(pb, p, answer):
    said = answer("instance add", "p", "--purpose", "test", "--branch", "fix", "--path", "/srv/fix",
                  "--status", "ready")["instance"]
    assert {k: said[k] for k in ("projectName", "instance", "purpose", "branch", "worktreePath",
                                 "status")} == {
        "projectName": "p", "instance": 2, "purpose": "test", "branch": "fix",
        "worktreePath": "/srv/fix", "status": "ready"}


def test_instance_add__takes_a_number(pb, p, answer):
    assert answer("instance add", "p@5")["instance"]["instance"] == 5
    assert answer("instance add", "p")["instance"]["instance"] == 2


def test_instance_add__of_one_that_is_there_is_taken(pb, p, error):
    pb.ok("instance", "add", "p@2")
    error("taken", "instance add", "p@2")


def test_instance_add__path_is_of_one_instance_only(pb, p, error):
    pb.ok("instance", "add", "p", "--path", "/srv/fix")
    said = error("taken", "instance add", "p", "--path", "/srv/fix")
    assert said["message"] == "'/srv/fix' is the worktree of 'p@2'"
    pb.ok("instance", "set", "p@2", "--path", "")  # what the hint says
    pb.ok("instance", "add", "p@3", "--path", "/srv/fix")


def test_instance_set__changes_and_clears(pb, p, answer):
    pb.ok("instance", "add", "p")
    said = answer("instance set", "p@2", "--purpose", "demo", "--branch", "b")["instance"]
    assert (said["purpose"], said["branch"]) == ("demo", "b")
    said = answer("instance set", "p@2", "--purpose", "", "--branch", "")["instance"]
    assert (said["purpose"], said["branch"]) == (None, None)


def test_instance_set__of_one_that_is_not_there_is_not_found(p, error):
    error("not-found", "instance set", "p@7", "--purpose", "x")


def test_instance_set__path_makes_the_directory_that_instance(pb, p, project_dir, answer):
    copy = project_dir("copy")
    pb.ok("instance", "add", "p", "--path", copy)
    assert answer("get", "web", cwd=copy)["instance"] == 2


@pytest.mark.sanitize
def test_instance_release__gives_the_slice_back(pb, p, answer, error):
    pb.ok("get", "p@2/web")
    error("taken", "instance release", "p@2")
    pb.ok("release", "p@2", "--all", "--yes")
    assert answer("instance release", "p@2")["instance"]["status"] == "released"
    assert answer("instance next", "p")["instance"]["instance"] == 2
    error("nothing-to-release", "instance release", "p@2")


def test_instance_list__has_them_by_number(pb, some, answer):
    said = answer("instance list", "p")["instances"]
    assert [(i["instance"], i["services"]) for i in said] == [(1, 2), (2, 1)]


# --- what changes nothing

def test_update__says_whether_anything_is_different_now(pb, p, answer):
    pb.ok("get", "p/web")
    assert answer("update", "p/web", "--notes", "n", "--meta", "a=b")["changed"] is True
    assert answer("update", "p/web", "--notes", "n", "--meta", "a=b")["changed"] is False
    assert pb.ok("update", "p/web", "--notes", "n") == "p/web is as it was (port 3100)"
    assert pb.ok("update", "p/web", "--notes", "m") == "p/web is updated (port 3100)"


@pytest.mark.parametrize("command", [
    ["update", "p/web", "--notes", "n"], ["project", "set", "p", "--owner", "eva"],
    ["project", "archive", "p"], ["instance", "set", "p@2", "--purpose", "demo"],
    ["register", "p/pg", "5432", "--legacy"]], ids=" ".join)
def test_change__that_is_none_leaves_no_event(pb, some, book, command):
    pb.ok(*command)
    before = book.dump()
    pb.ok(*command)
    assert book.dump() == before


# --- history

@pytest.mark.sanitize
def test_history__of_a_port_says_who_did_what_when(pb, p, answer):
    pb.ok("get", "p/web")
    pb.ok("update", "p/web", "--notes", "n")
    pb.ok("release", "p/web")
    events = answer("history", "3100")["events"]
    assert [e["operation"] for e in events] == ["allocate", "update", "release"]
    assert all(e["actor"] and e["at"] and e["port"] == 3100 and e["serviceName"] == "web"
               for e in events)
    assert [e["seq"] for e in events] == sorted(e["seq"] for e in events)


def test_history__of_a_project_service_and_everything(pb, some, answer):
    assert {e["projectName"] for e in answer("history", "q")["events"]} == {"q"}
    assert {e["serviceName"] for e in answer("history", "p/web")["events"]} == {"web"}
    assert {"p", "q"} <= {e["projectName"] for e in answer("history")["events"]}


def test_history__of_what_is_named_and_of_nothing_else(pb, p, answer):
    for which in (["p/web"], ["p@2/web"], ["p/web", "--env", "test"], ["p/web", "--udp"],
                  ["--host", "build1", "p/web"]):
        pb.ok("get", *which)

    def told(*which):
        return [(row["port"], row["instance"], row["environment"], row["protocol"], row["host"])
                for row in (e["after"] for e in answer("history", *which)["events"])
                if "port" in row]
    here = (3100, 1, "dev", "tcp", "localhost")
    assert len(told("p/web")) == 5 and told("p/web")[0] == here
    assert told("p@2/web") == told("p@2") == [(3190, 2, "dev", "tcp", "localhost")]
    assert told("p/web", "--env", "test") == [(3101, 1, "test", "tcp", "localhost")]
    assert told("p/web", "--udp") == told("3100", "--udp") == [(3100, 1, "dev", "udp", "localhost")]
    assert told("--host", "build1", "p/web") == [(3100, 1, "dev", "tcp", "build1")]
    assert len(told("3100")) == 3


def test_history__of_a_service_tells_what_was_moved_away_from_it(pb, p, answer):
    pb.ok("get", "p/web")
    pb.ok("move", "p/web", "front")
    for service in ("web", "front"):
        last = answer("history", f"p/{service}")["events"][-1]
        assert (last["operation"], last["port"]) == ("move", 3100)
    pb.ok("move", "p/front", "shop")
    assert answer("history", "p/web", "--limit", 1)["events"][0]["after"]["serviceName"] == "front"


def test_history__of_a_project_tells_what_was_moved_to_another(pb, p):
    pb.ok("get", "p/web")
    pb.ok("move", "p/web", "q/web", "--create")
    told = [(e["operation"], e["subject"], e["port"]) for e in pb.json("history", "p")["events"]
            if e["operation"].startswith("move")]
    assert told == [("move-away", "p/web", 3100)]
    assert ("move", "q/web") in [(e["operation"], e["subject"])
                                 for e in pb.json("history", "q")["events"]]
    pb.ok("move", "q/web", "q/front")
    assert not [e for e in pb.json("history", "q")["events"] if e["operation"] == "move-away"]
    pb.ok("undo", "--yes")
    pb.ok("undo", "--yes")
    assert pb.ok("get", "p/web") == "3100"


def test_show__of_a_service_names_what_tells_of_one(pb, p):
    run = pb.fails(2, "show", "p/web")
    assert "'p/web' is a service, and a project is wanted" in run.err
    assert "portbook get p/web" in run.err and "list --project p --service web" in run.err
    assert "cannot name a project" in pb.fails(2, "show", "p//web").err


def test_history__of_a_project_that_is_gone_is_found_by_its_name(pb, p, error):
    pb.ok("get", "p/web")
    pb.ok("project", "rename", "p", "q")
    renamed = pb("history", "p", check=True)
    assert renamed.err == "portbook: note: 'p' is called 'q' now\n"
    pb.ok("release", "q/web")
    pb.ok("project", "remove", "q")
    for name, last in (("Q", "project-remove"), ("p", "project-remove"), ("q/web", "release")):
        said = pb.json("history", name)
        assert said["events"][-1]["operation"] == last
        assert said["notices"] == [f"'{name.lower().split('/')[0]}' is no longer in the book"]
    error("not-found", "history", "qq")


def test_history__shows_what_is_not_usual(pb, p):
    pb.ok("get", "p/web", "--env", "test", "--udp")
    pb.ok("get", "p/web")
    lines = pb.ok("history", "p/web").splitlines()
    assert " p/web (test) " in lines[1] and " 3100/udp" in lines[1]
    assert "(" not in lines[2] and lines[2].endswith(" 3100")


def test_history__has_the_newest_so_many_and_the_latest_last(pb, some, answer):
    events = answer("history", "--limit", 3)["events"]
    everything = answer("history", "--limit", 1000)["events"]
    assert events == everything[-3:]


@pytest.mark.parametrize("command", [
    ["get", "p/new"], ["allocate", "p/web"], ["allocate", "p/web", "--replace"],
    ["move", "p/web", "frontend"], ["register", "p/pg", "5432"], ["release", "p/web"],
    ["update", "p/web", "--notes", "n"], ["reserve", "4000", "--reason", "x"],
    ["unreserve", "4444"], ["project", "add", "new"], ["project", "set", "p", "--owner", "x"],
    ["project", "rename", "p", "r"], ["project", "archive", "p"], ["project", "add-block", "p"],
    ["project", "remove", "empty"], ["instance", "add", "p"],
    ["instance", "set", "p@2", "--purpose", "x"], ["instance", "release", "p@5"],
    ["policy", "use", "blocks"]], ids=" ".join)
def test_history__every_change_leaves_an_event(pb, some, book, command):
    pb.ok("project", "add", "empty")
    pb.ok("instance", "add", "p@5")
    pb.ok("reserve", 4444, "--reason", "x")
    before = [line for line in book.dump() if '"events"' in line]
    pb.ok(*command)
    after = [line for line in book.dump() if '"events"' in line]
    assert len(after) > len(before) and after[:len(before)] == before


# --- version, help

def test_version__is_said_by_command_and_option(pb):
    assert pb.ok("version") == pb.ok("--version")
    assert one_object(pb("version", "--json", check=True))["version"] in pb.ok("version")


@pytest.mark.parametrize("word", ["get", "release", "project", "project add", "policy use"])
def test_help__of_a_command_is_what_its_option_says(pb, word):
    assert pb.ok("help", *word.split()) == pb.ok(*word.split(), "--help")
    assert f"portbook {word}" in pb.ok("help", *word.split())


def test_help__needs_no_book(pb):
    for command in (["help"], ["help", "get"], ["version"], ["get", "--help"], ["--help"]):
        pb.ok("--book", "/nowhere/at/all/book.db", *command)
    assert not (pb.home / "data" / "portbook").exists()


# --- exit statuses

@pytest.mark.sanitize
def test_exit_status__is_as_promised(pb, use_policy):
    use_policy("name: two\nranges:\n  - name: all\n    ports: 20000-20001\n")
    pb.fails(0, "get", "p/a", "--create")
    pb.fails(1, "get", "nope/a")
    pb.fails(1, "release", "p/nothing")
    pb.fails(1, "check", 20000)
    pb.fails(2, "get", "p/a", "--port", "x")
    pb.fails(3, "get", "p/b", "--port", 20000)
    pb.fails(0, "get", "p/b")
    pb.fails(4, "get", "p/c")
    (pb.work / "no.db").write_text("this is no book, and was never one\n" * 100)
    pb.fails(5, "--book", pb.work / "no.db", "list")


def test_exit_status__5_for_a_book_of_another_program(pb):
    path = pb.work / "other.db"
    db = sqlite3.connect(path)
    with db:
        db.execute("CREATE TABLE t(a)")
    db.close()
    result = pb.fails(5, "--book", path, "list", "--json")
    assert one_object(result)["error"]["code"] == "book"


def test_exit_status__6_or_5_for_a_book_that_may_not_be_made(pb):
    pb.home_of(65534)
    closed = pb.base / "closed"
    closed.mkdir(mode=0o755)
    result = pb("--book", closed / "book.db", "get", "p/web", "--create", "--json", user=65534,
                cwd="/")
    assert result.code in (5, 6) and one_object(result)["success"] is False
    assert list(closed.iterdir()) == []


# --- global options

def test_quiet__says_no_notes_but_all_errors(pb, p, listen):
    listen(3100)
    result = pb("--quiet", "get", "p/web", check=True)
    assert (result.out, result.err) == ("3101\n", "")
    assert pb.fails(1, "-q", "get", "nope/web").err


def test_disable__leaves_the_commands_as_they_are(pb, p):
    assert pb.ok("get", "p/web", env={"PORTBOOK_DISABLE": 1}) == "3100"


@pytest.mark.parametrize("command", [
    ["get", "p/web"], ["list"], ["status"], ["show", "p"], ["summary"], ["check", "3100"],
    ["env", "p"], ["history"], ["policy list"], ["policy show"], ["project list"],
    ["project show", "p"], ["instance list", "p"], ["instance next", "p"], ["reservations"],
    ["where"], ["policy check", "types"]], ids=" ".join)
def test_json__of_what_looks_is_one_object_and_changes_nothing(some, answer, book, command):
    before = book.dump()
    assert answer(*command, status=1 if command[0] == "check" else 0)["success"] is True
    assert book.dump() == before


# --- which book

def test_book__default_is_below_xdg_data_home_and_private(pb):
    pb.ok("get", "p/web", "--create")
    folder = pb.home / "data" / "portbook"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert (folder / "book.db").exists()


def test_book__is_private_also_with_an_open_umask(pb):
    subprocess.run(["sh", "-c", "umask 0 && portbook get p/web --create"], env=pb.environment(),
                   cwd=pb.work, check=True, capture_output=True)
    folder = pb.home / "data" / "portbook"
    assert {stat.S_IMODE(f.stat().st_mode) for f in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_book__default_without_xdg_is_below_home(pb):
    pb.ok("list", env={"XDG_DATA_HOME": None})
    assert (pb.home / ".local" / "share" / "portbook" / "book.db").exists()


def test_book__relative_xdg_directory_is_ignored(pb):
    """The XDG base directory specification: all paths in these variables have to be absolute."""
    pb.ok("list", env={"XDG_DATA_HOME": "data"})
    assert (pb.home / ".local" / "share" / "portbook" / "book.db").exists()


@pytest.mark.sanitize
def test_book__option_comes_before_variable_before_config_before_default(pb):
    books = {name: pb.work / f"{name}.db" for name in ("option", "variable", "config")}
    config = pb.home / "config" / "portbook" / "config.yaml"
    config.parent.mkdir()
    config.write_text(f"book: {books['config']}\n")
    env = {"PORTBOOK_BOOK": books["variable"]}
    pb.ok("--book", books["option"], "get", "a/x", "--create", env=env)
    pb.ok("get", "b/x", "--create", env=env)
    pb.ok("get", "c/x", "--create")

    def projects(path):
        return {e["projectName"] for e in pb.json("--book", path, "list")["ports"]}
    assert {name: projects(path) for name, path in books.items()} == {
        "option": {"a"}, "variable": {"b"}, "config": {"c"}}
    assert not (pb.home / "data" / "portbook").exists()


def test_book__empty_variable_is_none(pb):
    pb.ok("list", env={"PORTBOOK_BOOK": ""})
    assert (pb.home / "data" / "portbook" / "book.db").exists()


@pytest.mark.parametrize("how", ["option", "variable"])
@pytest.mark.parametrize("command", [["list"], ["check", "3999"], ["where"], ["history", "a/x"],
                                     ["policy list"]], ids=" ".join)
def test_book__that_is_named_is_not_made_by_looking_into_it(pb, error, how, command):
    path = pb.work / "typo" / "book.db"
    before = ["--book", path] if how == "option" else []
    env = {} if before else {"PORTBOOK_BOOK": path}
    said = error("book", *command, *before, env=env)
    assert str(path) in said["message"] and "portbook get SERVICE" in said["hint"]
    assert not path.parent.exists()
    pb.ok(*before, "get", "a/x", "--create", env=env)  # what the hint says
    pb.ok(*before, *command[0].split(), *command[1:], env=env)


def test_book__config_takes_a_tilde(pb):
    config = pb.home / "config" / "portbook" / "config.yaml"
    config.parent.mkdir()
    config.write_text('book: "~/my book.db"\n')
    pb.ok("list")
    assert (pb.home / "my book.db").exists()


@pytest.mark.parametrize("name", ["a b/my book.db", "größe/日本.db", "it's.db", 'a"b.db',
                                  "a%20b.db",
                                  "a?b#c.db", "book", "deep/er/than/that/book.db", "-x.db",
                                  "memory:.db", "a\\b.db"])
def test_book__path_may_be_any(pb, name):
    path = pb.work / name
    assert pb.ok("--book", path, "get", "p/web", "--create") == "3100"
    assert path.exists()
    assert pb.ok("--book", f"sqlite:{path}", "get", "p/web") == "3100"
    assert pb.json("--book", path, "status")["book"] == str(path)


def test_book__relative_path_is_taken_from_the_working_directory(pb):
    (pb.work / "sub").mkdir()
    pb.ok("--book", "my.db", "get", "p/web", "--create")
    assert pb.ok("--book", "../my.db", "get", "p/web", cwd=pb.work / "sub") == "3100"


def test_book__in_memory_is_gone_afterwards(pb, error):
    assert pb.ok("--book", "memory:", "get", "p/web", "--create") == "3100"
    error("not-found", "get", "p/web")


def test_host__comes_from_the_config_and_the_option_wins(pb, answer):
    config = pb.home / "config" / "portbook" / "config.yaml"
    config.parent.mkdir()
    config.write_text("host: Box2\n")
    assert answer("get", "p/web", "--create")["host"] == "box2"
    assert answer("get", "p/web", "--host", "box3")["host"] == "box3"


@pytest.mark.parametrize("named", [["--book", "b.db"], []], ids=["option", "variable"])
def test_config__that_cannot_be_read_does_not_stop_who_names_the_book(pb, named):
    """Of a home that is another user's: cron, a service, `setpriv`."""
    config = pb.home / "config" / "portbook" / "config.yaml"
    config.parent.mkdir()
    config.symlink_to(config)  # opening it fails for root, too
    env = {} if named else {"PORTBOOK_BOOK": "b.db"}
    run = pb(*named, "get", "shop/web", "--create", env=env, check=True)
    assert run.out == "3100\n"
    assert f"cannot open '{config}'" in run.err and "taken for 'localhost'" in run.err
    assert pb(*named, "--host", "box2", "get", "shop/web", env=env).err == ""
    assert pb(*named, "--quiet", "list", env=env).err == ""

    run = pb("get", "shop/web")
    assert run.code == 5 and f"cannot open '{config}'" in run.err


def test_config__that_makes_no_sense_stops_who_names_the_book(pb):
    """It could be read: `host` may be what is misspelt."""
    config = pb.home / "config" / "portbook" / "config.yaml"
    config.parent.mkdir()
    config.write_text("hots: box2\n")
    run = pb("--book", "b.db", "get", "shop/web", "--create")
    assert run.code == 2 and "config.yaml:1:1" in run.err
    assert not (pb.work / "b.db").exists()


def test_config__of_the_machine_is_not_read_when_the_user_has_one(pb):
    config = pb.home / "config" / "portbook" / "config.yaml"
    config.parent.mkdir()
    config.write_text("")
    pb.ok("list")
    assert (pb.home / "data" / "portbook" / "book.db").exists()


def test_config__without_xdg_is_below_home(pb):
    config = pb.home / ".config" / "portbook" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(f"book: {pb.work / 'b.db'}\n")
    pb.ok("list", env={"XDG_CONFIG_HOME": None})
    assert (pb.work / "b.db").exists()


# --- by others

def test_actor__is_who_runs_it(pb, as_nobody):
    """A book that several users write says which of them did what."""
    shared = pb.base / "shared"
    shared.mkdir()
    os.chown(shared, 65534, 65534)
    path = shared / "book.db"
    run = as_nobody(pb.program_for(65534), "--book", path, "get", "p/web", "--create", "--json",
                    cwd="/")
    assert run.returncode == 0, run
    assert json.loads(run.stdout)["allocatedBy"] == "nobody"


def test_errors__have_code_message_and_way_out(p, error):
    said = error("not-found", "get", "nope/web")
    assert set(said) == {"code", "message", "hint"}
    assert "project add nope" in text_of(said)
