"""The two sides of a conversation: a tamis over a PostgreSQL, and an OpenSearch node."""
import contextlib
import json
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile

import requests

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / 'flow')]
import rows  # noqa: E402
from harness import Tamis, free_port, until  # noqa: E402


class Here:
    """A tamis that holds the rows."""

    def __init__(self, postgres):
        rows.create(postgres)
        self.tamis = Tamis(postgres, (HERE / 'policy.yml').read_text())
        self.tamis.set_up_source()
        self.tamis.user('analyst', 'analyst')
        self.tamis.start()
        until('all rows are here', self._is_whole, 60)
        self.ids = {table: self._ids_of(table) for table in rows.TABLES}

    def _is_whole(self):
        with contextlib.suppress(requests.RequestException, AssertionError):
            return all(self.tamis.count(table) == len(rows.ROWS[table]) for table in rows.TABLES)
        return False

    def _ids_of(self, table):
        hits = self.tamis.get(f'/{table}/_search', {'size': 1000})['hits']['hits']
        return {hit['_source']['n']: hit['_id'] for hit in hits}

    def ask(self, method, path, params, body, kind):
        return requests.request(method, self.tamis.url + path, params=params, data=body, verify=self.tamis.ca, timeout=60,
                                auth=('analyst', self.tamis.users['analyst']), headers={'Content-Type': kind} if body else {})

    def drop(self):
        self.tamis.stop()
        self.tamis.drop()


class OpenSearch:
    """A node of its own, on loopback, run by an ordinary user, without any plugin."""

    def __init__(self, file):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix='tamis-oracle-'))
        with zipfile.ZipFile(file) as packed:
            packed.extractall(self.dir)
        self.home = next(self.dir.glob('opensearch-*'))
        self.port = free_port()
        self._settings()
        command = [str(self.home / 'bin' / 'opensearch')]
        if os.getuid() == 0:
            user = pwd.getpwnam('postgres')
            for path in [self.dir, *self.dir.rglob('*')]:
                os.chown(path, user.pw_uid, user.pw_gid)
            command = ['runuser', '-u', 'postgres', '--', *command]
        (self.home / 'bin' / 'opensearch').chmod(0o755)
        java = pathlib.Path(shutil.which('java')).resolve().parents[1]
        with open(self.dir / 'log', 'wb') as log:
            self.node = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                         env={**os.environ, 'OPENSEARCH_JAVA_HOME': str(java),
                                              'OPENSEARCH_JAVA_OPTS': '-Xms512m -Xmx512m'})
        until('the node answers', self._answers, 180, 0.5)

    def _settings(self):
        settings = {'discovery.type': 'single-node', 'network.host': '127.0.0.1', 'http.port': self.port,
                    'transport.port': free_port(), 'cluster.routing.allocation.disk.threshold_enabled': 'false'}
        (self.home / 'config' / 'opensearch.yml').write_text(''.join(f'{k}: {v}\n' for k, v in settings.items()))
        for script in (self.home / 'bin').iterdir():
            script.chmod(0o755)

    def _answers(self):
        if self.node.poll() is not None:
            raise AssertionError(f'the node ended:\n{(self.dir / "log").read_text()[-3000:]}')
        with contextlib.suppress(requests.RequestException):
            return requests.get(f'http://127.0.0.1:{self.port}/', timeout=5).ok
        return False

    def load(self, here):
        """Makes the indices that tamis has, with its own mappings, and the same rows in them."""
        for table in rows.TABLES:
            mapping = here.tamis.get(f'/{table}/_mapping')[table]['mappings']
            settings = {'number_of_shards': 1, 'number_of_replicas': 0}
            self._must('PUT', f'/{table}', json.dumps({'settings': settings, 'mappings': mapping}))
            if rows.ROWS[table]:
                made = self._must('POST', '/_bulk?refresh=true', rows.bulk(table, here.ids))
                assert not made['errors'], made

    def _must(self, method, path, body):
        reply = self.ask(method, path, {}, body.encode(), 'application/json')
        assert reply.ok, reply.text
        return reply.json()

    def ask(self, method, path, params, body, kind):
        return requests.request(method, f'http://127.0.0.1:{self.port}{path}', params=params, data=body, timeout=60,
                                headers={'Content-Type': kind} if body else {})

    def drop(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.node.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.node.wait(timeout=30)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.node.pid, signal.SIGKILL)
        time.sleep(0.2)
        shutil.rmtree(self.dir, ignore_errors=True)
