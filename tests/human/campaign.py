#!/usr/bin/env python3
"""The operator-mistake campaign: flip each setting, then each pair, restart, and ask as those who look for open servers do.

What can be set is what `tamis policy settings --json` lists, so a setting that is added is flipped from then on.  The invariant:
without a credential not one byte of what is stored, nor of what describes it, leaves; nobody listens beyond this machine; no other
user of the machine can read a file.  A server that does not start is closed; as two mistakes of which one keeps it from starting
try nothing of the other, pairs are of values that it was seen to start with.  What else is drawn comes from the seed and the
case's name, so that a case is the same alone as among the others: --only NAME runs it again.

The last line is `N settings, P pairs, M probes, 0 open`; exit status 1 when something is open.

    tests/human/campaign.py                 each setting at each of its values, all pairs, all moves
    tests/human/campaign.py --pairs 60      each setting once and a sample of the pairs, for make check
"""
import argparse
import collections
import contextlib
import itertools
import json
import multiprocessing
import multiprocessing.util
import os
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from mistakes import MOVES, flip, values_of  # noqa: E402  pylint: disable=wrong-import-position
from stand import Stand  # noqa: E402  pylint: disable=wrong-import-position

Case = collections.namedtuple('Case', 'name flips count')  # flips: (setting, which of its values); none: a move
Result = collections.namedtuple('Result', 'name started probes answered open seconds')

stand = None  # pylint: disable=invalid-name
SEED = 0


def begin(seed, _):
    global stand, SEED  # pylint: disable=global-statement
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent tells us
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is stopped
    SEED = seed
    stand = Stand()
    multiprocessing.util.Finalize(None, stand.drop, exitpriority=10)


def run(case):
    """One case in this process's stand: flips, starts, asks, stops."""
    begun = time.monotonic()
    stand.restore()
    chance = random.Random(f'{SEED} {case.name}')
    with stand.watched(case.name, chance, case.count) as it:
        if not case.flips:
            MOVES[case.name](it)
        else:
            for setting, nth in case.flips:
                flip(it, setting, nth)
            it.ask()
    return Result(case.name, it.starts - it.closed, it.prober.probes, it.prober.answered, it.prober.open, time.monotonic() - begun)


def named(flips):
    return ' and '.join(f'{s["kind"]} {s["name"]} = {nth}' for s, nth in flips)


def cases_alone(settings, is_sample, seed):
    """Moves, then each setting: at each of its values, or at one of them."""
    asked = 100 if is_sample else 1000
    found = [Case(name, (), asked) for name in MOVES]
    for s in settings:
        values = range(len(values_of(s)))
        for nth in [random.Random(f'{seed} {s}').choice(values)] if is_sample else values:
            found.append(Case(named([(s, nth)]), ((s, nth),), asked))
    return found


def cases_of_pairs(pairs, closed, seed):
    """At values that are not among those that keep it from starting, where there are any."""
    def value(s, chance):
        values = range(len(values_of(s)))
        return chance.choice([n for n in values if named([(s, n)]) not in closed] or values)
    for pair in pairs:
        chance = random.Random(f'{seed} {named([(s, 0) for s in pair])}')
        flips = tuple((s, value(s, chance)) for s in pair)
        yield Case(named(flips), flips, 50)


def case_of(name, settings, count):
    """The one of this name."""
    if name in MOVES:
        return Case(name, (), count)
    known = {f'{s["kind"]} {s["name"]}': s for s in settings}
    words = [part.rsplit(' = ', 1) for part in name.split(' and ')]
    return Case(name, tuple((known[setting], int(nth)) for setting, nth in words), count)


def control(seed):
    """A stand whose questions have a credential must be seen to be open, or nothing here could ever fail."""
    begin(seed, None)
    settings = json.loads(stand.tamis.run('policy', 'settings', '--json').stdout)
    stand.control()
    return settings


def run_all(pool, todo, begun):
    done = []
    for result in pool.imap_unordered(run, todo):
        done.append(result)
        for words in result.open:
            print(words, flush=True)
        if len(done) % 250 == 0:
            print(f'{len(done)} of {len(todo)} cases, {time.monotonic() - begun:.0f} s', file=sys.stderr, flush=True)
    return done


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--pairs', type=int, help='each setting once, and so many pairs drawn by chance')
    parser.add_argument('--seed', type=int, default=time.time_ns() % 1000000)
    parser.add_argument('--jobs', type=int, default=os.cpu_count() or 2)
    parser.add_argument('--only', help='the one case of this name')
    options = parser.parse_args()
    with multiprocessing.Pool(1) as one:
        settings = one.apply(control, (options.seed,))
        one.close()
        one.join()
    pairs = list(itertools.combinations(settings, 2))
    total, begun = len(pairs), time.monotonic()
    if options.pairs is not None:
        pairs = random.Random(options.seed).sample(pairs, min(options.pairs, total))
    with multiprocessing.Pool(options.jobs, begin, (options.seed, None)) as pool:
        if options.only:
            pairs, done = [], run_all(pool, [case_of(options.only, settings, 1000)], begun)
        else:
            done = run_all(pool, cases_alone(settings, options.pairs is not None, options.seed), begun)
            closed = {r.name for r in done if not r.started}
            done += run_all(pool, list(cases_of_pairs(pairs, closed, options.seed)), begun)
        pool.close()
        pool.join()
    for r in sorted(done, key=lambda r: -r.seconds)[:5]:
        print(f'{r.seconds:6.1f} s  {r.name}', file=sys.stderr)
    return tell(options, settings, done, len(pairs), total, time.monotonic() - begun)


def tell(options, settings, done, pair_count, total, seconds):
    probes, answered, found = (sum(len(r.open) if field == 'open' else getattr(r, field) for r in done)
                               for field in ('probes', 'answered', 'open'))
    closed = sum(not r.started for r in done)
    print(f'seed {options.seed}, {len(done)} cases in {seconds:.0f} s, of which {closed} did not start; {answered} probes were answered')
    whole = '' if pair_count == total else f' (of {total})'
    print(f'{len(settings)} settings, {pair_count}{whole} pairs, {probes} probes, {found} open')
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
    return 1 if found or answered < probes / 2 else 0


if __name__ == '__main__':
    sys.exit(main())
