"""The man pages: they say what --help says, miss nothing, and can be read."""

import csv
import io
import json
import re
import subprocess

import pytest
from clilib import TOP, commands_of_help


def rendered(path):
    """What a reader sees, on a very wide terminal and without bold and underlined."""
    text = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=900", path], check=True,
                          capture_output=True, text=True).stdout
    return re.sub(r".\x08", "", text)


@pytest.fixture
def pages(pb):
    """{"portbook-ports.1": path}"""
    folder = pb.program.parent / "man"
    found = {path.name: path for path in folder.glob("*.[1-8]")}
    assert found, f"no man pages in {folder}: is scdoc installed, was all built?"
    return found


@pytest.fixture
def text(pages):
    """{"portbook-ports.1": what it says}"""
    return {name: rendered(path) for name, path in pages.items()}


def section_of(page, title):
    return re.search(rf"^{title}\n(.*?)(?=^\S)", page, re.MULTILINE | re.DOTALL)[1]


def test_pages__have_the_synopsis_of_every_commands_help(pb, text):
    commands = commands_of_help(pb)
    assert {"get", "project add", "version"} <= set(commands)
    for command in commands:
        usage = pb.ok("help", *command.split()).splitlines()[0].removeprefix("usage: ")
        having = [name for name, page in text.items()
                  if re.search(rf"^ +{re.escape(usage)}$", section_of(page, "SYNOPSIS")
                               if "\nSYNOPSIS\n" in page else "", re.MULTILINE)]
        assert len(having) == 1, f"{usage} is in {having}"
        assert f"man {having[0].removesuffix('.1')} says more" in pb.ok("help", *command.split())


def test_pages__have_every_option_with_the_words_of_help(pb, text):
    for command in commands_of_help(pb):
        said = pb.ok("help", *command.split())
        page = text[re.search(r"^man (\S+) says more", said, re.MULTILINE)[1] + ".1"]
        [section] = re.findall(rf"^   portbook {command}\n(.*?)(?=^\S|^   \S)", page,
                               re.MULTILINE | re.DOTALL)
        options = re.search(r"^Options:\n(.*?)\n\n", said, re.MULTILINE | re.DOTALL)
        terms = re.split(r"^  (?=-)", options[1], flags=re.MULTILINE)[1:] if options else []
        for term in terms:
            assert " ".join(term.split()) in " ".join(section.split()), command
        assert len(terms) == len(re.findall(r"^ +-.*--|^ +--", section, re.MULTILINE)), command


def test_pages__are_well_formed(pages):
    for path in pages.values():
        # scdoc writes a .PP before most things; that is its form and does no harm.
        lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning", path], check=False,
                              capture_output=True, text=True).stdout
        found = [line for line in lint.splitlines() if "skipping paragraph macro: PP" not in line]
        assert not found
        groff = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-wall", "-z", path], check=True,
                               capture_output=True, text=True)
        assert groff.stderr == ""


def test_pages__name_no_page_that_is_not_there_and_portbook_names_all(text):
    named = {name: set(re.findall(r"(portbook[\w.-]*)\((\d)\)", page.partition("NAME\n")[2]))
             for name, page in text.items()}
    there = {tuple(name.rsplit(".", 1)) for name in text}
    for name, links in named.items():
        assert links <= there, name
    assert named["portbook.1"] | {("portbook", "1")} == there


def test_pages__have_no_line_that_80_columns_cut(pages):
    for path in pages.values():
        out = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=78", path], check=True,
                             capture_output=True, text=True).stdout
        for line in re.sub(r".\x08", "", out).splitlines():
            assert len(line) <= 80, (path.name, line)


def test_policy_page__has_every_key_and_an_example_that_may_be_used(pb, text, pages):
    page = text["portbook-policy.5"]
    own = re.findall(r"^ {7}([a-z-]+)$", section_of(page, "KEYS OF A POLICY"), re.MULTILINE)
    of_ranges = re.findall(r"^ {7}([a-z-]+)$", section_of(page, "KEYS OF A RANGE"), re.MULTILINE)
    # What a policy may have is what every key of is known.
    for keys, indent in ((own, ""), (of_ranges, "    ")):
        for key in keys:
            path = pb.base / "one.yaml"
            start = "" if not indent else "name: x\nranges:\n  - "
            path.write_text(f"{start}{key}x: 1\n")
            found = pb.fails(1, "policy", "check", path).out
            assert f"nearest is '{key}'" in found, found
    guide = (TOP / "docs" / "guide.md").read_text()
    for keys, table in ((own, "Keys of a policy:"), (of_ranges, "Keys of a range:")):
        rows = guide.partition(f"\n{table}\n\n")[2].partition("\n\n")[0]
        assert keys == re.findall(r"^\| `([a-z-]+)`", rows, re.MULTILINE)
    path = pb.base / "example.yaml"
    example = section_of(page, "EXAMPLES")
    path.write_text(re.sub(r"^ {7}", "", example, flags=re.MULTILINE))
    assert "may be used" in pb.ok("policy", "check", path)


def test_declaration_page__has_the_keys_of_the_schema_and_an_example_that_works(pb, text):
    page = text["portbook.yaml.5"]
    keys = {title: re.findall(r"^ {7}([a-z-]+)$", section_of(page, title), re.MULTILINE)
            for title in ("KEYS OF THE PROJECT", "KEYS OF A SERVICE")}
    schema = json.loads((TOP / "schemas" / "portbook.schema.json").read_text())["properties"]
    assert keys["KEYS OF THE PROJECT"] == list(schema)
    assert keys["KEYS OF A SERVICE"] == list(
        schema["services"]["additionalProperties"]["properties"])
    folder = pb.base / "desk"
    folder.mkdir()
    example = re.sub(r"^ {7}", "", section_of(page, "EXAMPLES"), flags=re.MULTILINE)
    (folder / "portbook.yaml").write_text(example)
    assert pb.ok("get", "api", cwd=folder) == "4350"


def test_export_page__says_what_an_export_has(pb, text):
    page = text["portbook-export.5"]
    pb.ok("project", "add", "shop")
    pb.ok("get", "shop/web", "--notes", "=1+1")
    said = re.findall(r"^ {7}([a-zA-Z]+)$", section_of(page, "JSON"), re.MULTILINE)
    assert said == list(json.loads(pb.ok("export")))
    rows = list(csv.reader(io.StringIO(pb.ok("export", "--format", "csv"))))
    assert rows[0][0] == "record" and rows[1][0] == "book" and rows[-1][0] == "end"
    assert any("'=1+1" in row for row in rows)


def test_export_page__has_every_format_and_every_title_of_a_column(pb, text):
    page = text["portbook-export.5"]
    words = set(re.findall(r"[\w-]+", section_of(page, "DESCRIPTION").partition("NAME")[0]))
    schemas = [json.loads((TOP / "schemas" / f"{name}.json").read_text())
               for name in ("import", "export")]
    for schema in schemas:
        assert set(schema["input"]["properties"]["format"]["enum"]) <= words
    # Each word that the page names as a title is one.
    ports, services = (
        re.search(rf"^ +• +{kind}: (.*)$", section_of(page, "MARKDOWN"), re.MULTILINE)[1].split(", ")
        for kind in ("ports", "service"))
    assert len(ports) > 5 and len(services) > 5
    for port in ports:
        for service in services:
            path = pb.base / "ports.md"
            path.write_text(f"| {port} | {service} |\n|---|---|\n| 3500 | web |\n")
            pb.ok("import", path, "--dry-run", "--project", "p", "--create")


def test_library_page__has_every_function_code_and_the_example_of_the_header(text):
    page = text["portbook.h.3"]
    header = (TOP / "include" / "portbook.h").read_text()
    functions = set(re.findall(r"\b(portbook_\w+)\(", re.sub(r"/\*.*?\*/", "", header,
                                                               flags=re.DOTALL)))
    of_map = set(re.findall(r"^\t(portbook_\w+);",
                            (TOP / "src" / "book" / "portbook.map").read_text(), re.MULTILINE))
    assert of_map < functions
    for title in ("SYNOPSIS", "FUNCTIONS"):
        assert set(re.findall(r"\bportbook_[a-z_]+\b", section_of(page, title))) >= functions, title
    described = re.findall(r"^ {7}(portbook_\w+(?:, portbook_\w+)*)$",
                           section_of(page, "FUNCTIONS"), re.MULTILINE)
    assert {name for line in described for name in line.split(", ")} == functions
    codes = re.search(r"enum portbook_code \{(.*?)\n\};", header, re.DOTALL)[1]
    assert re.findall(r"^ {7}(PORTBOOK_\w+)$", section_of(page, "ERRORS"), re.MULTILINE) == (
        re.findall(r"^\t(PORTBOOK_\w+)", codes, re.MULTILINE))
    example = re.sub(r"^ {7}", "", section_of(page, "EXAMPLES"), flags=re.MULTILINE)
    wanted = (TOP / "docs" / "example.c").read_text().expandtabs(8)
    assert wanted.partition("#include")[2].split() == example.partition("#include")[2].split()


def test_config_page__has_an_example_that_works(pb, text):
    example = section_of(text["portbook-config.5"], "EXAMPLES")
    config = pb.home / "config" / "portbook" / "config.yaml"
    config.parent.mkdir()
    config.write_text(re.sub(r"^ {7,11}", "", example, flags=re.MULTILINE))
    pb.ok("get", "shop/web", "--create")
    assert (pb.home / "team.db").exists()
    assert pb.json("show", "shop")["instances"][0]["ports"][0]["host"] == "laptop"
