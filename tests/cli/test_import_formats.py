"""Each format of another tool through the program: a good file, one that breaks our rules, a trial.

All have the same three services, so that one test says what holds for all of them.
"""

import json
import shutil
import subprocess

import pytest

from clilib import one_object


def md(*rows):
    """rows: (project, service, port)."""
    head = ["# Our ports", "", "| Project | Service | Port |", "|---|---|---|"]
    return "\n".join(head + [f"| {p} | {s} | {n} |" for p, s, n in rows]) + "\n"


def dotenv(*rows):
    return "# ours\n" + "".join(f"{s.upper()}_PORT={n}\n" for _, s, n in rows)


def lines_of(head, rows, tail):
    return "\n".join([head, ",\n".join(rows), tail]) + "\n"


def devports(*rows):
    return lines_of('{"allocations": [', [json.dumps(
        {"port": n, "project": p, "service": s, "type": "web",
         "allocatedAt": "2024-08-31T10:00:00Z"}) for p, s, n in rows], '], "reservations": []}')


def portkeeper(*rows):
    return lines_of('{"version": "1.0.0", "ports": [', [json.dumps(
        {"number": n, "projectName": p, "description": "d", "tags": [s]}) for p, s, n in rows],
        "]}")


def port_manager(*rows):
    """Its ports are the members of an object, of which a port has one only."""
    return lines_of('{"ports": {', [f'"{n}": ' + json.dumps(
        {"project": p, "service": s, "assigned_at": "2024-08-31T10:00:00"})
        for p, s, n in rows], "}}")


# format: (writes it, file name, line of the first row, what the command needs beside)
FORMATS = {
    "md": (md, "ports.md", 5, ()),
    "dotenv": (dotenv, ".env", 2, ("--project", "shop", "--create")),
    "devports": (devports, "ports.json", 2, ()),
    "portkeeper": (portkeeper, "portkeeper.json", 2, ()),
    "port-manager": (port_manager, "registry.json", 2, ()),
}


@pytest.fixture(params=FORMATS)
def foreign(pb, request):
    """foreign(row, ...): the arguments that import such a file; its first row's line is .line."""
    write, name, line, more = FORMATS[request.param]

    def make(*rows):
        path = pb.base / name
        path.write_text(write(*rows))
        return (path, "--format", request.param, *more)
    make.line = line
    make.format = request.param
    return make


SHOP = (("shop", "web", 3500), ("shop", "api", 3501), ("shop", "db", 5433))
BROKEN = (("shop", "web", 3500), ("shop", "api", 3500), ("shop", "cache", 3100),
          ("shop", "queue", 3150), ("shop", "mail", 3505))


@pytest.fixture
def taken(pb):
    """Port 3100 and the block around it are somebody's."""
    pb.ok("get", "mine/web", "--create", "--port", "3100")


def test_a_good_file__is_entered_and_a_second_time_changes_nothing(pb, foreign, answer, ports,
                                                                   book):
    arguments = foreign(*SHOP)
    said = answer("import", *arguments)
    assert (said["format"], said["entered"], said["refused"]) == (foreign.format, 3, 0)
    assert ports() == {n: f"{p}/{s}" for p, s, n in SHOP}
    assert [(row["line"], row["port"]) for row in said["rows"] if "port" in row] == [
        (foreign.line + i, n) for i, (_, _, n) in enumerate(SHOP)]
    before = book.dump()
    again = answer("import", *arguments)
    assert (again["entered"], again["moved"], again["unchanged"]) == (0, 0, 3)
    assert book.dump() == before


def test_a_file_that_breaks_rules__names_each_row_and_the_way_out(pb, foreign, taken, book):
    before = book.dump()
    arguments = foreign(*BROKEN)
    refused = pb.fails(3, "import", *arguments)
    name, at = arguments[0].name, foreign.line
    for line, words in ((at + 1, f"two services on one port: line {at} gives port 3500 to"
                                 " 'shop/web'"),
                        (at + 2, "port 3100 belongs to 'mine/web'"),
                        (at + 3, "port 3150 lies in the block of 'mine'")):
        assert f"{name}:{line}: {words}" in refused.err
    assert "3 rows are refused; nothing was entered" in refused.err and refused.out == ""
    said = one_object(pb.fails(3, "import", *arguments, "--json"))
    assert [(row["line"], row["code"]) for row in said["rows"]] == [
        (at + 1, "taken"), (at + 2, "taken"), (at + 3, "taken")]
    assert all("portbook" in row["hint"] for row in said["rows"])
    assert book.dump() == before


@pytest.mark.parametrize("text, format", [
    ("|Service|Port|\n|-|-|\n|web|3500|\n", "md"),
    ("# Ports\n\n| Project | Instance | Service | Ports |\n|-|-|-|-|\n| a | 2 | web | 3500 |", "md"),
    ("|project name|block|ports|\n|:-|-|-|\n|a|3500-3599|5|\n", "ports-md"),
    ("| Project   | Instance | Ports |\n|---|---|---|\n| a | 2 | 3580-3589 |\n", "ports-md"),
], ids=["service", "instances", "projects", "slices"])
def test_a_table__shows_which_it_is_also_without_a_files_name(pb, text, format):
    tried = pb("import", "-", "--project", "shop", "--create", "--dry-run", input=text, json=True)
    assert tried.json["format"] == format and tried.json["rows"]


def test_a_table__is_known_by_the_start_of_a_long_file(pb):
    """Which may end in the middle of a letter."""
    note = "\N{SNOWMAN}" * 400
    rows = "".join(f"| web{n} | {3500 + n} | {note} |\n" for n in range(90))
    for blanks in range(3):
        text = "\n" * blanks + "| Service | Port | Notes |\n|-|-|-|\n" + rows
        said = pb.json("import", "-", "--project", "shop", "--create", "--dry-run", input=text)
        assert (said["format"], said["entered"]) == ("md", 90)


def test_a_text__without_a_table_shows_no_format(pb):
    assert "does not show which format" in pb.fails(2, "import", "-", input="# Port\nWEB\n").err


def test_rows__that_cannot_be_read_are_named_with_the_others(pb, foreign, taken, book):
    """Not only the first of them."""
    before = book.dump()
    at = foreign.line
    arguments = foreign(("shop", "web", 70000), ("shop", "api", 3501), ("shop", "db", 0),
                        ("shop", "cache", 3100))
    name = str(arguments[0])
    refused = pb.fails(3, "import", *arguments)
    lines = [line for line in refused.err.splitlines() if line.startswith(name)]
    assert [line.split(": ")[0] for line in lines] == [f"{name}:{at}", f"{name}:{at + 2}",
                                                       f"{name}:{at + 3}"]
    assert "not a port" in lines[0] and "not a port" in lines[1]
    said = one_object(pb.fails(3, "import", *arguments, "--dry-run", "--json"))
    assert [(row["line"], row["action"], row.get("code")) for row in said["rows"]
            if row["record"] == "allocation"] == [
        (at, "refused", "invalid"), (at + 1, "entered", None), (at + 2, "refused", "invalid"),
        (at + 3, "refused", "taken")]
    assert book.dump() == before


def test_rows__that_cannot_be_read_are_wrong_input(pb, foreign):
    assert "2 rows are refused" in pb.fails(2, "import", *foreign(
        ("shop", "web", 70000), ("shop", "api", 3501), ("shop", "db", 0))).err


def test_a_trial__shows_what_would_be_entered_moved_and_refused(pb, foreign, taken, answer, book):
    pb.ok("import", *foreign(("shop", "web", 3500)))
    before = book.dump()
    at = foreign.line
    arguments = foreign(("shop", "web", 3510), ("shop", "api", 3501), ("shop", "cache", 3100))
    result = pb.fails(3, "import", *arguments, "--dry-run")
    said = one_object(pb.fails(3, "import", *arguments, "--dry-run", "--json"))
    assert [(row["line"], row["action"], row["port"]) for row in said["rows"]] == [
        (at, "moved", 3510), (at + 1, "entered", 3501), (at + 2, "refused", 3100)]
    for row in ("moved", "entered", "refused"):
        assert row in result.out
    assert "1 port would be entered" in result.out
    assert (said["dryRun"], said["moved"], said["rows"][0]["previousPort"]) == (True, 1, 3500)
    assert book.dump() == before


PORTS_MD = """# Ports

| Project Name | Block | Ports | Path | Status | Owner | Date |
|---|---|---|---|---|---|---|
"""
INSTANCES_MD = """
| Project | Instance | Ports | Purpose | Status | Branch/Environment |
|---|---|---|---|---|---|
"""


@pytest.fixture
def ports_md(pb):
    """ports_md(projects, instances): a file of both tables; the first project is in line 5."""
    def write(projects, instances=()):
        path = pb.base / "PORTS.md"
        path.write_text(PORTS_MD + "".join(f"| {row} |\n" for row in projects) + INSTANCES_MD
                        + "".join(f"| {row} |\n" for row in instances))
        return path
    return write


def test_ports_md__enters_projects_with_their_blocks_and_instances(pb, ports_md, answer, policy,
                                                                   book):
    policy("instances")
    path = ports_md(["my-project | 30500-30599 | Block 5 | /srv/my | reserved | eva | 2024-08-31",
                     "other | Block 7 | 30700-30799 | /srv/other | active | eva | 2024-08-31"],
                    ["my-project | 2 | 30510-30519 | test | active | main"])
    said = answer("import", path, "--format", "ports-md")
    assert said["records"] == {"project": 2, "instance": 1}
    shown = {p["projectName"]: p for p in pb.json("project", "list")["projects"]}
    mine = shown["my-project"]
    assert (mine["projectNumber"], mine["status"], mine["owner"]) == (5, "reserved", "eva")
    assert mine["createdAt"].startswith("2024-08-31") and shown["other"]["projectNumber"] == 7
    before = book.dump()
    assert answer("import", path)["records"] == {}
    assert book.dump() == before


def test_ports_md__keeps_an_instances_status_word(pb, ports_md, answer, policy):
    policy("instances")
    path = ports_md(["shop | 30500-30599 | Block 5 | | active | eva | 2024-08-31"],
                    ["shop | 2 | 30510-30519 | test | On hold | main",
                     "shop | 3 | 30520-30529 | feature | Active | main"])
    answer("import", path, "--format", "ports-md")
    words = {i["instance"]: i["status"] for i in pb.json("instance", "list", "shop")["instances"]}
    assert (words[2], words[3]) == ("On hold", "active")
    out = pb.base / "again.md"
    pb.ok("export", "--format", "ports-md", "-o", out)
    assert "| On hold |" in out.read_text()
    assert answer("import", out, "--format", "ports-md")["records"] == {}


def test_ports_md__that_breaks_rules_names_each_row_and_the_way_out(pb, ports_md, policy, book):
    policy("instances")
    pb.ok("project", "add", "mine", "--number", "5")
    before = book.dump()
    path = ports_md(["my-project | 30500-30599 | Block 5 | | active | eva | 2024-08-31",
                     "good | 30600-30699 | Block 6 | | active | eva | 2024-08-31",
                     "odd | 30750-30849 | Block 7 | | active | eva | 2024-08-31"],
                    ["good | 2 | 30650-30659 | test | active | main"])
    refused = pb.fails(3, "import", path, "--format", "ports-md")
    for line, words in ((5, "30500-30599 is the block of 'mine'"),
                        (7, "30750-30849 is no block here"),
                        (11, "instance 2 of 'good' has 30610-30619 here, not 30650-30659")):
        assert f"PORTS.md:{line}: {words}" in refused.err
    said = one_object(pb.fails(3, "import", path, "--json"))
    assert [row["line"] for row in said["rows"]] == [5, 7, 11]
    assert all("portbook" in row["hint"] for row in said["rows"])
    assert book.dump() == before


def test_ports_md__of_what_makes_no_sense_each_row_is_named(pb, ports_md, policy):
    policy("instances")
    path = ports_md(["a | 30500-70000 | | | | | ", "b | 30600-30699 | six | | | | "],
                    ["b | main | | | | ", "b | 1 | 30600-30609 | | | "])
    refused = pb.fails(2, "import", path)
    for line, words in ((5, "'30500-70000' is not"), (6, "'six' is not a block's number"),
                        (10, "'main' is not an instance's number")):
        assert f"PORTS.md:{line}: {words}" in refused.err
    assert "3 rows are refused" in refused.err


def test_ports_md__a_path_is_one_projects_and_starts_with_a_slash(pb, ports_md, policy):
    policy("instances")
    pb.ok("project", "add", "mine", "--path", "/srv/mine")
    refused = pb.fails(3, "import", ports_md(["other | | | /srv/mine | | | "]))
    assert "PORTS.md:5: '/srv/mine' is the path of the project 'mine'" in refused.err
    assert "portbook project set mine --path ''" in refused.err
    path = ports_md(["other | | | ~/src/other | | | "])
    assert "without its path: '~/src/other'" in pb.ok("import", path, "--dry-run")
    pb.ok("import", path)
    assert not pb.json("project", "show", "other")["project"]["path"]


def test_ports_md__says_how_many_instances_and_what_is_said_of_them(pb, ports_md, policy):
    policy("instances")
    projects = ["shop | 30500-30599 | Block 5 | | active | | "]
    rows = ["shop | 1 | 30500-30509 | development | active | main",
            "shop | 2 | 30510-30519 | test | active | main",
            "shop | 3 | 30520-30529 | spare | Available | -"]
    assert pb.ok("import", ports_md(projects, rows)).endswith(
        "0 ports entered, 1 project, 2 instances")
    rows[1] = rows[1].replace("test", "quality")
    tried = pb.json("import", ports_md(projects, rows), "--dry-run")
    assert [(row["line"], row["action"]) for row in tried["rows"]] == [(10, "updated")]
    assert pb.ok("import", ports_md(projects, rows)).endswith("0 ports entered, 1 instance")
    shown = pb.json("instance", "list", "shop")["instances"]
    assert [i["purpose"] for i in shown] == ["development", "quality"]


def test_ports_md__a_trial_shows_what_would_be_entered_and_refused(pb, ports_md, policy, book):
    policy("instances")
    pb.ok("project", "add", "mine", "--number", "5")
    before = book.dump()
    path = ports_md(["my-project | 30500-30599 | Block 5 | | active | eva | 2024-08-31",
                     "mine | 30500-30599 | Block 5 | | active | fred | 2024-08-31",
                     "good | 30600-30699 | Block 6 | | active | eva | 2024-08-31"])
    said = one_object(pb.fails(3, "import", path, "--dry-run", "--json"))
    assert [(row["line"], row["action"], row["projectName"]) for row in said["rows"]] == [
        (5, "refused", "my-project"), (6, "updated", "mine"), (7, "entered", "good")]
    assert book.dump() == before


def test_ports_md__a_second_block_that_is_free_is_given(pb, ports_md, policy, answer):
    policy("instances")
    pb.ok("project", "add", "mine", "--number", "5")
    said = answer("import", ports_md(["mine | 30500-30699 | Block 5 | | active | eva | "]))
    assert [row["ports"] for row in said["rows"] if row["record"] == "block"] == ["30600-30699"]
    assert pb.json("summary", "mine")["summary"]["totalPorts"] == 200


def test_ports_md__blocks_mean_nothing_to_a_policy_without_any(pb, ports_md, policy, answer):
    policy("types")
    said = answer("import", ports_md(["mine | 30500-30599 | Block 5 | | active | eva | "],
                                     ["mine | 2 | 30510-30519 | test | active | main"]))
    assert said["records"]["project"] == 1


LSOF = """COMMAND  PID USER   FD   TYPE  DEVICE SIZE/OFF NODE NAME
postgres 101 pg     3u   IPv4       1      0t0  TCP 127.0.0.1:5432 (LISTEN)
node     102 eva    3u   IPv4       2      0t0  TCP *:3000 (LISTEN)
node     102 eva    4u   IPv6       3      0t0  TCP *:3000 (LISTEN)
node     102 eva    5u   IPv4       4      0t0  TCP 1.2.3.4:5->6.7.8.9:443 (ESTABLISHED)
consul   103 eva    3u   IPv4       5      0t0  UDP 127.0.0.1:8600
"""
SS = """Netid State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess
tcp LISTEN 0 5 127.0.0.1:5432 0.0.0.0:* users:(("postgres",pid=101,fd=3))
tcp LISTEN 0 5 0.0.0.0:3000 0.0.0.0:* users:(("node",pid=102,fd=3))
tcp LISTEN 0 5 [::]:3000 [::]:* users:(("node",pid=102,fd=4))
udp UNCONN 0 0 127.0.0.1:8600 0.0.0.0:* users:(("consul",pid=103,fd=3))
"""


@pytest.fixture(params=["lsof", "ss"])
def listing(pb, request):
    """The arguments that import what the program of this name has printed."""
    path = pb.base / "listing.txt"
    path.write_text({"lsof": LSOF, "ss": SS}[request.param])
    return path, "--format", request.param


def test_a_listing__is_entered_where_it_stands_and_well_known_ports_as_shared(pb, listing, answer,
                                                                              ports, book):
    said = answer("import", *listing)
    assert (said["entered"], said["refused"]) == (3, 0)
    assert ports() == {5432: "shared-services/postgresql", 3000: "shared-services/node-3000",
                       8600: "shared-services/consul"}
    assert {p["port"]: p["range"] for p in pb.json("list")["ports"]}[5432] is None
    before = book.dump()
    assert answer("import", *listing)["unchanged"] == 3
    assert answer("import", listing[0])["formatGuessed"]
    assert book.dump() == before


def test_a_listing__is_said_to_know_no_projects(pb, listing):
    assert ["portbook adopt finds their projects" in n
            for n in pb.json("import", *listing)["notices"]] == [True]
    path = listing[0]
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True)
                            if "3000" not in line and "8600" not in line))
    assert "notices" not in pb.json("import", *listing), "what is well known is everybody's"


def test_a_listing__of_a_project_leaves_it_what_is_well_known(pb, listing, ports):
    pb.ok("import", *listing, "--project", "shop", "--create")
    assert ports() == {5432: "shared-services/postgresql", 3000: "shop/node-3000",
                       8600: "shop/consul"}


def test_a_listing__leaves_what_is_entered_and_moves_nothing(pb, listing, answer, ports):
    pb.ok("register", "shop/web", "3000", "--create")
    pb.ok("register", "shared-services/consul", "8500")
    said = answer("import", *listing)
    assert (said["entered"], said["unchanged"], said["moved"]) == (2, 1, 0)
    assert ports() == {3000: "shop/web", 5432: "shared-services/postgresql",
                       8500: "shared-services/consul", 8600: "shared-services/consul"}


def test_a_listing__stands_where_it_stands_in_anybodys_block(pb, listing, ports):
    pb.ok("project", "add", "mine", "--number", "56")
    pb.ok("import", *listing)
    assert ports()[8600] == "shared-services/consul"


@pytest.mark.parametrize("program", [["ss", "-ltnup"], ["lsof", "-i", "-P", "-n"]])
def test_a_listing__as_the_program_prints_it_here(pb, listen, ports, program):
    if not shutil.which(program[0]):
        pytest.skip(f"{program[0]} is not installed")
    listen(3311)
    listen(3312, protocol="udp")
    text = subprocess.run(program, stdout=subprocess.PIPE, text=True, check=False).stdout
    pb.ok("import", "-", input=text)
    assert {3311, 3312} <= set(ports())
