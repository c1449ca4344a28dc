"""The audit log as its reader has it: who asked what from where, and whether anybody changed it."""
import json

import pytest
import requests
from conftest import drop_slots
from harness import Tamis, until


@pytest.fixture()
def audited(postgres):
    """A fleet, two users, and a server that this test may stop and kill."""
    postgres.make_fleet()
    it = Tamis(postgres)
    it.user('analyst', 'analyst')
    it.user('bob', 'analyst')
    try:
        it.set_up_source()
        it.start()
        it.caught_up()
        yield it
        it.stop()
    finally:
        it.drop()
        drop_slots(postgres)


def entries(tamis, last=100000):
    said = tamis.run('audit', 'tail', '--dir', tamis.home, '--last', last, '--json').stdout
    return [json.loads(line) for line in said.splitlines()]


def verify(tamis, *more, check=True):
    return tamis.run('audit', 'verify', '--dir', tamis.home, *more, check=check)


def ask(tamis, user, size):
    return tamis.get('/devices/_search', {'size': size, 'query': {'term': {'model': 'cam-v1'}}}, user=user)


def test_tail_shows_who_asked_what_from_where(audited):
    shown = ask(audited, 'bob', 3)
    refused = requests.get(audited.url + '/devices/_search', auth=('bob', 'not the password'), verify=audited.ca, timeout=60)
    assert refused.status_code == 401
    audited.get('/connections/_search', {'size': 0})
    all_of_it = entries(audited)
    assert [e['entry'] for e in all_of_it] == list(range(len(all_of_it)))
    assert all_of_it[0]['kind'] == 'start'
    by_bob = [e for e in all_of_it if e.get('principal') == 'bob' and e['kind'] == 'answer']
    assert len(by_bob) == 1
    assert by_bob[0]['indices'] == ['devices']
    assert by_bob[0]['address'].startswith('127.0.0.1')
    assert by_bob[0]['rows'] == len(shown['hits']['hits']) == 3
    assert 'cam-v1' not in json.dumps(all_of_it)  # the shape of the query, not its values
    failed = [e for e in all_of_it if e['kind'] == 'login']
    assert len(failed) == 1 and failed[0]['status'] == 401 and failed[0]['address'].startswith('127.0.0.1')
    assert [e['indices'] for e in all_of_it if e.get('principal') == 'analyst'][-1] == ['connections']
    text = audited.run('audit', 'tail', '--dir', audited.home).stdout
    assert 'bob' in text and 'devices' in text and '127.0.0.1' in text


def test_who_counts_rows_and_people_once(audited):
    for _ in range(3):
        ask(audited, 'bob', 5)
    said = audited.run('audit', 'who', '--dir', audited.home, '--principal', 'bob', '--json').stdout
    [bob] = json.loads(said)
    assert bob['rows_shown'] == 15 and bob['rows'] == 5 and bob['entries'] == 3
    assert 5 < bob['subjects'] <= 10  # the devices, and whose they are
    later = audited.run('audit', 'who', '--dir', audited.home, '--from', '2200-01-01', '--json').stdout
    assert json.loads(later) == []


def test_a_head_on_paper_outlives_restarts(audited):
    until('a head is signed', lambda: verify(audited).stdout.count('last signed head'))
    paper = audited.dir / 'paper'
    paper.write_text(audited.run('audit', 'head', '--dir', audited.home).stdout)
    ask(audited, 'bob', 3)
    audited.stop()
    audited.start()
    ask(audited, 'bob', 3)
    assert 'whole and unchanged' in verify(audited, '--head', paper).stdout


def test_killing_serve_leaves_no_gap(audited):
    for size in range(1, 6):
        ask(audited, 'bob', size)
    before = entries(audited)
    audited.kill('serve')
    until('it answers again', lambda: answers(audited))
    ask(audited, 'bob', 9)
    after = entries(audited)
    assert after[:len(before)] == before
    assert [e['entry'] for e in after] == list(range(len(after)))
    assert [e['kind'] for e in after].count('start') == 2
    assert [e['rows'] for e in after if e.get('principal') == 'bob'] == [1, 2, 3, 4, 5, 9]
    assert 'whole and unchanged' in verify(audited).stdout


def answers(tamis):
    try:
        return tamis.http('GET', '/', user='analyst').status_code == 200
    except requests.RequestException:
        return False


def test_verify_names_the_place_of_a_changed_byte(audited):
    ask(audited, 'bob', 3)
    audited.stop()
    assert 'that no head is over yet' not in verify(audited).stdout  # the last thing a server does
    segment = audited.home / 'audit' / '0000000000000000.seg'
    good = segment.read_bytes()
    for place in (len(good) // 3, len(good) - 5):
        bad = bytearray(good)
        bad[place] ^= 4
        segment.write_bytes(bad)
        done = verify(audited, check=False)
        assert done.returncode == 1 and done.stdout == ''
        assert '0000000000000000.seg at byte ' in done.stderr
        assert int(done.stderr.split('at byte ')[1].split(':')[0]) <= place
        assert audited.run('audit', 'tail', '--dir', audited.home, check=False).returncode == 1
    segment.write_bytes(good)
    assert 'whole and unchanged' in verify(audited).stdout


def pseudonym_of_first(tamis):
    hit = tamis.get('/devices/_search', {'size': 1, 'sort': ['_doc']}, user='bob')['hits']['hits'][0]
    return hit['_id'], next(v for k, v in sorted(hit['_source'].items()) if isinstance(v, str) and len(v) == 22)


def test_the_auditor_reads_the_log_and_nothing_else(audited):
    audited.user('aud', 'auditor')
    ask(audited, 'bob', 3)
    for path in ('/', '/devices/_search', '/_mapping', '/_tamis/status', '/_security/user'):
        audited.get(path, user='aud', status=403)
    audited.get('/_tamis/audit/tail', user='analyst', status=403)
    until('a head is signed', lambda: audited.http('GET', '/_tamis/audit/head', user='aud').status_code == 200)
    tail = audited.get('/_tamis/audit/tail?last=1000', user='aud')['entries']
    assert [e['entry'] for e in tail] == list(range(len(tail)))
    key = audited.run('audit', 'key', '--dir', audited.home).stdout.strip()
    found = audited.get(f'/_tamis/audit/verify?key={key}', user='aud')
    assert found['whole'] and found['signatures'] == 'checked'
    [bob] = audited.get('/_tamis/audit/who?principal=bob', user='aud')['principals']
    assert bob['rows'] == 3
    mine = [e for e in entries(audited) if e.get('principal') == 'aud' and e['kind'] == 'answer']
    routes = [e['route'] for e in mine]
    for route in ('tail', 'verify', 'who'):
        assert f'GET /_tamis/audit/{route}' in routes
    assert {'principal': 'bob'} in [e.get('facts') for e in mine]


def test_a_statement_that_somebody_was_not_read_is_checked_on_an_export(audited, tmp_path):
    row, person = pseudonym_of_first(audited)
    kinds = {s['subject'] for e in entries(audited) for s in e.get('sets', []) if s.get('subject')}
    assert len(kinds) >= 1
    [kind] = {s['subject'] for e in json_entries(audited, '--members') for s in e.get('sets', []) if person in s['subjects']}
    until('a head is over all', lambda: 'no head is over yet' not in verify(audited).stdout)
    said = audited.run('audit', 'prove-absent', '--dir', audited.home, '--of', f'{kind}:{person}', check=False)
    assert said.returncode == 1 and said.stdout.startswith('read: ')
    said = audited.run('audit', 'who', '--dir', audited.home, '--of', f'devices/{row}').stdout
    assert 'bob' in said and 'devices.' in said
    nobody = f'{kind}:AAAAAAAAAAAAAAAAAAAAAA'
    file, export = tmp_path / 'statement', tmp_path / 'export'
    said = audited.run('audit', 'prove-absent', '--dir', audited.home, '--of', nobody, '--statement', file, check=False)
    assert said.stdout.startswith('not shown: ')  # searches counted rows
    said = audited.run('audit', 'prove-absent', '--dir', audited.home, '--of', nobody, '--principal', 'eve').stdout
    assert said.startswith('not read: ')
    audited.run('audit', 'export', '--dir', audited.home, '--to', export)
    key = audited.run('audit', 'key', '--dir', audited.home).stdout.strip()
    checked = audited.run('audit', 'verify', '--export', export, '--key', key, '--statement', file).stdout
    assert 'the log says the same\nnot shown: ' in checked
    file.write_text(file.read_text().replace('not shown', 'not read '))
    assert audited.run('audit', 'verify', '--export', export, '--key', key, '--statement', file, check=False).returncode == 1


def json_entries(tamis, *more):
    said = tamis.run('audit', 'tail', '--dir', tamis.home, '--last', 100000, '--json', *more).stdout
    return [json.loads(line) for line in said.splitlines()]
