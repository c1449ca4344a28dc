"""A first policy proposed for a real database: strict, sound, ready to be served, and without one value of a row."""
import re

from harness import until

CANARIES = ('example.', 'Kids', 'Atza', 'Atzr', 'canaryword', 'Town ', '10.1.2')


def odd_tables(postgres):
    postgres.sql('''
        CREATE TABLE shops (id int PRIMARY KEY, label text, ip inet, open boolean NOT NULL, extra jsonb);
        CREATE TABLE sales (shop int REFERENCES shops (id), day date NOT NULL, amount numeric(10,2) NOT NULL,
                            pay text NOT NULL, remark text, "Mixed ""Case" int, PRIMARY KEY (shop, day));
        CREATE TABLE keyless (a int);
        INSERT INTO shops SELECT i, 'Town ' || i, '10.1.2.3', i % 2 = 0, '{}' FROM generate_series(1, 40) i;
        INSERT INTO sales SELECT 1 + i % 40, date '2026-01-01' + i, i * 1.5, (ARRAY['cash', 'card', 'coupon'])[1 + i % 3],
            'please deliver canaryword number ' || i, i % 4 FROM generate_series(1, 4000) i;
        ANALYZE''')


def suggest(tamis, *words, **more):
    return tamis.run('policy', 'suggest', 'fleet', '--dir', tamis.home, *words, **more)


def proposed(tamis):
    return suggest(tamis, '--postgres', tamis.postgres.conninfo() + ' sslmode=disable', '--user', 'postgres').stdout


def treatment(text, table, column):
    [part] = [p for p in re.split(r'\n      (?=[\w#])', text) if p.startswith(f'{table}:')]
    return re.search(rf'\n          {column}: (\{{.*?\}}) # (.*)', part).groups()


def test_a_proposal_is_strict_gives_reasons_and_holds_no_value(fresh):
    odd_tables(fresh.postgres)
    text = proposed(fresh)
    want = {('customers', 'email'): '{treat: drop}', ('customers', 'country'): '{treat: keep, as: keyword}',
            ('customers', 'id'): '{treat: pseudonym, subject: customer}',
            ('customers', 'created_at'): '{treat: round, to: 1h}',
            ('devices', 'customer_id'): '{treat: pseudonym, subject: customer, lookup: customers}',
            ('devices', 'wifi_ssid'): '{treat: drop}', ('devices', 'nickname'): '{treat: drop}',
            ('devices', 'mac'): '{treat: drop}', ('devices', 'model'): '{treat: keep, as: keyword}',
            ('connections', 'outcome'): '{treat: keep, as: keyword}', ('connections', 'id'): '{treat: drop}',
            ('sales', 'shop'): '{treat: pseudonym, subject: shop, lookup: shops}',
            ('sales', 'amount'): '{treat: keep, as: double}', ('sales', 'pay'): '{treat: keep, as: keyword}',
            ('sales', 'remark'): '{treat: drop}', ('shops', 'ip'): '{treat: truncate, network: 24/48}',
            ('shops', 'extra'): '{treat: drop}', ('shops', 'label'): '{treat: drop}'}
    assert {k: treatment(text, *k)[0] for k in want} == want
    assert all(treatment(text, *k)[1] for k in want)
    assert 'keyless stays out: it has no primary key' in text
    assert not [c for c in CANARIES if c in text]


def test_what_has_a_form_is_dropped_under_any_name(fresh):
    fresh.postgres.sql("CREATE TABLE odd (id int PRIMARY KEY, a text, b text);"
                       "INSERT INTO odd SELECT i, 'canary' || i || '@mail.example.org', 'x' || i % 3 "
                       "FROM generate_series(1, 500) i")
    text = proposed(fresh)
    assert treatment(text, 'odd', 'a') == ('{treat: drop}', 'text: e-mail address in 100 % of its values')
    assert treatment(text, 'odd', 'b')[0] == '{treat: keep, as: keyword}'
    assert 'canary' not in text


def test_a_proposal_is_sound_and_can_be_served_as_it_is(fresh):
    text = proposed(fresh)
    fresh.write_policy(text)
    fresh.run('policy', 'check', '--dir', fresh.home)
    fresh.set_up_source()
    fresh.start()
    fresh.caught_up()
    hit = fresh.get('/devices/_search', {'size': 1})['hits']['hits'][0]['_source']
    assert 'model' in hit and not {'nickname', 'wifi_ssid', 'mac'} & set(hit)
    source = until('the source is followed', lambda: fresh.status().get('sources'))[0]
    assert not [t for t in source['tables'] if t.get('refused')]


def test_a_role_that_may_not_read_a_column_has_it_dropped_and_said(fresh):
    fresh.postgres.sql('DROP ROLE IF EXISTS looker')
    fresh.postgres.sql('CREATE ROLE looker LOGIN; GRANT SELECT (id, model) ON devices TO looker')
    text = suggest(fresh, '--postgres', fresh.postgres.conninfo() + ' sslmode=disable', '--user', 'looker').stdout
    assert treatment(text, 'devices', 'model')[0] == '{treat: keep, as: keyword}'
    assert treatment(text, 'devices', 'firmware') == ('{treat: drop}', 'text: the role that looked may not read it')
    assert 'customers stays out: the role that looked may not read its key' in text
    fresh.postgres.sql('DROP OWNED BY looker; DROP ROLE looker')


def test_what_cannot_be_asked_is_told(fresh):
    said = suggest(fresh, '--postgres', 'host=127.0.0.1 port=1 dbname=no', '--user', 'x', check=False)
    assert said.returncode == 1 and 'connecting' in said.stderr and not said.stdout
    said = suggest(fresh, '--postgres', fresh.postgres.conninfo() + ' sslmode=disable password=hush', '--user', 'postgres',
                   check=False)
    assert said.returncode == 1 and 'must not set password' in said.stderr and 'hush' not in said.stderr + said.stdout
