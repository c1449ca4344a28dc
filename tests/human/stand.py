"""A tamis with something in it, its directory as often as one wants, and eyes outside it.

`Stand` is prepared once a process: a policy with a source that does not answer and a pushed index of 20 documents.  Each case
begins with `restore()`.  `watched()` gives what mistakes are made with: words of serve, variables, files; `ask()` starts the
server, asks and looks, and stops it.
"""
import base64
import contextlib
import http.client
import ipaddress
import json
import os
import pathlib
import pwd
import random
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'flow'))
from harness import TAMIS, Tamis, until  # noqa: E402  pylint: disable=wrong-import-position
from probes import Prober, anonymous  # noqa: E402  pylint: disable=wrong-import-position

COLUMNS = {
    'zzat': {'treat': 'keep', 'as': 'date'},
    'zzmodel': {'treat': 'keep', 'as': 'keyword', 'allow': ['ip']},
    'zzsubject': {'treat': 'pseudonym', 'subject': 'zzperson'},
    'zzamount': {'treat': 'round', 'to': 10},
    'zzage': {'treat': 'bucket', 'edges': [0, 18, 65]},
    'zzsize': {'treat': 'bucket', 'width': 10},
    'zzcode': {'treat': 'truncate', 'characters': 2},
    'zzplace': {'treat': 'truncate', 'network': '24/48'},
}
POLICY = {
    'sources': {'zzfleet': {
        'postgres': 'host=127.0.0.1 port=1 dbname=zz sslmode=disable connect_timeout=1',
        'replication': {'user': 'zzuser', 'password_file': 'keys/zzfleet.password'},
        'copy': {'user': 'zzuser', 'password_file': 'keys/zzfleet.password'},
        'tables': {'zzpeople': {'key': 'zzid', 'columns': {'zzid': {'treat': 'pseudonym', 'subject': 'zzperson'},
                                                           'zzkind': {'treat': 'keep', 'as': 'keyword'}}},
                   'zztable': {'key': 'zzid', 'time': 'zzat', 'columns': {
                       'zzid': {'treat': 'drop'}, **COLUMNS,
                       'zzsubject': {'treat': 'pseudonym', 'subject': 'zzperson', 'lookup': 'zzpeople'}}}}}},
    'push': {'zzindex': {'time': 'zzat', 'columns': {
        **COLUMNS, 'zzsubject': {'treat': 'pseudonym', 'subject': 'zzperson', 'lookup': 'zzpeople'}}}},
    'metrics': {'zzcount': {'of': 'zzindex', 'time': 'zzat', 'by': ['zzmodel'], 'every': '1h', 'count': True}},
    'floor': {'subjects': 5, 'subject': 'zzperson'},
}
READY_SECONDS = 10
# What of the directory anybody may see: a certificate is shown to whoever connects.
PUBLIC = {'ca.crt', 'server.crt'}


def low_port(chance=random.SystemRandom()):
    """Below those that the system gives to callers, so that no caller takes it between two starts."""
    while True:
        port = chance.randrange(10240, 32000)
        with contextlib.suppress(OSError), socket.socket() as s:
            s.bind(('127.0.0.1', port))
            return port


class Stand:
    def __init__(self):
        self.tamis = Tamis(None, json.dumps(POLICY))
        self.tamis.port = low_port()
        config = self.tamis.home / 'tamis.yml'
        config.write_text(config.read_text().replace('cluster_name: tamis', 'cluster_name: zzcluster\nnode_name: zznode'))
        (self.tamis.home / 'keys' / 'zzfleet.password').write_text('zz password\n')
        for name, role in (('writer', 'writer'), ('second', 'admin')):
            self.tamis.user(name, role)
        self.tamis.start()
        for i in range(20):
            until('a document is taken', lambda i=i: self.push(i))
        self.tamis.stop()
        self.tamis.start()  # what has entered is on record from here
        self.tamis.stop()
        self.home, self.kept = self.tamis.home, self.tamis.dir / 'kept'
        copy(self.home, self.kept)

    def push(self, i):
        reply = self.tamis.http('PUT', f'/zzindex/_doc/{i}', {
            'zzat': 1_700_000_000_000 + i, 'zzmodel': f'zzvalue{i}', 'zzsubject': f'p{i}', 'zzamount': i, 'zzage': i, 'zzsize': i,
            'zzcode': 'zzvalue', 'zzplace': '203.0.113.9'}, user='writer')
        assert reply.status_code in (200, 201, 503), reply.text
        return reply.status_code != 503

    def control(self):
        self.tamis.start()
        it = Prober(random.Random(1))
        connection = http.client.HTTPSConnection('127.0.0.1', self.tamis.port, timeout=10, context=anonymous())
        pair = base64.b64encode(f'second:{self.tamis.users["second"]}'.encode()).decode()
        it.ask(connection, 'GET', '/_all/_mapping', {'Authorization': f'Basic {pair}'}, None, 'control')
        connection.close()
        assert len(it.open) == 1, 'the campaign does not see an open server'
        assert listeners(self.tamis.server.pid) == [('127.0.0.1', self.tamis.port)], listeners(self.tamis.server.pid)
        self.tamis.stop()
        if os.getuid() == 0:
            os.chmod(self.home, 0o755)
            os.chmod(self.home / 'policy.yml', 0o644)
            assert readable(self.home), 'the campaign does not see a file that is open'

    def restore(self):
        self.tamis.home = self.home
        for there in self.tamis.dir.iterdir():
            if there not in (self.kept, self.tamis.log):
                shutil.rmtree(there, ignore_errors=True) if there.is_dir() and not there.is_symlink() else there.unlink()
        copy(self.kept, self.home)

    @contextlib.contextmanager
    def watched(self, name, chance, count):
        it = Watched(self.tamis, name, chance, count)
        try:
            yield it
        finally:
            it.stop()

    def drop(self):
        self.tamis.drop()


def copy(source, target, owner=None):
    """With modes and owners as they are, or all to one owner."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)
    for path in [source, *source.rglob('*')]:
        st = path.lstat()
        there = target / path.relative_to(source)
        os.chown(there, *((owner, owner) if owner is not None else (st.st_uid, st.st_gid)))
        os.chmod(there, st.st_mode & 0o777)


def family(pid):
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            for task in pathlib.Path(f'/proc/{parent}/task').iterdir():
                found += map(int, (task / 'children').read_text().split())
    return found


def inodes(pids):
    found = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            for fd in os.scandir(f'/proc/{pid}/fd'):
                with contextlib.suppress(OSError):
                    to = os.readlink(fd.path)
                    if to.startswith('socket:['):
                        found.add(to[8:-1])
    return found


def address_of(text):
    host, port = text.split(':')
    words = [bytes.fromhex(host[i:i + 8])[::-1] for i in range(0, len(host), 8)]
    return socket.inet_ntop(socket.AF_INET if len(words) == 1 else socket.AF_INET6, b''.join(words)), int(port, 16)


def listeners(pid):
    """Where the processes of a server can be reached: addresses of TCP and UDP, and names of sockets of the file system."""
    ours, found = inodes(family(pid)), []
    for table, state in (('tcp', '0A'), ('tcp6', '0A'), ('udp', '07'), ('udp6', '07')):
        with contextlib.suppress(FileNotFoundError), open(f'/proc/net/{table}', encoding='ascii') as lines:
            for words in map(str.split, without_heading(lines)):
                if words[3] == state and words[9] in ours:
                    found.append(address_of(words[1]))
    with open('/proc/net/unix', encoding='utf-8', errors='replace') as lines:
        for words in map(str.split, without_heading(lines)):
            if words[6] in ours and int(words[3], 16) & 0x10000:
                found.append((' '.join(words[7:]), 0))
    return found


def without_heading(lines):
    next(lines)
    return lines


def readable(home):
    """What a user of this machine with no rights at all can read below `home`; asked by a child that is that user."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        nobody = pwd.getpwnam('nobody')
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        for top, _, files in os.walk(home):
            for name in files:
                with contextlib.suppress(OSError), open(os.path.join(top, name), 'rb') as file:
                    if name not in PUBLIC and file.read(1):
                        os.write(into, os.path.join(top, name).encode() + b'\n')
        os._exit(0)
    os.close(into)
    with open(out, encoding='utf-8') as said:
        found = said.read().split('\n')[:-1]
    os.waitpid(child, 0)
    return found


class Watched:
    """One case: `words` of serve, `variables`, `before` serve's own words, and the directory `home` to make mistakes with."""

    def __init__(self, tamis, name, chance, count):
        self.tamis, self.name, self.chance, self.count = tamis, name, chance, count
        self.words, self.variables, self.before = [], {}, []
        self.listens_by_file = False  # else --listen says where
        self.prober = Prober(chance)
        self.starts, self.closed = 0, 0

    @property
    def home(self):
        return self.tamis.home

    def start(self):
        """True when requests may be answered: it says it is ready, or still runs after READY_SECONDS."""
        ready = self.tamis.dir / f'ready-{self.starts}'
        is_said = self.listens_by_file or '--listen' in self.words
        words = self.words if is_said else ['--listen', f'127.0.0.1:{self.tamis.port}', *self.words]
        with open(self.tamis.log, 'ab') as log:
            self.tamis.server = subprocess.Popen(
                [*self.before, str(TAMIS), 'serve', str(self.home), *words, '--ready-file', str(ready)],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **self.variables})
        self.starts += 1
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end and self.tamis.server.poll() is None:
            if ready.exists():
                return True
            time.sleep(0.003)
        is_up = self.tamis.server.poll() is None
        self.closed += not is_up
        return is_up

    def stop(self):
        self.tamis.stop()

    def ask(self, what='', during=None):
        """One start with what was changed, the questions, `during` while it runs and the questions again."""
        if self.start():
            self.look(what)
            if during:
                during()
                time.sleep(1)  # for what was changed to be seen, if anything looks at it
                self.look(what + ' (while it runs)')
        self.stop()

    def look(self, what):
        what = f'{self.name}{what and ": " + what}'
        there = listeners(self.tamis.server.pid)
        for host, port in there:
            self.prober.probes += 1
            self.prober.answered += 1
            if not ipaddress.ip_address(host).is_loopback:
                self.prober.open.append(f'{what}: listens at {host}:{port}')
        for address in there or [('127.0.0.1', self.tamis.port)]:
            self.prober.probe(address, what, self.count)
        if os.getuid() == 0:
            self.prober.open += [f'{what}: anybody on the machine can read {path}' for path in readable(self.home)]
