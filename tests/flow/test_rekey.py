# SPDX-License-Identifier: Apache-2.0
"""Other pseudonyms for all subjects of a kind: approved by two, and nothing else changes."""
import base64
import json

import pytest
import requests
from harness import ROOT, Tamis, until
from conftest import drop_slots

POLICY = (ROOT / 'demo' / 'policy.yml').read_text() + '''push:
  app-events:
    columns:
      customer_id: {treat: pseudonym, subject: customer, lookup: customers}
      kind:        {treat: keep, as: keyword}
'''


@pytest.fixture()
def town(postgres):
    postgres.make_fleet()
    it = Tamis(postgres)
    try:
        it.write_policy(POLICY)
        it.set_up_source()
        for name, role in (('analyst', 'analyst'), ('second', 'admin'), ('auditor', 'auditor'), ('writer', 'writer')):
            it.user(name, role)
        it.start()
        it.caught_up()
        yield it
        it.stop()
    finally:
        it.drop()
        drop_slots(postgres)


def push(it, customer, kind):
    body = json.dumps({'index': {'_index': 'app-events'}}) + '\n' + json.dumps({'customer_id': customer, 'kind': kind}) + '\n'
    return requests.post(it.url + '/_bulk?refresh=true', data=body, auth=('writer', it.users['writer']), verify=it.ca, timeout=60,
                         headers={'Content-Type': 'application/x-ndjson'})


def terms(it, index, field):
    said = it.get(f'/{index}/_search', {'size': 0, 'aggs': {'a': {'terms': {'field': field, 'size': 5000}}}})
    return {b['key']: b['doc_count'] for b in said['aggregations']['a']['buckets']}


def rows_of(it, index, size=2000):
    """By _id, which a row keeps whatever its subject is called."""
    return {h['_id']: h['_source'] for h in it.get(f'/{index}/_search', {'size': size})['hits']['hits']}


def rekey(it, kind):
    def as_(who):
        return ('--as', who, '--password-file', it.password_file if who == 'admin' else it.dir / f'{who}.password', '--dir', it.home)
    number = it.run('policy', 'rekey', kind, *as_('admin')).stdout.split('proposal ')[1].split()[0]
    alone = it.run('policy', 'approve', number, *as_('admin'), check=False)
    assert alone.returncode == 1 and 'another administrator' in alone.stderr
    assert 'becomes another' in it.run('policy', 'approve', number, *as_('second')).stdout


def answers(it):
    try:
        return it.count('customers') == 1000
    except (requests.RequestException, AssertionError):
        return False


def is_renewed(it, old):
    try:
        now = set(terms(it, 'customers', 'id'))
    except (requests.RequestException, AssertionError):
        return False
    return len(now) == len(old) and not now & old


def holding(it, names):
    return [str(f) for f in (it.home / 'data').rglob('*') if f.is_file() and any(n in f.read_bytes() for n in names)]


def test_all_pseudonyms_of_a_kind_change_and_nothing_else(town):
    it = town
    assert push(it, 7, 'before').json()['errors'] is False
    devices, events = terms(it, 'devices', 'id'), rows_of(it, 'app-events')
    of_customer, customers = terms(it, 'devices', 'customer_id'), rows_of(it, 'customers')
    old = {c['id'] for c in customers.values()}
    metric = it.metric('activations')
    rekey(it, 'customer')
    until('the names are others', lambda: is_renewed(it, old))
    assert terms(it, 'devices', 'id') == devices  # of another kind
    now = rows_of(it, 'customers')
    assert now.keys() == customers.keys()
    assert all({**now[i], 'id': ''} == {**customers[i], 'id': ''} for i in now)
    name = {customers[i]['id']: now[i]['id'] for i in now}
    assert len(set(name.values())) == 1000
    assert terms(it, 'devices', 'customer_id') == {name[k]: v for k, v in of_customer.items()}
    assert {k: v['customer_id'] for k, v in rows_of(it, 'app-events').items()} == {k: name[v['customer_id']] for k, v in events.items()}
    assert it.metric('activations') == metric
    assert it.get('/customers/_count', {'query': {'term': {'id': next(iter(old))}}})['count'] == 0
    # What comes from now on is under the new names, and finds its rows.
    it.postgres.sql("UPDATE customers SET time_zone = 'Etc/Rekeyed' WHERE id = 7")
    it.postgres.sql('DELETE FROM customers WHERE id = 8')
    until('the stream goes on', lambda: it.count('customers', {'term': {'time_zone': 'Etc/Rekeyed'}}) == 1)
    until('a deleted row goes', lambda: it.count('customers') == 999)
    until('pushing goes on', lambda: push(it, 7, 'after').status_code == 200)
    assert len({r['customer_id'] for r in rows_of(it, 'app-events').values()}) == 1
    assert set(terms(it, 'customers', 'id')) < set(name.values())
    # The old names themselves are nowhere in the store's files, only in the record of who was told of them.
    assert not holding(it, [base64.urlsafe_b64decode(n + '==') for n in list(old)[:50]])
    assert holding(it, [base64.urlsafe_b64decode(n + '==') for n in name.values()])
    log = json.dumps(it.get('/_tamis/audit/tail?last=200', user='auditor'))
    assert 'rekey.propose' in log and 'rekey.approve' in log and 'rekey.done' in log


def test_an_old_key_is_destroyed_and_who_was_told_of_an_old_name_is_unknown(town):
    it = town
    first = set(terms(it, 'customers', 'id'))
    rekey(it, 'customer')
    until('the names are others', lambda: is_renewed(it, first))
    second = set(terms(it, 'customers', 'id'))
    assert it.get('/customers/_search', {'size': 1})['hits']['hits']
    rekey(it, 'customer')
    until('and others again', lambda: is_renewed(it, second))
    third = set(terms(it, 'customers', 'id'))
    assert not third & first
    keys = it.home / 'keys'
    until('the old key is destroyed', lambda: [f.name for f in keys.glob('layer-*')] == ['layer-customer-2.key'])
    said = it.run('audit', 'prove-absent', '--dir', it.home, '--of', f'customer:{next(iter(third))}', check=False)
    assert said.returncode != 0 and 'unknown' in said.stdout + said.stderr


def test_a_kill_in_the_middle_under_a_running_stream_changes_nothing(town):
    it = town
    old = set(terms(it, 'customers', 'id'))
    rows = rows_of(it, 'customers')
    with it.postgres.live(200):
        rekey(it, 'customer')
        for name in ('serve', 'keeper', 'mirror', 'serve'):
            until(f'{name} is there', lambda: it.process(name))
            it.kill(name)
        until('the names are others', lambda: is_renewed(it, old), 60)
    it.stop()
    it.start(wait=False)
    until('serve is there', lambda: it.process('serve'))
    it.kill('serve')
    until('it answers', lambda: answers(it))
    it.caught_up()
    now = rows_of(it, 'customers')
    assert now.keys() == rows.keys()
    assert not {r['id'] for r in now.values()} & old
    # One subject has one name, whether its rows came before, during or after.
    everybody = set(terms(it, 'customers', 'id'))
    assert len(everybody) == 1000 and set(terms(it, 'devices', 'customer_id')) <= everybody


def test_who_and_what_is_checked(town):
    said = town.run('policy', 'rekey', 'nobody', '--as', 'admin', '--password-file', town.password_file, '--dir', town.home, check=False)
    assert said.returncode == 1 and 'no subject nobody' in said.stderr
