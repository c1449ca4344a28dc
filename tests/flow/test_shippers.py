"""What people ship and watch with, unmodified, as Debian has it: rsyslog, Perl's client, the Prometheus exporter; elasticdump from npm."""
import contextlib
import json
import os
import pathlib
import subprocess

import pytest
import requests
from harness import Tamis, free_port, until

CLIENTS = pathlib.Path(__file__).resolve().parents[1] / 'clients'
POLICY = '''sources: {}
push:
  app-logs:
    time: at
    columns:
      at:         {treat: keep, as: date}
      model:      {treat: keep, as: keyword}
      severity:   {treat: keep, as: keyword}
      latency_ms: {treat: keep, as: integer}
  app-copy:
    time: at
    columns:
      at:         {treat: keep, as: date}
      model:      {treat: keep, as: keyword}
      severity:   {treat: keep, as: keyword}
      latency_ms: {treat: keep, as: integer}
'''
RSYSLOG = '''
module(load="imfile")
module(load="omelasticsearch")
global(workDirectory="{work}")
template(name="doc" type="list") {{
  constant(value="{{\\"at\\":\\"") property(name="timereported" dateFormat="rfc3339" date.inUTC="on")
  constant(value="\\",\\"severity\\":\\"") property(name="syslogseverity-text" format="json")
  constant(value="\\",\\"model\\":\\"") property(name="syslogtag" format="json" position.from="1" position.to="20")
  constant(value="\\"}}")
}}
input(type="imfile" file="{log}" tag="camera" severity="warning" readMode="0")
action(type="omelasticsearch" server="https://127.0.0.1" serverport="{port}" uid="loader" pwd="{password}" tls.cacert="{ca}"
       searchIndex="app-logs" searchType="" esVersion.major="8" template="doc" bulkmode="on" queue.type="LinkedList" errorfile="{errors}"
       queue.dequeuebatchsize="64" action.resumeretrycount="-1")
'''


@pytest.fixture(scope='module')
def logs():
    it = Tamis(None, POLICY)
    try:
        it.user('analyst', 'analyst')
        it.user('loader', 'writer,analyst')
        it.start()
        until('mirror takes documents', lambda: it.http('POST', '/app-logs/_doc', {'severity': 'info'}, 'loader').status_code == 201)
        yield it
        it.stop()
    finally:
        it.drop()


@contextlib.contextmanager
def running(words):
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_rsyslog_ships_log_lines(logs, tmp_path):
    log = tmp_path / 'app.log'
    errors = tmp_path / 'errors'
    log.write_text(''.join(f'camera {n} lost its connection\n' for n in range(500)))
    conf = tmp_path / 'rsyslog.conf'
    conf.write_text(RSYSLOG.format(work=tmp_path, log=log, port=logs.port, password=logs.users['loader'], ca=logs.ca, errors=errors))
    with running(['rsyslogd', '-n', '-f', str(conf), '-i', str(tmp_path / 'pid')]):
        shipped = {'term': {'severity': 'warning'}}
        until('all lines are there', lambda: logs.count('app-logs', shipped) == 500 or errors.exists())
        assert not errors.exists(), errors.read_text()[:2000]
        with open(log, 'a', encoding='ascii') as more:
            more.writelines(f'camera {n} is back\n' for n in range(70))
        until('new lines come', lambda: logs.count('app-logs', shipped) == 570)


def test_perl_client_pushes_and_asks(logs):
    done = subprocess.run(['perl', str(CLIENTS / 'perl_client.pl'), logs.url, logs.ca, 'loader', logs.users['loader'], 'app-logs'],
                          text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    out = json.loads(done.stdout)
    assert (out['total'], out['sum'], out['exists']) == (250, 250 * 251 / 2, 1)
    assert out['count'] == logs.count('app-logs')
    assert out['missing'] == 'Search::Elasticsearch::Error::Missing'
    assert out['health'] in ('green', 'yellow') and sorted(out['cat'].split()) == ['app-copy', 'app-logs']


def test_prometheus_exporter_scrapes(logs):
    port = free_port()
    address = logs.url.replace('https://', f'https://loader:{logs.users["loader"]}@')
    with running(['prometheus-elasticsearch-exporter', f'--es.uri={address}', f'--es.ca={logs.ca}', '--es.all', '--es.indices', '--es.shards',
                  '--es.indices_settings', '--es.indices_mappings', '--es.cluster_settings', f'--web.listen-address=127.0.0.1:{port}']):
        page = None

        def scraped():
            nonlocal page
            with contextlib.suppress(requests.RequestException):
                page = requests.get(f'http://127.0.0.1:{port}/metrics', timeout=10).text
                return 'elasticsearch_indices_docs_primary{' in page
            return False
        until('the exporter has scraped', scraped)
    values = dict(line.rsplit(' ', 1) for line in page.splitlines() if not line.startswith('#'))

    def value(name):
        found = [float(v) for k, v in values.items() if k.split('{')[0] == name and 'index="app-copy"' not in k]
        assert found, f'no {name} on the page'
        return found[0]
    assert value('elasticsearch_indices_docs_primary') == logs.count('app-logs')
    assert value('elasticsearch_cluster_health_up') == 1
    assert value('elasticsearch_cluster_health_number_of_nodes') == 1
    assert value('elasticsearch_node_stats_up') == 1
    assert value('elasticsearch_index_stats_up') == 1
    assert value('elasticsearch_os_mem_free_bytes') > 0
    assert value('elasticsearch_process_cpu_seconds_total') >= 0
    failures = {k: float(v) for k, v in values.items() if 'failures' in k}
    assert not any(failures.values()), failures


ELASTICDUMP = CLIENTS / 'node_modules' / '.bin' / 'elasticdump'


def dump(tamis, source, target, *more):
    done = subprocess.run([str(ELASTICDUMP), f'--input={source}', f'--output={target}', '--limit=700', *more],
                          text=True, capture_output=True, timeout=120, env={**os.environ, 'NODE_EXTRA_CA_CERTS': tamis.ca})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_elasticdump_copies_an_index_out_and_in(logs, tmp_path):
    documents = ''.join(json.dumps({'index': {'_id': f'e{n}'}}) + '\n' + json.dumps(
        {'at': 1767323045678 + n * 1000, 'model': f'cam-{n % 7}', 'severity': 'dump', 'latency_ms': n}) + '\n' for n in range(3000))
    reply = requests.post(logs.url + '/app-logs/_bulk', data=documents, auth=('loader', logs.users['loader']), verify=logs.ca,
                          headers={'Content-Type': 'application/x-ndjson'}, timeout=60)
    assert reply.json()['errors'] is False
    here = logs.url.replace('https://', f'https://loader:{logs.users["loader"]}@')
    file = tmp_path / 'dump.json'
    query = '--searchBody=' + json.dumps({'query': {'term': {'severity': 'dump'}}})
    dump(logs, here + '/app-logs', file, '--type=data', query)
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert sorted(r['_source']['latency_ms'] for r in rows) == list(range(3000))
    assert len({r['_id'] for r in rows}) == 3000
    dump(logs, file, here + '/app-copy', '--type=data')
    body = {'size': 0, 'track_total_hits': True, 'aggs': {'sum': {'sum': {'field': 'latency_ms'}}, 'models': {'terms': {'field': 'model'}}}}
    mine = logs.http('POST', '/app-logs/_search', {**body, 'query': {'term': {'severity': 'dump'}}}, 'loader').json()
    copied = logs.http('POST', '/app-copy/_search', body, 'loader').json()
    assert copied['hits']['total'] == {'value': 3000, 'relation': 'eq'}
    assert copied['aggregations'] == mine['aggregations']
