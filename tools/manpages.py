#!/usr/bin/python3
"""Make a page for scdoc out of man/*.scd and of what the program says of its commands.

usage: manpages.py FILE.scd COMMANDS.json >PAGE.scd

COMMANDS.json is what `portbook __describe` says, so a page and --help cannot differ. In a .scd file
these lines are replaced:

    @synopsis PAGE      the usage of the commands of that page, a line each
    @commands PAGE      a section for each of them
    @summaries          all commands with what they do, by page
    @everywhere         the options that every command takes
"""

import json
import re
import sys


def escaped(text):
    """As it is, whatever scdoc takes for a sign."""
    text = re.sub(r"([\\*_])", r"\\\1", text)
    return re.sub(r"^([#;\[|\]\-])", r"\\\1", text, flags=re.MULTILINE)


def usage(command):
    """*portbook get* _SERVICE_ [_OPTIONS_]"""
    name = f"portbook {command['name']}"
    rest = command["usage"][len(name):]
    return f"*{escaped(name)}*" + re.sub(r"[A-Z][A-Z@|-]*", lambda word: f"_{word[0]}_", rest)


def option(one):
    term = f"*--{escaped(one['name'])}*"
    if one["letter"]:
        term = f"*-{one['letter']}*, {term}"
    if one["arg"]:
        term += f" _{escaped(one['arg'])}_"
    return f"{term}\n\t{escaped(one['help'])}\n"


def sentence(text):
    return text[0].upper() + text[1:] + ("" if text.endswith(("...", ".")) else ".")


def section(command):
    """All of a command, under a heading of its own."""
    parts = [f"## portbook {command['name']}\n", f"{usage(command)}\n",
             f"{escaped(sentence(command['summary']))}\n"]
    if command["text"]:
        parts.append(escaped(command["text"]) + "\n")
    parts += map(option, command["options"])
    if command["examples"]:
        parts.append("Examples:\n")
        parts += [f"\t{escaped(one['command'])}\n\t\t{escaped(sentence(one['what']))}\n"
                  for one in command["examples"]]
    return "\n".join(parts)


def of_page(described, page):
    found = [c for c in described["commands"] if c["page"] == page]
    if not found:
        sys.exit(f"manpages.py: no command is on the page '{page}'")
    return found


def synopsis(described, page):
    return "++\n".join(usage(command) for command in of_page(described, page)) + "\n"


def summaries(described):
    in_order = sorted(described["commands"], key=lambda command: command["group"])
    text = ""
    for page in dict.fromkeys(command["page"] for command in in_order):
        text += "Here:\n\n" if page == "portbook" else f"In *{page}*(1):\n\n"
        text += "".join(f"\t*{escaped(c['name'])}*\n\t\t{escaped(sentence(c['summary']))}\n\n"
                        for c in of_page(described, page))
    return text


WORDS = {
    "synopsis": synopsis,
    "commands": lambda described, page: "\n".join(map(section, of_page(described, page))),
    "summaries": summaries,
    "everywhere": lambda described: "\n".join(map(option, described["everywhere"])),
}


def fill(line, described):
    match = re.fullmatch(r"@(\w+)(?: ([\w-]+))?\n", line)
    if not match:
        return line
    if match[1] not in WORDS:
        sys.exit(f"manpages.py: nothing is known of '@{match[1]}'")
    return WORDS[match[1]](described, *filter(None, [match[2]]))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    path, commands = sys.argv[1:]
    with open(commands, encoding="utf-8") as file:
        described = json.load(file)
    with open(path, encoding="utf-8") as file:
        sys.stdout.writelines(fill(line, described) for line in file)


main()
