"""Memory of serve under a budget while the data grows."""
import json
import pathlib
import random
import re

import pytest
import requests
from harness import Tamis, until

BUDGET = 64 << 20
FIELDS = [f'v{i}' for i in range(8)]
POLICY = 'sources: {}\npush:\n  samples:\n    time: at\n    columns:\n      at: {treat: keep, as: date}\n' + ''.join(
    f'      {f}: {{treat: keep, as: double}}\n' for f in FIELDS)
DOCUMENTS = 10000
ONCE = 1_200_000  # more than a segment, so that the rows not sealed yet are as many as they get


@pytest.fixture()
def tamis():
    it = Tamis(None, POLICY)
    with open(it.home / 'tamis.yml', 'a') as settings:
        settings.write(f'segments:\n  memory_bytes: {BUDGET}\n')
    try:
        it.user('analyst', 'analyst')
        it.user('loader', 'writer')
        it.start()
        yield it
        it.stop()
    finally:
        it.drop()


def body():
    """Documents that no encoding makes small."""
    draw = random.Random(7)
    lines = []
    for i in range(DOCUMENTS):
        lines += ['{"create":{}}', json.dumps({'at': 1760000000000 + i, **{f: draw.random() for f in FIELDS}})]
    return ('\n'.join(lines) + '\n').encode()


def push(tamis, session, bytes_):
    reply = session.post(tamis.url + '/samples/_bulk', data=bytes_, auth=('loader', tamis.users['loader']), verify=tamis.ca,
                         headers={'Content-Type': 'application/x-ndjson'}, timeout=60)
    return reply.status_code == 200 and not reply.json()['errors']


def grow(tamis, bytes_, documents):
    with requests.Session() as session:
        until('mirror takes documents', lambda: push(tamis, session, bytes_))
        for _ in range(documents // DOCUMENTS - 1):
            until('the documents are taken', lambda: push(tamis, session, bytes_))


def resident(tamis):
    text = pathlib.Path(f'/proc/{tamis.process("serve")}/status').read_text()
    return int(re.search(r'VmRSS:\s+(\d+) kB', text)[1]) << 10


def most_while_asked(tamis):
    """Resident bytes at the most while each column is read, twice over."""
    most = 0
    for _ in range(2):
        for f in FIELDS:
            reply = tamis.get('/samples/_search', {'size': 0, 'aggs': {'s': {'stats': {'field': f}}}})
            assert reply['aggregations']['s']['min'] >= 0
            most = max(most, resident(tamis))
    return most


def settled(tamis):
    """Sealing and merging are done: what is written stays the same."""
    seen = [None]

    def same():
        last, seen[0] = seen[0], tamis.status()['store']['bytes_written']
        return seen[0] == last
    until('nothing is written any more', same, 120, 7)  # what rests is sealed after 5 s


def test_four_times_the_data_takes_no_more_memory_than_the_budget(tamis):
    bytes_ = body()
    grow(tamis, bytes_, ONCE)
    settled(tamis)
    before = most_while_asked(tamis)
    grow(tamis, bytes_, 3 * ONCE)
    settled(tamis)
    after = most_while_asked(tamis)
    until('the status is of now', lambda: tamis.status()['tables'][0]['rows'] == 4 * ONCE)
    status = tamis.status()
    segments, kinds = status['store']['segments'], status['store']['memory_bytes']
    assert status['tables'][0]['bytes_disk'] > 3.5 * BUDGET
    # Counted when a segment was last written; since then a little has come.
    assert abs(segments['memory_bytes_charged'] - (sum(kinds.values()) - kinds['memory_part'])) < 1 << 20
    assert segments['memory_bytes'] + segments['memory_bytes_charged'] <= BUDGET
    assert segments['gone'] > 0
    # The key map has grown fourfold within the budget; what columns may have is less by that. The rest is what malloc
    # keeps of rows not sealed yet and of merges.
    assert after < before + BUDGET / 2, f'{before >> 20} MiB became {after >> 20} MiB: {status["store"]}'
