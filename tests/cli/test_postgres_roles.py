"""Who may do what in a book on a server: the roles of docs/postgresql.md."""

import pytest

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


def test_bound__a_role_that_is_gone_binds_nobody(pb, shared, bound):
    shared.sql(f"DROP OWNED BY {bound}; DROP ROLE {bound}; CREATE ROLE {bound} LOGIN; "
               f"GRANT portbook_writer TO {bound}; "
               "INSERT INTO portbook_bound SELECT 'nobody_of_that_name', id FROM projects")
    assert pb.ok("get", "shop/api", "--book", shared.url(bound)) == "3101"
    pb.fails(5, "get", "blog/api", "--book", shared.url(bound))
