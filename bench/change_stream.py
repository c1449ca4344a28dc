#!/usr/bin/env python3
"""The change stream: rows a second and lag, beside pg_recvlogical alone on the same changes.

    bench/change_stream.py [--rows 1000000] [--rates 1000,10000,20000,50000] [--seconds 15]

A fleet of 24,000 customers is mirrored.  Then, in one run,
  drain   tamis is stopped, rows of `connections` come in transactions of 1,000 (three inserts to one
          update), pg_recvlogical reads them from a slot of its own into nothing, tamis from its own;
  lag     rows come at each rate, 100 transactions a second; a reader asks _count over one kept connection
          all the time: lag is from COMMIT's return to the end of the first answer that has the rows.
          pg_recvlogical's is to the line COMMIT of test_decoding.
Prints Markdown tables for bench/results.md.
"""
import argparse
import bisect
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time

from client import Door
from data import ROOT
sys.path.insert(0, str(ROOT / 'tests' / 'flow'))
from first_copy import cpu_seconds, peak_mb, streaming  # noqa: E402
from harness import Postgres, Tamis, until  # noqa: E402

STEP = 100  # transactions a second
INSERT = ('INSERT INTO connections (id, at, device_id, outcome, error_class, latency_ms) '
          "SELECT i, now(), 1 + i % 24000, CASE i % 9 WHEN 0 THEN 'timeout' ELSE 'ok' END, "
          "CASE i % 9 WHEN 0 THEN 'net' END, i % 907 FROM generate_series({0}, {1}) i")
UPDATE = 'UPDATE connections SET latency_ms = latency_ms + 1 WHERE id BETWEEN {0} AND {1}'


class Changes:
    """Where new rows of `connections` go on."""

    def __init__(self, postgres):
        self.postgres = postgres
        self.next, self.rows = postgres.sql('SELECT max(id) + 1, count(*) FROM connections')[0]

    def transaction(self, cursor, count):
        fresh = count * 3 // 4
        cursor.execute(INSERT.format(self.next, self.next + fresh - 1) + ';' +
                       UPDATE.format(self.next - (count - fresh), self.next - 1))
        self.next += fresh
        self.rows += fresh
        return self.rows


def receive(postgres, slot, options, until_lsn=None):
    words = [str(Postgres.BIN / 'pg_recvlogical'), '-d', postgres.conninfo(user='postgres'), '--slot', slot, '--start',
             '-F', '0', '-f', '-' if until_lsn is None else '/dev/null']
    words += [word for option in options for word in ('-o', option)]
    if until_lsn:
        return subprocess.run([*words, '--endpos', until_lsn], check=True, stderr=subprocess.DEVNULL)
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def drain(postgres, tamis, rows):
    publication = postgres.sql('SELECT pubname FROM pg_publication')[0][0]
    tamis.stop()
    start = time.monotonic()
    tamis.start()
    until('it streams', lambda: streaming(tamis), 120, every=0.02)
    idle = time.monotonic() - start
    tamis.stop()
    postgres.sql("SELECT pg_create_logical_replication_slot('beside', 'pgoutput')")
    changes = Changes(postgres)
    with postgres.connect() as db, db.cursor() as cursor:
        for _ in range(rows // 1000):
            changes.transaction(cursor, 1000)
    end = postgres.sql('SELECT pg_current_wal_lsn()')[0][0]
    start = time.monotonic()
    receive(postgres, 'beside', ('proto_version=2', f'publication_names={publication}'), end)
    alone = time.monotonic() - start
    postgres.sql("SELECT pg_drop_replication_slot('beside')")
    start = time.monotonic()
    tamis.start()
    until('all are there', lambda: tamis.count('connections') == changes.rows, 600, every=0.02)
    took = time.monotonic() - start - idle
    cpu = {name: cpu_seconds(tamis.process(name)) for name in ('mirror', 'serve')}
    cpu['walsender'] = cpu_seconds(postgres.sql('SELECT pid FROM pg_stat_replication')[0][0])
    peak = {name: peak_mb(tamis.process(name)) for name in ('mirror', 'serve')}
    print(f'| drain of {rows:,} changes | pg_recvlogical alone | tamis | ratio |\n| --- | ---: | ---: | ---: |')
    print(f'| seconds, from the start of reading (tamis: less {idle:.2f} s of a start with nothing to read) | {alone:.2f} | '
          f'{took:.2f} | {took / alone:.2f} |')
    print(f'| changes/s | {rows / alone:,.0f} | {rows / took:,.0f} | {alone / took:.2f} |')
    print(f'| CPU seconds, walsender; mirror; serve | | {cpu["walsender"]:.1f}; {cpu["mirror"]:.1f}; {cpu["serve"]:.1f} | |')
    print(f'| peak memory, mirror; serve | | {peak["mirror"]:.0f} MB; {peak["serve"]:.0f} MB | |\n')


def write(postgres, rate, seconds, sent):
    """(rows after it, when COMMIT returned) of each transaction into `sent`."""
    changes = Changes(postgres)
    with postgres.connect() as db, db.cursor() as cursor:
        start = time.monotonic()
        for i in range(seconds * STEP):
            wait = start + i / STEP - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            rows = changes.transaction(cursor, rate // STEP)
            sent.append((rows, time.monotonic()))
        return len(sent) * (rate // STEP) / (time.monotonic() - start)


def watch(tamis, stop, seen):
    """(rows, when the answer was whole) of each answer that has more than the one before."""
    door = Door(tamis.port, tamis.ca, ('analyst', tamis.users['analyst']))
    connection = door.connect()
    request = door.request('/connections/_count')
    last = -1
    while not stop.is_set():
        rows = json.loads(connection.ask(request))['count']
        if rows > last:
            seen.append((rows, time.monotonic()))
            last = rows


def read_commits(process, seen):
    for line in process.stdout:
        if line.startswith(b'COMMIT'):
            seen.append(time.monotonic())


def percentiles(lags):
    lags = sorted(lags)
    return statistics.median(lags) * 1e3, lags[int(len(lags) * 0.99)] * 1e3


def lag(postgres, tamis, rate, seconds):
    sent, seen, stop = [], [], threading.Event()
    watcher = threading.Thread(target=watch, args=(tamis, stop, seen))
    watcher.start()
    reached = write(postgres, rate, seconds, sent)
    until('all are there', lambda: seen[-1][0] >= sent[-1][0], 120)
    stop.set()
    watcher.join()
    counts = [rows for rows, _ in seen]
    ours = percentiles([seen[bisect.bisect_left(counts, rows)][1] - at for rows, at in sent])

    postgres.sql("SELECT pg_create_logical_replication_slot('beside', 'test_decoding')")
    sent, seen = [], []
    process = receive(postgres, 'beside', ('skip-empty-xacts=1', 'include-xids=0'))
    reader = threading.Thread(target=read_commits, args=(process, seen))
    reader.start()
    time.sleep(1)
    write(postgres, rate, seconds, sent)
    until('all are there', lambda: len(seen) >= len(sent), 120)
    process.terminate()
    process.wait()
    reader.join()
    alone = percentiles([max(0, at - commit) for at, (_, commit) in zip(seen, sent)])
    until('the slot is free', lambda: not postgres.sql("SELECT active FROM pg_replication_slots WHERE slot_name = 'beside'")[0][0])
    postgres.sql("SELECT pg_drop_replication_slot('beside')")
    print(f'| {rate:,} | {reached:,.0f} | {ours[0]:.1f} | {ours[1]:.1f} | {alone[0]:.1f} | {alone[1]:.1f} |', flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--rows', type=int, default=1_000_000)
    parser.add_argument('--rates', default='1000,10000,20000,50000')
    parser.add_argument('--seconds', type=int, default=15)
    options = parser.parse_args()
    postgres = Postgres()
    tamis = None
    try:
        postgres.make_fleet(24_000, 200_000)
        tamis = Tamis(postgres)
        tamis.set_up_source()
        tamis.user('analyst', 'analyst')
        tamis.start()
        until('the copy is whole', lambda: streaming(tamis), 600)
        commit = subprocess.run(['git', 'rev-parse', '--short', 'HEAD'], text=True, capture_output=True).stdout.strip()
        print(f'{datetime.date.today()}, commit {commit}, {os.cpu_count()} cores, Linux {platform.release()}, '
              f'`bench/change_stream.py --rows {options.rows} --rates {options.rates}`\n')
        drain(postgres, tamis, options.rows)
        print('| changes/s asked for | reached | lag p50, ms | p99 | pg_recvlogical alone: p50, ms | p99 |\n'
              '| ---: | ---: | ---: | ---: | ---: | ---: |')
        for rate in options.rates.split(','):
            lag(postgres, tamis, int(rate), options.seconds)
    finally:
        if tamis:
            tamis.stop()
            tamis.drop()
        postgres.drop()


if __name__ == '__main__':
    main()
