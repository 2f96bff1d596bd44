"""Who may do what in a book on a server: the roles of docs/postgresql.md."""

import pytest

from pgserver import make_older

# What was noted, look by look.
SEEN = ("SELECT p.name, c.status, c.details FROM port_health_checks c JOIN port_allocations a "
        "ON a.id = c.port_allocation_id JOIN projects p ON p.id = a.project_id ORDER BY c.id")


def test_roles__a_reader_reads_and_writes_nothing(pb, shared, roles):
    pb.ok("get", "shop/web", "--create", "--book", shared.url())
    book = ["--book", shared.url(roles("reader"))]
    assert pb.ok("get", "shop/web", *book) == "3100"
    assert "3100" in pb.ok("list", *book)
    assert "may not be changed" in pb.fails(5, "get", "shop/api", *book).err
    assert len(pb.json("list", *book)["ports"]) == 1


def test_roles__a_writer_enters_and_releases(pb, shared, roles):
    book = ["--book", shared.url(roles("writer"))]
    assert pb.ok("get", "shop/web", "--create", *book) == "3100"
    pb.ok("reserve", "3150", "--reason", "kept", *book)
    pb.ok("release", "shop/web", *book)
    pb.ok("project", "remove", "shop", *book)
    assert "may not be changed" in pb.fails(5, "policy", "use", "types", *book).err


def test_roles__a_writer_audits(pb, shared, roles):
    pb.ok("get", "shop/web", "--create", "--book", shared.url())
    book = ["--book", shared.url(roles("writer"))]
    pb.fails(1, "audit", *book)  # a port is down
    put = ("INSERT INTO settings VALUES ('{}', '{{}}') "
           "ON CONFLICT (name) DO UPDATE SET value = '{{}}'")
    for _ in range(2):
        shared.sql(put.format("told_localhost"), roles("writer"))
    noted = "SELECT string_agg(name, ' ' ORDER BY name) FROM settings WHERE name ~ '^(checks|told)'"
    assert shared.sql(noted) == "checks-thinned told_localhost"
    assert "row-level security" in shared.refused(put.format("environment"), roles("writer"))
    # The grants of before: nothing is summed up, and the audit is one.
    shared.sql("REVOKE INSERT, UPDATE ON settings FROM portbook_writer; "
               "DELETE FROM settings WHERE name = 'checks-thinned'")
    pb.fails(1, "audit", *book)
    assert shared.sql("SELECT count(*) FROM port_health_checks") == "2"
    pb.fails(1, "audit", "--book", shared.url(roles("admin")))
    assert shared.sql(noted) == "checks-thinned told_localhost"


def test_roles__an_admin_changes_the_policy(pb, shared, roles):
    pb.ok("policy", "use", "types", "--book", shared.url(roles("admin")))


@pytest.mark.parametrize("role", ["reader", "writer", "admin"])
def test_roles__none_changes_the_schema_or_the_past(shared, roles, role):
    user = roles(role)
    for sql in ("ALTER TABLE projects ADD COLUMN x int", "DROP TABLE events",
                "CREATE TABLE public.mine (x int)", "INSERT INTO portbook_schema VALUES (9, 'x')"):
        assert "permission denied" in shared.refused(sql, user) or (
            "must be owner" in shared.refused(sql, user))
    if role != "admin":
        assert "permission denied" in shared.refused("DELETE FROM events", user)


def test_roles__setup_is_for_the_owner(pb, shared, roles):
    shared.sql("DELETE FROM portbook_schema")
    shared.sql(f"GRANT CREATE ON SCHEMA public TO {roles('reader')}")
    pb.fails(5, "setup", "--book", shared.url(roles("reader")))


def test_bound__a_writer_changes_its_projects_alone(pb, shared, roles):
    owner, writer = ["--book", shared.url()], ["--book", shared.url(roles("writer"))]
    pb.ok("get", "shop/web", "--create", *owner)
    pb.ok("get", "blog/web", "--create", *owner)
    shared.sql(f"INSERT INTO portbook_bound SELECT '{roles('writer')}', id FROM projects "
               "WHERE name = 'shop'")
    assert pb.ok("get", "shop/api", *writer) == "3101"
    pb.ok("release", "shop/web", *writer)
    assert pb.ok("get", "blog/web", *writer) == "3200"
    pb.ok("reserve", "3260", "--reason", "kept", *owner)
    before = pb.ok("list", *owner)
    for words in (["get", "blog/api"], ["release", "blog/web"], ["get", "new/web", "--create"],
                  ["project", "set", "blog", "--owner", "me"],
                  ["project", "remove", "blog"],
                  ["reserve", "3250", "--reason", "mine"], ["unreserve", "3260"],
                  ["update", "blog/web", "--description", "mine"]):
        result = pb(*words, *writer)
        assert result.code in (3, 5, 6), result
    assert pb.ok("list", *owner) == before
    assert "new" not in pb.ok("project", "list", *owner)
    pb.ok("release", "shop", "--all", "--yes", *writer)
    pb.ok("project", "remove", "shop", *writer)
    pb.fails(5, "release", "blog/web", *writer)  # bound still, to nothing


@pytest.fixture
def bound(pb, shared, roles):
    """A book with a port of `shop` and one of `blog`, and a writer that is bound to `shop`."""
    for service in ("shop/web", "blog/web"):
        pb.ok("get", service, "--create", "--book", shared.url())
    shared.sql(f"INSERT INTO portbook_bound SELECT '{roles('writer')}', id FROM projects "
               "WHERE name = 'shop'")
    return roles("writer")


def test_bound__an_audit_shows_all_and_notes_what_is_its_own(pb, shared, bound):
    said = pb.fails(1, "audit", "--book", shared.url(bound)).out
    assert "shop" in said and "blog" in said
    assert shared.sql(SEEN) == "shop|down|"


def test_bound__a_writer_leaves_what_was_seen_of_others_as_it_was(pb, shared, bound):
    pb.fails(1, "audit", "--book", shared.url())
    assert shared.sql(SEEN) == "shop|down|\nblog|down|"
    shared.sql("UPDATE port_health_checks SET status = 'in_use'", bound)
    assert shared.sql(SEEN) == "shop|in_use|\nblog|down|"
    shared.sql("INSERT INTO port_health_checks (port_allocation_id, status) "
               "SELECT id, 'squatted' FROM port_allocations ORDER BY port_number", bound)
    assert shared.sql(SEEN) == "shop|in_use|\nblog|down|\nshop|squatted|"
    said = shared.refused("UPDATE port_health_checks SET port_allocation_id = (SELECT id "
                          "FROM port_allocations WHERE port_number = 3200)", bound)
    assert "row-level security" in said
    shared.sql("DELETE FROM port_health_checks", bound)
    assert shared.sql(SEEN) == "blog|down|"


def test_bound__what_was_seen_is_summed_up_by_who_is_not_bound(pb, shared, bound):
    for _ in range(3):
        pb.fails(1, "audit", "--book", shared.url())
    shared.sql("DELETE FROM settings WHERE name = 'checks-thinned'; UPDATE port_health_checks "
               "SET checked_at = checked_at - interval '1 day'")
    pb.fails(1, "audit", "--book", shared.url(bound))
    assert shared.sql("SELECT count(*) FROM port_health_checks") == "7"
    pb.fails(1, "audit", "--book", shared.url())
    assert shared.sql("SELECT count(*) FROM port_health_checks") in ("5", "7")  # of 1 or 2 hours


def test_bound__a_writer_adds_nothing_to_the_history_of_others(pb, shared, bound):
    before = shared.sql("SELECT count(*) FROM events")
    for project in ("(SELECT id FROM projects WHERE name = 'blog')", "NULL"):
        assert "row-level security" in shared.refused(
            f"INSERT INTO events (op, project_id, subject) SELECT 'release', {project}, 'blog/web'",
            bound)
    assert shared.sql("SELECT count(*) FROM events") == before
    book = ["--book", shared.url(bound)]
    for words in (["get", "shop@2/web"], ["release", "shop@2", "--all", "--yes"],
                  ["instance", "release", "shop@2"], ["undo", "--yes"],
                  ["project", "rename", "shop", "store"], ["register", "store/old", "5432"],
                  ["get", "store/try", "--temporary"], ["cleanup"],
                  ["release", "store", "--all", "--yes"], ["project", "archive", "store"],
                  ["project", "remove", "store"]):
        pb.ok(*words, *book)


@pytest.mark.parametrize("op, of", [("allocate", "blog/web"), ("reserve", "7000-7009")])
def test_bound__what_a_writer_tells_of_others_is_not_undone(pb, shared, bound, op, of):
    """An event of hers with the row of somebody else's, which the owner is to take back."""
    pb.ok("reserve", "7000-7009", "--reason", "kept", "--book", shared.url())
    shared.sql("INSERT INTO events (op, project_id, subject, service, port, after) SELECT "
               f"'{op}', p.id, 'shop/web', 'web', 3100, e.after FROM events e, projects p "
               f"WHERE p.name = 'shop' AND e.subject = '{of}' ORDER BY e.seq DESC LIMIT 1", bound)
    entered = [pb.json(*words, "--book", shared.url()) for words in (["list"], ["reservations"])]
    for how in ("--dry-run", "--yes"):
        said = pb.fails(2, "undo", how, "--book", shared.url()).err
        assert f"does not fit the book: what it says of 'shop/web' is about '{of}'" in said
    assert entered == [pb.json(*words, "--book", shared.url())
                       for words in (["list"], ["reservations"])]


def test_bound__a_role_that_is_gone_binds_nobody(pb, shared, bound):
    shared.sql(f"DROP OWNED BY {bound}; DROP ROLE {bound}; CREATE ROLE {bound} LOGIN; "
               f"GRANT portbook_writer TO {bound}; "
               "INSERT INTO portbook_bound SELECT 'nobody_of_that_name', id FROM projects")
    assert pb.ok("get", "shop/api", "--book", shared.url(bound)) == "3101"
    pb.fails(5, "get", "blog/api", "--book", shared.url(bound))


RANGE = "(SELECT id FROM port_ranges WHERE range_name = '{}')"
PROJECT = "(SELECT id FROM projects WHERE name = '{}')"


@pytest.mark.parametrize("of_range", ["shared", "projects"])
def test_bound__a_port_by_sql_is_for_own_projects_whosever_range_it_is(shared, bound, of_range):
    asked = "SELECT allocate_port(" + PROJECT + ", " + RANGE.format(of_range) + ", 'api')"
    before = shared.sql("SELECT count(*), max(seq) FROM events")
    for project in ("blog", "shared-services"):
        assert "row-level security" in shared.refused(asked.format(project), bound)
    assert "42501" in shared.refused("\\set VERBOSITY verbose\nSELECT release_port(3200)", bound)
    assert shared.sql("SELECT count(*), max(seq) FROM events") == before
    assert shared.sql(asked.format("shop"), bound) in ("3101", "9000")


def test_bound__another_role_of_hers_does_not_loose_her(shared, bound):
    shared.sql("SET ROLE portbook_writer; UPDATE projects SET owner = 'me'; "
               "UPDATE port_allocations SET description = 'mine'", bound)
    assert shared.sql("SELECT name FROM projects WHERE owner = 'me'") == "shop"
    assert shared.sql("SELECT port_number FROM port_allocations "
                      "WHERE description = 'mine'") == "3100"
    # And who may become her, but is another, is not bound by that.
    shared.sql(f"SET ROLE {bound.replace('writer', 'admin')}; "
               "UPDATE projects SET owner = 'you' WHERE name = 'blog'")
    assert shared.sql("SELECT name FROM projects WHERE owner = 'you'") == "blog"


def test_bound__numbers_are_nobodys_to_set(pb, shared, bound):
    for sequence in ("events_seq_seq", "port_health_checks_id_seq"):
        for sql in ("SELECT setval('{}', 9223372036854775807)",
                    "SELECT use_number('{}', 9223372036854775807)", "DROP SEQUENCE {}"):
            said = shared.refused(sql.format(sequence), bound)
            assert "permission denied" in said or "must be owner" in said
    assert "permission denied" in shared.refused("SELECT next_event(1000000, 1)", bound)
    assert "by 1 or 2" in shared.refused("SELECT next_event(NULL, 1000000)", bound)
    event = ("INSERT INTO events (seq, xid, op, project_id, subject) SELECT {}, {}, 'note', id, "
             "'shop' FROM projects WHERE name = 'shop'")
    for number in ("last_value + 8 FROM events_seq_seq", "9223372036854775807"):
        assert "row-level security" in shared.refused(
            event.format(f"(SELECT {number})", "pg_current_xact_id()"), bound)
    assert "row-level security" in shared.refused(
        event.format("nextval('events_seq_seq')", "'9000000000000000000'"), bound)
    shared.sql(event.format("nextval('events_seq_seq')", "pg_current_xact_id()"), bound)
    look = ("INSERT INTO port_health_checks (id, port_allocation_id, status) "
            "SELECT {} + last_value, a.id, 'down' FROM port_allocations a, "
            "port_health_checks_id_seq WHERE a.port_number = 3100")
    assert "row-level security" in shared.refused(look.format(2), bound)
    shared.sql("INSERT INTO port_health_checks (port_allocation_id, status) SELECT id, 'down' "
               "FROM port_allocations WHERE port_number = 3100", bound)
    assert "row-level security" in shared.refused(
        "UPDATE port_health_checks SET id = id + 1", bound)
    for user in (bound, "postgres"):
        assert pb.ok("get", "shop/" + user[:5], "--book", shared.url(user))
        pb.fails(1, "audit", "--book", shared.url(user))
    pb.ok("get", "new/web", "--create", "--book", shared.url())


def test_roles__a_number_is_for_who_may_enter_what_it_is_of(pb, shared, roles):
    shared.sql(f"CREATE ROLE nobody_{shared.name} LOGIN; CREATE ROLE becomes_{shared.name} LOGIN "
               f"NOINHERIT; GRANT portbook_writer TO becomes_{shared.name}")
    for user in (f"nobody_{shared.name}", roles("reader")):
        assert "may not enter events" in shared.refused("SELECT number_above(1)", user)
    for user in (roles("writer"), roles("admin")):
        shared.sql("SELECT number_above(1)", user)
    more = "&options=-c%20role%3Dportbook_writer"
    pb.ok("get", "shop/web", "--create", "--book", shared.url(f"becomes_{shared.name}", more))


def test_bound__what_was_answered_to_others_is_kept_for_them(pb, shared, roles, bound):
    """--once tells again what was answered: that is nobody else's to say, or to forget."""
    other = ["--book", shared.url(roles("admin"))]
    assert pb.ok("get", "blog/api", "--once", "deploy-7", *other) == "3201"
    assert shared.sql("SELECT count(*) FROM requests", bound) == "0"
    shared.sql("DELETE FROM requests; UPDATE requests SET answer = 'null'", bound)
    assert "row-level security" in shared.refused(
        f"INSERT INTO requests (role_name, actor, key, op, answer) "
        f"VALUES ('{roles('admin')}', 'x', 'y', 'get', '')", bound)
    asked = shared.sql("SELECT op FROM requests WHERE key = 'deploy-7'")
    actor = shared.sql("SELECT actor FROM requests WHERE key = 'deploy-7'")
    for key in ("deploy-7", "deploy-8"):
        shared.sql(f"INSERT INTO requests (actor, key, op, answer) VALUES ('{actor}', '{key}', "
                   f"'{asked}', '{{}}')", bound)
    pb.ok("release", "blog/api", *other)
    assert pb.ok("get", "blog/api", "--once", "deploy-7", *other) == "3201"
    assert "blog/api" not in pb.ok("list", *other), "told again, and not done again"
    assert pb.ok("get", "blog/api", "--once", "deploy-8", *other) == "3201"
    assert "api" in pb.ok("list", "--project", "blog", *other)


def test_bound__the_list_of_free_ports_is_a_hint_whoever_writes_it(pb, shared, bound):
    """Wrong for all, or gone: what is free is given, and nothing twice."""
    want = set(range(3200, 3300))
    ask = ("SELECT allocate_port(" + PROJECT.format("blog") + ", " + RANGE.format("projects") +
           ", 's' || n) FROM generate_series({}, {}) n")
    for n, sql in enumerate((
            "UPDATE port_slots SET free = NOT free",
            "UPDATE port_slots SET free = false, released_at = 'infinity'",
            "DELETE FROM port_slots",
            "DELETE FROM port_slot_spans; UPDATE port_slots SET free = true",
            "SELECT forget_slots()")):
        shared.sql(sql, bound)
        shared.sql(ask.format(n * 19 + 1, n * 19 + 19))
    shared.sql(ask.format(96, 99))
    got = shared.sql("SELECT port_number FROM port_allocations WHERE project_id = " +
                     PROJECT.format("blog")).split()
    assert len(got) == 100 and {int(port) for port in got} == want
    pb.ok("doctor", "--book", shared.url())


def test_bound__a_writer_takes_no_port_out_of_anothers_block(pb, shared, bound):
    book = ["--book", shared.url(bound)]
    put = ("INSERT INTO port_allocations (project_id, service_name, port_number) SELECT id, 'x', "
           "{} FROM projects WHERE name = 'shop'")
    assert "row-level security" in shared.refused(put.format(3250), bound)
    shared.sql(put.format(5000), bound)
    assert "row-level security" in shared.refused(
        "UPDATE port_allocations SET port_number = 3250 WHERE port_number = 5000", bound)
    pb.fails(5, "register", "shop/y", "3250", "--force", *book)
    # What somebody else has let it have is kept, and goes.
    pb.ok("register", "shop/y", "3250", "--force", "--book", shared.url())
    pb.ok("update", "shop/y", "--description", "mine", *book)
    pb.fails(1, "audit", *book)
    pb.ok("release", "shop/y", *book)


def test_bound__a_writer_takes_no_port_that_waits_for_another(pb, shared, bound):
    owner, book = ["--book", shared.url()], ["--book", shared.url(bound)]
    pb.ok("reserve", "7000", "--reason", "kept", "--for", "blog", *owner)
    pb.ok("reserve", "7001", "--reason", "kept", "--for", "shop", *owner)
    pb.ok("reserve", "7002", "--reason", "kept", *owner)
    put = ("INSERT INTO port_allocations (project_id, service_name, port_number) SELECT id, "
           "'x{0}', {0} FROM projects WHERE name = 'shop'")
    assert "row-level security" in shared.refused(put.format(7000), bound)
    shared.sql(put.format(7001), bound)
    pb.ok("register", "shop/z", "7002", *book)  # a legacy port that was kept for its service
    assert "row-level security" in shared.refused(
        "UPDATE port_allocations SET port_number = 7000 WHERE port_number = 7001", bound)
    shared.sql("UPDATE reserved_ports SET until = now()")
    shared.sql(put.format(7000), bound)


def test_bound__a_writer_opens_blocks_only_as_the_policy_has_them(pb, shared, bound):
    put = ("INSERT INTO blocks (hostname, start_port, end_port, range_name, project_id) SELECT "
           "'localhost', {}, {}, {}, id FROM projects WHERE name = 'shop'")
    for low, high, name in ((10000, 60000, "'projects'"), (3350, 3449, "'projects'"),
                            (3300, 3399, "NULL"), (1, 100, "'projects'"),
                            (9000, 9999, "'shared'")):
        assert "row-level security" in shared.refused(put.format(low, high, name), bound)
    assert "row-level security" in shared.refused("UPDATE blocks SET end_port = 3150", bound)
    shared.sql(put.format(3300, 3399, "'projects'"), bound)
    for n in range(3):
        pb.ok("get", "shop/web", "--host", f"build{n}", "--book", shared.url(bound))


def test_setup__takes_from_writers_what_they_no_longer_need(pb, empty):
    make_older(empty, "0007")
    writer, admin = f"writer_{empty.name}", f"admin_{empty.name}"
    empty.sql(f"CREATE ROLE {writer}; CREATE ROLE {admin}; GRANT {writer} TO {admin}; "
              f"GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {writer}; "
              f"GRANT DELETE ON events TO {admin}; INSERT INTO requests (actor, key, op, answer) "
              "VALUES ('ann', 'deploy-7', 'get', '{}')")
    pb.ok("setup", "--book", empty.url())
    for sequence in ("events_seq_seq", "port_health_checks_id_seq"):
        assert empty.sql("SELECT " + ", ".join(
            f"has_sequence_privilege('{role}', '{sequence}', '{right}')" for role, right in
            ((writer, "USAGE"), (writer, "UPDATE"), (admin, "UPDATE")))) == "t|f|t"
    # Whose answers these are, nobody knows any more: they are everyone's.
    empty.sql(f"GRANT SELECT ON requests TO {writer}")
    assert empty.sql(f"SET ROLE {writer}; SELECT count(*) FROM requests") == "1"
