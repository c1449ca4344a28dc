# SPDX-License-Identifier: Apache-2.0
"""The server's certificate is renewed while it runs, and clients may have to show one of theirs."""

import http.client
import json
import ssl
import subprocess

import pytest
import requests

from harness import Tamis, until

POLICY = 'push:\n  app-events:\n    columns:\n      kind: {treat: keep, as: keyword}\n'


@pytest.fixture
def town():
    it = Tamis(None, POLICY)
    try:
        it.user('analyst', 'analyst')
        yield it
        it.stop()
    finally:
        it.drop()


def openssl(*words):
    subprocess.run(['openssl', *map(str, words)], check=True, capture_output=True)


def authority(it, name):
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-subj', f'/CN={name}',
            '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign',
            '-keyout', it.dir / f'{name}.key', '-out', it.dir / f'{name}.crt')


def signed(it, name, by, *extensions, days=20):
    """A certificate of `name`, signed by the authority `by`."""
    openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', f'/CN={name}', '-keyout',
            it.dir / f'{name}.key', '-out', it.dir / f'{name}.csr')
    (it.dir / f'{name}.ext').write_text('\n'.join(extensions) + '\n')
    openssl('x509', '-req', '-in', it.dir / f'{name}.csr', '-CA', it.dir / f'{by}.crt', '-CAkey', it.dir / f'{by}.key',
            '-CAcreateserial', '-days', days, '-extfile', it.dir / f'{name}.ext', '-out', it.dir / f'{name}.crt')


def print_of(it):
    """SHA-256 of the certificate that a new connection gets, whoever has signed it."""
    with __import__('socket').create_connection(('127.0.0.1', it.port), timeout=10) as s:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(s) as t:
            return __import__('hashlib').sha256(t.getpeercert(True)).hexdigest()


def say(it, connection):
    connection.request('GET', '/', headers={'Authorization': requests.auth._basic_auth_str('analyst', it.users['analyst'])})
    reply = connection.getresponse()
    reply.read()
    return reply.status


def put(it, name):
    for end in ('key', 'crt'):
        (it.home / 'tls' / f'server.{end}').write_bytes((it.dir / f'{name}.{end}').read_bytes())


def test_certificate_is_renewed_and_open_connections_go_on(town):
    it = town
    it.start()
    was = print_of(it)
    assert it.status()['tls']['sha256'] == was and it.status()['tls']['client_authorities'] == 0
    context = ssl.create_default_context(cafile=it.ca)
    held = http.client.HTTPSConnection('127.0.0.1', it.port, timeout=30, context=context)
    assert say(it, held) == 200
    authority(it, 'ours')
    signed(it, 'next', 'ours', 'subjectAltName=IP:127.0.0.1')
    serve, launcher = it.process('serve'), it.server.pid

    # Half of it: the key is another certificate's.
    (it.home / 'tls' / 'server.crt').write_bytes((it.dir / 'next.crt').read_bytes())
    done = it.run('reload', it.home, check=False)
    assert done.returncode == 1 and 'do not belong to each other' in done.stderr
    assert print_of(it) == was and 'the certificate stays as it is' in it.log.read_text()
    posture = it.get('/_tamis/posture', user='admin')
    assert 'do not belong' in posture['tls']['refused'] and posture['tls']['sha256'] == was
    assert 'not taken' in it.run('status', it.home, check=False).stdout

    put(it, 'next')
    it.run('reload', it.home)
    now = print_of(it)
    assert now != was
    reply = requests.get(it.url + '/', auth=('analyst', it.users['analyst']), verify=str(it.dir / 'ours.crt'), timeout=30)
    assert reply.status_code == 200
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(it.url + '/', verify=it.ca, timeout=30)
    assert say(it, held) == 200  # the one from before
    assert (it.process('serve'), it.server.pid) == (serve, launcher)
    until('the status has it', lambda: it.status()['tls']['sha256'] == now)
    assert 'refused' not in it.status()['tls']
    assert 'certificate: ENDS IN' in it.run('status', it.home).stdout  # in 20 days
    assert "certificate ends on" in it.log.read_text()
    tail = it.run('audit', 'tail', '--dir', it.home, '--json').stdout
    assert 'server.certificate' in tail and now in tail

    # One that has ended, or is gone, or is a pipe, changes nothing.
    subprocess.run(['openssl', 'x509', '-in', it.dir / 'next.crt', '-noout', '-text'], check=True, capture_output=True)
    (it.home / 'tls' / 'server.crt').unlink()
    done = it.run('reload', it.home, check=False)
    assert done.returncode == 1 and print_of(it) == now
    assert 'tls/server.crt: No such file' in it.log.read_text()
    put(it, 'next')
    it.run('reload', it.home)


def curl(it, *words):
    done = subprocess.run(['curl', '-s', '-S', '--cacert', it.ca, '-o', '-', '-w', '\n%{http_code}', *map(str, words),
                           it.url + '/_security/_authenticate'], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout.rsplit('\n', 1)[-1], done.stderr


def shows(it, name):
    return ['--cert', it.dir / f'{name}.crt', '--key', it.dir / f'{name}.key']


def test_clients_without_a_certificate_of_ours_are_refused_in_the_handshake(town):
    it = town
    authority(it, 'ours')
    authority(it, 'theirs')
    purpose = 'extendedKeyUsage=clientAuth'
    signed(it, 'ann', 'ours', purpose)
    signed(it, 'bob', 'theirs', purpose)
    signed(it, 'web', 'ours', 'extendedKeyUsage=serverAuth')
    (it.home / 'tls' / 'clients.crt').write_bytes((it.dir / 'ours.crt').read_bytes())
    with open(it.home / 'tamis.yml', 'a') as file:
        file.write('tls: {client_ca: tls/clients.crt}\n')
    it.start()
    login = ['-u', 'analyst:' + it.users['analyst']]
    for versions in (['--tls-max', '1.2'], ['--tlsv1.3']):
        # 35, 56: the connection ends in the handshake; nobody is asked for anything.
        for more in ([], shows(it, 'bob'), shows(it, 'web')):
            code, status, words = curl(it, *versions, *login, *more)
            assert code in (35, 55, 56) and status == '000', (code, status, words)
        # On top of the credential, never instead of it.
        assert curl(it, *versions, *login, *shows(it, 'ann'))[:2] == (0, '200')
        assert curl(it, *versions, *shows(it, 'ann'))[:2] == (0, '401')
        assert curl(it, *versions, '-u', 'analyst:wrong password here', *shows(it, 'ann'))[:2] == (0, '401')
    assert it.status()['tls']['client_authorities'] == 1
    assert 'clients show one too' in it.run('status', it.home).stdout
    assert 'refuses everything' in it.run('doctor', it.home, check=False).stdout

    # Its authorities are renewed as well.
    (it.home / 'tls' / 'clients.crt').write_bytes((it.dir / 'theirs.crt').read_bytes())
    it.run('reload', it.home)
    assert curl(it, *login, *shows(it, 'bob'))[:2] == (0, '200')
    assert curl(it, *login, *shows(it, 'ann'))[1] == '000'
    it.stop()

    # A file that is empty or gone asks for nothing: then nobody is let in.
    for text in (b'', None):
        (it.home / 'tls' / 'clients.crt').unlink()
        if text is not None:
            (it.home / 'tls' / 'clients.crt').write_bytes(text)
        it.start(wait=False)
        assert it.server.wait(timeout=60) != 0
        if text is None:
            break


def test_certificates_of_clients_go_only_with_a_second_person(town):
    it = town
    it.user('second', 'admin')
    it.user('loader', 'writer')
    authority(it, 'ours')
    signed(it, 'ann', 'ours', 'extendedKeyUsage=clientAuth')
    plain = (it.home / 'tamis.yml').read_text()
    it.start()
    body = json.dumps({'index': {'_index': 'app-events'}}) + '\n' + json.dumps({'kind': 'a'}) + '\n'
    until('documents are taken', lambda: requests.post(
        it.url + '/_bulk', data=body, auth=('loader', it.users['loader']), verify=it.ca, timeout=60,
        headers={'Content-Type': 'application/x-ndjson'}).status_code == 200)
    it.stop()
    # That they are asked for tightens: at once.
    (it.home / 'tls' / 'clients.crt').write_bytes((it.dir / 'ours.crt').read_bytes())
    (it.home / 'tamis.yml').write_text(plain + 'tls: {client_ca: tls/clients.crt}\n')
    it.start()
    assert it.status()['tls']['client_authorities'] == 1
    it.stop()
    # That they are not any more does not go by an edit.
    (it.home / 'tamis.yml').write_text(plain)
    it.start()
    assert it.status()['tls']['client_authorities'] == 1
    assert 'tls: {} is not approved' in it.log.read_text()
    words = ['--dir', it.home, '--as']
    it.run('policy', 'apply', *words, 'admin', '--password-file', it.password_file)
    done = it.run('policy', 'history', '--dir', it.home, '--json')
    number = [e['seq'] for e in json.loads(done.stdout) if e['state'] == 'waits'][-1]
    it.run('policy', 'approve', number, *words, 'second', '--password-file', it.dir / 'second.password')
    until('the running server takes it over', lambda: it.status().get('tls', {}).get('client_authorities') == 0)
