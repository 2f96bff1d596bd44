"""import --format supervisor|scar: the databases of two older systems."""

import pytest

from clilib import TOP, on_terminal, one_object

FIXTURES = TOP / "tests" / "fixtures" / "older"


@pytest.fixture
def older(server):
    """older("supervisor"): a database as that system would have made it."""
    def make(name):
        database = server.new_database()
        database.sql((FIXTURES / f"{name}.sql").read_text())
        return database
    return make


@pytest.fixture(params=["file", "database"])
def target(pb, request):
    """What names the book that is imported into: none, or one in PostgreSQL."""
    if request.param == "file":
        return []
    shared = request.getfixturevalue("shared")
    return ["--book", shared.url()]


def remarks(said):
    return {row["row"]: row["message"] for row in said["rows"] if "message" in row}


def entered(pb, *book):
    return {p["port"]: p["projectName"] + "/" + p["serviceName"]
            for p in pb.json("list", *book)["ports"]}


SUPERVISOR = {3000: "meta-supervisor/dashboard", 3100: "consilio/web", 3101: "consilio/api",
              3210: "health-agent/web", 5173: "consilio/vite", 8080: "shared-services/mcp-meta",
              9001: "shared-services/penpot", 9007: "shared-services/redis",
              9050: "quiculum-monitor/web"}


# ---- supervisor

def test_supervisor__goes_in_where_it_stands(pb, older, target):
    source = older("supervisor")
    said = pb.json("import", "--format", "supervisor", source.url(), *target)
    assert (said["entered"], said["skipped"], said["records"]["project"]) == (9, 1, 5)
    assert entered(pb, *target) == SUPERVISOR
    projects = {p["projectName"]: p["projectNumber"]
                for p in pb.json("project", "list", *target)["projects"]}
    assert [projects[name] for name in ("meta-supervisor", "consilio", "openhorizon",
                                        "health-agent")] == [0, 1, 2, 3]
    web = pb.json("get", "consilio/web", *target)
    assert web["allocatedAt"].startswith("2026-01-18T10:05:00")
    assert web["cloudflareHostname"] == "consilio.example.org"
    assert web["cloudflareTunnelId"] == "6f1c0f6e-0000-4000-8000-000000000001"
    assert (web["notes"], web["description"]) == ("it's \"old\"", "the site")
    assert web["metadata"] == {"allocated_by": "alice"}


def test_supervisor__names_every_row_that_breaks_a_rule_and_what_it_did(pb, older):
    said = pb.json("import", "--format", "supervisor", older("supervisor").url())
    assert remarks(said) == {
        "project_port_ranges 5": "not given: it overlaps the range 'shared', 9000-9999",
        "port_allocations 4": "left out: it is released there",
        "port_allocations 5": "outside of its block 3100-3199: registered",
        "port_allocations 6": "in the block of 'openhorizon': registered",
        "port_allocations 7": "outside of its block 3400-3499: registered",
        "shared_service_ports 3": "outside of the shared range 9000-9999: registered",
    }


def test_supervisor__is_readable_at_80_columns(pb, older):
    url = older("supervisor").url()
    for more in (["--dry-run"], []):
        said, status = on_terminal(pb, "import", "--format", "supervisor", url, *more, cwd=pb.work)
        assert status == 0
        lines = [line for line in said.splitlines() if not line.startswith("postgres://")]
        assert max(map(len, lines)) <= 80 + len("\x1b[1m\x1b[0m") * 6, said
        words = " ".join(said.split())
        assert "shared_service_ports 3: 8080 of shared-services/mcp-meta: outside of the" in words
        assert "shared range 9000-9999: registered" in words
        assert ("meta-supervisor dashboard 3000" in words) == bool(more)


def test_supervisor__twice_changes_nothing(pb, older):
    source = older("supervisor")
    pb.ok("import", "--format", "supervisor", source.url())
    events = len(pb.json("history")["events"])
    again = pb.json("import", "--format", "supervisor", source.url())
    assert (again["entered"], again["unchanged"]) == (0, 9)
    assert len(pb.json("history")["events"]) == events


def test_supervisor__dry_run_enters_nothing(pb, older):
    pb.ok("project", "add", "mine")
    pb.ok("import", "--format", "supervisor", older("supervisor").url(), "--dry-run")
    assert entered(pb) == {}
    assert [p["projectName"] for p in pb.json("project", "list")["projects"]] == [
        "shared-services", "mine"]


def test_supervisor__a_port_that_two_claim_is_refused_with_both(pb, older):
    source = older("supervisor")
    source.sql("INSERT INTO shared_service_ports (service_name, port) VALUES ('clash', 3101)")
    refused = pb.fails(3, "import", "--format", "supervisor", source.url())
    assert ("shared_service_ports 4: two services on one port: port_allocations 3 gives port 3101"
            " to 'consilio/api'") in refused.err
    assert "nothing was entered" in refused.err and entered(pb) == {}
    said = one_object(pb.fails(3, "import", "--format", "supervisor", source.url(), "--json"))
    assert [row["row"] for row in said["rows"]] == ["shared_service_ports 4"]
    assert "shared_service_ports 4" in said["error"]["message"]


def test_supervisor__a_port_that_is_anothers_here_is_refused(pb, older):
    pb.ok("register", "mine/vite", "5173", "--create")
    refused = pb.fails(3, "import", "--format", "supervisor", older("supervisor").url())
    assert "port_allocations 5: " in refused.err and "'mine/vite'" in refused.err
    assert entered(pb) == {5173: "mine/vite"}


def test_supervisor__with_projects_by_number(pb, older):
    said = pb.json("import", "--format", "supervisor", older("supervisor-by-id").url())
    assert entered(pb) == {3700: "shop/web", 9000: "shared-services/grafana"}
    assert pb.json("project", "show", "shop")["project"]["projectNumber"] == 7
    # The time is told with a zone there.
    assert pb.json("get", "shop/web")["allocatedAt"].startswith("2026-03-01T10:00:00")
    assert remarks(said)["project_port_ranges 2"].startswith("not given: it overlaps")


# ---- scar

def test_scar__goes_into_the_policy_that_it_had(pb, older, target):
    pb.ok("policy", "use", "environments", *target)
    said = pb.json("import", "--format", "scar", older("scar").url(), "--project", "proxy",
                   "--create", *target)
    assert (said["entered"], said["skipped"]) == (6, 1)
    ports = pb.json("list", *target)["ports"]
    assert [(p["port"], p["projectName"], p["instance"], p["environment"], p.get("worktreePath"))
            for p in ports] == [
        (8000, "shop", 1, "dev", None),
        (8001, "shop", 3, "dev", "/workspace/trees/shop/fix-b"),
        (8002, "shop", 2, "dev", "/workspace/trees/shop/fix-a"),
        (8004, "acme-blog", 1, "dev", None),
        (8443, "proxy", 1, "production", None),
        (9000, "shop", 1, "production", None)]
    assert remarks(said)["port 8443"] == "in no range for it: registered"
    projects = pb.json("project", "list", *target)["projects"]
    assert {p["projectName"]: p["path"] for p in projects if p.get("path")} == {
        "shop": "/workspace/shop", "acme-blog": "/workspace/blog"}


def test_scar__a_row_of_nobody_asks_whose_it_is(pb, older, project_dir):
    refused = pb.fails(2, "import", "--format", "scar", older("scar").url(),
                       cwd=project_dir("here"))
    assert "port 8443 ('nginx') is of no project there" in refused.err
    assert "--project NAME" in refused.err


def test_scar__the_one_table_alone_is_enough(pb, older):
    source = older("scar")
    source.sql("DROP TABLE remote_agent_conversations, remote_agent_codebases CASCADE")
    pb.ok("policy", "use", "environments")
    pb.ok("project", "add", "all")
    source.sql("UPDATE remote_agent_port_allocations SET service_name = service_name || port")
    said = pb.json("import", "--format", "scar", source.url(), "--project", "all")
    assert said["entered"] == 6 and set(entered(pb).values()) > {"all/web8000", "all/nginx8443"}


# ---- whatever the database is

def test_older__is_only_read(pb, older, server):
    source = older("supervisor")
    source.sql(f"CREATE ROLE onlooker_{source.name} LOGIN;"
               f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO onlooker_{source.name}")
    before = source.sql("SELECT * FROM port_allocations ORDER BY id")
    pb.ok("import", "--format", "supervisor", source.url(f"onlooker_{source.name}"))
    assert source.sql("SELECT * FROM port_allocations ORDER BY id") == before


def test_older__another_database_is_refused_with_what_is_missing(pb, empty, shared, older):
    # `empty` and `shared` are one database, which is a book.
    url = shared.url()
    assert "is a book of portbook itself" in pb.fails(
        5, "import", "--format", "supervisor", url).err
    assert "it has no table 'remote_agent_port_allocations'" in pb.fails(
        5, "import", "--format", "scar", older("supervisor").url()).err
    assert "it is not said whose database" in pb.fails(2, "import", url).err
    assert "is read from a file" in pb.fails(2, "import", "--format", "md", url).err


def test_older__that_cannot_be_reached_is_exit_5_and_hides_the_password(pb):
    url = "postgres://me:secret@localhost:1/supervisor"
    said = pb.fails(5, "import", "--format", "supervisor", url)
    assert "the database 'postgres://me:***@localhost:1/supervisor' cannot be reached" in said.err
    assert "secret" not in said.err + said.out
