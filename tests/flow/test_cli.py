"""The command line against a tamis that runs: what it says, where it says it, how it ends."""
import json
import os
import pty
import re
import shutil
import subprocess
import termios

import pytest
from harness import TAMIS, free_port, until

NOBODY = 'nobody'
ROOT_ONLY = pytest.mark.skipif(os.getuid() != 0, reason='changes users, which takes root')


def talk(tamis, *words, code, user=None):
    """Runs a verb that must end with `code`; failures speak on standard error alone."""
    command = (['runuser', '-u', user, '--'] if user else []) + [str(TAMIS), *map(str, words)]
    done = subprocess.run(command, text=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=60,
                          cwd=tamis.dir)
    assert done.returncode == code, f'{words}: {done.returncode}\n{done.stdout}\n{done.stderr}'
    assert 'Sanitizer' not in done.stderr
    return done


def says(tamis, *words, code=1, **more):
    """What a failing verb says."""
    done = talk(tamis, *words, code=code, **more)
    assert done.stdout == ''
    assert done.stderr.startswith('tamis: ') or not done.stderr.startswith('tamis'), done.stderr
    return done.stderr


def metric(tamis, *words, user='analyst', code=0):
    return talk(tamis, 'metric', *words, '--dir', tamis.home, '--user', user, '--password-file',
                tamis.dir / f'{user}.password', code=code)


def on_a_terminal(*words):
    """Standard output of a verb that believes to be at a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([str(TAMIS), *map(str, words)], stdin=subprocess.DEVNULL, stdout=theirs)
    os.close(theirs)
    text = b''
    while True:
        try:
            more = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not more:
            break
        text += more
    os.close(ours)
    assert process.wait(timeout=60) == 0
    return text.decode().replace('\r\n', '\n')


# status and doctor

def test_status_tells_sources_and_tables(tamis):
    until('the stream is told', lambda: 'streaming' in tamis.run('status', tamis.home).stdout)
    done = talk(tamis, 'status', tamis.home, code=0)
    assert done.stderr == ''
    assert f'tamis answers at https://127.0.0.1:{tamis.port}, since ' in done.stdout
    assert re.search(r'^source fleet: streaming, \d+\.\d s behind \(.* of its log\)', done.stdout, re.M)
    devices = tamis.postgres.sql('SELECT count(*) FROM devices')[0][0]
    assert re.search(rf'^  devices +{devices:,} .* flows$', done.stdout, re.M)


def test_status_in_json_is_the_servers_own(tamis):
    until('the stream is told', lambda: 'streaming' in tamis.run('status', tamis.home).stdout)
    status = json.loads(talk(tamis, 'status', tamis.home, '--json', code=0).stdout)
    assert status['listen'] == f'127.0.0.1:{tamis.port}'
    assert [s['phase'] for s in status['sources']] == ['streaming']


def test_doctor_finds_nothing_wrong_with_a_healthy_installation(tamis):
    done = talk(tamis, 'doctor', tamis.home, code=0)
    assert done.stderr == ''
    assert done.stdout.splitlines()[-1].startswith('0 wrong, ')
    assert 'asked without a credential, it refuses everything' in done.stdout
    if os.getuid() == 0:
        assert 'LOOK' not in done.stdout


def test_doctor_finds_a_key_that_others_may_read(tamis):
    key = tamis.home / 'keys' / 'master.key'
    before = key.stat().st_mode
    key.chmod(0o644)
    try:
        done = talk(tamis, 'doctor', tamis.home, code=1)
    finally:
        key.chmod(before)
    assert f'WRONG {key} may be read by others (mode 644): chmod go= {key}' in done.stdout
    assert done.stdout.splitlines()[-1].startswith('1 wrong')


# metric

def test_metric_list(tamis):
    lines = metric(tamis, 'list').stdout.splitlines()
    assert lines[0].split() == ['metric', 'kind', 'index', 'every', 'by']
    assert lines[1].split() == ['activations', 'count', 'devices', '1d', 'model,', 'region']
    names = [m['metric'] for m in json.loads(metric(tamis, 'list', '--json').stdout)['metrics']]
    assert names == ['activations', 'failed_connections']


def test_metric_show_by_and_every(tamis):
    lines = metric(tamis, 'show', 'activations', '--by', 'model', '--every', 'all').stdout.splitlines()
    assert lines[0].split() == ['model', 'count']
    drawn = {line.split()[0]: int(line.split()[1]) for line in lines[1:]}
    assert drawn == dict(tamis.postgres.sql('SELECT model, count(*) FROM devices GROUP BY 1'))


def test_metric_show_from_to_and_json(tamis):
    first = tamis.postgres.sql("SELECT to_char(min(at) + interval '1 day', 'YYYY-MM-DD') FROM connections")[0][0]
    then = tamis.postgres.sql("SELECT to_char(%s::date + 2, 'YYYY-MM-DD')", [first])[0][0]
    words = ('show', 'failed_connections', '--by', 'device.region', '--every', '1d', '--from', first, '--to', then)
    text = metric(tamis, *words)
    assert text.stderr == ''
    days = {line.split()[0] for line in text.stdout.splitlines()[1:]}
    assert len(days) == 2 and min(days) == first and max(days) < then
    answer = json.loads(metric(tamis, *words, '--json').stdout)
    assert len(answer['rows']) == len(text.stdout.splitlines()) - 1
    assert answer['by'] == ['device.region']


def test_metric_show_of_a_time_when_nothing_happened(tamis):
    done = metric(tamis, 'show', 'activations', '--from', '1999-01-01', '--to', '1999-02-01')
    assert done.stdout == ''
    assert 'no rows: nothing happened in that time' in done.stderr


def test_metric_shows_50_rows_on_a_terminal_and_all_in_a_pipe(tamis):
    words = ('metric', 'show', 'activations', '--dir', tamis.home, '--user', 'analyst', '--password-file',
             tamis.dir / 'analyst.password')
    piped = talk(tamis, *words, code=0).stdout.splitlines()
    rows = json.loads(talk(tamis, *words, '--json', code=0).stdout)['rows']
    assert len(rows) > 50 and len(piped) == len(rows) + 1
    seen = on_a_terminal(*words).splitlines()
    assert len(seen) == 52
    assert seen[-1].startswith(f'and {len(rows) - 50:,} more rows: narrow it with --from')
    assert seen[1].split()[:4] == piped[1].split()[:4]


def typed_at_a_terminal(words, answer):
    """What a terminal shows of a verb that asks for `answer`, and how it ends."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(TAMIS, [str(w) for w in (TAMIS, *words)])
    seen = b''
    try:
        while more := os.read(terminal, 65536):
            seen += more
            if answer and b'password of' in seen:
                # Not before the echo is off, or the terminal itself would show the answer.
                until('the echo is off', lambda: not termios.tcgetattr(terminal)[3] & termios.ECHO)
                os.write(terminal, answer)
                answer = None
    except OSError:  # the other end is closed
        pass
    is_silent = not termios.tcgetattr(terminal)[3] & termios.ECHO
    os.close(terminal)
    return seen.decode().replace('\r\n', '\n'), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), is_silent


def test_a_password_is_asked_for_and_not_shown(tamis):
    words = ('metric', 'list', '--dir', tamis.home, '--user', 'metrics')
    password = tamis.users['metrics']
    seen, code, is_silent = typed_at_a_terminal(words, password.encode() + b'\n')
    assert code == 0 and not is_silent
    assert seen.startswith('password of metrics: \nmetric ')
    assert password not in seen
    seen, code, is_silent = typed_at_a_terminal(words, b'\x03')
    assert code == 1 and not is_silent  # Ctrl-C gives the terminal its echo back
    assert seen.endswith('tamis: no password given\n')


def test_a_new_password_is_shown_once_on_a_terminal(tamis):
    seen, code, _ = typed_at_a_terminal(('user', 'add', '--dir', tamis.home, 'eve', '--role', 'metrics'), None)
    assert code == 0
    tamis.users['eve'] = re.match(r'password of eve, shown this once: (\S+)\n', seen)[1]
    assert tamis.get('/_tamis/metrics', user='eve')['metrics']


@pytest.mark.parametrize('words, reason', [
    (('show', 'nope'), 'there is no such metric'),
    (('show', 'no pe/../x?y'), 'there is no such metric'),
    (('show', 'activations', '--by', 'nope'), 'it is by: model, region'),
    (('show', 'activations', '--every', '7x'), 'every'),
    (('show', 'activations', '--from', 'yesterday'), 'yesterday'),
])
def test_metric_that_cannot_be_answered_is_told_in_the_servers_words(tamis, words, reason):
    done = metric(tamis, *words, code=1)
    assert done.stdout == ''
    assert reason in done.stderr, done.stderr


def test_metric_with_a_wrong_user_or_password(tamis):
    for user in ('nobody', 'metrics'):  # unknown; known, with another's password
        said = says(tamis, 'metric', 'list', '--dir', tamis.home, '--user', user, '--password-file',
                    tamis.dir / 'analyst.password')
        assert f'the server does not know user {user} with this password' in said
    said = says(tamis, 'metric', 'list', '--dir', tamis.home, '--user', 'analyst')
    assert '--password-file' in said


def test_metric_of_a_server_that_others_vouch_for(tamis):
    """The certificate is checked, always."""
    other = tamis.dir / 'other'
    tamis.run('init', other, '--password-file', tamis.dir / 'other.password')
    words = ('metric', 'list', '--url', tamis.url, '--user', 'metrics', '--password-file', tamis.dir / 'metrics.password')
    said = says(tamis, *words, '--ca', other / 'tls' / 'ca.crt')
    assert 'does not prove to be ours' in said and '--ca' in said
    assert 'does not prove to be ours' in says(tamis, *words)
    assert 'holds no certificate' in says(tamis, *words, '--ca', tamis.password_file)
    assert talk(tamis, *words, '--ca', tamis.ca, code=0).stdout
    said = says(tamis, 'metric', 'list', '--url', f'https://127.0.0.1:{free_port()}', '--ca', tamis.ca,
                '--user', 'metrics', '--password-file', tamis.dir / 'metrics.password')
    assert 'nobody answers at' in said


# policy and source

def test_policy_check_and_statement(tamis):
    done = talk(tamis, 'policy', 'check', '--dir', tamis.home, code=0)
    assert done.stdout == 'the policy is sound: 1 source, 3 tables, 16 columns enter, 2 metrics\n'
    text = talk(tamis, 'policy', 'statement', '--dir', tamis.home, code=0).stdout
    assert 'stays behind: nickname, wifi_ssid, mac' in text
    statement = json.loads(talk(tamis, 'policy', 'statement', '--json', '--dir', tamis.home, code=0).stdout)
    assert statement['floor'] == {'subjects': 5, 'subject': 'customer'}


@pytest.mark.parametrize('text, reason', [
    ('sources:\n\tfleet: {}\n', r'p\.yml line 2: .*blanks only'),
    ('', r'p\.yml line 1: is empty'),
    ('# nothing yet\n', r'p\.yml line 2: is empty'),
    ('sources:\n    a: {}\n  b: {}\n', r'p\.yml line 3: .*indented'),
    ('sources: {}\nmetrix: {}\n', r'p\.yml line 2: metrix is no key of a policy; there are: sources, push, metrics'),
    ('just words\n', r'p\.yml line 1: a policy must be a map of keys and values'),
    ('sources: {fleet: {\n', r'p\.yml line 2: .*not closed'),
])
def test_a_policy_with_a_mistake_is_told_with_its_line_and_remedy(tamis, text, reason):
    file = tamis.dir / 'p.yml'
    file.write_text(text)
    assert re.search(reason, says(tamis, 'policy', 'check', '--file', file))


def test_source_sql_is_sql_and_nothing_else(tamis):
    done = talk(tamis, 'source', 'sql', 'fleet', '--dir', tamis.home, code=0)
    assert done.stderr == ''
    assert 'CREATE PUBLICATION' in done.stdout and 'nickname' not in done.stdout
    assert "there are: fleet" in says(tamis, 'source', 'sql', 'flat', '--dir', tamis.home)


# user

def test_users_come_and_go_beside_the_running_server(tamis):
    file = tamis.dir / 'ana.password'
    done = talk(tamis, 'user', 'add', '--dir', tamis.home, 'ana', '--role', 'analyst', '--password-file', file, code=0)
    assert done.stdout == '' and f'ana can log in now; the password is in {file}' in done.stderr
    tamis.users['ana'] = file.read_text().strip()
    assert tamis.users['ana'] not in done.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    tamis.get('/devices/_count', user='ana')
    listed = json.loads(talk(tamis, 'user', 'list', '--dir', tamis.home, '--json', code=0).stdout)
    assert {'name': 'ana', 'roles': ['analyst']} in listed
    assert re.search(r'^ana +analyst$', talk(tamis, 'user', 'list', '--dir', tamis.home, code=0).stdout, re.M)

    said = says(tamis, 'user', 'password', '--dir', tamis.home, 'ana', '--password-file', file)
    assert 'is there already; name a new one' in said
    tamis.get('/devices/_count', user='ana')
    new = tamis.dir / 'ana2.password'
    talk(tamis, 'user', 'password', '--dir', tamis.home, 'ana', '--password-file', new, code=0)
    assert tamis.http('GET', '/devices/_count', user='ana').status_code == 401
    tamis.users['ana'] = new.read_text().strip()
    tamis.get('/devices/_count', user='ana')

    assert 'ana can log in no more' in talk(tamis, 'user', 'remove', '--dir', tamis.home, 'ana', code=0).stderr
    assert tamis.http('GET', '/devices/_count', user='ana').status_code == 401
    assert 'no such user' in says(tamis, 'user', 'remove', '--dir', tamis.home, 'ana')


def test_a_user_is_not_added_wrongly(tamis):
    add = ('user', 'add', '--dir', tamis.home)
    new = ('--password-file', tamis.dir / 'never.password')
    assert 'of this name already' in says(tamis, *add, 'analyst', '--role', 'metrics', *new)
    assert 'the roles are admin, writer' in says(tamis, *add, 'x', '--role', 'king', *new)
    assert "neither ':'" in says(tamis, *add, 'a:b', '--role', 'metrics', *new)
    assert '--password-file' in says(tamis, *add, 'x', '--role', 'metrics')
    assert '--role is missing' in says(tamis, *add, 'x', code=2)
    assert not (tamis.dir / 'never.password').exists()


# init and serve

def test_init_leaves_what_is_there_alone(tamis):
    password = tamis.dir / 'second.password'
    said = says(tamis, 'init', tamis.home, '--password-file', password)
    assert 'is not empty; tamis init takes a new directory' in said
    assert not password.exists()
    assert 'is there already' in says(tamis, 'init', tamis.dir / 'new', '--password-file', tamis.password_file)
    assert not (tamis.dir / 'new').exists()


def test_serve_where_it_cannot(tamis):
    assert 'is served by another tamis' in says(tamis, 'serve', tamis.home)
    assert "is not there; 'tamis init" in says(tamis, 'serve', tamis.dir / 'nowhere')
    assert 'it has no tamis.yml' in says(tamis, 'serve', '/etc')
    assert 'is no directory' in says(tamis, 'serve', tamis.password_file)
    assert '--ready-file /no/such/ready: No such file' in says(tamis, 'serve', tamis.home, '--ready-file',
                                                               '/no/such/ready')


def test_serve_on_a_port_in_use(tamis):
    second = tamis.dir / 'second'
    tamis.run('init', second, '--password-file', tamis.dir / 'second.password')
    done = talk(tamis, 'serve', second, '--listen', f'127.0.0.1:{tamis.port}', code=1)
    assert done.stdout == ''
    assert f'bind 127.0.0.1:{tamis.port}: Address already in use' in done.stderr
    assert 'the reason is in the lines above' in done.stderr
    assert 'such as 127.0.0.1:9200' in says(tamis, 'serve', second, '--listen', 'localhost')
    talk(tamis, 'status', tamis.home, code=0)  # the first one goes on


# wrong use

VERBS = ['init', 'serve', 'demo', 'status', 'doctor', 'source', 'policy', 'metric', 'user', 'version']


@pytest.mark.parametrize('verb', VERBS)
def test_wrong_use_ends_with_2_and_a_hint(tamis, verb):
    said = says(tamis, verb, '--no-such-flag', code=2)
    assert 'there is no flag --no-such-flag' in said and f"Try 'tamis {verb} --help'." in said
    assert talk(tamis, verb, '--help', code=0).stdout.startswith(f'tamis {verb}')
    if verb not in ('demo', 'version'):
        assert f'a word is missing: tamis {verb} ' in says(tamis, verb, code=2)


def test_tamis_alone_shows_the_verbs_and_where_to_begin(tamis):
    alone = talk(tamis, code=2)
    asked = talk(tamis, '--help', code=0)
    assert alone.stdout == '' and alone.stderr == asked.stdout
    for verb in VERBS:
        assert re.search(rf'^  {verb} +\w', asked.stdout, re.M)
    assert 'Where to begin' in asked.stdout
    assert "there is no verb 'serv'; there are init, serve," in says(tamis, 'serv', code=2)


@ROOT_ONLY
@pytest.mark.parametrize('words', [
    ('status', '{home}'), ('doctor', '{home}'), ('serve', '{home}'), ('policy', 'check', '--dir', '{home}'),
    ('source', 'sql', 'fleet', '--dir', '{home}'), ('user', 'list', '--dir', '{home}'),
    ('user', 'remove', 'analyst', '--dir', '{home}'), ('metric', 'list', '--dir', '{home}', '--user', 'x'),
])
def test_another_user_is_told_whose_it_is(tamis, words):
    said = says(tamis, *[w.format(home=tamis.home) for w in words], user=NOBODY)
    assert said == f'tamis: {tamis.home} is closed to this user; run it as root\n'


@ROOT_ONLY
def test_root_leaves_the_catalogue_of_an_ordinary_user_theirs(tamis):
    place = tamis.dir / 'theirs'
    place.mkdir()
    shutil.chown(place, NOBODY)
    home = place / 'home'
    talk(tamis, 'init', home, '--password-file', place / 'pw', code=0, user=NOBODY)
    talk(tamis, 'user', 'add', '--dir', home, 'x', '--role', 'metrics', '--password-file', place / 'x.pw', code=0)
    assert {p.owner() for p in (home / 'access').rglob('*')} == {NOBODY}
    assert 'x ' in talk(tamis, 'user', 'list', '--dir', home, code=0, user=NOBODY).stdout


@ROOT_ONLY
def test_another_user_cannot_read_a_password_file(tamis):
    said = says(tamis, 'metric', 'list', '--url', tamis.url, '--user', 'admin', '--password-file', tamis.password_file,
                user=NOBODY)
    assert said == f'tamis: password file {tamis.password_file}: Permission denied\n'
