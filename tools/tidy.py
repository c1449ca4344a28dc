#!/usr/bin/env python3
"""Our own rules that no general tool knows.  Prints file:line: what, exits 1 on any.

Layers, function and file length, line width, banned calls, header shape, a unit
test for every source file.  Everything here is a rule in STYLE.md; change both.
"""
import pathlib
import re
import subprocess
import sys

LINE_COLUMNS, FUNCTION_LINES, FILE_LINES = 100, 70, 800
BANNED = {
    'strcpy': 'a slice', 'strcat': 'struct text', 'strncpy': 'a slice', 'strncat': 'struct text',
    'sprintf': 'snprintf', 'vsprintf': 'vsnprintf', 'gets': 'reader', 'strtok': 'slice_cut',
    'atoi': 'parse_i64', 'atol': 'parse_i64', 'strtol': 'parse_i64', 'strtod': 'parse_f64',
    'scanf': 'reader', 'sscanf': 'reader', 'alloca': 'an arena', 'rand': 'struct random',
    'localtime': 'time_utc', 'gmtime': 'time_utc', 'assert': 'CHECK', 'exit': 'return',
    'sleep': 'an event', 'usleep': 'an event', 'system': 'nothing',
}
UNTESTED = {'src/base/check.c', 'src/cli/main.c'}   # each with a reason in tests/README.md
problems = []


def complain(path, line, what):
    problems.append(f'{path}:{line}: {what}')


def layers():
    order = {}
    rows = [r for r in pathlib.Path('src/LAYERS').read_text().splitlines()
            if r and not r.startswith('#')]
    for height, row in enumerate(rows):
        for folder in row.split():
            order[folder] = height
    return order


def without_strings_and_comments(text):
    keep_lines = lambda m: re.sub(r'[^\n]', ' ', m.group(0))
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', keep_lines, text, flags=re.S)


def check_layers(path, text, order):
    mine = path.parts[1]
    if mine not in order:
        complain(path, 1, f'folder {mine} is not in src/LAYERS')
        return
    for n, line in enumerate(text.splitlines(), 1):
        m = re.match(r'#include "([^"/]+)/([^"]+)"', line)
        if not m:
            continue
        folder, header = m.groups()
        if folder != mine and order.get(folder, 99) >= order[mine]:
            complain(path, n, f'{mine}/ may not look up to {folder}/')
        if folder != mine and header.endswith('_private.h'):
            complain(path, n, f'{header} is private to {folder}/')


def check_lines(path, text):
    lines = text.splitlines()
    for n, line in enumerate(lines, 1):
        if len(line) > LINE_COLUMNS:
            complain(path, n, f'{len(line)} columns')
        if line != line.rstrip() or '\t' in line and path.suffix in ('.c', '.h'):
            complain(path, n, 'tab or trailing blank')
        if re.search(r'\b(FIXME|XXX|HACK)\b', line):
            complain(path, n, 'finish it or file an issue')
    if len(lines) > FILE_LINES:
        complain(path, 1, f'{len(lines)} lines; split it')


def check_functions(path, code):
    start = None
    for n, line in enumerate(code.splitlines(), 1):
        if line.rstrip() == '{':
            start = n
        elif line.startswith('}') and start:
            if n - start - 1 > FUNCTION_LINES:
                complain(path, start, f'function of {n - start - 1} lines')
            start = None


def check_banned(path, code):
    for n, line in enumerate(code.splitlines(), 1):
        for m in re.finditer(r'\b(\w+)\s*\(', line):
            if m.group(1) in BANNED and not line.startswith('#define'):
                complain(path, n, f'{m.group(1)} is banned; use {BANNED[m.group(1)]}')


def check_header(path, text):
    if not re.match(r'// SPDX-License-Identifier: Apache-2.0\n#pragma once\n\n// ', text):
        complain(path, 1, 'a header starts: SPDX line, #pragma once, blank, what it is for')


def main():
    listed = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard'], text=True,
                            capture_output=True).stdout.split() or \
        [str(p) for p in pathlib.Path('.').rglob('*') if p.is_file() and 'build' not in p.parts]
    order = layers()
    for path in sorted(pathlib.Path(p) for p in listed):
        if path.suffix not in ('.c', '.h') or not path.exists():
            continue
        text = path.read_text()
        code = without_strings_and_comments(text)
        check_lines(path, text)
        check_functions(path, code)
        if path.suffix == '.h':
            check_header(path, text)
        if path.parts[0] == 'src':
            check_layers(path, text, order)
            check_banned(path, code)
            test = pathlib.Path('tests/unit', *path.parts[1:-1], path.stem + '_test.c')
            if path.suffix == '.c' and str(path) not in UNTESTED and not test.exists():
                complain(path, 1, f'no {test}')
    print('\n'.join(problems) or 'tidy: clean')
    return 1 if problems else 0


sys.exit(main())
