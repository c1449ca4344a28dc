"""An attacker with the role `metrics` who wants one subject out of a group.

The town: regions of some 40 people each, one event a person, and in each region one target of whom
the attacker knows everything but one thing: whether the target's event failed.  He also knows that
the target alone has its region's model `rare-N`, and the minute of its event, when nobody of the
region had another.  Each attack asks the server and guesses; half of the targets failed, so a coin
guesses half of them.  `measure()` says how many each attack guesses right.

    python3 tests/human/attacker.py URL USER PASSWORD CA SEED REGIONS
"""
import itertools
import json
import random
import statistics
import sys
import time

import requests

HOUR = 3600_000
START = 1_700_006_400_000          # a whole day, UTC
PEOPLE = 40
TRAITS = ('color', 'shape', 'size', 'taste', 'sound')


class Town:
    """What was pushed, and what the attacker knows of it: all of a target but `failed`."""

    def __init__(self, seed, regions):
        self.chance = random.Random(seed)
        self.documents = []
        self.targets = []
        fates = [n % 2 == 0 for n in range(regions)]   # half of the targets failed
        self.chance.shuffle(fates)
        for region, fate in enumerate(fates):
            people = [self.person(region, n) for n in range(PEOPLE)]
            target = people[0]
            target['model'] = f'rare-{region}'
            target['outcome'], target['latency'] = ('failed', 100) if fate else ('ok', 10)
            target['at'] = START + 20 * HOUR + region * 60_000
            self.targets.append(target)
            self.documents += people

    def person(self, region, n):
        failed = self.chance.random() < 0.5
        return {'who': f'person-{region}-{n}', 'region': f'region-{region}', 'model': self.chance.choice(['m1', 'm2']),
                'outcome': 'failed' if failed else 'ok', 'latency': 100 if failed else 10,
                'at': START + self.chance.randrange(19 * HOUR),
                **{trait: self.chance.choice('ab') for trait in TRAITS}}

    def lines(self, index):
        """_bulk bodies of a thousand documents."""
        for first in range(0, len(self.documents), 1000):
            yield ''.join(json.dumps({'index': {'_index': index, '_id': d['who']}}) + '\n' + json.dumps(d) + '\n'
                          for d in self.documents[first:first + 1000])


class Attacker:
    def __init__(self, url, auth, ca, index='app-events'):
        self.search = f'{url}/{index}/_search'
        self.session = requests.Session()
        self.session.auth, self.ca = auth, ca
        self.asked = self.refused = 0

    def ask(self, conditions, but=(), aggs=None, **more):
        """None when the question is refused."""
        self.asked += 1
        body = {'size': 0, 'track_total_hits': True,
                'query': {'bool': {'filter': list(conditions), 'must_not': list(but)}}, **more}
        if aggs:
            body['aggs'] = aggs
        reply = self.session.post(self.search, json=body, verify=self.ca, timeout=60)
        if reply.status_code != 200:
            self.refused += 1
            return None
        return reply.json()

    def count(self, conditions, but=()):
        reply = self.ask(conditions, but)
        return None if reply is None else reply['hits']['total']['value']


def term(field, value):
    return {'term': {field: value}}


def failed(target):
    return [term('region', target['region']), term('outcome', 'failed')]


def difference(a, with_him, without_him):
    """Of the counts of two questions; 0 when one is refused."""
    one, other = a.count(*with_him), a.count(*without_him)
    return 0 if one is None or other is None else one - other


def by_set_difference(a, t):
    return difference(a, (failed(t),), (failed(t), [term('model', t['model'])])) >= 1


def by_asking_for_him(a, t):
    return (a.count(failed(t) + [term('model', t['model'])]) or 0) >= 1


def by_the_rest_of_buckets(a, t):
    """The total less the buckets shown is what was not shown."""
    reply = a.ask(failed(t), aggs={'m': {'terms': {'field': 'model', 'size': 100}}})
    shown = sum(b['doc_count'] for b in reply['aggregations']['m']['buckets'])
    return reply['hits']['total']['value'] - shown + reply['aggregations']['m']['sum_other_doc_count'] >= 1


def by_averaging_repeats(a, t):
    """The same question over and over, and in other words that mean the same."""
    same = [([], []), ([{'match_all': {}}], []), ([{'exists': {'field': 'region'}}], []), ([], [{'match_none': {}}])]
    found = []
    for _ in range(3):
        for more, but in same:
            found.append(difference(a, (failed(t) + more, but), (failed(t) + more, but + [term('model', t['model'])])))
    return statistics.mean(found) >= 0.5


def by_averaging_contexts(a, t):
    """Subsets of what is known of him: different groups, each with and without him."""
    found = []
    for size in range(3):
        for traits in itertools.combinations(TRAITS, size):
            known = failed(t) + [term(x, t[x]) for x in traits]
            found.append(difference(a, (known,), (known, [term('model', t['model'])])))
    return statistics.mean(found) >= 0.5


def by_averaging_rests(a, t):
    """Subsets again, with the rest of the buckets."""
    found = []
    for size in range(3):
        for traits in itertools.combinations(TRAITS, size):
            reply = a.ask(failed(t) + [term(x, t[x]) for x in traits],
                          aggs={'m': {'terms': {'field': 'model', 'size': 100}}})
            total = reply['hits']['total']['value']
            buckets = reply['aggregations']['m']['buckets']
            if len(buckets) >= 2:
                found.append(total - sum(b['doc_count'] for b in buckets))
    return statistics.mean(found or [0]) >= 0.5


def by_windows(a, t):
    """Many spans of time that end just before and just after his minute."""
    minute = t['at'] // 60_000 * 60_000
    found = []
    for hours in range(2, 20, 3):
        spans = [[{'range': {'at': {'gte': START + hours * HOUR, 'lt': end}}}] for end in (minute, minute + 60_000)]
        found.append(difference(a, (failed(t) + spans[1],), (failed(t) + spans[0],)))
    return statistics.mean(found) >= 0.5


def by_sum(a, t):
    """His latency is in the sum of all and not in the sum of all but him."""
    where = [term('region', t['region'])]
    aggs = {'s': {'sum': {'field': 'latency'}}}
    sums = [a.ask(where, but, aggs) for but in ([], [term('model', t['model'])])]
    if None in sums:
        return False
    one, other = (s['aggregations']['s']['value'] or 0 for s in sums)
    return one - other >= 55


def by_maximum(a, t):
    """The largest of his traits' group, with a bucket of each model."""
    reply = a.ask([term('region', t['region']), term('model', t['model'])], aggs={'x': {'max': {'field': 'latency'}}})
    return (reply['aggregations']['x']['value'] or 0) >= 55


def by_percentile(a, t):
    """How many percent of the group are below: the largest value of the group and him."""
    where = [term('region', t['region'])]
    aggs = {'p': {'percentiles': {'field': 'latency', 'percents': [0, 100]}}}
    with_him, without = a.ask(where, aggs=aggs), a.ask(where, [term('model', t['model'])], aggs=aggs)
    if with_him is None or without is None:
        return False
    return with_him['aggregations']['p'] != without['aggregations']['p']


def by_order(a, t):
    """Models in the order of who failed: whether his comes before one that has nobody who did."""
    reply = a.ask([term('region', t['region'])], aggs={'m': {
        'terms': {'field': 'model', 'size': 100, 'order': {'f': 'desc'}},
        'aggs': {'f': {'filter': term('outcome', 'failed')}}}})
    if reply is None:
        return False
    keys = [b['key'] for b in reply['aggregations']['m']['buckets']]
    return t['model'] in keys and reply['aggregations']['m']['buckets'][keys.index(t['model'])]['f']['doc_count'] > 0


def by_min_doc_count(a, t):
    """The largest min_doc_count that still shows the bucket is its count."""
    def size(but):
        low, high = 0, PEOPLE
        while low < high:
            middle = (low + high + 1) // 2
            reply = a.ask(failed(t), but, {'r': {'terms': {'field': 'region', 'min_doc_count': middle}}})
            if reply is None:
                return 0
            low, high = (middle, high) if reply['aggregations']['r']['buckets'] else (low, middle - 1)
        return low
    return size([]) - size([term('model', t['model'])]) >= 1


def by_error(a, t):
    """Whether the words or the status of a reply depend on there being such a row."""
    def words(outcome):
        body = {'size': 0, 'query': {'bool': {'filter': [term('model', t['model']), term('outcome', outcome)]}},
                'aggs': {'m': {'avg': {'field': 'latency'}}, 'k': {'composite': {'sources': [
                    {'m': {'terms': {'field': 'model'}}}]}}}}
        reply = a.session.post(a.search, json=body, verify=a.ca, timeout=60)
        text = reply.json()
        text.pop('took', None)
        return reply.status_code, json.dumps(text)
    return words('failed') != words('no such outcome')


def by_time(a, t):
    """A question that finds him against one that finds nobody, in turns, 12 times each."""
    took = {'failed': [], 'ok': []}
    for _ in range(12):
        for outcome, times in took.items():
            begin = time.perf_counter_ns()
            a.count([term('model', t['model']), term('outcome', outcome)])
            times.append(time.perf_counter_ns() - begin)
    return statistics.median(took['failed']) > statistics.median(took['ok'])


ATTACKS = (by_set_difference, by_asking_for_him, by_the_rest_of_buckets, by_averaging_repeats, by_averaging_contexts,
           by_averaging_rests, by_windows, by_sum, by_maximum, by_percentile, by_order, by_min_doc_count, by_error, by_time)


def measure(attacker, town, attacks=ATTACKS):
    """Of each attack: the part of the targets that it guesses right, at the better of both readings of its sign."""
    right = {}
    for attack in attacks:
        hits = sum(attack(attacker, t) == (t['outcome'] == 'failed') for t in town.targets)
        right[attack.__name__] = max(hits, len(town.targets) - hits) / len(town.targets)
    return right


def main(url, user, password, ca, seed, regions):
    for name, rate in measure(Attacker(url, (user, password), ca), Town(int(seed), int(regions))).items():
        print(f'{name:26} {rate:.0%}')


if __name__ == '__main__':
    main(*sys.argv[1:])
