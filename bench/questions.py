"""What is asked: each question as an Elasticsearch body and as SQL, and how its answer is read.

An answer is a list of rows: keys first, then numbers.  Times are milliseconds since 1970.
"""
import dataclasses
import datetime

DAY_MS = 86_400_000
TERMS = 1000  # more than any group here has

# Where nothing else is said, answers must be the same row by row.
EXACT, TOP, PERCENTILE, SKETCH = 'exact', 'top', 'percentile', 'sketch'


@dataclasses.dataclass
class Panel:
    index: str
    body: dict
    sql: object          # text, or {dialect: text}; with the names of a dialect in braces
    keys: int            # columns that name a row
    times: tuple = ()    # columns that are times
    rule: str = EXACT
    check: str = ''      # TOP: counts of given devices. PERCENTILE, SKETCH: group, value, count
    has_pages: bool = False
    metric: str = ''     # path of tamis's own, instead of the body

    def sql_for(self, dialect, names):
        text = self.sql.get(dialect, self.sql.get('')) if isinstance(self.sql, dict) else self.sql
        return text and text.format(**names)

    def bodies(self, ask):
        """The bodies of all its searches, the first page's and those that follow; `ask` gives a body's reply."""
        bodies = [self.body]
        while self.has_pages and (after := ask(bodies[-1])['aggregations']['by'].get('after_key')):
            composite = {**self.body['aggs']['by']['composite'], 'after': after}
            bodies.append({**self.body, 'aggs': {'by': {'composite': composite}}})
        return bodies

    @property
    def joins(self):
        text = self.sql if isinstance(self.sql, str) else ''.join(self.sql.values())
        return '{joined}' in text


@dataclasses.dataclass
class Question:
    number: str
    title: str
    panels: list


# --- reading what Elasticsearch's form of answer says

def bucket_rows(node):
    for child in node.values():
        if isinstance(child, dict) and 'buckets' in child:
            for bucket in child['buckets']:
                keys = bucket['key'].values() if isinstance(bucket['key'], dict) else (bucket['key'],)
                yield from ((*keys, *rest) for rest in bucket_rows(bucket))
            return
    yield node['doc_count'], *metric_values(node)


def metric_values(node):
    for _, child in sorted(item for item in node.items() if isinstance(item[1], dict) and item[0] != 'key'):
        yield from child['values'].values() if 'values' in child else [child.get('value', child.get('doc_count'))]


def ms_of(text):
    if isinstance(text, int):  # OpenSearch gives back the number that it was sent
        return text
    return round(datetime.datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp() * 1000)


def search_rows(panel, reply):
    if reply.get('timed_out') or reply.get('error') or reply['_shards']['failed']:
        raise ValueError(f'no whole answer: {str(reply)[:2000]}')
    if 'aggregations' in reply:
        return list(bucket_rows(reply['aggregations']))
    if panel.body['size'] == 0:
        return [(reply['hits']['total']['value'],)]
    sources = [hit['_source'] for hit in reply['hits']['hits']]
    return [(ms_of(s['at']), s['outcome'], s.get('error_class'), s['latency_ms']) for s in sources]


def metric_rows(reply):
    by = ['time', *reply['by'], 'count', 'matched']
    return [tuple(ms_of(row[n]) if n == 'time' else row[n] for n in by if n in row) for row in reply['rows']]


# --- asking

def terms(field, **more):
    return {'terms': {'field': field, 'size': TERMS, **more}}


def dates(field, unit, **more):
    return {'date_histogram': {'field': field, 'calendar_interval': unit, 'min_doc_count': 1, **more}}


def nest(*levels, then=None):
    """Aggregations one in the other, the outermost first, and metrics in the innermost."""
    out = then
    for level in reversed(levels):
        out = {'by': {**level, **({'aggs': out} if out else {})}}
    return out


def search(aggs, *filters):
    query = {'query': {'bool': {'filter': list(filters)}}} if filters else {}
    return {'size': 0, 'track_total_hits': True, **query, **({'aggs': aggs} if aggs else {})}


FAILED = {'term': {'outcome': 'failed'}}
FAILURES = {'failed': {'filter': FAILED}}
DISTINCT = {'devices': {'cardinality': {'field': 'device_id', 'precision_threshold': 40000}}}
P95 = {'p95': {'percentiles': {'field': 'latency_ms', 'percents': [95]}}}
SPREAD = {'1avg': {'avg': {'field': 'latency_ms'}}, '2min': {'min': {'field': 'latency_ms'}},
          '3max': {'max': {'field': 'latency_ms'}}}

DELAY = {'1avg': {'avg': {'field': 'delay'}}}
LATE = {'late': {'filter': {'range': {'delay': {'gt': 15}}}}}
P95_DELAY = {'p95': {'percentiles': {'field': 'delay', 'percents': [95]}}}
PAGE = 1000

# The k-th of n values stands at (k - 1) / (n - 1): percentile_cont without percentile_cont.
SQLITE_P95 = '''
SELECT {by}, n, sum(CASE WHEN k = CAST((n - 1) * 0.95 AS INT) THEN {value} * (1 - (n - 1) * 0.95 + k)
                         ELSE {value} * (1 - k + (n - 1) * 0.95) END)
FROM (SELECT {by}, {value}, row_number() OVER (PARTITION BY {by} ORDER BY {value}) - 1 AS k,
             count(*) OVER (PARTITION BY {by}) AS n FROM {table} WHERE {where})
WHERE k BETWEEN CAST((n - 1) * 0.95 AS INT) AND CAST((n - 1) * 0.95 AS INT) + 1 GROUP BY 1, 2'''


def sqlite_p95(by, value, table, where):
    out = SQLITE_P95
    for name, text in (('by', by), ('value', value), ('table', table), ('where', where)):
        out = out.replace('{' + name + '}', text)
    return out


def p95_panel(where, filters, rule):
    name = 'p95' if rule == PERCENTILE else 'p95_sketch'
    sql = {'': f'SELECT firmware, count(*), {{{name}}} FROM {{joined}} WHERE {where} GROUP BY 1'}
    sql |= {'sqlite': sqlite_p95('firmware', 'latency_ms', '{joined}', where)} if rule == PERCENTILE else \
        {'sqlite': '', 'postgres': ''}
    return Panel('connections', search(nest(terms('device.firmware'), then=P95), *filters), sql, 1, rule=rule,
                 check=f'SELECT firmware, latency_ms, count(*) FROM {{joined}} WHERE {where} GROUP BY 1, 2')


def top_panel(size, where, filters):
    sql = f'SELECT device_id, count(*) FROM connections WHERE {where} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {size}'
    check = f'SELECT device_id, count(*) FROM connections WHERE {where} AND device_id IN ({{devices}}) GROUP BY 1'
    return Panel('connections', search(nest(terms('device_id', size=size)), *filters), sql, 1, rule=TOP, check=check)


def failures_panel(where, filters):
    return Panel('connections', search(nest(terms('device.firmware'), terms('device.region'), then=FAILURES), *filters),
                 f"SELECT firmware, region, count(*), count(*) FILTER (WHERE outcome = 'failed') FROM {{joined}} "
                 f'WHERE {where} GROUP BY 1, 2', 2)


def hours_panel(where, filters):
    hours = dates('at', 'hour', time_zone='Asia/Kolkata')
    return Panel('connections', search(nest(hours, terms('outcome')), *filters),
                 f'SELECT {{at_hour_kolkata}}, outcome, count(*) FROM connections WHERE {where} GROUP BY 1, 2', 2, (0,))


def distinct_panel(where, filters):
    return Panel('connections', search(nest(dates('at', 'day'), then=DISTINCT), *filters),
                 f'SELECT {{at_day}}, count(*), {{distinct_devices}} FROM connections WHERE {where} GROUP BY 1', 1, (0,))


def activations_panel():
    return Panel('devices', search(nest(dates('activated_at', 'day'), terms('model'))),
                 'SELECT {activated_day}, model, count(*) FROM devices GROUP BY 1, 2', 2, (0,))


def spread_panel(where, filters):
    return Panel('connections', search(nest(terms('device.model'), then=SPREAD), *filters),
                 'SELECT model, count(*), avg(latency_ms), min(latency_ms), max(latency_ms) FROM {joined} '
                 f'WHERE {where} GROUP BY 1', 1)


def dashboard(week):
    """Twelve panels over the last seven days, all in one _msearch."""
    since = [{'range': {'at': {'gte': week}}}]
    where = '"at" >= {week}'
    failed = where + " AND outcome = 'failed'"
    return [
        Panel('connections', search(None, *since), f'SELECT count(*) FROM connections WHERE {where}', 0),
        Panel('connections', search(None, *since, FAILED), f'SELECT count(*) FROM connections WHERE {failed}', 0),
        hours_panel(where, since),
        failures_panel(where, since),
        p95_panel(where, since, PERCENTILE),
        distinct_panel(where, since),
        top_panel(10, failed, [*since, FAILED]),
        spread_panel(where, since),
        Panel('connections', search(nest(dates('at', 'day'), terms('error_class')), *since),
              f'SELECT {{at_day}}, error_class, count(*) FROM connections WHERE {failed} GROUP BY 1, 2', 2, (0,)),
        activations_panel(),
        Panel('connections', search(nest(terms('device.region'), then=FAILURES), *since),
              "SELECT region, count(*), count(*) FILTER (WHERE outcome = 'failed') FROM {joined} "
              f'WHERE {where} GROUP BY 1', 1),
        Panel('devices', search(nest(terms('model'), terms('firmware'))),
              'SELECT model, firmware, count(*) FROM devices GROUP BY 1, 2', 2),
    ]


def pages_panel():
    sources = [{'day': {'date_histogram': {'field': 'at', 'calendar_interval': 'day'}}},
               {'model': {'terms': {'field': 'device.model'}}}, {'firmware': {'terms': {'field': 'device.firmware'}}},
               {'region': {'terms': {'field': 'device.region'}}}]
    return Panel('connections', search({'by': {'composite': {'size': PAGE, 'sources': sources}}}),
                 'SELECT {at_day}, model, firmware, region, count(*) FROM {joined} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4',
                 4, (0,), has_pages=True)


def pattern_panel(query, like, field):
    column = field.removeprefix('device.')
    return Panel('connections', search(nest(terms(field)), query),
                 f"SELECT {column}, count(*) FROM {{joined}} WHERE firmware LIKE '{like}' GROUP BY 1", 1)


def flights():
    """Flights of 2001: questions of another shape to rows that nobody here has made up."""
    count = 'SELECT {0}, count(*){1} FROM flights GROUP BY {0}'
    late = [{'terms': {'origin': ['ORD', 'ATL', 'DFW']}}, {'range': {'delay': {'gte': 30}}}]
    p95 = {'': 'SELECT origin, count(*), {p95_delay} FROM flights GROUP BY 1',
           'sqlite': sqlite_p95('origin', 'delay', 'flights', '1 = 1')}
    return [
        Question('f1', 'flights: mean delay per airport', [Panel(
            'flights', search(nest(terms('origin'), then=DELAY)), count.format('origin', ', avg(delay)'), 1)]),
        Question('f2', 'flights: late ones per day', [Panel(
            'flights', search(nest(dates('at', 'day'), then=LATE)),
            'SELECT {at_day}, count(*), count(*) FILTER (WHERE delay > 15) FROM flights GROUP BY 1', 1, (0,))]),
        Question('f3', 'flights: p95 delay per airport', [Panel(
            'flights', search(nest(terms('origin'), then=P95_DELAY)), p95, 1, rule=PERCENTILE,
            check='SELECT origin, delay, count(*) FROM flights GROUP BY 1, 2')]),
        Question('f4', 'flights: all routes', [Panel(
            'flights', search(nest(terms('origin'), terms('destination'))),
            count.format('origin, destination', ''), 2)]),
        Question('f5', 'flights: mean delay by distance', [Panel(
            'flights', search(nest({'histogram': {'field': 'distance', 'interval': 100, 'min_doc_count': 1}}, then=DELAY)),
            'SELECT {distance_100}, count(*), avg(delay) FROM flights GROUP BY 1', 1)]),
        Question('f6', 'flights: very late from 3 airports', [Panel(
            'flights', search(nest(dates('at', 'month'), terms('destination')), *late),
            "SELECT {at_month}, destination, count(*) FROM flights WHERE origin IN ('ORD', 'ATL', 'DFW') AND delay >= 30 "
            'GROUP BY 1, 2', 2, (0,))]),
    ]


def metrics(day, end):
    day_filter = {'range': {'at': {'gte': day}}}
    activations = Panel('devices', search(nest(dates('activated_at', 'day'), terms('model'), terms('region'))),
                        'SELECT {activated_day}, model, region, count(*) FROM devices GROUP BY 1, 2, 3', 3, (0,),
                        metric='/_tamis/metrics/activations')
    hourly = Panel('connections', search(nest(dates('at', 'hour'), terms('device.firmware'), then=FAILURES), day_filter),
                   "SELECT {at_hour}, firmware, count(*), count(*) FILTER (WHERE outcome = 'failed') FROM {joined} "
                   'WHERE "at" >= {day} GROUP BY 1, 2', 2, (0,),
                   metric=f'/_tamis/metrics/failed_connections?from={day}&to={end}&every=1h&by=device.firmware')
    whole = Panel('connections', search(nest(dates('at', 'day'), terms('device.region'), then=FAILURES)),
                  "SELECT {at_day}, region, count(*), count(*) FILTER (WHERE outcome = 'failed') FROM {joined} "
                  'GROUP BY 1, 2', 2, (0,), metric='/_tamis/metrics/failed_connections?every=1d&by=device.region')
    return activations, hourly, whole


def all_questions(last_day_ms, device, pseudonym, has_flights):
    """`device` is one device of the database, `pseudonym` the same one here."""
    text = lambda ms: datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')
    day, week, end = text(last_day_ms), text(last_day_ms - 6 * DAY_MS), text(last_day_ms + DAY_MS)
    day_filter = {'range': {'at': {'gte': day}}}
    range_filter = {'range': {'latency_ms': {'gte': 200, 'lt': 900}}}
    count_filters = [{'term': {'error_class': 'timeout'}}, {'term': {'device.region': 'eu-west'}},
                     {'range': {'latency_ms': {'gte': 1200}}}]
    last = {'size': 20, 'track_total_hits': True, 'query': {'term': {'device_id': pseudonym}}, 'sort': [{'at': 'desc'}]}
    activations, hourly, whole = metrics(day, end)
    return [
        Question('1', 'count with three filters', [Panel(
            'connections', search(None, *count_filters), "SELECT count(*) FROM {joined} WHERE error_class = 'timeout' "
            "AND region = 'eu-west' AND latency_ms >= 1200", 0)]),
        Question('2', 'activations per day and model', [activations_panel()]),
        Question('3a', 'failures per firmware and region, 22 days', [failures_panel('1 = 1', [])]),
        Question('3b', 'failures per firmware and region, last day', [failures_panel('"at" >= {day}', [day_filter])]),
        Question('4', 'p95 latency per firmware, exact', [p95_panel('1 = 1', [], PERCENTILE)]),
        Question('4s', 'p95 latency per firmware, peers by sketch', [p95_panel('1 = 1', [], SKETCH)]),
        Question('5', 'distinct devices per day', [distinct_panel('1 = 1', [])]),
        Question('6', 'events per hour of Kolkata and outcome', [hours_panel('1 = 1', [])]),
        Question('7', 'top 10 devices by failures', [top_panel(10, "outcome = 'failed'", [FAILED])]),
        Question('8', 'tree of 4 keys', [Panel(
            'connections', search(nest(terms('device.model'), terms('device.firmware'), terms('device.region'),
                                       terms('outcome'))),
            'SELECT model, firmware, region, outcome, count(*) FROM {joined} GROUP BY 1, 2, 3, 4', 4)]),
        Question('9', 'top 100 of all devices', [top_panel(100, '1 = 1', [])]),
        Question('10', 'latency range: avg, min, max per model', [
            spread_panel('latency_ms >= 200 AND latency_ms < 900', [range_filter])]),
        Question('11a', 'firmware by prefix, per region', [
            pattern_panel({'prefix': {'device.firmware': '4.'}}, '4.%', 'device.region')]),
        Question('11b', 'firmware by wildcard, per model', [
            pattern_panel({'wildcard': {'device.firmware': '*.3*'}}, '%.3%', 'device.model')]),
        Question('12', 'last 20 events of one device', [Panel(
            'connections', last, 'SELECT "at", outcome, error_class, latency_ms FROM connections '
            f'WHERE device_id = {device} ORDER BY "at" DESC LIMIT 20', 4, (0,))]),
        Question('13', 'all groups of 4 keys, by pages of 1000', [pages_panel()]),
        Question('14', 'dashboard of 12 panels, 7 days, one _msearch', dashboard(week)),
        Question('15a', 'declared: activations per day, model, region', [activations]),
        Question('15b', 'declared: failures per hour and firmware, last day', [hourly]),
        Question('15c', 'declared: failures per day and region, 22 days', [whole]),
        *(flights() if has_flights else []),
    ]
