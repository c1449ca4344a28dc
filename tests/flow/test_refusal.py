"""What does not belong is refused, with column, detector and count, and never a value."""
import os
import re

import pytest
from harness import ROOT, until

POLICY = (ROOT / 'demo' / 'policy.yml').read_text()


def owner(path):
    return path.stat().st_uid, path.stat().st_gid


def refusal_of(tamis, table):
    for source in tamis.status().get('sources', []):
        for t in source.get('tables', []):
            if t['name'] == table and t.get('refused'):
                return t['refused']
    return None


def test_a_personal_value_stops_its_table_and_no_other(fresh):
    fresh.write_policy(POLICY.replace('nickname:     {treat: drop}', 'nickname:     {treat: keep, as: keyword}'))
    fresh.postgres.sql("UPDATE devices SET nickname = 'call ada.lovelace@mail.example' WHERE id IN (5, 6)")
    fresh.postgres.sql("UPDATE devices SET nickname = 'Atzr|IwEBI' || repeat('x', 360) WHERE id = 7")
    fresh.set_up_source()
    fresh.start()
    words = until('the refusal is told', lambda: refusal_of(fresh, 'devices'))
    assert 'nickname' in words and 'e-mail' in words
    assert 'lovelace' not in words
    until('the others are copied', lambda: fresh.count('connections') == 8333 and fresh.count('customers') == 1000)
    assert fresh.count('devices') == 0
    said = fresh.run('status', fresh.home).stdout
    assert 'devices' in said and 'nickname' in said and 'lovelace' not in said
    assert 'lovelace' not in fresh.log.read_text()


def test_a_value_that_turns_personal_later_stops_the_table_for_good(fresh):
    fresh.set_up_source()
    fresh.start()
    fresh.caught_up()
    fresh.postgres.sql("UPDATE devices SET firmware = 'mail eve@mail.example' WHERE id = 9")
    until('the refusal is told', lambda: refusal_of(fresh, 'devices'))
    fresh.postgres.sql("UPDATE devices SET firmware = 'after' WHERE id = 10")
    fresh.postgres.sql("INSERT INTO connections SELECT max(id) + 1, 1, now(), 'later', NULL, 1 FROM connections")
    until('other tables flow on', lambda: fresh.count('connections', {'term': {'outcome': 'later'}}) == 1)
    fresh.stop()
    fresh.start()
    until('still refused after a restart', lambda: refusal_of(fresh, 'devices'))
    assert fresh.count('devices', {'term': {'firmware': 'after'}}) == 0


@pytest.mark.parametrize('change, words', [
    (('treat: drop', 'treat: hide'), r'line \d+.*hide'),
    (('region:       {treat: keep, as: keyword}', 'regoin:       {treat: keep, as: keyword}'), r'regoin|region'),
    (('metrics:', 'metrix:'), r'line \d+.*metrix'),
    (('as: integer}', 'as: integre}'), r'line \d+.*integre'),
    (('lookup: devices', 'lookup: devises'), r'line \d+.*devises'),
    (('key: id', 'key: idd'), r'line \d+.*idd'),
])
def test_a_wrong_policy_is_told_with_its_line(fresh, change, words):
    fresh.write_policy(POLICY.replace(*change))
    done = fresh.run('policy', 'check', '--dir', fresh.home, check=False)
    assert done.returncode == 1
    assert re.search(words, done.stderr), done.stderr


def test_a_column_the_primary_does_not_have_is_told(fresh):
    fresh.set_up_source()
    fresh.write_policy(POLICY.replace('          latency_ms:', '          speed:       {treat: keep, as: integer}\n          latency_ms:'))
    fresh.start()
    until('the missing column is told', lambda: 'speed' in fresh.run('status', fresh.home, check=False).stdout)


def test_a_missing_password_is_told_and_asked_for_again(fresh):
    fresh.set_up_source()
    file = fresh.home / 'keys' / 'fleet-copy.password'
    kept = file.read_text()
    file.unlink()
    fresh.start()
    until('the missing file is told', lambda: 'fleet-copy.password' in fresh.run('status', fresh.home, check=False).stdout)
    file.write_text(kept)
    os.chown(file, *owner(fresh.home / 'keys'))
    fresh.caught_up()


def test_a_missing_publication_is_told_with_the_remedy(fresh):
    fresh.write_passwords()
    fresh.start()
    said = until('the state is told', lambda: (s := fresh.run('status', fresh.home, check=False).stdout) and
                 'tamis source sql fleet' in s and s)
    assert 'fleet' in said
