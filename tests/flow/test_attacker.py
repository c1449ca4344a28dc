"""The floor against an attacker who has its role (tests/human/attacker.py)."""
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

# Of 40 targets a coin guesses 20 right, and 29 or more in less than one run of 200.
REGIONS = int(os.environ.get('ATTACKER_REGIONS', 40))
CHANCE = 0.72
# What is left lowers the rounding by asking about many groups (docs/explanation/floor.md).
KNOWN_LEFT = {'by_averaging_rests': 0.85}


@pytest.fixture(scope='module')
def town():
    it = Tamis(None, POLICY)
    try:
        for name, role in (('loader', 'writer'), ('analyst', 'analyst'), ('metrics', 'metrics')):
            it.user(name, role)
        it.start()
        made = attacker.Town(int(os.environ.get('ATTACKER_SEED', 7)), REGIONS)
        for body in made.lines('app-events'):
            def push(body=body):
                reply = requests.post(it.url + '/_bulk', data=body.encode(), auth=('loader', it.users['loader']),
                                      verify=it.ca, headers={'Content-Type': 'application/x-ndjson'}, timeout=60)
                return reply.status_code == 200 and not reply.json()['errors']
            until('documents are taken', push)
        assert it.count('app-events') == len(made.documents)
        yield it, made
        it.stop()
    finally:
        it.drop()


def test_no_attack_finds_one_subject_more_often_than_chance(town):
    tamis, made = town
    found = attacker.measure(attacker.Attacker(tamis.url, ('metrics', tamis.users['metrics']), tamis.ca), made)
    for name, rate in found.items():
        print(f'{name:26} {rate:.0%}')
    assert {name: rate for name, rate in found.items() if rate > KNOWN_LEFT.get(name, CHANCE)} == {}


def test_the_attacks_find_everybody_without_a_floor(town):
    """The test of the test: as an analyst each of these that asks in numbers is right."""
    tamis, made = town
    made.targets = made.targets[:12]
    found = attacker.measure(attacker.Attacker(tamis.url, ('analyst', tamis.users['analyst']), tamis.ca), made,
                             (attacker.by_set_difference, attacker.by_asking_for_him, attacker.by_averaging_contexts,
                              attacker.by_windows, attacker.by_sum, attacker.by_maximum))
    assert min(found.values()) == 1, found
