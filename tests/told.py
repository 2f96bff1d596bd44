"""What the stories of tests/lab ended with, counted over all of them at the end of a run.

A test tells by the property `story`: its name, whether portbook was there, and how many ports
had which outcome.  Properties come from each worker of pytest-xdist.
"""

OUTCOMES = ("right", "nobody", "wrong")


def stories_of(terminalreporter):
    """{name: {"without": {outcome: count}, "with": ...}}"""
    stories = {}
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name == "story" and report.when == "call":
                story, how, outcomes = value
                counts = stories.setdefault(story, {}).setdefault(how, dict.fromkeys(OUTCOMES, 0))
                for outcome in OUTCOMES:
                    counts[outcome] += outcomes[outcome]
    return stories


def row(name, hows):
    cells = []
    for how in ("without", "with"):
        counts = hows.get(how)
        cells.append("  ".join(f"{counts[o]:>6}" if counts else "     -" for o in OUTCOMES))
    return f"{name:<41} {cells[0]}   {cells[1]}"


def total(stories):
    return {how: {o: sum(s[how][o] for s in stories.values() if how in s) for o in OUTCOMES}
            for how in ("without", "with")}


def pytest_terminal_summary(terminalreporter):
    stories = stories_of(terminalreporter)
    if not stories:
        return
    heads = "  ".join(f"{o:>6}" for o in OUTCOMES)
    terminalreporter.section("whose the ports are in the end")
    terminalreporter.write_line(f"{'':<41} {'without portbook':<24}{'with run and guard'}")
    terminalreporter.write_line(f"{'':<41} {heads}   {heads}")
    for name in sorted(stories):
        terminalreporter.write_line(row(name, stories[name]))
    terminalreporter.write_line(row("all", total(stories)))
