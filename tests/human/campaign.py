#!/usr/bin/env python3
"""The operator-mistake campaign: flip each setting, then each pair, restart, and ask as those who look for open servers do.

What can be set is what `tamis policy settings --json` lists, so a setting that is added is flipped from then on.  The invariant:
without a credential not one byte of what is stored, nor of what describes it, leaves.  A server that does not start is closed.
The last line is `N settings, P pairs, M probes, 0 open`; exit status 1 when something is open.

    tests/human/campaign.py                 all pairs (an hour)
    tests/human/campaign.py --pairs 10      every setting alone would take minutes: a sample of both, for make check
"""
import argparse
import base64
import contextlib
import http.client
import itertools
import json
import os
import pathlib
import random
import shutil
import socket
import sqlite3
import ssl
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'flow'))
from harness import Tamis, free_port  # noqa: E402  pylint: disable=wrong-import-position

POLICY = '''push:
  zzindex:
    columns:
      zzmodel:   {treat: keep, as: keyword}
      zzsubject: {treat: pseudonym, subject: zzperson}
      zzamount:  {treat: round, to: 10}
floor: {subjects: 5, subject: zzperson}
'''
# None of these may be in a reply to somebody without a credential.
MARKS = [b'zzindex', b'zzmodel', b'zzsubject', b'zzamount', b'zzperson', b'zzvalue', b'zzcluster', b'zznode',
         b'"number"', b'"took"', b'number_of_nodes', b'cluster_name', b'lucene']
OPEN_TO_ALL = {'/healthz', '/readyz'}

# PROTECTION.md D.1: what the finders send.
FINDERS = [
    ('GET', '/'), ('GET', '/?pretty'), ('GET', '/_nodes'), ('GET', '/_cat/indices?v'),
    ('GET', '/_cat/indices?format=json&bytes=b'), ('GET', '/_all/_search'), ('GET', '/zzindex/_search?size=1'),
    ('GET', '/_cluster/health?pretty'), ('POST', '/api/console/proxy?path=%2F_nodes&method=GET'),
    ('GET', '/elasticsearch/_nodes'),
]
ENDS = ['', '_search', '_count', '_mapping', '_settings', '_stats', '_doc/1', '_source/1', '_bulk', '_msearch', '_field_caps?fields=*',
        '_alias', '_refresh', '_termvectors/1', '_validate/query', '_explain/1', '_analyze', '_sql', '_query']
HEADS = ['', '/zzindex', '/_all', '/*', '/zz*', '/zzindex,other', '/%7a%7aindex', '/./zzindex', '//zzindex', '/_cat/../zzindex', '/-*,zzindex',
         '/_tamis', '/_security', '/_cat', '/_cluster', '/_nodes']
LATER = ['/_tamis/metrics', '/_tamis/status', '/_tamis/posture', '/_tamis/audit', '/metrics', '/_security/user', '/_security/api_key',
         '/_security/_authenticate', '/_cat/shards', '/_cat/health', '/_cat/nodes', '/_cluster/state', '/_cluster/stats', '/_stats']
METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE']
HEADERS = [
    {}, {'Authorization': ''}, {'Authorization': 'Basic '}, {'Authorization': 'Basic Og=='}, {'Authorization': 'Bearer x'},
    {'Authorization': 'ApiKey '}, {'Authorization': 'ApiKey Og=='}, {'Authorization': 'None'}, {'X-Forwarded-For': '127.0.0.1'},
    {'X-Forwarded-User': 'admin'}, {'es-security-runas-user': 'admin'}, {'X-Remote-User': 'admin'}, {'kbn-xsrf': 'true'},
    {'X-Opaque-Id': 'admin'}, {'Host': 'localhost'}, {'X-HTTP-Method-Override': 'GET'}, {'Content-Type': 'application/json'},
]
BODIES = [None, '{}', '{"query":{"match_all":{}}}', '{"size":1}', '{"aggs":{"a":{"terms":{"field":"zzmodel"}}}}', '{', '\0']


def variants(chance, count):
    """`count` requests that differ from the finders' in method, path, header and body."""
    for _ in range(count):
        path = chance.choice(LATER) if chance.random() < 0.2 else chance.choice(HEADS) + '/' + chance.choice(ENDS)
        yield chance.choice(METHODS), path, chance.choice(HEADERS), chance.choice(BODIES)


class Campaign:
    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.probes, self.open, self.starts, self.closed = 0, [], 0, 0
        self.tamis = Tamis(None, POLICY)
        (self.tamis.home / 'tamis.yml').write_text((self.tamis.home / 'tamis.yml').read_text().replace(
            'cluster_name: tamis', 'cluster_name: zzcluster\nnode_name: zznode'))
        for name, role in (('writer', 'writer'), ('second', 'admin')):
            self.tamis.user(name, role)
        self.tamis.start()
        for i in range(20):
            reply = self.tamis.http('POST', '/zzindex/_doc', {'zzmodel': f'zzvalue{i}', 'zzsubject': f'p{i}', 'zzamount': i}, user='writer')
            assert reply.status_code == 201, reply.text
        self.control()
        self.tamis.stop()
        self.tamis.start()  # what has entered is on record from here
        self.tamis.stop()
        self.kept = self.tamis.dir / 'kept'
        self.copy(self.tamis.home, self.kept)

    def control(self):
        """With a credential the same question is seen to answer, or nothing here could ever fail."""
        context = ssl._create_unverified_context()  # pylint: disable=protected-access
        connection = http.client.HTTPSConnection('127.0.0.1', self.tamis.port, timeout=10, context=context)
        pair = base64.b64encode(f'second:{self.tamis.users["second"]}'.encode()).decode()
        self.ask(connection, 'GET', '/_all/_mapping', {'Authorization': f'Basic {pair}'}, None, 'control')
        connection.close()
        assert len(self.open) == 1, 'the campaign does not see an open server'
        self.probes, self.open = 0, []

    @staticmethod
    def copy(source, target):
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, symlinks=True)
        for path in [source, *source.rglob('*')]:
            st = path.lstat()
            there = target / path.relative_to(source)
            os.chown(there, st.st_uid, st.st_gid)
            os.chmod(there, st.st_mode & 0o777)

    def restore(self):
        self.copy(self.kept, self.tamis.home)

    def ask(self, connection, method, path, headers, body, what):
        self.probes += 1
        try:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            text = reply.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return
        said = text + repr(reply.getheaders()).encode()
        leaks = [m.decode() for m in MARKS if m in said and m not in path.encode() and m not in (body or '').encode()]
        bare = path.split('?')[0]
        if leaks or (reply.status < 300 and bare not in OPEN_TO_ALL and method != 'OPTIONS') or (reply.status < 300 and text and method == 'OPTIONS'):
            self.open.append(f'{what}: {method} {path} {headers}: {reply.status} {leaks} {text[:120]}')

    def probe(self, address, what, count):
        # No certificate is checked: whoever looks for open servers does not either.
        context = ssl._create_unverified_context()  # pylint: disable=protected-access
        connection = http.client.HTTPSConnection(*address, timeout=10, context=context)
        for method, path in FINDERS:
            self.ask(connection, method, path, {}, None, what)
        for method, path, headers, body in variants(self.chance, count):
            self.ask(connection, method, path, headers, body, what)
        connection.close()
        plain = http.client.HTTPConnection(*address, timeout=10)
        self.ask(plain, 'POST', '/_all/_search', {}, None, what + ' (plain HTTP)')
        plain.close()

    def beyond(self, port, what):
        """From an address that is not loopback: nobody listens there."""
        for info in socket.getaddrinfo(socket.gethostname(), port, type=socket.SOCK_STREAM):
            host = info[4][0]
            if host.startswith('127.') or host == '::1':
                continue
            self.probes += 1
            with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
                self.open.append(f'{what}: answers at {host}')

    def run(self, what, words=(), variables=None, count=100, during=None):
        """One start with what was changed, and the questions."""
        port = self.tamis.port
        ready = self.tamis.dir / 'ready'
        ready.unlink(missing_ok=True)
        started = self.start(port, words, variables, ready)
        self.starts += 1
        if started:
            self.probe(('127.0.0.1', port), what, count)
            self.beyond(port, what)
            if during:
                during()
                time.sleep(1.5)
                self.probe(('127.0.0.1', port), what + ' (while it runs)', count)
                self.beyond(port, what)
        else:
            self.closed += 1
        self.tamis.stop()

    def start(self, port, words, variables, ready):
        words = list(words) if '--listen' in words else ['--listen', f'127.0.0.1:{port}', *words]
        import subprocess  # pylint: disable=import-outside-toplevel
        from harness import TAMIS  # pylint: disable=import-outside-toplevel
        with open(self.tamis.log, 'ab') as log:
            self.tamis.server = subprocess.Popen([str(TAMIS), 'serve', str(self.tamis.home), *words, '--ready-file', str(ready)],
                                                 stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **(variables or {})})
        end = time.monotonic() + 20
        while time.monotonic() < end and self.tamis.server.poll() is None:
            if ready.exists():
                return True
            time.sleep(0.01)
        return False

    # One flip each: what changes below the directory, the words of serve, its variables.

    def flip_file(self, s, words, variables):
        file = self.tamis.home / 'tamis.yml'
        lines = file.read_text()
        section, _, name = s['name'].rpartition('.')
        if name == 'listen':
            words += ['--listen', f'0.0.0.0:{self.tamis.port}']
            return
        value = {'cluster_name': 'other', 'node_name': 'other', 'cluster_uuid': 'A' * 22, 'keeper': '61843', 'mirror': '61841',
                 'serve': 'nobody'}.get(name, s['min'] if self.chance.random() < 0.5 else s['max'])
        kept = [line for line in lines.splitlines() if not line.startswith(f'{section or name}:')]
        file.write_text('\n'.join(kept) + '\n' + (f'{section}: {{{name}: {value}}}\n' if section else f'{name}: {value}\n'))

    def flip_flag(self, s, words, variables):
        if s['name'] == 'listen':
            words[:] = ['--listen', f'[::]:{self.tamis.port}']

    def flip_environment(self, s, words, variables):
        variables[s['name']] = s['value']

    def flip_role(self, s, words, variables):
        self.tamis.run('user', 'add', '--dir', self.tamis.home, f'flip-{s["name"]}', '--role', s['name'], '--password-file',
                       self.tamis.dir / f'flip-{self.starts}-{s["name"]}', check=False)

    def flip_mode(self, s, words, variables):
        path = self.tamis.home / s['name']
        if path.exists():
            os.chmod(path, self.chance.choice([0o777, 0o000, 0o644]))

    def flip_policy(self, s, words, variables):
        file = self.tamis.home / 'policy.yml'
        text = file.read_text()
        name = s['name'].rsplit('.', 1)[-1]
        edits = {'treat': ('treat: pseudonym, subject: zzperson', 'treat: keep, as: keyword'), 'as': ('as: keyword', 'as: long'),
                 'to': ('to: 10', 'to: 1'), 'subjects': ('subjects: 5', 'subjects: 1'), 'floor': ('floor: {subjects: 5, subject: zzperson}', ''),
                 'allow': ('as: keyword}', 'as: keyword, allow: [email]}'), 'columns': ('    columns:\n', '    columns:\n      more: {treat: keep, as: keyword}\n'),
                 'subject': ('subject: zzperson', 'subject: other'), 'push': ('push:\n', 'push:\n  another:\n    columns:\n      a: {treat: keep, as: keyword}\n')}
        old, new = edits.get(name, ('push:\n', f'push:\n  another-{name.strip("*") or "x"}:\n    columns:\n      a: {{treat: keep, as: keyword}}\n'))
        file.write_text(text.replace(old, new, 1))

    def flip(self, s, words, variables):
        how = {'tamis.yml': self.flip_file, 'flag of serve': self.flip_flag, 'environment': self.flip_environment,
               'role': self.flip_role, 'file mode': self.flip_mode, 'policy.yml': self.flip_policy}[s['kind']]
        how(s, words, variables)

    def flips(self, settings, count):
        self.restore()
        words, variables = [], {}
        for s in settings:
            self.flip(s, words, variables)
        self.run(' and '.join(f'{s["kind"]} {s["name"]}' for s in settings), words, variables, count)

    def moves(self, count):
        """The directory elsewhere, an older part of it, and files changed under it."""
        self.restore()
        home = self.tamis.home
        self.tamis.home = self.tamis.dir / 'elsewhere'
        self.copy(home, self.tamis.home)
        self.run('a copy of the directory elsewhere', count=count)
        (self.tamis.home / 'tamis.yml').write_text(f'listen: 0.0.0.0:{self.tamis.port}\n')
        self.run('a backup under another configuration', ['--listen', f'0.0.0.0:{self.tamis.port}'], count=count)
        shutil.rmtree(self.tamis.home)
        self.tamis.home = home
        for sql in ("UPDATE users SET password_hash = ''", 'DELETE FROM users', 'DELETE FROM ratchet', "UPDATE ratchet SET who = 'x'",
                    "INSERT OR IGNORE INTO roles VALUES ('', 'admin')", 'DROP TABLE users', 'DROP TABLE ratchet'):
            self.restore()
            with contextlib.closing(sqlite3.connect(home / 'access' / 'catalog.db')) as db, contextlib.suppress(sqlite3.Error):
                db.execute(sql)
                db.commit()
            self.run(f'catalog.db by hand: {sql}', count=count)
        self.restore()
        (home / 'data').rename(home / 'gone')
        (home / 'policy.yml').write_text(POLICY.replace('to: 10', 'to: 1'))
        self.run('data/ taken away', count=count)

        def replaced():
            (home / 'tamis.yml').write_text(f'listen: 0.0.0.0:{self.tamis.port}\n')
            (home / 'policy.yml').write_text(POLICY.replace('pseudonym, subject: zzperson', 'keep, as: keyword').replace('floor', '#'))
            os.kill(self.tamis.server.pid, 10)
        self.restore()
        self.run('files replaced while it runs', count=count, during=replaced)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--pairs', type=int, help='so many settings alone and so many pairs, drawn by chance')
    parser.add_argument('--seed', type=int, default=time.time_ns() % 1000000)
    options = parser.parse_args()
    it = Campaign(options.seed)
    try:
        settings = json.loads(it.tamis.run('policy', 'settings', '--json').stdout)
        alone, pairs = settings, list(itertools.combinations(settings, 2))
        total = len(pairs)
        if options.pairs:
            alone, pairs = it.chance.sample(settings, options.pairs), it.chance.sample(pairs, options.pairs)
        it.moves(100 if options.pairs else 1000)
        for s in alone:
            it.flips([s], 100 if options.pairs else 1000)
        for n, pair in enumerate(pairs):
            it.flips(pair, 50)
            if n % 100 == 99:
                print(f'{n + 1} of {len(pairs)} pairs, {it.probes} probes, {len(it.open)} open', file=sys.stderr)
    finally:
        it.tamis.port = free_port()
        it.tamis.drop()
    for what in it.open[:50]:
        print(what)
    print(f'seed {options.seed}, {it.starts} starts, of which {it.closed} did not start')
    whole = '' if len(pairs) == total else f' (of {total})'
    print(f'{len(settings)} settings, {len(pairs)}{whole} pairs, {it.probes} probes, {len(it.open)} open')
    return 1 if it.open or it.probes == 0 else 0


if __name__ == '__main__':
    sys.exit(main())
