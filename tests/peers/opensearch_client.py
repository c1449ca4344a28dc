"""Today's Python client of OpenSearch, unmodified."""
import opensearchpy
import pytest


@pytest.fixture()
def client(tamis):
    return opensearchpy.OpenSearch([tamis.url], http_auth=('analyst', tamis.users['analyst']), ca_certs=tamis.ca,
                                   verify_certs=True)


def test_search_and_aggregation(tamis, client):
    assert client.count(index='devices')['count'] == tamis.postgres.sql('SELECT count(*) FROM devices')[0][0]
    reply = client.search(index='devices', body={'size': 0, 'aggs': {'m': {'terms': {'field': 'model', 'size': 50}}}})
    got = sorted((b['key'], b['doc_count']) for b in reply['aggregations']['m']['buckets'])
    assert got == [tuple(r) for r in tamis.postgres.sql('SELECT model, count(*) FROM devices GROUP BY 1 ORDER BY 1')]


def test_errors_have_their_types(client):
    with pytest.raises(opensearchpy.NotFoundError) as e:
        client.search(index='nothing-here')
    assert e.value.error == 'index_not_found_exception'
