"""The mistakes: each setting at other values, the directory at other places, files changed by hand.

`values_of(setting)` are the ways to flip one; `flip()` does one of them to a case; MOVES are those that are no setting.
"""
import contextlib
import copy as copying
import json
import os
import shutil
import signal
import socket
import sqlite3

from stand import POLICY, copy

NAMES = {'cluster_name': ['other', ''], 'node_name': ['other', ''], 'cluster_uuid': ['A' * 22, 'x'], 'keeper': ['61843', 'nobody', '0'],
         'mirror': ['61841', 'nobody', '0'], 'serve': ['61842', 'nobody', '0'], 'witness': ['heads', '../heads', '/etc/passwd', '/dev/null'],
         'client_ca': ['tls/ca.crt', 'tls/server.crt', 'nothing', '/dev/null', '']}
BEYOND = ['0.0.0.0', '[::]', '[::ffff:0.0.0.0]', '127.0.0.2']
KEEP = {'treat': 'keep', 'as': 'keyword'}
# Of a key of policy.yml: what stands there instead.  None: the key goes.
POLICIES = {
    'sources': [{}, None], 'tables': [{}, None], 'columns': [{'zzmore': KEEP}, {}], 'push': [{}, None, {'zzother': {'columns': {'zzmore': KEEP}}}],
    'postgres': ['host=127.0.0.1 port=2 dbname=other', ''], 'replication': [{'user': 'postgres', 'password_file': 'keys/master.key'}, None],
    'copy': [{'user': 'postgres', 'password_file': '../../etc/passwd'}, None], 'key': ['zzat', None], 'time': ['zzmodel', None],
    'treat': ['keep', 'drop', 'seal', 'pseudonym'], 'as': ['long', 'text', 'keyword'], 'to': [1, 1000, 0], 'width': [1, 1000, 0],
    'edges': [[0, 1, 2, 3], [], [0]], 'characters': [64, 1, 0], 'network': ['32/128', '0/0'], 'subject': ['zzother', None],
    'lookup': ['zztable', 'nothing', None], 'allow': [['email', 'ip', 'name', 'jwt', 'phone'], ['*'], None],
    'metrics': [{}, None], 'floor': [None, {'subjects': 1, 'subject': 'zzperson'}], 'subjects': [1, 0, 1000000],
}


def values_of(s):
    """What it can be flipped to; how it is done depends on its kind."""
    name = s['name'].rsplit('.', 1)[-1]
    if name == 'listen':
        return BEYOND
    if s['kind'] == 'tamis.yml':
        return NAMES.get(name, [s['min'], s['max'], 0, 'x', ''])
    if s['kind'] == 'environment':
        return [s['value'], '', '1', '/etc/passwd']
    if s['kind'] == 'file mode':
        return [0o777, 0o000, 0o644, 'gone', 'a link', 'nobody']
    if s['kind'] == 'policy.yml':
        return POLICIES.get(name, ['more', None])
    if s['kind'] == 'role':
        return ['a user', 'a user with a password that is guessed', 'every user']
    return ['']


def places(tree, pattern):
    """(parent, key) of all that a pattern like `push.*.columns.*.to` means; where the last part is no key yet, the parents."""
    first, _, rest = pattern.partition('.')
    for key in list(tree) if first == '*' else [first]:
        if not rest:
            yield tree, key
        elif isinstance(tree.get(key), dict):
            yield from places(tree[key], rest)


def flip_policy(it, s, value):
    text = it.home / 'policy.yml'
    try:
        tree = json.loads(text.read_text())
    except (OSError, ValueError):  # the other flip has taken it
        return
    found = list(places(tree, s['name']))
    held = [(parent, key) for parent, key in found if key in parent]
    if not found:
        return
    parent, key = it.chance.choice(held or found)
    if s['name'].endswith('*'):
        if value is None:
            del parent[key]
        else:
            parent[key + value] = copying.deepcopy(parent[key])
    elif key == 'treat':
        parent.clear()
        parent.update({'treat': value, **({'as': 'keyword'} if value == 'keep' else {}), **({'subject': 'zzperson'} if value == 'pseudonym' else {})})
    elif value is None:
        parent.pop(key, None)
    else:
        parent[key] = copying.deepcopy(value)
    text.write_text(json.dumps(tree))


def flip_file(it, s, value):
    section, _, name = s['name'].rpartition('.')
    file = it.home / 'tamis.yml'
    if name == 'listen':
        value = f'"{value}:{it.tamis.port}"'
        it.listens_by_file = True
    with contextlib.suppress(OSError):
        kept = [line for line in file.read_text().splitlines() if not line.startswith(f'{section or name}:')]
        file.write_text('\n'.join(kept) + '\n' + (f'{section}: {{{name}: {value}}}\n' if section else f'{name}: {value}\n'))


def flip_flag(it, s, value):
    if s['name'] == 'listen':
        it.words[:] = ['--listen', f'{value}:{it.tamis.port}']


def flip_environment(it, s, value):
    it.variables[s['name']] = value


def with_two_persons(it, *words):
    """As one administrator proposes it, and another approves it; each alone changes nothing."""
    people = {}
    for name in ('admin', 'second'):
        people[name] = it.tamis.dir / f'{name}.now'
        people[name].write_text(it.tamis.users[name] + '\n')
    it.tamis.run(*words, '--dir', it.home, '--as', 'admin', '--as-password-file', people['admin'], check=False)
    listed = it.tamis.run('approvals', 'list', '--dir', it.home, '--json', check=False).stdout
    for waits in json.loads(listed or '[]'):
        it.tamis.run('approvals', 'approve', waits['id'], '--dir', it.home, '--as', 'second', '--password-file', people['second'],
                     check=False)


def flip_role(it, s, value):
    name = 'admin' if value == 'a user with a password that is guessed' else f'flip-{s["name"]}'
    password = it.tamis.dir / f'{s["name"]}.new'
    with_two_persons(it, 'user', 'add', name, '--role', s['name'], '--password-file', password)
    if value != 'a user':
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(it.home / 'access' / 'catalog.db')) as db:
            db.execute(f"UPDATE users SET password_hash = '{'x' if value == 'every user' else 'admin'}'")
            db.commit()


def flip_mode(it, s, value):
    path = it.home / s['name']
    if not path.exists():
        return
    if isinstance(value, int):
        os.chmod(path, value)
    elif value == 'nobody' and os.getuid() == 0:
        os.chown(path, 65534, 65534)
    elif value == 'gone' and path != it.home:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    elif value == 'a link' and path != it.home:
        there = it.tamis.dir / ('at-' + s['name'].replace('/', '-'))
        path.rename(there)
        path.symlink_to(there)


FLIPS = {'tamis.yml': flip_file, 'flag of serve': flip_flag, 'environment': flip_environment, 'role': flip_role, 'file mode': flip_mode,
         'policy.yml': flip_policy}


def flip(it, s, nth):
    FLIPS[s['kind']](it, s, values_of(s)[nth])


# What is no setting: where the directory lies, whose it is, what was done to it by hand.

def elsewhere(it, owner=None):
    there = it.tamis.dir / f'elsewhere-{it.starts}'
    copy(it.home, there, owner)
    it.tamis.home = there


def another_place(it):
    elsewhere(it)
    it.ask()


def another_owner(it):
    elsewhere(it, 61999)
    it.ask('started as root')
    if os.getuid() == 0:
        elsewhere(it, 61999)
        it.before = ['setpriv', '--reuid', '61999', '--regid', '61999', '--clear-groups']
        it.ask('started as that owner')


def another_machine(it):
    """Another name of the machine, other users, no network of its own but loopback's name; the port is the same."""
    elsewhere(it, 61999)
    (it.home / 'tamis.yml').write_text(f'listen: 0.0.0.0:{it.tamis.port}\n')
    it.listens_by_file = True
    if os.getuid() == 0:
        it.before = ['unshare', '--uts', 'sh', '-c', 'hostname elsewhere && exec "$@"', 'sh']
    it.ask()


def another_machine_without_keys(it):
    elsewhere(it)
    shutil.rmtree(it.home / 'keys')
    it.ask()


def restored_under_another_configuration(it):
    elsewhere(it)
    (it.home / 'tamis.yml').write_text(f'listen: 0.0.0.0:{it.tamis.port}\n')
    (it.home / 'policy.yml').write_text(json.dumps({**POLICY, 'floor': {'subjects': 1, 'subject': 'zzperson'}}))
    it.words = ['--listen', f'0.0.0.0:{it.tamis.port}']
    it.ask()


def data_of_one_in_another(it):
    """Only data/ is restored, into what `tamis init` made anew."""
    there = it.tamis.dir / 'anew'
    it.tamis.run('init', there, '--password-file', it.tamis.dir / 'anew.password')
    shutil.rmtree(there / 'data')
    copy(it.home / 'data', there / 'data')
    shutil.copy(it.home / 'policy.yml', there / 'policy.yml')
    (there / 'keys' / 'zzfleet.password').write_text('zz password\n')
    it.tamis.home = there
    it.ask()
    (there / 'tamis.yml').write_text(f'listen: 0.0.0.0:{it.tamis.port}\n')
    it.words = ['--listen', f'0.0.0.0:{it.tamis.port}']
    it.ask('with an address beyond')


def older_part(name):
    def move(it):
        """A part of the directory as it was before anything entered."""
        there = it.tamis.dir / 'before'
        it.tamis.run('init', there, '--password-file', it.tamis.dir / 'before.password')
        shutil.rmtree(it.home / name)
        copy(there / name, it.home / name)
        it.words = ['--listen', f'0.0.0.0:{it.tamis.port}']
        it.ask()
    return move


def taken_away(name):
    def move(it):
        (it.home / name).rename(it.tamis.dir / 'gone')
        (it.home / 'policy.yml').write_text((it.home / 'policy.yml').read_text().replace('"to": 10', '"to": 1'))
        it.ask()
    return move


def by_hand(sql):
    def move(it):
        with contextlib.closing(sqlite3.connect(it.home / 'access' / 'catalog.db')) as db:
            with contextlib.suppress(sqlite3.Error):
                db.execute(sql)
            db.commit()
        it.words = ['--listen', f'0.0.0.0:{it.tamis.port}']
        it.ask()
    return move


def other_bytes(it):
    """Eight times some bytes of the catalog are others'."""
    whole = (it.home / 'access' / 'catalog.db').read_bytes()
    for n in range(8):
        text = bytearray(whole)
        for _ in range(1 + n):
            text[it.chance.randrange(len(text))] = it.chance.randrange(256)
        (it.home / 'access' / 'catalog.db').write_bytes(text)
        it.ask(f'{1 + n} bytes')


def replaced_while_it_runs(sign):
    def move(it):
        def replace():
            (it.home / 'tamis.yml').write_text(f'listen: 0.0.0.0:{it.tamis.port}\ncluster_name: zzcluster\n')
            (it.home / 'policy.yml').write_text(json.dumps({**POLICY, 'floor': {'subjects': 1, 'subject': 'zzperson'}}))
            with contextlib.suppress(OSError):
                os.kill(it.tamis.server.pid, sign)
        it.ask(during=replace)
    return move


def catalog_replaced_while_it_runs(it):
    def replace():
        with contextlib.closing(sqlite3.connect(it.home / 'access' / 'catalog.db')) as db, contextlib.suppress(sqlite3.Error):
            db.execute("UPDATE users SET password_hash = ''")
            db.commit()
        os.kill(it.tamis.server.pid, signal.SIGUSR1)
    it.ask(during=replace)


def port_of_another(it):
    """Somebody listens at its port already."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(('127.0.0.1', it.tamis.port))
        other.listen()
        started = it.start()
        it.stop()
    assert not started, 'two listen at one port'


STATEMENTS = ("UPDATE users SET password_hash = ''", 'DELETE FROM users', 'DELETE FROM ratchet', "UPDATE ratchet SET who = 'x'",
              "INSERT OR IGNORE INTO roles VALUES ('', 'admin')", 'DROP TABLE users', 'DROP TABLE ratchet', 'DROP TABLE roles',
              "UPDATE ratchet SET subject = 'x' WHERE subject = 'entered'", "DELETE FROM ratchet WHERE subject = 'entered'",
              'PRAGMA user_version = 0', 'PRAGMA user_version = 99', "INSERT INTO users (name, password_hash) VALUES ('', '')")

MOVES = {
    'a copy of the directory elsewhere': another_place,
    'a copy that is another user\'s': another_owner,
    'a copy on another machine': another_machine,
    'a copy without its keys': another_machine_without_keys,
    'a backup under another configuration': restored_under_another_configuration,
    'its data in another installation': data_of_one_in_another,
    'bytes of catalog.db by hand': other_bytes,
    'files replaced while it runs, SIGUSR1': replaced_while_it_runs(signal.SIGUSR1),
    'files replaced while it runs, SIGHUP': replaced_while_it_runs(signal.SIGHUP),
    'catalog.db replaced while it runs': catalog_replaced_while_it_runs,
    'its port is taken': port_of_another,
    **{f'an empty {name}/ of before': older_part(name) for name in ('keys', 'access', 'data', 'audit', 'run', 'tls')},
    **{f'{name}/ taken away': taken_away(name) for name in ('keys', 'access', 'data', 'audit', 'run', 'tls')},
    **{f'catalog.db by hand: {sql}': by_hand(sql) for sql in STATEMENTS},
}
