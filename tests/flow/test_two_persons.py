# SPDX-License-Identifier: Apache-2.0
"""Users and roles over HTTP: what loosens waits for a second administrator, and catalog.db is not changed by hand."""

import json
import shutil
import sqlite3

import pytest
import requests

from harness import Tamis, until

POLICY = '''
push:
  app-events:
    time: at
    columns:
      at:    {treat: keep, as: date}
      kind:  {treat: keep, as: keyword}
'''
PASSWORD = 'a password of good length'


@pytest.fixture
def town():
    it = Tamis(None, POLICY)
    try:
        for name, role in (('loader', 'writer'), ('second', 'admin'), ('analyst', 'analyst')):
            it.user(name, role)
        it.start()
        yield it
        it.stop()
    finally:
        it.drop()


def ask(it, method, path, body=None, user='admin', password=None):
    return requests.request(method, it.url + path, json=body, auth=(user, password or it.users[user]), verify=it.ca, timeout=60)


def fill(it):
    body = json.dumps({'index': {'_index': 'app-events'}}) + '\n' + json.dumps({'at': '2026-01-01T00:00:00Z', 'kind': 'a'}) + '\n'
    until('documents are taken', lambda: requests.post(
        it.url + '/_bulk', data=body, auth=('loader', it.users['loader']), verify=it.ca, timeout=60,
        headers={'Content-Type': 'application/x-ndjson'}).status_code == 200)
    # The server knows within a second that there is something to protect.
    until('a widening waits', lambda: ask(it, 'PUT', '/_security/user/probe', {'password': PASSWORD, 'roles': ['metrics']}).status_code == 202)
    for one in ask(it, 'GET', '/_tamis/approvals').json()['approvals']:
        assert ask(it, 'DELETE', '/_tamis/approvals/%d' % one['id']).status_code == 200
    ask(it, 'DELETE', '/_security/user/probe')


def test_loosening_waits_for_a_second_administrator_and_tightening_does_not(town):
    it = town
    wish = {'password': PASSWORD, 'roles': ['analyst']}
    assert ask(it, 'PUT', '/_security/user/early', wish).status_code == 200  # nothing has entered yet
    fill(it)
    reply = ask(it, 'PUT', '/_security/user/late', wish)
    assert reply.status_code == 202 and reply.json()['created'] is False
    number = reply.json()['approval']['id']
    assert ask(it, 'GET', '/_security/_authenticate', user='late', password=PASSWORD).status_code == 401
    waiting = ask(it, 'GET', '/_tamis/approvals', user='second').json()['approvals']
    assert [(w['id'], w['name'], w['proposed_by']) for w in waiting] == [(number, 'late', 'admin')]
    assert PASSWORD not in json.dumps(waiting) and 'argon' not in json.dumps(waiting)
    own = ask(it, 'POST', '/_tamis/approvals/%d' % number)
    assert own.status_code == 403 and 'another administrator' in own.json()['error']['reason']
    assert ask(it, 'POST', '/_tamis/approvals/%d' % number, user='analyst').status_code == 403
    assert ask(it, 'POST', '/_tamis/approvals/%d' % number, user='second').json()['state'] == 'approved'
    assert ask(it, 'GET', '/_security/_authenticate', user='late', password=PASSWORD).status_code == 200
    assert ask(it, 'POST', '/_tamis/approvals/%d' % number, user='second').status_code == 404

    # Tightening, and one's own password, are at once; another's password is not.
    assert ask(it, 'PUT', '/_security/user/late/_disable').status_code == 200
    assert ask(it, 'GET', '/_security/_authenticate', user='late', password=PASSWORD).status_code == 401
    assert ask(it, 'GET', '/_security/user/late').json()['late']['enabled'] is False
    assert ask(it, 'PUT', '/_security/user/late/_enable').status_code == 202
    assert ask(it, 'POST', '/_security/user/early/_password', {'password': PASSWORD + ' 2'}).status_code == 202
    assert ask(it, 'POST', '/_security/user/_password', {'password': PASSWORD + ' 3'}, 'early', PASSWORD).status_code == 200
    assert ask(it, 'GET', '/_security/_authenticate', user='early', password=PASSWORD + ' 3').status_code == 200
    assert ask(it, 'DELETE', '/_security/user/late').status_code == 200

    # What a role allows may grow as long as nobody has it.
    narrow = {'indices': [{'names': ['app-events'], 'privileges': ['aggregate']}]}
    wide = {'indices': [{'names': ['*'], 'privileges': ['read']}]}
    assert ask(it, 'PUT', '/_security/role/r', wide).status_code == 200
    assert ask(it, 'PUT', '/_security/role/r', narrow).status_code == 200
    waits = ask(it, 'PUT', '/_security/user/early', {'roles': ['analyst', 'r']})
    assert ask(it, 'POST', '/_tamis/approvals/%d' % waits.json()['approval']['id'], user='second').status_code == 200
    assert ask(it, 'PUT', '/_security/role/r', wide).status_code == 202
    assert ask(it, 'GET', '/_security/role/r').json()['r']['indices'][0]['names'] == ['app-events']

    # An administrator's key may make keys of nobody, and decides nothing.
    key = ask(it, 'POST', '/_security/api_key', {'name': 'k'}, user='second')
    assert key.status_code == 200
    number = ask(it, 'GET', '/_tamis/approvals').json()['approvals'][-1]['id']
    by_key = requests.post(it.url + '/_tamis/approvals/%d' % number, verify=it.ca, timeout=60,
                           headers={'Authorization': 'ApiKey ' + key.json()['encoded']})
    assert by_key.status_code == 403 and 'API key' in by_key.json()['error']['reason']


def by_hand(it, sql):
    with sqlite3.connect(it.home / 'access' / 'catalog.db') as db:
        db.executescript(sql)


def test_catalog_changed_by_hand_lets_nobody_in_and_says_which_row(town):
    it = town
    assert ask(it, 'GET', '/', user='analyst').status_code == 200
    by_hand(it, "UPDATE roles SET role = 'admin' WHERE user = 'analyst'")
    for user in ('analyst', 'admin'):
        reply = ask(it, 'GET', '/_security/_authenticate', user=user)
        assert reply.status_code == 503 and 'cannot be checked' in reply.text
        assert 'analyst' not in reply.json()['error']['reason']
    until('the log names the row', lambda: "the row 'analyst admin' of roles is not as it was sealed" in it.log.read_text())
    by_hand(it, "UPDATE roles SET role = 'analyst' WHERE user = 'analyst'")
    until('it is right again', lambda: ask(it, 'GET', '/', user='analyst').status_code == 200)


def test_an_older_catalog_does_not_start(town):
    it = town
    it.stop()
    older = it.dir / 'older'
    shutil.copytree(it.home / 'access', older)
    it.user('more', 'metrics')
    shutil.rmtree(it.home / 'access')
    shutil.copytree(older, it.home / 'access')
    done = it.run('serve', it.home, check=False)
    assert done.returncode != 0 and 'an older one was put in its place' in done.stderr
