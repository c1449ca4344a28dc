"""What a treatment lets in is what PostgreSQL would group by, and nothing finer."""
from harness import ROOT, until

POLICY = (ROOT / 'demo' / 'policy.yml').read_text()


def groups(tamis, index, field):
    said = tamis.get(f'/{index}/_search', {'size': 0, 'aggs': {'a': {'terms': {'field': field, 'size': 1000}}}})
    return {b['key']: b['doc_count'] for b in said['aggregations']['a']['buckets']}


def refused(tamis, table):
    tables = [t for s in tamis.status().get('sources', []) for t in s.get('tables', [])]
    return next((t['refused'] for t in tables if t['name'] == table and t.get('refused')), None)


def edited(*pairs):
    text = POLICY
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def test_buckets_and_prefixes_of_a_table_are_those_of_sql(fresh):
    fresh.write_policy(edited(('latency_ms:  {treat: keep, as: integer}', 'latency_ms:  {treat: bucket, edges: [50, 100, 400]}'),
                              ('time_zone:  {treat: keep, as: keyword}', 'time_zone:  {treat: truncate, characters: 4}')))
    fresh.set_up_source()
    fresh.start()
    fresh.caught_up()
    want = dict(fresh.postgres.sql(
        "SELECT CASE WHEN latency_ms < 50 THEN '..50' WHEN latency_ms < 100 THEN '50..100' WHEN latency_ms < 400 "
        "THEN '100..400' ELSE '400..' END, count(*) FROM connections WHERE latency_ms IS NOT NULL GROUP BY 1"))
    assert len(want) > 2 and groups(fresh, 'connections', 'latency_ms') == want
    want = dict(fresh.postgres.sql('SELECT left(time_zone, 4), count(*) FROM customers GROUP BY 1'))
    assert len(want) > 1 and groups(fresh, 'customers', 'time_zone') == want


def test_body_measures_stop_their_table_and_no_other(fresh):
    columns = ('      scale_testers:\n        key: id\n        columns:\n          id: {treat: drop}\n'
               '          height_cm: {treat: keep, as: double}\n          weight_kg: {treat: keep, as: double}\n')
    fresh.write_policy(edited(('      connections:\n', columns + '      connections:\n')))
    fresh.set_up_source()
    fresh.start()
    words = until('the refusal is told', lambda: refused(fresh, 'scale_testers'))
    assert 'body measures' in words and 'column weight_kg' in words
    until('the others are copied', lambda: fresh.count('customers') == 1000)
    assert fresh.count('scale_testers') == 0


def test_firmware_of_four_numbers_needs_its_allow(fresh):
    fresh.write_policy(edited((', allow: [ip]}', '}')))
    fresh.set_up_source()
    fresh.start()
    words = until('the refusal is told', lambda: refused(fresh, 'devices'))
    assert 'IP address' in words and 'firmware' in words and '4.9.4.37' not in words
