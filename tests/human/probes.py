"""What those who look for open servers send, and how a reply is judged.

Nothing here has a credential.  `judge()` says what a reply gave away: a mark of what is stored or of what describes it, or a
status below 300 on anything but the two paths that are open to all.
"""
import base64
import concurrent.futures
import contextlib
import http.client
import re
import socket
import ssl

# Of the campaign's own policy and names; none may be in a reply to somebody without a credential.
MARKS = [b'zzindex', b'zzmodel', b'zzsubject', b'zzamount', b'zzperson', b'zzvalue', b'zzcluster', b'zznode', b'zztable', b'zzcolumn',
         b'"number"', b'"took"', b'number_of_nodes', b'cluster_name', b'lucene', b'BEGIN PRIVATE', b'BEGIN EC', b'SQLite format']
OPEN_TO_ALL = {'/healthz', '/readyz'}

# What the finders send.
FINDERS = [
    ('GET', '/'), ('GET', '/?pretty'), ('GET', '/_nodes'), ('GET', '/_cat/indices?v'),
    ('GET', '/_cat/indices?format=json&bytes=b'), ('GET', '/_all/_search'), ('GET', '/zzindex/_search?size=1'),
    ('GET', '/_cluster/health?pretty'), ('POST', '/api/console/proxy?path=%2F_nodes&method=GET'),
    ('GET', '/elasticsearch/_nodes'),
]
ENDS = ['', '_search', '_count', '_mapping', '_settings', '_stats', '_doc/1', '_source/1', '_bulk', '_msearch', '_field_caps?fields=*',
        '_alias', '_refresh', '_termvectors/1', '_validate/query', '_explain/1', '_analyze', '_sql', '_query', '_search/scroll', '_pit',
        '_mget', '_update/1', '_search/template', '_knn_search', '_terms_enum']
HEADS = ['', '/zzindex', '/_all', '/*', '/zz*', '/zzindex,other', '/%7a%7aindex', '/./zzindex', '//zzindex', '/_cat/../zzindex', '/-*,zzindex',
         '/_tamis', '/_security', '/_cat', '/_cluster', '/_nodes', '/healthz/../zzindex', '/healthz%2f..%2fzzindex', '/readyz;/zzindex',
         '/healthz%00/zzindex', '/%252e%252e/zzindex', '/%c0%af/zzindex', '/ZZINDEX', '/zzindex%20', '/..;/zzindex', '/\\zzindex']
LATER = ['/_tamis/metrics', '/_tamis/status', '/_tamis/posture', '/_tamis/audit', '/metrics', '/_security/user', '/_security/api_key',
         '/_security/_authenticate', '/_security/role', '/_cat/shards', '/_cat/health', '/_cat/nodes', '/_cluster/state', '/_cluster/stats',
         '/_stats', '/_snapshot', '/_tasks', '/_template', '/_index_template', '/_sql?format=txt', '/.kibana/_search', '/.security/_search',
         '/keys/master.key', '/access/catalog.db', '/tamis.yml', '/../tamis.yml', '/%2e%2e/%2e%2e/etc/passwd', '/favicon.ico', '/actuator/env']
METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND', 'get']


def basic(name, password):
    return 'Basic ' + base64.b64encode(f'{name}:{password}'.encode()).decode()


HEADERS = [
    {}, {'Authorization': ''}, {'Authorization': 'Basic '}, {'Authorization': 'Basic Og=='}, {'Authorization': 'Bearer x'},
    {'Authorization': 'ApiKey '}, {'Authorization': 'ApiKey Og=='}, {'Authorization': 'None'}, {'Authorization': 'Negotiate YII='},
    {'Proxy-Authorization': 'Basic YWRtaW46YWRtaW4='}, {'Cookie': 'sid=1; security_authentication=admin'}, {'X-Forwarded-For': '127.0.0.1'},
    {'X-Forwarded-User': 'admin'}, {'es-security-runas-user': 'admin'}, {'X-Remote-User': 'admin'}, {'kbn-xsrf': 'true'},
    {'X-Opaque-Id': 'admin'}, {'Host': 'localhost'}, {'X-HTTP-Method-Override': 'GET'}, {'Content-Type': 'application/json'},
    {'X-Original-URL': '/healthz'}, {'X-Rewrite-URL': '/healthz'}, {'Upgrade': 'h2c', 'Connection': 'Upgrade, HTTP2-Settings', 'HTTP2-Settings': ''},
    {'Content-Type': 'application/x-ndjson'}, {'Accept': 'application/vnd.elasticsearch+json;compatible-with=8'}, {'Accept-Encoding': 'gzip'},
]
# Names and passwords that are tried first.  Each is asked from an address of its own, or the server would only say "slower".
GUESSES = [(n, p) for n in ('elastic', 'admin', 'kibana', 'kibana_system', 'root', 'tamis', 'writer', 'second', 'flip-admin')
           for p in ('', 'changeme', 'admin', 'elastic', 'password', 'tamis', '123456', n)]
BODIES = [None, '{}', '{"query":{"match_all":{}}}', '{"size":1}', '{"aggs":{"a":{"terms":{"field":"zzmodel"}}}}', '{', '\0',
          '{"index":"zzindex"}\n{"query":{"match_all":{}}}\n', '{"query":"SELECT * FROM zzindex"}']

ASKED = '/_all/_search'


def wire():
    """Bytes that no HTTP library would send: (what, bytes, how many answers below 300 are in order)."""
    get, host, end = f'GET {ASKED} HTTP/1.1\r\n', 'Host: x\r\n', '\r\n'
    hidden = f'GET {ASKED} HTTP/1.1\r\nHost: x\r\n\r\n'
    open_one = 'POST /healthz HTTP/1.1\r\nHost: x\r\n'
    return [
        ('HTTP/0.9', f'GET {ASKED}\r\n', 0),
        ('HTTP/1.0', f'GET {ASKED} HTTP/1.0\r\n\r\n', 0),
        ('HTTP/1.0 kept alive', f'GET {ASKED} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', 0),
        ('HTTP/1.2', f'GET {ASKED} HTTP/1.2\r\n{host}{end}', 0),
        ('HTTP/2.0', f'GET {ASKED} HTTP/2.0\r\n{host}{end}', 0),
        ('HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0', 0),
        ('no Host', get + end, 0),
        ('two Hosts', f'{get}{host}Host: localhost\r\n{end}', 0),
        ('absolute target', f'GET https://localhost{ASKED} HTTP/1.1\r\n{host}{end}', 0),
        ('absolute target of healthz', f'GET https://x/healthz/..{ASKED} HTTP/1.1\r\n{host}{end}', 0),
        ('asterisk', f'OPTIONS * HTTP/1.1\r\n{host}{end}', 0),
        ('CONNECT', f'CONNECT localhost:9200 HTTP/1.1\r\n{host}{end}', 0),
        ('lines of LF', f'GET {ASKED} HTTP/1.1\nHost: x\n\n', 0),
        ('a tab for a space', f'GET\t{ASKED}\tHTTP/1.1\r\n{host}{end}', 0),
        ('a folded header', f'{get}{host}X: a\r\n Authorization: Basic YTpi\r\n{end}', 0),
        ('a space before the colon', f'{get}{host}Authorization : Basic YTpi\r\n{end}', 0),
        ('two Authorizations', f'{get}{host}Authorization: {basic("admin", "")}\r\nAuthorization: Basic\r\n{end}', 0),
        ('a NUL in a header', f'{get}{host}Authorization: Basic \0YTpi\r\n{end}', 0),
        ('CR alone in a header', f'{get}{host}X: y\rAuthorization: Basic YTpi\r\n{end}', 0),
        ('two lengths', f'{open_one}Content-Length: 0\r\nContent-Length: {len(hidden)}\r\n{end}{hidden}', 1),
        ('length and chunks', f'{open_one}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n{end}0\r\n\r\n{hidden}', 1),
        ('chunks spelt oddly', f'{open_one}Content-Length: 4\r\nTransfer-Encoding: xchunked\r\n{end}0\r\n\r\n{hidden}', 1),
        ('a length below nothing', f'{open_one}Content-Length: -1\r\n{end}{hidden}', 1),
        ('a length with a sign', f'{open_one}Content-Length: +0\r\n{end}{hidden}', 1),
        ('a huge chunk', f'{open_one}Transfer-Encoding: chunked\r\n{end}ffffffffffffffffff\r\n{hidden}', 1),
        ('one after healthz', f'GET /healthz HTTP/1.1\r\n{host}{end}{hidden}', 1),
        ('a trailer', f'{open_one}Transfer-Encoding: chunked\r\n{end}0\r\nAuthorization: Basic YTpi\r\n\r\n{hidden}', 1),
        ('a very long target', f'GET /{"z" * 70000} HTTP/1.1\r\n{host}{end}', 0),
        ('very many headers', get + ''.join(f'X-{n}: y\r\n' for n in range(3000)) + end, 0),
        ('only zeros', '\0' * 100, 0),
    ]


def variants(chance, count):
    """`count` requests that differ from the finders' in method, path, header and body."""
    for _ in range(count):
        path = chance.choice(LATER) if chance.random() < 0.2 else chance.choice(HEADS) + '/' + chance.choice(ENDS)
        yield chance.choice(METHODS), path, chance.choice(HEADERS), chance.choice(BODIES)


def anonymous():
    """No certificate is checked: whoever looks for open servers does not either."""
    context = ssl._create_unverified_context()  # pylint: disable=protected-access
    context.set_alpn_protocols(['h2', 'http/1.1'])
    return context


class Prober:
    """Asks, judges, counts.  Not for two threads at once."""

    def __init__(self, chance):
        self.chance, self.context = chance, anonymous()
        self.probes, self.answered, self.open, self.sources = 0, 0, [], 0

    def new_source(self):
        """Another address of this machine, so that what one is refused says nothing of the next."""
        self.sources += 1
        return f'127.{1 + self.sources // 62500 % 250}.{self.sources // 250 % 250}.{2 + self.sources % 250}', 0

    def judge(self, what, path, asked, status, said, method='GET'):
        self.answered += 1
        leaks = [m.decode() for m in MARKS if m in said and m not in asked]
        bare = path.split('?')[0]
        if leaks or (status < 300 and bare not in OPEN_TO_ALL and (method != 'OPTIONS' or said)):
            self.open.append(f'{what}: {method} {path}: {status} {leaks} {said[:160]}')

    def ask(self, connection, method, path, headers, body, what):
        self.probes += 1
        try:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            text = reply.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return
        asked = path.encode() + (body or '').encode()
        self.judge(what, path, asked, reply.status, text, method)
        self.judge(what + ' (headers)', '/healthz', asked, 200, repr(reply.getheaders()).encode())
        self.answered -= 1

    def over_https(self, address, what, count):
        connection = http.client.HTTPSConnection(*address, timeout=10, context=self.context)
        for method, path in FINDERS:
            self.ask(connection, method, path, {}, None, what)
        for method, path, headers, body in variants(self.chance, count):
            self.ask(connection, method, path, headers, body, what)
        connection.close()

    def guess(self, address, what, count):
        for name, password in self.chance.sample(GUESSES, min(count, len(GUESSES))):
            connection = http.client.HTTPSConnection(*address, timeout=10, context=self.context, source_address=self.new_source())
            self.ask(connection, 'GET', ASKED, {'Authorization': basic(name, password)}, None, f'{what} (as {name}:{password})')
            connection.close()

    def over_the_wire(self, address, what, count, seconds):
        """Many at once, as most of them wait for a silence."""
        every = wire()
        asked = [(odd, is_tls) for odd in self.chance.sample(every, min(count, len(every)))
                 for is_tls in ((True, False) if count >= len(every) else (self.chance.random() < 0.7,))]
        with concurrent.futures.ThreadPoolExecutor(16) as threads:
            replies = threads.map(lambda one: self.say(address, one[0][1].encode('latin-1'), one[1], seconds), asked)
            for ((name, _, fine), is_tls), said in zip(asked, replies):
                self.judge_wire(f'{what} ({name}, {"TLS" if is_tls else "plain"})', fine, said)

    def judge_wire(self, what, fine, said):
        self.probes += 1
        statuses = [int(s) for s in re.findall(rb'HTTP/1\.[01] (\d{3})', said)]
        self.answered += bool(statuses)
        leaks = [m.decode() for m in MARKS if m in said]
        if leaks or sum(s < 300 for s in statuses) > fine or (not statuses and b'{' in said):
            self.open.append(f'{what}: {statuses} {leaks} {said[:160]}')

    def say(self, address, text, is_tls, seconds):
        """What is answered within a moment of silence."""
        said = b''
        with contextlib.suppress(OSError), contextlib.closing(socket.create_connection(address, timeout=seconds)) as plain:
            at = self.context.wrap_socket(plain) if is_tls else plain
            with contextlib.closing(at):
                at.sendall(text)
                while len(said) < 1 << 16:
                    more = at.recv(65536)
                    if not more:
                        break
                    said += more
        return said

    def probe(self, address, what, count):
        """The finders' requests and `count` variants; of the odder ways to ask, some or all."""
        is_thorough = count >= 1000
        self.over_https(address, what, count)
        self.over_the_wire(address, what, 1000 if is_thorough else 4, 0.3 if is_thorough else 0.05)
        self.guess(address, what, 12 if is_thorough else 1)  # each makes the server work out a password's hash: 70 ms
