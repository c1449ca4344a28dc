#!/usr/bin/env python3
"""Writes docs/reference/cli.md out of the help texts of build/tamis; a unit test compares them."""
import pathlib
import re
import subprocess

TAMIS = 'build/tamis'
HEAD = '''# tamis on the command line

Made from the help texts by `tools/cli_reference.py`. `tamis VERB --help` prints the same.

Flags and words come in any order: `--flag value` or `--flag=value`; after `--` only words. Data goes to standard output, talk to
standard error. Passwords are made by tamis, shown once on a terminal or written into a new file of mode 0600, and never taken
from the command line.

| exit status | meaning |
| --- | --- |
| 0 | done; for `status` and `doctor`: it runs, nothing must be mended; for `probe`: all is closed |
| 1 | it did not work, and standard error says why; for `status` and `doctor`: it does not run, something must be mended; for `probe`: something is open |
| 2 | wrong use: an unknown verb or flag, a missing word |
| 3 | `probe`: nobody answers there, so nothing is known |

'''


def ask(*words):
    return subprocess.run([TAMIS, *words], check=True, text=True, capture_output=True).stdout


def main():
    verbs = re.findall(r'^  (\w+) +(\S.*)$', ask('--help').split('Where to begin')[0], re.M)
    parts = [HEAD, '| verb | |\n| --- | --- |\n', *(f'| [`{v}`](#{v}) | {says} |\n' for v, says in verbs)]
    parts += [f'\n## {v}\n\n```\n{ask(v, "--help")}```\n' for v, _ in verbs]
    pathlib.Path('docs/reference/cli.md').write_text(''.join(parts))


main()
