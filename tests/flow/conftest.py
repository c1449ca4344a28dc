import pytest
from harness import Postgres, Tamis


@pytest.fixture(scope='session')
def postgres():
    server = Postgres()
    yield server
    server.drop()


@pytest.fixture(scope='module')
def tamis(postgres):
    """A running tamis over a fresh fleet of 1,000 customers, with a user of each role."""
    postgres.make_fleet()
    it = Tamis(postgres)
    try:
        it.set_up_source()
        for role in ('analyst', 'metrics', 'writer'):
            it.user(role, role)
        it.start()
        it.caught_up()
        yield it
        it.stop()
    finally:
        it.drop()
        drop_slots(postgres)


@pytest.fixture()
def fresh(postgres):
    """Over a fresh fleet, not started, its policy not yet in force."""
    postgres.make_fleet()
    it = Tamis(postgres)
    it.user('analyst', 'analyst')
    try:
        yield it
        it.stop()
    finally:
        it.drop()
        drop_slots(postgres)


def drop_slots(postgres):
    postgres.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT NULL",
                 database='postgres')
    for _ in range(50):
        left = postgres.sql("SELECT count(*) FROM (SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
                            "WHERE NOT active) s", database='postgres')
        if not postgres.sql('SELECT 1 FROM pg_replication_slots', database='postgres'):
            return
