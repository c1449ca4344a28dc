"""Timing: the first run, then at least seven warm ones; peers each in a process of its own."""
import dataclasses
import pathlib
import site
import statistics
import time
import traceback

from client import FORK

RUNS, RUNS_MAX = 7, 200
WARM_S = 0.5           # so many runs as fit, but not under RUNS
SLOW_S, RUNS_SLOW = 1, 3
VERY_SLOW_S = 4        # then the first run is the only one


@dataclasses.dataclass
class Timing:
    first: float
    warm: list
    rows: list = None  # of each panel

    @property
    def median(self):
        return statistics.median(self.warm)

    @property
    def p99(self):
        return sorted(self.warm)[int(len(self.warm) * 0.99)]


def timed(work):
    """Times `work()`, whose first answer is the one that is kept."""
    start = time.perf_counter()
    answer = work()
    first = time.perf_counter() - start
    runs = 0 if first > VERY_SLOW_S else RUNS_SLOW if first > SLOW_S else RUNS
    warm = []
    while len(warm) < runs or (runs == RUNS and sum(warm) < WARM_S and len(warm) < RUNS_MAX):
        start = time.perf_counter()
        work()
        warm.append(time.perf_counter() - start)
    return Timing(first, warm or [first]), answer


@dataclasses.dataclass
class Result:
    """What a peer did: its timings by question, or why there are none."""
    title: str
    missing: str = ''
    timings: dict = dataclasses.field(default_factory=dict)
    load_s: float = 0
    disk: int = 0
    peak_mb: float = 0
    version: str = ''


def peak_mb(pid='self'):
    for line in pathlib.Path(f'/proc/{pid}/status').read_text().splitlines():
        if line.startswith('VmHWM'):
            return int(line.split()[1]) / 1024
    return 0


def _ask_all(peer, questions, result):
    names = peer.names()
    for q in questions:
        texts = [p.sql_for(peer.dialect, names) for p in q.panels]
        is_same = peer.title.endswith(' flat') and not any(p.joins for p in q.panels)
        if is_same or not all(texts):
            continue
        try:
            timing, timing.rows = timed(lambda: [peer.ask(text) for text in texts])
        except Exception as error:
            raise RuntimeError(f'{q.number}: {error}') from error
        result.timings[q.number] = timing


def _load(peer):
    start = time.perf_counter()
    peer.load()
    return {'load_s': time.perf_counter() - start, 'disk': peer.disk(), 'version': peer.version()}


def _in_its_process(packages, work, pipe):
    try:
        site.addsitedir(str(packages))
        pipe.send(work())
    except ImportError as error:
        pipe.send(f'missing: {error}')
    except Exception:
        pipe.send(traceback.format_exc())


def apart(packages, work):
    """What `work()` gives, done in a process of its own; words when it cannot be done."""
    read, write = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_in_its_process, args=(packages, work, write))
    process.start()
    write.close()
    try:
        got = read.recv()
    except EOFError:
        got = 'its process ended'
    process.join()
    return got


def load_peer(kind, data, packages):
    """Loads one peer unless an earlier run has; what went wrong."""
    if kind.key in data.made():
        return ''
    data.forget(kind.key)
    place = data.dir / kind.key
    place.mkdir()
    got = apart(packages, lambda: _load(kind(place, data.files(), {})))
    if isinstance(got, str):
        return got
    data.note(kind.key, **got)
    return ''


def peer_result(kind, data, times, questions, packages):
    """Asks one peer; an error of it ends the whole run."""
    result = Result(kind.title)
    wrong = load_peer(kind, data, packages)
    if wrong.startswith('missing: '):
        result.missing = f'{kind.title} cannot be installed here: {wrong[9:]}'
        return result
    if wrong:
        raise RuntimeError(f'{kind.title}: {wrong}')
    made = data.made()[kind.key]
    result.load_s, result.disk, result.version = made['load_s'], made['disk'], made['version']

    def ask():
        peer = kind(data.dir / kind.key, data.files(), times)
        peer.open()
        _ask_all(peer, questions, result)
        peer.close()
        return result.timings, peak_mb()
    got = apart(packages, ask)
    if isinstance(got, str):
        raise RuntimeError(f'{kind.title}: {got}')
    result.timings, result.peak_mb = got
    return result


def answer_asker(packages, make, pipe):
    site.addsitedir(str(packages))
    try:
        peer = make()
        peer.open()
        while (text := pipe.recv()) is not None:
            pipe.send(peer.ask(text))
    except Exception:
        pipe.send(traceback.format_exc())


class Asker:
    """A peer in a process of its own that answers one SQL after the other: what right is measured by."""

    def __init__(self, packages, make):
        self.pipe, other = FORK.Pipe()
        self.process = FORK.Process(target=answer_asker, args=(packages, make, other), daemon=True)
        self.process.start()
        other.close()

    def __call__(self, text):
        self.pipe.send(text)
        got = self.pipe.recv()
        if isinstance(got, str):
            raise RuntimeError(f'{text}: {got}')
        return got

    def close(self):
        self.pipe.send(None)
        self.process.join()
