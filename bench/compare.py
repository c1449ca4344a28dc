"""Whether two full answers are the same, and the definitions of a percentile.

The reference is DuckDB's answer; for percentiles it is worked out from its count of each value,
once for each definition.
"""
import datetime
import itertools
import math

from questions import PERCENTILE, SKETCH, TOP

SKETCH_ERROR = 0.02  # of the rank: a sketched p95 may be any of p93 to p97
DISTINCT_ERROR = 0.02  # OpenSearch counts distinct values by HyperLogLog++


def ms_of(value):
    """A time, as whichever database has it, in milliseconds since 1970."""
    if isinstance(value, datetime.datetime):
        zone = value.tzinfo or datetime.timezone.utc
        since = value.replace(tzinfo=zone) - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        return since // datetime.timedelta(milliseconds=1)
    if isinstance(value, datetime.date):
        return (value - datetime.date(1970, 1, 1)).days * 86_400_000
    if isinstance(value, str):  # ClickHouse: seconds
        return round(float(value) * 1000)
    return value


def tidy(panel, rows):
    """Rows with times in milliseconds and without those of no key, which Elasticsearch's terms leave out."""
    out = [tuple(ms_of(v) if i in panel.times else v for i, v in enumerate(row)) for row in rows]
    is_hits = panel.body['size'] > 0
    return out if is_hits else [row for row in out if None not in row[:panel.keys]]


def sorted_by_key(panel, rows):
    return sorted(rows, key=lambda row: tuple((v is None, 0 if v is None else v) for v in row[:panel.keys]))


def near(a, b, error=1e-9):
    if a is None or b is None or isinstance(a, str) or isinstance(b, str):
        return a == b
    return math.isclose(a, b, rel_tol=error)


def percentile(counts, p, definition):
    """Of sorted (value, count): 'linear' as percentile_cont, 'hazen' as t-digest with a centroid per value."""
    n = sum(count for _, count in counts)
    at = (n - 1) * p if definition == 'linear' else n * p - 0.5
    at = min(max(at, 0), n - 1)
    low, high = (value_at(counts, k) for k in (math.floor(at), math.ceil(at)))
    return low + (high - low) * (at - math.floor(at))


def value_at(counts, k):
    for value, count in counts:
        if k < count:
            return value
        k -= count
    raise IndexError(k)


class Reference:
    """What is right for one panel; `ask` asks DuckDB, with its `names`."""

    def __init__(self, panel, ask, names):
        self.panel, self.ask, self.names = panel, ask, names
        self.rows = tidy(panel, ask(panel.sql_for('duckdb', names)))
        if panel.rule in (PERCENTILE, SKETCH):
            values = sorted(ask(panel.check.format(**names)))
            self.groups = {group: [row[1:] for row in rows] for group, rows in
                           itertools.groupby(values, key=lambda row: row[0])}

    def complaint(self, rows, definition, is_sketchy):
        """'' when the answer is right, or what is not."""
        if self.panel.rule == TOP:
            return self._top(rows)
        expected, error = self.rows, 1e-9
        if self.panel.rule in (PERCENTILE, SKETCH):
            if definition == 'sketch' or (self.panel.rule == SKETCH and definition != 'hazen'):
                return self._sketch(rows)
            expected = [(g, sum(n for _, n in c), percentile(c, 0.95, definition)) for g, c in self.groups.items()]
        elif is_sketchy and 'cardinality' in str(self.panel.body):
            error = DISTINCT_ERROR
        return self._rows(rows, expected, error)

    def _rows(self, rows, expected, error):
        if len(rows) != len(expected):
            return f'{len(rows)} rows instead of {len(expected)}'
        for got, right in zip(sorted_by_key(self.panel, rows), sorted_by_key(self.panel, expected)):
            if len(got) != len(right) or got[:self.panel.keys] != right[:self.panel.keys] or \
                    not all(near(a, b, error) for a, b in zip(got, right)):
                return f'{got} instead of {right}'
        return ''

    def _sketch(self, rows):
        if sorted(row[0] for row in rows) != sorted(self.groups):
            return f'{len(rows)} groups instead of {len(self.groups)}'
        for group, n, value in rows:
            counts = self.groups[group]
            below, upto = (sum(c for v, c in counts if is_in(v)) for is_in in (lambda v: v < value, lambda v: v <= value))
            if n != sum(c for _, c in counts) or below > (0.95 + SKETCH_ERROR) * n or upto < (0.95 - SKETCH_ERROR) * n:
                return f'{(group, n, value)}: {below} below it, {upto - below} equal to it'
        return ''

    def _top(self, rows):
        """Equal counts may come in any order, and any of those at the cut."""
        if [row[1] for row in rows] != [row[1] for row in self.rows]:
            return f'counts {[row[1] for row in rows]} instead of {[row[1] for row in self.rows]}'
        devices = [int(row[0]) for row in rows]
        sql = self.panel.check.format(devices=', '.join(map(str, devices)), **self.names)
        counts = dict(self.ask(sql))
        wrong = [(d, n, counts.get(d)) for d, (_, n) in zip(devices, rows) if counts.get(d) != n]
        return f'device, count and right count: {wrong[:3]}' if wrong or len(set(devices)) != len(devices) else ''
