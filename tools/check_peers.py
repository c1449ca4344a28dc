#!/usr/bin/env python3
"""Clients that come from PyPI: today's elasticsearch and opensearch clients of Python.

Each goes into a virtual environment below build/peers and runs tests/peers/*.py against a
tamis that the test starts.  Where the registry is not reached, one line says what was
skipped.  The last line is 'N passed, N failed'.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path('build/peers').resolve()
# (name, packages, test)
PEERS = [
    ('elasticsearch 9', ['elasticsearch>=9,<10'], 'tests/peers/elasticsearch_client.py'),
    ('elasticsearch 8', ['elasticsearch>=8,<9'], 'tests/peers/elasticsearch_client.py'),
    ('opensearch-py', ['opensearch-py'], 'tests/peers/opensearch_client.py'),
]
BASE = ['pytest', 'psycopg2-binary', 'requests']


def environment(name, packages):
    directory = ROOT / re.sub(r'\W+', '-', name)
    python = directory / 'bin' / 'python'
    if not python.exists():
        made = subprocess.run([sys.executable, '-m', 'venv', '--without-pip', str(directory)], capture_output=True)
        if made.returncode:
            return None
    done = subprocess.run(['pip3', '--python', str(python), 'install', '-q', *BASE, *packages], capture_output=True, text=True)
    if done.returncode:
        pip = subprocess.run(['python3', '-m', 'pip', '--python', str(python), 'install', '-q', *BASE, *packages],
                             capture_output=True, text=True)
        if pip.returncode:
            return None
    return python


def main():
    passed = failed = 0
    for name, packages, test in PEERS:
        python = environment(name, packages)
        if not python:
            print(f'skipped {name}: its packages are not to be had here')
            continue
        done = subprocess.run([str(python), '-m', 'pytest', '-q', '-p', 'no:cacheprovider', '--rootdir=tests/flow',
                               '--confcutdir=tests/flow', '-c', '/dev/null', '-p', 'conftest', test],
                              env={**__import__('os').environ, 'PYTHONPATH': 'tests/flow'}, capture_output=True, text=True)
        print(f'{name}:\n' + done.stdout[-3000:] + done.stderr[-1000:])
        last = (re.findall(r'^.*\d+ (?:passed|failed|error).*$', done.stdout, re.M) or ['1 failed'])[-1]
        number = lambda word: sum(int(n) for n in re.findall(rf'(\d+) {word}', last))
        passed += number('passed')
        failed += number('failed') + number('error')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


sys.exit(main())
