# SPDX-License-Identifier: Apache-2.0
"""Strangers are slowed by what they do wrong, and who has a valid key beside them is not."""

import base64
import http.client
import socket
import ssl

import pytest

from harness import Tamis, until

POLICY = 'push:\n  app-events:\n    columns:\n      kind: {treat: keep, as: keyword}\n'


@pytest.fixture
def town():
    it = Tamis(None, POLICY)
    try:
        it.user('analyst', 'analyst')
        it.start()
        yield it
        it.stop()
    finally:
        it.drop()


def ask(it, source, authorization=None):
    """Status and Retry-After, asked from one of this machine's many addresses."""
    connection = http.client.HTTPSConnection('127.0.0.1', it.port, timeout=30, source_address=(source, 0),
                                             context=ssl.create_default_context(cafile=it.ca))
    connection.request('GET', '/_security/_authenticate', headers={'Authorization': authorization} if authorization else {})
    reply = connection.getresponse()
    words = reply.read().decode()
    connection.close()
    return reply.status, int(reply.headers.get('Retry-After', 0)), words


def basic(name, password):
    return 'Basic ' + base64.b64encode(f'{name}:{password}'.encode()).decode()


def test_guesses_hold_off_passwords_of_one_address_and_no_key(town):
    it = town
    right = basic('analyst', it.users['analyst'])
    key = 'ApiKey ' + it.http('POST', '/_security/api_key', {'name': 'k'}).json()['encoded']
    # Each owes 5 s, and time pays it off meanwhile.
    wrong = [ask(it, '127.0.0.2', basic('analyst', 'a wrong password'))[0] for _ in range(8)]
    assert wrong[:3] == [401] * 3 and wrong[-1] == 429
    failed = wrong.count(401)
    status, wait_s, words = ask(it, '127.0.0.2', right)
    assert status == 429 and 0 < wait_s <= 600 and 'hold off for' in words
    assert ask(it, '127.0.0.2', key)[0] == 200  # the neighbour with a key
    assert ask(it, '127.0.0.3', right)[0] == 200
    assert ask(it, '127.0.0.2')[0] == 401  # guesses are no noise
    until('it is counted', lambda: it.status()['penalties']['credential'] == failed and it.status()['penalties']['acting'] == 1)
    posture = it.get('/_tamis/posture', user='admin')['penalties']
    assert posture['refused'] >= 1 and posture['silent'] == 1
    assert f'strangers: {failed} wrong passwords' in it.run('status', it.home).stdout


def test_noise_holds_off_only_more_of_it(town):
    it = town
    right = basic('analyst', it.users['analyst'])
    for _ in range(40):  # no TLS, and a handshake that is broken off
        for bytes_ in (b'GET / HTTP/1.1\r\n\r\n', b'\x16\x03\x01\x00\x05hello'):
            with socket.create_connection(('127.0.0.1', it.port), timeout=10, source_address=('127.0.0.4', 0)) as s:
                s.sendall(bytes_)
    until('it is counted', lambda: it.status()['penalties']['malformed'] >= 60)
    status, wait_s, words = ask(it, '127.0.0.4')
    assert status == 429 and 0 < wait_s <= 60 and 'or show one' in words
    assert ask(it, '127.0.0.4', right)[0] == 200
    assert ask(it, '127.0.0.5')[0] == 401
    for _ in range(300):  # this machine's own checks
        assert it.http('GET', '/', user=None).status_code == 401
