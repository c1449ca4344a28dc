"""The peers: how each loads the same rows, at settings that its own makers would advise, and asks.

Every peer has two threads, rows ordered by time and columns of proper types.  A peer runs in a
process of its own (see measure.py), so that its memory is gone before the next one starts.

`joined` is what a question uses that needs columns of the device: a view that looks them up as
they are now, which is also what tamis answers.  The peers named flat have these columns copied
into each event instead: faster, and wrong after the next change of a device.
"""
import contextlib
import csv
import itertools
import json
import os
import pathlib
import pwd
import shutil
import sqlite3
import subprocess
import sys
import threading
from concurrent import futures

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / 'tests' / 'api')]

DEVICES = ('id', 'customer_id', 'kind', 'model', 'firmware', 'region', 'activated_at')
EVENTS = ('id', 'at', 'device_id', 'outcome', 'error_class', 'latency_ms')
FLIGHTS = ('id', 'at', 'delay', 'distance', 'origin', 'destination')
QUOTED = [f'"{c}"' for c in EVENTS]  # AT is a word of DuckDB's grammar
OF_DEVICE = ('kind', 'model', 'firmware', 'region')


def size_of(path):
    return sum(f.stat().st_size for f in pathlib.Path(path).rglob('*') if f.is_file())


class Peer:
    """The database `name`; `place` is a directory of its own, `files` the rows as CSV."""
    threads = 2
    percentile = 'linear'  # the p of n sorted values is at (n - 1) p, between two on a line

    def __init__(self, place, files, times):
        self.place, self.files, self.times = place, files, times

    def names(self):
        """What the braces of a question's SQL stand for."""
        return {'joined': 'joined', **{name: self.moment(ms) for name, ms in self.times.items()}}

    def disk(self):
        return size_of(self.place)

    def close(self):
        pass


class PostgreSQL(Peer):
    title, key, dialect = 'PostgreSQL', 'postgresql', 'postgres'

    def __init__(self, place, files, times):
        super().__init__(place, files, times)
        self.conninfo = files['conninfo']

    def load(self):
        import psycopg2
        with contextlib.closing(psycopg2.connect(self.conninfo)) as db:
            db.autocommit = True
            cursor = db.cursor()
            cursor.execute('CREATE INDEX connections_at ON connections (at)')
            cursor.execute('CREATE INDEX connections_device ON connections (device_id, at)')
            if 'flights' in self.files:
                cursor.execute('CREATE INDEX flights_at ON flights (at)')
                cursor.execute('CREATE INDEX flights_origin ON flights (origin)')
            cursor.execute('CREATE VIEW joined AS SELECT c.*, kind, model, firmware, region '
                           'FROM connections c JOIN devices d ON d.id = c.device_id')
            cursor.execute('VACUUM ANALYZE')

    def open(self):
        import psycopg2
        self.db = psycopg2.connect(self.conninfo)
        self.db.autocommit = True
        self.cursor = self.db.cursor()
        for setting in ("timezone = 'UTC'", 'max_parallel_workers_per_gather = 2', "work_mem = '256MB'",
                        'random_page_cost = 1.1'):
            self.cursor.execute(f'SET {setting}')

    def version(self):
        import psycopg2
        with contextlib.closing(psycopg2.connect(self.conninfo)) as db:
            return f'{db.server_version // 10000}.{db.server_version % 10000}'

    def moment(self, ms):
        return f"to_timestamp({ms / 1000:.3f})"

    def names(self):
        return {**super().names(), 'at_day': "date_trunc('day', at)", 'at_hour': "date_trunc('hour', at)",
                'activated_day': "date_trunc('day', activated_at)", 'p95_sketch': '',
                'at_hour_kolkata': "date_trunc('hour', at, 'Asia/Kolkata')",
                'p95': 'percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms)',
                'p95_delay': 'percentile_cont(0.95) WITHIN GROUP (ORDER BY delay)',
                'at_month': "date_trunc('month', at)", 'distance_100': 'distance / 100 * 100',
                'distinct_devices': 'count(DISTINCT device_id)'}

    def ask(self, sql):
        self.cursor.execute(sql)
        return self.cursor.fetchall()

    def disk(self):
        import psycopg2
        with contextlib.closing(psycopg2.connect(self.conninfo)) as db, db.cursor() as cursor:
            cursor.execute("SELECT sum(pg_total_relation_size(relid)) FROM pg_stat_user_tables WHERE relname IN "
                           "('connections', 'devices', 'flights')")
            return int(cursor.fetchone()[0])

    def close(self):
        self.db.close()


class SQLite(Peer):
    title, key, dialect, threads = 'SQLite', 'sqlite', 'sqlite', 1

    def version(self):
        return sqlite3.sqlite_version

    def load(self):
        db = sqlite3.connect(self.place / 'fleet.db', isolation_level=None)
        db.execute('PRAGMA journal_mode = OFF')
        db.execute('PRAGMA synchronous = OFF')
        db.execute('CREATE TABLE devices (id INTEGER PRIMARY KEY, customer_id INT, kind TEXT, model TEXT, firmware TEXT, '
                   'region TEXT, activated_at INT)')
        db.execute('CREATE TABLE connections (id INTEGER PRIMARY KEY, at INT, device_id INT, outcome TEXT, '
                   'error_class TEXT, latency_ms INT)')
        db.execute('CREATE TABLE flights (id INTEGER PRIMARY KEY, at INT, delay INT, distance INT, origin TEXT, destination TEXT)')
        for table, columns in (('devices', DEVICES), ('connections', EVENTS), ('flights', FLIGHTS)):
            if table not in self.files:
                continue
            with open(self.files[table], newline='') as file:
                rows = ([None if v == '\\N' else v for v in row] for row in csv.reader(file))
                marks = ','.join('?' * len(columns))
                db.execute('BEGIN')
                db.executemany(f'INSERT INTO {table} VALUES ({marks})', rows)
                db.execute('COMMIT')
        db.execute('CREATE INDEX connections_at ON connections (at)')
        db.execute('CREATE INDEX connections_device ON connections (device_id, at)')
        db.execute('CREATE INDEX flights_origin ON flights (origin)')
        db.execute('CREATE VIEW joined AS SELECT c.*, kind, model, firmware, region '
                   'FROM connections c JOIN devices d ON d.id = c.device_id')
        db.execute('ANALYZE')
        db.close()

    def open(self):
        self.db = sqlite3.connect(self.place / 'fleet.db')
        self.db.execute('PRAGMA cache_size = -1000000')
        self.db.execute(f'PRAGMA mmap_size = {1 << 33}')

    def moment(self, ms):
        return str(ms)

    def names(self):
        return {**super().names(), 'at_day': 'at - at % 86400000', 'at_hour': 'at - at % 3600000',
                'activated_day': 'activated_at - activated_at % 86400000',
                'at_month': "CAST(strftime('%s', at / 1000, 'unixepoch', 'start of month') AS INT) * 1000",
                'distance_100': 'distance / 100 * 100',
                'at_hour_kolkata': 'at - (at + 1800000) % 3600000', 'distinct_devices': 'count(DISTINCT device_id)'}

    def ask(self, sql):
        return self.db.execute(sql).fetchall()

    def close(self):
        self.db.close()


class DuckDB(Peer):
    title, key, dialect = 'DuckDB', 'duckdb', 'duckdb'

    def load(self):
        import duckdb
        db = duckdb.connect(str(self.place / 'fleet.duckdb'))
        db.execute('SET threads = 2')
        read = "read_csv('{}', header = false, nullstr = '\\N', all_varchar = true, names = {})"
        raw = {t: read.format(self.files[t], list(columns))
               for t, columns in (('devices', DEVICES), ('connections', EVENTS), ('flights', FLIGHTS)) if t in self.files}
        for table, columns in (('devices', OF_DEVICE), ('connections', ('outcome', 'error_class'))):
            for column in columns:
                db.execute(f'CREATE TYPE {column} AS ENUM (SELECT DISTINCT {column} FROM {raw[table]} '
                           f'WHERE {column} IS NOT NULL ORDER BY 1)')
        enums = ', '.join(f'{c}::{c} AS {c}' for c in OF_DEVICE)
        db.execute(f'CREATE TABLE devices AS SELECT id::BIGINT AS id, customer_id::BIGINT AS customer_id, {enums}, '
                   f'make_timestamp(activated_at::BIGINT * 1000) AS activated_at FROM {raw["devices"]} ORDER BY activated_at')
        db.execute('CREATE TABLE connections AS SELECT id::BIGINT AS id, make_timestamp("at"::BIGINT * 1000) AS "at", '
                   'device_id::BIGINT AS device_id, outcome::outcome AS outcome, error_class::error_class AS error_class, '
                   f'latency_ms::INTEGER AS latency_ms FROM {raw["connections"]} ORDER BY "at"')
        db.execute('CREATE INDEX connections_device ON connections (device_id)')
        if 'flights' in raw:
            db.execute(f"CREATE TYPE airport AS ENUM (SELECT origin FROM {raw['flights']} UNION SELECT destination FROM "
                       f"{raw['flights']} ORDER BY 1)")
            db.execute('CREATE TABLE flights AS SELECT id::INTEGER AS id, make_timestamp("at"::BIGINT * 1000) AS "at", '
                       'delay::INTEGER AS delay, distance::INTEGER AS distance, origin::airport AS origin, '
                       f'destination::airport AS destination FROM {raw["flights"]} ORDER BY "at"')
        db.execute('CREATE VIEW joined AS SELECT c.*, kind, model, firmware, region '
                   'FROM connections c JOIN devices d ON d.id = c.device_id')
        self.flatten(db)
        db.execute('CHECKPOINT')
        db.close()

    def flatten(self, db):
        pass

    def version(self):
        import duckdb
        return duckdb.__version__

    def open(self):
        import duckdb
        self.db = duckdb.connect(str(self.place / 'fleet.duckdb'))
        self.db.execute('SET threads = 2')
        # So that rows of equal keys may come in any order, as they may everywhere else.
        self.db.execute('SET preserve_insertion_order = false')

    def moment(self, ms):
        return f'make_timestamp({ms * 1000})'

    def names(self):
        return {**super().names(), 'at_day': 'date_trunc(\'day\', "at")', 'at_hour': 'date_trunc(\'hour\', "at")',
                'activated_day': "date_trunc('day', activated_at)",
                'at_hour_kolkata': 'date_trunc(\'hour\', "at" + INTERVAL 30 MINUTE) - INTERVAL 30 MINUTE',
                'at_month': 'date_trunc(\'month\', "at")', 'distance_100': 'distance // 100 * 100',
                'p95_delay': 'quantile_cont(delay, 0.95)',
                'p95': 'quantile_cont(latency_ms, 0.95)', 'p95_sketch': 'approx_quantile(latency_ms, 0.95)',
                'distinct_devices': 'count(DISTINCT device_id)'}

    def ask(self, sql):
        return self.db.execute(sql).fetchall()

    def close(self):
        self.db.close()


class DuckDBFlat(DuckDB):
    title, key = 'DuckDB flat', 'duckdb-flat'

    def flatten(self, db):
        db.execute('DROP VIEW joined')
        db.execute('CREATE TABLE joined AS SELECT c.*, kind, model, firmware, region FROM connections c '
                   'JOIN devices d ON d.id = c.device_id ORDER BY "at"')
        db.execute('DROP TABLE connections')
        db.execute(f'CREATE VIEW connections AS SELECT {", ".join(QUOTED)} FROM joined')


class ClickHouse(Peer):
    title, key, dialect = 'ClickHouse', 'chdb', 'clickhouse'
    # Keyword columns are LowCardinality; a device is looked up in a dictionary, its own way.
    SETTINGS = ('max_threads = 2', "date_time_output_format = 'unix_timestamp'", 'output_format_json_quote_64bit_integers = 0',
                'use_query_condition_cache = 0')
    TYPES = {'devices': ("id UInt64, customer_id UInt64, kind LowCardinality(String), model LowCardinality(String), "
                         "firmware LowCardinality(String), region LowCardinality(String), activated_at DateTime64(3, 'UTC')"),
             'connections': ("id UInt64, at DateTime64(3, 'UTC'), device_id UInt64, outcome LowCardinality(String), "
                             "error_class LowCardinality(Nullable(String)), latency_ms Int32"),
             'flights': ("id UInt32, at DateTime64(3, 'UTC'), delay Int32, distance Int32, origin LowCardinality(String), "
                         "destination LowCardinality(String)")}
    ORDER = {'devices': 'activated_at', 'connections': 'at', 'flights': 'at'}
    COLUMNS = {'devices': DEVICES, 'connections': EVENTS, 'flights': FLIGHTS}

    def _session(self):
        from chdb import session
        self.db = session.Session(str(self.place / 'fleet'))

    def do(self, sql):
        return self.db.query(sql, 'JSONCompactEachRow')

    def load(self):
        self._session()
        self.do('CREATE DATABASE fleet ENGINE = Atomic')
        self.do('USE fleet')
        for table, types in self.TYPES.items():
            if table not in self.files:
                continue
            index = ', INDEX by_device device_id TYPE bloom_filter GRANULARITY 1' if table == 'connections' else ''
            self.do(f'CREATE TABLE fleet.{table} ({types}{index}) ENGINE = MergeTree ORDER BY {self.ORDER[table]}')
            raw = types.replace("DateTime64(3, 'UTC')", 'Int64')
            names = [f"fromUnixTimestamp64Milli({n}, 'UTC')" if n in ('at', 'activated_at') else n
                     for n in self.COLUMNS[table]]
            raw = raw.replace("'", "\\'")
            self.do(f"INSERT INTO fleet.{table} SELECT {', '.join(names)} FROM file('{self.files[table]}', 'CSV', '{raw}')")
        for table in (t for t in self.TYPES if t in self.files):
            self.do(f'OPTIMIZE TABLE fleet.{table} FINAL')
        self.join()
        self.db.close()

    def version(self):
        import chdb
        return f'{chdb.engine_version} by chdb {chdb.__version__}'

    def join(self):
        columns = ', '.join(f'{c} String' for c in OF_DEVICE)
        self.do(f"CREATE DICTIONARY fleet.device (id UInt64, {columns}) PRIMARY KEY id "
                "SOURCE(CLICKHOUSE(DB 'fleet' TABLE 'devices')) LAYOUT(FLAT(MAX_ARRAY_SIZE 100000000)) LIFETIME(0)")
        gets = ', '.join(f"dictGet('fleet.device', '{c}', device_id) AS {c}" for c in OF_DEVICE)
        self.do(f'CREATE VIEW fleet.joined AS SELECT *, {gets} FROM fleet.connections')

    def open(self):
        self._session()
        self.do('USE fleet')
        for setting in self.SETTINGS:
            self.do(f'SET {setting}')

    def moment(self, ms):
        return f"toDateTime64({ms / 1000:.3f}, 3, 'UTC')"

    def names(self):
        return {**super().names(), 'at_day': 'toStartOfDay(at)', 'at_hour': 'toStartOfHour(at)',
                'activated_day': 'toStartOfDay(activated_at)',
                'at_hour_kolkata': "toStartOfHour(toTimeZone(at, 'Asia/Kolkata'))",
                'at_month': "toDateTime64(toStartOfMonth(at), 3, 'UTC')", 'distance_100': 'intDiv(distance, 100) * 100',
                'p95_delay': 'quantileExactInclusive(0.95)(delay)',
                'p95': 'quantileExactInclusive(0.95)(latency_ms)', 'p95_sketch': 'quantileTiming(0.95)(latency_ms)',
                'distinct_devices': 'uniqExact(device_id)'}

    def ask(self, sql):
        return [json.loads(line) for line in str(self.do(sql)).splitlines()]

    def close(self):
        self.db.close()


class ClickHouseFlat(ClickHouse):
    title, key = 'ClickHouse flat', 'chdb-flat'

    def join(self):
        columns = ', '.join(f'd.{c} AS {c}' for c in OF_DEVICE)
        self.do(f'CREATE TABLE fleet.joined ENGINE = MergeTree ORDER BY at AS SELECT c.*, {columns} '
                'FROM fleet.connections AS c INNER JOIN fleet.devices AS d ON d.id = c.device_id')
        self.do('DROP TABLE fleet.connections SYNC')
        self.do(f'CREATE VIEW fleet.connections AS SELECT {", ".join(QUOTED)} FROM fleet.joined')
        self.do('OPTIMIZE TABLE fleet.joined FINAL')


def opensearch_zip(release):
    """The node without plugins, out of Maven's own store."""
    into = HERE.parent / 'build' / 'peers' / 'opensearch'
    file = into / f'opensearch-{release}.zip'
    artifact = f'org.opensearch.distribution.integ-test-zip:opensearch:{release}:zip'
    if not shutil.which('java'):
        raise ImportError('there is no Java')
    if not file.exists() and shutil.which('mvn'):
        subprocess.run(['mvn', '-q', '-B', 'dependency:copy', f'-Dartifact={artifact}', f'-DoutputDirectory={into}'],
                       capture_output=True)
    if not file.exists():
        raise ImportError(f'Maven does not get {artifact}')
    return file


KEYWORD = {'type': 'keyword'}
DATE = {'type': 'date', 'format': 'epoch_millis||strict_date_optional_time'}
DEVICE_MAPPING = {c: KEYWORD for c in OF_DEVICE}


class OpenSearch(Peer):
    """A node of its own; the columns of the device are copied into each event, as there is no join."""
    title, key, dialect, percentile = 'OpenSearch', 'opensearch', 'opensearch', 'sketch'
    release = '2.19.1'
    bulk_rows = 5000
    MAPPINGS = {'devices': {'id': KEYWORD, 'customer_id': KEYWORD, **DEVICE_MAPPING, 'activated_at': DATE},
                'connections': {'at': DATE, 'device_id': KEYWORD, 'device': {'properties': DEVICE_MAPPING},
                                'outcome': KEYWORD, 'error_class': KEYWORD, 'latency_ms': {'type': 'integer'}},
                'flights': {'at': DATE, 'delay': {'type': 'integer'}, 'distance': {'type': 'integer'}, 'origin': KEYWORD,
                            'destination': KEYWORD}}

    def start(self):
        """The node over its kept directory; what it was loaded with is there again."""
        import sides
        place = self.place

        class Node(sides.OpenSearch):
            def __init__(self, file):
                try:
                    super().__init__(file)
                except AssertionError:
                    self.drop()
                    raise

            def _settings(self):
                super()._settings()
                with open(self.home / 'config' / 'opensearch.yml', 'a') as file:
                    file.write(f'path.data: {place}\nsearch.max_buckets: 1000000\n')
                with open(self.home / 'bin' / 'opensearch-env', 'a') as file:
                    file.write('\nexport OPENSEARCH_JAVA_OPTS="-Xms4g -Xmx4g"\n')

        file = opensearch_zip(self.release)
        place.mkdir(exist_ok=True)
        if os.getuid() == 0:
            user = pwd.getpwnam('postgres')
            for path in [place, *place.rglob('*')]:
                os.chown(path, user.pw_uid, user.pw_gid)
        self.node = Node(file)
        from client import Door
        self.door = Door(self.node.port)

    def load(self):
        sources = {'devices': lambda: self._devices({}), 'connections': self._events, 'flights': self._flights}
        for index, properties in self.MAPPINGS.items():
            if index not in self.files:
                continue
            settings = {'number_of_shards': 1, 'number_of_replicas': 0, 'refresh_interval': -1,
                        'sort.field': 'activated_at' if index == 'devices' else 'at', 'sort.order': 'desc',
                        'translog.durability': 'async'}
            self.node._must('PUT', f'/{index}', json.dumps({
                'settings': {'index': settings}, 'mappings': {'properties': properties}}))
            self._bulk(index, sources[index]())
            self._post(f'/{index}/_refresh')
            self._post(f'/{index}/_forcemerge?max_num_segments=1')
            self._post(f'/{index}/_flush')

    def wait(self):
        """Until all shards of a node that was started over its data are there."""
        import requests
        requests.get(f'http://127.0.0.1:{self.node.port}/_cluster/health?wait_for_status=green&timeout=120s',
                     timeout=130).raise_for_status()

    def _post(self, path):
        import requests
        requests.post(f'http://127.0.0.1:{self.node.port}{path}', timeout=3600).raise_for_status()

    def _devices(self, out):
        with open(self.files['devices'], newline='') as file:
            for row in csv.reader(file):
                doc = dict(zip(DEVICES, row))
                out[doc['id']] = json.dumps({c: doc[c] for c in OF_DEVICE})
                yield json.dumps(doc)

    def _events(self):
        devices = {}
        for _ in self._devices(devices):
            pass
        with open(self.files['connections'], newline='') as file:
            for _, at, device, outcome, error, latency in csv.reader(file):
                error = '' if error == '\\N' else f'"error_class":"{error}",'
                yield (f'{{"at":{at},"device_id":"{device}","device":{devices[device]},"outcome":"{outcome}",'
                       f'{error}"latency_ms":{latency}}}')

    def _flights(self):
        with open(self.files['flights'], newline='') as file:
            for _, at, delay, distance, origin, destination in csv.reader(file):
                yield (f'{{"at":{at},"delay":{delay},"distance":{distance},"origin":"{origin}",'
                       f'"destination":"{destination}"}}')

    def _bulk(self, index, docs):
        """By two at a time, as it indexes a bulk with one thread; no more than four bodies wait."""
        room = threading.Semaphore(4)
        with futures.ThreadPoolExecutor(2) as senders:
            sent = []
            while lines := list(itertools.islice(docs, self.bulk_rows)):
                body = ''.join('{"index":{}}\n' + line + '\n' for line in lines).encode()
                room.acquire()
                sent.append(senders.submit(self._send, index, body))
                sent[-1].add_done_callback(lambda _: room.release())
            for one in sent:
                one.result()

    def _send(self, index, body):
        import requests
        reply = requests.post(f'http://127.0.0.1:{self.node.port}/{index}/_bulk?filter_path=errors', data=body,
                              timeout=600, headers={'Content-Type': 'application/x-ndjson'})
        reply.raise_for_status()
        if reply.json()['errors']:
            raise ValueError(f'_bulk: {reply.text[:1000]}')

    def version(self):
        return self.release

    def moment(self, ms):
        return ''

    def close(self):
        self.node.drop()


PEERS = (PostgreSQL, SQLite, DuckDB, DuckDBFlat, ClickHouse, ClickHouseFlat, OpenSearch)
PACKAGES = ('duckdb', 'chdb')


def environment():
    """Where the packages from PyPI are, installed below build/bench when they are not; and pip's words if it fails."""
    home = HERE.parent / 'build' / 'bench' / 'peers'
    python = home / 'bin' / 'python'
    site = home / 'lib' / f'python{sys.version_info.major}.{sys.version_info.minor}' / 'site-packages'
    if all((site / package).exists() for package in PACKAGES):
        return site, ''
    words = [sys.executable, '-m', 'venv', '--without-pip', str(home)]
    done = subprocess.run(words, capture_output=True, text=True)
    for pip in (['pip3'], ['python3', '-m', 'pip']):
        if done.returncode == 0 and python.exists():
            with contextlib.suppress(OSError):
                got = subprocess.run([*pip, '--python', str(python), 'install', '-q', *PACKAGES], capture_output=True, text=True)
                if got.returncode == 0:
                    return site, ''
                done.stderr += got.stderr
    return site, done.stderr.strip()[-300:]
