"""kill -9 of each process at random moments of first copy and stream: nothing lost, nothing doubled."""
import collections
import os
import random
import time

import pytest
import requests
from conftest import drop_slots
from harness import Tamis, until

KILLS = int(os.environ.get('KILLS', '20'))


def rows_of_copy(tamis, index, fields):
    """Every row, by pages; and no id twice."""
    rows = collections.Counter()
    ids = set()
    after = None
    while True:
        body = {'size': 10000, 'sort': ['_doc'], '_source': fields}
        if after:
            body['search_after'] = after
        hits = tamis.get(f'/{index}/_search', body)['hits']['hits']
        if not hits:
            return rows
        for h in hits:
            assert h['_id'] not in ids, 'a row is there twice'
            ids.add(h['_id'])
            rows[tuple(h['_source'].get(f) for f in fields)] += 1
        after = hits[-1]['sort']


def same_as_postgresql(tamis):
    sql = tamis.postgres.sql
    want = collections.Counter(
        (f'{at}Z', outcome, error, latency) for at, outcome, error, latency in sql(
            "SELECT to_char(date_trunc('milliseconds', at AT TIME ZONE 'UTC'), 'YYYY-MM-DD\"T\"HH24:MI:SS.MS'), outcome, "
            'error_class, latency_ms FROM connections'))
    assert rows_of_copy(tamis, 'connections', ['at', 'outcome', 'error_class', 'latency_ms']) == want
    want = collections.Counter(tuple(r) for r in sql('SELECT kind, model, firmware, region FROM devices'))
    assert rows_of_copy(tamis, 'devices', ['kind', 'model', 'firmware', 'region']) == want


@pytest.fixture()
def big_tamis(postgres):
    postgres.make_fleet(customers=30000)
    it = Tamis(postgres)
    try:
        it.set_up_source()
        it.user('analyst', 'analyst')
        yield it
        it.stop()
    finally:
        it.drop()
        drop_slots(postgres)


def test_twenty_kills_lose_and_double_nothing(big_tamis):
    tamis = big_tamis
    seed = int(os.environ.get('SEED', time.time_ns() % 1_000_000))
    print(f'SEED={seed}')
    chance = random.Random(seed)
    tamis.start()
    with tamis.postgres.live(rate=300, customers=30000):
        for n in range(KILLS):
            # The first copy begins anew after a kill in it, so early waits are short.
            time.sleep(chance.uniform(0.02, 0.6 if n < KILLS // 2 else 1.5))
            victim = ('serve', 'mirror', 'keeper')[n % 3]
            until(f'{victim} is there', lambda v=victim: tamis.process(v), 20)
            tamis.kill(victim)
        time.sleep(1)
    tamis.caught_up(90)
    same_as_postgresql(tamis)
    assert tamis.server.poll() is None


def test_kill_of_everything_at_once_and_restart(big_tamis):
    tamis = big_tamis
    chance = random.Random(7)
    with tamis.postgres.live(rate=300, customers=30000):
        for _ in range(5):
            tamis.start(wait=False)
            time.sleep(chance.uniform(0.1, 2.5))
            tamis.server.kill()  # the launcher: its children must go with it
            tamis.server.wait()
            until('its port is free', lambda: refused(tamis), 10)
    tamis.start()
    tamis.caught_up(90)
    same_as_postgresql(tamis)


def refused(tamis):
    try:
        tamis.http('GET', '/healthz', user=None)
        return False
    except requests.RequestException:
        return True


def test_primary_restart_is_survived(big_tamis):
    tamis = big_tamis
    tamis.start()
    tamis.caught_up()
    for mode in ('fast', 'immediate'):
        tamis.postgres.stop(mode)
        time.sleep(0.5)
        assert tamis.count('devices') > 0  # old data is served meanwhile
        tamis.postgres.start()
        tamis.postgres.sql("INSERT INTO connections SELECT max(id) + 1, 3, now(), 'ok', NULL, 5 FROM connections")
        tamis.caught_up()
    same_as_postgresql(tamis)
