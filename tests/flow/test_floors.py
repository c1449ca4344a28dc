"""What routes beside searches tell to whom the floor is for: counts, sizes, suggestions and looked-up fields.

`app-few` has 73 rows of 3 people, `app-many` 300 rows of as many, of which one has the value `zqrare`.
"""
import json
import re

import pytest
import requests
from harness import Tamis, until

COLUMNS = '''
    time: at
    columns:
      at:    {treat: keep, as: date}
      who:   {treat: pseudonym, subject: person}
      model: {treat: keep, as: keyword}
'''
POLICY = f'''push:
  app-few:{COLUMNS}  app-many:{COLUMNS}
metrics:
  counted: {{of: app-few, time: at, count: true, by: [model], every: 1h}}
floor: {{subjects: 5, subject: person}}
'''
START = 1_700_000_000_000
FEW, MANY = 73, 300
RARE = {'term': {'model': 'zqrare'}}
SPAN = '?from=2023-11-14T00:00:00Z&to=2023-11-16T00:00:00Z'
ROUTES = [
    ('GET', '/_cat/indices?format=json', None), ('GET', '/_cat/indices?h=*', None), ('GET', '/_cat/count', None), ('GET', '/_cat/count/app-few', None),
    ('GET', '/_cat/shards?h=*', None), ('GET', '/_cat/segments?h=*', None), ('GET', '/_stats', None), ('GET', '/app-few/_stats', None),
    ('GET', '/app-few/_stats/docs,store,indexing', None), ('GET', '/app-few/_count', None), ('GET', '/app-many/_count?q=model:zqrare', None),
    ('POST', '/app-few/_search', {'size': 0}), ('POST', '/app-few/_search?track_total_hits=true', {'size': 0, 'profile': True}),
    ('POST', '/app-many/_search', {'size': 0, 'query': RARE}), ('POST', '/_msearch', '{"index":"app-few"}\n{"size":0}\n'),
    ('POST', '/app-few/_validate/query?explain=true', {'query': RARE}), ('POST', '/app-many/_validate/query?rewrite=true', {'query': RARE}),
    ('POST', '/app-few/_terms_enum', {'field': 'model'}), ('POST', '/app-many/_terms_enum', {'field': 'model', 'string': ''}),
    ('GET', '/app-*/_field_caps?fields=*', None), ('GET', '/_cluster/stats', None), ('GET', '/_nodes/stats', None), ('GET', '/_cat/recovery', None),
    ('GET', '/_cat/fielddata', None), ('GET', f'/_tamis/metrics/counted{SPAN}', None), ('GET', '/_cluster/health?level=shards', None)]


@pytest.fixture(scope='module')
def town():
    it = Tamis(None, POLICY)
    try:
        for name, role in (('writer', 'writer'), ('analyst', 'analyst'), ('metrics', 'metrics')):
            it.user(name, role)
        it.start()
        push(it, 'app-few', [{'at': START + i * 1000, 'who': f'p{i % 3}', 'model': 'zqfew'} for i in range(FEW)])
        push(it, 'app-many', [{'at': START + i * 1000, 'who': f'p{i}', 'model': 'zqrare' if i == 7 else 'zqall'} for i in range(MANY)])
        yield it
        it.stop()
    finally:
        it.drop()


def push(it, index, documents):
    lines = ''.join(json.dumps({'index': {'_index': index}}) + '\n' + json.dumps(d) + '\n' for d in documents)

    def taken():
        reply = requests.post(it.url + '/_bulk', data=lines, auth=('writer', it.users['writer']), verify=it.ca, timeout=60,
                              headers={'Content-Type': 'application/x-ndjson'})
        return reply.status_code == 200 and not reply.json()['errors']
    until('documents are taken', taken)


def said(it, method, path, body, user):
    how = {'data': body, 'headers': {'Content-Type': 'application/x-ndjson'}} if isinstance(body, str) else {'json': body} if body else {}
    reply = requests.request(method, it.url + path, auth=(user, it.users[user]), verify=it.ca, timeout=60, **how)
    assert reply.status_code == 200, (path, reply.text[:500])
    return reply.text


def numbers(text):
    return {int(n) for n in re.findall(r'(?<![\w.])\d+(?![\w.])', text)}


@pytest.mark.parametrize('method,path,body', ROUTES, ids=[f'{m} {p}' for m, p, _ in ROUTES])
def test_no_route_tells_a_count_or_value_of_few(town, method, path, body):
    text = said(town, method, path, body, 'metrics')
    assert not numbers(text) & {FEW, FEW + MANY, FEW + 2 * MANY}, text[:1500]
    assert not re.search('zqfew|zqrare', text), text[:1500]


def test_an_analyst_is_told_each_of_these(town):
    """The test of the test."""
    assert FEW in numbers(said(town, 'GET', '/_cat/indices?h=docs.count', None, 'analyst'))
    assert FEW in numbers(said(town, 'GET', '/app-few/_stats', None, 'analyst'))
    assert 'zqrare' in said(town, 'POST', '/app-many/_terms_enum', {'field': 'model'}, 'analyst')


def test_sizes_of_many_are_rounded_alike_on_every_route(town):
    count = json.loads(said(town, 'GET', '/app-many/_count', None, 'metrics'))['count']
    assert abs(count - MANY) <= 6
    assert json.loads(said(town, 'GET', '/app-many/_stats/docs', None, 'metrics'))['_all']['total']['docs']['count'] == count
    assert count in numbers(said(town, 'GET', '/_cat/indices/app-many?h=docs.count', None, 'metrics'))
    assert count in numbers(said(town, 'GET', '/_cat/shards/app-many?h=docs', None, 'metrics'))


def test_one_row_more_moves_no_size(town):
    """Bytes, segments and changes are of single rows; a role with a floor is told none."""
    for path in ('/app-many/_stats', '/_cat/segments/app-many?h=segments,docs.deleted,size,size.memory&bytes=b'):
        text = said(town, 'GET', path, None, 'metrics')
        section = json.loads(text)['_all']['total'] if text.startswith('{') else None
        if section:
            assert section['store']['size_in_bytes'] == section['indexing']['index_total'] == section['segments']['count'] == 0
        else:
            assert numbers(text) == {0}, text


# The fleet's connections look their device up; this role may see devices of one model only.
ROLE = {'indices': [{'names': ['connections'], 'privileges': ['read']},
                    {'names': ['devices'], 'privileges': ['read'], 'query': {'prefix': {'model': 'a'}}}]}


def manage(it, path, body):
    reply = it.http('PUT', path, body, user='admin')
    if reply.status_code == 202:
        reply = it.http('POST', '/_tamis/approvals/%d' % reply.json()['approval']['id'], user='second')
    assert reply.status_code == 200, reply.text


@pytest.fixture(scope='module')
def narrow(tamis):
    tamis.user('second', 'admin')
    model = tamis.get('/devices/_search', {'size': 1, 'sort': ['model']})['hits']['hits'][0]['_source']['model']
    ROLE['indices'][1]['query'] = {'term': {'model': model}}
    manage(tamis, '/_security/role/narrow', ROLE)
    tamis.users['narrow'] = 'a password of good length'
    manage(tamis, '/_security/user/narrow', {'password': tamis.users['narrow'], 'roles': ['narrow']})
    return model


LOOKED_UP = [('/connections/_search', {'size': 400}), ('/connections/_search', {'size': 0, 'aggs': {'r': {'terms': {'field': 'device.model'}}}}),
             ('/connections/_search', {'size': 400, 'fields': ['device.*'], 'sort': [{'device.model': {'unmapped_type': 'keyword'}}]}), ('/connections/_field_caps?fields=*', {}),
             ('/connections/_terms_enum', {'field': 'device.model'}), ('/connections/_mapping', None),
             ('/connections/_search', {'size': 0, 'aggs': {'c': {'composite': {'sources': [{'r': {'terms': {'field': 'device.model'}}}]}}}})]


def models(it):
    buckets = it.get('/devices/_search', {'size': 0, 'aggs': {'m': {'terms': {'field': 'model', 'size': 100}}}})['aggregations']['m']['buckets']
    return [b['key'] for b in buckets]


@pytest.mark.parametrize('path,body', LOOKED_UP)
def test_rows_hidden_of_a_looked_up_table_are_not_looked_up(tamis, narrow, path, body):
    method = 'POST' if body is not None else 'GET'
    hidden = [m for m in models(tamis) if m != narrow]
    assert re.search('|'.join(map(re.escape, [*hidden, 'device.model', '"model"'])), said(tamis, method, path, body, 'analyst'))
    text = said(tamis, method, path, body, 'narrow')
    assert not [m for m in hidden if m in text] and '"model"' not in text, text[:1500]


def test_no_condition_on_a_looked_up_field_finds_a_hidden_row(tamis, narrow):
    hidden = next(m for m in models(tamis) if m != narrow)
    for query in ({'term': {'device.model': hidden}}, {'exists': {'field': 'device.model'}}, {'wildcard': {'device.model': '*'}},
                  {'query_string': {'query': 'device.model:*'}}):
        assert tamis.get('/connections/_count', {'query': query}, user='narrow')['count'] == 0
        assert tamis.get('/connections/_count', {'query': query})['count'] > 0


def test_a_metric_by_a_looked_up_field_is_not_for_whom_its_rows_are_hidden(tamis, narrow):
    assert 'failed_connections' in said(tamis, 'GET', '/_tamis/metrics', None, 'analyst')
    assert 'failed_connections' not in said(tamis, 'GET', '/_tamis/metrics', None, 'narrow')
    assert tamis.http('GET', '/_tamis/metrics/failed_connections?from=now-1d&to=now', user='narrow').status_code == 404


def test_rows_of_a_looked_up_table_are_seen_there_as_the_role_says(tamis, narrow):
    hits = tamis.get('/devices/_search', {'size': 400}, user='narrow')['hits']['hits']
    assert {h['_source']['model'] for h in hits} == {narrow}
