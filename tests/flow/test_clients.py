"""Unmodified clients of Debian and npm, with TLS verified against the CA that init made."""
import json
import pathlib
import subprocess

import elasticsearch
import pytest
import requests
from elasticsearch import helpers

CLIENTS = pathlib.Path(__file__).resolve().parents[1] / 'clients'


@pytest.fixture(scope='module')
def python_client(tamis):
    return elasticsearch.Elasticsearch([tamis.url], http_auth=('analyst', tamis.users['analyst']), ca_certs=tamis.ca,
                                       verify_certs=True)


def test_python_client_searches_and_aggregates(tamis, python_client):
    es = python_client
    assert es.ping()
    assert es.info()['tagline'] == 'You Know, for Search'
    assert es.count(index='devices')['count'] == tamis.postgres.sql('SELECT count(*) FROM devices')[0][0]
    reply = es.search(index='connections', body={
        'size': 5, 'query': {'bool': {'filter': [{'range': {'at': {'gte': '2019-12-10', 'lt': '2019-12-11'}}},
                                                 {'terms': {'outcome': ['failed']}}]}},
        'sort': [{'at': 'asc'}],
        'aggs': {'by': {'terms': {'field': 'error_class'}, 'aggs': {'ms': {'avg': {'field': 'latency_ms'}}}}}})
    want = tamis.postgres.sql("SELECT error_class, count(*), avg(latency_ms)::float8 FROM connections WHERE outcome = 'failed' AND "
                              "at >= '2019-12-10Z' AND at < '2019-12-11Z' GROUP BY 1 ORDER BY 2 DESC, 1")
    got = [(b['key'], b['doc_count'], b['ms']['value']) for b in reply['aggregations']['by']['buckets']]
    assert [g[:2] for g in got] == [w[:2] for w in want]
    assert all(abs(g[2] - w[2]) < 1e-9 for g, w in zip(got, want))
    assert reply['hits']['total'] == {'value': sum(w[1] for w in want), 'relation': 'eq'}
    hit = reply['hits']['hits'][0]
    assert es.get(index='connections', id=hit['_id'])['_source'] == hit['_source']
    assert not es.exists(index='connections', id='ffffffffffffffff')


def test_python_client_pages_through_everything(tamis, python_client):
    seen = set()
    after = None
    while True:
        body = {'size': 700, 'sort': [{'at': 'asc'}, {'latency_ms': 'desc'}, '_doc'], '_source': False}
        if after:
            body['search_after'] = after
        hits = python_client.search(index='connections', body=body)['hits']['hits']
        if not hits:
            break
        seen |= {h['_id'] for h in hits}
        after = hits[-1]['sort']
    assert len(seen) == tamis.count('connections')


def test_python_client_errors_have_their_types(python_client):
    with pytest.raises(elasticsearch.NotFoundError) as e:
        python_client.search(index='nothing-here')
    assert e.value.error == 'index_not_found_exception'
    with pytest.raises(elasticsearch.RequestError) as e:
        python_client.search(index='devices', body={'query': {'frobnicate': {}}})
    assert e.value.error == 'parsing_exception'
    assert python_client.search(index='nothing-*')['hits']['total']['value'] == 0


def test_a_client_with_a_wrong_password_is_refused(tamis):
    es = elasticsearch.Elasticsearch([tamis.url], http_auth=('analyst', 'wrong password'), ca_certs=tamis.ca)
    with pytest.raises(elasticsearch.AuthenticationException):
        es.search(index='devices')


def test_a_client_that_does_not_know_the_ca_refuses_us(tamis):
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(tamis.url, timeout=10)


def test_an_api_key_works_as_elasticsearch_s(tamis):
    made = tamis.http('POST', '/_security/api_key', {'name': 'dashboards'}, user='analyst').json()
    header = {'Authorization': 'ApiKey ' + made['encoded']}
    reply = requests.get(tamis.url + '/devices/_count', headers=header, verify=tamis.ca, timeout=10)
    assert reply.status_code == 200
    tamis.http('DELETE', '/_security/api_key', {'ids': [made['id']]}, user='analyst')
    reply = requests.get(tamis.url + '/devices/_count', headers=header, verify=tamis.ca, timeout=10)
    assert reply.status_code == 401


@pytest.mark.parametrize('which', ['elastic', 'opensearch'])
def test_npm_client_searches_and_aggregates(tamis, which):
    done = subprocess.run(['node', str(CLIENTS / 'elastic.mjs'), which, tamis.url, tamis.ca, 'analyst',
                           tamis.users['analyst']], cwd=CLIENTS, text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    out = json.loads(done.stdout)
    sql = tamis.postgres.sql
    devices = sql('SELECT count(*) FROM devices')[0][0]
    assert out['count'] == devices and out['activations'] == devices
    want = sql("SELECT d.firmware, count(*), count(*) FILTER (WHERE outcome <> 'ok') FROM connections c JOIN devices d ON "
               "d.id = c.device_id WHERE at >= '2019-12-15Z' AND at < '2019-12-18Z' GROUP BY 1")
    assert sorted(map(tuple, out['firmwares'])) == sorted(map(tuple, want))
    assert out['hits'] == 3 and out['source'] in ('ok', 'failed')
    assert out['msearch'] == [200, 404]
    assert {'id', 'customer_id', 'model', 'firmware', 'region', 'activated_at'} <= set(out['mapping'])
    assert 'device.model' in out['caps'] and 'nickname' not in out['caps']
    assert out['health'] in ('green', 'yellow')
    assert out['exists'] == [True, False]
    assert out['error'] == [400, 'parsing_exception']
    assert out['scrolled'] == devices and out['in_pit'] == devices


def test_python_helper_scans_every_row(tamis, python_client):
    hits = list(helpers.scan(python_client, index='connections', query={'_source': ['at']}, size=500, scroll='2m'))
    assert len({h['_id'] for h in hits}) == len(hits) == tamis.count('connections')
    ordered = helpers.scan(python_client, index='devices', query={'sort': [{'activated_at': 'desc'}]}, size=7, preserve_order=True)
    times = [h['_source'].get('activated_at') for h in ordered]
    with_time = [t for t in times if t]
    assert len(times) == tamis.count('devices') and with_time == sorted(with_time, reverse=True)


def test_python_client_pages_in_a_point_in_time(tamis, python_client):
    es = python_client
    pit = es.open_point_in_time(index='connections', keep_alive='1m')['id']
    seen, after = set(), None
    while True:
        body = {'size': 900, 'sort': [{'outcome': 'asc'}], '_source': False, 'pit': {'id': pit, 'keep_alive': '1m'}}
        hits = es.search(body={**body, **({'search_after': after} if after else {})})['hits']['hits']
        if not hits:
            break
        seen |= {h['_id'] for h in hits}
        after = hits[-1]['sort']
    assert len(seen) == tamis.count('connections')
    assert es.close_point_in_time(body={'id': pit}) == {'succeeded': True, 'num_freed': 1}
    with pytest.raises(elasticsearch.NotFoundError) as e:
        es.search(body={'pit': {'id': pit}})
    assert e.value.error == 'search_phase_execution_exception'
