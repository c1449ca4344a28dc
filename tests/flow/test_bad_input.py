"""Whatever is sent: an answer in Elasticsearch's shape that says what is wrong, the server alive, its memory flat, its rows unchanged."""
import base64
import contextlib
import http.client
import json
import random
import re
import socket
import ssl
import time

import pytest
from harness import pushed_into
from test_push import POLICY, lines

# One body that has something of everything the query language knows.
RICH = {
    'size': 3, 'from': 1, 'timeout': '5s', 'track_total_hits': True, '_source': {'includes': ['model', 'l*']}, 'version': True,
    'sort': [{'at': {'order': 'desc', 'missing': '_last', 'unmapped_type': 'date'}}, 'latency_ms'],
    'query': {'bool': {
        'filter': [{'range': {'at': {'gte': '2026-01-01||-1M/d', 'lt': 'now+10y', 'format': 'strict_date_optional_time', 'time_zone': 'Europe/Paris'}}},
                   {'terms': {'model': ['cam-1', 'cam-2']}}],
        'must': {'match': {'model': {'query': 'cam-1', 'operator': 'and'}}},
        'should': [{'query_string': {'query': 'model:cam-* AND latency_ms:[1 TO 20}', 'default_operator': 'OR'}}, {'wildcard': {'model': 'c?m*'}},
                   {'regexp': {'model': 'cam-[0-9]+'}}, {'simple_query_string': {'query': 'cam-1 + cam-2', 'fields': ['model']}}],
        'must_not': [{'exists': {'field': 'none'}}, {'ids': {'values': ['a', 'b']}}],
        'minimum_should_match': '50%'}},
    'aggs': {
        'day': {'date_histogram': {'field': 'at', 'calendar_interval': 'day', 'time_zone': '+01:00', 'min_doc_count': 0,
                                   'extended_bounds': {'min': '2026-01-01', 'max': '2026-01-03'}, 'format': 'yyyy-MM-dd', 'offset': '1h'},
                'aggs': {'slow': {'avg': {'field': 'latency_ms', 'missing': 0}}, 'more': {'derivative': {'buckets_path': 'slow'}},
                         'only': {'bucket_selector': {'buckets_path': {'n': '_count'}, 'script': 'params.n > 0'}}}},
        'models': {'terms': {'field': 'model', 'size': 5, 'order': [{'p.95': 'desc'}, {'_key': 'asc'}], 'include': ['cam-1'], 'missing': 'x'},
                   'aggs': {'p': {'percentiles': {'field': 'latency_ms', 'percents': [50, 95]}}}},
        'bands': {'range': {'field': 'latency_ms', 'ranges': [{'to': 10}, {'from': 10, 'to': 20, 'key': 'mid'}], 'keyed': True}},
        'pages': {'composite': {'size': 10, 'sources': [{'m': {'terms': {'field': 'model', 'order': 'asc'}}}], 'after': {'m': 'a'}}}}}

# What stands in for a value to see whether its kind is looked at.
WRONG = [None, True, -1, 0, 1e300, 18446744073709551616, -9223372036854775809, 0.1, '', 'x', 'ü\u0000\uffff', '-1', '1e400', [], {}, [[]], [None], {'': {}},
         {'a': {'b': [1]}}, ['a'] * 3000, 'y' * 70000]


@pytest.fixture(scope='module')
def pushed():
    with pushed_into(POLICY) as it:
        rows = [({'index': {'_id': str(n)}}, {'at': 1767323045678 + n * 1000, 'device_id': f'd{n % 9}', 'model': f'cam-{n % 3}', 'latency_ms': n})
                for n in range(300)]
        assert Line(it).ask('POST', '/app-events/_bulk', lines(rows), 'application/x-ndjson')[0] == 200
        yield it


class Line:
    """One keep-alive connection, which opens itself again after the server has closed it."""

    def __init__(self, tamis, user='loader'):
        self.tamis, self.credential = tamis, base64.b64encode(f'{user}:{tamis.users[user]}'.encode()).decode()
        self.connection = http.client.HTTPSConnection('127.0.0.1', tamis.port, timeout=120,
                                                      context=ssl.create_default_context(cafile=tamis.ca))

    def ask(self, method, path, body=None, kind='application/json'):
        headers = {'Authorization': f'Basic {self.credential}', **({'Content-Type': kind} if body is not None else {})}
        self.connection.request(method, path, body, headers)
        reply = self.connection.getresponse()
        return reply.status, reply.read()


def check(status, answer, sent, allowed=(200,)):
    """An answer to something wrong is one that is allowed, or an error that a client understands and a person can act upon."""
    what = f'{sent[:300]!r} was answered by {status} {answer[:500]!r}'
    assert status in allowed or 400 <= status < 500, what
    if status >= 400:
        error = json.loads(answer)['error']
        if isinstance(error, str):  # Elasticsearch's own word for a path that is none
            assert error.startswith('no handler found for uri ['), what
            return
        assert error['type'] and error['reason'] and error['root_cause'][0]['type'], what
        assert not re.search(r'(?i)assert|0x[0-9a-f]{6}|/src/|\.c:', error['reason']), what


def alive(tamis):
    assert tamis.count('app-events') == 300


def resident(tamis):
    with open(f'/proc/{tamis.process("serve")}/status') as status:
        return int(re.search(r'VmRSS:\s+(\d+)', status.read())[1]) * 1024


def places(value, path=()):
    """Every place in a tree, the tree itself among them."""
    yield path
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(part, (*path, key))


def put(tree, path, part):
    if not path:
        return part
    copy = json.loads(json.dumps(tree))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = part
    return copy


def test_a_rich_search_is_right_before_it_is_made_wrong(pushed):
    reply = pushed.get('/app-events/_search', RICH)
    assert reply['hits']['total']['value'] > 0 and reply['aggregations']['models']['buckets']


def test_a_search_cut_off_anywhere_is_refused_with_its_place(pushed):
    line, body = Line(pushed), json.dumps(RICH).encode()
    for end in range(1, len(body)):
        status, answer = line.ask('POST', '/app-events/_search', body[:end])
        assert status == 400, (body[:end], answer)
        check(status, answer, body[:end], ())
    alive(pushed)


def test_a_search_with_any_byte_changed_is_answered_or_refused(pushed):
    line, chance, body = Line(pushed), random.Random(7), json.dumps(RICH).encode()
    for place in range(len(body)):
        for byte in (chance.randrange(256), chance.choice(b'{}[]",:0-\\eE\x00\xff')):
            sent = body[:place] + bytes([byte]) + body[place + 1:]
            check(*line.ask('POST', '/app-events/_search', sent), sent)
    alive(pushed)


def test_every_value_of_another_kind_is_answered_or_refused(pushed):
    line = Line(pushed)
    for path in places(RICH):
        for wrong in WRONG:
            sent = json.dumps(put(RICH, path, wrong)).encode()
            check(*line.ask('POST', '/app-events/_search', sent), sent)
    alive(pushed)


def test_every_key_that_is_not_known_is_refused_by_its_name(pushed):
    line = Line(pushed)
    for path in places(RICH):
        inner = RICH
        for key in path:
            inner = inner[key]
        # Where names are the asker's own (fields, aggregations, keyed paths) another name is no mistake.
        if isinstance(inner, dict) and (not path or path[-1] not in ('aggs', 'after', 'buckets_path', 'sources')):
            sent = json.dumps(put(RICH, path, {**inner, 'frobnicate': 1})).encode()
            status, answer = line.ask('POST', '/app-events/_search', sent)
            check(status, answer, sent, ())
    alive(pushed)


def test_a_bulk_cut_off_anywhere_loses_nothing_it_acknowledged(pushed):
    line = Line(pushed)
    body = lines([({'index': {'_id': f'cut-{n}'}}, {'at': 1767323045678, 'device_id': 'd1', 'model': 'cam-1', 'latency_ms': n}) for n in range(3)])
    for end in range(len(body) + 1):
        status, answer = line.ask('POST', '/app-events/_bulk', body[:end], 'application/x-ndjson')
        check(status, answer, body[:end])
        if status == 200:
            acknowledged = [item['index']['_id'] for item in json.loads(answer)['items'] if item['index']['status'] < 300]
            there = json.loads(line.ask('POST', '/app-events/_mget', json.dumps({'ids': acknowledged}).encode())[1]) if acknowledged else {'docs': []}
            assert all(doc['found'] for doc in there['docs'])
    for n in range(3):
        line.ask('DELETE', f'/app-events/_doc/cut-{n}')
    alive(pushed)


def test_documents_with_any_byte_changed_are_taken_or_refused_one_by_one(pushed):
    line, chance = Line(pushed), random.Random(8)
    body = lines([({'index': {'_id': f'odd-{n}'}}, {'at': '2026-01-02T03:04:05Z', 'device_id': 'd1', 'model': 'cam-1', 'latency_ms': n}) for n in range(2)])
    for place in range(len(body)):
        sent = body[:place] + bytes([chance.choice(b'{}[]",:0-\\eE\x00\xff\n x')]) + body[place + 1:]
        check(*line.ask('POST', '/app-events/_bulk', sent, 'application/x-ndjson'), sent)
    # The rows of the start have another millisecond than what was taken here.
    for hit in pushed.get('/app-events/_search', {'size': 10000, '_source': ['at']})['hits']['hits']:
        if not hit['_source'].get('at', '').endswith('.678Z'):
            assert line.ask('DELETE', f'/app-events/_doc/{hit["_id"]}')[0] == 200
    alive(pushed)


def deep(opening, closing, depth):
    return (opening * depth + '1' + closing * depth).encode()


@pytest.mark.parametrize('body', [
    deep('[', ']', 100000), deep('{"a":', '}', 100000), b'{"query":' + deep('{"bool":{"must":', '}}', 20000) + b'}',
    b'{"aggs":' + deep('{"a":{"terms":{"field":"model"},"aggs":', '}}', 5000) + b'}',
    json.dumps({'query': {'query_string': {'query': '(' * 50000 + 'x'}}}).encode(),
    json.dumps({'query': {'regexp': {'model': '(' * 20000 + 'x' + ')' * 20000}}}).encode(),
    json.dumps({'query': {'wildcard': {'model': '*a' * 30000}}}).encode(),
    b'{"size":' + b'9' * 100000 + b'}', b'{"query":{"term":{"latency_ms":1' + b'0' * 100000 + b'}}}', b'{"query":{"term":{"latency_ms":1e' + b'9' * 1000 + b'}}}',
    b'"' + b'\xff\xfe' * 100, b'{"query":{"term":{"model":"\xc0\xaf"}}}', b'{"query":{"term":{"model":"\xed\xa0\x80"}}}', b'\x00' * 1000, b'\xef\xbb\xbf{}',
    b'{"size":0,"size":1}', b'{}{}', b'{} x', b'[]', b'1', b'"x"', b'NaN', b"{'size':0}", b'{size:0}', b'{"size":0,}', b'{"size":01}', b'{"size":+1}'],
    ids=lambda body: repr(body[:24]))
def test_a_body_that_nobody_means_is_refused(pushed, body):
    status, answer = Line(pushed).ask('POST', '/app-events/_search', body)
    check(status, answer, body, ())
    alive(pushed)


@pytest.mark.parametrize('clauses', [
    {'bool': {'should': [{'term': {'latency_ms': n}} for n in range(10000)]}}, {'terms': {'latency_ms': list(range(10000))}},
    {'bool': {'filter': [{'range': {'latency_ms': {'gte': n}}} for n in range(10000)]}},
    {'query_string': {'query': ' OR '.join(f'latency_ms:{n}' for n in range(10000))}}, {'regexp': {'model': '(a{1,999}){1,999}'}},
    {'wildcard': {'model': '*a' * 500}}], ids=['should', 'terms', 'filter', 'query_string', 'regexp', 'wildcard'])
def test_ten_thousand_clauses_or_states_are_answered_or_refused_with_the_limit(pushed, clauses):
    status, answer = Line(pushed).ask('POST', '/app-events/_search', json.dumps({'size': 0, 'query': clauses}).encode())
    check(status, answer, b'ten thousand clauses')
    alive(pushed)


def test_a_hundred_megabytes_are_refused_and_cost_no_memory(pushed):
    line = Line(pushed)
    alive(pushed)
    before = resident(pushed)
    for path in ('/app-events/_search', '/app-events/_count', '/app-events/_doc/1', '/_msearch'):
        with contextlib.suppress(ConnectionError, ssl.SSLError, http.client.HTTPException):
            reply = line.ask('POST', path, b'{"query":{"term":{"model":"' + b'x' * (100 << 20) + b'"}}}')
            check(*reply, path.encode(), ())
        line = Line(pushed)
    alive(pushed)
    assert resident(pushed) < before + (64 << 20)


def test_a_body_that_comes_by_the_drop_holds_up_nobody(pushed):
    context = ssl.create_default_context(cafile=pushed.ca)
    slow = []
    for _ in range(40):
        line = context.wrap_socket(socket.create_connection(('127.0.0.1', pushed.port)), server_hostname='localhost')
        line.sendall(f'POST /app-events/_search HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {Line(pushed).credential}\r\n'
                     'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{'.encode())
        slow.append(line)
    start = time.monotonic()
    for _ in range(20):
        alive(pushed)
        for line in slow:
            line.sendall(b' ')
    assert time.monotonic() - start < 20
    for line in slow:
        line.close()
    alive(pushed)


@pytest.mark.parametrize('path', [
    '/app-events/_search?frobnicate=1', '/app-events/_search?size=x', '/app-events/_search?size=-1', '/app-events/_search?from=1e9', '/app-events/_search?q=(',
    '/app-events/_search?sort=model:sideways', '/app-events/_search?timeout=1parsec', '/app-events/_search?track_total_hits=perhaps', '/app-events/_frobnicate',
    '/%ff%fe/_search', '/..%2f..%2fetc%2fpasswd/_search', '/app-events%00/_search', '/_cat/frobnicate', '/' + 'a' * 300 + '/_search',
    '/<logs-{now%2Fd}/_search', '/app-events/_search?filter_path=' + 'a.' * 500, '/_nodes/frobnicate', '/_security/frobnicate', '/_tamis/frobnicate', '/app-events/_count?q=%5B1%20TO'],
    ids=lambda path: path[:40])
def test_a_path_or_parameter_that_is_not_known_is_refused(pushed, path):
    status, answer = Line(pushed).ask('GET', path)
    check(status, answer, path.encode(), (200,) if 'filter_path' in path else ())
    alive(pushed)


def test_lines_that_are_no_http_end_their_connection_only(pushed):
    context = ssl.create_default_context(cafile=pushed.ca)
    for junk in (b'\x00' * 100, b'GET\r\n\r\n', b'GET / HTTP/9.9\r\n\r\n', b'GET / HTTP/1.1\r\n' + b'A: b\r\n' * 20000 + b'\r\n', b'POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n',
                 b'POST /_bulk HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nx', b'A' * 100000):
        with context.wrap_socket(socket.create_connection(('127.0.0.1', pushed.port)), server_hostname='localhost') as line:
            line.settimeout(5)
            with contextlib.suppress(OSError):
                line.sendall(junk)
                assert b' 200 ' not in line.recv(65536)[:20]
    alive(pushed)
