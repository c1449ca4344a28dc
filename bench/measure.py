"""Timing: the first run, then at least seven warm ones; peers each in a process of its own."""
import dataclasses
import pathlib
import site
import statistics
import time
import traceback

from client import FORK

RUNS, RUNS_MAX = 7, 100
WARM_S = 0.5           # so many runs as fit, but not under RUNS
SLOW_S, RUNS_SLOW = 5, 3
VERY_SLOW_S = 60       # then the first run is the only one


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


def _work(kind, place, files, times, questions, packages, pipe):
    result = Result(kind.title)
    try:
        site.addsitedir(str(packages))
        peer = kind(place, files, times)
        start = time.perf_counter()
        try:
            peer.load()
            result.version = peer.version()
        except ImportError as error:
            result.missing = f'{kind.title} cannot be installed here: {error}'
        else:
            result.load_s = time.perf_counter() - start
            peer.open()
            _ask_all(peer, questions, result)
            peer.close()
            result.disk = peer.disk()
            result.peak_mb = peak_mb()
        pipe.send(result)
    except Exception:
        pipe.send(traceback.format_exc())


def peer_result(kind, place, files, times, questions, packages):
    """Loads and asks one peer; an error of it ends the whole run."""
    place.mkdir()
    read, write = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_work, args=(kind, place, files, times, questions, packages, write))
    process.start()
    write.close()
    try:
        got = read.recv()
    except EOFError:
        got = 'its process ended'
    process.join()
    if isinstance(got, str):
        raise RuntimeError(f'{kind.title}: {got}')
    return got
