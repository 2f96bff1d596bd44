"""The rules of `allocate` and `release` stand in C and on the server: they are the same."""

import json

import pytest

RANGES = """
name: table
description: a small one
environment: dev
ranges:
  - name: projects
    description: blocks of ten
    ports: 3000-3999
    block: 10
    slice: 2
    slices: top
    environments: [dev]
    avoid: [3001, 3011, 3021]
  - name: roles
    description: production, by roles
    ports: 4000-4999
    block: 10
    slice: 5
    slices: even
    environments: [production]
    roles: {api: 1, db: 2}
  - name: rest
    description: test, and a port rests when it is released
    ports: 5000-5002
    environments: [test]
    cooldown: 1h
  - name: temporary
    description: for a while
    ports: 7000-7999
    temporary: true
    expires: 1d
  - name: shared
    description: of no one project
    ports: 9000-9009
    shared: true
reserved:
  - ports: 3002
    reason: kept
"""

# Words of the program, where {b} is the block's first port; "+ SERVICE" allocates in the range that
# is named behind it, "- PORT" releases.  `sql`: what no program that talks SQL can say is left out.
SITUATIONS = [
    ("lowest first, and not what is avoided or reserved", ["+ web", "+ api", "+ db"]),
    ("one more of a service is not its primary", ["+ web", "+ web", "+ web"]),
    ("a released port comes back to its owner",
     ["+ web", "+ api", "- {b}", "+ new", "- {api}", "+ api", "- {new}", "+ web"]),
    ("of those that were released the one it was known by comes back",
     ["+ web", "+ web", "- {b}", "- {web}", "+ web", "+ web"]),
    ("the next oldest becomes the primary", ["+ web", "+ web", "+ web", "- {b}", "+ web"]),
    ("what another has meanwhile does not come back", ["+ web", "- {b}", "+ api", "+ web"]),
    ("reserved for it, and for another", [
        "reserve {b}-{c} --reason mine --for {project}", "+ web",
        "reserve {d} --reason kept", "+ api", "+ db"]),
    ("a second instance takes its slice away", [
        "+ web", "get {project}@2/web", "reserve {d}-{g} --reason kept", *["+ s{n}"] * 3]),
    ("a block that is full", ["reserve {b}-{g} --reason kept", *["+ s{n}"] * 4]),
    ("roles, from the top", ["+ db roles", "+ api roles", "+ web roles", "+ db roles", "- {db}",
                             "+ db roles"]),
    ("a flat range that cools down", ["+ a rest", "+ b rest", "- {a}", "+ c rest", "+ d rest",
                                      "+ a rest", "+ e rest"]),
    ("a port that is preferred", [
        "get {project}/web --prefer {c}", "get {project}/api --prefer {c}",
        "get {project}/db --prefer 9000"]),
    ("what is said of it", ["get {project}/web --type web --description it --notes so --unit u "
                            "--hostname x.example.org --tunnel t --meta a=1",
                            "release {project}/web"]),
    ("names that share a variable", ["+ a-b", "+ a.b", "+ a_c"]),
    # What the server does not do alone: see docs/decisions/0061.
    ("one certain port, or none", [
        "allocate {project}/web --port {c}", "+ web", "allocate {project}/api --port {c}",
        "reserve {d} --reason kept", "allocate {project}/api --port {d}", "+ api", "+ db",
        "allocate {project}/far --port 3999", "- {c}", "+ web"]),
    ("a port in place of another", [
        "+ web", "allocate {project}/web --replace", "+ api",
        "allocate {project}/web --replace --port {g}", "+ web", "- {g}", "+ web",
        "allocate {project}/new --replace", "allocate {project}/api --replace --prefer {j}"]),
    ("ports of another instance", [
        "+ web", "get {project}@2/web", "allocate {project}@2/web", "allocate {project}@2/web",
        "release {project}@2/web", "get {project}@2/web", "+ web", "+ web",
        "allocate {project}@2/web --port {b}", "allocate {project}@2/api --prefer {c}",
        "allocate {project}@3/web", "allocate {project}@2/web --replace", "+ api"]),
    ("udp beside tcp", [
        "+ dns", "get {project}/dns --udp", "allocate {project}/dns --udp", "+ dns-udp",
        "release {project}/dns --udp", "get {project}/dns --udp", "- {b}", "+ dns",
        "allocate {project}/dns --udp --port {b}"]),
    ("another host has its own ports", [
        "+ web", "get {project}/web --host far", "get {project}/api --host far", "+ api",
        "release {project}/web --host far", "get {project}/db --host far",
        "get {project}/web --host far", "reserve {e} --reason kept --host far", "+ db", "+ more",
        "get {project}/more --host far"]),
    ("a role that is asked for", [
        "get {project}/web --env production --role db", "+ db roles",
        "get {project}/x --env production --role api", "allocate {project}/y --env production "
        "--role api", "+ web roles", "release {project}/x --env production", "+ api roles"]),
    ("temporary ones", [
        "get {project}/try --temporary --for 2h", "allocate {project}/try --temporary", "+ try",
        "release {project}/try", "get {project}/try --temporary"]),
    ("temporary ones, one more", ["+ try temporary", "+ try temporary", "- {try}", "+ web"]),
    ("archived", ["+ web", "project set {project} --status archived", "+ web", "- {b}"]),
]
NOT_BY_SQL = {"a port that is preferred", "what is said of it"}

# The program enters an instance with its first port, and programs that talk SQL do not.
OF_PORTS = {"add-block", "allocate", "release", "promote", "update"}
OF_A_BOOK = {"id", "allocatedAt", "releasedAt", "expiresAt", "allocatedBy"}


def same_in_all(event):
    """What of an event is not of its book or its time."""
    rows = [row and {k: v for k, v in row.items() if k not in OF_A_BOOK} | {
            "expires": row.get("expiresAt") is not None}
            for row in (event["before"], event["after"])]
    return [event["operation"], event["subject"], event["serviceName"], event["port"], *rows]


class Teller:
    """Does what a situation says, one way, and keeps what was given."""

    def __init__(self, pb, url, database=None):
        self.pb, self.url, self.database = pb, url, database

    def say(self, *words, check=False):
        return self.pb(*words, "--book", self.url, check=check)

    def allocate(self, project, service, range_name="projects"):
        if self.database:
            run = self.database.server.psql(
                self.database.name, "SELECT allocate_port(p.id, r.id, "
                f"'{service}') FROM projects p, port_ranges r WHERE p.name = '{project}' "
                f"AND r.range_name = '{range_name}'", check=False)
            return int(run.stdout) if run.returncode == 0 else None
        env = {"roles": "production", "rest": "test"}.get(range_name, "dev")
        how = ["--temporary"] if range_name == "temporary" else ["--env", env]
        run = self.say("allocate", f"{project}/{service}", *how)
        return int(run.out) if run.code == 0 else None

    def release(self, port):
        if self.database:
            return self.database.sql(f"SELECT release_port({port})") == "t"
        return self.say("release", port).code == 0

    def tell(self, number, words):
        project, block = f"p{number}", 3000 + 10 * number
        self.say("project", "add", project, "--number", str(number), check=True)
        got, names = [], {"project": project, **dict(zip("bcdefghij", range(block, block + 10)))}
        for n, what in enumerate(words):
            verb, *rest = what.format(n=n, **names).split()
            if verb == "+":
                got.append(self.allocate(project, *rest))
                names[rest[0]] = got[-1]
            elif verb == "-":
                got.append(self.release(rest[0]))
            else:
                got.append(self.say(verb, *rest).code)
        return got


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    path = tmp_path_factory.mktemp("policy") / "table.yaml"
    path.write_text(RANGES)
    return path


def told(teller, policy, left_out=()):
    """What was given in each situation, and the events that it left."""
    teller.say("policy", "use", policy, check=True)
    given = {name: teller.tell(n, words) for n, (name, words) in enumerate(SITUATIONS, 1)
             if name not in left_out}
    events = json.loads(teller.say("history", "--json", "--limit", "5000").out)["events"]
    return {name: (given[name], [same_in_all(e) for e in events if e["operation"] in OF_PORTS
                                 and e["projectName"] == f"p{n}"])
            for n, (name, _) in enumerate(SITUATIONS, 1) if name in given}


def test_rules__are_the_same_in_a_file_on_a_server_and_by_sql(pb, server, policy):
    in_c = told(Teller(pb, pb.base / "rules.db"), policy)
    for by_sql in (False, True):
        book = server.new_database()
        pb.ok("setup", "--book", book.url())
        done = told(Teller(pb, book.url(), book if by_sql else None), policy,
                    NOT_BY_SQL if by_sql else ())
        for name, did in done.items():
            assert did[0] and did[1] and did == in_c[name], (name, by_sql)
        # What a book in a file has room for: `copy` cuts nothing.
        assert book.sql("SELECT t FROM (SELECT unnest(ARRAY[allocated_at, released_at]) FROM "
                        "port_allocations UNION SELECT at FROM events UNION SELECT created_at "
                        "FROM blocks) v(t) WHERE t <> date_trunc('milliseconds', t)") == ""


def test_rules__whose_a_listener_is_the_program_finds_out_for_the_server(pb, shared, listen,
                                                                         project_dir):
    """A port that comes back is passed over for a stranger, and not for the project itself."""
    url, folders = ("--book", shared.url()), {name: project_dir(name) for name in ("shop", "other")}
    for port, cwd, again in ((3100, "shop", 3100), (3101, "other", 3102)):
        assert pb.ok("get", f"shop/s{port}", "--create", *url) == str(port)
        pb.ok("project", "set", "shop", "--path", folders["shop"], *url)
        pb.ok("release", str(port), *url)
        listen(port, cwd=folders[cwd])
        assert pb.ok("get", f"shop/s{port}", *url) == str(again)
