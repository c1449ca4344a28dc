"""No answer to a role has a value of a field or a row that it may not see, whatever is asked over whichever route.

Two indices have the same rows; of `twn-events` those that the role may not see, and the fields, were never there.  Random requests
over the whole API (tests/human/asking.py) are asked of `app-events` with the role, and

    no byte of any reply may be a canary that the role may not see (each field of each row has one of its own);
    the reply must be the one that somebody who sees all of `twn-events` gets: so counts, orders, errors and what is left out
    cannot depend on what may not be seen either;
    for a role with a floor no bucket may be of fewer than its number.

LEAK_REQUESTS=20000 makes it a campaign; LEAK_SEED another one.
"""
import json
import os
import pathlib
import random
import re
import sys

import pytest
import requests
from harness import Tamis, until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'human'))
import asking  # noqa: E402

COLUMNS = {'at': '{treat: keep, as: date}', 'who': '{treat: pseudonym, subject: person}', 'n': '{treat: keep, as: integer}',
           'region': '{treat: keep, as: keyword}', 'owner': '{treat: keep, as: keyword}', 'model': '{treat: keep, as: keyword}',
           'pay': '{treat: keep, as: long}', 'note': '{treat: keep, as: keyword}'}
HIDDEN = ('owner', 'note', 'pay')
POLICY = 'push:\n' + ''.join(
    f'  {index}:\n    time: at\n    columns:\n' + ''.join(f'      {name}: {how}\n' for name, how in COLUMNS.items() if name not in without)
    for index, without in (('app-events', ()), ('app-others', ()), ('twn-events', HIDDEN))) + '''metrics:
  counted: {of: app-events, time: at, count: true, by: [model], every: 1h}
floor: {subjects: 5, subject: person}
'''
REQUESTS = int(os.environ.get('LEAK_REQUESTS', 500))
SEED = int(os.environ.get('LEAK_SEED', 11))
EU = {'term': {'region': 'eu'}}


def reads(names, **more):
    return {'indices': [{'names': names, 'privileges': ['read'], **more}]}


# Roles of one's own.  `twin`: the role that is to see the same of the index beside.
ROLES = {
    'narrow': reads(['app-ev*'], query=EU, field_security={'grant': ['*'], 'except': list(HIDDEN)}),
    'granted': reads(['app-e*ts'], query=json.dumps(EU), field_security={'grant': ['w*', 'n', 're*', 'mod*', 'at']}),
    'joined-1': reads(['app-events'], query={'bool': {'filter': [EU, {'range': {'n': {'lt': 1_001_000}}}]}},
                      field_security={'grant': ['at', 'who', 'n', 'region']}),
    'joined-2': reads(['app-e*'], query={'bool': {'filter': [EU, {'range': {'n': {'gte': 1_001_000}}}, {'exists': {'field': 'owner'}}],
                                                'must_not': [{'prefix': {'note': 'zqx'}}]}},
                      field_security={'grant': ['model', 'n', 'who']}),
    'groups': {'indices': [{'names': ['app-ev*'], 'privileges': ['aggregate'], 'query': EU,
                            'field_security': {'grant': ['*'], 'except': list(HIDDEN)}}]},
    'twin': reads(['twn-events']), 'elsewhere': reads(['other-*']),
}
# Who asks: (user or key, who sees the same of the twin; None where the answers are rounded, or where nothing may be seen).
WHO = {'narrow': 'twin', 'granted': 'twin', 'joined': 'twin', 'key': 'twin', 'groups': None, 'metrics': None, 'writer': None, 'admin': None, 'nobody': None}
SIZES = ('/_cat/indices', '/_cat/shards', '/_cat/segments', '/_stats', '/{index}/_stats', '/_cluster/stats')
FLOORED = {'groups', 'metrics'}
SEES_GROUPS_OF_ALL = {'metrics'}
SEE_NO_ROW = {'writer', 'admin', 'nobody'}


def rows():
    for i in range(300):
        region = 'eu' if i % 3 else 'us'
        yield {'at': 1_700_000_000_000 + i * 60_000, 'who': f'w{i}', 'n': 1_000_000 + i * 7, 'region': region, 'owner': f'zqowner{i}qz',
               'model': f'zq{region}model{i % 9}qz', 'pay': 918_273_645_000 + i, 'note': f'zqnote{i % 40}qz'}


def push(it, index, documents):
    body = ''.join(json.dumps({'index': {'_index': index, '_id': d['who']}}) + '\n' + json.dumps(d) + '\n' for d in documents)

    def taken():
        reply = requests.post(it.url + '/_bulk', data=body, auth=('writer', it.users['writer']), verify=it.ca, timeout=60,
                              headers={'Content-Type': 'application/x-ndjson'})
        return reply.status_code == 200 and not reply.json()['errors']
    until('documents are taken', taken)


class Town:
    def __init__(self, tamis):
        self.tamis, self.keys = tamis, {}
        every = list(rows())
        push(tamis, 'app-events', every)
        push(tamis, 'app-others', [{**r, 'who': 'o' + r['who'], 'region': 'us', 'model': 'zqusmodelqz'} for r in every[:50]])
        push(tamis, 'twn-events', [{k: v for k, v in r.items() if k not in HIDDEN} for r in every if r['region'] == 'eu'])
        for name, body in ROLES.items():
            self.manage('PUT', f'/_security/role/{name}', body)
            self.user(name, [name])
        self.user('joined', ['joined-1', 'joined-2'])
        self.user('nobody', ['elsewhere'])
        self.make_key()
        # Of every row of app-events, seen or not, and the same row's of the twin where there is one.
        self.ids, self.twin_ids = self.ids_of('app-events'), self.ids_of('twn-events')

    def manage(self, method, path, body):
        reply = self.tamis.http(method, path, body, user='admin')
        if reply.status_code == 202:
            approve = '/_tamis/approvals/%d' % reply.json()['approval']['id']
            reply = self.tamis.http('POST', approve, user='second')
        assert reply.status_code == 200, (path, reply.text)

    def user(self, name, roles):
        self.tamis.users[name] = 'a password of good length'
        self.manage('PUT', f'/_security/user/{name}', {'password': self.tamis.users[name], 'roles': roles})

    def make_key(self):
        """An analyst's key, narrowed to what `narrow` sees."""
        reply = self.tamis.http('POST', '/_security/api_key', {'name': 'few', 'role_descriptors': {'few': ROLES['narrow']}}, user='analyst')
        assert reply.status_code == 200, reply.text
        self.keys['key'] = reply.json()['encoded']

    def ids_of(self, index):
        hits = self.tamis.get(f'/{index}/_search', {'size': 400, 'sort': ['n']}, user='analyst')['hits']['hits']
        return {h['_source']['n']: h['_id'] for h in hits}

    def ask(self, session, who, method, path, parameters, body):
        how = {'headers': {'Authorization': f'ApiKey {self.keys[who]}'}} if who in self.keys else {'auth': (who, self.tamis.users[who])}
        if isinstance(body, str):
            how.setdefault('headers', {})['Content-Type'] = 'application/x-ndjson'
            how['data'] = body
        elif body is not None:
            how['json'] = body
        return session.request(method, self.tamis.url + path, params=parameters, verify=self.tamis.ca, timeout=60, **how)


@pytest.fixture(scope='module')
def town():
    it = Tamis(None, POLICY)
    try:
        for role in ('writer', 'analyst', 'metrics'):
            it.user(role, role)
        it.user('second', 'admin')
        it.start()
        yield Town(it)
        it.stop()
    finally:
        it.drop()


def asker_of(town, name):
    chance = random.Random(f'{SEED} {name}')
    ids = [*town.ids.values(), 'nosuch', '%016x' % 3]
    values = ['eu', 'us', 'zqeumodel1qz', 'zqusmodel3qz', 'zqowner3qz', 'zqnote7qz', 1_000_007, 918_273_645_009, 'x', 0, '2023-11-14T22:20:00Z']
    it = asking.Asker(chance, tuple(COLUMNS), values, ids)
    session = requests.Session()
    for path, key in (('/app-events/_search?scroll=1m', '_scroll_id'), ('/app-events/_pit?keep_alive=1m', 'id')):  # somebody else's
        reply = town.ask(session, 'analyst', 'POST', path, {}, {'size': 5} if 'scroll' in path else None)
        if reply.status_code == 200 and key in reply.json():
            it.handles.append(reply.json()[key])
    return it


def leaks_of(town, name):
    """What of a reply is a leak, beyond what was asked itself."""
    if name in SEES_GROUPS_OF_ALL:  # fields and rows alike, but every owner is a group of one
        return re.compile(r'zqowner\d+qz')
    words = [r'zqowner\d+qz', r'zqnote\d+qz', r'9\.?1827364\d+', r'zqusmodel\d*qz'] + [re.escape(town.ids[n]) for n in town.ids if n not in town.twin_ids]
    if name in SEE_NO_ROW:
        words += [r'zqeumodel\d*qz', '"_source":', r'"doc_count":[1-9]']
    return re.compile('|'.join(words))


def said_again(text, method, path, parameters, body):
    """A reply repeats what it was asked: that is no leak."""
    asked = path + json.dumps(parameters) + (body if isinstance(body, str) else json.dumps(body))
    return text in asked


class Twin:
    """The same question about the index beside, and what may differ: sizes, of which a role with a filter sees none, and the time."""

    OTHER = ('/_tamis/', '/_security/', '/_nodes', '/_cat/', '/_cluster/', '/_license', '/_xpack', '/_search/scroll', '/_pit', '/_search/point_in_time')

    def __init__(self, town):
        self.ids = {town.ids[n]: there for n, there in town.twin_ids.items()}
        self.back = {there: here for here, there in self.ids.items()}
        self.pattern = re.compile('|'.join(map(re.escape, self.ids)))
        self.back_pattern = re.compile('|'.join(map(re.escape, self.back)))

    def asked(self, x):
        text = self.pattern.sub(lambda m: self.ids[m.group()], x if isinstance(x, str) else json.dumps(x)).replace('app-', 'twn-')
        return text if isinstance(x, str) else json.loads(text)

    def answered(self, text):
        text = self.back_pattern.sub(lambda m: self.back[m.group()], text).replace('twn-', 'app-')
        return self.plain(text)

    @staticmethod
    def plain(text):
        """Without what differs between any two askings of the same."""
        text = re.sub(r'(green|yellow) open (\S+) \S{22}', r'\1 open \2', text)  # the uuid of the index
        text = re.sub(r' (API key id \[[^]]*\] of )?user \[[^]]*\] with roles \[[^]]*\]', '', text)
        text = re.sub(r'"(took|time_in_nanos|breakdown|creation_date|creation_time|uuid)" ?: ?("[^"]*"|\d+)', '', text)
        # Numbers of rows count all rows, so a role with a filter sees none (docs/decisions/053).
        text = re.sub(r'"(_version|_seq_no|_primary_term)" ?: ?-?\d+', '', text)
        return re.sub(r'"(_scroll_id|pit_id|id|cursor)" ?: ?"[^"]*"', '', text)

    def compares(self, pattern, path):
        return pattern != '/' and '_stats' not in pattern and not pattern.startswith(self.OTHER) and not path.startswith('/_alias')


def check(town, who, asker, session, twin):
    method, path, parameters, body, pattern = asker.request(may_change=who not in ('admin', 'key'))
    if who == 'writer' and method != 'GET':
        pattern, method = '/', 'GET'
        path = '/'
    reply = town.ask(session, who, method, path, parameters, body)
    what = (who, method, path, parameters, body, reply.status_code)
    assert reply.status_code < 500 or reply.status_code == 501, (what, reply.text[:600])
    for found in leaks_of_text(town, who, reply.text):
        assert said_again(found, method, path, parameters, body), (what, found, reply.text[:600])
    if who in FLOORED:
        assert '"_source"' not in reply.text or pattern == '/_sql/translate', what  # which says what it would ask
        small = [int(n) for n in re.findall(r'"(?:doc_count|count)" ?: ?(\d+)', reply.text) if 0 < int(n) < 5]
        assert not small or pattern == '/_cluster/stats', (what, small, reply.text[:600])  # which counts indices
    if WHO[who] and pattern.startswith(SIZES):  # of all rows, seen or not
        assert not re.search(r'(?<![\d.:])300(?![\d.])', reply.text), (what, reply.text[:1500])
    if WHO[who] and method in ('GET', 'POST') and twin.compares(pattern, path):
        other = town.ask(session, WHO[who], method, twin.asked(path), twin.asked(parameters), twin.asked(body))
        mine, theirs = twin.plain(reply.text), twin.answered(other.text)
        if 429 in (reply.status_code, other.status_code):  # one of both has too many scrolls open
            town.ask(session, who, 'DELETE', '/_search/scroll/_all', {}, None)
            town.ask(session, WHO[who], 'DELETE', '/_search/scroll/_all', {}, None)
            return False
        assert reply.status_code == other.status_code and mine == theirs, (what, mine[:1500], theirs[:1500])
    return reply.status_code == 200


PATTERNS = {}


def leaks_of_text(town, who, text):
    if who not in PATTERNS:
        PATTERNS[who] = leaks_of(town, who)
    return set(PATTERNS[who].findall(text))


def test_every_route_query_and_aggregation_is_asked():
    assert asking.Api().unknown() == [], 'tests/human/asking.py needs a maker of these'


@pytest.mark.parametrize('who', list(WHO))
def test_no_reply_has_what_the_role_may_not_see(town, who):
    asker, session, twin = asker_of(town, who), requests.Session(), Twin(town)
    good = sum(check(town, who, asker, session, twin) for _ in range(REQUESTS))
    assert good > (REQUESTS / 20 if who not in SEE_NO_ROW else 0), good


def test_an_analyst_does_see_the_canaries(town):
    """The test of the test."""
    reply = town.tamis.http('POST', '/app-events/_search', {'size': 300}, user='analyst')
    for who in WHO:
        assert leaks_of_text(town, who, reply.text), who


def test_a_question_of_hidden_things_differs_for_who_sees_them(town):
    """The test of the twin: the analyst's answer is not the twin's."""
    session, twin = requests.Session(), Twin(town)
    body = {'size': 0, 'query': {'exists': {'field': 'owner'}}}
    mine = town.ask(session, 'analyst', 'POST', '/app-events/_search', {}, body).text
    assert twin.plain(mine) != twin.answered(town.ask(session, 'twin', 'POST', '/twn-events/_search', {}, body).text)
    assert twin.plain(town.ask(session, 'narrow', 'POST', '/app-events/_search', {}, body).text) == twin.answered(
        town.ask(session, 'twin', 'POST', '/twn-events/_search', {}, body).text)
