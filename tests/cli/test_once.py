"""A change with a name is made once; and what a server ends is made again."""

import pytest

from books import start_at_once

DAY_MS = 24 * 60 * 60 * 1000


def test_once__the_same_change_is_made_once(pb):
    allocate = ["allocate", "shop/worker", "--create", "--once", "build-4711"]
    assert pb.ok(*allocate) == pb.ok(*allocate) == "3100"
    assert pb.ok("allocate", "shop/worker", "--once", "build-4712") == "3101"
    assert len(pb.json("history", "shop/worker")["events"]) == 2


def test_once__is_answered_what_was_answered_then(pb):
    first = pb.ok("allocate", "shop/web", "--create", "--once", "one", "--json")
    pb.ok("release", "shop/web")
    assert pb.ok("allocate", "shop/web", "--create", "--once", "one", "--json") == first
    assert pb.json("list")["ports"] == []


def test_once__of_another_change_is_refused(pb):
    pb.ok("get", "shop/web", "--create", "--once", "one")
    said = pb.fails(2, "get", "shop/api", "--once", "one").err
    assert "the key 'one' was used for another call (get)" in said and "new key" in said


def test_once__is_every_users_own(pb, book, policy):
    pb.ok("allocate", "shop/web", "--create", "--once", "one")
    book.change("UPDATE requests SET actor = ?", "somebody else")
    assert pb.ok("allocate", "shop/web", "--once", "one") == "3101"


def test_once__is_forgotten_after_a_day(pb, book):
    pb.ok("allocate", "shop/web", "--create", "--once", "one")
    book.let_pass("requests", "at", DAY_MS - 60000)
    assert pb.ok("allocate", "shop/web", "--create", "--once", "one") == "3100"
    book.let_pass("requests", "at", 120000)
    # Once in an hour: that this one was is a row, too.
    book.change("DELETE FROM requests WHERE actor = ''")
    pb.ok("release", "3100", "--once", "two")
    assert [row for row in book.dump() if "INTO" in row and "requests" in row and "one" in row] == []
    assert pb.ok("allocate", "shop/web", "--create", "--once", "one") == "3100"


# ---- a server that ends what it was asked

@pytest.fixture
def trips(shared, pb):
    """trips(N, SQL): the first N times that a port is entered, the server does SQL; how often it was."""
    pb.ok("project", "add", "shop", "--book", shared.url())

    def run(times, sql):
        shared.sql(f"""
            CREATE SEQUENCE tried;
            CREATE FUNCTION trip() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('tried') <= {times} THEN
                    {sql};
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER trip BEFORE INSERT ON port_allocations
                FOR EACH ROW EXECUTE FUNCTION trip();""")
        return lambda: int(shared.sql("SELECT last_value FROM tried"))
    return run


@pytest.mark.parametrize("sql", [
    "RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'",
    "RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001'",
    "PERFORM pg_terminate_backend(pg_backend_pid())",
])
def test_again__what_the_server_ended_is_done_once(pb, shared, trips, sql):
    tried = trips(2, sql)
    assert pb.ok("allocate", "shop/web", "--book", shared.url()) == "3100"
    assert tried() == 3
    assert [e["operation"] for e in pb.json("history", "shop/web", "--book", shared.url())["events"]
            ] == ["allocate"]
    assert len(pb.json("list", "--book", shared.url())["ports"]) == 1


def test_again__has_an_end(pb, shared, trips):
    tried = trips(1000, "RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'")
    said = pb.fails(5, "allocate", "shop/web", "--book", shared.url()).err
    assert "deadlock detected" in said and "try again" in said
    assert tried() == 6


def test_again__what_the_book_refuses_is_refused_once(pb, shared, trips):
    tried = trips(1000, "RAISE EXCEPTION 'no' USING ERRCODE = '23514'")
    assert "does not take that: no" in pb.fails(2, "allocate", "shop/web", "--book",
                                                shared.url()).err
    assert tried() == 1


def test_once__is_kept_in_a_shared_book_too(pb, shared):
    allocate = ["allocate", "shop/web", "--create", "--once", "one", "--book", shared.url()]
    assert pb.ok(*allocate) == pb.ok(*allocate) == "3100"
    assert shared.sql("SELECT count(*) FROM requests WHERE key = 'one'") == "1"


def test_once__16_at_once_make_one_change(pb, shared):
    pb.ok("project", "add", "shop", "--book", shared.url())
    done = start_at_once(
        pb, [f"$PB allocate shop/web --once one --book '{shared.url()}'"] * 16)
    assert {(out, status) for out, _, status in done} == {("3100\n", 0)}, done
