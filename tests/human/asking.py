"""Random requests over the whole API, out of the program's own tables.

docs/compat.md is made by the program from its routes, queries and aggregations, and a unit test holds the two together; so what
it lists is what there is.  `Api` reads it.  Each route, query and aggregation needs a maker here: one that has none is in
`Api.unknown()`, and the test fails, so that nothing new can be forgotten.  A maker for what is not understood yet does no harm.

A request is of one index, INDEX; the same request can so be asked of two (tests/flow/test_leaks.py).
"""
import json
import pathlib
import re

COMPAT = pathlib.Path(__file__).resolve().parents[2] / 'docs' / 'compat.md'
INDEX = 'app-events'


class Api:
    def __init__(self, text=None):
        text = text or COMPAT.read_text()
        self.routes = [(methods.split(', '), path) for methods, path in re.findall(r'^\| `([A-Z, ]+)` \| `([^`]+)` \|', text, re.M)]
        kinds = [re.findall(r'`(\w+)`', words) for words in re.findall(r'^Understood: (.*)$', text, re.M)]
        assert len(kinds) == 2 and self.routes, 'docs/compat.md is not as this reads it'
        self.queries, self.aggs = kinds

    def unknown(self):
        """What no maker makes."""
        return ([path for _, path in self.routes if path not in PATHS] + [f'query {name}' for name in self.queries if name not in QUERIES]
                + [f'aggregation {name}' for name in self.aggs if name not in AGGS])


# Bodies of routes, by path.  What is to be written, made or removed is asked as well: those who may not must be refused without a word
# of what there is, and those who may would change what the others are asked about, so they are not asked for it (READERS_ONLY).
def search(a):
    return a.search_body()


def nothing(a):
    return None


def many(a):
    return ''.join(json.dumps(part) + '\n' for _ in range(3) for part in (a.chance.choice([{}, {'index': INDEX}]), a.search_body()))


def ids(a):
    return {'ids': [a.id() for _ in range(20)]}


def docs(a):
    return {'docs': [{'_index': INDEX, '_id': a.id(), **({'_source': [a.field()]} if a.chance.random() < 0.3 else {})} for _ in range(10)]}


def document(a):
    return {'region': 'us', 'n': 1}


def update(a):
    return {'doc': {'region': 'us'}, 'upsert': {'region': 'us'}}


def bulk(a):
    return json.dumps({'update': {'_index': INDEX, '_id': a.id()}}) + '\n' + json.dumps({'doc': {'n': 1}, '_source': True}) + '\n'


def query_only(a):
    return {'query': a.query()}


def sql(a):
    field = a.field()
    return {**({'fetch_size': 7} if a.chance.random() < 0.2 else {}), 'query': a.chance.choice([
        f'SELECT {field}, MIN({field}), MAX(n) FROM "{INDEX}" GROUP BY {field} ORDER BY 2 DESC', f'SELECT UPPER({field}), COUNT(*) FROM "{INDEX}" GROUP BY 1',
        f'SELECT COUNT(*) FILTER (WHERE {field} IS NULL), SUM(CASE WHEN {field} > 5 THEN n ELSE 0 END) FROM "{INDEX}"', f'SELECT DISTINCT {field} FROM "{INDEX}"',
        f'SELECT x FROM (SELECT {field} AS x FROM "{INDEX}") t WHERE x IS NOT NULL', f"SELECT {field} FROM {INDEX} WHERE MATCH({field}, 'zq') LIMIT 5",
        f'SELECT * FROM "{INDEX}" LIMIT 400', f'SELECT {field} FROM "{INDEX}" LIMIT 400', f'SELECT {field}, COUNT(*) FROM "{INDEX}" GROUP BY {field}',
        f'SELECT MAX({field}) FROM "{INDEX}"', f'SELECT COUNT(*) FROM "{INDEX}" WHERE {field} IS NOT NULL', f'SELECT n FROM "{INDEX}" ORDER BY {field}',
        f"SELECT COUNT(DISTINCT {field}) FROM \"{INDEX}\"", 'SHOW TABLES', f'DESCRIBE "{INDEX}"', f'SHOW COLUMNS IN "{INDEX}"',
        f"SELECT n FROM \"{INDEX}\" WHERE {field} LIKE 'z%'", f'FROM {INDEX} | STATS COUNT(*) BY {field}'])}


def cursor(a):
    return {'cursor': a.handle()}


def scroll(a):
    return {'scroll': '1m', 'scroll_id': a.handle()}


def pit(a):
    return {'id': a.handle()}


def point_in_time(a):
    return {'pit_id': [a.handle()]}


def field_caps(a):
    return None if a.chance.random() < 0.7 else {'index_filter': a.query()}


def privileges(a):
    return {'index': [{'names': [INDEX], 'privileges': ['read', 'write']}]}


def terms_enum(a):
    return {'field': a.field(), 'string': a.chance.choice(['', 'z', 'zq', 'e'])}


def reindex(a):
    return {'source': {'index': INDEX, 'query': a.query()}, 'dest': {'index': 'other'}}


def role(a):
    return {'indices': [{'names': ['*'], 'privileges': ['all']}]}


def user(a):
    return {'password': 'a password of good length', 'roles': ['analyst']}


def password(a):
    return {'password': 'too short'}  # refused, so that whoever asks keeps their own


def key_query(a):
    return {'query': a.chance.choice([{'match_all': {}}, {'prefix': {'name': ''}}, {'exists': {'field': 'metadata.' + a.field()}}]), 'size': 100}


def api_key(a):
    return {'name': 'x'}


PATHS = {
    **dict.fromkeys(['/', '/_mapping', '/{index}/_mapping', '/_settings', '/{index}/_settings', '/_alias', '/{index}/_alias', '/_refresh',
                     '/{index}/_refresh', '/{index}', '/_cluster/health', '/_cluster/health/{index}', '/_cluster/settings', '/_cluster/stats',
                     '/_nodes', '/_nodes/http', '/_nodes/_all', '/_nodes/_all/http', '/_nodes/_local', '/_license', '/_xpack', '/_cat',
                     '/_cat/indices', '/_cat/indices/{index}', '/_cat/health', '/_cat/count', '/_cat/count/{index}', '/_cat/aliases',
                     '/_cat/aliases/{name}', '/_cat/nodes', '/_cat/shards', '/_cat/shards/{index}', '/_cat/templates', '/_cat/master',
                     '/_cat/allocation', '/_cat/plugins', '/_cat/segments', '/_security/_authenticate', '/_security/role', '/_security/user',
                     '/_security/privilege', '/_tamis/metrics', '/_tamis/metrics/{name}', '/_tamis/status', '/_tamis/posture', '/_tamis/audit',
                     '/_tamis/approvals', '/_tamis/approvals/{id}', '/_tamis/totp', '/_tamis/totp/{name}', '/_security/user/_privileges',
                     '/_security/user/{name}/_enable', '/_security/user/{name}/_disable',
                     '/_tamis/audit/head', '/_tamis/audit/{name}', '/_tamis/pending', '/_resolve/index/{name}', '/_stats', '/{index}/_stats',
                     '/_nodes/stats', '/_cluster/state', '/_snapshot/{name}', '/{index}/_doc/{id}', '/{index}/_source/{id}',
                     '/{index}/_alias/{name}', '/{index}/_aliases/{name}', '/_tasks', '/_aliases', '/{index}/_mapping/field/{name}', '/_alias/{name}', '/_flush',
                     '/{index}/_flush', '/{index}/_forcemerge', '/_forcemerge', '/{index}/_segments', '/_index_template', '/_template',
                     '/_component_template', '/_data_stream', '/_data_stream/{name}', '/{index}/_open', '/{index}/_close',
                     '/_tamis/audit/tail', '/_tamis/audit/who', '/_tamis/audit/absent', '/_tamis/audit/verify', '/_tamis/audit/consistency',
                     '/_tamis/audit/proof/{entry}',
                     '/_stats/{metric}', '/{index}/_stats/{metric}', '/_nodes/_local/stats', '/_nodes/_all/stats', '/_nodes/stats/{metric}',
                     '/_nodes/_local/stats/{metric}', '/_nodes/_all/stats/{metric}', '/_cluster/state/{metric}', '/_cluster/state/{metric}/{name}',
                     '/_cluster/pending_tasks', '/_mapping/field/{fields}', '/{index}/_mapping/field/{fields}', '/_search_shards',
                     '/{index}/_search_shards', '/_cache/clear', '/{index}/_cache/clear', '/_cat/cluster_manager', '/_cat/segments/{index}',
                     '/_cat/repositories', '/_cat/pending_tasks', '/_cat/tasks', '/_cat/recovery', '/_cat/recovery/{index}', '/_cat/nodeattrs',
                     '/_cat/fielddata', '/_cat/fielddata/{fields}', '/{index}/_ilm/explain', '/_ilm/status', '/_ilm/policy',
                     '/_ingest/pipeline', '/_cat/templates/{name}', '/_analyze', '/{index}/_analyze', '/{index}/_mappings',
                     '/_shard_stores', '/{index}/_shard_stores', '/_segments', '/_tasks/{id}', '/{index}/_rollover', '/{index}/_rollover/{name}'], nothing),
    **dict.fromkeys(['/_search', '/{index}/_search', '/{index}/_async_search', '/_async_search'], search),
    **dict.fromkeys(['/_count', '/{index}/_count', '/_validate/query', '/{index}/_validate/query', '/{index}/_explain/{id}',
                     '/{index}/_delete_by_query', '/{index}/_update_by_query'], query_only),
    **dict.fromkeys(['/_msearch', '/{index}/_msearch'], many),
    '/_mget': docs, '/{index}/_mget': ids,
    **dict.fromkeys(['/_bulk', '/{index}/_bulk'], bulk),
    **dict.fromkeys(['/{index}/_doc', '/{index}/_create/{id}'], document),
    '/{index}/_update/{id}': update, '/_reindex': reindex,
    **dict.fromkeys(['/_field_caps', '/{index}/_field_caps'], field_caps),
    **dict.fromkeys(['/_security/api_key', '/_security/api_key/grant', '/_security/api_key/{id}'], api_key),
    '/_security/_query/api_key': key_query,
    **dict.fromkeys(['/_security/user/_password', '/_security/user/{name}/_password'], password),
    '/_security/role/{name}': role, '/_security/user/{name}': user, '/_security/user/_has_privileges': privileges,
    **dict.fromkeys(['/_search/scroll', '/_search/scroll/{id}'], scroll),
    **dict.fromkeys(['/_pit', '/{index}/_pit'], pit),
    **dict.fromkeys(['/_search/point_in_time', '/_search/point_in_time/_all', '/{index}/_search/point_in_time'], point_in_time),
    '/{index}/_terms_enum': terms_enum,
    '/_tamis/sealed/open': lambda a: {'warrant': a.chance.choice([1, 2, 'x']), 'column': f'{INDEX}.{a.field()}', 'row': 'f' * 16, 'why': 'asked'},
    **dict.fromkeys(['/_sql', '/_sql/translate', '/_plugins/_sql', '/_opendistro/_sql', '/_query'], sql),
    **dict.fromkeys(['/_sql/close', '/_plugins/_sql/close', '/_opendistro/_sql/close'], cursor),
    **dict.fromkeys(['/_index_template/{name}', '/_template/{name}', '/_component_template/{name}', '/_ilm/policy/{name}',
                     '/_ingest/pipeline/{name}', '/_scripts/{name}'], document),
}
# Who may would change users, roles and keys, or end what the campaign itself asks with.
CHANGES = ('/_security/role/{name}', '/_security/user/{name}', '/_security/user/_password', '/_security/user/{name}/_password',
           '/_security/user/{name}/_enable', '/_security/user/{name}/_disable', '/_security/api_key', '/_security/api_key/grant', '/_security/api_key/{id}',
           '/_tamis/approvals/{id}', '/_tamis/totp/{name}')


def word(a, name):
    """A query of one field and one value, as {name: {field: value}}."""
    return {name: {a.field(): a.value()}}


QUERIES = {
    'match_all': lambda a, d: {'match_all': {}}, 'match_none': lambda a, d: {'match_none': {}},
    'bool': lambda a, d: {'bool': {a.chance.choice(['must', 'should', 'must_not', 'filter']): [a.query(d + 1), a.query(d + 1)],
                                   **({'minimum_should_match': 1} if a.chance.random() < 0.2 else {})}},
    'constant_score': lambda a, d: {'constant_score': {'filter': a.query(d + 1)}},
    'term': lambda a, d: word(a, 'term'), 'match': lambda a, d: word(a, 'match'), 'match_phrase': lambda a, d: word(a, 'match_phrase'),
    'match_phrase_prefix': lambda a, d: word(a, 'match_phrase_prefix'), 'match_bool_prefix': lambda a, d: word(a, 'match_bool_prefix'),
    'fuzzy': lambda a, d: word(a, 'fuzzy'),
    'terms': lambda a, d: {'terms': {a.field(): [a.value() for _ in range(3)]}},
    'range': lambda a, d: {'range': {a.field(): {a.chance.choice(['gte', 'gt', 'lt', 'lte']): a.value()}}},
    'exists': lambda a, d: {'exists': {'field': a.field()}}, 'ids': lambda a, d: {'ids': {'values': [a.id() for _ in range(9)]}},
    'multi_match': lambda a, d: {'multi_match': {'query': a.value(), 'fields': [a.field(), a.field()]}},
    'query_string': lambda a, d: {'query_string': {'query': a.words(), **({'default_field': a.field()} if a.chance.random() < 0.3 else {})}},
    'simple_query_string': lambda a, d: {'simple_query_string': {'query': f'{a.value()} z*', 'fields': [a.field()]}},
    'prefix': lambda a, d: {'prefix': {a.field(): a.chance.choice(['z', 'zq', 'zqo', 'e', 'u'])}},
    'wildcard': lambda a, d: {'wildcard': {a.field(): a.chance.choice(['*', 'z*', '*1*', 'zq*qz', '?s'])}},
    'regexp': lambda a, d: {'regexp': {a.field(): a.chance.choice(['.*', 'z.*', '.*1.*', 'zq(owner|note)[0-9]+qz', 'us|eu'])}},
    'nested': lambda a, d: {'nested': {'path': a.field(), 'query': a.query(d + 1)}},
    'dis_max': lambda a, d: {'dis_max': {'queries': [a.query(d + 1), a.query(d + 1)]}},
    'boosting': lambda a, d: {'boosting': {'positive': a.query(d + 1), 'negative': a.query(d + 1), 'negative_boost': 0.5}},
    'function_score': lambda a, d: {'function_score': {'query': a.query(d + 1), 'field_value_factor': {'field': a.field()}}},
    'script_score': lambda a, d: {'script_score': {'query': a.query(d + 1), 'script': {'source': f"doc['{a.field()}'].value"}}},
    'script': lambda a, d: {'script': {'script': f"doc['{a.field()}'].value > 1"}},
    'more_like_this': lambda a, d: {'more_like_this': {'fields': [a.field()], 'like': [{'_index': INDEX, '_id': a.id()}], 'min_term_freq': 1}},
}


def of_field(name, **more):
    return lambda a, d: {name: {'field': a.field(), **more}}


def buckets_path(name):
    """A pipeline aggregation stands beside what it is made of."""
    return lambda a, d: {name: {'buckets_path': a.chance.choice(['a', 'a>in', 'in', '_count'])}}


AGGS = {
    'terms': lambda a, d: {'terms': {'field': a.field(), 'size': 400, 'min_doc_count': a.chance.choice([0, 1]), **a.sometimes('missing'),
                                     **a.sometimes('include'), **a.sometimes('exclude'), **a.sometimes('order')}},
    'date_histogram': lambda a, d: {'date_histogram': {'field': a.chance.choice(['at', a.field()]), 'fixed_interval': a.chance.choice(['1m', '1h']),
                                                       'min_doc_count': a.chance.choice([0, 1])}},
    'auto_date_histogram': of_field('auto_date_histogram'),
    'histogram': lambda a, d: {'histogram': {'field': a.chance.choice(['n', 'pay', a.field()]), 'interval': a.chance.choice([7, 1000])}},
    'range': lambda a, d: {'range': {'field': a.field(), 'ranges': [{'to': 1_000_500}, {'from': 1_000_500, 'to': 918_273_000_000}, {'from': 5}]}},
    'date_range': lambda a, d: {'date_range': {'field': a.chance.choice(['at', a.field()]), 'ranges': [{'from': '2023-11-14'}, {'to': '2023-11-15'}]}},
    'ip_range': lambda a, d: {'ip_range': {'field': a.field(), 'ranges': [{'to': '10.0.0.1'}]}},
    'filter': lambda a, d: {'filter': a.query(d + 1)},
    'filters': lambda a, d: {'filters': {'filters': {'x': a.query(d + 1), 'y': a.query(d + 1)}, 'other_bucket': True}},
    'adjacency_matrix': lambda a, d: {'adjacency_matrix': {'filters': {'x': a.query(d + 1), 'y': a.query(d + 1)}}},
    'missing': of_field('missing'), 'global': lambda a, d: {'global': {}},
    **{name: of_field(name) for name in ('avg', 'sum', 'min', 'max', 'value_count', 'stats', 'cardinality', 'extended_stats', 'percentiles',
                                         'median_absolute_deviation', 'significant_terms', 'rare_terms', 'boxplot', 'string_stats')},
    'percentile_ranks': of_field('percentile_ranks', values=[1_000_500, 918_273_000_000]),
    'rate': of_field('rate', unit='hour'),
    'composite': lambda a, d: {'composite': {'size': 400, 'sources': [{'s': {'terms': {'field': a.field(), 'missing_bucket': True}}},
                                                                      {'t': {'terms': {'field': a.field()}}}][:a.chance.choice([1, 2])]}},
    'multi_terms': lambda a, d: {'multi_terms': {'terms': [{'field': a.field()}, {'field': a.field()}], 'size': 400}},
    'top_hits': lambda a, d: {'top_hits': {'size': 20, '_source': [a.field()], 'sort': [a.field()]}},
    'top_metrics': lambda a, d: {'top_metrics': {'metrics': {'field': a.field()}, 'sort': {a.field(): 'desc'}, 'size': 10}},
    'weighted_avg': lambda a, d: {'weighted_avg': {'value': {'field': a.field()}, 'weight': {'field': a.field()}}},
    'nested': lambda a, d: {'nested': {'path': a.field()}}, 'sampler': lambda a, d: {'sampler': {'shard_size': 3}},
    'scripted_metric': lambda a, d: {'scripted_metric': {'map_script': f"state.x = doc['{a.field()}'].value"}},
    **{name: buckets_path(name) for name in ('derivative', 'cumulative_sum', 'avg_bucket', 'max_bucket', 'min_bucket', 'sum_bucket', 'stats_bucket',
                                             'extended_stats_bucket', 'percentiles_bucket', 'serial_diff', 'cumulative_cardinality', 'normalize')},
    'moving_avg': lambda a, d: {'moving_avg': {'buckets_path': '_count', 'window': 3}},
    'moving_fn': lambda a, d: {'moving_fn': {'buckets_path': '_count', 'window': 3, 'script': 'MovingFunctions.max(values)'}},
    'bucket_script': lambda a, d: {'bucket_script': {'buckets_path': {'x': '_count'}, 'script': 'params.x * 2'}},
    'bucket_selector': lambda a, d: {'bucket_selector': {'buckets_path': {'x': '_count'}, 'script': 'params.x > 1'}},
    'bucket_sort': lambda a, d: {'bucket_sort': {'sort': [{'_count': 'desc'}], 'size': 5}},
}
HOLDS_OTHERS = {'terms', 'date_histogram', 'histogram', 'range', 'date_range', 'filter', 'filters', 'missing', 'global', 'composite', 'multi_terms',
                'sampler', 'auto_date_histogram', 'significant_terms', 'rare_terms'}


class Asker:
    """`fields` are all there are, seen or not; `values` some of theirs; `ids` of rows, seen or not; `handles` of others' scrolls and the like."""

    def __init__(self, chance, fields, values, ids, api=None):
        self.chance, self.fields, self.values, self.ids, self.handles = chance, fields, values, ids, []
        self.api = api or Api()
        self.queries, self.aggs = ([n for n in names if n in makers] for names, makers in ((self.api.queries, QUERIES), (self.api.aggs, AGGS)))

    def field(self):
        return self.chance.choice(self.fields + ('nosuch', '_id', '*', '_source', '_index', self.fields[0] + '.x', 'o*'))

    def value(self):
        return self.chance.choice(self.values)

    def id(self):
        return self.chance.choice(self.ids)

    def handle(self):
        return self.chance.choice(self.handles or ['x'])

    def words(self):
        """Of query_string."""
        return self.chance.choice([f'{self.field()}:{self.chance.choice(["*", "z*", "eu", "[1 TO *]", ">5"])}', f'_exists_:{self.field()}',
                                   f'NOT {self.field()}:*', f'{self.value()}', 'zq*', f'({self.field()}:eu OR {self.field()}:{self.value()})'])

    def sometimes(self, key):
        if self.chance.random() > 0.2:
            return {}
        return {key: {'missing': 'none', 'include': [str(self.value())], 'exclude': [str(self.value())],
                      'order': {self.chance.choice(['_key', '_count', 'in']): self.chance.choice(['asc', 'desc'])}}[key]}

    def query(self, depth=0):
        names = self.queries if depth < 3 else ['match_all', 'term', 'exists']
        return QUERIES[self.chance.choice(names)](self, depth)

    def agg(self, depth=0):
        name = self.chance.choice([n for n in self.aggs if depth == 0 or n != 'global'])
        one = AGGS[name](self, depth)
        if depth < 2 and name in HOLDS_OTHERS and self.chance.random() < 0.6:
            one = {**one, 'aggs': {'in': self.agg(depth + 1), **({'b': self.agg(2)} if self.chance.random() < 0.3 else {})}}
        return one

    def search_body(self):
        pick, field = self.chance.choice, self.field
        body = {'query': self.query(), 'size': pick([0, 0, 5, 400]), 'aggs': {'a': self.agg()}}
        extras = {
            'sort': lambda: [{field(): {'order': pick(['asc', 'desc']), 'unmapped_type': 'keyword', 'missing': pick(['_last', '_first'])}}],
            'fields': lambda: [field()], 'docvalue_fields': lambda: [field()], 'stored_fields': lambda: [field()],
            '_source': lambda: pick([[field()], {'includes': [field(), 'o*']}, {'excludes': [field()]}, False]),
            'highlight': lambda: {'fields': {field(): {}}}, 'profile': lambda: True, 'explain': lambda: True,
            'collapse': lambda: {'field': field()}, 'post_filter': self.query, 'track_total_hits': lambda: pick([True, 3]),
            'suggest': lambda: {'s': {'text': 'zq', 'term': {'field': field()}}}, 'script_fields': lambda: {'x': {'script': f"doc['{field()}']"}},
            'runtime_mappings': lambda: {'r': {'type': 'keyword', 'script': f"emit(doc['{field()}'].value)"}}, 'version': lambda: True,
            'rescore': lambda: {'query': {'rescore_query': self.query()}}, 'indices_boost': lambda: [{INDEX: 2}], 'min_score': lambda: 0.5,
        }
        for name in self.chance.sample(sorted(extras), pick([0, 0, 1, 1, 2])):
            body[name] = extras[name]()
        if 'sort' in body and self.chance.random() < 0.3:
            body['search_after'] = [self.value()]
        for name in self.chance.sample(['query', 'aggs', 'size'], pick([0, 0, 1])):
            del body[name]
        return body

    def path_of(self, pattern):
        index = self.chance.choice([INDEX] * 6 + ['_all', '*', 'app-*', f'{INDEX},nosuch', 'nosuch', '-app-*,*'])
        names = {'index': index, 'id': self.id(), 'name': self.chance.choice([INDEX, 'counted', 'analyst', 'x', '*', 'narrow', self.field()]),
                 'metric': self.chance.choice(['_all', 'docs', 'metadata', 'indices', 'docs,store', 'fielddata'])}
        return re.sub(r'\{(\w+)\}', lambda m: names.get(m.group(1)) or self.field(), pattern)

    def parameters(self, pattern):
        pick = self.chance.choice
        found = {
            'filter_path': lambda: pick(['**.buckets', 'hits.hits._source', '**.owner', '-took', '*.*.*.key', 'error.**']), 'pretty': lambda: 'true',
            'error_trace': lambda: 'true', 'human': lambda: 'true', 'format': lambda: pick(['json', 'yaml', 'txt', 'cbor'])}
        if pattern.endswith('_search'):
            found |= {'q': self.words, 'size': lambda: '400', 'sort': lambda: f'{self.field()}:asc', '_source': self.field, 'typed_keys': lambda: 'true',
                      'docvalue_fields': self.field, 'request_cache': lambda: pick(['true', 'false']), 'scroll': lambda: '1m', 'df': self.field,
                      'stored_fields': self.field, '_source_includes': self.field, '_source_excludes': self.field, 'terminate_after': lambda: '3'}
        if 'field_caps' in pattern:
            found['fields'] = self.field
        if '/_tamis/audit' in pattern:
            found |= {'last': lambda: '50', 'subject': self.field, 'about': lambda: f'{INDEX}.{self.field()}', 'from': lambda: '1', 'entry': lambda: '3'}
        if '_pit' in pattern or 'point_in_time' in pattern:
            found['keep_alive'] = lambda: '1m'
        if '_cat' in pattern:
            found |= {'h': lambda: pick(['*', 'index,docs.count', 'ss']), 'v': lambda: 'true', 's': lambda: pick(['index', 'docs.count'])}
        chosen = self.chance.sample(sorted(found), pick([0, 0, 1, 2]))
        if 'field_caps' in pattern and 'fields' not in chosen:
            chosen.append('fields')
        return {name: found[name]() for name in chosen}

    def request(self, may_change=True):
        """(method, path, parameters, body, pattern): half of them searches."""
        searches = [r for r in self.api.routes if r[1].endswith('/_search')]
        methods, pattern = self.chance.choice(searches if self.chance.random() < 0.5 else self.api.routes)
        methods = [m for m in methods if m in ('GET', 'HEAD') or may_change or pattern not in CHANGES] or ['GET']
        method = self.chance.choice([m for m in methods if m != 'HEAD'] or methods)
        body = PATHS[pattern](self) if pattern in PATHS and (method != 'GET' or self.chance.random() < 0.5) else None
        return method, self.path_of(pattern), self.parameters(pattern), body, pattern
