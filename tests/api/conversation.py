"""Cases, how a reply is made comparable, and how two replies are compared.

A case in cases/*.json:

    name      unique in its file
    method    GET when there is no body, else POST
    path      "/events/_search"
    params    {"size": "3"}
    body      an object; a text is sent as it is; a list is sent as lines of NDJSON
    only      ["status", "body.error.type"]: the parts that must be equal; without it, all.
              "keys:body.0" compares the names below body.0 only, not their values
    differs   [{"at": "body.error.reason", "here": ..., "why": "..."}]: what tamis answers there
              on purpose; without "here" the part is absent.  A difference that is none fails

Row ids are secrets of each run: "{id:events:5}" in a request stands for the id of the row of
events with n = 5, and a reply's ids are turned back into that.
"""
import json
import math
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
# Differs from run to run, or counts shards, which tamis has none of.
DROPPED = {'took', '_shards', '_seq_no', '_primary_term', '_version', 'cluster_name', 'cluster_uuid', 'index_uuid', 'node',
           'uuid', 'phase_took'}
ABSENT = '(absent)'
# What Elasticsearch sorts by where there is no value.  tamis says null: a client can send that
# back as it is, while JavaScript cannot even hold the largest long.
NO_VALUE = {2**31 - 1, -2**31, 2**63 - 1, -2**63, 'Infinity', '-Infinity'}


def files():
    return sorted((HERE / 'cases').glob('*.json'))


def cases(file):
    return json.loads(file.read_text())


def expected_file(file):
    return HERE / 'expected' / file.name


def all_cases():
    return [(file, case) for file in files() for case in cases(file)]


def with_ids(value, ids):
    text = value if isinstance(value, str) else json.dumps(value)
    text = re.sub(r'\{id:(\w+):(\d+)\}', lambda m: ids[m[1]][int(m[2])], text)
    return text if isinstance(value, str) else json.loads(text)


def request(case, ids):
    """(method, path, params, body in bytes or None, content type)"""
    body = case.get('body')
    kind = 'application/json'
    if isinstance(body, list):
        kind = 'application/x-ndjson'
        body = ''.join(with_ids(line if isinstance(line, str) else json.dumps(line), ids) + '\n' for line in body)
    elif body is not None:
        body = body if isinstance(body, str) else json.dumps(with_ids(body, ids))
    method = case.get('method') or ('GET' if body is None else 'POST')
    return method, with_ids(case['path'], ids), case.get('params', {}), body and body.encode(), kind


def reply(response, ids):
    """Status and body, without what differs from run to run."""
    names = {real: f'{{id:{table}:{n}}}' for table in ids for n, real in ids[table].items()}
    try:
        body = response.json()
    except ValueError:
        body = response.text
    return {'status': response.status_code, 'body': normal(body, names)}


def normal(value, names):
    if isinstance(value, list):
        return [normal(v, names) for v in value]
    if isinstance(value, dict):
        return {k: special(k, normal(v, names)) for k, v in value.items() if k not in DROPPED}
    if isinstance(value, str):
        # The node lists methods in whatever order its set has them.
        value = re.sub(r'(?<=allowed: \[)[A-Z, ]+', lambda m: ', '.join(sorted(m[0].split(', '))), value)
        return names.get(value, value)
    return value


def special(key, value):
    """Nothing is ranked here: that there is a score is compared, not how high it is."""
    if key in ('_score', 'max_score') and value is not None:
        return 1.0
    if key == 'sort' and isinstance(value, list):
        return [None if isinstance(v, (int, float, str)) and v in NO_VALUE else v for v in value]
    return value


def at(value, path):
    """The part of a reply at a path of names and places; ABSENT where there is none."""
    for step in [p.replace('\\', '') for p in re.split(r'(?<!\\)\.', path)]:
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return ABSENT
    return value


def put(value, path, part):
    """Puts a part at a path, or takes it away; what the path leads through is made when absent."""
    steps = [p.replace('\\', '') for p in re.split(r'(?<!\\)\.', path)]
    for step in steps[:-1]:
        if isinstance(value, list):
            value.extend({} for _ in range(int(step) + 1 - len(value)))
            value = value[int(step)]
        else:
            value = value.setdefault(step, {})
    if isinstance(value, list):
        value[int(steps[-1])] = part
    elif part == ABSENT:
        value.pop(steps[-1], None)
    else:
        value[steps[-1]] = part


def same(a, b):
    """Equal in value and in kind: 5 is not 5.0 to a client that reads types."""
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12)
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def wanted(case, oracle):
    """What tamis must answer: the oracle's reply with the case's differences put in."""
    want = json.loads(json.dumps(oracle))
    for difference in case.get('differs', []):
        part = difference.get('here', ABSENT)
        if same(at(want, difference['at']), part):
            raise AssertionError(f'{case["name"]}: {difference["at"]} is listed as a difference and is none')
        put(want, difference['at'], part)
    return want


def parts(case, value):
    if 'only' not in case:
        return value
    keys = lambda v: sorted(v) if isinstance(v, dict) else v
    return {path: keys(at(value, path[5:])) if path.startswith('keys:') else at(value, path) for path in case['only']}


def differences(want, got, path=''):
    """Where two replies part, one line each."""
    if isinstance(want, dict) and isinstance(got, dict):
        return [line for k in {**want, **got}
                for line in differences(want.get(k, ABSENT), got.get(k, ABSENT), f'{path}.{k}')]
    if isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        return [line for i, (a, b) in enumerate(zip(want, got)) for line in differences(a, b, f'{path}.{i}')]
    return [] if same(want, got) else [f'{path[1:]}: wanted {json.dumps(want)[:400]}, got {json.dumps(got)[:400]}']


def complaints(case, oracle, got):
    """What is wrong with a reply of tamis, one line each; empty when it is as it must be."""
    lines = differences(parts(case, wanted(case, oracle)), parts(case, got))
    return [f'{case["name"]}: {line}' for line in lines]


def record(file, replies):
    """Writes what the oracle answered: of each reply only the parts that its case compares."""
    known = {case['name']: case for case in cases(file)}
    lines = [f'{json.dumps(name)}: {json.dumps(kept(known[name], reply))}' for name, reply in replies.items()]
    expected_file(file).write_text('{\n' + ',\n'.join(lines) + '\n}\n')


def kept(case, reply):
    """A reply cut down to the compared parts, in their places."""
    if 'only' not in case:
        return reply
    out = {}
    for path in case['only']:
        part = at(reply, path.removeprefix('keys:'))
        if part != ABSENT:
            put(out, path.removeprefix('keys:'), dict.fromkeys(part) if path.startswith('keys:') and isinstance(part, dict) else part)
    return out
