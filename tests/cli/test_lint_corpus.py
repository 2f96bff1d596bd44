"""lint on small projects, with what is to be found in each: tests/lint/NAME/EXPECTED.

A line of EXPECTED is "file:line:column severity rule port", then "-> PORT" where another port is
the one to use, and "fix" where --fix puts it there.  "?" before it: that is found, and nobody
wants to hear of it; "!": it is wrong, and not found.  Such false alarms and misses are counted
and shown.
"""

import json
import shutil

import pytest

from clilib import TOP

PROJECTS = sorted(p for p in (TOP / "tests" / "lint").iterdir() if p.is_dir())


@pytest.fixture
def shop(pb):
    """shop has web 3100, api 3101, db 3102, and in instance 2 web 3190; blog/web is 3200."""
    pb.ok("project", "add", "blog", "--number", 2)
    pb.ok("project", "add", "shop", "--number", 1)
    for service, port in (("shop/web", "3100"), ("shop/api", "3101"), ("shop/db", "3102"),
                          ("blog/web", "3200"), ("shop@2/web", "3190")):
        assert pb.ok("get", service).strip() == port
    pb.ok("register", "shared-services/postgres", 9000)


def lint(pb, folder, *options):
    result = pb("lint", folder, "--project", "shop", "--all", *options, "--json", cwd=folder)
    assert result.code in (0, 1), result
    return json.loads(result.out)


def line_of(finding):
    place = f"{finding['file']}:{finding['line']}:{finding['column']}"
    words = [place, finding["severity"], finding["rule"], str(finding["port"] or "-")]
    if finding["instead"] and finding["instead"]["entered"]:
        words += ["->", str(finding["instead"]["port"])]
    return " ".join(words + ["fix"] * finding["fixable"])


def expected_of(project):
    """What is to be found, and how much of it nobody wants; what is known to be missed."""
    lines = [line for line in (project / "EXPECTED").read_text().splitlines()
             if line and line[0] != "#"]
    found = [line.removeprefix("? ") for line in lines if line[0] != "!"]
    return found, sum(line[0] == "?" for line in lines), sum(line[0] == "!" for line in lines)


def all_files(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_lint__finds_what_is_wrong_in_each_project_and_nothing_else(pb, shop, capsys):
    wanted, alarms, unseen, missed, surplus = 0, 0, 0, [], []
    for project in PROJECTS:
        folder = pb.base / "corpus" / project.name
        shutil.copytree(project, folder, symlinks=True)
        expected, wrong, known = expected_of(project)
        found = [line_of(f) for f in lint(pb, folder)["findings"]]
        wanted += len(expected) - wrong + known
        unseen += known
        alarms += wrong
        missed += [f"{project.name}: {line}" for line in expected if line not in found]
        surplus += [f"{project.name}: {line}" for line in found if line not in expected]
        assert len(set(found)) == len(found), project.name
    with capsys.disabled():
        print(f"\nlint: {len(PROJECTS)} projects, {wanted} findings wanted, "
              f"{unseen + len(missed)} missed ({unseen} known), "
              f"{alarms + len(surplus)} false alarms ({alarms} known)")
    assert len(PROJECTS) >= 60
    assert not (missed or surplus), (missed, surplus)


def test_lint__fix_puts_right_what_is_sure_and_a_second_time_changes_nothing(pb, shop):
    for project in PROJECTS:
        folder = pb.base / "corpus" / project.name
        shutil.copytree(project, folder, symlinks=True)
        sure = [f for f in lint(pb, folder)["findings"] if f["fixable"]]
        if not sure:
            continue
        before = all_files(folder)
        answer = lint(pb, folder, "--fix")
        once = all_files(folder)
        assert sorted(answer["fixed"]) == sorted({f["file"] for f in sure}), project.name
        assert not [f for f in answer["findings"] if f["fixable"]], project.name
        changed = {str(p) for p in once if once[p] != before[p]}
        assert changed == set(answer["fixed"]), project.name
        assert lint(pb, folder, "--fix")["fixed"] == [], project.name
        assert all_files(folder) == once, project.name
        for path in changed:
            old, new = before[type(project)(path)], once[type(project)(path)]
            assert old.count(b"\r\n") == new.count(b"\r\n") and old.count(b"\n") == new.count(b"\n")
