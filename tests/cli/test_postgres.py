"""A book in a PostgreSQL database, on a server that the tests start."""

import os
import re
import signal
import subprocess
import time

import pytest

from books import start_at_once
from clilib import TOP
from pgserver import Server


def start_shell(pb, script):
    """The shell runs it in the background; $PB is the program."""
    process = subprocess.Popen(["sh", "-c", script], cwd=pb.work, stdin=subprocess.DEVNULL,
                               env=pb.environment({"PB": pb.program}), start_new_session=True)
    pb.started.append(process)
    return process


def said_by(pb, code, *words):
    """The error of a command, on stderr."""
    return pb.fails(code, *words).err


# ---- setting up

def test_setup__makes_a_book_that_commands_work_on(pb, shared):
    book = ["--book", shared.url()]
    assert pb.ok("get", "shop/web", "--create", *book) == "3100"
    assert pb.ok("get", "shop/web", *book) == "3100"
    assert pb.ok("get", "shop/api", *book) == "3101"
    assert "3100" in pb.ok("release", "shop/web", *book)
    assert pb.ok("get", "shop/web", *book) == "3100"
    assert [port["port"] for port in pb.json("list", *book)["ports"]] == [3100, 3101]
    assert pb.json("status", *book)["policy"] == "blocks"


def test_setup__twice_changes_nothing(pb, empty):
    first = pb.json("setup", "--book", empty.url())
    assert first["state"] == "made" and first["was"] == 0
    pb.ok("get", "shop/web", "--create", "--book", empty.url())
    again = pb.json("setup", "--book", empty.url())
    assert again["state"] == "unchanged" and again["was"] == again["version"] == first["version"]
    assert pb.ok("get", "shop/web", "--book", empty.url()) == "3100"
    assert pb.ok("setup", "--book", empty.url()).endswith(": is as it should be")


def test_setup__dry_run_makes_nothing(pb, empty):
    assert pb.ok("setup", "--dry-run", "--book", empty.url()).endswith(": would be made")
    assert empty.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "0"


def test_setup__16_at_once_make_one_book(pb, empty):
    done = start_at_once(pb, [f"$PB setup --json --book '{empty.url()}'"] * 16)
    assert [status for _, _, status in done] == [0] * 16, done
    assert sum('"state":"made"' in out for out, _, _ in done) == 1
    assert empty.sql("SELECT count(*) FROM events WHERE op = 'policy-use'") == "1"


def test_setup__refuses_another_programs_database(pb, empty):
    empty.sql("CREATE TABLE port_allocations (id serial)")
    assert "tables of another program" in said_by(pb, 5, "setup", "--book", empty.url())


def test_setup__refuses_a_database_that_is_not_utf8(pb, server):
    other = server.new_database("ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    assert "keeps text as LATIN1" in said_by(pb, 5, "setup", "--book", other.url())


def test_open__a_database_without_a_book_names_setup(pb, empty):
    said = said_by(pb, 5, "list", "--book", empty.url())
    assert "has no book yet" in said and "setup" in said


def test_open__a_newer_book_is_refused(pb, shared):
    shared.sql("INSERT INTO portbook_schema (step, name) VALUES (999, 'of tomorrow')")
    assert "knows versions up to" in said_by(pb, 5, "list", "--book", shared.url())
    assert "knows versions up to" in said_by(pb, 5, "setup", "--book", shared.url())


def test_open__an_older_book_is_refused_until_setup(pb, shared):
    shared.sql("DELETE FROM portbook_schema")
    assert "setup" in said_by(pb, 5, "list", "--book", shared.url())


def test_setup__of_a_file_says_that_it_needs_none(pb):
    assert "needs no setup" in said_by(pb, 2, "setup")


# ---- errors

def test_open__a_server_that_is_away_is_exit_5_at_once(pb, empty):
    url = f"postgres://localhost:1/{empty.name}"
    start = time.monotonic()
    assert "cannot be reached" in said_by(pb, 5, "get", "shop/web", "--book", url)
    assert time.monotonic() - start < 10


def test_open__a_url_that_libpq_does_not_read_is_wrong_use(pb):
    assert "nonsense" in said_by(pb, 2, "list", "--book", "postgres://localhost/x?nonsense=1")


@pytest.mark.parametrize("secret", [
    "postgres://me:secret@localhost:1/x",
    "postgresql://me:se%40cret@localhost:1/x",
    "postgres://localhost:1/x?user=me&password=secret&connect_timeout=2",
    "postgres://localhost:1/x?sslpassword=secret",
])
def test_password__is_never_shown(pb, secret):
    said = pb.fails(5, "list", "--book", secret)
    assert "***" in said.err and "cret" not in said.err + said.out
    said = pb.fails(5, "list", "--json", "--book", secret)
    assert "***" in said.out and "cret" not in said.out


def test_password__is_not_shown_where_all_is_well(pb, shared):
    url = shared.url().replace("postgres@", "postgres:secret@")
    for words in (["where"], ["status"], ["list"], ["status", "--json"], ["setup"]):
        result = pb(*words, "--book", url)
        assert "secret" not in result.out + result.err


def test_server__that_is_a_copy_may_only_be_read(pb, shared):
    pb.ok("get", "shop/web", "--create", "--book", shared.url())
    url = shared.url(more="&options=-c%20default_transaction_read_only%3Don")
    assert pb.ok("get", "shop/web", "--book", url) == "3100"


# ---- many at once

def test_get__16_at_once_get_16_ports(pb, shared):
    pb.ok("project", "add", "shop", "--book", shared.url())
    done = start_at_once(pb, [f"$PB get shop/s{n} --book '{shared.url()}'" for n in range(16)])
    assert [status for _, _, status in done] == [0] * 16, done
    assert sorted(int(out) for out, _, _ in done) == list(range(3100, 3116))


def test_get__16_at_once_of_one_service_get_one_port(pb, shared):
    done = start_at_once(pb, [f"$PB get shop/web --create --book '{shared.url()}'"] * 16)
    assert [status for _, _, status in done] == [0] * 16, done
    assert {out for out, _, _ in done} == {"3100\n"}


def test_server__killed_in_the_middle_has_every_port_that_was_answered(pb):
    """Eight shells ask for port after port; kill -9 of the server, which is started again."""
    server = Server()
    try:
        book = server.new_database()
        pb.ok("setup", "--book", book.url())
        pb.ok("project", "add", "shop", "--book", book.url())
        answers = pb.base / "answers"
        answers.write_text("")
        asking = [start_shell(pb,
            f"for n in 1 2 3 4 5 6 7 8 9 10 11 12; do port=$($PB get shop/s{who}-$n "
            f"--book '{book.url()}' 2>/dev/null) && echo s{who}-$n $port >>{answers}; done; true")
            for who in range(8)]
        until = time.monotonic() + 60
        while answers.read_text().count("\n") < 10 and time.monotonic() < until:
            time.sleep(0.005)
        server.stop(signal.SIGKILL)
        server.start()
        assert [process.wait(100) for process in asking] == [0] * 8
        answered = dict(line.split() for line in answers.read_text().splitlines())
        listed = {p["serviceName"]: str(p["port"])
                  for p in pb.json("list", "--book", book.url())["ports"]}
        assert len(answered) >= 10
        assert answered.items() <= listed.items()
        assert len(set(listed.values())) == len(listed)
        assert pb.ok("get", "shop/after", "--book", book.url()) not in listed.values()
    finally:
        server.remove()


def test_timeouts__are_set_where_neither_url_nor_server_has_them(pb, shared):
    shared.sql("""
        CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            NEW.description := concat_ws(' ', current_setting('lock_timeout'),
                current_setting('statement_timeout'),
                current_setting('idle_in_transaction_session_timeout'));
            RETURN NEW;
        END $$;
        CREATE TRIGGER tell BEFORE INSERT ON port_allocations FOR EACH ROW EXECUTE FUNCTION tell()""")
    pb.ok("get", "shop/web", "--create", "--book", shared.url())
    shared.sql(f"ALTER DATABASE {shared.name} SET lock_timeout = '7s'")
    more = "&options=-c%20statement_timeout%3D8s"
    pb.ok("get", "shop/api", "--book", shared.url(more=more))
    assert shared.sql("SELECT description FROM port_allocations ORDER BY port_number") == (
        "30s 1min 30s\n7s 8s 30s")


# ---- a long book

def peak_kb(pb, *words):
    """What the program needed at most."""
    process = subprocess.Popen(pb.command(words), env=pb.environment(), stdout=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss


@pytest.mark.usefixtures("is_plain")
def test_export__of_a_long_book_needs_no_more_memory(pb, shared):
    """20 MB of history, which come in parts."""
    pb.ok("get", "shop/web", "--create", "--book", shared.url())
    short = peak_kb(pb, "export", "--book", shared.url())
    shared.sql("INSERT INTO events (op, after) SELECT 'note', json_build_object('text', "
               "repeat('x', 1000)) FROM generate_series(1, 20000)")
    assert peak_kb(pb, "export", "--book", shared.url()) < short + 10000


# ---- programs that talk SQL

def test_port_ranges__has_a_row_for_each_range_of_the_policy(pb, shared):
    book = ["--book", shared.url()]
    for policy in ("instances", "blocks"):
        pb.ok("policy", "use", policy, *book)
        ranges = pb.json("policy", "show", *book)["policy"]["ranges"]
        assert shared.sql("SELECT range_name, start_port, end_port FROM port_ranges WHERE is_active "
                          "ORDER BY 1") == "\n".join(sorted(
                              "|".join((r["name"], *r["ports"].split("-"))) for r in ranges))
    assert shared.sql("SELECT count(*) FILTER (WHERE NOT is_active) FROM port_ranges") == "0"
    # A range that keeps its name keeps its id.
    ids = "SELECT id FROM port_ranges WHERE range_name = 'projects'"
    was = shared.sql(ids)
    pb.ok("policy", "use", "instances", *book)
    assert was and shared.sql(ids) == was


def allocate(database, project, service, range_name="projects", more="", user="postgres"):
    """allocate_port as another program calls it."""
    return int(database.sql(allocating(project, service, range_name, more), user))


def allocating(project, service, range_name="projects", more=""):
    return (f"SELECT allocate_port((SELECT id FROM projects WHERE name = '{project}'), "
            f"(SELECT id FROM port_ranges WHERE range_name = '{range_name}'), '{service}'{more})")


@pytest.fixture
def ask(pb, shared):
    """ask("get", "shop/web"): the program, on the shared book."""
    return lambda *words, **options: pb.ok(*words, "--book", shared.url(), **options)


def test_allocate_port__enters_what_portbook_reads(pb, shared, ask):
    ask("project", "add", "shop")
    assert allocate(shared, "shop", "Web", more=", 'web'") == 3100
    assert ask("get", "shop/web") == "3100"
    assert allocate(shared, "shop", "api") == 3101
    assert ask("get", "shop/db") == "3102"
    shown = pb.json("list", "--book", shared.url())["ports"][0]
    assert (shown["instance"], shown["environment"], shown["serviceType"]) == (1, "dev", "web")
    history = pb.json("history", "shop/web", "--book", shared.url())["events"]
    assert [(e["operation"], e["actor"]) for e in history] == [("allocate", "postgres")]


def test_allocate_port__of_a_service_that_has_one_enters_another(shared, ask):
    ask("project", "add", "shop")
    assert [allocate(shared, "shop", "web") for _ in range(3)] == [3100, 3101, 3102]
    assert ask("get", "shop/web") == "3100"


def test_allocate_port__opens_the_projects_block(pb, shared):
    shared.sql("INSERT INTO projects (name, number) VALUES ('shop', 7), ('blog', NULL)")
    assert allocate(shared, "shop", "web") == 3700
    assert allocate(shared, "blog", "web") == 3100
    listed = pb.json("project", "list", "--book", shared.url())["projects"]
    starts = {p["projectName"]: p["rangeStart"] for p in listed}
    assert (starts["shop"], starts["blog"]) == (3700, 3100)


def test_allocate_port__gives_the_port_it_had_before(shared, ask):
    ask("project", "add", "shop")
    allocate(shared, "shop", "web"), allocate(shared, "shop", "api")
    assert shared.sql("SELECT release_port(3100), release_port(3101)") == "t|t"
    assert allocate(shared, "shop", "api") == 3101
    assert allocate(shared, "shop", "new") == 3100


def test_allocate_port__passes_over_what_is_reserved(shared, ask):
    ask("project", "add", "shop")
    ask("reserve", "3100-3104", "--reason", "kept")
    ask("reserve", "3105", "--reason", "kept for it", "--for", "shop")
    assert allocate(shared, "shop", "web") == 3105
    assert allocate(shared, "shop", "api") == 3106


@pytest.mark.parametrize("policy, services", [
    ("blocks", ["web", "api", "web-2", "db"]),
    ("instances", ["api", "web", "frontend", "db", "other", "more"]),
    ("environments", ["web", "api"]),
])
def test_allocate_port__gives_what_portbook_would_give(server, pb, policy, services):
    """The same calls on two books: by SQL on one, by the program on the other."""
    given = []
    for by_sql in (True, False):
        book = server.new_database()
        words = ["--book", book.url()]
        pb.ok("setup", *words)
        pb.ok("policy", "use", policy, *words)
        pb.ok("project", "add", "shop", *words)
        name = book.sql("SELECT range_name FROM port_ranges r WHERE rule->>'shared' = 'false' AND "
                        "rule->>'temporary' = 'false' AND rule->>'legacy' = 'false' AND coalesce("
                        "rule->'environments'->>0, 'dev') = 'dev' ORDER BY start_port LIMIT 1")
        given.append([allocate(book, "shop", s, name) if by_sql
                      else int(pb.ok("get", f"shop/{s}", *words)) for s in services])
    assert given[0] == given[1]


def test_allocate_port__uses_the_environment_of_the_range(pb, shared, ask):
    ask("policy", "use", "environments")
    ask("project", "add", "shop")
    port = allocate(shared, "shop", "web", "test")
    assert port == int(ask("get", "shop/web", "--env", "test"))


def test_allocate_port__of_a_temporary_range_expires_and_of_a_legacy_one_gives_nothing(shared, ask):
    ask("policy", "use", "instances")
    ask("project", "add", "shop")
    port = allocate(shared, "shop", "try", "emergency")
    assert shared.sql("SELECT a.expires_at - a.allocated_at = (rule->>'expiresMs')::bigint * interval "
                      "'1 ms' FROM port_allocations a JOIN port_ranges r USING (range_name) "
                      f"WHERE port_number = {port}") == "t"
    assert "is a legacy range" in shared.refused(allocating("shop", "web", "legacy-3000"))
    assert shared.sql("SELECT count(find_available_port(id)) FROM port_ranges "
                      "WHERE range_name ~ '^legacy'") == "0"


@pytest.mark.parametrize("code, sql", [
    ("PB001", "SELECT allocate_port(NULL, (SELECT id FROM port_ranges LIMIT 1), 'web')"),
    ("PB002", allocating("shop", "web", more=", hostname => NULL")),
    ("PB002", "SELECT find_available_port((SELECT id FROM port_ranges LIMIT 1), NULL)"),
    ("PB001", "SELECT allocate_port(gen_random_uuid(), gen_random_uuid(), 'web')"),
    ("PB001", allocating("shop", "web", "nowhere")),
    ("PB001", "SELECT find_available_port(gen_random_uuid())"),
    ("PB002", allocating("shop", "not a name")),
    ("PB002", allocating("shop", "web", more=", protocol => 'sctp'")),
    ("PB002", allocating("old", "web")),
    ("PB002", allocating("shop", "a.b")),
    ("PB004", allocating("shop", "web", "small")),
])
def test_allocate_port__refuses_with_a_state_of_its_own(shared, ask, code, sql):
    ask("project", "add", "shop")
    ask("project", "add", "old")
    ask("project", "archive", "old")
    ask("get", "shop/a-b")
    shared.sql("INSERT INTO port_ranges (range_name, start_port, end_port, block_size, slice_size, "
               "rule) SELECT 'small', 65500, 65500, 0, 0, rule FROM port_ranges "
               "WHERE range_name = 'shared'")
    shared.sql(allocating("shop", "the-one", "small"))
    before = ask("list")
    said = shared.refused(r"\set VERBOSITY verbose" + "\n" + sql)
    assert f"ERROR:  {code}:" in said, said
    assert ask("list") == before


def test_allocate_port__of_another_machine_is_in_its_port_space(shared, ask):
    ask("project", "add", "shop")
    for service, host, protocol, port in (
            ("web", "localhost", "tcp", 3100), ("web", "Build1", "TCP", 3100),
            ("dns", "build1", "udp", 3100), ("api", "build1", "tcp", 3101)):
        more = f", hostname => '{host}', protocol => '{protocol}'"
        assert allocate(shared, "shop", service, more=more) == port
    # Both protocols of that machine, and nobody else's.
    assert shared.sql("SELECT release_port(3100, 'BUILD1'), release_port(3100, 'build2')") == "t|f"
    assert shared.sql("SELECT hostname, port_number FROM port_allocations WHERE released_at IS NULL "
                      "ORDER BY 1") == "build1|3101\nlocalhost|3100"


def test_find_available_port__is_what_the_range_gives_next(shared, ask):
    ask("project", "add", "shop")
    find = "SELECT find_available_port((SELECT id FROM port_ranges WHERE range_name = 'shared'))"
    for _ in range(3):
        found = int(shared.sql(find))
        assert allocate(shared, "shop", "db", "shared") == found
    assert found == 9002


def test_release_port__makes_the_next_oldest_primary(shared, ask):
    ask("project", "add", "shop")
    assert [allocate(shared, "shop", "web") for _ in range(2)] == [3100, 3101]
    assert shared.sql("SELECT release_port(3100), release_port(3100), release_port(9)") == "t|f|f"
    assert ask("get", "shop/web") == "3101"


def test_sql__what_was_entered_is_undone_as_a_whole(shared, ask):
    shared.sql("INSERT INTO projects (name, number) VALUES ('shop', 7)")
    allocate(shared, "shop", "web")
    ask("undo", "--yes")
    assert shared.sql("SELECT count(*) FROM port_allocations WHERE released_at IS NULL") == "0"
    assert shared.sql("SELECT count(*) FROM blocks") == "0"


def test_sql__32_at_once_with_portbook_get_32_ports(pb, shared, ask):
    ask("project", "add", "shop")
    psql = f"psql -XAtq -h {shared.server.folder} -U postgres -d {shared.name}"
    by_sql = [f"{psql} -c \"{allocating('shop', f's{n}')}\"" for n in range(16)]
    by_name = [f"$PB get shop/n{n} --book '{shared.url()}'" for n in range(16)]
    done = start_at_once(pb, by_sql + by_name)
    assert [status for _, _, status in done] == [0] * 32, done
    assert sorted(int(out) for out, _, _ in done) == list(range(3100, 3132))


def test_sql__roles_bind_the_functions(shared, ask, roles):
    ask("project", "add", "shop")
    assert "permission denied" in shared.refused(allocating("shop", "web"), roles("reader"))
    assert allocate(shared, "shop", "web", user=roles("writer")) == 3100
    shared.sql(f"INSERT INTO portbook_bound SELECT '{roles('writer')}', id FROM projects "
               "WHERE name = 'shared-services'")
    assert "row-level security" in shared.refused(allocating("shop", "api"), roles("writer"))
    assert "may not release port 3100" in shared.refused("SELECT release_port(3100)",
                                                         roles("writer"))
    assert shared.sql("SELECT release_port(3999)", roles("writer")) == "f"
    assert "row-level security" in shared.refused(
        "INSERT INTO blocks VALUES ('localhost', 5000, 5099, NULL, NULL)", roles("writer"))


def test_backup__of_a_shared_book_says_what_else_keeps_it(pb, shared, ask):
    assert "portbook export" in said_by(pb, 2, "backup", "x.db", "--book", shared.url())


def test_sql__what_is_unique_is_unique_to_all(shared, ask):
    ask("get", "shop/web", "--create")
    shop = "(SELECT id FROM projects WHERE name = 'shop')"
    insert = f"INSERT INTO port_allocations (project_id, service_name, port_number) VALUES ({shop}"
    assert "live_port" in shared.refused(f"{insert}, 'other', 3100)")
    assert "block_overlap" in shared.refused(
        f"INSERT INTO blocks (hostname, start_port, end_port, project_id) "
        f"VALUES ('localhost', 3150, 3250, {shop})")


def test_views__have_the_columns_of_older_schemas(shared, ask):
    ask("get", "shop/web", "--create")
    ask("get", "shared-services/mail")
    assert shared.sql("SELECT project_id, project_name, port_range_start, port_range_end, "
                      "ports_used, ports_available FROM project_port_ranges") == (
                          "1|shop|3100|3199|1|99")
    assert shared.sql("SELECT port, service_name FROM shared_service_ports") == "9000|mail"
    assert shared.sql("SELECT port, service_name, environment, worktree_path, status, process_id "
                      "FROM remote_agent_port_allocations ORDER BY port") == (
                          "3100|web|dev||allocated|\n9000|mail|dev||allocated|")
