"""The two metrics, equal to what PostgreSQL itself computes, and live changes in them."""
import datetime
import time
import uuid

import pytest
from harness import until

ACTIVATIONS = """
    SELECT to_char(date_trunc('day', activated_at AT TIME ZONE 'UTC'), 'YYYY-MM-DD'), model, count(*)
    FROM devices GROUP BY 1, 2 ORDER BY 1, 2"""
FAILED = """
    SELECT d.firmware, d.region, count(*), count(*) FILTER (WHERE c.outcome <> 'ok')
    FROM connections c LEFT JOIN devices d ON d.id = c.device_id GROUP BY 1, 2 ORDER BY 1, 2"""


def activations_by_metric(tamis):
    rows = tamis.metric('activations', by='model', every='1d')
    return sorted((r['time'][:10], r['model'], r['count']) for r in rows)


def failed_by_metric(tamis):
    rows = tamis.metric('failed_connections', by='device.firmware,device.region', every='all')
    return sorted((r['device.firmware'] or '', r['device.region'] or '', r['count'], r['matched']) for r in rows)


def failed_by_sql(tamis):
    return sorted((f or '', r or '', n, m) for f, r, n, m in tamis.postgres.sql(FAILED))


def test_activations_per_day_and_model_equal_postgresql(tamis):
    want = [tuple(r) for r in tamis.postgres.sql(ACTIVATIONS)]
    assert len(want) > 500
    assert activations_by_metric(tamis) == want


def test_activations_by_aggregation_equal_postgresql(tamis):
    reply = tamis.get('/devices/_search', {'size': 0, 'aggs': {'day': {
        'date_histogram': {'field': 'activated_at', 'calendar_interval': '1d', 'min_doc_count': 1},
        'aggs': {'model': {'terms': {'field': 'model', 'size': 100}}}}}})
    got = sorted((d['key_as_string'][:10], m['key'], m['doc_count'])
                 for d in reply['aggregations']['day']['buckets'] for m in d['model']['buckets'])
    assert got == [tuple(r) for r in tamis.postgres.sql(ACTIVATIONS)]


def test_failed_rate_per_firmware_and_region_equals_postgresql(tamis):
    want = failed_by_sql(tamis)
    assert len(want) > 100
    assert failed_by_metric(tamis) == want


def test_failed_rate_by_aggregation_equals_postgresql(tamis):
    reply = tamis.get('/connections/_search', {'size': 0, 'aggs': {'fw': {
        'terms': {'field': 'device.firmware', 'size': 1000},
        'aggs': {'region': {'terms': {'field': 'device.region', 'size': 100}, 'aggs': {
            'failed': {'filter': {'bool': {'must_not': {'term': {'outcome': 'ok'}}}}}}}}}}})
    got = sorted((f['key'], r['key'], r['doc_count'], r['failed']['doc_count'])
                 for f in reply['aggregations']['fw']['buckets'] for r in f['region']['buckets'])
    assert got == failed_by_sql(tamis)


def test_a_kept_answer_is_the_same_packed_and_plain(tamis):
    """The first time it is counted, the second time packed to be kept, the third time given as it was packed."""
    by_model = {'size': 0, 'aggs': {'day': {'date_histogram': {'field': 'activated_at', 'calendar_interval': '1d'},
                                            'aggs': {'model': {'terms': {'field': 'model'}}}}}}
    path = '/_tamis/metrics/activations?every=1d&by=model'
    for ask, body in ((path, None), ('/devices/_search', by_model), (path + '&filter_path=rows.count', None)):
        for _ in range(2):
            model = f'kept-{uuid.uuid4()}'
            replies = [tamis.http('POST' if body else 'GET', ask, body, headers={'Accept-Encoding': encoding})
                       for encoding in ('gzip', 'gzip', 'gzip', 'identity')]
            assert [r.status_code for r in replies] == [200] * 4
            assert [r.headers.get('Content-Encoding') for r in replies] == ['gzip'] * 3 + [None]
            answers = [{k: v for k, v in r.json().items() if k != 'took'} for r in replies]
            assert all(a == answers[0] for a in answers) and len(replies[0].content) > 10000
            tamis.postgres.sql(f"UPDATE devices SET model = '{model}' WHERE id = (SELECT min(id) FROM devices)")
            until('the change is there', lambda m=model: m in tamis.http('GET', path).text, 10)


def test_latency_statistics_equal_postgresql(tamis):
    reply = tamis.get('/connections/_search', {'size': 0, 'query': {'term': {'outcome': 'ok'}},
                                               'aggs': {'s': {'stats': {'field': 'latency_ms'}}}})
    count, low, high, total = tamis.postgres.sql(
        "SELECT count(*), min(latency_ms), max(latency_ms), sum(latency_ms) FROM connections WHERE outcome = 'ok'")[0]
    stats = reply['aggregations']['s']
    assert (stats['count'], stats['min'], stats['max'], stats['sum']) == (count, low, high, total)


def test_distinct_devices_per_region_equal_postgresql(tamis):
    reply = tamis.get('/connections/_search', {'size': 0, 'aggs': {'r': {
        'terms': {'field': 'device.region', 'size': 50},
        'aggs': {'n': {'cardinality': {'field': 'device_id'}}}}}})
    got = sorted((b['key'], b['n']['value']) for b in reply['aggregations']['r']['buckets'])
    want = tamis.postgres.sql('SELECT region, count(DISTINCT device_id) FROM connections c JOIN devices d '
                              'ON d.id = c.device_id GROUP BY 1 ORDER BY 1')
    assert got == [tuple(r) for r in want]


def test_days_in_new_york_equal_postgresql(tamis):
    reply = tamis.get('/connections/_search', {'size': 0, 'aggs': {'d': {'date_histogram': {
        'field': 'at', 'calendar_interval': 'day', 'time_zone': 'America/New_York', 'min_doc_count': 1}}}})
    got = [(b['key_as_string'][:10], b['doc_count']) for b in reply['aggregations']['d']['buckets']]
    want = tamis.postgres.sql("SELECT to_char(at AT TIME ZONE 'America/New_York', 'YYYY-MM-DD'), count(*) "
                              'FROM connections GROUP BY 1 ORDER BY 1')
    assert got == [tuple(r) for r in want]


def test_a_live_change_is_answered_within_a_second(tamis):
    before = tamis.count('connections')
    delays = []
    for n in range(10):
        tamis.postgres.sql("INSERT INTO connections SELECT max(id) + 1, 1, clock_timestamp(), 'ok', NULL, 42 FROM connections")
        start = time.monotonic()
        until('the new row is counted', lambda: tamis.count('connections') == before + n + 1, 5, every=0.005)
        delays.append(time.monotonic() - start)
    assert sorted(delays)[len(delays) // 2] < 1


def test_update_delete_and_changed_key_reach_the_copy(tamis):
    db = tamis.postgres
    device = db.sql('SELECT id FROM devices ORDER BY id LIMIT 1 OFFSET 300')[0][0]
    db.sql("UPDATE devices SET firmware = '99.0.0', model = 'cam-test' WHERE id = %s", (device,))
    until('the update is there', lambda: tamis.count('devices', {'term': {'firmware': '99.0.0'}}) == 1, 5)
    # What its earlier connections are counted under follows the device.
    events = db.sql('SELECT count(*) FROM connections WHERE device_id = %s', (device,))[0][0]
    assert tamis.count('connections', {'term': {'device.firmware': '99.0.0'}}) == events
    assert failed_by_metric(tamis) == failed_by_sql(tamis)

    db.sql('UPDATE devices SET id = id + 10000000 WHERE id = %s', (device,))
    until('the change of key is there',
          lambda: tamis.count('connections', {'term': {'device.firmware': '99.0.0'}}) == 0, 5)
    assert tamis.count('devices', {'term': {'firmware': '99.0.0'}}) == 1

    db.sql('DELETE FROM devices WHERE id = %s', (device + 10000000,))
    until('the delete is there', lambda: tamis.count('devices', {'term': {'firmware': '99.0.0'}}) == 0, 5)
    assert failed_by_metric(tamis) == failed_by_sql(tamis)
    assert activations_by_metric(tamis) == [tuple(r) for r in db.sql(ACTIVATIONS)]


def test_a_transaction_is_seen_whole(tamis):
    db = tamis.postgres
    seen = set()
    with db.connect() as writer:
        writer.autocommit = False
        with writer.cursor() as cursor:
            cursor.execute("INSERT INTO connections SELECT (SELECT max(id) FROM connections) + n, 2, now(), 'whole', NULL, 1 "
                           'FROM generate_series(1, 5000) n')
            assert tamis.count('connections', {'term': {'outcome': 'whole'}}) == 0
        writer.commit()
    until('all of it', lambda: seen.add(n := tamis.count('connections', {'term': {'outcome': 'whole'}})) or n == 5000, 10,
          every=0.001)
    assert seen <= {0, 5000}


def test_truncate_reaches_the_copy_and_rows_come_again(tamis):
    db = tamis.postgres
    db.sql('CREATE TABLE kept AS SELECT * FROM customers')
    db.sql('TRUNCATE customers')
    until('the truncate is there', lambda: tamis.count('customers') == 0, 5)
    db.sql('INSERT INTO customers SELECT * FROM kept')
    until('the rows are back', lambda: tamis.count('customers') == 1000, 10)
    db.sql('DROP TABLE kept')


def test_a_rolled_back_transaction_leaves_nothing(tamis):
    with tamis.postgres.connect() as db:
        db.autocommit = False
        with db.cursor() as cursor:
            cursor.execute("INSERT INTO connections SELECT max(id) + 1, 2, now(), 'rolled back', NULL, 1 FROM connections")
        db.rollback()
    tamis.postgres.sql("INSERT INTO connections SELECT max(id) + 1, 2, now(), 'after', NULL, 1 FROM connections")
    until('the later one is there', lambda: tamis.count('connections', {'term': {'outcome': 'after'}}) == 1, 5)
    assert tamis.count('connections', {'term': {'outcome': 'rolled back'}}) == 0


def test_the_spike_is_seen(tamis):
    """The reason for the whole: one firmware fails a third of its connections on three days."""
    rows = tamis.metric('failed_connections', by='device.firmware', every='1d',
                        **{'from': '2019-12-15', 'to': '2019-12-18'})
    rate = {}
    for r in rows:
        n, m = rate.get(r['device.firmware'], (0, 0))
        rate[r['device.firmware']] = (n + r['count'], m + r['matched'])
    worst = max((f for f in rate if f and rate[f][0] > 20), key=lambda f: rate[f][1] / rate[f][0])
    assert worst == '4.9.4.37'
    days = {datetime.date.fromisoformat(r['time'][:10]).day for r in rows}
    assert days == {15, 16, 17}


@pytest.mark.parametrize('role, path, status', [
    ('metrics', '/_tamis/metrics/activations', 200),
    ('metrics', '/devices/_doc/0123456789abcdef', 403),
    ('writer', '/devices/_search', 403),
    ('admin', '/devices/_search', 403),
    ('analyst', '/devices/_search', 200),
])
def test_roles_may_what_they_may(tamis, role, path, status):
    assert tamis.http('GET', path, user=role).status_code == status


def test_the_metrics_role_gets_no_rows(tamis):
    reply = tamis.http('POST', '/devices/_search', {'size': 10}, user='metrics')
    assert reply.status_code == 403 or reply.json()['hits']['hits'] == []
