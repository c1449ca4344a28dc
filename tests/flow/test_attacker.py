"""The floor against an attacker who has its role (tests/human/attacker.py)."""
import math
import os
import pathlib
import sys

import pytest
import requests
from harness import Tamis, until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'human'))
import attacker  # noqa: E402

POLICY = '''sources: {}
push:
  app-events:
    time: at
    columns:
      at:      {treat: keep, as: date}
      who:     {treat: pseudonym, subject: person}
      latency: {treat: keep, as: integer}
''' + ''.join(f'      {name}: {{treat: keep, as: keyword}}\n'
              for name in ('region', 'model', 'outcome', *attacker.TRAITS)) + 'floor: {subjects: 5, subject: person}\n'

REGIONS = int(os.environ.get('ATTACKER_REGIONS', 52))
# Who guesses is right about half; in less than one run of a thousand about so many (3.1 standard deviations).
CHANCE = 0.5 + 3.1 * math.sqrt(0.25 / REGIONS)
# What is left (docs/explanation/floor.md).
KNOWN_LEFT, TWO_TIMES = {}, 0.95


def push(it, documents):
    for body in attacker.bulk('app-events', documents):
        def taken(body=body):
            reply = requests.post(it.url + '/_bulk', data=body.encode(), auth=('loader', it.users['loader']),
                                  verify=it.ca, headers={'Content-Type': 'application/x-ndjson'}, timeout=60)
            return reply.status_code == 200 and not reply.json()['errors']
        until('documents are taken', taken)


def attacker_as(it, user):
    return attacker.Attacker(it.url, (user, it.users[user]), it.ca)


@pytest.fixture(scope='module')
def town():
    it = Tamis(None, POLICY)
    try:
        for name, role in (('loader', 'writer'), ('analyst', 'analyst'), ('metrics', 'metrics')):
            it.user(name, role)
        it.start()
        made = attacker.Town(int(os.environ.get('ATTACKER_SEED', 7)), REGIONS)
        push(it, made.documents)
        assert it.count('app-events') == len(made.documents)
        yield it, made
        it.stop()
    finally:
        it.drop()


def test_no_attack_finds_one_subject_more_often_than_chance(town):
    tamis, made = town
    assert attacker.prior(made.targets) == 0.5
    a = attacker_as(tamis, 'metrics')
    found = attacker.measure(a, made)
    print(f'{REGIONS} regions, {a.asked} questions, {a.refused} refused, chance is below {CHANCE:.0%}')
    for name, rate in found.items():
        print(f'{name:30} {rate:.0%}')
    assert {name: rate for name, rate in found.items() if rate > KNOWN_LEFT.get(name, CHANCE)} == {}


def test_the_attacks_find_everybody_without_a_floor(town):
    """The test of the test: as an analyst each of these that asks in numbers is right."""
    tamis, made = town
    found = attacker.measure(attacker_as(tamis, 'analyst'), made, (
        attacker.by_set_difference, attacker.by_asking_for_him, attacker.by_averaging_contexts, attacker.by_averaging_rests_of_filters,
        attacker.by_filters_below, attacker.by_windows, attacker.by_sum, attacker.by_maximum, attacker.by_min_doc_count, attacker.by_order))
    for name, rate in found.items():
        print(f'{name:30} {rate:.0%}')
    assert min(found.values()) == 1


def test_two_times_tell_most_but_not_all_of_one_row(town):
    """Known and written down (docs/explanation/floor.md): the same groups, asked before and after one event of his."""
    tamis, made = town
    before, after = attacker_as(tamis, 'metrics'), attacker_as(tamis, 'metrics')
    for t in made.targets:
        attacker.by_two_times(before, before, t)
    later = made.later()
    push(tamis, later)
    found = attacker.rate([(float(attacker.by_two_times(before, after, t)), t['outcome'] == 'failed') for t in later])
    print(f'by_two_times {found:.0%}')
    assert found <= TWO_TIMES
