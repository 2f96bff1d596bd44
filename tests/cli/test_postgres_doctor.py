"""What `doctor` finds in a database, each with its remedy."""

import pytest

from clilib import TOP


@pytest.fixture
def findings(pb, shared):
    """findings(CHECK): those of a check that are not fine, [(severity, message, remedy, details)]."""
    def run(check, url=None):
        said = pb("doctor", "--book", url or shared.url(), json=True).json
        return [(c["severity"], c["message"], c["remedy"], c["details"])
                for c in said["checks"] if c["check"] == check and c["severity"] != "ok"]
    return run


def test_doctor__of_a_book_that_setup_made_is_fine(pb, shared):
    said = pb.json("doctor", "--book", shared.url())
    checks = {c["check"]: c for c in said["checks"]}
    assert {"book", "schema", "validity", "rights", "durability", "server", "policy"} <= set(
        checks)
    assert said["errors"] == 0
    # The tests' server is told that no machine ever fails.
    assert checks["durability"]["message"].startswith("fsync is off: what was answered may be gone")
    assert checks["durability"]["remedy"] == "ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf()"
    for check in ("schema", "validity", "rights", "server"):
        assert checks[check]["severity"] == "ok", checks[check]
    assert checks["schema"]["message"].endswith("the latest, and as setup made it")


def test_doctor__holds_the_schema_against_what_setup_makes(shared):
    """The list is written by tools/postgres-objects, after each step of the schema."""
    folder = TOP / "src" / "store" / "postgres"
    made = shared.sql("SET search_path = public, pg_temp;\n\\pset fieldsep '\\t'\n"
                      + (folder / "objects.sql").read_text() + ";")
    assert made.splitlines() == (folder / "objects.txt").read_text().splitlines()


@pytest.mark.parametrize("sql, lines", [
    ("DROP INDEX live_port", ["missing: index live_port"]),
    ("DROP INDEX live_port; CREATE INDEX live_port ON port_allocations (port_number)",
     ["changed: index live_port"]),
    ("ALTER TABLE events ALTER seq DROP DEFAULT", ["changed: column events.seq"]),
    ("ALTER TABLE blocks DROP CONSTRAINT block_overlap",
     ["missing: constraint blocks.block_overlap", "missing: index block_overlap"]),
    ("DROP TRIGGER name_range ON port_allocations", ["missing: trigger port_allocations.name_range"]),
    ("CREATE OR REPLACE FUNCTION use_number(sequence regclass, used bigint) RETURNS bigint "
     "LANGUAGE sql SET search_path = public, pg_temp AS 'SELECT used'",
     ["changed: function use_number(regclass,bigint)"]),
    ("CREATE OR REPLACE VIEW shared_service_ports AS SELECT * FROM shared_service_ports_2",
     ["changed: view shared_service_ports"]),
    ("ALTER SEQUENCE events_seq_seq INCREMENT BY 1", ["changed: sequence events_seq_seq"]),
    ("CREATE TABLE of_the_owner (x int); CREATE INDEX more ON events (at)", []),
])
def test_doctor__names_what_is_not_as_setup_made_it(shared, findings, sql, lines):
    if "_2" in sql:
        shared.sql("CREATE VIEW shared_service_ports_2 AS SELECT * FROM shared_service_ports WHERE "
                   "port > 0")
        definition = shared.sql("SELECT pg_get_viewdef('shared_service_ports')").rstrip(";")
        sql = f"CREATE OR REPLACE VIEW shared_service_ports AS SELECT * FROM ({definition}) x"
    shared.sql(sql)
    found = findings("schema")
    assert [line for f in found for line in f[3]] == lines
    assert all(f[0] == "error" and "setup" in f[2] for f in found)


def test_doctor__names_what_does_not_hold(shared, findings):
    shared.sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'live_port'::regclass;"
               "UPDATE pg_constraint SET convalidated = false WHERE conname = 'blocks_check';"
               "ALTER TABLE instances DISABLE TRIGGER ALL")
    assert [(f[0], f[2]) for f in findings("validity")] == [
        ("error", "ALTER TABLE blocks VALIDATE CONSTRAINT blocks_check"),
        ("error", "REINDEX INDEX live_port"),
        ("error", "ALTER TABLE instances ENABLE TRIGGER ALL")]
    for _severity, _message, remedy, _details in findings("validity"):
        shared.sql(remedy)
    assert findings("validity") == []


def test_doctor__says_what_a_role_may_not(pb, shared, findings):
    role = f"half_{shared.name}"
    shared.sql(f"CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    (severity, message, remedy, _), = findings("rights", shared.url(role))
    assert (severity, message) == ("note", f"the role {role} may read the book, and not write it")
    assert f"GRANT portbook_writer TO {role}" in remedy
    shared.sql(f"GRANT INSERT ON projects, events TO {role}")
    (severity, message, remedy, _), = findings("rights", shared.url(role))
    assert severity == "error" and "port_allocations" in message and "projects" not in message
    assert "docs/postgresql.md" in remedy


def test_doctor__warns_where_everybody_may_write(shared, findings):
    shared.sql("GRANT INSERT ON projects TO PUBLIC; GRANT CREATE ON SCHEMA public TO PUBLIC")
    found = findings("rights")
    assert [f[0] for f in found] == ["warning", "warning"]
    for _severity, _message, remedy, _details in found:
        shared.sql(remedy)
    assert findings("rights") == []


@pytest.mark.usefixtures("roles")
def test_doctor__names_tables_in_which_a_bound_writer_is_not_bound(shared, findings):
    assert findings("rights") == []
    shared.sql("ALTER TABLE port_health_checks DISABLE ROW LEVEL SECURITY")
    (severity, message, remedy, _), = findings("rights")
    assert severity == "error" and message.endswith("others' rows of port_health_checks")
    assert "docs/postgresql.md" in remedy
    shared.sql("ALTER TABLE port_health_checks ENABLE ROW LEVEL SECURITY")
    # As those have it who ran what an earlier version said.
    shared.sql("DROP FUNCTION portbook_may_tell CASCADE")
    (severity, message, remedy, _), = findings("rights")
    assert severity == "warning" and "earlier version" in message and "once more" in remedy


def test_doctor__of_a_server_that_is_away_says_so(pb):
    said = pb("doctor", "--book", "postgres://localhost:1/x", json=True)
    assert said.code == 1 and "cannot be reached" in said.json["checks"][0]["message"], said
