#!/usr/bin/env python3
"""Clients that come from PyPI, Go's modules and Maven, DuckDB as the oracle of random questions, and an OpenSearch node as that of tests/api.

Each goes below build/peers, those of Python into virtual environments, and is run by
tests/peers/*.py against a tamis that the test starts.  Where the registry is not reached,
one line says what was skipped.  The last line is 'N passed, N failed'.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path('build/peers').resolve()
# (name, packages, test)
PEERS = [
    ('elasticsearch 9', ['elasticsearch>=9,<10'], 'tests/peers/elasticsearch_client.py'),
    ('elasticsearch 8', ['elasticsearch>=8,<9'], 'tests/peers/elasticsearch_client.py'),
    ('opensearch-py', ['opensearch-py'], 'tests/peers/opensearch_client.py'),
    ('elasticsearch-dbapi', ['elasticsearch-dbapi', 'sqlalchemy'], 'tests/peers/sql_client.py'),
    ('DuckDB as oracle', ['duckdb'], 'tests/peers/duckdb_differential.py'),
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


def oracle():
    """The zip of an OpenSearch node from Maven Central, or None."""
    version = '2.19.1'
    file = ROOT / 'opensearch' / f'opensearch-{version}.zip'
    if file.exists():
        return file
    if not shutil.which('mvn') or not shutil.which('java'):
        return None
    artifact = f'org.opensearch.distribution.integ-test-zip:opensearch:{version}:zip'
    done = subprocess.run(['mvn', '-q', '-B', 'dependency:copy', f'-Dartifact={artifact}', f'-DoutputDirectory={file.parent}'],
                          capture_output=True, text=True)
    return file if done.returncode == 0 and file.exists() else None


def go_client(version):
    """The command of the client in tests/peers/go with this major version of go-elasticsearch, or None."""
    program = ROOT / f'go-elasticsearch-{version}'
    if not shutil.which('go'):
        return None
    done = subprocess.run(['go', 'build', '-tags', f'v{version}', '-o', str(program), '.'], cwd='tests/peers/go', capture_output=True)
    return [str(program)] if done.returncode == 0 else None


def java_client():
    """The command of the client in tests/peers/java, or None."""
    classes = ROOT / 'java.classpath'
    if not shutil.which('mvn') or not shutil.which('java'):
        return None
    done = subprocess.run(['mvn', '-q', '-B', '-f', 'tests/peers/java/pom.xml', 'dependency:build-classpath', f'-Dmdep.outputFile={classes}'],
                          capture_output=True)
    return ['java', '-cp', classes.read_text(), 'tests/peers/java/Client.java'] if done.returncode == 0 else None


def run_tests(python, name, test, more=None):
    """(passed, failed) of one file of tests, which may use the fixtures of tests/flow."""
    done = subprocess.run([str(python), '-m', 'pytest', '-q', '-p', 'no:cacheprovider', '--rootdir=tests/flow',
                           '--confcutdir=tests/flow', '-c', '/dev/null', '-p', 'conftest', test],
                          env={**os.environ, 'PYTHONPATH': 'tests/flow', **(more or {})}, capture_output=True, text=True)
    print(f'{name}:\n' + done.stdout[-3000:] + done.stderr[-1000:])
    last = (re.findall(r'^.*\d+ (?:passed|failed|error).*$', done.stdout, re.M) or ['1 failed'])[-1]
    number = lambda word: sum(int(n) for n in re.findall(rf'(\d+) {word}', last))
    return number('passed'), number('failed') + number('error')


def main():
    passed = failed = 0
    node = oracle()
    if node:
        good, bad = run_tests('/usr/bin/python3', 'OpenSearch as oracle', 'tests/api/test_oracle.py', {'ORACLE': str(node)})
        passed, failed = passed + good, failed + bad
    else:
        print('skipped OpenSearch as oracle: Java, Maven or its artifact is not to be had here')
    for name, packages, test in PEERS:
        python = environment(name, packages)
        if not python:
            print(f'skipped {name}: its packages are not to be had here')
            continue
        good, bad = run_tests(python, name, test)
        passed, failed = passed + good, failed + bad
    for name, command in (('go-elasticsearch 9', lambda: go_client(9)), ('go-elasticsearch 8', lambda: go_client(8)),
                          ('Java client', java_client)):
        words = command()
        if not words:
            print(f'skipped {name}: its language or its packages are not to be had here')
            continue
        good, bad = run_tests('/usr/bin/python3', name, 'tests/peers/compiled_client.py', {'CLIENT': json.dumps(words)})
        passed, failed = passed + good, failed + bad
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


sys.exit(main())
