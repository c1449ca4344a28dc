"""A sealed column: kept, and read by nobody; opened by two people; gone with its key."""
import json

import pytest
from harness import ROOT, Tamis, until
from conftest import drop_slots
from test_privacy import dump, grep

POLICY = (ROOT / 'demo' / 'policy.yml').read_text()
CANARY = 'canary.of.{}@sealed.example'


def sealed_policy():
    text = POLICY
    for old in ('email:      {treat: drop}', 'wifi_ssid:    {treat: drop}', 'nickname:     {treat: drop}'):
        assert old in text
        text = text.replace(old, old.replace('drop', 'seal'))
    return text


@pytest.fixture(scope='module')
def sealed(postgres):
    postgres.make_fleet()
    postgres.sql("UPDATE customers SET email = 'canary.of.' || id || '@sealed.example'")
    it = Tamis(postgres)
    try:
        it.write_policy(sealed_policy())
        it.set_up_source()
        for role in ('analyst', 'metrics'):
            it.user(role, role)
        it.start()
        it.caught_up()
        yield it
        it.stop()
    finally:
        it.drop()
        drop_slots(postgres)


def canaries(it, tmp_path):
    """Everything that is sealed, as it is in PostgreSQL."""
    texts = {r[0] for r in it.postgres.sql('SELECT email FROM customers UNION SELECT wifi_ssid FROM devices UNION '
                                           'SELECT nickname FROM devices') if r[0]}
    assert len(texts) > 2000
    file = tmp_path / 'canaries'
    file.write_text('\n'.join(sorted(texts)) + '\n')
    return file


def test_no_sealed_value_is_on_disk_or_in_the_memory_of_serve_and_keeper(sealed, tmp_path):
    file = canaries(sealed, tmp_path)
    sealed.postgres.sql("UPDATE customers SET email = 'moved.' || email WHERE id <= 50")
    sealed.postgres.sql("UPDATE devices SET nickname = nickname || '!' WHERE id <= 50")
    sealed.caught_up()
    assert grep(file, sealed.home) == [] and grep(file, sealed.log) == []
    for name in ('serve', 'keeper'):
        memory = tmp_path / name
        dump(sealed.process(name), memory)
        assert memory.stat().st_size > 1_000_000
        assert grep(file, memory) == [], name
    raw = tmp_path / 'raw'  # the same search finds what is there
    raw.write_text(CANARY.format(500))
    assert grep(file, raw)


QUESTIONS = [
    {'query': {'term': {'email': 'x'}}}, {'query': {'exists': {'field': 'email'}}}, {'query': {'prefix': {'email': 'c'}}},
    {'query': {'wildcard': {'email': '*'}}}, {'query': {'query_string': {'query': 'email:canary*'}}},
    {'query': {'range': {'email': {'gte': 'a'}}}}, {'query': {'bool': {'must_not': [{'exists': {'field': 'email'}}]}}},
    {'query': {'match': {'email': 'x'}}}, {'query': {'terms': {'email': ['x']}}}, {'query': {'regexp': {'email': '.*'}}},
    {'sort': ['email']}, {'_source': ['email']}, {'_source': {'includes': ['email', 'country']}}, {'fields': ['email']},
    {'docvalue_fields': ['email']}, {'size': 0, 'aggs': {'a': {'terms': {'field': 'email'}}}},
    {'size': 0, 'aggs': {'a': {'cardinality': {'field': 'email'}}}}, {'size': 0, 'aggs': {'a': {'value_count': {'field': 'email'}}}},
    {'size': 0, 'aggs': {'a': {'missing': {'field': 'email'}}}},
    {'size': 0, 'aggs': {'a': {'composite': {'sources': [{'e': {'terms': {'field': 'email'}}}]}}}},
]


@pytest.mark.parametrize('question', QUESTIONS, ids=json.dumps)
def test_a_question_that_names_it_is_refused_and_told_why(sealed, question):
    said = sealed.get('/customers/_search', question, status=400)
    assert 'Field [email] is sealed' in json.dumps(said)
    if question.get('size') == 0:
        assert 'Field [email] is sealed' in json.dumps(sealed.get('/customers/_search', question, user='metrics', status=400))


def test_through_a_look_up_it_is_as_sealed(sealed):
    said = sealed.get('/connections/_search', {'size': 0, 'aggs': {'a': {'terms': {'field': 'device.nickname'}}}}, status=400)
    assert 'Field [device.nickname] is sealed' in json.dumps(said)


def test_no_reply_has_it(sealed):
    sealed_names = ('email', 'wifi_ssid', 'nickname')
    hit = sealed.get('/customers/_search', {'size': 1})['hits']['hits'][0]
    assert set(hit['_source']) == {'id', 'country', 'time_zone', 'created_at'}
    assert set(sealed.get(f'/customers/_doc/{hit["_id"]}')['_source']) == set(hit['_source'])
    assert 'is sealed' in json.dumps(sealed.get(f'/customers/_doc/{hit["_id"]}?_source=email', status=400))
    everything = sealed.get('/connections/_search', {'size': 1, '_source': '*', 'fields': ['*']})
    for reply in (everything, sealed.get('/_mapping'), sealed.get('/_field_caps?fields=*')):
        assert not any(f'"{name}"' in json.dumps(reply) for name in sealed_names)
