"""elasticsearch-dbapi, which Superset asks through: SQLAlchemy over _sql, and over OpenSearch's path."""
import pytest
from sqlalchemy import MetaData, Table, create_engine, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

ROWS = 'SELECT model, count(*) FROM devices GROUP BY model ORDER BY model'


@pytest.fixture()
def engine(tamis):
    url = f'elasticsearch+https://analyst:{tamis.users["analyst"]}@127.0.0.1:{tamis.port}/'
    return create_engine(url, connect_args={'ca_certs': tamis.ca})


def source(tamis, query):
    return [tuple(row) for row in tamis.postgres.sql(query)]


def test_tables_and_columns_are_found(engine):
    there = inspect(engine)
    assert 'devices' in there.get_table_names()
    columns = {c['name']: str(c['type']) for c in there.get_columns('connections')}
    assert columns['at'] in ('DATETIME', 'TIMESTAMP') and columns['outcome'] in ('TEXT', 'VARCHAR')


def test_groups_of_a_reflected_table(tamis, engine):
    devices = Table('devices', MetaData(), autoload_with=engine)
    with engine.connect() as connection:
        asked = select(devices.c.model, func.count().label('n')).group_by(devices.c.model).order_by(devices.c.model)
        assert [tuple(row) for row in connection.execute(asked)] == source(tamis, ROWS)


def test_all_rows_of_a_table(tamis, engine):
    with engine.connect() as connection:
        found = connection.execute(text('SELECT outcome, COUNT(*) FROM connections WHERE outcome <> :not GROUP BY outcome ORDER BY 1'), {'not': 'ok'})
        assert [tuple(row) for row in found] == source(tamis, "SELECT outcome, count(*) FROM connections WHERE outcome <> 'ok' GROUP BY 1 ORDER BY 1")
        count = source(tamis, 'SELECT count(*) FROM connections')[0][0]
        assert len(connection.execute(text('SELECT at, outcome FROM connections')).fetchall()) == count


# A chart by time, and a virtual dataset, as Superset writes them.
@pytest.mark.parametrize('query', [
    """SELECT HISTOGRAM("at", INTERVAL 1 DAY) AS __timestamp, COUNT(*) AS "COUNT(*)" FROM "connections"
       WHERE "at" >= CAST('2000-01-01T00:00:00' AS DATETIME) AND "at" < CAST('2100-01-01T00:00:00' AS DATETIME)
       GROUP BY HISTOGRAM("at", INTERVAL 1 DAY) ORDER BY "COUNT(*)" DESC LIMIT 1000""",
    """SELECT outcome AS outcome, COUNT(*) AS n FROM (SELECT outcome, at FROM connections WHERE outcome IS NOT NULL) AS virtual_table
       GROUP BY outcome ORDER BY n DESC LIMIT 100""",
])
def test_what_superset_writes(tamis, engine, query):
    with engine.connect() as connection:
        found = connection.execute(text(query)).fetchall()
    assert sum(row[1] for row in found) == source(tamis, 'SELECT count(*) FROM connections')[0][0]


def test_a_mistake_is_told_with_its_place(engine):
    with engine.connect() as connection, pytest.raises(DBAPIError, match=r'line 1:8: Unknown column \[modle\], did you mean \[model\]'):
        connection.execute(text('SELECT modle FROM devices'))


def test_opensearch_dialect(tamis):
    url = f'odelasticsearch+https://analyst:{tamis.users["analyst"]}@127.0.0.1:{tamis.port}/'
    engine = create_engine(url, connect_args={'ca_certs': tamis.ca, 'v2': True})
    with engine.connect() as connection:
        found = connection.execute(text('SELECT model, COUNT(*) FROM devices GROUP BY model ORDER BY model'))
        assert [tuple(row) for row in found] == source(tamis, ROWS)
