"""Random questions to tamis and to DuckDB over the same rows; every number of every answer must be the same.

Rows are pushed, pushed again and deleted by _id, in rounds; a log of a mebibyte is sealed soon, so that they lie in several
segments and in memory. A question is a random tree of filters with up to two levels of buckets and a number in the deepest;
each number can be held exactly, so nothing is compared roughly. SEED and QUESTIONS are read from the environment.
"""
import json
import os
import random

import duckdb
import pytest
import requests
from harness import Tamis, until

POLICY = '''sources: {}
push:
  samples:
    time: at
    columns:
      at:      {treat: keep, as: date}
      model:   {treat: keep, as: keyword}
      region:  {treat: keep, as: keyword}
      latency: {treat: keep, as: integer}
      weight:  {treat: keep, as: double}
'''
COLUMNS = ['at', 'model', 'region', 'latency', 'weight']
START_MS, SPAN_MS = 1767225600000, 20 * 86400000
ROUNDS, KEYS, PUT, GONE = 6, 60000, 20000, 3000
ASKED_AT_ONCE = 50
NUMBERS = {'latency': (-200, 2000), 'weight': (-50, 50), 'at': (START_MS, START_MS + SPAN_MS)}


def value(chance, column):
    if column != 'at' and chance.random() < .1:
        return None
    return {'at': lambda: chance.randrange(START_MS, START_MS + SPAN_MS),
            'model': lambda: f'cam-{int(chance.random() ** 2 * 30)}',
            'region': lambda: chance.choice(['eu', 'us-east', 'us-west', 'ap', 'sa']),
            'latency': lambda: int(chance.gauss(300, 200)),
            'weight': lambda: chance.randrange(-160, 160) / 4}[column]()


def leaf(chance):
    """A query and the SQL of the same."""
    kind = chance.choice(['term', 'terms', 'prefix', 'range', 'range', 'exists'])
    if kind == 'exists':
        column = chance.choice(COLUMNS)
        return {'exists': {'field': column}}, f'"{column}" IS NOT NULL'
    if kind == 'range':
        column = chance.choice(list(NUMBERS))
        low, high = sorted(chance.randrange(*NUMBERS[column]) for _ in range(2))
        first, last = chance.choice(['gte', 'gt']), chance.choice(['lte', 'lt'])
        signs = {'gte': '>=', 'gt': '>', 'lte': '<=', 'lt': '<'}
        return ({'range': {column: {first: low, last: high}}},
                f'("{column}" {signs[first]} {low} AND "{column}" {signs[last]} {high})')
    column = chance.choice(['model', 'region', 'latency'])
    words = [v for v in (value(chance, column) for _ in range(chance.randrange(1, 5))) if v is not None]
    words = words or [1 if column == 'latency' else 'none']
    if kind == 'prefix' and column != 'latency':
        start = str(words[0])[:chance.randrange(1, 6)]
        return {'prefix': {column: start}}, f'starts_with("{column}", \'{start}\')'
    listed = ', '.join(repr(w) for w in words)
    query = {'term': {column: words[0]}} if len(words) == 1 else {'terms': {column: words}}
    return query, f'"{column}" IN ({listed})'


def tree(chance, depth=0):
    if depth == 3 or chance.random() < .4:
        query, sql = leaf(chance)
        return query, f'coalesce({sql}, false)'
    clauses, sql = {}, []
    for kind in ('filter', 'must', 'must_not', 'should'):
        parts = [tree(chance, depth + 1) for _ in range(chance.choice([0, 0, 1, 2]))]
        if not parts:
            continue
        clauses[kind] = [q for q, _ in parts]
        texts = [s for _, s in parts]
        sql.append({'must_not': f'NOT ({" OR ".join(texts)})', 'should': f'({" OR ".join(texts)})'}.get(kind, ' AND '.join(texts)))
    if 'should' in clauses:
        clauses['minimum_should_match'] = 1
    return {'bool': clauses}, f'({" AND ".join(sql) or "true"})'


def bucket(chance):
    """An aggregation of buckets and the SQL of their key."""
    kind = chance.choice(['terms', 'terms', 'date_histogram', 'histogram'])
    if kind == 'terms':
        column = chance.choice(['model', 'region', 'latency'])
        return {'terms': {'field': column, 'size': 5000}}, f'"{column}"'
    if kind == 'histogram':
        column, step = chance.choice(['latency', 'weight']), chance.choice([7, 50, 400])
        return ({'histogram': {'field': column, 'interval': step, 'min_doc_count': 1}}, f'CAST(floor("{column}" / {step}) * {step} AS DOUBLE)')
    name, ms = chance.choice([('3h', 10800000), ('1d', 86400000), ('90m', 5400000)])
    return {'date_histogram': {'field': 'at', 'fixed_interval': name, 'min_doc_count': 1}}, f'("at" // {ms}) * {ms}'


def number(chance):
    column = chance.choice(['latency', 'weight'])
    if chance.random() < .3:
        column = chance.choice(['model', 'latency', 'region'])
        return {'cardinality': {'field': column, 'precision_threshold': 40000}}, [f'count(DISTINCT "{column}")']
    return {'stats': {'field': column}}, [f'{f}("{column}")' for f in ('count', 'min', 'max', 'sum')]


def numbers_of(answer):
    if 'value' in answer:
        return (answer['value'],)
    return answer['count'], answer['min'], answer['max'], answer['sum'] if answer['count'] else None


class Question:
    def __init__(self, chance):
        self.query, self.where = tree(chance)
        self.buckets = [bucket(chance) for _ in range(chance.randrange(3))]
        self.number, self.columns = number(chance)

    def body(self):
        aggs = {'n': self.number}
        for aggregation, _ in reversed(self.buckets):
            aggs = {'b': {**aggregation, 'aggs': aggs}}
        return {'size': 0, 'track_total_hits': True, 'query': self.query, 'aggs': aggs}

    def of_duckdb(self, link):
        """By each path of keys: how many, and the numbers of the deepest."""
        out = {}
        for depth in range(len(self.buckets) + 1):
            keys = [k for _, k in self.buckets[:depth]]
            more = self.columns if depth == len(self.buckets) else []
            rows = link.sql(f'SELECT {", ".join(keys + ["count(*)"] + more)} FROM samples WHERE '
                            + ' AND '.join([self.where] + [f'{k} IS NOT NULL' for k in keys])
                            + (f' GROUP BY {", ".join(str(i + 1) for i in range(depth))}' if depth else '')).fetchall()
            out.update({row[:depth]: row[depth:] for row in rows})
        return out

    def of_tamis(self, reply):
        out = {}

        def walk(path, count, aggs):
            deepest = len(path) == len(self.buckets)
            out[path] = (count, *(numbers_of(aggs['n']) if deepest else ()))
            for b in [] if deepest else aggs['b']['buckets']:
                walk((*path, b['key']), b['doc_count'], b)
        walk((), reply['hits']['total']['value'], reply['aggregations'])
        return out


class Both:
    """The same rows in tamis and in DuckDB."""

    def __init__(self, tamis, chance):
        self.tamis, self.chance, self.rows = tamis, chance, {}

    def post(self, path, lines, user):
        return requests.post(self.tamis.url + path, data=('\n'.join(map(json.dumps, lines)) + '\n').encode(), verify=self.tamis.ca, timeout=120,
                             auth=(user, self.tamis.users[user]), headers={'Content-Type': 'application/x-ndjson'})

    def change(self):
        lines = []
        for _ in range(PUT):
            key = f'k{self.chance.randrange(KEYS)}'
            self.rows[key] = {c: value(self.chance, c) for c in COLUMNS}
            lines += [{'index': {'_id': key}}, {c: v for c, v in self.rows[key].items() if v is not None}]
        for key in self.chance.sample(sorted(self.rows), GONE):
            del self.rows[key]
            lines.append({'delete': {'_id': key}})
        until('the rows are taken', lambda: self.post('/samples/_bulk', lines, 'loader').status_code == 200)

    def duckdb(self):
        link = duckdb.connect()
        link.sql('CREATE TABLE samples ("at" BIGINT, model VARCHAR, region VARCHAR, latency BIGINT, weight DOUBLE)')
        link.sql("COPY samples FROM '" + self.file() + "' (FORMAT csv, NULL '')")
        return link

    def file(self):
        path = self.tamis.dir / 'rows.csv'
        path.write_text(''.join(','.join('' if r[c] is None else str(r[c]) for c in COLUMNS) + '\n' for r in self.rows.values()))
        return str(path)


@pytest.fixture()
def tamis():
    it = Tamis(None, POLICY)
    config = it.home / 'tamis.yml'
    config.write_text(config.read_text() + f'log_bytes: {1 << 20}\n')
    try:
        it.user('analyst', 'analyst')
        it.user('loader', 'writer')
        it.start()
        yield it
        it.stop()
    finally:
        it.drop()


def test_every_answer_is_duckdbs(tamis):
    seed = int(os.environ.get('SEED', '20260101'))
    count = int(os.environ.get('QUESTIONS', '2000'))
    print(f'SEED={seed} QUESTIONS={count}')
    both = Both(tamis, random.Random(seed))
    for _ in range(ROUNDS):
        both.change()
        with both.duckdb() as link:
            for _ in range(0, count // ROUNDS, ASKED_AT_ONCE):
                questions = [Question(both.chance) for _ in range(ASKED_AT_ONCE)]
                lines = [line for q in questions for line in ({'index': 'samples'}, q.body())]
                reply = both.post('/_msearch', lines, 'analyst').json()
                for q, answer in zip(questions, reply['responses'], strict=True):
                    assert 'error' not in answer, (q.body(), answer)
                    ours, theirs = q.of_tamis(answer), q.of_duckdb(link)
                    differing = {k: (ours.get(k), theirs.get(k)) for k in ours.keys() | theirs.keys() if ours.get(k) != theirs.get(k)}
                    assert not differing, (json.dumps(q.body()), q.where, list(differing.items())[:5])
    until('rows lie in segments', lambda: tamis.status()['tables'][0]['segments'] > 1)
