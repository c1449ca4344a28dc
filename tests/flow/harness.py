"""Real parts for the flow tests: a PostgreSQL, a fleet in it, and a tamis that mirrors it.

Everything is started on loopback by the test itself, in a directory of its own below the
system's temporary directory, and stopped again.
"""
import contextlib
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

import psycopg2
import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
TAMIS = pathlib.Path(os.environ.get('TAMIS', ROOT / 'build' / 'tamis'))
FLEET = ROOT / 'build' / 'tamis-fleet'


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def until(what, true, seconds=30, every=0.05):
    """Waits for `true()`; fails the test with `what` when it does not come in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = true()
        if value:
            return value
        time.sleep(every)
    raise AssertionError(f'not within {seconds} s: {what}')


class Postgres:
    """A PostgreSQL server with logical replication, run by an ordinary user."""

    BIN = sorted(pathlib.Path('/usr/lib/postgresql').glob('*/bin'))[-1]

    def __init__(self, fsync=False):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix='tamis-pg-'))
        self.port = free_port()
        self.fsync = fsync
        if os.getuid() == 0:
            user = pwd.getpwnam('postgres')
            os.chown(self.dir, user.pw_uid, user.pw_gid)
        self._run('initdb', '-D', 'data', '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C', '--no-sync')
        self.start()

    def _run(self, program, *words):
        command = [str(self.BIN / program), *map(str, words)]
        if os.getuid() == 0:
            command = ['runuser', '-u', 'postgres', '--', *command]
        subprocess.run(command, cwd=self.dir, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    def start(self):
        options = ['wal_level=logical', f'fsync={"on" if self.fsync else "off"}', 'listen_addresses=127.0.0.1',
                   f'port={self.port}', f'unix_socket_directories={self.dir}', 'max_wal_size=2GB']
        self._run('pg_ctl', '-D', 'data', '-w', '-l', 'log', '-o', ' '.join(f'-c {o}' for o in options), 'start')

    def stop(self, mode='immediate'):
        with contextlib.suppress(subprocess.CalledProcessError):
            self._run('pg_ctl', '-D', 'data', '-w', '-m', mode, 'stop')

    def drop(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def conninfo(self, database='fleet', user=None):
        words = f'host=127.0.0.1 port={self.port} dbname={database}'
        return words + (f' user={user}' if user else '')

    @contextlib.contextmanager
    def connect(self, database='fleet', user='postgres'):
        db = psycopg2.connect(self.conninfo(database, user))
        db.autocommit = True
        try:
            yield db
        finally:
            db.close()

    def sql(self, text, parameters=None, database='fleet'):
        with self.connect(database) as db, db.cursor() as cursor:
            cursor.execute(text, parameters)
            return cursor.fetchall() if cursor.description else None

    def make_fleet(self, customers=1000, events=None):
        self.sql('DROP DATABASE IF EXISTS fleet WITH (FORCE)', database='postgres')
        self.sql('CREATE DATABASE fleet', database='postgres')
        words = [str(FLEET), '--conninfo', self.conninfo(user='postgres'), '--customers', str(customers)]
        if events is not None:
            words += ['--events', str(events)]
        subprocess.run(words, check=True, stderr=subprocess.DEVNULL)

    @contextlib.contextmanager
    def live(self, rate, customers=1000):
        """Live changes while the block runs."""
        process = subprocess.Popen([str(FLEET), '--conninfo', self.conninfo(user='postgres'), '--customers',
                                    str(customers), '--live', str(rate)], stderr=subprocess.DEVNULL)
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


class Tamis:
    """A tamis directory and, between start() and stop(), its server.  Without a PostgreSQL it has a policy of its own."""

    def __init__(self, postgres, policy=None):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix='tamis-flow-'))
        os.chmod(self.dir, 0o755)
        self.home = self.dir / 'home'
        self.port = free_port()
        self.postgres = postgres
        self.server = None
        self.password_file = self.dir / 'admin.password'
        self.log = self.dir / 'serve.log'
        self.run('init', self.home, '--password-file', self.password_file)
        self.users = {'admin': self.password_file.read_text().strip()}
        self.write_policy(policy or (ROOT / 'demo' / 'policy.yml').read_text())

    def write_policy(self, text):
        if '@CONNINFO@' in text:
            text = text.replace('@CONNINFO@', self.postgres.conninfo() + ' sslmode=disable')
        (self.home / 'policy.yml').write_text(text)

    def write_passwords(self):
        for kind in ('replication', 'copy'):
            (self.home / 'keys' / f'fleet-{kind}.password').write_text(f'test {kind} password\n')

    def set_up_source(self, source='fleet'):
        """What the DBA does: roles, grants, publication."""
        self.write_passwords()
        sql = self.run('source', 'sql', source, '--dir', self.home).stdout
        self.postgres.sql('DO $$ BEGIN EXECUTE (SELECT coalesce(string_agg(format(\'DROP OWNED BY %I CASCADE; DROP ROLE %I\', '
                          'rolname, rolname), \';\'), \'SELECT 1\') FROM pg_roles WHERE rolname LIKE \'tamis_%\'); END $$')
        self.postgres.sql(sql)

    def run(self, *words, check=True, **more):
        done = subprocess.run([str(TAMIS), *map(str, words)], text=True, capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=120, **more)
        if check and done.returncode != 0:
            raise AssertionError(f'tamis {" ".join(map(str, words))}: {done.returncode}\n{done.stdout}\n{done.stderr}')
        return done

    def start(self, wait=True):
        ready = self.dir / 'ready'
        ready.unlink(missing_ok=True)
        with open(self.log, 'ab') as log:
            self.server = subprocess.Popen([str(TAMIS), 'serve', str(self.home), '--listen', f'127.0.0.1:{self.port}',
                                            '--ready-file', str(ready)], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        if wait:
            until('the ready file appears', lambda: ready.exists() or self._ended())

    def _ended(self):
        if self.server.poll() is not None:
            raise AssertionError(f'the server ended with {self.server.returncode}:\n{self.log.read_text()[-4000:]}')
        return False

    def stop(self):
        if self.server and self.server.poll() is None:
            self.server.terminate()
            self.server.wait(timeout=30)
        self.server = None

    def drop(self):
        if self.server and self.server.poll() is None:
            self.server.kill()
            self.server.wait()
        if not os.environ.get('KEEP'):
            shutil.rmtree(self.dir, ignore_errors=True)

    def user(self, name, role):
        file = self.dir / f'{name}.password'
        self.run('user', 'add', '--dir', self.home, name, '--role', role, '--password-file', file)
        self.users[name] = file.read_text().strip()

    @property
    def url(self):
        return f'https://127.0.0.1:{self.port}'

    @property
    def ca(self):
        return str(self.home / 'tls' / 'ca.crt')

    def http(self, method, path, body=None, user='analyst', **more):
        auth = (user, self.users[user]) if user else None
        return requests.request(method, self.url + path, json=body, auth=auth, verify=self.ca, timeout=60, **more)

    def get(self, path, body=None, user='analyst', status=200, method=None):
        reply = self.http(method or ('POST' if body is not None else 'GET'), path, body, user)
        assert reply.status_code == status, f'{path}: {reply.status_code} {reply.text[:2000]}'
        return reply.json()

    def count(self, index, query=None):
        return self.get(f'/{index}/_count', {'query': query} if query else {'query': {'match_all': {}}})['count']

    def metric(self, name, user='analyst', **parameters):
        return self.get(f'/_tamis/metrics/{name}?' + urllib.parse.urlencode(parameters), user=user)['rows']

    def status(self):
        with contextlib.suppress(OSError, ValueError):
            return json.loads((self.home / 'run' / 'status.json').read_text())
        return {}

    def process(self, name):
        """pid of keeper, mirror or serve: the launcher's child of that name."""
        for task in pathlib.Path(f'/proc/{self.server.pid}/task').iterdir():
            for child in (task / 'children').read_text().split():
                with contextlib.suppress(OSError):
                    if name in pathlib.Path(f'/proc/{child}/comm').read_text():
                        return int(child)
        return None

    def kill(self, name):
        pid = self.process(name)
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return pid

    def caught_up(self, seconds=60):
        """Waits until every row that PostgreSQL has is counted here."""
        tables = ('customers', 'devices', 'connections')

        def same():
            with contextlib.suppress(requests.RequestException, AssertionError):
                return all(self.count(t) == self.postgres.sql(f'SELECT count(*) FROM {t}')[0][0] for t in tables)
            return False
        until('the copy has caught up', same, seconds)


@contextlib.contextmanager
def pushed_into(policy):
    """A tamis without a source that takes documents: analyst reads, loader also writes."""
    it = Tamis(None, policy)
    try:
        it.user('analyst', 'analyst')
        it.user('loader', 'writer,analyst')
        it.start()
        until('mirror takes documents', lambda: it.http('DELETE', '/app-events/_doc/none', user='loader').status_code == 404)
        yield it
        it.stop()
    finally:
        it.drop()
