"""A column that the policy drops leaves a pushed index: its values are nowhere in the directory, the rows stay."""
import json
import pathlib

import pytest
import requests
from harness import pushed_into, until

POLICY = '''sources: {}
push:
  app-events:
    time: at
    columns:
      at:         {treat: keep, as: date}
      model:      {treat: keep, as: keyword}
      remark:     {treat: keep, as: keyword}
      latency_ms: {treat: keep, as: integer}
'''
COLUMN = '      remark:     {treat: keep, as: keyword}\n'
CANARY = 'canary-7f3a'


@pytest.fixture()
def pushed():
    with pushed_into(POLICY) as it:
        yield it


def push(tamis, numbers):
    lines = [json.dumps({'delete': {'_id': 'none'}})]
    for n in numbers:
        lines += [json.dumps({'index': {'_id': f'k{n}'}}),
                  json.dumps({'at': '2026-01-02T03:04:05Z', 'model': f'cam-{n % 3}', 'remark': f'{CANARY}-{n}', 'latency_ms': n})]
    return requests.post(tamis.url + '/app-events/_bulk', data='\n'.join(lines) + '\n', auth=('loader', tamis.users['loader']),
                         verify=tamis.ca, headers={'Content-Type': 'application/x-ndjson'}, timeout=60)


def holding(tamis, text):
    """Files of the directory that hold the text."""
    return [str(f.relative_to(tamis.home)) for f in pathlib.Path(tamis.home).rglob('*')
            if f.is_file() and text.encode() in f.read_bytes()]


def apply(tamis, policy):
    file = tamis.dir / 'next.yml'
    file.write_text(policy)
    return tamis.run('policy', 'apply', '--dir', tamis.home, '--file', file, '--as', 'admin', '--password-file',
                     tamis.password_file, check=False)


def fields(tamis):
    try:
        return tamis.get('/app-events/_mapping')['app-events']['mappings']['properties']
    except (requests.RequestException, AssertionError):
        return {'remark': 'not there yet'}


def check_narrow(tamis, count):
    assert tamis.count('app-events') == count
    total = tamis.get('/app-events/_search', {'size': 1, 'aggs': {'s': {'sum': {'field': 'latency_ms'}}}})
    assert total['aggregations']['s']['value'] == sum(range(count))
    assert 'remark' not in total['hits']['hits'][0]['_source']
    assert not holding(tamis, CANARY)


def test_a_column_that_goes_is_nowhere_in_the_directory_while_it_serves(pushed):
    assert push(pushed, range(3000)).json()['errors'] is False
    assert holding(pushed, CANARY)
    said = apply(pushed, POLICY.replace(COLUMN, ''))
    assert said.returncode == 0 and 'tightens' in said.stdout and 'it is in force' in said.stdout, said.stderr
    until('the column is gone', lambda: 'remark' not in fields(pushed))
    check_narrow(pushed, 3000)
    until('pushing goes on', lambda: push(pushed, range(3000, 3100)).status_code == 200)
    check_narrow(pushed, 3100)


def test_drop_does_the_same_at_a_start_and_a_kill_changes_nothing(pushed):
    assert push(pushed, range(2000)).json()['errors'] is False
    pushed.stop()
    assert holding(pushed, CANARY)
    pushed.write_policy(POLICY.replace('{treat: keep, as: keyword}\n      latency', '{treat: drop}\n      latency'))
    pushed.start(wait=False)
    until('serve is there', lambda: pushed.process('serve'))
    pushed.kill('serve')
    until('the column is gone', lambda: 'remark' not in fields(pushed))
    check_narrow(pushed, 2000)


def test_other_changes_of_its_columns_are_still_refused(pushed):
    assert push(pushed, range(10)).json()['errors'] is False
    said = apply(pushed, POLICY.replace('remark:     {treat: keep, as: keyword}', 'remark:     {treat: truncate, characters: 3}'))
    assert said.returncode == 1 and 'no source could bring the rows of index app-events again' in said.stderr
    assert pushed.count('app-events') == 10


def test_what_entered_a_moment_ago_is_protected_before_any_restart(pushed):
    assert push(pushed, range(10)).json()['errors'] is False
    said = apply(pushed, POLICY + '  more:\n    columns:\n      n: {treat: keep, as: long}\n')
    assert said.returncode == 0 and 'loosens' in said.stdout and 'it is in force' not in said.stdout
    assert 'waits' in said.stdout
