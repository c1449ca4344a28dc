"""A plain HTTP client that costs little: one kept connection, requests made beforehand."""
import base64
import json
import multiprocessing
import socket
import ssl
import statistics
import time

FORK = multiprocessing.get_context('fork')


class Door:
    """Where to knock and with what credential; connect() as often as wanted."""

    def __init__(self, port, ca=None, auth=None):
        self.port = port
        self.context = ssl.create_default_context(cafile=ca) if ca else None
        self.auth = 'Authorization: Basic ' + base64.b64encode(':'.join(auth).encode()).decode() + '\r\n' if auth else ''

    def request(self, path, body=None):
        """The bytes of a request; a list as body is sent as lines of JSON."""
        method = 'GET' if body is None else 'POST'
        kind = 'application/x-ndjson' if isinstance(body, list) else 'application/json'
        lines = body if isinstance(body, list) else [body]
        data = b'' if body is None else b''.join(json.dumps(line).encode() + b'\n' for line in lines)
        what = f'Content-Type: {kind}\r\nContent-Length: {len(data)}\r\n' if data else ''
        return f'{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{self.auth}{what}\r\n'.encode() + data

    def connect(self):
        return Connection(self)


class Connection:
    def __init__(self, door):
        self.socket = socket.create_connection(('127.0.0.1', door.port), timeout=600)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if door.context:
            self.socket = door.context.wrap_socket(self.socket, server_hostname='127.0.0.1')

    def ask(self, request):
        """The bytes of the answer's body; any status but 200 is an error."""
        self.socket.sendall(request)
        got = self._more(b'')
        while (end := got.find(b'\r\n\r\n')) < 0:
            got = self._more(got)
        head = got[:end].decode().lower()
        if 'content-length:' not in head:
            raise ValueError(f'an answer without its length: {head}')
        whole = end + 4 + int(head.split('content-length:')[1].split('\r\n')[0])
        parts = [got]
        have = len(got)
        while have < whole:
            parts.append(self._more(b''))
            have += len(parts[-1])
        body = b''.join(parts)[end + 4:whole]
        if ' 200 ' not in head.split('\r\n')[0]:
            raise ValueError(f'{head.splitlines()[0]}: {body[:2000].decode()}')
        return body

    def _more(self, got):
        more = self.socket.recv(1 << 18)
        if not more:
            raise ConnectionError('the other side closed the connection')
        return got + more

    def close(self):
        self.socket.close()


def _ask_until(door, requests, barrier, seconds, out):
    connection = door.connect()
    connection.ask(requests[0])
    barrier.wait()
    took = []
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        for request in requests:
            connection.ask(request)
        took.append(time.perf_counter() - start)
    out.send((took, time.perf_counter() - end + seconds))


def together(door, requests, clients=16, seconds=2.0):
    """Many clients, each a process of its own, ask all of `requests`: (that per second, median, 99th percentile)."""
    barrier = FORK.Barrier(clients)
    pipes = [FORK.Pipe(duplex=False) for _ in range(clients)]
    made = [FORK.Process(target=_ask_until, args=(door, requests, barrier, seconds, pipe[1]), daemon=True)
            for pipe in pipes]
    for process in made:
        process.start()
    for _, write in pipes:
        write.close()
    got = [read.recv() for read, _ in pipes]
    for process in made:
        process.join()
    took = sorted(t for times, _ in got for t in times)
    rate = sum(len(times) / spent for times, spent in got)
    return rate, statistics.median(took), took[int(len(took) * 0.99)]
