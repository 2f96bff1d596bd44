"""Bad input is refused with a clear message, and the book stays as it was (issue 2, item 5)."""

import json

import pytest

from clilib import text_of
from clilib import one_object

# Bytes that are no UTF-8 come as surrogates, which Python puts into argv as the bytes they were.
NOT_UTF8 = b"\xff\xfe".decode("utf-8", "surrogateescape")
HALF_UTF8 = b"we\xc3".decode("utf-8", "surrogateescape")
OVERLONG = b"\xc0\xaf".decode("utf-8", "surrogateescape")

NO_NAMES = [
    pytest.param("", id="empty"),
    pytest.param(" ", id="blank"),
    pytest.param("a b", id="blank inside"),
    pytest.param("a" * 64, id="64 letters"),
    pytest.param("a" * 10000, id="10000 letters"),
    pytest.param(".", id="dot"),
    pytest.param("..", id="two dots"),
    pytest.param("a..b", id="two dots inside"),
    pytest.param(".a", id="dot first"),
    pytest.param("-a", id="dash first"),
    pytest.param("_a", id="underscore first"),
    pytest.param("a\nb", id="newline"),
    pytest.param("a\tb", id="tab"),
    pytest.param("a\x1b[2J", id="escape sequence"),
    pytest.param("a\x7f", id="DEL"),
    pytest.param("a\u0085b", id="C1 control"),
    pytest.param("a\u202eb", id="turns the line round"),
    pytest.param(NOT_UTF8, id="no UTF-8"),
    pytest.param(HALF_UTF8, id="half a character"),
    pytest.param(OVERLONG, id="overlong"),
    pytest.param("größe", id="umlauts"),
    pytest.param("日本", id="kanji"),
    pytest.param("a:b", id="colon"),
    pytest.param("a;rm -rf ~", id="shell"),
    pytest.param("$(id)", id="substitution"),
    pytest.param("a'b", id="quote"),
    pytest.param('a"b', id="double quote"),
    pytest.param("a\\b", id="backslash"),
    pytest.param("%s%n", id="format"),
    pytest.param("a=b", id="equals sign"),
]

NO_PORTS = ["0", "00", "65536", "99999999999999999999", "-1", "3000x", "x3000", "3000.0", "3e3",
            "0x50", " 3000", "3000 ", "+3000", "", "３０００", "3000,3001", "3000-3001"]

NO_RANGES = ["3005-3000", "3000-", "-3000", "3000-65536", "0-10", "3000--3001", "3000-3001-3002",
             "3000,", ",3000", "3000,,3001", "3000; 3001", "3000 - 3001", "", "a-b",
             ",".join(map(str, range(3000, 3065))), "1" * 2000]


@pytest.fixture
def refused(pb, book):
    """refused(*command): leaves with 2, says why on stderr alone, and the book is as it was."""
    def run(*command, **options):
        before = book.dump()
        plain = pb.fails(2, *command, **options)
        assert plain.out == "", plain
        assert plain.err.startswith("portbook: ") and len(plain.err) < 4000, plain
        assert not set(plain.err) & {"\x1b", "\x7f", "\t", "\r", "\u202e"}, plain
        result = pb.fails(2, "--json", *command, **options)
        said = one_object(result)
        assert said["success"] is False and said["error"]["code"] == "invalid", result
        assert said["error"]["message"], result
        assert result.err == "", result
        assert book.dump() == before
        return said["error"]
    return run


@pytest.fixture
def p(pb):
    """The project p, number 1, with one service on 3100."""
    pb.ok("project", "add", "p", "--number", 1)
    pb.ok("get", "p/web")


# --- names

@pytest.mark.parametrize("name", NO_NAMES)
def test_service__that_is_no_name_is_refused(p, refused, name):
    refused("get", "--", f"p/{name}")


@pytest.mark.parametrize("name", NO_NAMES)
def test_project__that_is_no_name_is_refused(p, refused, name):
    refused("project", "add", "--", name)


@pytest.mark.parametrize("name", NO_NAMES)
def test_project__that_is_no_name_is_not_made_by_create(p, refused, name):
    refused("get", "--create", "--", f"{name}/web")


@pytest.mark.parametrize("name", NO_NAMES)
def test_environment__that_is_no_name_is_refused(pb, p, refused, name):
    refused("get", "p/new", f"--env={name}")
    if name:  # unset and empty are the same
        refused("get", "p/new", env={"PORTBOOK_ENV": name})


@pytest.mark.parametrize("name", NO_NAMES)
def test_host__that_is_no_name_is_refused(p, refused, name):
    refused(f"--host={name}", "get", "p/new")


@pytest.mark.parametrize("name", NO_NAMES)
@pytest.mark.parametrize("option", ["type", "role"])
def test_type_and_role__that_are_no_names_are_refused(p, refused, option, name):
    refused("get", "p/new", f"--{option}={name}")


@pytest.mark.parametrize("name", NO_NAMES)
def test_rename__to_what_is_no_name_is_refused(p, refused, name):
    refused("project", "rename", "--", "p", name)


@pytest.mark.parametrize("name", NO_NAMES)
def test_move__to_what_is_no_name_is_refused(p, refused, name):
    refused("move", "--", "p/web", f"p/{name}")


@pytest.mark.parametrize("name", ["", "a..b", "a b", NOT_UTF8, "x" * 300])
def test_init__project_that_is_no_name_is_refused(p, refused, project_dir, name):
    shop = project_dir("shop")
    refused("init", f"--project={name}", cwd=shop)
    refused("init", f"--services=web,{name}", cwd=shop)
    assert sorted(f.name for f in shop.iterdir()) == [".git", "README.md"]


@pytest.mark.parametrize("ref", [
    "p/web/more", "p//web", "/web", "p/", "//", "/", "p@/web", "p@0/web", "p@-1/web", "p@x/web",
    "p@10000/web", "p@99999999999999999999/web", "p@1@2/web", "@/web", "p@1.5/web", "p @1/web",
    "../web", "p/..", "p@2/../web"])
def test_reference__that_is_none_is_refused(p, refused, ref):
    refused("get", ref)


@pytest.mark.parametrize("command", ["allocate", "register", "release", "update", "move"])
@pytest.mark.parametrize("ref", ["p/", "p/a b", "p@0/web", f"p/{NOT_UTF8}", "p/" + "a" * 64])
def test_reference__that_is_none_is_refused_by_every_command(p, refused, command, ref):
    more = {"register": ["4000"], "update": ["--notes", "x"], "move": ["api"]}.get(command, [])
    refused(command, ref, *more)


@pytest.mark.parametrize("command", [["show"], ["env"], ["history"], ["instance", "next"],
                                     ["list", "--project"], ["check", "3100", "--project"],
                                     ["project", "show"], ["summary"]], ids=" ".join)
@pytest.mark.parametrize("name", ["", "a b", "p@x", "p..q", NOT_UTF8])
def test_project__that_is_no_name_is_refused_by_what_looks(p, refused, command, name):
    refused(*command, name)


# --- ports

@pytest.mark.sanitize
@pytest.mark.parametrize("port", NO_PORTS)
def test_port__that_is_none_is_refused(p, refused, port):
    refused("get", "p/new", f"--port={port}")
    refused("get", "p/new", f"--prefer={port}")


@pytest.mark.parametrize("port", NO_PORTS)
def test_register__of_what_is_no_port_is_refused(p, refused, port):
    refused("register", "--", "p/new", port)


@pytest.mark.parametrize("port", ["0", "65536", "99999999999999999999", "00"])
def test_release__of_what_is_no_port_is_refused(p, refused, port):
    refused("release", port)
    refused("history", port)


@pytest.mark.parametrize("ports", NO_RANGES)
@pytest.mark.parametrize("command", [["check"], ["unreserve"], ["reserve", "--reason", "x"]],
                         ids=lambda c: c[0])
def test_ports__that_are_none_are_refused(p, refused, command, ports):
    refused(*command, "--", ports)


def test_check__of_more_ports_than_anybody_reads_is_refused(p, refused):
    refused("check", "1-65535")


# --- texts

LONG = [("description", 1001), ("notes", 4001), ("unit", 256), ("tunnel", 201)]


@pytest.mark.parametrize("option, length", LONG)
@pytest.mark.parametrize("command", [["get", "p/new"], ["update", "p/web"], ["allocate", "p/web"],
                                     ["register", "p/r", "4000"]], ids=lambda c: c[0])
def test_text__that_is_too_long_is_refused(p, refused, command, option, length):
    refused(*command, f"--{option}", "x" * length)


@pytest.mark.parametrize("option, length", [("description", 1000), ("notes", 4000), ("unit", 255),
                                            ("tunnel", 100)])
def test_text__of_the_greatest_length_is_kept(pb, p, option, length):
    field = {"tunnel": "cloudflareTunnelId"}.get(option, option)
    assert pb.json("get", "p/web", f"--{option}", "x" * length)[field] == "x" * length


@pytest.mark.parametrize("text", ["a\nb", "a\x1b[2Jb", "a\x01", "a\u009bb", NOT_UTF8, HALF_UTF8])
@pytest.mark.parametrize("option", ["description", "notes", "unit", "tunnel"])
def test_text__that_would_harm_a_terminal_is_refused(p, refused, option, text):
    refused("update", "p/web", f"--{option}={text}")


@pytest.mark.parametrize("command", [["project", "add", "q"], ["project", "set", "p"],
                                     ["instance", "add", "p"], ["instance", "set", "p@2"]])
def test_path__with_control_characters_is_told_so(pb, p, refused, command):
    if command[0] == "instance":
        pb("instance", "add", "p@2")
    said = refused(*command, "--path", "/srv/a\tb")
    assert said["message"] == "the path holds control characters or bytes that are not UTF-8"


@pytest.mark.parametrize("text", ["Größe: 日本 ✓", "'; DROP TABLE projects; --", '"quoted"', "%s%n",
                                  "a\\b", "<b>", "👩‍💻", "‏עברית"])
def test_text__of_any_language_is_kept_as_it_is(pb, p, text):
    pb("update", "p/web", "--description", text, check=True)
    assert pb.json("list")["ports"][0]["description"] == text


@pytest.mark.parametrize("hostname", [
    "no dots or blanks", "-a.example.org", "a-.example.org", "a..example.org", ".example.org",
    "example.org.", "a_b.example.org/", "http://a.example.org", "a.example.org:80",
    "a" * 64 + ".example.org", ".".join(["a" * 50] * 6), "größe.example.org", "*.*.example.org",
    "a.*.example.org", NOT_UTF8])
def test_hostname__that_is_no_dns_name_is_refused(p, refused, hostname):
    refused("update", "p/web", f"--hostname={hostname}")


@pytest.mark.parametrize("hostname", ["a.example.org", "*.example.org", "A-1.Example.Org"])
def test_hostname__that_is_one_is_kept_in_small_letters(pb, p, hostname):
    assert pb.json("update", "p/web", "--hostname", hostname)["cloudflareHostname"] == \
        hostname.lower()


@pytest.mark.parametrize("pair", ["", "x", "=x", NOT_UTF8 + "=1", "x=" + NOT_UTF8,
                                  "k" * 300 + "=1"])
def test_meta__that_is_no_pair_is_refused(p, refused, pair):
    refused("update", "p/web", f"--meta={pair}")


@pytest.mark.sanitize
def test_meta__that_is_huge_is_refused(p, refused):
    refused("update", "p/web", "--meta", "x=" + "y" * 20000)
    refused("update", "p/web", *(w for n in range(200) for w in ("--meta", f"k{n}=" + "y" * 100)))


def test_meta__that_grows_beyond_the_limit_is_refused(pb, p, refused):
    for n in range(3):
        pb.ok("update", "p/web", "--meta", f"k{n}=" + "y" * 5000)
    refused("update", "p/web", "--meta", "k3=" + "y" * 5000)


@pytest.mark.parametrize("reason", ["", "x" * 501, "a\nb", NOT_UTF8])
def test_reserve__without_a_proper_reason_is_refused(p, refused, reason):
    refused("reserve", "4000", f"--reason={reason}")


@pytest.mark.parametrize("search", ["", "x" * 201, NOT_UTF8])
def test_search__that_is_none_is_refused(p, refused, search):
    refused("list", f"--search={search}")


@pytest.mark.parametrize("search", ["%", "_", "'", '"', "\\", "*", "we_", "[w]eb", "x' OR 1=1 --"])
def test_search__takes_its_text_as_it_is(pb, p, search):
    assert pb.json("list", "--search", search)["ports"] == []


# --- dates and lengths of time

@pytest.mark.sanitize
@pytest.mark.parametrize("date", [
    "", "tomorrow", "2026", "2026-13-01", "2027-02-29", "2027-02-30", "2027-00-10", "2027-01-00",
    "01.02.2027", "2027-1-1", "2027-01-01T", "2027-01-01T25:00:00Z", "2027-01-01T10:61:00Z",
    "2027-01-01T10:00:00", "2027-01-01T10:00:00.Z", "2027-01-01x", "-2027-01-01", "2020-01-01",
    "1969-12-31", "0000-00-00", "2027-01-01T10:00:00Zx", "9" * 41, NOT_UTF8])
def test_until__that_is_no_coming_date_is_refused(p, refused, date):
    refused("reserve", "4000", "--reason", "x", f"--until={date}")


@pytest.mark.parametrize("length", [
    "", "7", "d", "0d", "-1d", "7y", "7 d", "7d7h", "1.5d", "9999999999999w", "7D", "x7d", "7dd",
    "99999w", "9" * 21, NOT_UTF8])
def test_for__that_is_no_length_of_time_is_refused(p, refused, length):
    refused("get", "p/new", "--temporary", f"--for={length}")


# --- options and words

@pytest.mark.sanitize
@pytest.mark.parametrize("command, nearest", [
    (["get", "p/web", "--instnce", "2"], "--instance"),
    (["get", "p/web", "--prot", "3000"], "--port"),
    (["list", "--projct", "p"], "--project"),
    (["list", "--formt=csv"], "--format"),
    (["--jsn", "list"], "--json"),
    (["--bok", "x", "list"], "--book"),
    (["project", "add", "x", "--nubmer", "3"], "--number"),
    (["release", "p/web", "--yess"], "--yes"),
], ids=lambda c: " ".join(c) if isinstance(c, list) else None)
def test_option__that_is_unknown_names_the_nearest(p, refused, command, nearest):
    assert nearest in text_of(refused(*command))


@pytest.mark.parametrize("command", [["get", "p/web", "-Z"], ["get", "p/web", "--zzzzzz"],
                                     ["-Z"], ["--zzzzzz", "list"], ["list", "-"],
                                     ["get", "p/web", f"--{NOT_UTF8}"]], ids=repr)
def test_option__that_is_unknown_and_near_nothing_is_refused(p, refused, command):
    refused(*command)


@pytest.mark.parametrize("command", [
    ["get", "p/web", "--port"], ["get", "p/web", "-d"], ["list", "--limit"], ["--book"],
    ["get", "p/new", "--create=yes"], ["list", "--json=no"]], ids=" ".join)
def test_option__with_an_argument_missing_or_too_many_is_refused(pb, p, book, command):
    before = book.dump()
    result = pb.fails(2, *command)
    assert result.out == "" or json.loads(result.out)["success"] is False
    assert book.dump() == before


@pytest.mark.parametrize("command, nearest", [
    (["gte", "p/web"], "get"), (["lst"], "list"), (["relase", "p/web"], "release"), (["statu"], "status"),
    (["projct", "list"], "project"), (["polciy", "list"], "policy"),
    (["alocate", "p/web"], "allocate"), (["help", "gte"], "help get"),
    (["help", "polciy"], "help policy?")], ids=lambda c: " ".join(c) if isinstance(c, list) else None)
def test_command__that_is_unknown_names_the_nearest(p, refused, command, nearest):
    assert nearest in text_of(refused(*command))


@pytest.mark.parametrize("command", [
    ["frobnicate"], [""], [NOT_UTF8], ["x" * 10000], ["project"], ["project", "frobnicate"],
    ["instance"], ["policy"], ["project add", "x"], ["help", "frobnicate"], ["policy", "check"]],
    ids=lambda c: repr(c)[:40])
def test_command__that_is_none_is_refused(p, refused, command):
    refused(*command)


@pytest.mark.parametrize("command", [
    ["get"], ["allocate"], ["move"], ["move", "p/web"], ["register"], ["register", "p/x"],
    ["reserve"], ["reserve", "4000"], ["unreserve"], ["release"], ["update"], ["check"],
    ["project", "add"], ["project", "rename", "p"], ["policy", "use"], ["get-port"],
    ["instance", "set", "p"], ["instance", "release", "p"]], ids=" ".join)
def test_command__with_too_few_words_is_refused(p, refused, command):
    refused(*command)


@pytest.mark.parametrize("command", [
    ["get", "p/web", "p/api"], ["list", "p"], ["status", "p"], ["show", "p", "q"],
    ["project", "add", "x", "y"], ["policy", "list", "x"], ["check", "3000", "3001"]],
    ids=" ".join)
def test_command__with_too_many_words_is_refused(p, refused, command):
    refused(*command)


@pytest.mark.parametrize("command", [
    ["list", "--format", "xml"], ["list", "--status", "fine"], ["env", "p", "--format", "csv"],
    ["--color", "sometimes", "list"], ["project", "set", "p", "--status", "fine"]], ids=" ".join)
def test_option__with_a_word_that_is_no_choice_names_the_choices(p, refused, command):
    assert refused(*command)["hint"]


@pytest.mark.parametrize("command", [
    ["get", "p/web", "--instance", "0"], ["get", "p/web", "--instance", "x"],
    ["get", "p/web", "--instance", "-1"], ["get", "p/web", "--instance", "10000"],
    ["list", "--limit", "0"], ["list", "--limit", "x"], ["list", "--after", "65536"],
    ["history", "--limit", "0"], ["project", "add", "x", "--number", "-1"],
    ["project", "add", "x", "--number", "x"], ["project", "add", "x", "--number", "65536"],
    ["project", "add", "x", "--number", "620"]], ids=" ".join)
def test_number__that_is_none_is_refused(p, refused, command):
    refused(*command)


@pytest.mark.parametrize("command", [
    ["get", "p@2/web", "--instance", "3"], ["get", "p/new", "--port", "3150", "--prefer", "3151"],
    ["get", "p/new", "--for", "7d"], ["release", "p/web", "--all"],
    ["get-port", "--type", "db", "--port", "3100"], ["get-port", "p/x", "--new"],
    ["instance", "release", "p@1"], ["move", "p/web", "web"]], ids=" ".join)
def test_options__that_do_not_go_together_are_refused(p, refused, command):
    refused(*command)


# --- files and paths

@pytest.mark.parametrize("content", [
    b"", b"\x00", b"\xff\xfe", b"name: x\n\x00", b"[", b"- a\n- b\n", b"name: x\n", b"ranges: []\n",
    b"name: x\nranges: []\n", b"a: &a [*a]\n", b"name: !!python/object x\n", b"{" * 5000,
    b"name: x\nranges:\n" + b"  - name: a\n    ports: 3000\n" * 100,
    b"name: x\nranges:\n  - {name: a, ports: 3000-3001, avoid: [" + b"3000, " * 100 + b"3000]}\n",
    b"name: " + b"x" * 64 + b"\nranges:\n  - {name: a, ports: 3000-3001}\n",
    b"name: x\nranges:\n  - {name: a, ports: 3000-3001}\n# " + b"x" * (1 << 20),
    b"a: &a b\nb: [*a, *a]\n", b"\xef\xbb\xbf", b"%YAML 9.9\n---\n", b"name: x\n---\nname: y\n",
], ids=lambda c: repr(c)[:30])
def test_policy__file_that_is_none_is_refused(pb, p, book, content):
    path = pb.work / "bad.yaml"
    path.write_bytes(content)
    before = book.dump()
    result = pb.fails(2, "policy", "use", path)
    assert "portbook: " in result.err and len(result.err) < 2000
    assert pb("policy", "check", path).code in (1, 2)
    said = one_object(pb.fails(2, "policy", "use", path, "--json"))
    assert said["error"]["code"] == "invalid"
    assert book.dump() == before


@pytest.mark.parametrize("path", ["", "/" + "x" * 5000, "/a\nb", "/a\x1b[2J", NOT_UTF8])
def test_project__path_that_is_none_is_refused(p, refused, path):
    refused("project", "add", "q", f"--path={path}")


@pytest.mark.parametrize("config", [
    "book", "book: [a]", "books: x", "book: &a x", "book:\n  path: x", "host: a b", "host: ''",
    "book: ''", "[", "book: x\nbook: y\nbok: z", "\x00", "- book"], ids=repr)
def test_config__that_is_wrong_is_refused_and_names_the_file(pb, book, config):
    path = pb.home / "config" / "portbook" / "config.yaml"
    path.parent.mkdir()
    path.write_text(config)
    before = book.dump()
    result = pb.fails(2, "list")
    assert "config.yaml" in result.err
    assert one_object(pb.fails(2, "list", "--json"))["error"]["code"] == "invalid"
    assert book.dump() == before


@pytest.mark.parametrize("content", [
    b"services: [", b"\x00\x01", b"services:\n  web: &a\n    ports: *a\n", b"\xff" * 100,
    b"{" * 5000], ids=lambda c: repr(c)[:30])
@pytest.mark.parametrize("name", ["compose.yaml", "package.json", "supabase/config.toml",
                                  "Procfile", ".env.example"])
def test_init__file_that_makes_no_sense_is_not_fatal(pb, project_dir, name, content):
    shop = project_dir("shop", git=False)
    (shop / name).parent.mkdir(exist_ok=True)
    (shop / name).write_bytes(content)
    pb("init", cwd=shop, check=True)
    said = one_object(pb("init", "--json", cwd=shop, check=True))
    assert said["success"] is True


@pytest.mark.parametrize("path", ["nowhere", "a-file", "", "x" * 5000])
def test_init__of_what_is_no_directory_fails(pb, book, path):
    (pb.work / "a-file").write_text("")
    before = book.dump()
    assert pb("init", path).code in (1, 2)
    assert book.dump() == before


def test_books__url_that_nobody_understands_is_refused(pb):
    for url in ("ftp://x/y", "http://", "postgres://", "://"):
        result = pb("--book", url, "list", "--json")
        assert result.code != 0 and one_object(result)["success"] is False
    pb.fails(2, "--book", "", "list")


@pytest.mark.parametrize("length", range(1, 5))
def test_message__that_is_cut_inside_of_a_character_is_still_json(refused, length):
    refused("x" * length + "ö" * 1000)
    refused("get", "x" * length + "日" * 1000)


@pytest.mark.sanitize
def test_words__of_great_number_and_length(pb, p, refused):
    refused("get", *["x"] * 2000)
    refused("get", "x" * 100000)
    refused("help", *["x" * 100] * 500)
    refused("check", "3000," * 20000)


def test_number__where_a_service_is_wanted_is_taken_for_the_port_it_is(pb):
    for command in (["get"], ["allocate"], ["run", "--plain"]):
        refused = pb(*command, "3100", *(["--", "true"] if command[0] == "run" else []))
        assert (refused.code, refused.out) == (2, "")
        assert "'3100' is a port, and a service is wanted" in refused.err
        assert "portbook check 3100" in refused.err
    for none in ("0", "65536", "99999999999999999999"):
        assert pb.fails(2, "get", none).err.startswith(f"portbook: '{none}' is not a port")
    assert pb.ok("list") == ""
    assert "portbook check 3100" in pb("summary", "3100").err
    assert "portbook get web" in pb("check", "web").err
    assert pb.ok("get", "shop/3100", "--create") == "3100"
