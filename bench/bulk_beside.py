#!/usr/bin/env python3
"""_bulk of tamis beside OpenSearch's: the same bodies, the same client, one run.

    bench/bulk_beside.py [--bulks 100] [--size 5000] [--connections 4]

tamis takes them over HTTPS with a credential, through the sieve, and answers when they are on disk; OpenSearch over plain
HTTP with neither, one shard, no replica, no refresh, its log synced before each answer (its default).  Prints a Markdown table for bench/results.md.
"""
import argparse
import datetime
import os
import pathlib
import platform
import shutil
import subprocess
import tempfile

import bulk
from data import ROOT
from peers import DATE, KEYWORD, OpenSearch

MAPPING = {'at': DATE, 'latency_ms': {'type': 'integer'},
           **{c: KEYWORD for c in ('device_id', 'event', 'model', 'firmware', 'region', 'outcome')}}
INDEX = {'settings': {'index': {'number_of_shards': 1, 'number_of_replicas': 0, 'refresh_interval': -1}},
         'mappings': {'properties': MAPPING}}


def words_of(options, mode, port):
    bulks = min(options.bulks, bulk.SHARDS_MAX) if mode == 'delete' else options.bulks
    return argparse.Namespace(mode=mode, port=port, ca=None, auth=None, keys=1_000_000, devices=100_000, short=False,
                              size=options.size, bulks=bulks, connections=options.connections)


def of_tamis(options, mode):
    place = bulk.Place(str(ROOT / 'build' / 'tamis'), 9331)
    try:
        words = words_of(options, mode, place.port)
        words.ca, words.auth = str(place.home / 'tls/ca.crt'), ('loader', (place.top / 'loader').read_text().strip())
        return bulk.measure(words)
    finally:
        place.close()


def of_opensearch(options, mode):
    import requests
    place = pathlib.Path(tempfile.mkdtemp(prefix='tamis-bulk-peer-'))
    place.chmod(0o755)
    peer = OpenSearch(place / 'data', {}, {})
    try:
        peer.start()
        url = f'http://127.0.0.1:{peer.node.port}/app-events'
        requests.put(url, json=INDEX, timeout=60).raise_for_status()
        return bulk.measure(words_of(options, mode, peer.node.port))
    finally:
        peer.node.drop()
        shutil.rmtree(place, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--bulks', type=int, default=100, help='of each connection')
    parser.add_argument('--size', type=int, default=5000, help='documents of one')
    parser.add_argument('--connections', type=int, default=4)
    options = parser.parse_args()
    commit = subprocess.run(['git', 'rev-parse', '--short', 'HEAD'], text=True, capture_output=True).stdout.strip()
    print(f'{datetime.date.today()}, commit {commit}, {os.cpu_count()} cores, Linux {platform.release()}, '
          f'`bench/bulk_beside.py --bulks {options.bulks} --size {options.size} --connections {options.connections}`\n')
    print('| `_bulk` | tamis, docs/s | MB/s | ms of a bulk, p50; p99 | OpenSearch, docs/s | MB/s | ms, p50; p99 | ratio |')
    print('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
    for mode in bulk.MODES:
        ours, theirs = of_tamis(options, mode), of_opensearch(options, mode)
        cells = [f'{r["docs_per_second"]:,} | {r["mb_per_second"]} | {r["bulk_ms_p50"]}; {r["bulk_ms_p99"]}' for r in (ours, theirs)]
        print(f'| {mode} | {cells[0]} | {cells[1]} | {ours["docs_per_second"] / theirs["docs_per_second"]:.1f} |', flush=True)


if __name__ == '__main__':
    main()
