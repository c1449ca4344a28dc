"""A client that is a program of its own (CLIENT: its command, as a JSON list), unmodified: pushes, then reads."""
import json
import os
import subprocess

import pytest
from harness import pushed_into

POLICY = '''sources: {}
push:
  app-events:
    time: at
    columns:
      at:         {treat: keep, as: date}
      device_id:  {treat: pseudonym, subject: device}
      model:      {treat: keep, as: keyword}
      latency_ms: {treat: keep, as: integer}
'''


@pytest.fixture(scope='module')
def pushed():
    with pushed_into(POLICY) as it:
        yield it


@pytest.fixture(scope='module')
def said(pushed):
    done = subprocess.run([*json.loads(os.environ['CLIENT']), pushed.url, pushed.ca, 'analyst', pushed.users['analyst'], 'loader',
                           pushed.users['loader']], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_the_bulk_helper_pushes_all_but_the_one_the_sieve_refuses(pushed, said):
    assert said['created'] == 2999 and said['refused'] == ['policy_exception']
    assert pushed.count('app-events') == said['count'] == 2999


def test_an_aggregation_answers_in_the_client_s_own_types(said):
    ours = [n for n in range(3000) if n % 3 == 1 and n != 7]
    assert said['total'] == len(ours)
    assert said['model'] == ['cam-1', len(ours)]
    assert said['slow'] == pytest.approx(sum(ours) / len(ours))


def test_pages_by_search_after_hold_every_row_once(said):
    assert said['pages'] == 2999


def test_a_document_comes_back_as_it_may_be(said):
    assert said['source']['latency_ms'] == 1 and said['source']['model'] == 'cam-1'
    assert said['source']['device_id'] != 'd1'


def test_an_error_has_its_type(said):
    assert said['error'] == [404, 'index_not_found_exception']
