"""What a machine has already, into the book: what listens, and what files name."""

import pytest

from clilib import on_terminal

pytestmark = pytest.mark.sanitize

NOBODY = 65534


@pytest.fixture
def machine(pb):
    """machine("etc/nginx/nginx.conf", text): a file of the machine's own, below --root."""
    root = pb.base / "machine"
    root.mkdir()

    def write(name, text):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path
    write.root = root
    return write


@pytest.fixture
def folder(pb):
    """folder("shop", **{".env": "PORT=3000"}): a git checkout with these files."""
    def make(name, git=True, **files):
        path = pb.base / "src" / name
        path.mkdir(parents=True)
        if git:
            (path / ".git").mkdir()
            (path / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
        for file, text in files.items():
            (path / file).parent.mkdir(parents=True, exist_ok=True)
            (path / file).write_text(text)
        return path
    return make


@pytest.fixture
def adopt(answer, machine):
    def run(*options, **more):
        return answer("adopt", "--yes", "--root", machine.root, *options, **more)
    return run


def row(said, port):
    (one,) = [r for r in said["ports"] if r["port"] == port]
    return one


def test_adopt__enters_what_listens_where_it_stands(pb, folder, listen, adopt, ports, book):
    shop = folder("shop", **{"package.json": "{}"})
    listen(3512, cwd=shop)
    listen(3513, cwd=shop / "..")
    said = adopt()
    entered = row(said, 3512)
    assert (entered["projectName"], entered["serviceName"], entered["listens"]) == ("shop", "web",
                                                                                  True)
    assert ports()[3512] == "shop/web"
    assert "cwd " + str(shop) in entered["sources"][0]["source"]
    project = pb.json("project", "show", "shop")["project"]
    assert (project["projectNumber"], project["path"]) == (5, str(shop))


def test_adopt__twice_changes_nothing(pb, folder, listen, adopt, machine, book):
    shop = folder("shop", **{".env": "PORT=3512\nAPI_PORT=3513\n"})
    machine("etc/systemd/system/job.service", "ExecStart=/usr/bin/job --port 4100\n")
    listen(3512, cwd=shop)
    listen(4999)
    entered = adopt()["entered"]
    assert entered >= 3
    before = book.dump()
    again = adopt()
    assert (again["entered"], again["conflicts"], again["ports"]) == (0, 0, [])
    assert again["unchanged"] == entered  # 3512 listens and is named, and is one entry
    assert book.dump() == before


def test_dry_run__shows_all_and_enters_nothing(pb, folder, listen, machine, book, answer):
    shop = folder("shop", **{".env": "PORT=3512\n"})
    listen(3512, cwd=shop)
    pb.ok("list")
    before = book.dump()
    said = answer("adopt", "--dry-run", "--root", machine.root)
    assert said["dryRun"] and row(said, 3512)["action"] == "entered"
    out = pb.ok("adopt", "--dry-run", "--root", machine.root)
    assert "3512" in out and "1 port would be entered" in out
    assert book.dump() == before


def test_adopt__asks_first_and_without_anybody_to_ask_says_how(pb, machine):
    refused = pb.fails(2, "adopt", "--root", machine.root)
    assert "adopt asks first" in refused.err and "portbook adopt --dry-run" in refused.err


def test_adopt__does_not_forget_what_is_down(pb, folder, machine, adopt, ports):
    shop = folder("shop", **{
        "compose.yaml": "services:\n  db: {ports: ['5433:5432']}\n",
        ".env": "PORT=3512\nDB_PORT=5433\nREDIS_PORT=6379\nSMTP_HOST=mail.example.org\n"
                "SMTP_PORT=2525\n",
        "apps/api/.env": "PORT=3513\n"})
    pb.ok("init", "--project", "shop", "--services", "other", cwd=shop)
    machine("etc/systemd/system/shop-worker.service",
            f"WorkingDirectory={shop}\nEnvironment=PORT=3514\n")
    machine("etc/systemd/system/lonely.service", "ExecStart=/usr/bin/lonely -p 4100\n")
    machine("etc/cloudflared/config.yml",
            "ingress:\n  - hostname: shop.example.org\n    service: http://localhost:3512\n"
            "  - hostname: old.example.org\n    service: http://localhost:4200\n")
    machine("etc/nginx/nginx.conf", "upstream legacy { server 127.0.0.1:4300; }\n")
    machine("etc/caddy/Caddyfile", "blog.example.org {\n reverse_proxy localhost:4400\n}\n")
    said = adopt()
    assert said["conflicts"] == said["refused"] == 0
    entered = {port: name for port, name in ports().items() if name != "shop/other"}
    assert entered == {
        5433: "shop/db", 3512: "shop/web", 3513: "shop/api", 3514: "shop/worker",
        6379: "shared-services/redis", 4100: "shared-services/lonely",
        4200: "shared-services/old", 4300: "shared-services/legacy",
        4400: "shared-services/blog"}
    assert [s["source"] for s in row(said, 5433)["sources"]] == [f"{shop}/compose.yaml:2",
                                                                 f"{shop}/.env:2"]
    assert pb.json("get", "shop/web")["cloudflareHostname"] == "shop.example.org"
    assert pb.json("get", "shop/worker")["unit"] == "shop-worker.service"
    assert not any(r["listens"] for r in said["ports"])


def test_adopt__two_claims_on_a_port_are_shown_and_neither_is_entered(pb, folder, listen, adopt,
                                                                      ports, machine):
    shop = folder("shop", **{".env": "PORT=3512\n"})
    blog = folder("blog", **{".env": "PORT=3512\nAPI_PORT=3700\n"})
    for path in (shop, blog):
        pb.ok("project", "add", path.name, "--path", path)
    said = adopt()
    conflict = row(said, 3512)
    assert (conflict["action"], said["conflicts"]) == ("conflict", 1)
    assert {(s["projectName"], s["source"]) for s in conflict["sources"]} == {
        ("shop", f"{shop}/.env:1"), ("blog", f"{blog}/.env:1")}
    assert ports() == {3700: "blog/api"}
    # A process is a claim like any other: it may be the one that took the port.
    listen(3512, cwd=shop)
    assert row(adopt(), 3512)["action"] == "conflict"
    out = pb.ok("adopt", "--yes", "--root", machine.root)
    assert "Claimed by more than one" in out and f"blog/web: {blog}/.env:1" in out
    assert "portbook register PROJECT/SERVICE 3512" in out


def test_adopt__says_how_what_stands_outside_is_moved(pb, folder, listen, adopt, machine):
    shop = folder("shop", **{".env": "PORT=5999\n"})
    pb.ok("project", "add", "shop", "--number", "5", "--path", shop)
    listen(5999, cwd=shop)
    (one,) = adopt()["outside"]
    assert one == {"port": 5999, "protocol": "tcp", "projectName": "shop", "instance": 1,
                   "serviceName": "web", "wouldBe": 3500,
                   "command": "portbook allocate shop/web --replace",
                   "envLine": "WEB_PORT=3500", "writtenIn": [f"{shop}/.env:1"]}
    out = pb.ok("adopt", "--yes", "--root", machine.root)
    for words in ("shop/web would have 3500", "portbook allocate shop/web --replace",
                  "portbook env: WEB_PORT=3500", f"the old one stands in {shop}/.env:1"):
        assert words in out
    assert out.startswith("Outside of the project's block:\n")
    pb.ok("allocate", "shop/web", "--replace")
    assert "WEB_PORT=3500" in pb.ok("env", cwd=shop)


def test_adopt__says_how_what_stands_outside_is_moved_while_it_is_down(pb, folder, adopt):
    shop = folder("shop", **{".env": "PORT=5999\n"})
    pb.ok("project", "add", "shop", "--number", "5", "--path", shop)
    pb.ok("register", "shop/old", "5998")
    # What another project's file says is no reason to move this one.
    folder("blog", **{".env": "SHOP_OLD_PORT=5998\n"})
    (one,) = adopt()["outside"]
    assert (one["port"], one["wouldBe"], one["writtenIn"]) == (5999, 3500, [f"{shop}/.env:1"])


def test_adopt__does_not_take_again_what_was_given_back(pb, folder, adopt, ports):
    shop = folder("shop", **{".env": "PORT=5999\n"})
    pb.ok("project", "add", "shop", "--path", shop)
    adopt()
    pb.ok("allocate", "shop/web", "--replace")
    said = adopt()
    assert row(said, 5999)["action"] == "left" and 5999 not in ports()


def test_adopt__well_known_ports_are_registered_for_all(pb, listen, adopt, ports):
    listen(5432, cwd="/", name="postgres")
    listen(6379, cwd="/", name="redis-server")
    pb.ok("project", "add", "mine", "--number", "33")  # whose block has 6379
    adopt()
    assert ports() == {5432: "shared-services/postgresql", 6379: "shared-services/redis"}
    assert {p["range"] for p in pb.json("list")["ports"]} == {None}


def test_adopt__a_database_in_a_project_is_the_projects(pb, folder, listen, adopt, ports):
    shop = folder("shop")
    listen(5432, cwd=shop, name="postgres")
    adopt()
    assert ports() == {5432: "shop/postgres"}


def test_adopt__services_of_one_folder_are_told_apart(pb, folder, listen, adopt, ports):
    shop = folder("shop", **{"package.json": "{}", "apps/api/x": ""})
    listen(3500, cwd=shop)
    listen(3501, cwd=shop)
    listen(3502, cwd=shop / "apps" / "api")
    adopt()
    names = ports()
    assert (names[3500], names[3502]) == ("shop/web", "shop/api")
    assert names[3501].startswith("shop/python") and names[3501].endswith("-3501")


def test_adopt__a_worktree_is_an_instance(pb, git, project_dir, listen, adopt):
    main = project_dir("shop")
    git(main, "worktree", "add", "-q", pb.base / "feature")
    listen(3500, cwd=main)
    listen(3590, cwd=pb.base / "feature")
    said = adopt()
    assert [(row(said, p)["projectName"], row(said, p)["instance"]) for p in (3500, 3590)] == [
        ("shop", 1), ("shop", 2)]


def test_adopt__of_one_project_leaves_the_others(pb, folder, listen, adopt, ports):
    listen(3500, cwd=folder("shop"))
    listen(3600, cwd=folder("blog"))
    adopt("--project", "shop")
    assert list(ports()) == [3500]
    assert [p["projectName"] for p in pb.json("project", "list")["projects"]
            if p["projectName"] != "shared-services"] == ["shop"]


def test_adopt__udp_and_ports_that_the_kernel_chose(pb, folder, listen, adopt, ports):
    shop = folder("shop")
    listen(3500, cwd=shop, protocol="udp")
    listen(40000, cwd=shop, protocol="udp")
    listen(40001, cwd="/")
    said = adopt()
    assert list(ports()) == [3500]
    assert {r["port"]: r["action"] for r in said["ports"]} == {3500: "entered", 40000: "left",
                                                               40001: "left"}


def test_adopt__what_cannot_be_seen_is_left_and_named(pb, listen, machine):
    listen(3500)
    said = pb("adopt", "--yes", "--json", "--root", machine.root, user=NOBODY, check=True).json
    assert row(said, 3500)["action"] == "left"
    assert "sudo portbook adopt" in row(said, 3500)["hint"]


def test_adopt__an_entry_on_the_port_stays_and_a_file_of_another_is_shown(pb, folder, adopt,
                                                                          listen, ports):
    shop = folder("shop", **{".env": "PORT=3700\n"})
    pb.ok("project", "add", "shop", "--path", shop)
    pb.ok("project", "add", "blog", "--number", "7")
    pb.ok("get", "blog/web", "--port", "3700")
    said = adopt()
    assert row(said, 3700)["message"] == "the book has it for blog/web"
    listen(3700, cwd=shop)
    said = adopt()
    assert (said["entered"], ports()) == (0, {3700: "blog/web"})


def test_adopt__a_file_in_anothers_block_is_refused_and_the_others_entered(pb, folder, adopt,
                                                                           ports):
    shop = folder("shop", **{".env": "PORT=3701\nAPI_PORT=3500\n"})
    pb.ok("project", "add", "shop", "--number", "5", "--path", shop)
    pb.ok("project", "add", "blog", "--number", "7")
    said = adopt()
    assert row(said, 3701)["action"] == "refused" and "blog" in row(said, 3701)["message"]
    assert ports() == {3500: "shop/api"}


def test_adopt__an_unreadable_file_is_said_and_no_reason_to_stop(pb, folder, adopt, ports):
    shop = folder("shop", **{"package.json": "{", ".env": "PORT=3500\n"})
    pb.ok("project", "add", "shop", "--path", shop)
    assert any("package.json" in n for n in adopt()["notices"])
    assert ports() == {3500: "shop/web"}


@pytest.mark.parametrize("said, count", [("n", 0), ("y", 1)])
def test_adopt__on_a_terminal_shows_first_and_enters_after_a_yes(pb, folder, listen, machine,
                                                                 ports, said, count):
    shop = folder("shop")
    listen(3500, cwd=shop)
    shown, code = on_terminal(pb, "adopt", "--root", str(machine.root), cwd=shop, answers=[said])
    assert "1 port would be entered" in shown and code == 0
    assert ("1 port entered" in shown) == bool(count)
    assert len(ports()) == count


def test_adopt__on_a_terminal_asks_nothing_where_there_is_nothing(pb, machine):
    shown, code = on_terminal(pb, "adopt", "--root", str(machine.root), cwd=pb.base)
    assert "0 ports would be entered" in shown and code == 0


def test_adopt__a_tunnel_that_another_has_does_not_stop_the_others(pb, folder, machine, adopt,
                                                                  ports):
    pb.ok("get", "blog/web", "--create", "--hostname", "a.example.org", "--port", "3100")
    machine("etc/cloudflared/config.yml",
            "ingress:\n- {hostname: a.example.org, service: 'http://localhost:4100'}\n"
            "- {hostname: b.example.org, service: 'http://localhost:4101'}\n")
    said = adopt()
    assert row(said, 4100)["action"] == "refused"
    assert ports() == {3100: "blog/web", 4101: "shared-services/b"}


def test_adopt__the_two_names_of_one_upstream_are_no_conflict(pb, machine, adopt, ports):
    machine("etc/cloudflared/config.yml",
            "ingress:\n- {hostname: a.example.org, service: 'http://localhost:4100'}\n"
            "- {hostname: www.b.example.org, service: 'http://localhost:4100'}\n")
    assert adopt()["conflicts"] == 0
    assert ports() == {4100: "shared-services/a"}


def test_adopt__two_units_on_one_port_are_a_conflict(pb, machine, adopt, ports):
    machine("etc/systemd/system/a.service", "Environment=PORT=4100\n")
    machine("etc/systemd/system/b.service", "Environment=PORT=4100\n")
    assert adopt()["conflicts"] == 1 and ports() == {}


def test_adopt__a_unit_and_its_socket_are_one(pb, machine, adopt, ports):
    machine("etc/systemd/system/a.service", "Environment=PORT=4100\n")
    machine("etc/systemd/system/a.socket", "ListenStream=4100\n")
    assert adopt()["conflicts"] == 0
    assert ports() == {4100: "shared-services/a"}
