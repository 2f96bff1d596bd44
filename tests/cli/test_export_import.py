"""A whole book out and in: nothing is lost, and nothing is half entered."""

import csv
import io
import json
import os
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest

from clilib import TOP, one_object

UNUSUAL = ["=1+1", "+4", "-2", "@SUM(A1)", "'quoted'", "''", "'=x", "a,b", 'say "no"', " blank ",
           "umlaut ü", "ship \N{SHIP}", "semi;colon", "'", "=", "%s %n", "{\"a\": 1}", "null"]


@pytest.fixture
def other(pb):
    """other("name"): the path of another book, which is not there yet."""
    def path(name):
        return pb.base / f"{name}.db"
    return path


@pytest.fixture
def filled(pb, book):
    """A book with something of every kind of row."""
    pb.ok("project", "add", "shop", "--path", "/srv/shop", "--number", "3")
    pb.ok("project", "add", "old")
    for number, text in enumerate(UNUSUAL):
        pb.ok("get", f"shop/s{number}", "--notes", text, "--meta", f"key={text}")
    pb.ok("get", "shop/web", "--hostname", "shop.example.org", "--env", "test")
    pb.ok("allocate", "shop/web", "--env", "test")
    pb.ok("get", "shop@2/web")
    pb.ok("get", "old/gone")
    pb.ok("release", "old/gone")
    pb.ok("register", "shared-services/postgres", "5432", "--legacy")
    pb.ok("get", "shop/temporary", "--udp")
    pb.ok("reserve", "7000-7010", "--reason", "=later")
    pb.ok("project", "archive", "old")
    db = sqlite3.connect(book.path)
    with db:
        entry = db.execute("SELECT id FROM port_allocations").fetchone()[0]
        db.execute("INSERT INTO port_health_checks VALUES (7, ?, 1000, 'up', 250, '=ok')", (entry,))
        db.execute("UPDATE projects SET metadata = '{ \"odd\" : 1.50 }' WHERE name = 'old'")
        db.execute("UPDATE port_allocations SET last_used_at = 1, expires_at = 99999999999999999"
                   " WHERE id = ?", (entry,))
        db.execute("DELETE FROM events WHERE seq = 5")
    db.close()
    return book


def dump(path):
    """All rows of a book's tables, whatever order they were put in."""
    db = sqlite3.connect(path)
    try:
        return sorted(db.iterdump())
    finally:
        db.close()


@pytest.mark.parametrize("format", ["json", "csv"])
def test_round_trip__gives_the_same_book_to_the_byte(pb, filled, other, format):
    out = pb.base / f"book.{format}"
    again = pb.base / f"again.{format}"
    pb.ok("export", "--format", format, "--output", out)
    pb.ok("import", out, "--book", other("copy"))
    pb.ok("export", "--format", format, "--output", again, "--book", other("copy"))
    assert again.read_bytes() == out.read_bytes()
    assert dump(other("copy")) == dump(filled.path)


@pytest.fixture
def crowded(pb, filled):
    """An export with 100,000 more entries, and an event for each, on hosts of their own."""
    path = pb.base / "crowded.json"
    book = json.loads(pb.ok("export"))
    entry = next(a for a in book["allocations"] if a["status"] == "allocated")
    event = book["events"][-1]
    for n in range(100_000):
        book["allocations"].append({
            **entry, "id": f"01a1fe8a-7e5a-7fd5-8000-{n:012d}", "host": f"h{n // 50_000}",
            "port": 1024 + n % 50_000, "serviceName": f"s{n}", "notes": f"=note {n} \N{SHIP}",
            "cloudflareHostname": None})
        book["events"].append({**event, "seq": event["seq"] + n + 1})
    path.write_text(json.dumps(book))
    return path


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("format", ["json", "csv"])
def test_round_trip__of_100_000_entries_loses_nothing(pb, crowded, other, format):
    again = pb.base / f"again.{format}"
    patient = {"timeout": 300}  # of a machine that has much else to do
    said = pb.json("import", crowded, "--book", other("one"), **patient)
    assert said["replaced"] and said["entered"] > 100_000
    pb.ok("export", "--format", format, "--output", again, "--book", other("one"),
          **patient)
    pb.ok("import", again, "--book", other("two"), **patient)
    assert dump(other("two")) == dump(other("one"))
    with sqlite3.connect(other("two")) as db:
        assert db.execute("SELECT count(*) FROM port_allocations"
                          " WHERE notes LIKE '=note%'").fetchone()[0] == 100_000


def test_round_trip__of_both_formats_in_turn(pb, filled, other):
    pb.ok("export", "-f", "csv", "-o", pb.base / "a.csv")
    pb.ok("import", pb.base / "a.csv", "--book", other("one"))
    pb.ok("export", "-o", pb.base / "b.json", "--book", other("one"))
    pb.ok("import", pb.base / "b.json", "--book", other("two"))
    assert dump(other("two")) == dump(filled.path)


def test_copy__goes_on_as_the_book_would(pb, filled, other):
    pb.ok("export", "-o", pb.base / "a.json")
    pb.ok("import", pb.base / "a.json", "--book", other("copy"))
    shutil.copy(filled.path, other("twin"))
    assert (pb.ok("get", "shop/next", "--book", other("copy"))
            == pb.ok("get", "shop/next", "--book", other("twin")))
    pb.ok("export", "--book", other("copy"))


def test_json__is_read_by_any_program(pb, filled):
    book = json.loads(pb.ok("export"))
    assert book["format"] == "portbook-book" and book["version"] == 1
    assert {p["projectName"] for p in book["projects"]} == {"shop", "old", "shared-services"}
    assert any(a["status"] == "released" for a in book["allocations"])
    assert [e["seq"] for e in book["events"]] == sorted(e["seq"] for e in book["events"])


def test_json__of_another_program_is_as_good(pb, filled, other):
    """In another order, with other blanks, and with every letter escaped that may be."""
    book = json.loads(pb.ok("export"))
    (pb.base / "mixed.json").write_text(json.dumps(dict(reversed(book.items())), indent=3))
    pb.ok("import", pb.base / "mixed.json", "--book", other("copy"))
    assert dump(other("copy")) == dump(filled.path)


def test_csv__is_rfc_4180_and_no_spreadsheet_executes_it(pb, filled):
    out = pb.base / "a.csv"
    pb.ok("export", "-f", "csv", "-o", out)
    raw = out.read_bytes()
    assert raw.startswith(b"record,port,") and raw.endswith(b"\r\n")
    rows = list(csv.DictReader(io.StringIO(raw.decode(), newline="")))
    assert {row["record"] for row in rows} >= {"setting", "project", "allocation", "event"}
    assert not [cell for row in rows for cell in row.values() if cell[:1] in tuple("=+-@\t\r\n")]
    notes = {row["notes"] for row in rows if row["record"] == "allocation"}
    assert notes >= {"'=1+1", "'''", "a,b"}


def test_csv__of_a_spreadsheet_is_as_good(pb, filled, other):
    """Sorted by port, in another order of columns, with semicolons and a byte order mark."""
    out = pb.base / "a.csv"
    pb.ok("export", "-f", "csv", "-o", out)
    with out.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = ["record", *sorted(set(rows[0]) - {"record"})]
    rows.sort(key=lambda row: (row["port"], row["at"]))
    mixed = pb.base / "mixed.csv"
    with mixed.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, columns, delimiter=";", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    pb.ok("import", mixed, "--book", other("copy"))
    assert dump(other("copy")) == dump(filled.path)


def test_export__of_a_project_has_nothing_of_others(pb, filled):
    book = json.loads(pb.ok("export", "--project", "shop"))
    assert book["project"] == "shop" and book["settings"] == []
    assert {a["projectName"] for a in book["allocations"]} == {"shop"}
    assert {p["projectName"] for p in book["projects"]} == {"shop"}


def test_export__of_an_unknown_project_names_the_nearest(pb, filled, error):
    assert "shop" in error("not-found", "export", "--project", "shopp")["message"]


def test_export__as_an_answer_has_the_content(answer, filled):
    assert json.loads(answer("export")["content"])["format"] == "portbook-book"


def test_export__to_a_file_is_the_owners_alone_and_leaves_nothing_beside_it(pb, filled):
    folder = pb.base / "out"
    folder.mkdir()
    pb.ok("export", "-o", folder / "a.json")
    assert [p.name for p in folder.iterdir()] == ["a.json"]
    assert (folder / "a.json").stat().st_mode & 0o777 == 0o600
    pb.fails(2, "export", "--format", "nonsense", "-o", folder / "a.json")
    assert [p.name for p in folder.iterdir()] == ["a.json"]


# Into a book that is in use.


def test_merge__of_the_book_itself_changes_nothing(pb, filled, answer):
    before = dump(filled.path)
    pb.ok("export", "-o", pb.base / "a.json")
    said = answer("import", pb.base / "a.json")
    assert said["unchanged"] > 20 and said["entered"] == said["updated"] == 0
    assert dump(filled.path) == before


def test_merge__brings_back_what_was_released_and_enters_what_is_missing(pb, book, other, ports):
    pb.ok("get", "shop/web", "--create")
    pb.ok("get", "shop/api")
    pb.ok("export", "-o", pb.base / "a.json")
    pb.ok("export", "--project", "shop", "-o", pb.base / "shop.json")
    pb.ok("release", "shop/web")
    held = pb.json("import", pb.base / "a.json")
    assert (held["updated"], held["unchanged"], held["entered"]) == (1, 1, 0)
    assert ports() == {3100: "shop/web", 3101: "shop/api"}
    pb.ok("project", "add", "blog", "--number", "7", "--book", other("two"))
    said = pb.json("import", pb.base / "shop.json", "--book", other("two"))
    assert said["entered"] == 2 and not said["replaced"]
    ops = [e["operation"] for e in pb.json("history", "--book", other("two"))["events"]]
    assert ops.count("import") >= 4


def test_merge__refuses_what_is_anothers_and_names_every_row(pb, book, other):
    pb.ok("get", "shop/web", "--create")
    pb.ok("export", "--project", "shop", "-o", pb.base / "a.json")
    pb.ok("get", "blog/web", "--create", "--book", other("two"))
    before = dump(other("two"))
    refused = pb.fails(3, "import", pb.base / "a.json", "--book", other("two"))
    assert "nothing was entered" in refused.err and "'blog'" in refused.err
    said = one_object(pb.fails(3, "import", pb.base / "a.json", "--json", "--book", other("two")))
    assert said["error"]["code"] == "taken" and said["refused"] == len(said["rows"]) >= 2
    lines = (pb.base / "a.json").read_text().splitlines()
    for row in said["rows"]:
        assert row["message"] and row["line"] > 0 and lines[row["line"] - 1].startswith("{")
    assert dump(other("two")) == before


def test_merge__refuses_another_policy_with_the_way_out(pb, book, other):
    pb.ok("export", "-o", pb.base / "a.json")
    pb.ok("policy", "use", "types", "--book", other("two"))
    refused = pb.fails(3, "import", pb.base / "a.json", "--book", other("two"))
    assert "policy" in refused.err and "new book" in refused.err


def test_dry_run__says_it_all_and_enters_nothing(pb, filled, other, answer):
    pb.ok("export", "-o", pb.base / "a.json")
    pb.fails(2, "import", "/dev/null", "--book", other("copy"))  # which makes the book
    before = dump(other("copy"))
    said = answer("import", pb.base / "a.json", "--dry-run", "--book", other("copy"))
    assert said["dryRun"] and said["entered"] > 20
    web = [r for r in said["rows"] if r.get("serviceName") == "web" and r["environment"] == "test"]
    assert {r["action"] for r in web} == {"entered"} and all(r["line"] > 0 for r in web)
    assert dump(other("copy")) == before
    shown = pb.ok("import", pb.base / "a.json", "--dry-run", "--book", other("copy"))
    assert "LINE" in shown and "would be entered" in shown


# What is no book.


def test_import__a_row_that_is_wrong_is_named_and_nothing_is_entered(pb, filled, other):
    text = pb.ok("export")
    (pb.base / "a.json").write_text(text.replace('"port":3301', '"port":0', 1)
                                    .replace('"serviceName":"s5"', '"serviceName":"S 5"', 1)
                                    .replace('"projectName":"shop"', '"projectNome":"shop"', 1))
    refused = pb.fails(2, "import", pb.base / "a.json", "--book", other("copy"))
    for word in ("'port'", "projectNome", "nothing was entered"):
        assert word in refused.err
    pb.ok("get", "new/one", "--create", "--book", other("copy"))


@pytest.mark.parametrize("end", ["", "-queue"])
def test_export__does_not_replace_the_book_by_itself(pb, filled, end):
    target = Path(f"{filled.path}{end}")
    before, ports = target.read_bytes(), pb.ok("list")
    (pb.base / "link").symlink_to(target)
    (pb.base / "twin").hardlink_to(target)
    for name in (target, pb.base / "link", pb.base / "twin"):
        assert "is the book itself" in pb.fails(2, "export", "--output", name).err
    assert target.read_bytes() == before and pb.ok("list") == ports


def test_export__does_not_replace_a_backup_or_any_other_book(pb, filled):
    pb.ok("backup", pb.base / "safe")
    before = (pb.base / "safe").read_bytes()
    refused = pb.fails(3, "export", "-o", pb.base / "safe")
    assert "is a database" in refused.err and "another name" in refused.err
    assert (pb.base / "safe").read_bytes() == before


def test_export__replaces_nothing_that_is_no_regular_file(pb, filled):
    """Nor a device, then: /dev/null would be gone from the machine."""
    os.mkfifo(pb.base / "pipe")
    (pb.base / "link").symlink_to("pipe")
    for name in ("pipe", "link", "work"):
        refused = pb.fails(2, "export", "--output", pb.base / name)
        assert "is not a regular file" in refused.err
    assert stat.S_ISFIFO((pb.base / "pipe").stat().st_mode)


def test_export__to_a_dash_is_stdout(pb, filled):
    assert pb.ok("export", "--output", "-") == pb.ok("export")
    assert not (pb.work / "-").exists()


def test_import__of_a_project_that_is_another_here_refuses_what_belongs_to_it(pb, book, other):
    pb.ok("get", "shop/web", "--create", "--book", other("theirs"))
    pb.ok("export", "-o", pb.base / "theirs.json", "--book", other("theirs"))
    pb.ok("get", "shop/web", "--create")
    before = book.dump()
    said = one_object(pb.fails(3, "import", pb.base / "theirs.json", "--json"))
    first, *others = said["rows"]
    assert "a project 'shop' already, which is another one" in first["message"]
    assert first["hint"] == "rename one of the two: portbook project rename shop NEW"
    assert [row["record"] for row in others] == ["instance", "block", "allocation"]
    assert all(row["message"].startswith("its project is refused") for row in others)
    assert book.dump() == before


def test_import__a_newer_version_is_refused_and_named(pb, filled, other):
    for name, old, new in (("a.json", '"version": 1', '"version": 2'), ("a.csv", "book,1", "")):
        path = pb.base / name
        pb.ok("export", "-f", name[2:], "-o", path)
        text = path.read_bytes().decode()
        if name == "a.csv":
            old = next(line for line in text.split("\r\n") if line.startswith("book,"))
            new = old.replace("portbook-book,1", "portbook-book,2")
        path.write_bytes(text.replace(old, new, 1).encode())
        refused = pb.fails(2, "import", path, "--book", other("copy"))
        assert "newer portbook" in refused.err and "version 2" in refused.err


@pytest.mark.parametrize("format, old, new", [
    ("json", '"schemaVersion": 1', '"schemaVersion": 99'), ("csv", ",portbook-book,1,,,,1,",
                                                            ",portbook-book,1,,,,99,")])
def test_import__of_a_newer_book_is_refused_and_names_both_versions(pb, filled, other, format,
                                                                    old, new):
    """Though the form of the file has not changed."""
    path = pb.base / f"a.{format}"
    text = pb.ok("export", "-f", format)
    assert old in text
    path.write_text(text.replace(old, new, 1) + "\n")
    refused = pb.fails(2, "import", path, "--book", other("copy"))
    assert "newer portbook" in refused.err and "version 99" in refused.err
    assert "up to 1" in refused.err
    assert not pb.json("list", "--book", other("copy"))["ports"]


@pytest.mark.parametrize("format", ["json", "csv"])
def test_import__a_truncated_file_is_refused_wherever_it_ends(pb, book, other, format):
    pb.ok("get", "shop/web", "--create", "--notes", "a \"word\", and more")
    out = pb.base / f"a.{format}"
    pb.ok("export", "-f", format, "-o", out)
    whole = out.read_bytes()
    pb.fails(2, "import", "/dev/null", "--book", other("copy"))  # which makes the book
    before = dump(other("copy"))
    for end in range(len(whole) - 3, 0, -max(1, len(whole) // 40)):
        out.write_bytes(whole[:end])
        refused = pb.fails(2, "import", out, "--format", format, "--book", other("copy"))
        assert refused.err.startswith("portbook: "), end
    assert dump(other("copy")) == before


# Files that released versions wrote: tests/fixtures/README.md.

FIXTURES = sorted((TOP / "tests" / "fixtures").glob("export-v*.*"))


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.name)
def test_fixture__of_every_released_version_is_taken(pb, other, path):
    copy = other("copy")
    said = pb.json("import", path, "--book", copy)
    assert said["replaced"] and said["entered"] == 7
    held = {f"{p['protocol']} {p['port']}":
            f"{p['projectName']}@{p['instance']}/{p['serviceName']}"
            for p in pb.json("list", "--book", copy)["ports"]}
    assert held == {"tcp 3300": "shop@1/web", "tcp 3301": "shop@1/web", "tcp 3302": "shop@1/api",
                    "tcp 3390": "shop@2/web", "udp 3300": "shop@1/dns",
                    "tcp 5432": "shared-services@1/postgres"}
    web = pb.json("get", "shop/web", "--book", copy)
    assert (web["notes"], web["cloudflareHostname"]) == ('=1+1, "quoted"', "shop.example.org")
    assert web["metadata"] == {"team": "förderung"} and web["allocatedBy"] == "eva"
    assert len(pb.json("history", "--book", copy)["events"]) > 15
    pb.ok("get", "shop/new", "--book", copy)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.name)
def test_fixture__of_this_version_comes_back_to_the_byte(pb, other, path):
    if "-v1." not in path.name:
        pytest.skip("of another version")
    pb.ok("import", path, "--book", other("copy"))
    pb.ok("export", "-f", path.suffix[1:], "-o", pb.base / "out", "--book", other("copy"))
    assert (pb.base / "out").read_bytes() == path.read_bytes()
