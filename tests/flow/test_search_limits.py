"""What one search may take, and what becomes of it when nobody waits for its answer."""
import base64
import json
import socket
import ssl
import threading
import time

import pytest
import requests
from conftest import drop_slots
from harness import Tamis, until

# So much to do for each row that no machine is done with it at once.
HEAVY = {'size': 0, 'aggs': {f'a{i}': {
    'date_histogram': {'field': 'at', 'calendar_interval': '1d', 'time_zone': 'Europe/Paris'},
    'aggs': {'o': {'terms': {'field': 'outcome'}, 'aggs': {'d': {'cardinality': {'field': 'device_id'}}}}}}
    for i in range(340)}}


@pytest.fixture(scope='module')
def tamis(postgres):
    """Events enough that a search over them takes a while."""
    postgres.make_fleet(events=300000)
    it = Tamis(postgres)
    try:
        it.set_up_source()
        it.user('analyst', 'analyst')
        it.start()
        it.caught_up()
        yield it
        it.stop()
    finally:
        it.drop()
        drop_slots(postgres)


def ask_and_leave(tamis, body, seconds):
    """Sends a search over a connection of its own, and closes that."""
    context = ssl.create_default_context(cafile=tamis.ca)
    bytes_ = json.dumps(body).encode()
    credential = base64.b64encode(f'analyst:{tamis.users["analyst"]}'.encode()).decode()
    head = (f'POST /connections/_search HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {credential}\r\n'
            f'Content-Type: application/json\r\nContent-Length: {len(bytes_)}\r\n\r\n').encode()
    with socket.create_connection(('127.0.0.1', tamis.port)) as plain:
        with context.wrap_socket(plain, server_hostname='localhost') as tls:
            tls.sendall(head + bytes_)
            time.sleep(seconds)


def searches(tamis):
    return tamis.status().get('search', {})


def test_a_search_ends_when_its_asker_leaves(tamis):
    tamis.get('/connections/_count')  # the password is known from here on
    before = searches(tamis)['gone']
    ask_and_leave(tamis, HEAVY, 0.05)
    until('the search has ended early', lambda: searches(tamis)['gone'] == before + 1, 10)
    assert searches(tamis)['running'] == 0
    assert searches(tamis)['memory_bytes'] == 0


def test_heavy_searches_hold_up_no_probe(tamis):
    session = requests.Session()
    session.get(tamis.url + '/healthz', verify=tamis.ca, timeout=60)
    heavy = [threading.Thread(target=ask_and_leave, args=(tamis, HEAVY, 1)) for _ in range(12)]
    for thread in heavy:
        thread.start()
    slowest = 0
    while any(thread.is_alive() for thread in heavy):
        start = time.monotonic()
        reply = session.get(tamis.url + '/healthz', verify=tamis.ca, timeout=60)
        slowest = max(slowest, time.monotonic() - start)
        assert reply.json() == {'ok': True}
    assert slowest < 1, f'/healthz took {slowest:.3f} s beside twelve searches'


def test_more_memory_than_a_search_may_have_is_told(tamis):
    tamis.stop()
    config = tamis.home / 'tamis.yml'
    before = config.read_text()
    try:
        config.write_text(before + 'search: {memory_bytes: 16777216, max_buckets: 10}\n')
        tamis.start()
        error = tamis.get('/connections/_search', HEAVY, status=429)['error']
        cause = error['root_cause'][0]
        assert cause['type'] == 'circuit_breaking_exception'
        assert cause['bytes_limit'] == 16777216 < cause['bytes_wanted']
        assert cause['durability'] == 'TRANSIENT'
        assert '[search.memory_bytes]' in cause['reason']
        by_device = {'size': 0, 'aggs': {'d': {'terms': {'field': 'device_id', 'size': 11}}}}
        cause = tamis.get('/connections/_search', by_device, status=400)['error']['root_cause'][0]
        assert cause['type'] == 'too_many_buckets_exception'
        assert cause['max_buckets'] == 10
        until('both are counted', lambda: searches(tamis).get('over') == 1, 10)
    finally:
        tamis.stop()
        config.write_text(before)
        tamis.start()
