"""What PostgreSQL can send that the fleet does not: TOAST, other keys, partitions, types, big transactions."""
import decimal

import pytest
from conftest import drop_slots
from harness import Tamis, until

POLICY = """
sources:
  fleet:
    postgres: "@CONNINFO@"
    replication: {user: tamis_replication, password_file: keys/fleet-replication.password}
    copy: {user: tamis_copy, password_file: keys/fleet-copy.password}
    tables:
      notes:
        key: id
        columns:
          id:   {treat: keep, as: long}
          body: {treat: keep, as: keyword}
          n:    {treat: keep, as: integer}
      pairs:
        key: [shop, number]
        columns:
          shop:   {treat: keep, as: keyword}
          number: {treat: keep, as: integer}
          total:  {treat: keep, as: double}
      parts:
        key: [id, day]
        time: day
        columns:
          id:  {treat: drop}
          day: {treat: keep, as: date}
          v:   {treat: keep, as: long}
      kinds:
        key: code
        columns:
          code:  {treat: pseudonym, subject: thing}
          yes:   {treat: keep, as: boolean}
          small: {treat: keep, as: integer}
          big:   {treat: keep, as: long}
          real:  {treat: keep, as: double}
          exact: {treat: keep, as: double}
          mood:  {treat: keep, as: keyword}
          day:   {treat: keep, as: date}
          at:    {treat: round, to: 1h}
          load:  {treat: round, to: 10, as: long}
          uid:   {treat: keep, as: keyword}
"""

SCHEMA = """
CREATE TYPE mood AS ENUM ('calm', 'busy');
CREATE TABLE notes (id bigint PRIMARY KEY, body text, secret text, n int);
ALTER TABLE notes ALTER body SET STORAGE EXTERNAL;
CREATE TABLE pairs (shop text, number int, total double precision, PRIMARY KEY (shop, number));
CREATE TABLE parts (id bigint, day timestamptz, v bigint, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2020-01-01Z') TO ('2020-02-01Z');
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2020-02-01Z') TO ('2020-03-01Z');
CREATE TABLE kinds (code uuid PRIMARY KEY, yes boolean, small smallint, big bigint, real real, exact numeric(20,4),
                    mood mood, day date, at timestamptz, load int, uid uuid);
INSERT INTO notes SELECT n, repeat(chr(97 + n % 26), 9000), 'hidden', n FROM generate_series(1, 50) n;
INSERT INTO pairs SELECT 'shop ' || n % 3, n, n / 4.0 FROM generate_series(1, 30) n;
INSERT INTO parts SELECT n, timestamptz '2020-01-01Z' + n * interval '1 hour', n FROM generate_series(1, 1000) n;
INSERT INTO kinds VALUES
 ('00000000-0000-0000-0000-000000000001', true, -3, 9007199254740993, 0.5, 12345.6789, 'calm', '2020-02-29',
  '2020-02-29 23:59:59.999Z', 47, '11111111-2222-3333-4444-555555555555'),
 ('00000000-0000-0000-0000-000000000002', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 ('00000000-0000-0000-0000-000000000003', false, 32767, -1, -1e30, -0.0001, 'busy', '1969-12-31',
  '1969-12-31 23:30:00Z', -1, NULL);
"""


@pytest.fixture(scope='module')
def odd(postgres):
    postgres.sql('DROP DATABASE IF EXISTS fleet WITH (FORCE)', database='postgres')
    postgres.sql('CREATE DATABASE fleet', database='postgres')
    postgres.sql(SCHEMA)
    it = Tamis(postgres, POLICY)
    try:
        it.set_up_source()
        it.user('analyst', 'analyst')
        it.start()
        until('everything is copied', lambda: all(same_count(it, t) for t in ('notes', 'pairs', 'parts', 'kinds')))
        yield it
        it.stop()
    finally:
        it.drop()
        drop_slots(postgres)


def same_count(tamis, table):
    try:
        return tamis.count(table) == tamis.postgres.sql(f'SELECT count(*) FROM {table}')[0][0]
    except AssertionError:
        return False


def sources(tamis, table, **more):
    hits = tamis.get(f'/{table}/_search', {'size': 1000, **more})['hits']['hits']
    return [h['_source'] for h in hits]


def notes(tamis):
    return sorted((s['id'], s.get('body'), s.get('n')) for s in sources(tamis, 'notes'))


def notes_of_postgresql(tamis):
    return sorted(tuple(r) for r in tamis.postgres.sql('SELECT id, body, n FROM notes'))


def test_unchanged_toast_keeps_its_value(odd):
    sql = odd.postgres.sql
    sql('UPDATE notes SET n = n + 1000 WHERE id <= 10')                    # body is not sent
    sql('UPDATE notes SET id = id + 500, n = n + 1 WHERE id BETWEEN 11 AND 15')  # nor with a changed key
    sql("UPDATE notes SET secret = 'other' WHERE id = 20")                 # nothing of ours changed
    sql("UPDATE notes SET body = repeat('z', 8000) WHERE id = 21")
    sql('UPDATE notes SET body = NULL WHERE id = 22')
    sql('DELETE FROM notes WHERE id = 23')
    until('the copy is equal', lambda: notes(odd) == notes_of_postgresql(odd), 10)
    assert all(len(b) == 9000 for i, b, n in notes(odd) if i <= 10)


def test_a_row_is_replaced_within_one_transaction(odd):
    with odd.postgres.connect() as db:
        db.autocommit = False
        with db.cursor() as c:
            c.execute('DELETE FROM notes WHERE id = 30')
            c.execute("INSERT INTO notes VALUES (30, 'short', NULL, 1)")
            c.execute('UPDATE notes SET n = 2 WHERE id = 30')
            c.execute('UPDATE notes SET id = 930 WHERE id = 30')
            c.execute("INSERT INTO notes VALUES (30, 'again', NULL, 3)")
        db.commit()
    until('the copy is equal', lambda: notes(odd) == notes_of_postgresql(odd), 10)


def test_composite_keys(odd):
    sql = odd.postgres.sql
    sql("UPDATE pairs SET total = 100 WHERE shop = 'shop 1' AND number = 4")
    sql("UPDATE pairs SET shop = 'shop 9' WHERE number IN (7, 8)")
    sql("DELETE FROM pairs WHERE number = 10")
    want = sorted(tuple(r) for r in sql('SELECT shop, number, total FROM pairs'))
    until('the copy is equal',
          lambda: sorted((s['shop'], s['number'], s['total']) for s in sources(odd, 'pairs')) == want, 10)


def test_partitions_come_as_one_table(odd):
    sql = odd.postgres.sql
    sql("UPDATE parts SET day = day + interval '31 days' WHERE id = 5")  # to the other partition
    sql("DELETE FROM parts WHERE id = 6")
    sql("INSERT INTO parts VALUES (5000, '2020-02-02Z', 7)")
    want = sql("SELECT count(*), sum(v), count(*) FILTER (WHERE day >= '2020-02-01Z') FROM parts")[0]

    def got():
        a = odd.get('/parts/_search', {'size': 0, 'aggs': {
            's': {'sum': {'field': 'v'}}, 'feb': {'filter': {'range': {'day': {'gte': '2020-02-01'}}}}}})
        return a['hits']['total']['value'], a['aggregations']['s']['value'], a['aggregations']['feb']['doc_count']
    until('the copy is equal', lambda: got() == tuple(want), 10)


def test_types_come_over_exactly(odd):
    rows = sorted(sources(odd, 'kinds'), key=lambda s: s.get('small', 0))
    assert rows[0] == {'code': rows[0]['code'], 'yes': True, 'small': -3, 'big': 9007199254740993, 'real': 0.5,
                       'exact': 12345.6789, 'mood': 'calm', 'day': '2020-02-29T00:00:00.000Z',
                       'at': '2020-02-29T23:00:00.000Z', 'load': 40, 'uid': '11111111-2222-3333-4444-555555555555'}
    assert set(rows[1]) == {'code'}  # everything else is missing
    assert (rows[2]['yes'], rows[2]['small'], rows[2]['big'], rows[2]['mood']) == (False, 32767, -1, 'busy')
    assert (rows[2]['day'], rows[2]['at'], rows[2]['load']) == ('1969-12-31T00:00:00.000Z', '1969-12-31T23:00:00.000Z', -10)
    assert decimal.Decimal(str(rows[2]['exact'])) == decimal.Decimal('-0.0001')
    assert len({r['code'] for r in rows}) == 3
    assert not any('0000' in r['code'] for r in rows)  # a pseudonym, not the key


def test_a_large_transaction_is_whole_in_the_end(odd):
    """More than one log record: many megabytes in one transaction."""
    odd.postgres.sql("INSERT INTO notes SELECT n, md5(n::text) || repeat('x', 300), NULL, n FROM generate_series(100000, 200000) n")
    until('all rows are there', lambda: same_count(odd, 'notes'), 60)
    odd.postgres.sql('DELETE FROM notes WHERE id >= 100000')
    until('all are gone again', lambda: same_count(odd, 'notes'), 60)
    assert notes(odd) == notes_of_postgresql(odd)


def test_a_column_added_on_the_primary_changes_nothing(odd):
    odd.postgres.sql('ALTER TABLE notes ADD COLUMN e_mail text')
    odd.postgres.sql("UPDATE notes SET e_mail = 'eve@mail.example', n = 77 WHERE id = 40")
    until('the update is there', lambda: odd.count('notes', {'term': {'n': 77}}) == 1, 10)
    assert 'e_mail' not in odd.get('/notes/_mapping')['notes']['mappings']['properties']
