"""The rows, made once and kept below build/bench: a PostgreSQL, a tamis that has mirrored it, CSV files.

    build/bench/data-ROWS/postgres/    the source, a cluster of its own
                          tamis/       DIR of the mirror, at rest
                          *.csv        what every peer loads, times in milliseconds
                          PEER/        the database of each peer
                          made.json    what is there, and how long each took to make
"""
import contextlib
import json
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tarfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
HOME = ROOT / 'build' / 'bench'
sys.path[:0] = [str(HERE), str(ROOT / 'tests' / 'flow')]
import peers  # noqa: E402
from harness import Postgres, Tamis, free_port, until  # noqa: E402

EVENTS_OF_DEVICE = 20  # so that 20 M events are of 1 M devices
DEVICES_OF_CUSTOMER = 1.6
FLIGHTS = 'flights-3m.parquet'
FLIGHTS_PACKAGE = 'vega-datasets@3.2.1'
FLIGHTS_POLICY = '''      flights:
        key: id
        time: at
        columns:
          id:          {treat: drop}
          at:          {treat: keep, as: date}
          delay:       {treat: keep, as: integer}
          distance:    {treat: keep, as: integer}
          origin:      {treat: keep, as: keyword}
          destination: {treat: keep, as: keyword}
'''
MS = 'floor(extract(epoch from {0}) * 1000)::bigint AS {0}'
EXPORTS = {'devices': (peers.DEVICES, 'activated_at'), 'connections': (peers.EVENTS, 'at'),
           'flights': (peers.FLIGHTS, 'at')}


def size_of(path):
    return sum(f.stat().st_size for f in pathlib.Path(path).rglob('*') if f.is_file())


class KeptPostgres(Postgres):
    """The same cluster in every run; only its port is new."""

    def __init__(self, directory):  # pylint: disable=super-init-not-called
        self.dir, self.port, self.fsync = directory, free_port(), False
        if not (directory / 'data').exists():
            directory.mkdir(parents=True)
            if os.getuid() == 0:
                user = pwd.getpwnam('postgres')
                os.chown(directory, user.pw_uid, user.pw_gid)
            self._run('initdb', '-D', 'data', '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C', '--no-sync')
            self.start()
            for setting in ("shared_buffers = '2GB'", "effective_cache_size = '8GB'", 'max_parallel_workers = 2'):
                self.sql(f'ALTER SYSTEM SET {setting}', database='postgres')
            self.stop('fast')
        self.start()

    def drop(self):
        self.stop('fast')


class KeptTamis(Tamis):
    """The same installation in every run.  `postgres` None: it is served without its source."""

    def __init__(self, postgres, directory, policy):  # pylint: disable=super-init-not-called
        self.dir, self.home, self.port, self.postgres = directory, directory / 'home', free_port(), postgres
        self.server, self.log = None, directory / 'serve.log'
        self.password_file = directory / 'admin.password'
        if not self.home.exists():
            directory.mkdir(parents=True)
            os.chmod(directory, 0o755)
            self.run('init', self.home, '--password-file', self.password_file)
        self.users = {f.stem: f.read_text().strip() for f in directory.glob('*.password')}
        if postgres:
            self.write_policy(policy)

    def drop(self):
        self.stop()

    def at_rest(self):
        seen = []

        def rests():
            time.sleep(3)
            seen.append(size_of(self.home / 'data'))
            return len(seen) > 2 and seen[-1] == seen[-3]
        until('sealing and merging have ended', rests, 600)


class Data:
    """What a run asks about.  `events` rows of the fleet, and flights unless `has_flights` is False."""

    def __init__(self, events, has_flights=True):
        self.events, self.has_flights = events, has_flights
        self.dir = HOME / (f'data-{events}' + ('' if has_flights else '-fleet'))
        self.dir.mkdir(parents=True, exist_ok=True)
        for directory in (HOME, self.dir):
            os.chmod(directory, 0o755)
        self.postgres = None

    # --- what has been made

    def made(self):
        with contextlib.suppress(OSError, ValueError):
            return json.loads((self.dir / 'made.json').read_text())
        return {}

    def note(self, name, **facts):
        (self.dir / 'made.json').write_text(json.dumps({**self.made(), name: facts}, indent=1))

    def forget(self, name):
        (self.dir / 'made.json').write_text(json.dumps({k: v for k, v in self.made().items() if k != name}, indent=1))
        shutil.rmtree(self.dir / name, ignore_errors=True)

    # --- PostgreSQL and what it exports

    def start_postgres(self):
        if not self.postgres:
            self.postgres = KeptPostgres(self.dir / 'postgres')
        return self.postgres

    def stop_postgres(self):
        if self.postgres:
            self.postgres.drop()
        self.postgres = None

    def files(self):
        files = {t: str(self.dir / f'{t}.csv') for t in EXPORTS if t != 'flights' or self.has_flights}
        files['events'] = self.events
        if self.postgres:
            files['conninfo'] = self.postgres.conninfo(user='postgres')
        return files

    def make_rows(self, site):
        if 'rows' in self.made():
            return
        self.forget('postgres')
        postgres = self.start_postgres()
        customers = max(int(self.events / EVENTS_OF_DEVICE / DEVICES_OF_CUSTOMER), 1)
        postgres.make_fleet(customers, self.events)
        if self.has_flights:
            self._copy_flights(postgres, site)
        rows = {}
        for table in self.tables():
            columns, order = EXPORTS[table]
            names = ', '.join(MS.format(c) if c in ('at', 'activated_at') else c for c in columns)
            with open(self.dir / f'{table}.csv', 'wb') as file:
                subprocess.run(['psql', '-q', '-d', postgres.conninfo(user='postgres'), '-c', f'COPY (SELECT {names} FROM '
                                f"{table} ORDER BY {table}.{order}) TO STDOUT (FORMAT csv, NULL '\\N')"], check=True, stdout=file)
            rows[table] = postgres.sql(f'SELECT count(*) FROM {table}')[0][0]
        last_day = int(postgres.sql("SELECT extract(epoch FROM date_trunc('day', max(at), 'UTC')) FROM connections")[0][0])
        self.note('rows', customers=customers, last_day_ms=last_day * 1000, **rows)

    def tables(self):
        return [t for t in EXPORTS if t != 'flights' or self.has_flights]

    def _copy_flights(self, postgres, site):
        parquet, csv = flights_file(), self.dir / 'flights.raw.csv'
        words = [sys.executable, '-c', 'import sys; sys.path.insert(0, sys.argv[1]); import duckdb; duckdb.execute('
                 "f\"COPY (SELECT row_number() OVER () AS id, date AS at, delay, distance, origin, destination FROM (SELECT * FROM "
                 "'{sys.argv[2]}' ORDER BY date)) TO '{sys.argv[3]}' (HEADER false)\")", str(site), str(parquet), str(csv)]
        subprocess.run(words, check=True)
        postgres.sql('CREATE TABLE flights (id int PRIMARY KEY, at timestamptz NOT NULL, delay int, distance int, '
                     'origin text, destination text)')
        with open(csv, 'rb') as file:
            subprocess.run(['psql', '-q', '-d', postgres.conninfo(user='postgres'), '-c', "SET timezone = 'UTC'", '-c',
                            'COPY flights FROM STDIN (FORMAT csv)'], check=True, stdin=file)
        csv.unlink()

    # --- tamis

    def policy(self):
        text = (ROOT / 'demo' / 'policy.yml').read_text()
        return text.replace('metrics:\n', FLIGHTS_POLICY + 'metrics:\n', 1) if self.has_flights else text

    def tamis(self):
        return KeptTamis(None, self.dir / 'tamis', '')

    def make_tamis(self):
        if 'tamis' in self.made():
            return
        self.forget('tamis')
        postgres = self.start_postgres()
        postgres.sql('DROP PUBLICATION IF EXISTS tamis_fleet')  # of one that was made before
        postgres.sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name LIKE 'tamis%'")
        tamis = KeptTamis(postgres, self.dir / 'tamis', self.policy())
        try:
            tamis.set_up_source()
            tamis.user('analyst', 'analyst')
            start = time.monotonic()
            tamis.start()
            until('the copy is whole', lambda: (tamis.status().get('sources') or [{}])[0].get('phase') == 'streaming', 3600, 0.1)
            took = time.monotonic() - start
            for table in self.tables():
                until(f'{table} is whole', lambda t=table: tamis.count(t) == self.made()['rows'][t], 600, 0.5)
            tamis.at_rest()
            self.note('tamis', load_s=took, disk=size_of(tamis.home / 'data'), version=tamis.run('version').stdout.split()[1])
        finally:
            tamis.stop()


def flights_file():
    """The file of the npm package, fetched once."""
    place = HOME / 'vega'
    file = place / 'package' / 'data' / FLIGHTS
    if not file.exists():
        place.mkdir(parents=True, exist_ok=True)
        subprocess.run(['npm', 'pack', '--silent', FLIGHTS_PACKAGE], cwd=place, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(place.glob('*.tgz'))) as packed:
            packed.extract(f'package/data/{FLIGHTS}', place)
    return file
