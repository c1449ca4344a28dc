"""No personal datum of the fleet is anywhere below the directory, nor in the memory of serve."""
import pathlib
import subprocess

from harness import until

PERSONAL = {
    'e-mail': 'SELECT email FROM customers UNION SELECT email FROM device_shares',
    'SSID': 'SELECT wifi_ssid FROM devices',
    'nickname': 'SELECT nickname FROM devices',
    'MAC address': 'SELECT mac::text FROM devices',
    'token': 'SELECT token FROM third_party_tokens',
    'body measure': "SELECT height_cm || E'\\t' || weight_kg FROM scale_testers UNION "
                    'SELECT weight_kg::text FROM scale_testers',
}


def patterns(tamis, tmp_path):
    file = tmp_path / 'patterns'
    texts = set()
    for what, sql in PERSONAL.items():
        found = {r[0] for r in tamis.postgres.sql(sql)}
        assert len(found) > 5, what
        texts |= found
    file.write_text('\n'.join(sorted(texts)) + '\n')
    return file


def grep(pattern_file, *where):
    done = subprocess.run(['grep', '-r', '-a', '-o', '-F', '-f', str(pattern_file), *map(str, where)],
                          capture_output=True, text=True, errors='replace')
    return done.stdout.splitlines()[:5]


def dump(pid, file):
    """Every readable page of a process."""
    with open(f'/proc/{pid}/mem', 'rb', 0) as memory, open(file, 'wb') as out:
        for line in pathlib.Path(f'/proc/{pid}/maps').read_text().splitlines():
            words = line.split()
            if 'r' not in words[1] or words[-1] in ('[vvar]', '[vsyscall]', '[vdso]'):
                continue
            start, end = (int(x, 16) for x in words[0].split('-'))
            try:
                memory.seek(start)
                out.write(memory.read(end - start))
            except (OSError, ValueError):
                continue


def test_the_grep_finds_what_it_is_for(tamis, tmp_path):
    """The test of the test: the same search does find them where they are."""
    file = patterns(tamis, tmp_path)
    raw = tmp_path / 'raw'
    raw.write_text('\n'.join(r[0] for r in tamis.postgres.sql('SELECT email FROM customers LIMIT 3')))
    assert len(grep(file, raw)) >= 3


def test_nothing_personal_below_the_directory(tamis, tmp_path):
    assert grep(patterns(tamis, tmp_path), tamis.home) == []
    assert grep(patterns(tamis, tmp_path), tamis.log) == []


def test_nothing_personal_in_the_memory_of_serve_and_keeper(tamis, tmp_path):
    file = patterns(tamis, tmp_path)
    # Live changes of every kind first, so that the stream has been through as well.
    tamis.postgres.sql("UPDATE devices SET nickname = nickname || '!' WHERE id <= 50")
    tamis.postgres.sql("INSERT INTO connections SELECT max(id) + 1, 7, now(), 'dumped', NULL, 1 FROM connections")
    until('the change went through', lambda: tamis.count('connections', {'term': {'outcome': 'dumped'}}) == 1, 5)
    for name in ('serve', 'keeper'):
        memory = tmp_path / name
        dump(tamis.process(name), memory)
        assert memory.stat().st_size > 1_000_000
        assert grep(file, memory) == [], name


def test_undeclared_columns_are_not_even_sent(tamis):
    """The publication's column lists: the value never leaves PostgreSQL."""
    sent = {(table, column) for table, columns in tamis.postgres.sql(
        "SELECT tablename, attnames::text[] FROM pg_publication_tables WHERE pubname = 'tamis_fleet'") for column in columns}
    assert ('devices', 'firmware') in sent
    assert not {('devices', 'nickname'), ('devices', 'wifi_ssid'), ('devices', 'mac'), ('customers', 'email')} & sent
    assert {t for t, _ in sent} == {'customers', 'devices', 'connections'}


def test_the_copy_role_may_not_read_what_is_not_declared(tamis):
    """The third lock: even with the copy role's credentials."""
    import psycopg2
    with tamis.postgres.connect(user='tamis_copy') as db, db.cursor() as cursor:
        cursor.execute('SELECT firmware FROM devices LIMIT 1')
        for secret in ('SELECT email FROM customers', 'SELECT wifi_ssid FROM devices',
                       'SELECT token FROM third_party_tokens', 'SELECT weight_kg FROM scale_testers'):
            try:
                cursor.execute(secret)
                raise AssertionError(secret)
            except psycopg2.errors.InsufficientPrivilege:
                pass
