"""What the files of other tools say, into the book: by its rules, all of it or nothing."""

import json

import pytest

from clilib import one_object

HEAD = "| Project | Service | Port | Note |\n|---|---|---|---|\n"


@pytest.fixture
def table(pb):
    """table("shop web 3100", ...): a Markdown file with these rows; the first is in line 3."""
    def write(*rows, name="ports.md"):
        path = pb.base / name
        path.write_text(HEAD + "".join(
            "| " + " | ".join((row.split(" ", 3) + [""] * 4)[:4]) + " |\n" for row in rows))
        return path
    return write


def rows_of(said, action):
    return [(row["line"], row["message"]) for row in said["rows"] if row["action"] == action]


def test_import__enters_projects_and_ports(pb, table, answer, ports):
    said = answer("import", table("shop web 3500 hello", "shop api 3501", "blog web 3700"))
    assert (said["format"], said["formatGuessed"], said["entered"]) == ("md", True, 3)
    assert said["records"]["project"] == 2
    assert ports() == {3500: "shop/web", 3501: "shop/api", 3700: "blog/web"}
    assert pb.json("get", "shop/web")["notes"] == "hello"


def test_import__gives_a_project_the_number_whose_block_has_its_ports(pb, table):
    pb.ok("import", table("shop web 3512", "shop api 3513", "shop db 5433", "new web 44000"))
    entry = pb.json("list", "--project", "shop")["ports"]
    assert {e["projectNumber"] for e in entry} == {5}
    assert {e["port"]: e["range"] for e in entry} == {3512: "projects", 3513: "projects",
                                                      5433: None}


def test_import__twice_changes_nothing(pb, table, answer, book):
    path = table("shop web 3500", "shop api 3501", "old db 5432")
    pb.ok("import", path)
    before = book.dump()
    said = answer("import", path)
    assert (said["entered"], said["moved"], said["unchanged"]) == (0, 0, 3)
    assert book.dump() == before


def test_import__moves_a_service_and_keeps_what_is_known_of_it(pb, table, answer, ports):
    pb.ok("import", table("shop web 3500 hello", "shop api 3501"))
    pb.ok("update", "shop/web", "--hostname", "shop.example.org")
    said = answer("import", table("shop web 3510"))
    moved = [row for row in said["rows"] if row["action"] == "moved"]
    assert [(r["port"], r["previousPort"], r["line"]) for r in moved] == [(3510, 3500, 3)]
    assert ports() == {3510: "shop/web", 3501: "shop/api"}
    web = pb.json("get", "shop/web")
    assert (web["cloudflareHostname"], web["notes"], web["primary"]) == ("shop.example.org",
                                                                         "hello", True)
    assert "3500" in pb.ok("history", "shop")


def test_import__lets_two_services_change_places(pb, table, ports):
    pb.ok("import", table("shop web 3500", "shop api 3501"))
    pb.ok("import", table("shop web 3501", "shop api 3500"))
    assert ports() == {3501: "shop/web", 3500: "shop/api"}


def test_import__enters_a_second_port_of_a_service_beside_the_first(pb, table, answer, ports):
    pb.ok("import", table("shop web 3500"))
    said = answer("import", table("shop web 3500", "shop web 3501"))
    assert (said["entered"], said["moved"]) == (1, 0)
    assert ports() == {3500: "shop/web", 3501: "shop/web"}


def test_import__the_way_out_creates_no_project_that_is_there(pb, table):
    pb.ok("get", "mine/web", "--create", "--port", "3100")
    pb.ok("project", "add", "shop")
    refused = pb.fails(3, "import", table("shop web 3100"))
    assert "portbook get shop/web\n" in refused.err + "\n"


def test_import__names_every_row_that_breaks_a_rule_and_the_way_out(pb, table, book):
    pb.ok("get", "mine/web", "--create", "--port", "3100")
    before = book.dump()
    path = table("shop web 3500", "shop api 3500", "blog web 3100", "blog api 3150",
                 "good web 3800", "-- ** 3900")
    refused = pb.fails(3, "import", path)
    for line, words in ((4, "two services on one port: line 3"), (5, "belongs to 'mine/web'"),
                        (6, "in the block of 'mine'"), (8, "")):
        assert f"ports.md:{line}: " in refused.err and words in refused.err
    assert "4 rows are refused; nothing was entered" in refused.err
    assert "portbook get shop/api --create" in refused.err and refused.out == ""
    assert "portbook get blog/web --create" in refused.err
    said = one_object(pb.fails(3, "import", path, "--json"))
    assert said["error"]["code"] == "taken" and said["success"] is False
    assert [row["line"] for row in said["rows"]] == [4, 5, 6, 8]
    assert all(row["code"] and row["message"] and row["hint"]
               for row in said["rows"] if row["line"] != 8)
    assert book.dump() == before


def test_dry_run__shows_entered_moved_and_refused_with_lines(pb, table, book):
    pb.ok("import", table("shop web 3500"))
    before = book.dump()
    path = table("shop web 3501", "shop api 3502", "blog web 3502")
    result = pb.fails(3, "import", path, "--dry-run")
    for row in ("3  moved", "4  entered", "5  refused"):
        assert row in result.out
    assert "1 port would be entered" in result.out and "1 refused" in result.out
    said = one_object(pb.fails(3, "import", path, "--dry-run", "--json"))
    assert said["dryRun"] and said["refused"] == 1
    assert rows_of(said, "refused") == [(5, "two services on one port: line 4 gives port 3502 to"
                                            " 'shop/api'")]
    assert book.dump() == before


def test_import__says_how_it_called_what_was_no_name(pb, table, answer, ports):
    said = answer("import", table("Héllo,wörld My-Service! 3500"))
    assert all(row.get("message") for row in said["rows"])
    (name,) = ports().values()
    assert name.endswith("/my-service")


def test_import__of_ports_without_a_project_needs_one(pb, answer, ports):
    path = pb.base / ".env"
    path.write_text("API_PORT=3901\nDB_PORT=5433\n")
    pb.fails(2, "import", path, cwd=pb.base.parent)
    pb.fails(1, "import", path, "--project", "shop")
    assert answer("import", path, "--project", "shop", "--create")["format"] == "dotenv"
    assert ports() == {3901: "shop/api", 5433: "shop/db"}


def test_import__from_a_pipe_and_from_a_fifo_by_its_name(pb, table, ports):
    text = table("shop web 3500").read_text()
    pb.ok("import", "-", "--format", "md", input=text)
    assert ports() == {3500: "shop/web"}


@pytest.mark.parametrize("format", ["md", "ports-md", "portkeeper"])
def test_export__for_others_comes_back(pb, table, format):
    pb.ok("import", table("shop web 3500", "blog api 3700"))
    out = pb.base / "out"
    pb.ok("export", "--format", format, "-o", out)
    copy = pb.base / "copy.db"
    pb.ok("import", out, "--format", format, "--book", copy)
    numbers = {p["projectName"]: p["projectNumber"]
               for p in pb.json("project", "list", "--book", copy)["projects"]}
    assert {"shop", "blog"} <= set(numbers)
    if format != "ports-md":  # which has no ports of services
        assert {p["port"] for p in pb.json("list", "--book", copy)["ports"]} == {3500, 3700}
    else:
        assert (numbers["shop"], numbers["blog"]) == (5, 7)


def test_import__of_a_reservation_reserves(pb, answer):
    path = pb.base / "ports.json"
    path.write_text(json.dumps({
        "allocations": [{"port": 3500, "project": "shop", "service": "web", "type": "web",
                         "allocatedAt": "2024-08-31T10:00:00Z"}],
        "reservations": [{"port": 7000, "reason": "for later"}]}))
    said = answer("import", path)
    assert said["format"] == "devports" and said["records"]["reserved"] == 1
    assert pb.json("get", "shop/web")["allocatedAt"].startswith("2024-08-31T10:00:00")
    assert any(r["ports"] == "7000" for r in pb.json("reservations")["reserved"])


def test_import__leaves_its_events(pb, table):
    pb.ok("import", table("shop web 3500"))
    last = pb.json("history")["events"][-1]
    assert last["operation"] == "import"


@pytest.mark.parametrize("policy_name", ["types", "environments", "instances"])
def test_import__works_by_any_policy(pb, policy, table, ports, policy_name):
    policy(policy_name)
    pb.ok("import", table("shop web 8001", "shop api 8101", "shop old 41000"))
    assert ports() == {8001: "shop/web", 8101: "shop/api", 41000: "shop/old"}


def test_import__of_a_book_itself_says_what_it_is(pb, book):
    refused = pb.fails(2, "import", book.path)
    assert "is a book itself" in refused.err


def test_import__of_what_shows_no_format_names_those_there_are(pb):
    (pb.base / "x").write_text("hello\n")
    assert "--format json, csv, ports-md" in pb.fails(2, "import", pb.base / "x").err
