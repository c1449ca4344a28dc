#!/usr/bin/env python3
"""Runs everything that must hold, one step after another, and counts.

    tools/check.py            all steps
    tools/check.py unit flow  only the steps whose name begins so

A step that runs tests adds their counts; any other step counts as one.  The last line is
'N passed, N failed'; the status is 0 only when nothing failed and something passed.
"""
import os
import pathlib
import re
import subprocess
import sys
import time

MAKE = ['make', '--no-print-directory', f'-j{os.cpu_count() or 2}']
STEPS = [
    ('format', MAKE + ['format-check']),
    ('tidy', MAKE + ['tidy']),
    ('headers', MAKE + ['headers']),
    ('build release', MAKE + ['MODE=release', 'all']),
    ('unit debug', MAKE + ['MODE=debug', 'unit']),
    ('unit asan', MAKE + ['MODE=asan', 'unit']),
    ('unit tsan', MAKE + ['MODE=tsan', 'unit-threads']),
    ('fuzz smoke', MAKE + ['MODE=fuzz', 'fuzz-smoke']),
    ('lint clang-tidy', MAKE + ['lint-tidy']),
    ('lint cppcheck', MAKE + ['lint-cppcheck']),
    ('install', MAKE + ['install-check']),
    ('flow', ['/usr/bin/python3', '-m', 'pytest', '-q', '-x', '--maxfail=5', '-p', 'no:cacheprovider', 'tests/flow']),
    ('campaign', ['/usr/bin/python3', 'tests/human/campaign.py', '--pairs', '40', '--seed', '1']),
]
LOGS = pathlib.Path('build/check')


def counts(text):
    """(passed, failed) out of our harness's or pytest's last words; None when there are none."""
    lines = re.findall(r'^.*\d+ (?:passed|failed).*$', text, re.M)
    if not lines:
        return None
    number = lambda word: sum(int(n) for n in re.findall(rf'(\d+) {word}', lines[-1]))
    return number('passed'), number('failed') + number('errors?')


def run(name, command):
    log = LOGS / (name.replace(' ', '-') + '.log')
    start = time.monotonic()
    with open(log, 'w') as out:
        status = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL).returncode
    text = log.read_text(errors='replace')
    passed, failed = (counts(text) if name.startswith(('unit', 'flow')) else None) or (int(status == 0), int(status != 0))
    if status != 0 and failed == 0:
        failed = 1
    print(f'{"ok    " if not failed else "FAILED"} {name:18} {passed:5} passed {failed:3} failed '
          f'{time.monotonic() - start:7.1f} s', flush=True)
    if failed:
        print('\n'.join('    ' + line for line in text.splitlines()[-60:]), flush=True)
    return passed, failed


def main():
    wanted = sys.argv[1:]
    LOGS.mkdir(parents=True, exist_ok=True)
    total_passed = total_failed = 0
    for name, command in STEPS:
        if wanted and not any(name.startswith(w) for w in wanted):
            continue
        passed, failed = run(name, command)
        total_passed += passed
        total_failed += failed
    print(f'{total_passed} passed, {total_failed} failed')
    return 0 if total_passed and not total_failed else 1


sys.exit(main())
