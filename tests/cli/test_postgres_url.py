"""What a URL of PostgreSQL says, and what is said where it cannot be had: TLS, hosts, timeouts."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from networks import ip, until
from pgserver import Server
from test_postgres_many import Talker, assert_whole_ports, lines_hold, writers  # noqa: F401


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="session")
def certificates():
    """A folder with a CA, another one, and what the first says of "localhost"."""
    folder = Path(tempfile.mkdtemp(prefix="portbook-test-"))
    folder.chmod(0o755)
    for name in ("ca", "other"):
        openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out",
                f"{name}.crt")
    openssl(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr")
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    openssl(folder, "x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
            "-days", "2", "-extfile", "names", "-out", "server.crt")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def secure(certificates, pb):
    """secure(MORE, host): the URL of a book on a server that is reached by TLS and a password."""
    rules = pb.base / "pg_hba.conf"
    rules.write_text("local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n")
    key = pb.base / "server.key"
    shutil.copy(certificates / "server.key", key)
    key.chmod(0o600)
    if os.environ["PORTBOOK_TESTS_WERE_ROOT"] == "1":
        shutil.chown(key, "nobody", "nogroup")
    server = Server("listen_addresses=127.0.0.1", f"hba_file={rules}", "ssl=on",
                    f"ssl_key_file={key}", f"ssl_cert_file={certificates}/server.crt")
    try:
        book = server.new_database()
        pb.ok("setup", "--book", book.url())
        book.sql("CREATE ROLE keeper SUPERUSER LOGIN PASSWORD 'hunter2'")
        yield lambda more, host="localhost", password="hunter2": (
            f"postgres://keeper:{password}@{host}/{book.name}?{more}")
    finally:
        server.remove()


def test_tls__is_used_as_the_url_says_and_no_password_is_told(pb, secure, certificates):
    right, other = (f"sslrootcert={certificates}/{name}.crt" for name in ("ca", "other"))
    assert pb.ok("get", "shop/web", "--create", "--book", secure("sslmode=require")) == "3100"
    for more in (f"sslmode=verify-full&{right}", f"sslmode=verify-ca&{right}", "sslmode=prefer"):
        assert pb.ok("get", "shop/web", "--book", secure(more)) == "3100"
    # By its number the host is not whom the certificate is about.
    assert pb.ok("get", "shop/web", "--book",
                 secure(f"sslmode=verify-ca&{right}", "127.0.0.1")) == "3100"
    for more, host, words in (
            (f"sslmode=verify-full&{other}", "localhost", "certificate verify failed"),
            (f"sslmode=verify-ca&{other}", "localhost", "certificate verify failed"),
            (f"sslmode=verify-full&{right}", "127.0.0.1", "does not match host name"),
            ("sslmode=verify-full&sslrootcert=/nowhere.crt", "localhost", "/nowhere.crt"),
            ("sslmode=disable", "localhost", "no encryption")):
        said = pb.fails(5, "get", "shop/web", "--book", secure(more, host)).err
        assert words in said and "cannot be reached" in said and "hunter2" not in said, said
        assert "\n  " in said or "/nowhere" in said, "what to do is a line of its own"
    for json in (False, True):
        said = pb.fails(5, "list", "--book", secure("sslmode=require", password="letmein"),
                        json=json)
        assert "authentication failed" in said.out + said.err
        assert "letmein" not in said.out + said.err and "***" in said.out + said.err


# ---- several hosts

@pytest.fixture(scope="session")
def copied(server):
    """A standby of the tests' server: it may be read, and not written."""
    copy = Server(copy_of=server)
    yield copy
    copy.remove()


def has_replayed(primary, copy):
    """What the one has, the other has, too."""
    at = primary.psql("postgres", "SELECT pg_current_wal_lsn()").stdout.strip()
    return copy.psql("postgres", f"SELECT pg_last_wal_replay_lsn() >= '{at}'").stdout == "t\n"


def test_hosts__the_one_that_can_be_written_to_is_taken(pb, shared, copied):
    folder = shared.server.folder
    until(lambda: has_replayed(shared.server, copied))
    for hosts in (f"{copied.folder},{folder}", f"/nowhere,{copied.folder},{folder}"):
        book = f"postgres://postgres@/{shared.name}?host={hosts}"
        port = pb.ok("allocate", "shop/web", "--create", "--book", book)
        assert pb.json("list", "--book", shared.url())["ports"][-1]["port"] == int(port)


def test_hosts__a_copy_alone_may_be_read(pb, shared, copied):
    pb.ok("get", "shop/web", "--create", "--book", shared.url())
    until(lambda: has_replayed(shared.server, copied))
    book = ["--book", f"postgres://postgres@/{shared.name}?host={copied.folder}"]
    assert pb.ok("get", "shop/web", *book) == "3100"
    assert "3100" in pb.ok("list", *book)
    said = pb.fails(5, "get", "shop/api", *book).err
    assert "may only be read there" in said and "target_session_attrs=read-write" in said


def test_hosts__that_are_all_away_are_all_named(pb):
    said = pb.fails(5, "list", "--book", "postgres://127.0.0.1:1,127.0.0.1:2/x").err
    assert "port 1 failed" in said and "port 2 failed" in said and said.count("\n") <= 2, said


def test_hosts__one_that_is_silent_is_left_for_the_next(pb, shared):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        # The port of the second is the usual one, as it is empty.
        hosts = (f"host=127.0.0.1,{shared.server.folder}&port={silent.getsockname()[1]},"
                 "&connect_timeout=2")
        book = f"postgres://postgres@/{shared.name}?{hosts}"
        done = pb("get", "shop/web", "--create", "--book", book)
        assert (done.code, done.out.strip()) == (0, "3100")
        assert "expired" not in done.err and "FATAL" not in done.err


def test_hosts__are_as_the_url_wants_them(pb, shared, copied):
    pb.ok("get", "shop/web", "--create", "--book", shared.url())
    until(lambda: has_replayed(shared.server, copied))

    def book(wanted, *folders):
        return ["--book", f"postgres://postgres@/{shared.name}?host={','.join(map(str, folders))}"
                f"&target_session_attrs={wanted}"]
    primary, copy = shared.server.folder, copied.folder
    for wanted, hosts, may_write in (
            ("prefer-standby", (primary, copy), False),
            ("prefer-standby", (primary, "/nowhere"), True),
            ("standby", (primary, copy), False),
            ("primary", (copy, primary), True),
            ("any", (copy, primary), False)):
        code = pb("allocate", "shop/web", *book(wanted, *hosts)).code
        assert code == (0 if may_write else 5), (wanted, hosts)
    assert "hot standby" in pb.fails(5, "list", *book("standby", primary, "/nowhere")).err
    said = pb.fails(5, "list", "--book", "postgres:///x?host=/a,/b&port=1,2,3").err
    assert "3 port" in said, said


@pytest.mark.slow
def test_hosts__a_copy_that_takes_over_has_all_that_was_answered(pb, writers):  # noqa: F811
    primary, copy = Server(), None
    try:
        book = primary.new_database()
        pb.ok("setup", "--book", book.url())
        pb.ok("project", "add", "shop", "--book", book.url())
        copy = Server(copy_of=primary)
        primary.psql("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.psql("postgres", "SELECT pg_reload_conf()")
        until(lambda: "sync" in primary.psql(
            "postgres", "SELECT sync_state FROM pg_stat_replication").stdout.split())
        url = f"postgres://postgres@/{book.name}?host={primary.folder},{copy.folder}"
        talkers = [Talker(pb, writers, url) for _ in range(4)]
        until(lambda: all(len(t.lines) > 8 for t in talkers))
        primary.remove()
        copy.psql("postgres", "SELECT pg_promote()")
        said = [len(t.lines) for t in talkers]
        until(lambda: all(len(t.lines) > n + 4 for t, n in zip(talkers, said)))
        sure = [port for t in talkers for port in lines_hold(t.end())]
        book.server = copy
        assert len(sure) == len(set(sure)) and set(sure) <= set(assert_whole_ports(book))
    finally:
        primary.remove()
        if copy:
            copy.remove()


# ---- time

def test_connect_timeout__ends_the_wait_for_a_host_that_swallows_all(pb):
    made = ip("link add v0 type veth peer name v1\naddr add 10.99.0.1/24 dev v0\nlink set v0 up\n"
              "link set v1 up\nneigh add 10.99.0.2 lladdr 02:00:00:00:00:02 dev v0 nud permanent\n")
    if made.returncode != 0:
        pytest.skip(f"no network device can be made here: {made.stderr.strip()}")
    begin = time.monotonic()
    said = pb.fails(5, "list", "--book", "postgres://10.99.0.2/x?connect_timeout=2").err
    assert "timeout expired" in said
    assert time.monotonic() - begin < 60, "the kernel tries for two minutes"


@pytest.mark.parametrize("setting, words", [
    ("lock_timeout=50", ["has been held by others for too long", "pg_stat_activity"]),
    ("statement_timeout=50", ["has taken too long to answer", "try again"]),
])
def test_timeout__of_the_server_is_said_in_a_sentence(pb, shared, setting, words):
    source = Path(__file__).resolve().parents[2] / "src" / "store" / "postgres" / "statements.h"
    number = re.search(r"pg_advisory_xact_lock\((\d+)\)", source.read_text())[1]
    pb.ok("project", "add", "shop", "--book", shared.url())
    holder = subprocess.Popen(
        ["psql", "-XAtq", "-h", shared.server.folder, "-U", "postgres", "-d", shared.name],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        env={"PATH": os.environ["PATH"]})
    pb.started.append(holder)
    holder.stdin.write(f"SELECT 'held' FROM pg_advisory_lock({number});\n")
    holder.stdin.flush()
    assert holder.stdout.readline() == "held\n"
    book = ["--book", shared.url(more="&options=-c%20" + setting.replace("=", "%3D"))]
    said = pb.fails(5, "get", "shop/web", *book).err
    assert all(word in said for word in words), said
    assert pb.json("list", "--book", shared.url())["ports"] == [], "who reads waits for nobody"
    holder.communicate()
    assert pb.ok("get", "shop/web", "--book", shared.url()) == "3100"


# ---- portbook serve, which is in its sandbox when the connection is lost

def test_serve__connects_again_by_tls(pb, secure, certificates):
    """The name, the certificate and the socket are found again inside of the sandbox."""
    url = secure(f"sslmode=verify-full&sslrootcert={certificates}/ca.crt")
    path = pb.base / "api.sock"
    asked = ["--book", f"unix:{path}"]

    def psql(sql):
        return int(subprocess.run(["psql", "-XAtq", url, "-c", sql], check=True,
                                  capture_output=True, text=True).stdout)
    ours = "FROM pg_stat_activity WHERE application_name = 'portbook'"
    server = pb.start("serve", "--listen", f"unix:{path}", "--book", url)
    assert server.stdout.readline() == f"listening on unix:{path}\n"
    pb.ok("get", "shop/web", "--create", *asked)
    for name, port in (("api", "3101"), ("db", "3102")):
        # Who reads, who writes, and who hears of changes.
        assert psql(f"SELECT count(pg_terminate_backend(pid)) {ours}") == 3
        assert pb.ok("get", f"shop/{name}", *asked) == port
        pb.ok("list", *asked)
        until(lambda: psql(f"SELECT count(*) {ours}") == 3)
    server.terminate()
    assert server.wait(timeout=30) == 0
