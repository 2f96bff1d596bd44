"""Looking into a book from outside, with Python's own SQLite, and many programs at once."""

import json
import os
import sqlite3
import subprocess
import time

# One project owns 4000 ports.
WIDE = """\
name: wide
description: a wide block for each project
ranges:
  - name: projects
    description: blocks of 4000
    ports: 20000-59999
    block: 4000
    strategy: sequential
"""

# The ports of the fixture `shop`.
SHOP = {20000, 20001, 20002}

# The search for leaks traces the process itself: two cannot do that, nor one whose user changes.
TRACED = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


def look_into(book):
    """A connection that writes nothing but what SQLite itself needs to read."""
    db = sqlite3.connect(f"file:{book}?mode=ro", uri=True, timeout=30)
    db.row_factory = sqlite3.Row
    return db


def settle(book):
    """Write the log back, as the last program does that closes a book."""
    db = sqlite3.connect(book)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def live_ports(book):
    with look_into(book) as db:
        return {row[0] for row in db.execute(
            "SELECT port_number FROM port_allocations WHERE released_at IS NULL")}


def assert_whole(book, answered=()):
    """The file is sound, no change in it is half made, and every answered port is entered.

    Half made would be an entry without the event that says so, or the other way round.
    """
    db = look_into(book)
    try:
        assert [row[0] for row in db.execute("PRAGMA integrity_check")] == ["ok"]
        entries = {row["id"]: row for row in db.execute("SELECT * FROM port_allocations")}
        projects = {row["id"] for row in db.execute("SELECT id FROM projects")}
        instances = {tuple(row) for row in db.execute("SELECT project_id, number FROM instances")}
        said = {}  # entry -> its last state, as the history tells it
        for event in db.execute("SELECT * FROM events WHERE port IS NOT NULL ORDER BY seq"):
            after = json.loads(event["after"] or "{}")
            if "serviceName" in after:
                said[after["id"]] = after
        live = [(row["hostname"], row["protocol"], row["port_number"])
                for row in entries.values() if row["released_at"] is None]
    finally:
        db.close()
    assert said.keys() == entries.keys(), "entries and events differ"
    for key, row in entries.items():
        assert said[key]["port"] == row["port_number"]
        assert said[key]["status"] == row["status"]
        assert (row["project_id"], row["instance"]) in instances, "an entry of no instance"
        assert row["project_id"] in projects, "an entry of no project"
    assert len(live) == len(set(live)), "a port has two owners"
    missing = set(answered) - {port for _host, _protocol, port in live}
    assert not missing, f"answered, and not entered: {sorted(missing)}"


def wait_all(processes, seconds):
    """[(stdout, stderr, exit status)] of processes whose answers fit into a pipe."""
    deadline = time.monotonic() + seconds
    return [(*process.communicate(timeout=deadline - time.monotonic()), process.returncode)
            for process in processes]


def start_at_once(pb, commands, seconds=110):
    """Start shell commands that all wait for one another, then go.  [(stdout, stderr, status)]

    Each has to be written for sh; $PB is the program.
    """
    read, write = os.pipe()
    processes = []
    try:
        for command in commands:
            processes.append(subprocess.Popen(
                ["sh", "-c", f"read go; exec </dev/null; {command}"], stdin=read,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=pb.work,
                start_new_session=True, env=pb.environment({"PB": pb.program})))
    finally:
        pb.started += processes  # whatever happens, the test's end ends them
        os.close(read)
        os.close(write)  # that is the signal: their `read` finds the end
    return wait_all(processes, seconds)
