"""Single documents as clients write them: conditions, updates, and what is refused."""
import json
import threading

import elasticsearch
import pytest
import requests
from harness import Tamis, until

POLICY = '''sources: {}
push:
  notes:
    time: at
    columns:
      at:    {treat: keep, as: date}
      who:   {treat: pseudonym, subject: person}
      kind:  {treat: keep, as: keyword}
      count: {treat: keep, as: integer}
  copies:
    time: at
    columns:
      at:    {treat: keep, as: date}
      kind:  {treat: keep, as: keyword}
      count: {treat: keep, as: integer}
'''


@pytest.fixture(scope='module')
def tamis():
    it = Tamis(None, POLICY)
    try:
        it.user('analyst', 'analyst')
        it.user('loader', 'writer,analyst')
        it.user('head', 'admin')
        it.user('pusher', 'writer')  # users that come later wait for a second person
        it.start()
        until('mirror takes documents', lambda: it.http('DELETE', '/notes/_doc/none', None, 'loader').status_code == 404)
        yield it
        it.stop()
    finally:
        it.drop()


@pytest.fixture()
def es(tamis):
    return elasticsearch.Elasticsearch([tamis.url], http_auth=('loader', tamis.users['loader']), ca_certs=tamis.ca, verify_certs=True)


def takes(tamis):
    try:
        return tamis.http('DELETE', '/notes/_doc/none', None, 'loader').status_code == 404
    except requests.ConnectionError:
        return False


def refusal(call, *words, **more):
    with pytest.raises(elasticsearch.TransportError) as e:
        call(*words, **more)
    return e.value.status_code, e.value.info['error']['type'], e.value.info['error']['reason']


def test_a_write_under_a_condition_fails_where_somebody_was_faster(es):
    first = es.index(index='notes', id='c1', body={'kind': 'a', 'count': 1})
    assert first['result'] == 'created'
    read = es.get(index='notes', id='c1')
    assert (read['_seq_no'], read['_primary_term']) == (first['_seq_no'], first['_primary_term'])
    mine = {'if_seq_no': read['_seq_no'], 'if_primary_term': read['_primary_term']}
    second = es.index(index='notes', id='c1', body={'kind': 'b', 'count': 2}, **mine)
    assert second['result'] == 'updated' and second['_seq_no'] > first['_seq_no'] and second['_version'] > read['_version']
    conflict = refusal(es.index, index='notes', id='c1', body={'kind': 'c'}, **mine)
    assert conflict == (409, 'version_conflict_engine_exception',
                        f"[c1]: version conflict, required seqNo [{first['_seq_no']}], primary term [{first['_primary_term']}]. current "
                        f"document has seqNo [{second['_seq_no']}] and primary term [{second['_primary_term']}]")
    assert refusal(es.update, index='notes', id='c1', body={'doc': {'kind': 'd'}}, **mine)[0] == 409
    assert refusal(es.delete, index='notes', id='c1', **mine)[0] == 409
    assert es.get_source(index='notes', id='c1') == {'kind': 'b', 'count': 2}
    hit = es.search(index='notes', body={'query': {'term': {'kind': 'b'}}, 'version': True, 'seq_no_primary_term': True})['hits']['hits'][0]
    assert (hit['_seq_no'], hit['_version']) == (second['_seq_no'], second['_version'])
    now = {'if_seq_no': hit['_seq_no'], 'if_primary_term': hit['_primary_term']}
    assert es.delete(index='notes', id='c1', **now)['result'] == 'deleted'
    assert refusal(es.index, index='notes', id='c1', body={}, **now)[2].endswith('but no document was found')


def test_conditions_that_make_no_sense_are_refused(es):
    body = {'kind': 'a'}
    assert refusal(es.index, index='notes', id='x', body=body, if_seq_no=1)[2] == \
        'Validation Failed: 1: ifSeqNo is set, but primary term is [0];'
    assert 'create operations do not support compare and set' in refusal(
        es.create, index='notes', id='x', body=body, params={'if_seq_no': 1, 'if_primary_term': 1})[2]
    assert 'internal versioning can not be used' in refusal(es.index, index='notes', id='x', body=body, version=3)[2]
    assert refusal(es.index, index='notes', id='x', body=body, if_seq_no=-1, if_primary_term=1)[0] == 400
    assert 'version_type' in refusal(es.index, index='notes', id='x', body=body, version_type='external')[2]
    assert refusal(es.index, index='notes', id='x', body=body, params={'require_alias': 'true'})[0] == 404
    assert not es.exists(index='notes', id='x')


def test_many_who_count_one_up_lose_no_step(tamis, es):
    es.index(index='notes', id='counter', body={'count': 0})
    url, auth = tamis.url + '/notes/_doc/counter', ('loader', tamis.users['loader'])
    conflicts = []

    def count():
        session = requests.Session()
        session.auth = auth
        done = 0
        while done < 15:
            at = session.get(url, verify=tamis.ca).json()
            term = {'if_seq_no': at['_seq_no'], 'if_primary_term': at['_primary_term']}
            reply = session.put(url, params=term, verify=tamis.ca, json={'count': at['_source']['count'] + 1})
            if reply.status_code == 200:
                done += 1
            else:
                assert reply.status_code == 409, reply.text
                conflicts.append(1)
    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert es.get_source(index='notes', id='counter')['count'] == 60
    print(f'{len(conflicts)} conflicts')


def test_what_was_read_before_a_restart_is_no_condition_after_it(tamis, es):
    es.index(index='notes', id='old', body={'count': 1})
    at = es.get(index='notes', id='old')
    tamis.kill('serve')
    until('documents are taken again', lambda: takes(tamis), 30)
    mine = {'if_seq_no': at['_seq_no'], 'if_primary_term': at['_primary_term']}
    assert refusal(es.index, index='notes', id='old', body={'count': 2}, **mine)[0] == 409
    at = es.get(index='notes', id='old')
    assert at['_source']['count'] == 1
    assert es.index(index='notes', id='old', body={'count': 2}, if_seq_no=at['_seq_no'],
                    if_primary_term=at['_primary_term'])['result'] == 'updated'


def test_a_bulk_takes_conditions_in_its_order(tamis, es):
    at = es.index(index='notes', id='b', body={'count': 1})
    mine = {'_id': 'b', 'if_seq_no': at['_seq_no'], 'if_primary_term': at['_primary_term']}
    lines = [{'index': {'_id': 'b-before'}}, {'count': 1}, {'index': mine}, {'count': 2}, {'index': mine}, {'count': 3},
             {'delete': mine}, {'index': {'_id': 'b-after'}}, {'count': 1}]
    items = es.bulk(index='notes', body=lines)['items']
    assert [list(item.values())[0]['status'] for item in items] == [201, 200, 409, 409, 201]
    assert items[2]['index']['error']['type'] == 'version_conflict_engine_exception'
    assert es.get_source(index='notes', id='b')['count'] == 2


def test_updates_say_noop_where_nothing_changes(es):
    es.index(index='notes', id='n', body={'kind': 'a', 'count': 1, 'who': 'somebody'})
    at = es.get(index='notes', id='n')['_seq_no']
    same = es.update(index='notes', id='n', body={'doc': {'count': 1, 'who': 'somebody'}})
    assert (same['result'], same['_seq_no'], same['_shards']['total']) == ('noop', at, 0)
    assert es.get(index='notes', id='n')['_seq_no'] == at
    assert es.update(index='notes', id='n', body={'doc': {'count': 1}, 'detect_noop': False})['result'] == 'updated'
    assert es.update(index='notes', id='n', body={'doc': {'count': 2}})['result'] == 'updated'
    assert es.update(index='notes', id='n2', body={'doc': {'count': 2}, 'doc_as_upsert': True})['result'] == 'created'
    assert es.update(index='notes', id='n2', body={'doc': {'count': 2}, 'doc_as_upsert': True})['result'] == 'noop'
    missing = refusal(es.update, index='notes', id='n3', body={'doc': {'count': 2}})
    assert missing == (404, 'document_missing_exception', '[n3]: document missing')


def test_update_by_query_writes_rows_anew_and_each_once(tamis, es):
    lines = [line for n in range(12000) for line in ({'index': {'_id': f'u{n}'}}, {'kind': 'u', 'count': n})]
    assert es.bulk(index='copies', body=lines)['errors'] is False
    before = {h['_id']: h['_seq_no'] for h in es.search(index='copies', body={
        'query': {'term': {'kind': 'u'}}, 'size': 5, 'seq_no_primary_term': True})['hits']['hits']}
    assert tamis.http('POST', '/copies/_update_by_query', {'script': {'source': 'x'}}, 'loader').status_code == 400
    some = es.update_by_query(index='copies', body={'query': {'range': {'count': {'lt': 3}}}})
    assert (some['total'], some['updated'], some['deleted']) == (3, 3, 0)
    all_of_them = es.update_by_query(index='copies')
    assert (all_of_them['updated'], all_of_them['version_conflicts'], all_of_them['batches']) == (12000, 0, 2)
    assert tamis.count('copies') == 12000
    after = es.mget(index='copies', body={'ids': list(before)})['docs']
    assert all(doc['found'] and doc['_seq_no'] > before[doc['_id']] for doc in after)
    assert refusal(es.update_by_query, index='copies', body={'query': {'match_all': {}}}, params={'pipeline': 'p'})[0] == 400
    es.delete_by_query(index='copies', body={'query': {'match_all': {}}})


def test_an_alias_is_written_and_read_as_its_index_and_outlives_a_restart(tamis, es):
    def admin(method, path, body=None):
        reply = tamis.http(method, path, body, 'head')
        assert reply.status_code == 200, reply.text
        return reply.json()
    admin('POST', '/_aliases', {'actions': [
        {'add': {'index': 'notes', 'alias': 'all', 'is_write_index': True}}, {'add': {'index': 'copies', 'alias': 'all'}},
        {'add': {'index': 'copies', 'alias': 'red', 'filter': {'term': {'kind': 'red'}}}}]})
    assert es.indices.exists_alias(name='red') and not es.indices.exists_alias(name='blue')
    before = es.count(index='all')['count']
    made = es.index(index='all', id='through', body={'kind': 'red'}, params={'require_alias': 'true'})
    assert made['_index'] == 'notes'
    done = es.bulk(body=[{'index': {'_index': 'red', '_id': 'r1'}}, {'kind': 'red', 'count': 1},
                         {'index': {'_index': 'red', '_id': 'r2'}}, {'kind': 'green', 'count': 1}])
    assert [item['index']['_index'] for item in done['items']] == ['copies', 'copies'] and not done['errors']
    assert es.count(index='all')['count'] == before + 3
    assert es.count(index='red')['count'] == 1
    assert es.get(index='red', id='r2')['found']
    es.update_by_query(index='red', body={'query': {'match_all': {}}})
    assert es.delete_by_query(index='red', body={'query': {'match_all': {}}})['deleted'] == 1
    assert es.count(index='copies')['count'] == 1
    tamis.stop()
    tamis.start()
    until('documents are taken again', lambda: takes(tamis), 30)
    assert set(es.indices.get_alias(name='all')) == {'notes', 'copies'}
    assert es.count(index='red')['count'] == 0
    admin('DELETE', '/_all/_alias/red,all')
    assert not es.indices.exists_alias(name='red')
    es.delete_by_query(index='copies', body={'query': {'match_all': {}}})


def test_a_shipper_sets_up_what_it_always_does(tamis, es):
    """As Logstash, Beats and Fluentd do before they send, with the rights of a writer."""
    template = {'index_patterns': ['logs-*'], 'template': {'settings': {'index': {'refresh_interval': '5s'}}, 'mappings': {
        'properties': {'@timestamp': {'type': 'date'}, 'host': {'properties': {'ip': {'type': 'ip'}, 'mac': {'type': 'keyword'}}}}}}}
    assert not es.indices.exists_index_template(name='ecs-logstash')
    for _ in range(2):
        assert es.indices.put_index_template(name='ecs-logstash', body=template)['acknowledged']
    assert es.indices.exists_index_template(name='ecs-logstash')
    kept = es.indices.get_index_template(name='ecs-logstash')['index_templates'][0]['index_template']
    assert kept['template'] == template['template']
    assert es.indices.put_template(name='old', body={'index_patterns': ['old-*'], 'order': 0})['acknowledged']
    assert es.ilm.put_lifecycle('filebeat', body={'policy': {'phases': {'hot': {'actions': {}}}}})['acknowledged']
    assert es.ilm.get_lifecycle(policy='filebeat')['filebeat']['policy'] == {'phases': {'hot': {'actions': {}}}}
    assert es.ingest.get_pipeline() == {}
    assert refusal(es.ingest.put_pipeline, id='p', body={'processors': []})[0] == 400
    assert es.indices.put_settings(index='copies', body={'index': {'refresh_interval': '-1'}})['acknowledged']
    assert es.indices.put_mapping(index='copies', body={'properties': {'kind': {'type': 'keyword'}}})['acknowledged']
    assert refusal(es.indices.put_mapping, index='copies', body={'properties': {'kind': {'type': 'long'}}})[0] == 400
    assert refusal(es.indices.create, index='copies')[1] == 'resource_already_exists_exception'
    bad = dict(template, _meta={'owner': 'anna@example.org'})
    assert refusal(es.indices.put_index_template, name='bad', body=bad)[1] == 'policy_exception'
    tamis.stop()
    tamis.start()
    until('documents are taken again', lambda: takes(tamis), 30)
    assert es.indices.exists_index_template(name='ecs-logstash') and es.indices.exists_template(name='old')
    assert es.indices.delete_index_template(name='ecs-logstash')['acknowledged']
    assert not es.indices.exists_index_template(name='ecs-logstash')
    assert b'anna@example.org' not in b''.join(f.read_bytes() for f in tamis.home.rglob('catalog.db*'))


def test_reindex_copies_rows_as_they_were_through_the_sieve(tamis, es):
    def copy(body, user='loader', **params):
        path = '/_reindex' + ('?' + '&'.join(f'{k}={v}' for k, v in params.items()) if params else '')
        reply = tamis.http('POST', path, body, user)
        return reply.status_code, reply.json()
    for index in ('notes', 'copies'):
        es.delete_by_query(index=index, body={'query': {'match_all': {}}})
    lines = [line for n in range(2500) for line in ({'index': {'_id': f'x{n}'}}, {'kind': f'k{n % 3}', 'count': n, 'who': f'p{n % 7}',
                                                                                'at': '2026-01-01T00:00:00Z'})]
    assert es.bulk(index='notes', body=lines)['errors'] is False
    status, done = copy({'source': {'index': 'notes'}, 'dest': {'index': 'copies'}})
    assert status == 200, done
    assert {k: done[k] for k in ('total', 'created', 'updated', 'batches', 'version_conflicts', 'failures')} == {
        'total': 2500, 'created': 2500, 'updated': 0, 'batches': 3, 'version_conflicts': 0, 'failures': []}
    total = {'size': 0, 'aggs': {'s': {'sum': {'field': 'count'}}}}
    assert es.search(index='copies', body=total)['aggregations']['s']['value'] == sum(range(2500))
    assert 'who' not in es.search(index='copies', body={'size': 1})['hits']['hits'][0]['_source']  # not a column there
    status, done = copy({'source': {'index': 'notes', 'query': {'term': {'kind': 'k1'}}, 'size': 100}, 'dest': {'index': 'copies'},
                         'max_docs': 250})
    assert (status, done['total'], done['updated'], done['batches']) == (200, 250, 250, 3)
    status, done = copy({'source': {'index': 'notes'}, 'dest': {'index': 'copies', 'op_type': 'create'}})
    assert status == 409 and done['failures'][0]['cause']['type'] == 'version_conflict_engine_exception' and done['batches'] == 1
    status, done = copy({'source': {'index': 'notes'}, 'dest': {'index': 'copies', 'op_type': 'create'}, 'conflicts': 'proceed'})
    assert (status, done['version_conflicts'], done['created'], done['failures']) == (200, 2500, 0, [])
    es.delete_by_query(index='copies', body={'query': {'match_all': {}}})
    status, done = copy({'source': {'index': 'notes', '_source': ['kind']}, 'dest': {'index': 'copies'}}, max_docs=10)
    assert (status, done['created']) == (200, 10)
    assert es.search(index='copies', body={'size': 1})['hits']['hits'][0]['_source'].keys() == {'kind'}
    assert copy({'source': {'index': 'notes'}, 'dest': {'index': 'notes'}})[0] == 400
    assert copy({'source': {'index': 'notes'}, 'dest': {'index': 'copies'}}, 'pusher')[0] == 403
    for index in ('notes', 'copies'):
        es.delete_by_query(index=index, body={'query': {'match_all': {}}})


def test_a_deleted_index_is_empty_and_takes_documents_again(tamis, es):
    es.bulk(index='notes', body=[line for n in range(100) for line in ({'index': {}}, {'kind': 'a', 'count': n})])
    es.index(index='copies', id='stays', body={'kind': 'b'})
    at = es.index(index='notes', id='one', body={'kind': 'a'})
    assert tamis.http('DELETE', '/notes', None, 'pusher').status_code == 403
    assert es.indices.delete(index='notes') == {'acknowledged': True}
    assert es.count(index='notes')['count'] == 0 and es.count(index='copies')['count'] == 1
    assert refusal(es.index, index='notes', id='one', body={'kind': 'a'}, if_seq_no=at['_seq_no'],
                   if_primary_term=at['_primary_term'])[0] == 409
    assert es.index(index='notes', id='one', body={'kind': 'a'})['result'] == 'created'
    assert es.index(index='notes', body={'kind': 'a'})['result'] == 'created'
    assert refusal(es.indices.delete, index='no*')[0] == 400
    assert refusal(es.indices.delete, index='notes,nosuch')[0] == 404 and es.count(index='notes')['count'] == 2
    tamis.kill('serve')
    until('documents are taken again', lambda: takes(tamis), 30)
    assert es.count(index='notes')['count'] == 2
    assert es.indices.delete(index='notes,copies')['acknowledged']
    assert es.count(index='notes,copies')['count'] == 0
