#!/usr/bin/env python3
"""Documents a second by _bulk: several connections send bodies that were made beforehand.

    bench/bulk.py --port 9200 --ca DIR/tls/ca.crt --user loader --password-file F     # a running tamis
    bench/bulk.py --port 9201                                                         # OpenSearch, plain
    bench/bulk.py --tamis build/tamis                                                 # one of its own

The index is app-events (see POLICY); each answer is looked at: every item must have been taken. Prints one line of JSON.
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import time

from client import FORK, Connection, Door

POLICY = '''sources: {}
push:
  app-events:
    time: at
    columns:
      at:         {treat: keep, as: date}
      device_id:  {treat: pseudonym, subject: device}
      event:      {treat: keep, as: keyword}
      model:      {treat: keep, as: keyword}
      firmware:   {treat: keep, as: keyword}
      region:     {treat: keep, as: keyword}
      outcome:    {treat: keep, as: keyword}
      latency_ms: {treat: keep, as: integer}
'''
MODES = ['append', 'upsert', 'update', 'delete']
SHARDS_MAX = 16  # different bodies a connection; the same again after that
START_MS = 1767225600000


def document(chance, number, devices):
    at = START_MS + number * 37
    stamp = time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(at // 1000)) + f'.{at % 1000:03d}Z'
    return (f'{{"at":"{stamp}","device_id":"d{chance.randrange(devices)}","event":"{chance.choice(EVENTS)}",'
            f'"model":"cam-{chance.randrange(12)}","firmware":"1.{chance.randrange(4)}.{chance.randrange(20)}",'
            f'"region":"{chance.choice(REGIONS)}","outcome":"{"ok" if chance.random() < .93 else "fail"}",'
            f'"latency_ms":{int(chance.lognormvariate(4, .8))}}}\n')


EVENTS = ['connect', 'disconnect', 'motion', 'heartbeat']
REGIONS = ['eu', 'us-east', 'us-west', 'ap', 'sa']


def line(options, mode, chance, number):
    """append and upsert: index; fill: index of a document that update and delete are of later."""
    if mode == 'append':
        return '{"index":{}}\n' + document(chance, number, options.devices)
    if mode == 'upsert':
        return f'{{"index":{{"_id":"e{chance.randrange(options.keys)}"}}}}\n' + document(chance, number, options.devices)
    if mode == 'fill':
        return f'{{"index":{{"_id":"e{number}"}}}}\n' + document(chance, number, options.devices)
    if mode == 'update':
        return f'{{"update":{{"_id":"e{number}"}}}}\n{{"doc":{{"outcome":"late","latency_ms":{chance.randrange(9999)}}}}}\n'
    return f'{{"delete":{{"_id":"e{number}"}}}}\n'


def bodies(options, connection, mode):
    """The requests of one connection, made before the clock starts."""
    chance = random.Random(connection)
    made = []
    for shard in range(min(SHARDS_MAX, options.bulks)):
        first = (connection * SHARDS_MAX + shard) * options.size
        numbers = list(range(first, first + options.size))
        if mode in ('update', 'delete'):
            chance.shuffle(numbers)
        made.append(''.join(line(options, mode, chance, number) for number in numbers).encode())
    return made


def fill(link, head, options, connection):
    """What is to be updated and deleted, before the clock starts."""
    for body in bodies(options, connection, 'fill'):
        answer = link.ask((head % len(body)).encode() + body)
        if b'"errors":false' not in answer[:64]:
            raise SystemExit(f'refused: {answer[:400]!r}')


def send_all(options, connection, ready, go, results):
    made = bodies(options, connection, options.mode)
    door = Door(options.port, options.ca, options.auth)
    path = '/app-events/_bulk' + ('?filter_path=errors' if options.short else '')
    head = (f'POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{door.auth}Content-Type: application/x-ndjson\r\n'
            'Content-Length: %d\r\n\r\n')
    requests = [(head % len(body)).encode() + body for body in made]
    link = Connection(door)
    link.ask(door.request('/'))  # who has shown his password once is known, on either side
    if options.mode in ('update', 'delete'):
        fill(link, head, options, connection)
    ready.put(None)
    go.wait()
    took, sent = [], 0
    for i in range(options.bulks):
        request = requests[i % len(requests)]
        begun = time.monotonic()
        answer = link.ask(request)
        took.append(time.monotonic() - begun)
        if b'"errors":false' not in answer[:64]:
            raise SystemExit(f'refused: {answer[:400]!r}')
        sent += len(request)
    results.put((took, sent))


def measure(options):
    ready, results, go = FORK.Queue(), FORK.Queue(), FORK.Event()
    clients = [FORK.Process(target=send_all, args=(options, i, ready, go, results), daemon=True)
               for i in range(options.connections)]
    for client in clients:
        client.start()
    for _ in clients:
        ready.get()
    begun = time.monotonic()
    go.set()
    done = [results.get(timeout=3600) for _ in clients]
    seconds = time.monotonic() - begun
    docs = options.connections * options.bulks * options.size
    took = sorted(t for times, _ in done for t in times)
    return {'mode': options.mode, 'docs': docs, 'bulk': options.size, 'connections': options.connections,
            'docs_per_second': round(docs / seconds), 'mb_per_second': round(sum(b for _, b in done) / seconds / 1e6, 1),
            'bulk_ms_p50': round(took[len(took) // 2] * 1e3, 1), 'bulk_ms_p99': round(took[len(took) * 99 // 100] * 1e3, 1)}


class Place:
    """A tamis of its own, in a directory that goes afterwards."""

    def __init__(self, program, port):
        self.program, self.port = program, port
        self.top = pathlib.Path(tempfile.mkdtemp(prefix='tamis-bulk-'))
        self.top.chmod(0o711)  # serve has a user of its own
        self.home = self.top / 'home'
        self.run('init', self.home, '--password-file', self.top / 'admin')
        (self.home / 'policy.yml').write_text(POLICY)
        self.run('user', 'add', '--dir', self.home, 'loader', '--role', 'writer,analyst', '--password-file', self.top / 'loader')
        self.log = open(self.top / 'log', 'w')
        self.server = subprocess.Popen([program, 'serve', self.home, '--listen', f'127.0.0.1:{port}', '--ready-file',
                                        self.top / 'ready'], stderr=self.log)
        while not (self.top / 'ready').exists():
            if self.server.poll() is not None:
                raise SystemExit((self.top / 'log').read_text())
            time.sleep(0.02)

    def run(self, *words):
        subprocess.run([self.program, *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def cpu_seconds(self):
        """What each process has used, in its name."""
        used = {}
        for task in pathlib.Path(f'/proc/{self.server.pid}/task').iterdir():
            for child in (task / 'children').read_text().split():
                words = pathlib.Path(f'/proc/{child}/stat').read_text().rsplit(')', 1)
                ticks = words[1].split()
                used[words[0].split('(')[1]] = (int(ticks[11]) + int(ticks[12])) / os.sysconf('SC_CLK_TCK')
        return used

    def close(self):
        self.server.terminate()
        self.server.wait()
        shutil.rmtree(self.top)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--tamis', help='start this program, on --port')
    parser.add_argument('--port', type=int, default=9330)
    parser.add_argument('--ca', help='the certificate authority of a TLS server')
    parser.add_argument('--user', default='loader')
    parser.add_argument('--password-file')
    parser.add_argument('--mode', choices=MODES, default='append')
    parser.add_argument('--keys', type=int, default=1000000, help='different _ids of --mode upsert')
    parser.add_argument('--devices', type=int, default=100000)
    parser.add_argument('--size', type=int, default=5000, help='documents of one bulk')
    parser.add_argument('--bulks', type=int, default=100, help='of each connection')
    parser.add_argument('--connections', type=int, default=4)
    parser.add_argument('--short', action='store_true', help='ask for "errors" alone')
    options = parser.parse_args()
    if options.mode == 'delete':
        options.bulks = min(options.bulks, SHARDS_MAX)  # each document goes once
    place = Place(options.tamis, options.port) if options.tamis else None
    if place:
        options.ca, options.password_file = str(place.home / 'tls/ca.crt'), place.top / 'loader'
    password = options.password_file and pathlib.Path(options.password_file).read_text().strip()
    options.auth = (options.user, password) if password else None
    try:
        before = place.cpu_seconds() if place else {}
        result = measure(options)
        for name, seconds in (place.cpu_seconds() if place and options.mode in ('append', 'upsert') else {}).items():
            result[f'{name}_ns_per_doc'] = round((seconds - before[name]) / result['docs'] * 1e9)
        print(json.dumps(result))
    finally:
        if place:
            place.close()


if __name__ == '__main__':
    main()
