"""`tamis witness` beside a real server: a log that goes on, one that was taken back, one that was forged, and a door that stands open."""
import pathlib
import shutil
import subprocess
import time

import pytest
from harness import TAMIS, Tamis, until
from test_probe import etcd


@pytest.fixture()
def watched():
    it = Tamis(None, 'sources: {}\n')
    try:
        it.user('aud', 'auditor')
        it.user('analyst', 'analyst')
        it.start()
        keep = it.home.parent / 'witness'
        keep.mkdir()
        (keep / 'password').write_text(it.users['aud'] + '\n')
        (keep / 'audit.key').write_text(it.run('audit', 'key', '--dir', it.home).stdout)
        yield it, keep
        it.stop()
    finally:
        it.drop()


def words(tamis, keep, *more):
    return [str(TAMIS), 'witness', '--url', tamis.url, '--ca', tamis.ca, '--user', 'aud', '--password-file', str(keep / 'password'), '--audit-key',
            str(keep / 'audit.key'), '--keep', str(keep), *more]


def look(tamis, keep, *more):
    return subprocess.run(words(tamis, keep, '--once', *more), capture_output=True, text=True, timeout=120)


def heads(keep):
    return (keep / 'heads.txt').read_text().splitlines()


def test_a_log_that_goes_on_is_kept_head_by_head(watched):
    tamis, keep = watched
    for _ in range(3):
        done = look(tamis, keep, '--prove', '1s')
        assert done.returncode == 0, done.stderr
        tamis.get('/_cluster/health')
        time.sleep(1.2)  # a head is signed each second, and each look is an entry itself
    kept = heads(keep)
    assert len(kept) == 3 and len({line.split()[2] for line in kept}) == 3
    assert (keep / 'last').read_text().strip() == (keep / 'proven').read_text().strip() == kept[-1]
    assert 'whole' in tamis.run('audit', 'verify', '--dir', tamis.home, '--head', keep / 'last').stdout


def test_a_log_that_was_taken_back_is_an_alarm(watched):
    tamis, keep = watched
    tamis.stop()
    before = tamis.home.parent / 'before'
    shutil.copytree(tamis.home, before, symlinks=True, ignore=lambda d, names: [n for n in names if (pathlib.Path(d) / n).is_socket()])
    tamis.start()
    for _ in range(20):
        tamis.get('/_cluster/health')
    time.sleep(1.2)
    assert look(tamis, keep).returncode == 0
    tamis.stop()
    shutil.rmtree(tamis.home)
    shutil.copytree(before, tamis.home, symlinks=True)
    tamis.start()
    done = look(tamis, keep)
    assert done.returncode == 1 and 'ALARM: the log was' in done.stderr


def test_a_head_of_another_key_is_an_alarm(watched):
    tamis, keep = watched
    (keep / 'audit.key').write_text('ab' * 32 + '\n')
    done = look(tamis, keep)
    assert done.returncode == 1 and 'is not signed with the key of this installation' in done.stderr


def test_an_alarm_is_told_until_it_gets_through(watched):
    tamis, keep = watched
    hook = keep / 'hook'
    hook.write_text(f'#!/bin/sh\necho "$1" >> {keep}/told\n[ "$(wc -l < {keep}/told)" -ge 3 ]\n')
    hook.chmod(0o755)
    port = tamis.port
    tamis.stop()
    with etcd(port):  # somebody put another store in its place, without TLS and without a password
        watcher = subprocess.Popen(words(tamis, keep, '--every', '1s', '--alarm', str(hook)), stderr=subprocess.PIPE, text=True)
        try:
            until('the alarm got through', lambda: (keep / 'told').exists() and len((keep / 'told').read_text().splitlines()) == 3, 60)
            time.sleep(3)
        finally:
            watcher.kill()
            said = watcher.communicate()[1]
    told = (keep / 'told').read_text().splitlines()
    assert len(told) == 3 and all(f'http://127.0.0.1:{port} is OPEN' in line for line in told)
    assert said.count('did not get through, and is tried again') == 2


def test_one_silence_is_a_restart_and_three_are_an_alarm(watched):
    tamis, keep = watched
    tamis.stop()
    done = look(tamis, keep)
    assert done.returncode == 1 and 'ALARM' not in done.stderr and 'no answer' in done.stderr
    watcher = subprocess.Popen(words(tamis, keep, '--every', '1s'), stderr=subprocess.PIPE, text=True)
    try:
        lines = [watcher.stderr.readline() for _ in range(3)]
    finally:
        watcher.kill()
        watcher.communicate()
    assert ['ALARM' in line for line in lines] == [False, False, True]
