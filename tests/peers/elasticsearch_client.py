"""Today's Python client of Elasticsearch, unmodified (versions 8 and 9)."""
import elasticsearch
import pytest


@pytest.fixture()
def es(tamis):
    return elasticsearch.Elasticsearch(tamis.url, basic_auth=('analyst', tamis.users['analyst']), ca_certs=tamis.ca)


def test_search_count_get(tamis, es):
    assert es.info()['tagline'] == 'You Know, for Search'
    assert es.count(index='devices')['count'] == tamis.postgres.sql('SELECT count(*) FROM devices')[0][0]
    page = es.search(index='connections', size=2, sort=[{'at': 'desc'}], query={'term': {'outcome': 'ok'}})
    hit = page['hits']['hits'][0]
    assert es.get(index='connections', id=hit['_id'])['_source'] == hit['_source']
    assert es.indices.exists(index='devices')
    assert not es.indices.exists(index='nothing-here')


def test_aggregation_equals_postgresql(tamis, es):
    reply = es.search(index='devices', size=0, aggs={'m': {'terms': {'field': 'model', 'size': 50}}})
    got = sorted((b['key'], b['doc_count']) for b in reply['aggregations']['m']['buckets'])
    assert got == [tuple(r) for r in tamis.postgres.sql('SELECT model, count(*) FROM devices GROUP BY 1 ORDER BY 1')]


def test_msearch_and_errors(es):
    replies = es.msearch(searches=[{'index': 'devices'}, {'size': 0}, {'index': 'nothing-here'}, {'size': 0}])['responses']
    assert [r['status'] for r in replies] == [200, 404]
    with pytest.raises(elasticsearch.NotFoundError, match='index_not_found_exception'):
        es.search(index='nothing-here')
    with pytest.raises(elasticsearch.BadRequestError, match='parsing_exception'):
        es.search(index='devices', query={'frobnicate': {}})


def test_api_key(tamis, es):
    key = es.security.create_api_key(name='dashboards')
    other = elasticsearch.Elasticsearch(tamis.url, api_key=key['encoded'], ca_certs=tamis.ca)
    assert other.count(index='devices')['count'] > 0
    assert other.security.authenticate()['username'] == 'analyst'
