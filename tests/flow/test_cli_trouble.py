"""What status and doctor say when something is really wrong."""
import re

import pytest
from conftest import drop_slots
from harness import ROOT, Tamis, until

LEAKY = (ROOT / 'demo' / 'policy.yml').read_text().replace('nickname:     {treat: drop}',
                                                           'nickname:     {treat: keep, as: keyword}')


@pytest.fixture(scope='module')
def refused(postgres):
    """A tamis that refuses table devices, because somebody's address is in a nickname."""
    postgres.make_fleet()
    postgres.sql("UPDATE devices SET nickname = 'of ada@mail.example' WHERE id = 5")
    it = Tamis(postgres, LEAKY)
    try:
        it.set_up_source()
        it.start()
        until('the refusal is told', lambda: 'REFUSED' in it.run('status', it.home, check=False).stdout)
        yield it
    finally:
        it.stop()
        it.drop()
        drop_slots(postgres)


def fails(tamis, verb):
    done = tamis.run(verb, tamis.home, check=False)
    assert done.returncode == 1
    assert 'ada@' not in done.stdout + done.stderr
    return done


def test_doctor_finds_a_refused_table(refused):
    done = fails(refused, 'doctor')
    assert done.stderr == ''
    assert re.search(r'^WRONG source fleet, table devices is refused: .*nickname.*; drop or treat', done.stdout, re.M)
    assert re.search(r'^LOOK  the policy keeps devices.nickname as it is', done.stdout, re.M)


def test_status_of_a_refused_table_runs_all_the_same(refused):
    said = refused.run('status', refused.home).stdout
    assert re.search(r'^  devices .* REFUSED: .*nickname', said, re.M)
    assert 'ada@' not in said


def test_a_stopped_server_is_found_by_both(refused):
    refused.stop()
    done = fails(refused, 'doctor')
    assert 'WRONG the server does not run (its last word is ' in done.stdout
    assert f"'tamis serve {refused.home}' starts it" in done.stdout
    assert fails(refused, 'status').stdout.startswith('NOT RUNNING: its last word is ')
    (refused.home / 'run' / 'status.json').unlink()
    done = fails(refused, 'status')
    assert done.stdout == ''
    assert f"has never been served; 'tamis serve {refused.home}' does" in done.stderr
