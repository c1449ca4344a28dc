"""An attacker with the role `metrics` who wants one subject out of a group.

The town: regions of some 40 people each, one event a person, and in each region one target of whom
the attacker knows everything but one thing: whether the target's event failed.  He also knows that
the target alone has its region's model `rare-N`, and the minute of its event, when nobody of the
region had another.  Half of the targets failed, so who guesses without asking is right about half.

An attack asks the server and says how much speaks for "failed": a number.  From which number on it
is taken for a yes is learnt from half of the targets, whose fate the attacker is told, and held
against the other half, and the other way round.  So an attack may not choose its reading after it has
seen the truth, and what it is right in beyond `prior()` is what asking the server has taught.

    python3 tests/human/attacker.py URL USER PASSWORD CA SEED REGIONS
"""
import itertools
import json
import math
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
        return bulk(index, self.documents)

    def later(self):
        """One more event of each target, for `by_two_times`: again half of them failed, by a new draw."""
        fates = [n % 2 == 0 for n in range(len(self.targets))]
        self.chance.shuffle(fates)
        return [{**t, 'outcome': 'failed' if fate else 'ok', 'latency': 100 if fate else 10} for t, fate in zip(self.targets, fates)]


def bulk(index, documents):
    for first in range(0, len(documents), 1000):
        yield ''.join(json.dumps({'index': {'_index': index}}) + '\n' + json.dumps(d) + '\n' for d in documents[first:first + 1000])


class Attacker:
    def __init__(self, url, auth, ca, index='app-events'):
        self.search = f'{url}/{index}/_search'
        self.session = requests.Session()
        self.session.auth, self.ca = auth, ca
        self.asked = self.refused = 0
        self.known = {}  # questions are asked once: the same have the same answer

    def ask(self, conditions, but=(), aggs=None, **more):
        """None when the question is refused."""
        body = {'size': 0, 'track_total_hits': True,
                'query': {'bool': {'filter': list(conditions), 'must_not': list(but)}}, **more}
        if aggs:
            body['aggs'] = aggs
        text = json.dumps(body)
        if text not in self.known:
            self.asked += 1
            reply = self.session.post(self.search, data=text, headers={'Content-Type': 'application/json'}, verify=self.ca, timeout=60)
            self.refused += reply.status_code != 200
            self.known[text] = reply.json() if reply.status_code == 200 else None
        return self.known[text]

    def count(self, conditions, but=()):
        reply = self.ask(conditions, but)
        return 0 if reply is None else reply['hits']['total']['value']

    def by_model(self, conditions):
        """(total, {model: count}) of one question."""
        reply = self.ask(conditions, aggs={'m': {'terms': {'field': 'model', 'size': 100}}})
        if reply is None:
            return 0, {}
        return reply['hits']['total']['value'], {b['key']: b['doc_count'] for b in reply['aggregations']['m']['buckets']}


def term(field, value):
    return {'term': {field: value}}


def failed(target):
    return [term('region', target['region']), term('outcome', 'failed')]


def contexts(t):
    """Groups that he is in if he failed: with none, one or two of what is known of him besides."""
    for size in range(3):
        for traits in itertools.combinations(TRAITS, size):
            yield failed(t) + [term(x, t[x]) for x in traits]


def average(found):
    return statistics.mean(found) if found else 0


def difference(a, with_him, without_him):
    """Of the counts of two questions; a question that is refused counts nothing."""
    return a.count(*with_him) - a.count(*without_him)


def by_set_difference(a, t):
    return difference(a, (failed(t),), (failed(t), [term('model', t['model'])]))


def by_asking_for_him(a, t):
    return a.count(failed(t) + [term('model', t['model'])])


def by_the_rest_of_buckets(a, t):
    """The total less the buckets shown is what was not shown."""
    total, models = a.by_model(failed(t))
    return total - sum(models.values())


def by_averaging_repeats(a, t):
    """The same question over and over, and in other words that mean the same."""
    same = [([], []), ([{'match_all': {}}], []), ([{'exists': {'field': 'region'}}], []), ([], [{'match_none': {}}])]
    return average([difference(a, (failed(t) + more, but), (failed(t) + more, but + [term('model', t['model'])])) for more, but in same])


def by_averaging_contexts(a, t):
    """Subsets of what is known of him: different groups, each with and without him."""
    return average([difference(a, (known,), (known, [term('model', t['model'])])) for known in contexts(t)])


def by_averaging_rests(a, t):
    """Subsets again, with the rest of the buckets."""
    found = []
    for known in contexts(t):
        total, models = a.by_model(known)
        if len(models) >= 2:
            found.append(total - sum(models.values()))
    return average(found)


def by_averaging_rests_of_filters(a, t):
    """As before, but each bucket is asked for by itself."""
    found = []
    for known in contexts(t):
        parts = [a.count(known + [term('model', m)]) for m in ('m1', 'm2')]
        if all(parts):
            found.append(a.count(known) - sum(parts))
    return average(found)


def by_buckets_against_filters(a, t):
    """A bucket and the same group by a condition, of every model and group."""
    found = []
    for known in contexts(t):
        _, models = a.by_model(known)
        found += [models[m] - a.count(known + [term('model', m)]) for m in models]
    return average(found)


def by_filters_below(a, t):
    """Filters beside each other below a bucket, against the bucket."""
    filters = {m: {'filter': term('model', m)} for m in ('m1', 'm2')}
    found = []
    for x in TRAITS:
        reply = a.ask(failed(t), aggs={'x': {'terms': {'field': x}, 'aggs': filters}})
        for b in reply['aggregations']['x']['buckets'] if reply else ():
            parts = [b[m]['doc_count'] for m in filters]
            if b['key'] == t[x] and all(parts):
                found.append(b['doc_count'] - sum(parts))
    return average(found)


def by_the_rest_of_hours(a, t):
    """He is alone in his hour: the total less the hours shown, over all groups."""
    found = []
    for known in contexts(t):
        reply = a.ask(known, aggs={'h': {'date_histogram': {'field': 'at', 'fixed_interval': '10h', 'min_doc_count': 1}}})
        if reply:
            found.append(reply['hits']['total']['value'] - sum(b['doc_count'] for b in reply['aggregations']['h']['buckets']))
    return average(found)


def span(first, end):
    return [{'range': {'at': {'gte': first, 'lt': end}}}]


def by_windows(a, t):
    """Many spans of time that end just before and just after his minute."""
    minute = t['at'] // 60_000 * 60_000
    return average([difference(a, (failed(t) + span(START + hours * HOUR, minute + 60_000),), (failed(t) + span(START + hours * HOUR, minute),))
                    for hours in range(2, 20, 3)])


def by_the_rest_of_windows(a, t):
    """A day less its two parts, cut at many places: he is in the second."""
    end = START + 24 * HOUR
    return average([a.count(failed(t)) - a.count(failed(t) + span(START, cut)) - a.count(failed(t) + span(cut, end))
                    for cut in range(START + 4 * HOUR, START + 15 * HOUR, HOUR)])


def by_sum(a, t):
    """His latency is in the sum of all and not in the sum of all but him."""
    where = [term('region', t['region'])]
    aggs = {'s': {'sum': {'field': 'latency'}}}
    sums = [a.ask(where, but, aggs) for but in ([], [term('model', t['model'])])]
    if None in sums:
        return 0
    one, other = (s['aggregations']['s']['value'] or 0 for s in sums)
    return one - other


def by_averaging_sums(a, t):
    """The sum of latencies less those of the models shown, over groups by what is known of him."""
    found = []
    for known in contexts({**t, 'outcome': None}):
        known = [c for c in known if c != term('outcome', 'failed')]
        reply = a.ask(known, aggs={'s': {'sum': {'field': 'latency'}}, 'm': {'terms': {'field': 'model'}, 'aggs': {'s': {'sum': {'field': 'latency'}}}}})
        if reply:
            aggs = reply['aggregations']
            found.append((aggs['s']['value'] or 0) - sum(b['s']['value'] or 0 for b in aggs['m']['buckets']))
    return average(found)


def by_maximum(a, t):
    """The largest latency of those with his model."""
    reply = a.ask([term('region', t['region']), term('model', t['model'])], aggs={'x': {'max': {'field': 'latency'}}})
    return (reply['aggregations']['x']['value'] or 0) if reply else 0


def by_percentile(a, t):
    """Whether the outer percentiles of all differ from those of all but him."""
    where = [term('region', t['region'])]
    aggs = {'p': {'percentiles': {'field': 'latency', 'percents': [0, 100]}}}
    with_him, without = a.ask(where, aggs=aggs), a.ask(where, [term('model', t['model'])], aggs=aggs)
    if with_him is None or without is None:
        return 0
    return with_him['aggregations']['p'] != without['aggregations']['p']


def by_order(a, t):
    """Models in the order of who failed: whether his comes before one that has nobody who did."""
    reply = a.ask([term('region', t['region'])], aggs={'m': {
        'terms': {'field': 'model', 'size': 100, 'order': {'f': 'desc'}},
        'aggs': {'f': {'filter': term('outcome', 'failed')}}}})
    if reply is None:
        return 0
    keys = [b['key'] for b in reply['aggregations']['m']['buckets']]
    return t['model'] in keys and reply['aggregations']['m']['buckets'][keys.index(t['model'])]['f']['doc_count']


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
    return size([]) - size([term('model', t['model'])])


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
            body = {'size': 0, 'query': {'bool': {'filter': [term('model', t['model']), term('outcome', outcome)]}}}
            begin = time.perf_counter_ns()
            a.session.post(a.search, json=body, verify=a.ca, timeout=60)
            times.append(time.perf_counter_ns() - begin)
    return statistics.median(took['failed']) - statistics.median(took['ok'])


ATTACKS = (by_set_difference, by_asking_for_him, by_the_rest_of_buckets, by_averaging_repeats, by_averaging_contexts,
           by_averaging_rests, by_averaging_rests_of_filters, by_buckets_against_filters, by_filters_below, by_the_rest_of_hours,
           by_windows, by_the_rest_of_windows, by_sum, by_averaging_sums, by_maximum, by_percentile, by_order, by_min_doc_count, by_error, by_time)


def by_two_times(before, after, t):
    """The same groups asked before and after one more event of his: what has changed."""
    return sum(before.count(known) != after.count(known) for known in contexts(t))


def prior(targets):
    """How many are right that guess the same for all."""
    part = sum(t['outcome'] == 'failed' for t in targets) / len(targets)
    return max(part, 1 - part)


def learn(scores):
    """(number, sign) that would have been right about most of these (score, fate)."""
    best, found = -1, (math.inf, 1)
    values = sorted({s for s, _ in scores})
    for cut in [-math.inf] + [(x + y) / 2 for x, y in zip(values, values[1:])]:
        right = sum((s > cut) == fate for s, fate in scores)
        for sign, hits in ((1, right), (-1, len(scores) - right)):
            if hits > best:
                best, found = hits, (cut, sign)
    return found


def rate(scores):
    """The part that is guessed right: each half by what was learnt from the other."""
    halves = [[], []]  # with as many that failed in each
    for wanted in (True, False):
        for n, one in enumerate(one for one in scores if one[1] == wanted):
            halves[n % 2].append(one)
    right = 0
    for half in (0, 1):
        cut, sign = learn(halves[half])
        right += sum(((s > cut) if sign > 0 else (s <= cut)) == fate for s, fate in halves[1 - half])
    return right / len(scores)


def measure(attacker, town, attacks=ATTACKS):
    """Of each attack: the part of the targets that it guesses right."""
    return {attack.__name__: rate([(float(attack(attacker, t)), t['outcome'] == 'failed') for t in town.targets]) for attack in attacks}


def main(url, user, password, ca, seed, regions):
    for name, right in measure(Attacker(url, (user, password), ca), Town(int(seed), int(regions))).items():
        print(f'{name:30} {right:.0%}')


if __name__ == '__main__':
    main(*sys.argv[1:])
