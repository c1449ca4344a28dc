"""Documents pushed by unmodified clients, and by many at once while processes are killed."""
import collections
import gzip
import json
import os
import pathlib
import random
import signal
import subprocess
import threading
import time

import elasticsearch
import pytest
import requests
from elasticsearch import helpers
from harness import pushed_into, until

CLIENTS = pathlib.Path(__file__).resolve().parents[1] / 'clients'
POLICY = '''sources: {}
push:
  app-events:
    time: at
    columns:
      at:         {treat: keep, as: date}
      device_id:  {treat: pseudonym, subject: device}
      model:      {treat: keep, as: keyword}
      note:       {treat: drop}
      latency_ms: {treat: keep, as: integer}
metrics:
  per_model: {of: app-events, time: at, count: true, by: [model], every: 1d}
'''


@pytest.fixture()
def pushed():
    with pushed_into(POLICY) as it:
        yield it


def lines(pairs):
    out = []
    for action, document in pairs:
        out.append(json.dumps(action))
        if document is not None:
            out.append(json.dumps(document))
    return ('\n'.join(out) + '\n').encode()


def bulk(tamis, pairs, **more):
    return requests.post(tamis.url + '/app-events/_bulk', data=lines(pairs), auth=('loader', tamis.users['loader']), verify=tamis.ca,
                         headers={'Content-Type': 'application/x-ndjson', **more}, timeout=60)


def event(n, **more):
    return {'at': f'2026-01-{n % 28 + 1:02d}T03:04:05.678Z', 'device_id': f'd{n % 20}', 'model': f'cam-{n % 3}', 'latency_ms': n, **more}


def test_python_bulk_helper(pushed):
    es = elasticsearch.Elasticsearch([pushed.url], http_auth=('loader', pushed.users['loader']), ca_certs=pushed.ca, verify_certs=True,
                                     http_compress=True)
    actions = [{'_index': 'app-events', '_source': event(n)} for n in range(3000)]
    assert helpers.bulk(es, actions, chunk_size=700, refresh=True) == (3000, [])
    actions = [{'_index': 'app-events', '_op_type': 'create', '_id': f'k{n}', **event(n)} for n in range(500)]
    assert helpers.bulk(es, actions)[0] == 500
    with pytest.raises(helpers.BulkIndexError) as e:
        helpers.bulk(es, actions[:3])
    assert {error['create']['status'] for error in e.value.errors} == {409}
    removals = [{'_op_type': 'delete', '_index': 'app-events', '_id': f'k{n}'} for n in range(100)]
    assert helpers.bulk(es, removals)[0] == 100
    changes = [{'_op_type': 'update', '_index': 'app-events', '_id': f'k{n}', 'doc': {'latency_ms': -1}} for n in range(100, 200)]
    assert helpers.bulk(es, changes)[0] == 100
    assert pushed.count('app-events') == 3400
    assert pushed.count('app-events', {'term': {'latency_ms': -1}}) == 100
    assert es.get(index='app-events', id='k150')['_source']['model'] == 'cam-0'
    assert not es.exists(index='app-events', id='k50')
    # What a search shows names its row as well.
    hit = es.search(index='app-events', body={'size': 1, 'query': {'term': {'latency_ms': 7}}})['hits']['hits'][0]
    assert es.delete(index='app-events', id=hit['_id'])['result'] == 'deleted'
    # A metric of a pushed index is kept as any.
    rows = pushed.metric('per_model')
    assert sum(row['count'] for row in rows) == 3399


def test_javascript_bulk_helper(pushed):
    done = subprocess.run(['node', str(CLIENTS / 'bulk.mjs'), pushed.url, pushed.ca, 'loader', pushed.users['loader']], cwd=CLIENTS,
                          text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    out = json.loads(done.stdout)
    assert (out['successful'], out['failed'], out['dropped']) == (2999, 1, ['policy_exception'])
    assert (out['updated'], out['removed'], out['gone']) == ('updated', 'deleted', False)
    assert out['source']['model'] == 'cam-9' and out['source']['latency_ms'] == 1
    assert pushed.count('app-events') == 2998


def test_bodies_may_be_gzip_and_chunked(pushed):
    body = lines([({'index': {}}, event(n)) for n in range(100)])
    auth = ('loader', pushed.users['loader'])
    kind = {'Content-Type': 'application/x-ndjson'}
    url = pushed.url + '/app-events/_bulk'
    reply = requests.put(url, data=gzip.compress(body), auth=auth, verify=pushed.ca, headers={**kind, 'Content-Encoding': 'gzip'})
    assert reply.json()['errors'] is False
    reply = requests.post(url, data=iter([body[:1000], body[1000:]]), auth=auth, verify=pushed.ca, headers=kind)
    assert reply.json()['errors'] is False
    assert pushed.count('app-events') == 200


def test_an_answer_may_be_filtered(pushed):
    pairs = [({'index': {}}, event(1)), ({'index': {}}, event(2, latency_ms='much')), ({'index': {}}, event(3))]
    for paths, keys in (('errors', {'errors'}), ('errors,items.*.error', {'errors', 'items'}), ('items.*.status', {'items'})):
        reply = requests.post(pushed.url + '/app-events/_bulk?filter_path=' + paths, data=lines(pairs), verify=pushed.ca,
                              auth=('loader', pushed.users['loader']), headers={'Content-Type': 'application/x-ndjson'}).json()
        assert set(reply) == keys and reply.get('errors', True) is True
        items = [list(item['index']) for item in reply.get('items', [])]
        assert items == {'errors': [], 'errors,items.*.error': [['error']], 'items.*.status': [['status']] * 3}[paths]


def test_who_may_not_write_does_not(pushed):
    reply = pushed.http('POST', '/app-events/_doc', event(1), user='analyst')
    assert reply.status_code == 403 and 'indices:data/write/bulk' in reply.text
    assert pushed.count('app-events') == 0


def test_nothing_of_a_person_is_on_disk(pushed):
    secrets = ['anna-kirsch-id', 'device-of-anna', 'anna@example.org', 'an-undeclared-word', 'a-dropped-word', 'refused-beside-it']
    pairs = [({'index': {'_id': secrets[0]}}, event(1, device_id=secrets[1], other=secrets[3], note=secrets[4])),
             ({'index': {}}, event(2, model=secrets[2])),
             ({'index': {}}, event(3, model=secrets[5], latency_ms='much')),
             ({'delete': {'_id': secrets[0] + '-2'}}, None)]
    reply = bulk(pushed, pairs).json()
    assert [list(item.values())[0]['status'] for item in reply['items']] == [201, 400, 400, 404]
    assert secrets[2] not in json.dumps(reply)
    pushed.stop()
    files = [f for f in pushed.home.rglob('*') if f.is_file()] + [pushed.log]
    assert any(b'cam-1' in f.read_bytes() for f in files)  # what is kept is found this way
    for secret in secrets:
        for file in files:
            assert secret.encode() not in file.read_bytes(), f'{secret} in {file}'


def test_kills_lose_no_answered_document_and_double_none(pushed):
    """Each bulk has numbers of its own; what was answered is there once, what was refused is not there."""
    answered, refused, unknown = set(), set(), set()
    stop = threading.Event()
    size = 200

    def send(thread):
        number = 0
        while not stop.is_set():
            batch = (thread << 20) + number
            number += 1
            pairs = [({'index': {}}, {'at': 1767323045678, 'latency_ms': batch, 'model': f'm{i % 7}'}) for i in range(size)]
            try:
                reply = bulk(pushed, pairs)
            except requests.RequestException:
                unknown.add(batch)
                time.sleep(0.05)
                continue
            if reply.status_code == 200:
                assert reply.json()['errors'] is False
                answered.add(batch)
            else:
                assert reply.status_code in (429, 503), reply.text
                refused.add(batch)
                time.sleep(0.02)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    chance = random.Random(26)
    for n in range(9):
        time.sleep(chance.uniform(0.2, 0.9))
        victim = ('serve', 'mirror', 'keeper')[n % 3]
        until(f'{victim} is there', lambda v=victim: pushed.process(v), 20)
        pushed.kill(victim)
    until('documents are taken again', lambda before=len(answered): len(answered) > before + 5, 30)
    stop.set()
    for thread in threads:
        thread.join()
    buckets = pushed.get('/app-events/_search', {'size': 0, 'aggs': {'b': {'terms': {'field': 'latency_ms', 'size': 60000}}}})
    there = collections.Counter({b['key']: b['doc_count'] for b in buckets['aggregations']['b']['buckets']})
    print(f'{len(answered)} answered, {len(refused)} refused, {len(unknown)} unknown')
    assert all(there[batch] == size for batch in answered)
    assert not [batch for batch in refused if there[batch]]
    assert all(there[batch] in (0, size) for batch in unknown)
    assert set(there) <= answered | unknown


def test_delete_by_query_deletes_what_it_finds_and_nothing_else(pushed):
    es = elasticsearch.Elasticsearch([pushed.url], http_auth=('loader', pushed.users['loader']), ca_certs=pushed.ca, verify_certs=True)
    helpers.bulk(es, [{'_index': 'app-events', '_id': f'k{n}', '_source': event(n)} for n in range(25000)], chunk_size=5000)
    old = {'range': {'at': {'lt': '2026-01-15'}}}
    expected = pushed.count('app-events', old)
    assert 10000 < expected < 15000
    done = es.delete_by_query(index='app-events', body={'query': old}, refresh=True)
    assert (done['total'], done['deleted'], done['version_conflicts'], done['failures']) == (expected, expected, 0, [])
    assert done['batches'] == 2
    assert pushed.count('app-events', old) == 0 and pushed.count('app-events') == 25000 - expected
    some = es.delete_by_query(index='app-events', body={'query': {'match_all': {}}, 'max_docs': 7})
    assert some['deleted'] == 7 and pushed.count('app-events') == 25000 - expected - 7
    again = es.delete_by_query(index='app-events', body={'query': old})
    assert (again['total'], again['deleted'], again['batches']) == (0, 0, 0)


def test_delete_by_query_says_what_is_wrong(pushed):
    def ask(path, body, user='loader'):
        reply = pushed.http('POST', path, body, user)
        return reply.status_code, reply.json()['error']['reason']
    path = '/app-events/_delete_by_query'
    assert ask(path, {}) == (400, 'Validation Failed: 1: query is missing;')
    assert ask(path, {'query': {'nosuch': {}}})[0] == 400
    assert ask(path, {'query': {'match_all': {}}, 'script': {}}) == (400, 'request does not support [script]')
    assert ask(path, {'query': {'match_all': {}}, 'max_docs': 0}) == (400, '[max_docs] must be from 1 to 9223372036854775807, got 0')
    assert ask(path + '?scroll_size=20000', {'query': {'match_all': {}}}) == (400, '[scroll_size] must be from 1 to 10000, got 20000')
    assert ask(path, {'query': {'match_all': {}}}, 'analyst')[0] == 403
    assert ask(path + '?wait_for_completion=false', {'query': {'match_all': {}}})[0] == 400
    assert ask(path + '?terminate_after=5', {'query': {'match_all': {}}}) == (
        400, 'request [/app-events/_delete_by_query] contains unrecognized parameter: [terminate_after]')
    assert ask(path + '?q=frob&df=model', {})[0] == 400
    assert pushed.count('app-events') == 0


def test_pushes_beyond_what_may_wait_are_told_to_come_again(pushed):
    """While what takes documents stands still, bodies wait up to a bound; the next is refused and nothing of it kept."""
    line = json.dumps({'index': {}}) + '\n' + json.dumps({'at': 1767323045678, 'latency_ms': 1, 'left_out': 'x' * 60000}) + '\n'
    body = (line * 1350).encode()  # 81 MB, of which three may wait
    before = pushed.count('app-events')
    replies = []

    def send():
        url = pushed.url + '/app-events/_bulk?filter_path=errors,error.type'
        replies.append(requests.post(url, data=body, verify=pushed.ca, auth=('loader', pushed.users['loader']),
                                     headers={'Content-Type': 'application/x-ndjson'}, timeout=120))

    mirror = pushed.process('mirror')
    os.kill(mirror, signal.SIGSTOP)
    try:
        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        until('one is refused', lambda: replies, 60)
        refused = replies[0]
    finally:
        os.kill(mirror, signal.SIGCONT)
    for thread in threads:
        thread.join()
    assert refused.status_code == 429 and int(refused.headers['Retry-After']) >= 1
    assert refused.json()['error']['type'] == 'es_rejected_execution_exception'
    assert [r.status_code for r in replies[1:]] == [200] * 3
    assert [r.json() for r in replies[1:]] == [{'errors': False}] * 3
    assert pushed.count('app-events') - before == 3 * 1350
