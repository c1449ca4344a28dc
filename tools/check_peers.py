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
PYTHON_PEERS = [
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


# What there is to run: (name, its way to be run or None when it is not to be had here).  A way
# is the words that run_tests() takes behind the name.
def python_peer(name, packages, test):
    python = environment(name, packages)
    return python and (python, test)


def program_peer(words):
    return words and ('/usr/bin/python3', 'tests/peers/compiled_client.py', {'CLIENT': json.dumps(words)})


def node_peer():
    node = oracle()
    return node and ('/usr/bin/python3', 'tests/api/test_oracle.py', {'ORACLE': str(node)})


def peers():
    yield 'OpenSearch as oracle', node_peer()
    for name, packages, test in PYTHON_PEERS:
        yield name, python_peer(name, packages, test)
    for version in (9, 8):
        yield f'go-elasticsearch {version}', program_peer(go_client(version))
    yield 'Java client', program_peer(java_client())


def main():
    passed = failed = 0
    ROOT.mkdir(parents=True, exist_ok=True)
    for name, way in peers():
        if not way:
            print(f'skipped {name}: its language, its packages or its artifact is not to be had here')
            continue
        good, bad = run_tests(way[0], name, *way[1:])
        passed, failed = passed + good, failed + bad
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


sys.exit(main())
