#!/usr/bin/env python3
"""tamis beside its peers: the same rows, one run, every answer compared.

    bench/queries.py [CUSTOMERS [EVENTS]]      default 240,000 and 2,000,000

Fills a PostgreSQL with a fleet, mirrors it with tamis, loads each peer from one CSV export and asks all
of them the questions of questions.py.  tamis is measured from outside: HTTPS, one kept connection, JSON
made and read; the peers (but OpenSearch) by calls within their own process.  No caches of answers.
Prints Markdown tables for bench/results.md.  Ends with 1 when an answer differs.
PEERS="DuckDB ClickHouse" in the environment asks only those whose title begins so.
"""
import datetime
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / 'tests' / 'flow')]
import peers  # noqa: E402
from client import Door, together  # noqa: E402
from compare import Reference, tidy  # noqa: E402
from harness import Postgres, Tamis, until  # noqa: E402
from measure import Result, peak_mb, peer_result, timed  # noqa: E402
from questions import DAY_MS, NOT_YET, all_questions, metric_rows, search_rows  # noqa: E402

CLIENTS = 16


# --- the rows

def make_rows(customers, events):
    postgres = Postgres()
    for setting in ("shared_buffers = '2GB'", "effective_cache_size = '8GB'", 'max_parallel_workers = 2'):
        postgres.sql(f'ALTER SYSTEM SET {setting}', database='postgres')
    postgres.stop('fast')
    postgres.start()
    postgres.make_fleet(customers, events)
    return postgres


def export(postgres, place):
    """Both tables once, as CSV with times in milliseconds; the shared origin of all peers."""
    ms = 'floor(extract(epoch from {0}) * 1000)::bigint AS {0}'
    files = {'conninfo': postgres.conninfo(user='postgres')}
    for table, columns, order in (('devices', peers.DEVICES, 'activated_at'), ('connections', peers.EVENTS, 'at')):
        names = ', '.join(ms.format(c) if c in ('at', 'activated_at') else c for c in columns)
        files[table] = str(place / f'{table}.csv')
        with open(files[table], 'wb') as file:
            subprocess.run(['psql', '-q', '-d', files['conninfo'], '-c', f'COPY (SELECT {names} FROM {table} ORDER BY '
                            f"{table}.{order}) TO STDOUT (FORMAT csv, NULL '\\N')"], check=True, stdout=file)
    files['events'] = postgres.sql('SELECT count(*) FROM connections')[0][0]
    return files


# --- tamis

def start_tamis(postgres):
    """A mirror that has everything and has come to rest; and how long the first copy took."""
    tamis = Tamis(postgres)
    tamis.set_up_source()
    tamis.user('analyst', 'analyst')
    start = time.monotonic()
    tamis.start()
    until('the copy is whole', lambda: (tamis.status().get('sources') or [{}])[0].get('phase') == 'streaming', 3600, 0.1)
    took = time.monotonic() - start
    tamis.caught_up(600)
    seen = []

    def rests():
        time.sleep(3)
        seen.append(peers.size_of(tamis.home / 'data'))
        return len(seen) > 2 and seen[-1] == seen[-3]
    until('sealing and merging have ended', rests, 300)
    return tamis, took


def start_anew(tamis):
    tamis.stop()
    tamis.start()
    tamis.caught_up(600)


class Real:
    """The device behind a pseudonym, by the times of its events: tamis itself cannot tell."""

    def __init__(self, postgres, tamis):
        self.postgres, self.tamis = postgres, tamis

    def device(self, pseudonym):
        hits = self.tamis.get('/connections/_search', {'size': 8, 'query': {'term': {'device_id': pseudonym}},
                                                       'sort': [{'at': 'desc'}]})['hits']['hits']
        left = None
        for event in (hit['_source'] for hit in hits):
            at = event['at'].replace('Z', '+00')
            found = {row[0] for row in self.postgres.sql(
                "SELECT device_id FROM connections WHERE at >= %s AND at < %s::timestamptz + interval '1 ms' "
                'AND latency_ms = %s AND outcome = %s', (at, at, event['latency_ms'], event['outcome']))}
            left = found if left is None else left & found
            if len(left) == 1:
                return left.pop()
        raise ValueError('a device cannot be told by its events')

    def rows(self, panel, rows):
        return [(self.device(row[0]), *row[1:]) for row in rows] if panel.rule == 'top' else rows


def busiest_device(postgres, tamis):
    reply = tamis.get('/connections/_search', {'size': 0, 'aggs': {'by': {'terms': {'field': 'device_id', 'size': 1}}}})
    pseudonym = reply['aggregations']['by']['buckets'][0]['key']
    return Real(postgres, tamis).device(pseudonym), pseudonym


def request_of(door, question, metrics=True):
    """Caches of answers are refused, where there are any."""
    if len(question.panels) > 1:
        lines = [line for p in question.panels for line in ({'index': p.index, 'request_cache': False}, p.body)]
        return door.request('/_msearch', lines)
    panel = question.panels[0]
    if metrics and panel.metric:
        return door.request(panel.metric)
    return door.request(f'/{panel.index}/_search?request_cache=false', panel.body)


def rows_of(question, body, metrics=True):
    reply = json.loads(body)
    if metrics and question.panels[0].metric:
        return [metric_rows(reply)]
    replies = reply['responses'] if len(question.panels) > 1 else [reply]
    return [search_rows(p, r) for p, r in zip(question.panels, replies)]


def ask_over_http(door, questions, result, metrics):
    connection = door.connect()
    for q in questions:
        request = request_of(door, q, metrics)
        try:
            timing, body = timed(lambda: connection.ask(request))
            timing.rows = rows_of(q, body, metrics)
        except Exception as error:
            raise RuntimeError(f'{result.title}, {q.number}: {error}') from error
        result.timings[q.number] = timing
    connection.close()


def measure_tamis(postgres, tamis, questions, door):
    result = Result('tamis', disk=peers.size_of(tamis.home / 'data'))
    ask_over_http(door, questions, result, True)
    real = Real(postgres, tamis)
    for q in questions:
        result.timings[q.number].rows = [real.rows(p, r) for p, r in zip(q.panels, result.timings[q.number].rows)]
    result.peak_mb = peak_mb(tamis.process('serve'))
    return result


# --- OpenSearch, which is asked as tamis is

def measure_opensearch(kind, files, questions):
    result = Result(kind.title)
    peer = kind(None, files, {})
    try:
        peer.start()
    except (ImportError, AssertionError, OSError) as error:
        result.missing = f'{kind.title} cannot be started here: {error}'
        return result
    try:
        start = time.perf_counter()
        peer.load()
        result.load_s = time.perf_counter() - start
        result.version = peer.version()
        for q in questions:  # its devices have their own names
            for p in q.panels:
                if q.number == '12':
                    p.body['query'] = {'term': {'device_id': str(files['device'])}}
        ask_over_http(peer.door, questions, result, False)
        result.disk = peer.disk()
    finally:
        peer.close()
    return result


# --- comparing and printing

def references(postgres, questions, result, times):
    names = {name: f"'{datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).isoformat()}'"
             for name, ms in times.items()}
    rows = {number: timing.rows for number, timing in result.timings.items()}
    return {q.number: [Reference(p, tidy(p, r), postgres.sql, names)
                       for p, r in zip(q.panels, rows.get(q.number, [[]] * len(q.panels)))] for q in questions}


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


def ms(seconds):
    return f'{seconds * 1000:.2f}' if seconds < 0.1 else f'{seconds * 1000:,.0f}'


def table(head, rows):
    print('\n| ' + ' | '.join(head) + ' |\n| ' + ' | '.join('---' if i < 2 else '---:' for i in range(len(head))) + ' |')
    for row in rows:
        print('| ' + ' | '.join(map(str, row)) + ' |')


def print_heading(rows, load, customers, events):
    commit = subprocess.run(['git', 'rev-parse', '--short', 'HEAD'], text=True, capture_output=True, cwd=HERE).stdout.strip()
    cpu = next((line.split(':')[1].strip() for line in open('/proc/cpuinfo') if 'model name' in line), '?')
    print(f'{datetime.date.today()}, commit {commit}, {os.cpu_count()} cores of {cpu}, Linux {platform.release()}, '
          f'`bench/queries.py {customers} {events}`; {rows["connections"]:,} events of {rows["devices"]:,} devices; '
          f'load average before it {load:.1f}')


def print_times(questions, ours, shown, best_of):
    rows = []
    for q in questions:
        mine = ours.timings[q.number]
        others = [r.timings.get(q.number) for r in shown]
        is_exact = any(p.rule == 'percentile' for p in q.panels)  # what OpenSearch has not got
        best = min((r.timings[q.number].median for r in best_of if q.number in r.timings
                    and not (is_exact and r.title == peers.OpenSearch.title)), default=None)
        rows.append([q.number, q.title, sum(map(len, mine.rows)), ms(mine.median), ms(mine.p99),
                     *(ms(t.median) if t else '' for t in others), f'{best / mine.median:.1f}' if best else ''])
    table(['#', 'query, ms (median of warm runs)', 'answer rows', 'tamis HTTPS', 'tamis p99', *(r.title for r in shown),
           'best peer / tamis'], rows)
    table(['#', 'first run, ms (files in the page cache)', 'tamis HTTPS', *(r.title for r in shown)],
          [[q.number, q.title, ms(ours.timings[q.number].first),
            *(ms(r.timings[q.number].first) if q.number in r.timings else '' for r in shown)] for q in questions])


def print_clients(questions, ours, crowd):
    table(['#', f'tamis, 1 and {CLIENTS} clients on the same machine', 'q/s of 1', f'q/s of {CLIENTS}', 'median, ms', 'p99, ms'],
          [[q.number, q.title, f'{1 / ours.timings[q.number].median:,.0f}', f'{crowd[q.number][0]:,.0f}',
            ms(crowd[q.number][1]), ms(crowd[q.number][2])] for q in questions])


def print_sizes(results, rows):
    table(['system', 'version', 'load, s', 'bytes per row', 'peak memory, MB'],
          [[r.title, r.version, f'{r.load_s:.1f}', f'{r.disk / rows:.1f}', f'{r.peak_mb:,.0f}' if r.peak_mb and r.title != 'PostgreSQL' else ''] for r in results])


def chosen(kinds):
    wanted = os.environ.get('PEERS', '').split()
    return [k for k in kinds if not wanted or k is peers.PostgreSQL or any(k.title.startswith(w) for w in wanted)]


def ask_peers(place, files, times, questions):
    packages, why = peers.environment()
    if why:
        print(f'pip: {why}', file=sys.stderr)
    for kind in chosen(peers.PEERS):
        print(f'{kind.title} ...', file=sys.stderr)
        if kind is peers.OpenSearch:
            yield measure_opensearch(kind, files, questions)
        else:
            yield peer_result(kind, place / kind.title.replace(' ', '-'), files, times, questions, packages)


NOTES = '''
* Peers: 2 threads (SQLite has 1), rows ordered by time, proper types (enums, LowCardinality), PostgreSQL and SQLite with
  indexes on time and device; PostgreSQL with 2 parallel workers. Columns of the device are looked up as they are now (a join,
  ClickHouse: a dictionary). `flat` has them copied into the events, empty where that is no difference.
* Percentiles: tamis exact, the k-th of n at (k - 1/2) / n; peers exact, at (k - 1) / (n - 1); in 4s DuckDB approx_quantile,
  ClickHouse quantileTiming and OpenSearch (also in 4, where it is not counted as best) t-digest, which may give any of p93
  to p97. OpenSearch counts distinct devices within 2 %.
* Median of 7 warm runs or more; of 3 when the first took over 5 s; over 60 s the first is the only one. The first run follows
  a new start (tamis) or a new connection; files are in the page cache.
* Sizes: tamis with customers and its log; its load is the first copy until it streams. PostgreSQL: its load is its indexes
  and VACUUM ANALYZE. Peak memory of tamis is that of serve, of a peer that of its process with the loading.
* 15a-c: tamis answers from its declared metrics, the peers aggregate.'''


def measure_all(postgres, place):
    """Results, tamis's first; what 16 clients get of it; the questions; the references; a plain round trip's time."""
    files = export(postgres, place)
    last_day = int(postgres.sql("SELECT extract(epoch FROM date_trunc('day', max(at), 'UTC')) FROM connections")[0][0]) * 1000
    times = {'day': last_day, 'week': last_day - 6 * DAY_MS}
    tamis, copy_s = start_tamis(postgres)
    try:
        files['device'], pseudonym = busiest_device(postgres, tamis)
        start_anew(tamis)
        questions = all_questions(last_day, files['device'], pseudonym)
        door = Door(tamis.port, tamis.ca, ('analyst', tamis.users['analyst']))
        print('tamis ...', file=sys.stderr)
        ours = measure_tamis(postgres, tamis, questions, door)
        ours.load_s, ours.version = copy_s, tamis.run('version').stdout.split()[1]
        crowd = {q.number: together(door, request_of(door, q), CLIENTS) for q in questions}
        connection = door.connect()
        nothing, _ = timed(lambda: connection.ask(door.request('/')))
    finally:
        tamis.stop()
        tamis.drop()
    results = [ours, *ask_peers(place, files, times, questions)]
    return results, crowd, questions, references(postgres, questions, results[1], times), nothing


def report(results, crowd, questions, right, nothing, rows):
    """Prints all tables; the answers that differ."""
    ours, *others = results
    shown = [r for r in others if not r.missing]
    whole = [r for r in shown if not (r.title == peers.OpenSearch.title and rows['connections'] > peers.OpenSearch.rows_max)]
    print_times(questions, ours, shown, whole)
    print_clients(questions, ours, crowd)
    print_sizes([ours, *shown], sum(rows.values()))
    print(NOTES)
    print(f'* tamis: a round trip of `GET /` alone takes {ms(nothing.median)} ms.')
    for number, title in NOT_YET.items():
        print(f'* Not there yet in tamis: ({number}) {title}.')
    for r in others:
        if r.missing:
            print(f'* Missing: {r.missing}.')
        elif r not in whole:
            print(f'* {r.title} has the newest {peers.OpenSearch.rows_max:,} events only: its times are shown, not scaled, and its '
                  'answers not compared.')
    wrong = complaints(questions, ours, right, 'hazen', False)
    for r in whole:
        definition = 'sketch' if r.title == peers.OpenSearch.title else 'linear'
        wrong += complaints(questions, r, right, definition, definition == 'sketch')
    print(f'* Answers compared with PostgreSQL\'s in full: tamis and {", ".join(r.title for r in whole)}; {len(wrong)} differ.')
    return wrong


def main():
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 240_000
    events = int(sys.argv[2]) if len(sys.argv) > 2 else customers * 25 // 3
    if not 0 < events <= 20_000_000:
        sys.exit('bench/queries.py: from 1 to 20,000,000 events')
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    load = os.getloadavg()[0]
    place = pathlib.Path(tempfile.mkdtemp(prefix='tamis-bench-'))
    postgres = None
    try:
        postgres = make_rows(customers, events)
        rows = {t: postgres.sql(f'SELECT count(*) FROM {t}')[0][0] for t in ('devices', 'connections')}
        measured = measure_all(postgres, place)
        print_heading(rows, load, customers, events)
        wrong = report(*measured, rows)
    finally:
        if postgres:
            postgres.drop()
        shutil.rmtree(place, ignore_errors=True)
    for line in wrong:
        print(f'DIFFERENT ANSWER: {line}', file=sys.stderr)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
