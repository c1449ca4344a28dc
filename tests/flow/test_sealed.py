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
        for name, role in (('analyst', 'analyst'), ('metrics', 'metrics'), ('second', 'admin'), ('ivy', 'investigator'),
                           ('olga', 'investigator'), ('auditor', 'auditor')):
            it.user(name, role)
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


def sealed_verb(it, *words, who, check=True):
    password = it.password_file if who == 'admin' else it.dir / f'{who}.password'
    return it.run('sealed', *words, '--dir', it.home, '--as', who, '--password-file', password, check=check)


def a_row(it, country=None):
    """An _id, and the address that PostgreSQL has for it: the only customer of a country made for this."""
    it.postgres.sql("UPDATE customers SET country = %s WHERE id = %s", ('Q%d' % country, country))
    query = {'query': {'term': {'country': 'Q%d' % country}}}
    until('the row is there', lambda: it.count('customers', query['query']) == 1)
    row = it.get('/customers/_search', query)['hits']['hits'][0]['_id']
    return row, it.postgres.sql('SELECT email FROM customers WHERE id = %s', (country,))[0][0]


def proposal(done):
    return done.stdout.split()[1]


def entries(it):
    return it.get('/_tamis/audit/tail?last=200', user='auditor')


def test_two_people_and_a_reason_open_one_value(sealed, tmp_path):
    row, email = a_row(sealed, 400)
    asked = ('open', 'fleet.customers.email', '--row', row, '--why', 'ticket 4711')
    assert 'has not the role investigator' in sealed_verb(sealed, *asked, who='analyst', check=False).stderr
    assert '--why is missing' in sealed_verb(sealed, *asked[:4], who='ivy', check=False).stderr
    number = proposal(sealed_verb(sealed, *asked, who='ivy'))
    assert 'is not approved' in sealed_verb(sealed, 'open', number, who='ivy', check=False).stderr
    assert 'no administrator' in sealed_verb(sealed, 'approve', number, who='olga', check=False).stderr
    assert 'ticket 4711' in sealed_verb(sealed, 'approve', number, who='second').stdout
    assert sealed_verb(sealed, 'open', number, who='ivy').stdout == email + '\n'
    # Not for another investigator, although both may open.
    refused = sealed_verb(sealed, 'open', number, who='olga', check=False)
    assert refused.returncode == 1 and 'another column, row, person or reason' in refused.stderr and email not in refused.stdout
    words = ('"opened"', 'ticket 4711', 'sealed-open.propose', 'sealed-open.approve')
    until('all of it is on record', lambda: all(word in json.dumps(entries(sealed)) for word in words))
    # It is a reading of the row and of the column, and nobody can prove otherwise.
    for what in ('customers.email', f'customers/{row}', 'customers'):
        proof = sealed.run('audit', 'prove-absent', '--dir', sealed.home, '--of', what, '--principal', 'ivy', check=False)
        assert proof.returncode == 1, (what, proof.stdout, proof.stderr)
    assert sealed.run('audit', 'prove-absent', '--dir', sealed.home, '--of', 'devices.nickname').returncode == 0
    # Serve passed it on, and never had it.
    memory = tmp_path / 'serve'
    dump(sealed.process('serve'), memory)
    file = tmp_path / 'opened'
    file.write_text(email + '\n')
    assert grep(file, memory) == [] and grep(file, sealed.home) == [] and grep(file, sealed.log) == []


def test_the_person_whose_value_was_opened_is_counted(sealed):
    row, _ = a_row(sealed, 401)
    before = sealed.get('/_tamis/audit/who?principal=ivy', user='auditor')
    number = proposal(sealed_verb(sealed, 'open', 'customers.email', '--row', row, '--why', 'counting', who='ivy'))
    sealed_verb(sealed, 'approve', number, who='admin')
    sealed_verb(sealed, 'open', number, who='ivy')
    after = sealed.get('/_tamis/audit/who?principal=ivy', user='auditor')
    assert before != after and '401' not in json.dumps(after)


def test_serve_alone_opens_nothing(sealed):
    """What keeper holds the question against is the warrant, and the warrant is not serve's to write."""
    row, email = a_row(sealed, 402)
    body = {'warrant': 1, 'column': 'customers.email', 'row': row, 'why': 'because'}
    for user, status in (('analyst', 403), ('admin', 403), ('ivy', 403)):
        said = sealed.http('POST', '/_tamis/sealed/open', body, user=user)
        assert said.status_code == status and email not in said.text
    for member in body:
        broken = {k: v for k, v in body.items() if k != member}
        assert sealed.http('POST', '/_tamis/sealed/open', broken, user='ivy').status_code == 400
    for wrong in ({'column': 'customers.country'}, {'column': 'nothing'}, {'row': 'x'}, {'warrant': 'one'}):
        assert sealed.http('POST', '/_tamis/sealed/open', {**body, **wrong}, user='ivy').status_code == 400
    assert sealed.http('POST', '/_tamis/sealed/open', {**body, 'row': 'f' * 16}, user='ivy').status_code == 404


def test_an_update_and_a_moved_row_open_as_what_they_are_now(sealed):
    row, _ = a_row(sealed, 403)
    sealed.postgres.sql("UPDATE customers SET email = 'new.of.403@sealed.example' WHERE id = 403")
    sealed.postgres.sql("UPDATE customers SET time_zone = 'UTC' WHERE id = 403")
    until('it went through', lambda: sealed.count('customers', {'bool': {'filter': [{'term': {'country': 'Q403'}},
                                                                                    {'term': {'time_zone': 'UTC'}}]}}) == 1)
    number = proposal(sealed_verb(sealed, 'open', 'customers.email', '--row', row, '--why', 'again', who='ivy'))
    sealed_verb(sealed, 'approve', number, who='admin')
    assert sealed_verb(sealed, 'open', number, who='ivy').stdout == 'new.of.403@sealed.example\n'


def test_a_destroyed_key_erases_the_column_and_its_backups(sealed, tmp_path):
    row, email = a_row(sealed, 404)
    number = proposal(sealed_verb(sealed, 'open', 'customers.email', '--row', row, '--why', 'last', who='ivy'))
    sealed_verb(sealed, 'approve', number, who='admin')
    assert sealed_verb(sealed, 'open', number, who='ivy').stdout == email + '\n'
    keys = {f.name: f.read_bytes() for f in (sealed.home / 'keys').glob('seal-*.key')}
    assert len(keys) == 3
    gone = proposal(sealed_verb(sealed, 'destroy', 'customers.email', '--why', 'no longer needed', who='admin'))
    alone = sealed_verb(sealed, 'approve', gone, who='admin', check=False)
    assert alone.returncode == 1 and 'another administrator' in alone.stderr
    assert 'is destroyed' in sealed_verb(sealed, 'approve', gone, who='second').stdout

    def is_gone():
        said = sealed_verb(sealed, 'open', number, who='ivy', check=False)
        return said.returncode == 1 and 'was destroyed at 20' in said.stderr
    until('opening says that it is destroyed, and when', is_gone)
    assert 'customers.email was destroyed at 20' in sealed.run('sealed', 'list', '--dir', sealed.home).stdout
    assert 'sealed-destroy.approve' in json.dumps(entries(sealed))
    # Nothing enters any more: a new value is not there to be opened.
    until('it serves again', lambda: sealed.count('customers') == 1000)
    row, _ = a_row(sealed, 405)
    sealed.postgres.sql("UPDATE customers SET email = 'late@sealed.example', country = 'Q999' WHERE id = 405")
    until('it went through', lambda: sealed.count('customers', {'term': {'country': 'Q999'}}) == 1)
    number = proposal(sealed_verb(sealed, 'open', 'customers.email', '--row', row, '--why', 'late', who='ivy'))
    sealed_verb(sealed, 'approve', number, who='admin')
    assert 'nothing sealed in it' in sealed_verb(sealed, 'open', number, who='ivy', check=False).stderr
    # The key out of a backup is destroyed again at the next start; other columns stay.
    sealed.stop()
    for name, key in keys.items():
        (sealed.home / 'keys' / name).write_bytes(key)
    for marker in (sealed.home / 'keys').glob('seal-*.gone'):
        marker.unlink()
    sealed.start()
    assert len(list((sealed.home / 'keys').glob('seal-*.key'))) == 2
    assert 'customers.email was destroyed at 20' in sealed.run('sealed', 'list', '--dir', sealed.home).stdout
    assert 'devices.wifi_ssid: its key is there' in sealed.run('sealed', 'list', '--dir', sealed.home).stdout
