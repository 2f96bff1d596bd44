#!/usr/bin/python3
"""Put files into the program.

usage: embed.py FILE... --output NAME.S NAME.c NAME.h --table TABLE

The files' bytes go into NAME.S by .incbin, each followed by a NUL that its length does not count.
NAME.h declares, for a file `web-app.yaml`,

    extern const char embed_web_app_yaml[];
    extern const unsigned embed_web_app_yaml_len;

and the table of all, in the order they were given:

    extern const struct embedded TABLE[];        (base/embedded.h; .name is "web-app.yaml")
    extern const size_t TABLE_count;

meson runs this again when a file changes, because the files are the target's inputs.
"""

import argparse
import os
import re
import sys

ASM = """\
	.globl {symbol}
	.hidden {symbol}
	.type {symbol}, STT_OBJECT
	.balign 16
{symbol}:
	.incbin "{path}", 0, {size}
	.byte 0
	.size {symbol}, . - {symbol}

	.globl {symbol}_len
	.hidden {symbol}_len
	.type {symbol}_len, STT_OBJECT
	.balign 4
{symbol}_len:
	.long {size}
	.size {symbol}_len, 4

"""


def main():
    args = argparse.ArgumentParser()
    args.add_argument("files", nargs="*")
    args.add_argument("--output", nargs=3, required=True)
    args.add_argument("--table", required=True)
    args = args.parse_args()
    asm_file, c_file, h_file = args.output

    asm = "/* Made by tools/embed.py. */\n\n\t.section .rodata\n\n"
    declarations, rows, seen = "", "", {}
    for path in args.files:
        name = os.path.basename(path)
        symbol = "embed_" + re.sub(r"\W", "_", name, flags=re.ASCII)
        if symbol in seen:
            sys.exit(f"embed.py: {path} and {seen[symbol]} would both be {symbol}")
        seen[symbol] = path
        size = os.path.getsize(path)
        where = os.path.abspath(path).replace("\\", "\\\\").replace('"', '\\"')
        asm += ASM.format(symbol=symbol, path=where, size=size)
        declarations += f"extern const char {symbol}[];\nextern const unsigned {symbol}_len;\n"
        rows += f'\t{{ "{name}", {symbol}, {size} }},\n'
    asm += '\t.section .note.GNU-stack,"",%progbits\n'

    header = os.path.basename(h_file)
    table = args.table
    write(asm_file, asm)
    write(h_file, f"""\
/* Made by tools/embed.py. */
#pragma once

#include <stddef.h>

#include "base/embedded.h"

{declarations}
extern const struct embedded {table}[];
extern const size_t {table}_count;
""")
    # The last row is not counted: an empty array is not C.
    write(c_file, f"""\
/* Made by tools/embed.py. */
#include "{header}"

const struct embedded {table}[] = {{
{rows}	{{ NULL, NULL, 0 }},
}};
const size_t {table}_count = {len(args.files)};
""")


def write(path, text):
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


main()
