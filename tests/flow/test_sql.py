"""SQL from outside: the same answers as PostgreSQL gives about the rows it came from, and `tamis query`."""
import csv
import io
import json
import subprocess

import pytest
import requests
from harness import TAMIS
from test_cli import on_a_terminal, says, talk


def ask(tamis, query, user='analyst', path='/_sql', **more):
    reply = requests.post(f'{tamis.url}{path}', json={'query': query, **more}, auth=(user, tamis.users[user]), verify=tamis.ca)
    return reply.status_code, reply.json()


def rows(tamis, query, **more):
    """All rows, page after page."""
    status, page = ask(tamis, query, **more)
    assert status == 200, page
    found = page['rows']
    while 'cursor' in page:
        page = requests.post(f'{tamis.url}/_sql', json={'cursor': page['cursor']}, auth=('analyst', tamis.users['analyst']),
                             verify=tamis.ca).json()
        assert 'columns' not in page
        found += page['rows']
    return found


def source(tamis, query):
    return [list(row) for row in tamis.postgres.sql(query)]


@pytest.mark.parametrize('query', [
    'SELECT COUNT(*) FROM devices',
    'SELECT model, COUNT(*) FROM devices GROUP BY model ORDER BY model',
    'SELECT model, COUNT(*) AS c FROM devices GROUP BY model HAVING COUNT(*) > 10 ORDER BY c DESC, model LIMIT 3',
    "SELECT UPPER(model), COUNT(*) FROM devices WHERE model LIKE 'S%' OR NOT model IN ('a', 'b') GROUP BY UPPER(model) ORDER BY 1",
    "SELECT COUNT(*), SUM(CASE WHEN outcome = 'ok' THEN 1 ELSE 0 END), COUNT(*) FILTER (WHERE outcome <> 'ok') FROM connections",
    'SELECT DISTINCT outcome FROM connections ORDER BY outcome DESC',
])
def test_answers_as_the_source_does(tamis, query):
    assert rows(tamis, query) == source(tamis, query)


def test_pages_hold_each_row_once(tamis):
    count = source(tamis, 'SELECT count(*) FROM connections')[0][0]
    found = rows(tamis, 'SELECT at, outcome FROM connections ORDER BY outcome', fetch_size=997)
    assert len(found) == count
    assert [row[1] for row in found] == sorted(row[1] for row in found)


def test_who_may_not_read_rows_counts_them(tamis):
    status, reply = ask(tamis, 'SELECT model FROM devices', user='metrics')
    assert (status, reply['error']['type']) == (403, 'security_exception')
    status, reply = ask(tamis, 'SELECT model, COUNT(*) FROM devices GROUP BY model', user='metrics')
    assert status == 200 and reply['rows']


def test_opensearch_has_its_own_shape(tamis):
    status, reply = ask(tamis, 'SELECT COUNT(*) AS c FROM devices', path='/_plugins/_sql')
    assert (status, reply['schema'], reply['size']) == (200, [{'name': 'COUNT(*)', 'alias': 'c', 'type': 'long'}], 1)


def test_a_cursor_of_text_is_a_header(tamis):
    def csv_page(body):
        return requests.post(f'{tamis.url}/_sql?format=csv', json=body, auth=('analyst', tamis.users['analyst']), verify=tamis.ca)
    first = csv_page({'query': 'SELECT model FROM devices ORDER BY model', 'fetch_size': 10})
    assert first.text.splitlines()[0] == 'model' and len(first.text.splitlines()) == 11
    second = csv_page({'cursor': first.headers['Cursor']})
    assert len(second.text.splitlines()) == 10 and 'model' not in second.text.splitlines()


# tamis query

def query(tamis, *words, user='analyst'):
    return ['query', *words, '--dir', tamis.home, '--user', user, '--password-file', tamis.dir / f'{user}.password']


def test_query_prints_csv_and_json_of_all_rows(tamis):
    want = source(tamis, 'SELECT model, count(*) FROM devices GROUP BY model ORDER BY model')
    sql = 'SELECT model, COUNT(*) AS n FROM devices GROUP BY model ORDER BY model'
    done = talk(tamis, *query(tamis, sql, '--csv'), code=0)
    assert done.stderr == ''
    assert list(csv.reader(io.StringIO(done.stdout))) == [['model', 'n']] + [[m, str(n)] for m, n in want]
    done = talk(tamis, *query(tamis, sql, '--json'), code=0)
    assert [json.loads(line) for line in done.stdout.splitlines()] == [{'model': m, 'n': n} for m, n in want]
    count = source(tamis, 'SELECT count(*) FROM connections')[0][0]
    assert count > 5000, 'this is to be more than one page'
    assert len(talk(tamis, *query(tamis, 'SELECT outcome FROM connections', '--csv'), code=0).stdout.splitlines()) == count + 1


def test_query_reads_its_statement_from_a_pipe(tamis):
    done = subprocess.run([str(TAMIS), *map(str, query(tamis, '-', '--csv'))], input='SELECT COUNT(*) AS n\nFROM devices;\n', text=True,
                          capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, '')
    assert done.stdout.splitlines() == ['n', str(source(tamis, 'SELECT count(*) FROM devices')[0][0])]


def test_query_on_a_terminal_is_a_table_of_the_first_rows(tamis):
    text = on_a_terminal(*query(tamis, 'SELECT outcome, at FROM connections ORDER BY at'))
    lines = text.splitlines()
    assert lines[0].split() == ['outcome', 'at'] and len([l for l in lines if 'T' in l]) == 200


def test_query_tells_mistakes_with_their_place(tamis):
    assert 'line 1:8: Unknown column [modle], did you mean [model]?' in says(tamis, *query(tamis, 'SELECT modle FROM devices'))
    assert "line 1:1: mismatched input 'SELEC'" in says(tamis, *query(tamis, 'SELEC 1'))
    assert 'Unknown index [nosuch]' in says(tamis, *query(tamis, 'SELECT 1 FROM nosuch'))
    assert 'unauthorized' in says(tamis, *query(tamis, 'SELECT model FROM devices', user='metrics'))
