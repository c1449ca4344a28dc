"""`tamis probe` and `tamis doctor --neighbours` beside real servers: open ones, closed ones, and tamis itself."""
import contextlib
import http.server
import json
import pathlib
import shutil
import subprocess
import tempfile
import threading

import pytest
from harness import TAMIS, Tamis, free_port, until


def probe(*words):
    done = subprocess.run([TAMIS, 'probe', *words], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def verdict(address):
    status, out, _ = probe(address, '--json', '--rate', '100')
    result = json.loads(out)
    return status, result['verdict'], result.get('store')


@contextlib.contextmanager
def running(*command):
    """A server of its own directory, until the end of the block."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix='tamis-probe-'))
    server = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield server
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(directory, ignore_errors=True)


def redis(port, *more):
    return running('redis-server', '--port', str(port), '--bind', '127.0.0.1', '--save', '', *more)


def memcached(port):
    return running('memcached', '-u', 'nobody', '-l', '127.0.0.1', '-p', str(port))


def etcd(port):
    return running('etcd', '--data-dir', 'data', '--listen-client-urls', f'http://127.0.0.1:{port}', '--advertise-client-urls',
                   f'http://127.0.0.1:{port}', '--listen-peer-urls', f'http://127.0.0.1:{free_port()}')


@pytest.mark.parametrize('start, store', [(redis, 'Redis'), (memcached, 'memcached'), (etcd, 'etcd')], ids=['redis', 'memcached', 'etcd'])
def test_an_open_store_is_found_open(start, store):
    port = free_port()
    with start(port):
        until('it is found', lambda: verdict(f'127.0.0.1:{port}') == (1, 'open', store))
        status, out, _ = probe(f'127.0.0.1:{port}')
        assert status == 1 and out.startswith('OPEN') and 'without a password' in out


def test_a_redis_with_a_password_is_closed():
    port = free_port()
    with redis(port, '--requirepass', 'a long enough password'):
        until('it answers', lambda: verdict(f'127.0.0.1:{port}')[1] != 'no_answer')
        assert verdict(f'127.0.0.1:{port}') == (0, 'closed', 'Redis')


class Anything(http.server.BaseHTTPRequestHandler):
    """A web server that says 200 and a page to everything."""

    def do_GET(self):
        body = b'<html>{"tagline": "no"}</html>'
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        seen.append((self.path, dict(self.headers)))

    do_POST = do_GET

    def log_message(self, *words):
        pass


seen = []


def test_a_page_that_says_yes_to_everything_is_no_store_and_learns_who_asks():
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Anything)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert verdict(f'http://127.0.0.1:{server.server_port}') == (0, 'closed', None)
    finally:
        server.shutdown()
        server.server_close()
    assert len(seen) > 20
    assert all(headers['User-Agent'].startswith('tamis-probe/') and 'Authorization' not in headers and 'Cookie' not in headers for _, headers in seen)


def test_nobody_there_is_neither_open_nor_closed():
    status, out, _ = probe(f'127.0.0.1:{free_port()}')
    assert status == 3 and out.startswith('no answer')


@pytest.fixture(scope='module')
def served():
    it = Tamis(None, 'sources: {}\n')
    try:
        it.user('analyst', 'analyst')
        it.start()
        yield it
        it.stop()
    finally:
        it.drop()


def test_tamis_itself_is_closed(served):
    for address in (served.url, f'127.0.0.1:{served.port}'):
        status, out, _ = probe(address, '--json')
        result = json.loads(out)
        assert status == 0 and result['verdict'] == 'closed'
        assert {a['status'] for a in result['asked'] if 'status' in a} == {401}


def test_a_probe_again_and_again_sees_when_it_opens():
    port = free_port()
    prober = subprocess.Popen([TAMIS, 'probe', f'127.0.0.1:{port}', '--json', '--every', '1s', '--rate', '100'], stdout=subprocess.PIPE, text=True)
    try:
        assert json.loads(prober.stdout.readline())['verdict'] == 'no_answer'
        with redis(port):
            until('it is seen', lambda: json.loads(prober.stdout.readline())['verdict'] == 'open', 30)
    finally:
        prober.kill()
        prober.wait()


def test_doctor_finds_the_open_store_beside_it(served):
    port = free_port()
    with redis(port):
        until('it is up', lambda: verdict(f'127.0.0.1:{port}')[1] == 'open')
        done = served.run('doctor', str(served.home), '--neighbours', check=False)
        assert f'WRONG 127.0.0.1:{port} is open to everybody on this machine: Redis' in done.stdout
        assert done.returncode == 1
        assert 'it refuses everything that finders of open servers ask' in done.stdout
    assert 'is open to' not in served.run('doctor', str(served.home), check=False).stdout
