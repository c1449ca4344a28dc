#!/usr/bin/env python3
"""First copy of a large fleet: rows/s beside PostgreSQL's own COPY TO, bytes, memory.

    bench/first_copy.py [CUSTOMERS [EVENTS]]      default 2,400,000 and 20,000,000

Starts a PostgreSQL (fsync off, as it is only the source), fills it, and in one run measures
  - COPY of the same columns TO a program that throws it away, binary, one session;
  - tamis's first copy, from an empty directory until it streams;
  - the same COPY again, since machines drift.
Prints a Markdown table for bench/results.md.
"""
import datetime
import os
import pathlib
import platform
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'tests' / 'flow'))
from harness import Postgres, Tamis, until  # noqa: E402

COLUMNS = {
    'customers': 'id, country, time_zone, created_at',
    'devices': 'id, customer_id, kind, model, firmware, region, activated_at',
    'connections': 'id, at, device_id, outcome, error_class, latency_ms',
}


def copy_out(postgres):
    start = time.monotonic()
    for table, columns in COLUMNS.items():
        subprocess.run(['psql', '-q', '-d', postgres.conninfo(user='postgres'), '-c',
                        f'COPY (SELECT {columns} FROM {table}) TO STDOUT (FORMAT binary)'],
                       check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - start


def peak_mb(pid):
    for line in pathlib.Path(f'/proc/{pid}/status').read_text().splitlines():
        if line.startswith('VmHWM'):
            return int(line.split()[1]) / 1024
    return 0


def disk_bytes(directory):
    return sum(f.stat().st_size for f in pathlib.Path(directory).rglob('*') if f.is_file())


def cpu_seconds(pid):
    words = pathlib.Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf('SC_CLK_TCK')


def streaming(tamis):
    sources = tamis.status().get('sources') or [{}]
    return sources[0].get('phase') == 'streaming'


def main():
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 2_400_000
    events = int(sys.argv[2]) if len(sys.argv) > 2 else customers * 25 // 3
    postgres = Postgres()
    tamis = None
    try:
        postgres.make_fleet(customers, events)
        postgres.sql('VACUUM ANALYZE')
        postgres.sql('CHECKPOINT')
        rows = sum(postgres.sql(f'SELECT count(*) FROM {t}')[0][0] for t in COLUMNS)
        tables = ', '.join(f"'{t}'" for t in COLUMNS)
        heap, total = postgres.sql('SELECT sum(pg_relation_size(relid)), sum(pg_total_relation_size(relid)) '
                                   f'FROM pg_stat_user_tables WHERE relname IN ({tables})')[0]
        before = copy_out(postgres)

        tamis = Tamis(postgres)
        tamis.set_up_source()
        tamis.user('analyst', 'analyst')
        start = time.monotonic()
        tamis.start()
        until('the copy is whole', lambda: streaming(tamis), 3600, every=0.1)
        took = time.monotonic() - start
        counted = sum(tamis.count(t) for t in COLUMNS)
        assert counted == rows, f'{counted} of {rows} rows'
        memory = {n: peak_mb(tamis.process(n)) for n in ('serve', 'mirror')}
        cpu = {n: cpu_seconds(tamis.process(n)) for n in ('serve', 'mirror')}
        time.sleep(10)  # sealing and merging end in the background
        disk = disk_bytes(tamis.home / 'data')
        after = copy_out(postgres)
        copy = (before + after) / 2
        commit = subprocess.run(['git', 'rev-parse', '--short', 'HEAD'], text=True, capture_output=True).stdout.strip()
        cpu_model = next((line.split(':')[1].strip() for line in open('/proc/cpuinfo') if 'model name' in line), '?')
        print(f'{datetime.date.today()}, commit {commit}, {os.cpu_count()} cores of {cpu_model}, Linux '
              f'{platform.release()}, `bench/first_copy.py {customers} {events}`\n')
        print('| what | PostgreSQL | tamis | ratio |\n| --- | ---: | ---: | ---: |')
        print(f'| rows | {rows:,} | {counted:,} | |')
        print(f'| copy out (`COPY TO`, mean of before and after) / first copy | {copy:.1f} s | {took:.1f} s | {took / copy:.2f} |')
        print(f'| rows/s | {rows / copy:,.0f} | {rows / took:,.0f} | {copy / took:.2f} |')
        print(f'| bytes per row on disk (heap; heap and indexes) | {heap / rows:.1f}; {total / rows:.1f} | {disk / rows:.1f} | '
              f'{float(heap) / disk:.1f}; {float(total) / disk:.1f} |')
        print(f'| peak memory, serve; mirror | | {memory["serve"]:.0f} MB; {memory["mirror"]:.0f} MB | |')
        print(f'| CPU seconds, serve; mirror | | {cpu["serve"]:.1f}; {cpu["mirror"]:.1f} | |')
    finally:
        if tamis:
            tamis.stop()
            tamis.drop()
        postgres.drop()


if __name__ == '__main__':
    main()
