"""The audit log when its disk is full and when its process is killed: no answer that is not on record, no gap, no double."""
import json
import os
import subprocess
import threading

import pytest
import requests
from conftest import drop_slots
from harness import Tamis, until

USERS = ('ana', 'bob', 'cai')


@pytest.fixture()
def place(postgres):
    """A fleet with three analysts; not started yet."""
    postgres.make_fleet()
    it = Tamis(postgres)
    for name in ('analyst', *USERS):
        it.user(name, 'analyst')
    try:
        it.set_up_source()
        yield it
        it.stop()
    finally:
        it.drop()
        drop_slots(postgres)


@pytest.fixture()
def small_disk(place):
    """DIR/audit on a disk of 2 MB."""
    audit = place.home / 'audit'
    was = audit.stat()
    mounted = os.getuid() == 0 and subprocess.run(
        ['mount', '-t', 'tmpfs', '-o', f'size=2m,mode={was.st_mode & 0o777:o},uid={was.st_uid},gid={was.st_gid}', 'none', audit],
        check=False, capture_output=True).returncode == 0
    if not mounted:
        pytest.skip('no file system can be mounted here')
    try:
        yield place
    finally:
        place.stop()
        subprocess.run(['umount', audit], check=True)


def entries(tamis):
    said = tamis.run('audit', 'tail', '--dir', tamis.home, '--last', 10000000, '--json').stdout
    return [json.loads(line) for line in said.splitlines()]


def ask(tamis, user, size=1):
    """The status of a search; None when the connection broke before the whole answer came."""
    try:
        return tamis.http('POST', '/devices/_search', {'size': size}, user=user).status_code
    except requests.RequestException:
        return None


def answers_of(all_of_it, user):
    return [e for e in all_of_it if e['kind'] == 'answer' and e.get('principal') == user]


def fill(file):
    """Until not one byte more goes onto the disk."""
    with open(file, 'ab', buffering=0) as out:
        for piece in (65536, 512, 1):
            try:
                while True:
                    out.write(b'x' * piece)
            except OSError:
                continue


def test_a_full_disk_stops_answers_and_space_brings_them_back(small_disk):
    tamis = small_disk
    tamis.start()
    tamis.caught_up()
    assert ask(tamis, 'ana') == 200
    filler = tamis.home / 'audit' / 'filler'
    fill(filler)
    until('answers stop', lambda: ask(tamis, 'bob', 100) == 503)
    answered = 0
    for _ in range(50):
        reply = tamis.http('POST', '/devices/_search', {'size': 100}, user='cai')
        answered += reply.status_code == 200
        assert reply.status_code in (200, 503)
        if reply.status_code == 503:
            assert 'audit' in reply.text and 'hits' not in reply.text
    assert answered < 50
    assert tamis.http('GET', '/_cat/indices', user='ana').status_code == 503 or answered
    filler.unlink()
    until('answers come again, by themselves', lambda: ask(tamis, 'ana', 7) == 200)
    until('a head is over it', lambda: 'no head is over yet' not in tamis.run('audit', 'verify', '--dir', tamis.home).stdout)
    all_of_it = entries(tamis)
    assert [e['entry'] for e in all_of_it] == list(range(len(all_of_it)))
    assert len(answers_of(all_of_it, 'cai')) == answered
    assert [e['rows'] for e in answers_of(all_of_it, 'ana')][-1] == 7
    assert 'whole and unchanged' in tamis.run('audit', 'verify', '--dir', tamis.home).stdout


def test_killing_serve_under_load_loses_no_answer(place):
    """kill -9 in the middle of appends: what a client got in full is on record, and nothing twice."""
    place.start()
    place.caught_up()
    stop = threading.Event()
    got = dict.fromkeys(USERS, 0)
    broken = dict.fromkeys(USERS, 0)

    def load(user):
        while not stop.is_set():
            status = ask(place, user)
            got[user] += status == 200
            broken[user] += status is None
    threads = [threading.Thread(target=load, args=(user,)) for user in USERS]
    for t in threads:
        t.start()
    for kills in range(1, 7):
        before = sum(got.values())
        until('answers come', lambda before=before: sum(got.values()) > before + 40, 60)
        assert place.kill('serve'), kills
    until('it answers again', lambda: ask(place, 'analyst') == 200)
    stop.set()
    for t in threads:
        t.join()
    all_of_it = entries(place)
    assert [e['entry'] for e in all_of_it] == list(range(len(all_of_it)))
    assert [e['kind'] for e in all_of_it].count('start') == 7
    for user in USERS:
        on_record = len(answers_of(all_of_it, user))
        # Beside what was answered at most one for each connection that broke.
        assert got[user] <= on_record <= got[user] + broken[user], user
    assert sum(got.values()) >= 240
    assert 'whole and unchanged' in place.run('audit', 'verify', '--dir', place.home).stdout
