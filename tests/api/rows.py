"""The rows that both sides hold, made anew the same way each time.

Two weeks around the end of summer time in Berlin (2021-10-31) and New York (2021-11-07), a
hole of five days in them, and a few far-away rows.  Every nullable column has nulls.
"""
import datetime
import json

UTC = datetime.timezone.utc
TABLES = {
    'events': [('n', 'integer'), ('at', 'date'), ('seen', 'date'), ('kind', 'keyword'), ('host', 'keyword'),
               ('level', 'keyword'), ('size', 'integer'), ('bytes', 'long'), ('ratio', 'double'), ('ok', 'boolean')],
    'notes': [('n', 'integer'), ('at', 'date'), ('level', 'integer'), ('text', 'keyword')],
    'spare': [('n', 'integer'), ('at', 'date'), ('kind', 'keyword'), ('ratio', 'double'), ('ok', 'boolean')],
}
SQL_TYPE = {'integer': 'integer', 'date': 'timestamptz', 'keyword': 'text', 'long': 'bigint', 'double': 'double precision',
            'boolean': 'boolean'}
KINDS = ['open', 'close', 'read', 'read', 'write', 'read', 'Read All', 'wr*te']


def event(n):
    hour = n * 5 if n < 30 else n * 5 + 120
    at = datetime.datetime(2021, 10, 28, 22, 30, tzinfo=UTC) + datetime.timedelta(hours=hour, minutes=n * 7 % 60, milliseconds=n)
    return {
        'n': n,
        'at': at,
        'seen': None if n % 4 == 3 else at + datetime.timedelta(days=n % 5, seconds=n),
        'kind': KINDS[n * n % 8 if n % 2 else n // 2 % 8],
        'host': None if n % 6 == 5 else f'h{n % 4}',
        'level': ['low', 'mid', 'high'][n % 3],
        'size': None if n % 7 == 0 else n * 37 % 101 - 20,
        'bytes': None if n % 9 == 4 else 9007199254740993 if n == 12 else n * 1000003 % 5000,
        'ratio': None if n % 5 == 2 else (n * 13 % 40) / 8 - 1,
        'ok': None if n % 8 == 6 else n % 3 != 0,
    }


def far(n, year):
    return {'n': n, 'at': datetime.datetime(year, 2, 28, 23, 59, 59, 999000, tzinfo=UTC), 'seen': None, 'kind': 'far',
            'host': None, 'level': 'high', 'size': None, 'bytes': None, 'ratio': None, 'ok': None}


def note(n):
    return {'n': n, 'at': datetime.datetime(2021, 11, 1 + n, tzinfo=UTC), 'level': n * 2,
            'text': None if n == 3 else ['first', 'second \u00fc', '', 'x', 'last "one"'][n]}


ROWS = {
    'events': [event(n) for n in range(60)] + [far(60, 1969), far(61, 2024)],
    'notes': [note(n) for n in range(5)],
    'spare': [],
}


def create(postgres):
    """The same rows in PostgreSQL, in a database called fleet, as the harness wants it."""
    postgres.sql('DROP DATABASE IF EXISTS fleet WITH (FORCE)', database='postgres')
    postgres.sql('CREATE DATABASE fleet', database='postgres')
    for table, columns in TABLES.items():
        names = ', '.join(name for name, _ in columns)
        postgres.sql(f'CREATE TABLE {table} (id bigserial PRIMARY KEY, '
                     + ', '.join(f'{name} {SQL_TYPE[kind]}' for name, kind in columns) + ')')
        for row in ROWS[table]:
            postgres.sql(f'INSERT INTO {table} ({names}) VALUES ({", ".join(["%s"] * len(columns))})',
                         [row[name] for name, _ in columns])


def printed(value):
    return value.strftime('%Y-%m-%dT%H:%M:%S.') + f'{value.microsecond // 1000:03}Z' if hasattr(value, 'year') else value


def document(row):
    return {name: printed(value) for name, value in row.items() if value is not None}


def bulk(table, ids):
    """The body of a _bulk that makes the same documents; ids: n -> the _id that tamis gave."""
    lines = []
    for row in ROWS[table]:
        lines += [{'index': {'_index': table, '_id': ids[table][row['n']]}}, document(row)]
    return ''.join(json.dumps(line) + '\n' for line in lines)
