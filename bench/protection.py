"""What protection costs: the same questions with the audit log and without it, with the floor and without it.

    make bench-protection                (ROWS=1000000 ROUNDS=5 CLIENTS=8)

Without the audit log answers a binary that is built for this only (-DBENCH_WITHOUT_AUDIT, build/release/unaudited/tamis).
Without the floor answers a policy that declares none.  Both servers of a comparison run at the same time and are asked in turns,
round by round, so that what else the machine does meets both.
"""
import argparse
import os
import pathlib
import random
import statistics
import sys

import requests

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / 'tests' / 'flow')]
import harness  # noqa: E402
from client import Door, together  # noqa: E402

UNAUDITED = HERE.parent / 'build' / 'release' / 'unaudited' / 'tamis'
START = 1_700_006_400_000
DAYS = 30
FLOOR = 'floor: {subjects: 5, subject: person}\n'
POLICY = '''sources: {}
push:
  app-events:
    time: at
    columns:
      at:      {treat: keep, as: date}
      who:     {treat: pseudonym, subject: person}
      region:  {treat: keep, as: keyword}
      model:   {treat: keep, as: keyword}
      outcome: {treat: keep, as: keyword}
      latency: {treat: keep, as: integer}
'''
FILTER = {'bool': {'filter': [{'term': {'region': 'r3'}}]}}
SPAN = {'range': {'at': {'gte': START + 7 * 86400_000, 'lt': START + 14 * 86400_000}}}
HOURS = {'h': {'date_histogram': {'field': 'at', 'fixed_interval': '6h'}, 'aggs': {'o': {'terms': {'field': 'outcome'}}}}}
MODELS = {'m': {'terms': {'field': 'model'}, 'aggs': {'l': {'avg': {'field': 'latency'}}}}}
GROUPS = {  # of aggregations alone
    'count of all': {'size': 0, 'track_total_hits': True},
    'models, mean latency': {'size': 0, 'aggs': MODELS},
    'six hours by outcome': {'size': 0, 'aggs': HOURS},
    'models of one region': {'size': 0, 'query': FILTER, 'aggs': MODELS},
    'outcomes of a week by six hours': {'size': 0, 'query': SPAN, 'aggs': HOURS},
}
ROWS = {
    '20 rows': {'size': 20, 'query': FILTER},
    '500 rows': {'size': 500, 'query': FILTER},
}


def lines(rows, seed=5):
    chance = random.Random(seed)
    for first in range(0, rows, 5000):
        yield ''.join(
            '{"index":{"_index":"app-events"}}\n{"at":%d,"who":"w%d","region":"r%d","model":"m%d","outcome":"%s","latency":%d}\n'
            % (START + (first + i) * DAYS * 86400_000 // rows, chance.randrange(rows // 20), chance.randrange(8), chance.randrange(50),
               chance.choice(('ok', 'ok', 'ok', 'failed', 'late')), chance.randrange(2000)) for i in range(min(5000, rows - first)))


class Server:
    """One tamis with the rows, of one binary and one policy."""

    def __init__(self, rows, binary, floor):
        kept, harness.TAMIS = harness.TAMIS, binary
        self.tamis = harness.Tamis(None, POLICY + (FLOOR if floor else ''))
        for name, role in (('writer', 'writer'), ('analyst', 'analyst'), ('metrics', 'metrics')):
            self.tamis.user(name, role)
        self.tamis.start()
        harness.TAMIS = kept
        session = requests.Session()
        for body in lines(rows):
            def taken(body=body):
                reply = session.post(self.tamis.url + '/_bulk', data=body, auth=('writer', self.tamis.users['writer']), verify=self.tamis.ca,
                                     headers={'Content-Type': 'application/x-ndjson'}, timeout=120)
                return reply.status_code == 200 and not reply.json()['errors']
            harness.until('documents are taken', taken)
        assert self.tamis.count('app-events') == rows

    def rate(self, user, body, is_fresh, clients, seconds):
        door = Door(self.tamis.port, self.tamis.ca, (user, self.tamis.users[user]))
        path = '/app-events/_search' + ('?request_cache=false' if is_fresh else '')
        return together(door, [door.request(path, body)], clients, seconds)[0]

    def drop(self):
        self.tamis.stop()
        self.tamis.drop()


def compare(without, with_it, user, body, is_fresh, options):
    """Medians of queries per second, and of how much of the rate is lost in each round."""
    rates = []
    for n in range(options.rounds):
        both = [without, with_it] if n % 2 == 0 else [with_it, without]
        got = {server: server.rate(user, body, is_fresh, options.clients, options.seconds) for server in both}
        rates.append((got[without], got[with_it]))
    return (statistics.median(r[0] for r in rates), statistics.median(r[1] for r in rates),
            statistics.median(1 - r[1] / r[0] for r in rates))


def table(title, without, with_it, questions, options):
    print(f'\n| {title} | without, queries/s | with it, queries/s | lost |\n| --- | ---: | ---: | ---: |', flush=True)
    for user, name, body, is_fresh in questions:
        one, other, lost = compare(without, with_it, user, body, is_fresh, options)
        print(f'| {name}{", counted anew" if is_fresh else ""} | {one:,.0f} | {other:,.0f} | {lost:.1%} |', flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--rows', type=int, default=1_000_000)
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--clients', type=int, default=8)
    parser.add_argument('--seconds', type=float, default=1.5)
    options = parser.parse_args()
    tamis = harness.TAMIS
    print(f'{options.rows:,} rows of {options.rows // 20:,} persons, {options.clients} clients, {options.rounds} rounds of {options.seconds} s '
          f'in turns; load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores')
    audited = Server(options.rows, tamis, True)
    unaudited = Server(options.rows, UNAUDITED, True)
    groups = [('analyst', name, body, is_fresh) for name, body in GROUPS.items() for is_fresh in (False, True)]
    table('audit log', unaudited, audited, groups + [('analyst', name, body, True) for name, body in ROWS.items()], options)
    unaudited.drop()
    unfloored = Server(options.rows, tamis, False)
    table('floor', unfloored, audited, [('metrics', name, body, is_fresh) for name, body in GROUPS.items() for is_fresh in (False, True)], options)
    for server in (audited, unfloored):
        server.drop()


if __name__ == '__main__':
    main()
