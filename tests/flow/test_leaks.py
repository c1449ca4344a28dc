"""No answer to a role has a value of a field or a row that it may not see, whatever is asked.

Each field of each row holds a canary of its own.  A role sees the rows of one region, without two
fields; random requests over the whole API are made with it, and no byte of any reply may be one of
the canaries that it may not see.  LEAK_REQUESTS=20000 makes it a campaign.
"""
import json
import os
import random
import re

import pytest
import requests
from harness import Tamis, until

FIELDS = ('region', 'model', 'owner', 'note')
POLICY = '''sources: {}
push:
  app-events:
    time: at
    columns:
      at:  {treat: keep, as: date}
      who: {treat: pseudonym, subject: person}
      n:   {treat: keep, as: integer}
''' + ''.join(f'      {name}: {{treat: keep, as: keyword}}\n' for name in FIELDS) + 'floor: {subjects: 5, subject: person}\n'
HIDDEN = ('owner', 'note')
REQUESTS = int(os.environ.get('LEAK_REQUESTS', 600))
ROLE = {'indices': [{'names': ['app-*'], 'privileges': ['read'], 'query': {'term': {'region': 'eu'}},
                     'field_security': {'grant': ['*'], 'except': list(HIDDEN)}}]}


def rows():
    for i in range(300):
        region = 'eu' if i % 3 else 'us'
        yield {'at': 1_700_000_000_000 + i * 60_000, 'who': f'w{i}', 'n': 1_000_000 + i * 7, 'region': region,
               'model': f'zq{region}model{i % 9}qz', 'owner': f'zqowner{i}qz', 'note': f'zqnote{i % 40}qz'}


@pytest.fixture(scope='module')
def town():
    it = Tamis(None, POLICY)
    try:
        for name, role in (('loader', 'writer'), ('analyst', 'analyst'), ('metrics', 'metrics')):
            it.user(name, role)
        it.start()
        body = ''.join(json.dumps({'index': {'_index': 'app-events', '_id': r['who']}}) + '\n' + json.dumps(r) + '\n' for r in rows())
        until('documents are taken', lambda: requests.post(
            it.url + '/_bulk', data=body, auth=('loader', it.users['loader']), verify=it.ca, timeout=60,
            headers={'Content-Type': 'application/x-ndjson'}).status_code == 200)
        assert it.count('app-events') == 300
        assert it.http('PUT', '/_security/role/eu', ROLE, user='admin').status_code == 200
        it.users['narrow'] = 'a password of good length'
        reply = it.http('PUT', '/_security/user/narrow', {'password': it.users['narrow'], 'roles': ['eu']}, user='admin')
        assert reply.status_code == 200, reply.text
        yield it
        it.stop()
    finally:
        it.drop()


class Asker:
    """Random requests.  Values that it asks for are of the canaries, so replies must not just repeat them."""

    def __init__(self, seed):
        self.chance = random.Random(seed)

    def field(self):
        return self.chance.choice(FIELDS + ('n', 'at', 'who', 'nosuch', '_id', '*'))

    def query(self, depth=0):
        pick = self.chance.choice
        leaf = pick(['all', 'term', 'exists', 'range', 'wildcard', 'prefix', 'string', 'bool' if depth < 2 else 'all'])
        field = self.field()
        return {'all': {'match_all': {}}, 'term': {'term': {field: pick(['eu', 'us', 1_000_007, 'x'])}}, 'exists': {'exists': {'field': field}},
                'range': {'range': {field: {'gte': pick([0, 'a', 1_000_500])}}}, 'wildcard': {'wildcard': {field: pick(['*', 'z*', '*1*'])}},
                'prefix': {'prefix': {field: 'z'}}, 'string': {'query_string': {'query': f'{field}:{pick(["*", "z*", "eu"])}'}},
                'bool': {'bool': {pick(['must', 'should', 'must_not', 'filter']): [self.query(depth + 1), self.query(depth + 1)]}
                         } if depth < 2 else {'match_all': {}}}[leaf]

    def agg(self, depth=0):
        field, pick = self.field(), self.chance.choice
        one = pick([{'terms': {'field': field, 'size': 400, 'min_doc_count': pick([0, 1])}}, {'cardinality': {'field': field}},
                    {'missing': {'field': field}}, {'value_count': {'field': field}}, {'stats': {'field': field}},
                    {'composite': {'size': 400, 'sources': [{'s': {'terms': {'field': field}}}]}}, {'filter': self.query(1)},
                    {'percentiles': {'field': field}}, {'histogram': {'field': field, 'interval': 7}}])
        if depth == 0 and self.chance.random() < 0.2:
            return {'global': {}, 'aggs': {'in': self.agg(1)}}
        if depth < 2 and next(iter(one)) in ('terms', 'missing', 'filter', 'histogram'):
            one = {**one, 'aggs': {'in': self.agg(depth + 1)}}
        return one

    def request(self):
        pick = self.chance.choice
        field = self.field()
        body = {'query': self.query(), 'size': pick([0, 5, 300]), 'aggs': {'a': self.agg()}}
        if self.chance.random() < 0.3:
            body['sort'] = [{field: {'order': pick(['asc', 'desc']), 'unmapped_type': 'keyword'}}]
        if self.chance.random() < 0.3:
            body[pick(['fields', 'docvalue_fields'])] = [field]
        if self.chance.random() < 0.3:
            body['_source'] = [field]
        return pick([('POST', '/app-events/_search', body)] * 6 + [
            ('POST', '/_count', {'query': body['query']}), ('GET', f'/app-events/_search?q={field}:*&size=300', None),
            ('GET', f'/_field_caps?fields={field}', None), ('GET', '/app-events/_mapping', None), ('GET', '/_cat/indices', None),
            ('GET', '/app-events/_doc/' + '%016x' % self.chance.randrange(400), None),
            ('POST', '/app-events/_mget', {'ids': ['%016x' % self.chance.randrange(400) for _ in range(20)]})])


def forbidden(role):
    """What of a reply is a leak: a canary of a hidden field or of a row of the other region."""
    if role == 'narrow':
        return re.compile(r'zqowner\d+qz|zqnote\d+qz|zqusmodel|"region":"us"')
    return re.compile(r'zqowner\d+qz')      # metrics: every owner is a group of one


@pytest.mark.parametrize('role', ['narrow', 'metrics'])
def test_no_reply_has_what_the_role_may_not_see(town, role):
    asker, leak = Asker(int(os.environ.get('LEAK_SEED', 11))), forbidden(role)
    session = requests.Session()
    good = 0
    for _ in range(REQUESTS):
        method, path, body = asker.request()
        reply = session.request(method, town.url + path, json=body, auth=(role, town.users[role]), verify=town.ca, timeout=60)
        good += reply.status_code == 200
        assert reply.status_code < 500, (path, body, reply.text[:500])
        assert not leak.search(reply.text), (path, body, leak.search(reply.text))
        if role == 'metrics':
            assert '"_source"' not in reply.text
            small = [int(n) for n in re.findall(r'"doc_count":(\d+)', reply.text) if 0 < int(n) < 5]
            assert not small, (path, body, small)
    assert good > REQUESTS / 20, good


def test_an_analyst_does_see_the_canaries(town):
    """The test of the test."""
    reply = town.http('POST', '/app-events/_search', {'size': 300}, user='analyst')
    assert forbidden('narrow').search(reply.text) and forbidden('metrics').search(reply.text)
