#!/usr/bin/env python3
"""tamis beside its peers: the same rows, one run, every answer compared.

    bench/queries.py [--rows 20000000] [--peers duckdb,chdb,...] [--only 1,2,5] [--parts engine,https,clients,peers]
                     [--no-flights] [--prepare] [--fresh] [--out FILE]

The rows are made once (data.py) and kept below build/bench: a fleet in a PostgreSQL, mirrored by tamis,
loaded by each peer from one CSV export; and the flights of an npm package.  --prepare only makes what is
missing, --fresh makes all of it anew.  Then the questions of questions.py are asked:

    engine    tamis within its own process (bench-engine), without its metrics and caches, 1 and 2 threads
    https     tamis through HTTPS: one kept connection, JSON made and read
    clients   the same with 16 clients at once, and OpenSearch with them
    peers     each peer in a process of its own by calls; OpenSearch over HTTP

Prints Markdown tables for bench/results.md.  Ends with 1 when an answer differs from DuckDB's.
"""
import argparse
import datetime
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import time

from data import HERE, ROOT, Data, peers, until
from client import Door, together
from compare import Reference, tidy
from measure import Asker, Result, load_peer, peak_mb, peer_result, timed
from questions import DAY_MS, all_questions, metric_rows, search_rows

CLIENTS = 16
LOG_AT_REST = 4096  # bytes; the log of a store that has sealed everything is a head only
ENGINE = ROOT / 'build' / 'bench-engine'
PARTS = ('engine', 'https', 'clients', 'peers')
IN_PROCESS = ('DuckDB', 'DuckDB flat', 'ClickHouse', 'ClickHouse flat')


def say(*words):
    print(f'{datetime.datetime.now():%H:%M:%S}', *words, file=sys.stderr, flush=True)


# --- the same question, over HTTP

def replies_of(connection, door, question, cached):
    """Every reply of one question, asked once; and the requests, for asking again."""
    option = '' if cached else '?request_cache=false'
    if len(question.panels) > 1:
        lines = [line for p in question.panels for line in ({'index': p.index, 'request_cache': cached}, p.body)]
        requests = [door.request('/_msearch', lines)]
        return json.loads(connection.ask(requests[0]))['responses'], requests
    panel = question.panels[0]
    path = f'/{panel.index}/_search{option}'
    bodies = panel.bodies(lambda body: json.loads(connection.ask(door.request(path, body))))
    requests = [door.request(path, body) for body in bodies]
    return [json.loads(connection.ask(r)) for r in requests], requests


def rows_of(question, replies):
    if len(question.panels) > 1:
        return [search_rows(p, r) for p, r in zip(question.panels, replies)]
    return [[row for reply in replies for row in search_rows(question.panels[0], reply)]]


def ask_all(connection, requests):
    return [connection.ask(request) for request in requests]


class Asked:
    """One server's timings of all questions: {number: Timing}, and the requests."""

    def __init__(self, door, questions, cached=False, metrics=True):
        self.timings, self.requests, self.missing = {}, {}, {}
        connection = door.connect()
        for q in questions:
            start = time.perf_counter()
            try:
                if metrics and q.panels[0].metric:
                    requests = [door.request(q.panels[0].metric)]
                    read = lambda: [metric_rows(json.loads(connection.ask(requests[0])))]
                    rows = read()
                else:
                    replies, requests = replies_of(connection, door, q, cached)
                    rows = rows_of(q, replies)
            except ValueError as error:
                self.missing[q.number] = str(error)[:300]
                connection = door.connect()
                continue
            first = time.perf_counter() - start
            timing, _ = timed(lambda r=requests: ask_all(connection, r))
            timing.first, timing.rows = min(first, timing.first) if len(requests) > 1 else first, rows
            self.timings[q.number], self.requests[q.number] = timing, requests
        connection.close()


def crowd_of(door, asked):
    return {number: together(door, requests, CLIENTS, 1.5) for number, requests in asked.requests.items()}


# --- tamis

class Real:
    """The device behind a pseudonym, by the times of its events: tamis itself cannot tell."""

    def __init__(self, ask, names, tamis):
        self.ask, self.names, self.tamis, self.known = ask, names, tamis, {}

    def device(self, pseudonym):
        if pseudonym not in self.known:
            self.known[pseudonym] = self._find(pseudonym)
        return self.known[pseudonym]

    def _find(self, pseudonym):
        hits = self.tamis.get('/connections/_search', {'size': 8, 'query': {'term': {'device_id': pseudonym}},
                                                       'sort': [{'at': 'desc'}]})['hits']['hits']
        left = None
        for event in (hit['_source'] for hit in hits):
            at = event['at'].replace('Z', '')
            found = {row[0] for row in self.ask(
                f"SELECT device_id FROM connections WHERE \"at\" = TIMESTAMP '{at}' "
                f"AND latency_ms = {event['latency_ms']} AND outcome = '{event['outcome']}'")}
            left = found if left is None else left & found
            if len(left) == 1:
                return left.pop()
        raise ValueError('a device cannot be told by its events')

    def rows(self, panel, rows):
        return [(self.device(row[0]), *row[1:]) for row in rows] if panel.rule == 'top' else rows


def busiest_device(tamis):
    reply = tamis.get('/connections/_search', {'size': 0, 'aggs': {'by': {'terms': {'field': 'device_id', 'size': 1}}}})
    return reply['aggregations']['by']['buckets'][0]['key']


class Ours:
    """All that is measured of tamis."""

    def __init__(self):
        self.result, self.cached, self.crowd, self.engine, self.cubes = Result('tamis'), None, {}, {}, set()
        self.nothing_s = 0


def ask_engine(tamis, questions, asked, place):
    """{number: {threads: {...}}} of bench-engine, over the installation that nothing serves now."""
    file = place / 'engine.ndjson'
    with open(file, 'w') as out:
        for q in questions:
            if q.number in asked.missing:
                continue
            bodies = asked.bodies.get(q.number) or [p.body for p in q.panels]
            for panel, body in zip(q.panels * len(bodies), bodies):
                out.write(json.dumps({'index': panel.index, 'name': q.number}) + '\n' + json.dumps(body) + '\n')
    got = {}
    for threads in (1, 2):
        done = subprocess.run([str(ENGINE), str(tamis.home), str(file), str(threads)], text=True, capture_output=True)
        if done.returncode:
            raise RuntimeError(f'bench-engine: {done.stderr}')
        for line in map(json.loads, done.stdout.splitlines()):
            got.setdefault(line['name'], {})[threads] = line
    return got


def pages_of(door, questions):
    """The bodies of all pages, for bench-engine, which does not read answers."""
    connection = door.connect()
    out = {}
    for q in questions:
        if q.panels[0].has_pages:
            try:
                out[q.number] = q.panels[0].bodies(lambda body: json.loads(connection.ask(door.request(
                    f'/{q.panels[0].index}/_search', body))))
            except ValueError:
                connection = door.connect()
    connection.close()
    return out


def cubes_of(door, questions):
    """Numbers of the questions that are answered from a declared metric over HTTPS."""
    connection, out = door.connect(), set()
    for q in questions:
        panel = q.panels[0]
        if panel.metric:
            out.add(q.number)
        elif len(q.panels) == 1:
            try:
                reply = json.loads(connection.ask(door.request(f'/{panel.index}/_search', {**panel.body, 'profile': True})))
                if reply.get('profile', {}).get('tamis', {}).get('answered_from') == 'cube':
                    out.add(q.number)
            except ValueError:
                connection = door.connect()
    connection.close()
    return out


def measure_tamis(data, ask, names, parts, make_questions):
    """What tamis does, and the questions, which name its pseudonyms."""
    ours, made, tamis = Ours(), data.made()['tamis'], data.tamis()
    ours.result.load_s, ours.result.disk, ours.result.version = made['load_s'], made['disk'], tamis.run(
        'version').stdout.split()[1]
    say('tamis')
    tamis.start()
    until('what rests in memory is sealed', lambda: tamis.status()['store']['log_bytes'] < LOG_AT_REST, 60)
    try:
        door = Door(tamis.port, tamis.ca, ('analyst', tamis.users['analyst']))
        real = Real(ask, names, tamis)
        pseudonym = busiest_device(tamis)
        questions = make_questions(real.device(pseudonym), pseudonym)
        asked = Asked(door, []) if 'https' not in parts else None
        tamis.stop()
        tamis.start()
        if asked is None:
            asked = Asked(door, questions)
            ours.cached = Asked(door, questions, cached=True)
        ours.cubes = cubes_of(door, questions)
        asked.bodies = pages_of(door, questions)
        ours.result.timings = asked.timings
        for q in questions:
            if q.number in asked.timings:
                timing = asked.timings[q.number]
                timing.rows = [real.rows(p, r) for p, r in zip(q.panels, timing.rows)]
            elif q.number in asked.missing:
                say(f'tamis, {q.number}: {asked.missing[q.number]}')
        if 'clients' in parts:
            ours.crowd = crowd_of(door, asked)
        connection = door.connect()
        ours.nothing_s = timed(lambda: connection.ask(door.request('/')))[0].median
        ours.result.peak_mb = peak_mb(tamis.process('serve'))
    finally:
        tamis.stop()
    if 'engine' in parts:
        say('tamis, engine alone')
        ours.engine = ask_engine(tamis, questions, asked, data.dir)
    return ours, questions


# --- OpenSearch, which is asked as tamis is

def prepare_opensearch(kind, data):
    """What is missing, or ''."""
    if kind.key in data.made():
        return ''
    data.forget(kind.key)
    peer = kind(data.dir / kind.key, data.files(), {})
    try:
        peer.start()
    except (ImportError, AssertionError, OSError) as error:
        return f'{kind.title} cannot be started here: {error}'
    try:
        start = time.perf_counter()
        peer.load()
        data.note(kind.key, load_s=time.perf_counter() - start, disk=peer.disk(), version=peer.version())
    finally:
        peer.close()
    return ''


def measure_opensearch(kind, data, questions, device, parts):
    result = Result(kind.title)
    result.missing = prepare_opensearch(kind, data)
    if result.missing:
        return result, None, {}
    made = data.made()[kind.key]
    result.load_s, result.disk, result.version = made['load_s'], made['disk'], made['version']
    for q in questions:  # its devices have their own names
        for p in q.panels:
            if q.number == '12':
                p.body['query'] = {'term': {'device_id': str(device)}}
    peer = kind(data.dir / kind.key, data.files(), {})
    try:
        peer.start()
        peer.wait()
        asked = Asked(peer.door, questions, metrics=False)
        result.timings = asked.timings
        cached = Asked(peer.door, questions, cached=True, metrics=False)
        crowd = crowd_of(peer.door, asked) if 'clients' in parts else {}
        result.peak_mb = peak_mb(node_process(peer.node.node.pid))
    finally:
        peer.close()
    return result, cached, crowd


def node_process(pid):
    """The largest process below `pid`: the one that has the heap."""
    below, look = {pid}, [pid]
    while look:
        at = look.pop()
        for task in os.listdir(f'/proc/{at}/task'):
            with open(f'/proc/{at}/task/{task}/children') as file:
                new = set(map(int, file.read().split())) - below
            below |= new
            look += new
    return max(below, key=peak_mb)


# --- comparing

def complaints(questions, result, right, definition, is_sketchy):
    out = []
    for q in questions:
        timing = result.timings.get(q.number)
        for i, rows in enumerate(timing.rows if timing else []):
            reference = right[q.number][i]
            said = reference.complaint(tidy(reference.panel, rows), definition, is_sketchy)
            if said:
                out.append(f'{result.title}, query {q.number}' + (f', panel {i + 1}' if len(q.panels) > 1 else '') + f': {said}')
    return out


def compare_all(questions, ours, results, ask, names):
    """What differs; None when there is nothing to compare with."""
    if ask is None:
        return None
    say('comparing')
    right = {q.number: [Reference(p, ask, names) for p in q.panels] for q in questions}
    wrong = complaints(questions, ours.result, right, 'hazen', False)
    for r in results:
        definition = 'sketch' if r.title == peers.OpenSearch.title else 'linear'
        wrong += complaints(questions, r, right, definition, definition == 'sketch')
    return wrong


# --- printing

def ms(seconds):
    if seconds is None:
        return ''
    return f'{seconds * 1000:.3f}' if seconds < 0.01 else f'{seconds * 1000:.1f}' if seconds < 1 else f'{seconds * 1000:,.0f}'


def times(ratio):
    return '' if ratio is None else f'{ratio:,.1f}' if ratio < 100 else f'{ratio:,.0f}'


def table(head, rows):
    print('\n| ' + ' | '.join(head) + ' |\n| ' + ' | '.join('---' if i < 2 else '---:' for i in range(len(head))) + ' |')
    for row in rows:
        print('| ' + ' | '.join(map(str, row)) + ' |')


def print_heading(data, load):
    commit = subprocess.run(['git', 'rev-parse', '--short', 'HEAD'], text=True, capture_output=True, cwd=HERE).stdout.strip()
    cpu = next((line.split(':')[1].strip() for line in open('/proc/cpuinfo') if 'model name' in line), '?')
    rows = data.made()['rows']
    print(f'{datetime.datetime.now():%Y-%m-%d %H:%M}, commit {commit}, {os.cpu_count()} cores of {cpu}, Linux '
          f'{platform.release()}, `bench/queries.py {" ".join(sys.argv[1:])}`; {rows["connections"]:,} events of '
          f'{rows["devices"]:,} devices{", %s flights" % format(rows["flights"], ",") if "flights" in rows else ""}; '
          f'load average before it {load:.1f}')


def is_exact(question):
    return any(p.rule == 'percentile' for p in question.panels)


def best_of(question, results, titles):
    found = [r.timings[question.number].median for r in results if r.title in titles and question.number in r.timings]
    return min(found, default=None)


def ratio(peer_s, ours_s):
    return peer_s / ours_s if peer_s and ours_s else None


def summary(name, ratios):
    ratios = sorted(r for r in ratios if r)
    if ratios:
        print(f'* {name}: median {times(statistics.median(ratios))}, worst {times(ratios[0])}, best {times(ratios[-1])}, '
              f'over {len(ratios)} queries.')


def engine_s(ours, number, threads):
    line = ours.engine.get(number, {}).get(threads)
    return line and line['median_ms'] / 1000


def answer_rows(question, ours, results):
    for r in (ours.result, *results):
        if question.number in r.timings:
            return sum(map(len, r.timings[question.number].rows))
    return ''


def print_engine(questions, ours, results, opensearch):
    """Ad hoc: engine time beside the peers' own; the ratios of it."""
    rows, fast, slow = [], [], []
    for q in questions:
        two = engine_s(ours, q.number, 2)
        best = ratio(best_of(q, results, IN_PROCESS), two)
        over = ratio(best_of(q, results, (opensearch,)), two)
        fast.append(best)
        slow.append(over)
        rows.append([q.number, q.title, answer_rows(q, ours, results), ms(engine_s(ours, q.number, 1)), ms(two),
                     *(ms(r.timings[q.number].median) if q.number in r.timings else '' for r in results), times(best), times(over)])
    table(['#', 'engine alone, ms (median of warm runs)', 'answer rows', 'tamis, 1 thread', 'tamis, 2 threads',
           *(r.title for r in results), 'best of DuckDB, ClickHouse / tamis', 'OpenSearch / tamis'], rows)
    print()
    summary('Engine, the faster of DuckDB and ClickHouse / tamis with 2 threads', fast)
    summary('Engine, OpenSearch / tamis with 2 threads', slow)


def print_https(questions, ours, results, cached, crowd):
    rows, ratios = [], []
    for q in questions:
        mine = ours.result.timings.get(q.number)
        if not mine:
            continue
        again = ours.cached and ours.cached.timings.get(q.number)
        best = ratio(best_of(q, results, IN_PROCESS), mine.median)
        ratios.append(best)
        theirs = [r.timings[q.number].median for r in results if r.title == peers.OpenSearch.title and q.number in r.timings]
        many, other = ours.crowd.get(q.number), crowd.get(q.number)
        rows.append([q.number, q.title + (' (metric)' if q.number in ours.cubes else ''), ms(mine.first), ms(mine.median),
                     ms(mine.p99), ms(again and again.median),
                     f'{many[0]:,.0f}' if many else '', ms(many and many[1]), ms(many and many[2]),
                     ms(theirs[0] if theirs else None),
                     ms(cached.timings[q.number].median if cached and q.number in cached.timings else None),
                     f'{other[0]:,.0f}' if other else '', ms(other and other[1]), times(best)])
    if not rows:
        return
    table(['#', 'through HTTPS and JSON, ms', 'first', 'median', 'p99', 'cached', f'{CLIENTS} clients: q/s', 'median', 'p99',
           'OpenSearch', 'cached', f'{CLIENTS} clients: q/s', 'median', 'best of DuckDB, ClickHouse in process / tamis'], rows)
    print()
    summary('HTTPS, the faster of DuckDB and ClickHouse in their process / tamis', ratios)
    print(f'* A round trip of `GET /` alone takes {ms(ours.nothing_s)} ms.')


def print_first(questions, ours, results):
    rows = []
    for q in questions:
        line = ours.engine.get(q.number, {}).get(2)
        rows.append([q.number, q.title, ms(line and line['first_ms'] / 1000),
                     *(ms(r.timings[q.number].first) if q.number in r.timings else '' for r in results)])
    table(['#', 'first run, ms (files in the page cache)', 'tamis, engine', *(r.title for r in results)], rows)


def print_sizes(data, ours, results):
    rows = data.made()['rows']
    total = sum(rows[t] for t in data.tables())
    table(['system', 'version', 'load, s', 'MB on disk', 'bytes per row', 'peak memory while asked, MB'],
          [[r.title, r.version, f'{r.load_s:.1f}', f'{r.disk / 1e6:,.0f}', f'{r.disk / total:.1f}',
            f'{r.peak_mb:,.0f}' if r.peak_mb and r.title != 'PostgreSQL' else ''] for r in (ours.result, *results)])


NOTES = '''
* Peers: 2 threads (SQLite has 1), rows ordered by time, proper types (enums, LowCardinality), PostgreSQL and SQLite with
  indexes on time and device; PostgreSQL with 2 parallel workers. Columns of the device are looked up as they are now (a join,
  ClickHouse: a dictionary). `flat` has them copied into the events, empty where that is no difference. Caches of answers are
  off, but in the columns called cached.
* The engine alone: reading the JSON of the question, planning, scanning, the tree of the answer; neither metrics nor caches.
  (metric): over HTTPS the answer comes from a declared metric.
* Percentiles: tamis exact, the k-th of n at (k - 1/2) / n; peers exact, at (k - 1) / (n - 1); in 4s DuckDB approx_quantile,
  ClickHouse quantileTiming and OpenSearch (also in 4 and f3) t-digest, which may give any of p93 to p97. OpenSearch counts
  distinct devices within 2 %.
* Median of 7 warm runs or more; of 3 when the first took over 1 s; over 4 s the first is the only one. The first run follows
  a new start (tamis) or a new connection; files are in the page cache.
* Sizes: tamis with customers and its log; its load is the first copy until it streams. PostgreSQL: its load is its indexes
  and VACUUM ANALYZE. Loads are of the run that made the data. Peak memory of tamis is that of serve, of a peer that of its
  process.'''


def report(data, load, questions, ours, results, open_search, wrong):
    cached, crowd = open_search
    print_heading(data, load)
    shown = [r for r in results if not r.missing]
    print_engine(questions, ours, shown, peers.OpenSearch.title)
    print_https(questions, ours, shown, cached, crowd)
    print_first(questions, ours, shown)
    print_sizes(data, ours, shown)
    print(NOTES)
    for r in results:
        if r.missing:
            print(f'* Missing: {r.missing}.')
    for q in questions:
        if ours.result.timings and q.number not in ours.result.timings:
            print(f'* tamis does not answer ({q.number}) {q.title}.')
    if wrong is None:
        print('* Answers are not compared: DuckDB is not here.')
    else:
        print(f'* Answers compared with DuckDB\'s in full: tamis and {", ".join(r.title for r in shown)}; {len(wrong)} differ.')


# --- the run

def words():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--rows', type=int, default=20_000_000, help='events of the fleet')
    parser.add_argument('--peers', default=','.join(k.key for k in peers.PEERS))
    parser.add_argument('--only', default='', help='numbers of questions')
    parser.add_argument('--parts', default=','.join(PARTS))
    parser.add_argument('--no-flights', action='store_true')
    parser.add_argument('--prepare', action='store_true', help='make the data, ask nothing')
    parser.add_argument('--fresh', action='store_true', help='make all data anew')
    parser.add_argument('--out', help='the file that the tables go to')
    return parser.parse_args()


def prepare(data, kinds, packages):
    say('rows')
    data.make_rows(packages)
    say('first copy')
    data.make_tamis()
    if peers.PostgreSQL in kinds:
        data.start_postgres()
    for kind in kinds:
        say('loading', kind.title)
        said = prepare_opensearch(kind, data) if kind is peers.OpenSearch else load_peer(kind, data, packages)
        if said:
            say(said)
    data.stop_postgres()


def duckdb_asker(data, packages, times_of):
    if peers.DuckDB.key not in data.made():
        return None, {}
    make = lambda: peers.DuckDB(data.dir / peers.DuckDB.key, data.files(), times_of)
    return Asker(packages, make), make().names()


def measure_peers(data, kinds, times_of, questions, packages):
    for kind in kinds:
        if kind is peers.OpenSearch:
            continue
        say(kind.title)
        if kind is peers.PostgreSQL:
            data.start_postgres()
        try:
            yield peer_result(kind, data, times_of, questions, packages)
        finally:
            data.stop_postgres()


def measure(data, options, kinds, packages):
    last_day = data.made()['rows']['last_day_ms']
    times_of = {'day': last_day, 'week': last_day - 6 * DAY_MS}
    ask, names = duckdb_asker(data, packages, times_of)
    if ask is None:
        sys.exit('bench/queries.py: DuckDB is needed, to tell what is right')
    numbers = set(filter(None, options.only.split(',')))
    device = []

    def make_questions(real, pseudonym):
        device.append(real)
        return [q for q in all_questions(last_day, real, pseudonym, data.has_flights)
                if not numbers or q.number in numbers or q.number.rstrip('abcs') in numbers]
    parts = options.parts.split(',')
    ours, questions = measure_tamis(data, ask, names, parts, make_questions)
    ask.close()
    results, open_search = [], (None, {})
    if 'peers' in parts:
        results = list(measure_peers(data, kinds, times_of, questions, packages))
        if peers.OpenSearch in kinds:
            say(peers.OpenSearch.title)
            result, *open_search = measure_opensearch(peers.OpenSearch, data, questions, device[0], parts)
            results.append(result)
    ask, names = duckdb_asker(data, packages, times_of)
    wrong = compare_all(questions, ours, results, ask, names)
    ask.close()
    return questions, ours, results, open_search, wrong


def main():
    options = words()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    load = os.getloadavg()[0]
    unknown = set(options.peers.split(',')) - {k.key for k in peers.PEERS} - {''}
    if unknown or not 0 < options.rows <= 100_000_000:
        sys.exit(f'bench/queries.py: from 1 to 100,000,000 events; peers are {", ".join(k.key for k in peers.PEERS)}')
    kinds = [k for k in peers.PEERS if k.key in options.peers.split(',') or k is peers.DuckDB]
    packages, why = peers.environment()
    if why:
        say(f'pip: {why}')
    data = Data(options.rows, not options.no_flights)
    if options.fresh:
        shutil.rmtree(data.dir)
        data = Data(options.rows, not options.no_flights)
    try:
        prepare(data, kinds, packages)
        if options.prepare:
            return 0
        measured = measure(data, options, [k for k in kinds if k.key in options.peers.split(',')], packages)
    finally:
        data.stop_postgres()
    if options.out:
        sys.stdout = open(options.out, 'w')
    report(data, load, *measured)
    for line in measured[-1] or []:
        print(f'DIFFERENT ANSWER: {line}', file=sys.stderr)
    return 1 if measured[-1] else 0


if __name__ == '__main__':
    sys.exit(main())
