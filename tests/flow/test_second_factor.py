# SPDX-License-Identifier: Apache-2.0
"""An administrator's changes need a code of an authenticator, over HTTP and at the command line; taking it away needs two persons."""

import base64
import hashlib
import hmac
import json
import struct
import time
import urllib.parse

import pytest
import requests

from harness import Tamis, until

POLICY = 'push:\n  app-events:\n    columns:\n      kind: {treat: keep, as: keyword}\n'
PASSWORD = 'a password of good length'


@pytest.fixture
def town():
    it = Tamis(None, POLICY)
    try:
        for name, role in (('loader', 'writer'), ('second', 'admin')):
            it.user(name, role)
        it.start()
        yield it
        it.stop()
    finally:
        it.drop()


def code(secret, step):
    """RFC 6238, written here once more."""
    mac = hmac.new(secret, struct.pack('>Q', step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return '%06d' % ((struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000)


def ask(it, method, path, body=None, user='admin', otp=None, **more):
    headers = {'X-Tamis-OTP': otp} if otp else {}
    return requests.request(method, it.url + path, json=body, verify=it.ca, timeout=60, headers={**headers, **more.pop('headers', {})},
                            auth=None if more.pop('bare', False) else (user, it.users[user]))


def fill(it):
    body = json.dumps({'index': {'_index': 'app-events'}}) + '\n' + json.dumps({'kind': 'a'}) + '\n'
    until('documents are taken', lambda: requests.post(
        it.url + '/_bulk', data=body, auth=('loader', it.users['loader']), verify=it.ca, timeout=60,
        headers={'Content-Type': 'application/x-ndjson'}).status_code == 200)
    until('a widening waits', lambda: ask(it, 'PUT', '/_security/user/probe', {'password': PASSWORD, 'roles': ['metrics']}, 'second')
          .status_code == 202)


def test_changes_need_a_code_and_one_is_good_once(town):
    it = town
    fill(it)
    lines = it.run('user', 'totp', '--dir', it.home, 'admin').stdout.split()
    uri, recovery = lines[0], lines[1:]
    fields = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(uri).query))
    assert uri.startswith('otpauth://totp/tamis:admin?') and fields['digits'] == '6' and fields['period'] == '30'
    assert len(recovery) == 8
    secret = base64.b32decode(fields['secret'])
    wish = {'indices': [{'names': ['app-*'], 'privileges': ['read']}]}

    # Reading needs none; a change does.
    assert ask(it, 'GET', '/_security/user').status_code == 200
    assert ask(it, 'POST', '/_security/user/_has_privileges', {'cluster': ['all']}).status_code == 200
    for method, path, body in (('PUT', '/_security/role/r', wish), ('DELETE', '/_security/user/probe', None),
                               ('POST', '/_security/api_key', {'name': 'k'}), ('POST', '/_tamis/approvals/1', None),
                               ('PUT', '/_security/user/_password', {'password': PASSWORD})):
        refused = ask(it, method, path, body)
        assert refused.status_code == 403 and 'X-Tamis-OTP' in refused.json()['error']['reason'], path
    assert 'r' not in ask(it, 'GET', '/_security/role').json()
    assert ask(it, 'PUT', '/_security/role/of-second', wish, 'second').status_code == 200  # who has none

    step = int(time.time()) // 30
    assert ask(it, 'PUT', '/_security/role/r', wish, otp=code(secret, step)).status_code == 200
    again = ask(it, 'PUT', '/_security/role/r2', wish, otp=code(secret, step))
    assert again.status_code == 403 and 'was used already' in again.json()['error']['reason']
    assert ask(it, 'POST', '/_security/api_key', {'name': 'k'}, otp=recovery[0]).status_code == 200
    key = ask(it, 'POST', '/_security/api_key', {'name': 'k2'}, otp=recovery[1]).json()
    # An API key of the administrator's is no way around it.
    by_key = {'Authorization': 'ApiKey ' + key['encoded']}
    assert ask(it, 'PUT', '/_security/role/r3', wish, bare=True, headers=by_key).status_code == 403
    assert ask(it, 'PUT', '/_security/role/r3', wish, bare=True, headers={**by_key, 'X-Tamis-OTP': recovery[2]}).status_code == 200
    assert ask(it, 'GET', '/_tamis/totp').json()['admin']['recovery_codes_left'] == 5
    keys = ask(it, 'GET', '/_tamis/posture').json()['keys']
    assert [f['user'] for f in keys['second_factors']] == ['admin'] and 0 <= keys['second_factors'][0]['age_ms'] < 600_000
    assert {k['name'] for k in keys['api_keys']} == {'k', 'k2'}
    assert 0 < keys['signing_key_age_ms'] < 600_000 and keys['certificate_age_ms'] > 0
    # Guesses are slowed, with the time to hold off.
    for _ in range(4):
        slowed = ask(it, 'PUT', '/_security/role/r4', wish, otp='000000')
    assert slowed.status_code == 429 and int(slowed.headers['Retry-After']) > 0

    # Another process knows what is used up, and asks as well.
    words = ['policy', 'apply', '--dir', it.home, '--as', 'admin', '--password-file', it.password_file]
    assert it.run(*words, '--otp', recovery[0], check=False).returncode == 1
    assert it.run(*words, check=False).returncode == 1
    it.run(*words, '--otp', recovery[3])
    assert secret not in (it.home / 'access' / 'catalog.db').read_bytes()
    tail = it.run('audit', 'tail', '--dir', it.home, '--last', '200', '--json').stdout
    assert 'totp.enrol' in tail and 'totp.recovery' in tail
    assert all(r not in tail for r in recovery) and fields['secret'] not in tail + it.log.read_text()


def test_taking_the_second_factor_away_needs_two_persons(town):
    it = town
    fill(it)
    recovery = it.run('user', 'totp', '--dir', it.home, 'admin').stdout.split()[1:]
    waits = ask(it, 'DELETE', '/_tamis/totp/admin', otp=recovery[0])
    assert waits.status_code == 202 and waits.json()['removed'] is False
    number = waits.json()['approval']['id']
    assert ask(it, 'POST', '/_tamis/approvals/%d' % number, otp=recovery[1]).status_code == 403
    assert it.run('user', 'totp', '--dir', it.home, 'admin', check=False).returncode == 1  # not over it either
    it.run('approvals', 'approve', number, '--dir', it.home, '--as', 'second', '--password-file', it.dir / 'second.password')
    wish = {'indices': [{'names': ['app-*'], 'privileges': ['read']}]}
    until('no code is asked for', lambda: ask(it, 'PUT', '/_security/role/r', wish).status_code == 200)


def test_user_of_the_command_line_waits_for_a_second_person(town):
    it = town
    fill(it)
    file = it.dir / 'late.password'
    done = it.run('user', 'add', '--dir', it.home, 'late', '--role', 'analyst', '--password-file', file, '--as', 'admin',
                  '--as-password-file', it.password_file)
    assert 'waits for a second administrator' in done.stderr
    it.users['late'] = file.read_text().strip()
    assert ask(it, 'GET', '/', user='late').status_code == 401
    waiting = ask(it, 'GET', '/_tamis/approvals', user='second').json()['approvals']
    number = next(w['id'] for w in waiting if w['name'] == 'late')
    listed = it.run('approvals', 'list', '--dir', it.home).stdout
    assert 'late' in listed and it.users['late'] not in listed
    assert ask(it, 'POST', '/_tamis/approvals/%d' % number, user='second').status_code == 200
    assert ask(it, 'GET', '/_tamis/posture').json()['rules']['loosening_needs_two_persons'] is True
    until('the status says who', lambda: 'user.put of late, by second' in it.run('status', it.home).stdout)
    until('he can log in', lambda: ask(it, 'GET', '/', user='late').status_code == 200)
