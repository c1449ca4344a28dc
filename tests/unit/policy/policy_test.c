// SPDX-License-Identifier: Apache-2.0
#include "policy/policy.h"
#include "policy/treatment.h"
#include "test.h"
#include "unit/policy/fleet.h"

enum { POLICY_ARENA_BYTES = 16 << 20 };

// Whether `text` is refused with `words` after "policy.yml line ".
static void expect_refused(const char *text, const char *words)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    const struct policy *p = NULL;
    struct fault why = {0};
    enum err e = policy_parse(slice_text(text), a, &p, &why);
    if (e != ERR_INVALID || p || strcmp(why.words + strlen("policy.yml line "), words) != 0)
        test_fail(__FILE__, __LINE__, "%s: %s", words, why.words);
}

// The fleet's policy with the first `old` changed to `new_`.
static void expect_edit_refused(const char *old, const char *new_, const char *words)
{
    static const char whole[] = FLEET_POLICY;
    char text[sizeof whole + 1024];
    const char *at = strstr(whole, old);
    EXPECT(at != NULL);
    size_t before = (size_t)(at - whole);
    memcpy(text, whole, before);
    memcpy(text + before, new_, strlen(new_));
    memcpy(text + before + strlen(new_), at + strlen(old), strlen(at + strlen(old)) + 1);
    expect_refused(text, words);
}

TEST(policy_gives_sources_and_tables)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    const struct policy *p = fleet_policy(a);
    EXPECT_EQ(p->source_count, 1);
    const struct policy_source *s = &p->sources[0];
    EXPECT(strcmp(s->name, "fleet") == 0);
    EXPECT_EQ(s->line, 2);
    EXPECT(strcmp(s->conninfo, "host=127.0.0.1 port=5432 dbname=fleet") == 0);
    EXPECT(strcmp(s->replication_user, "tamis_replication") == 0);
    EXPECT(strcmp(s->replication_password_file, "keys/r.password") == 0);
    EXPECT(strcmp(s->copy_user, "tamis_copy") == 0);
    EXPECT(s->copy_password_file == NULL);
    EXPECT_EQ(s->table_count, 2);
    EXPECT(strcmp(s->tables[0].schema_name, "public") == 0);
    EXPECT(strcmp(s->tables[1].schema_name, "sales") == 0);
    EXPECT(strcmp(s->tables[1].name, "connections") == 0);
    EXPECT_EQ(s->tables[1].line, 16);
}

TEST(policy_tells_what_a_source_must_deliver)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    const struct policy_source *s = &fleet_policy(a)->sources[0];
    EXPECT_EQ(s->tables[0].column_count, 5);
    EXPECT_EQ(s->tables[0].wanted_count, 4); // not the nickname
    const struct policy_table *t = &s->tables[1];
    EXPECT_EQ(t->wanted_count, 7); // id, although dropped: it is of the key
    EXPECT_EQ(t->key_count, 2);
    EXPECT(strcmp(t->columns[t->keys[0]].name, "region") == 0);
    EXPECT(t->columns[t->keys[1]].is_key);
    EXPECT_EQ(t->columns[t->keys[1]].field, -1);
    EXPECT_EQ(s->tables[0].columns[4].round_ms, 3600 * 1000);
    EXPECT(t->columns[6].round_number == 0.5);
}

TEST(policy_makes_the_schema)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    const struct schema *s = fleet_policy(a)->schema;
    EXPECT_EQ(s->table_count, 2);
    const struct table *devices = &s->tables[0];
    const struct table *connections = &s->tables[1];
    EXPECT_EQ(devices->field_count, 4);
    EXPECT_EQ(devices->key_field, 0);
    EXPECT_EQ(devices->subject_field, 1);
    EXPECT_EQ(devices->time_field, 3);
    EXPECT_EQ(devices->fields[3].type, FIELD_DATE);
    EXPECT_EQ(devices->fields[0].lookup_table, -1);
    EXPECT_EQ(connections->key_field, -1);
    EXPECT_EQ(connections->subject_field, -1);
    const struct field *device = &connections->fields[2];
    EXPECT_EQ(device->lookup_table, 0);
    EXPECT(strcmp(device->lookup_prefix, "device") == 0);
    EXPECT(strcmp(device->subject, "device") == 0);
    EXPECT_EQ(connections->fields[4].type, FIELD_INTEGER);
    EXPECT_EQ(connections->fields[5].type, FIELD_DOUBLE);
    EXPECT_EQ(s->subject_count, 2);
    EXPECT_EQ(s->floor_subjects, 5);
    EXPECT(s->fingerprint != 0);
}

TEST(policy_gives_metrics)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    const struct schema *s = fleet_policy(a)->schema;
    EXPECT_EQ(s->metric_count, 2);
    EXPECT_EQ(s->metrics[0].kind, METRIC_COUNT);
    EXPECT_EQ(s->metrics[0].time_field, 3);
    EXPECT_EQ(s->metrics[0].every_ms, 86400000);
    const struct metric_decl *failed = &s->metrics[1];
    EXPECT_EQ(failed->kind, METRIC_RATIO);
    EXPECT_EQ(failed->table, 1);
    EXPECT(failed->ratio_is_not && strcmp(failed->ratio_value, "ok") == 0);
    EXPECT_EQ(failed->ratio_field, 3);
    EXPECT_EQ(failed->by_count, 2);
    EXPECT_EQ(failed->by[0].field, 2);
    EXPECT_EQ(failed->by[0].lookup, 2);
    EXPECT_EQ(failed->by[1].field, 0);
    EXPECT_EQ(failed->by[1].lookup, -1);
}

TEST(policy_names_the_line_of_unknown_keys)
{
    expect_edit_refused("floor:", "flour:", "30: flour is no key of a policy");
    expect_edit_refused("copy:", "copies:", "5: copies is no key of a source");
    expect_edit_refused("key: id", "keys: id", "8: keys is no key of a table");
    expect_edit_refused("count: true", "sum: true", "28: sum is no key of a metric");
    expect_edit_refused("as: keyword", "to: 1h",
                        "13: column model: to is no key of treatment keep");
    expect_edit_refused("{user: tamis_copy}", "{user: a, password: b}",
                        "5: password is no key of copy");
}

TEST(policy_refuses_unknown_treatments)
{
    expect_edit_refused("treat: round, to: 1h", "treat: bucket",
                        "15: treatment bucket is not there yet; there are: keep, drop, round, "
                        "pseudonym");
    expect_edit_refused("treat: round, to: 1h", "treat: mask",
                        "15: mask is no treatment; there are: keep, drop, round, pseudonym");
    expect_edit_refused("{treat: drop}", "drop", "14: column nickname must be a map: {treat: ...}");
    expect_edit_refused("{treat: drop}", "{as: keyword}", "14: treat: is missing");
}

TEST(policy_refuses_half_declared_treatments)
{
    expect_edit_refused("{treat: keep, as: keyword}", "{treat: keep}",
                        "13: column model: keep needs a type: as: keyword");
    expect_edit_refused("as: keyword", "as: text",
                        "13: column model: as is one of keyword, long, integer, double, boolean, "
                        "date");
    expect_edit_refused("to: 1h", "to: 1 h",
                        "15: column activated_at: to is a number over 0, or a time such as 30s, "
                        "5m, 1h, 1d, 1w");
    expect_edit_refused("to: 0.5", "to: 0.5, as: long",
                        "26: column load: a step of whole numbers is whole, up to 1000000000");
    expect_edit_refused("to: 0.5", "to: 5, as: keyword",
                        "26: column load: a rounded number is as: double, long or integer");
    expect_edit_refused("subject: customer}\n", "lookup: devices}\n",
                        "12: column customer_id: pseudonym needs a subject: subject: customer");
    expect_edit_refused("subject: customer}\n", "subject: Cust omer}\n",
                        "12: subject must be of lower-case letters, digits, _ and -, at most 63");
}

TEST(policy_refuses_broken_tables)
{
    expect_edit_refused("key: id", "key: serial",
                        "8: table devices: key column serial is missing under columns");
    expect_edit_refused("[region, id]", "[id, id]",
                        "17: table connections: key column id is there twice");
    expect_edit_refused("[region, id]", "[]",
                        "17: table connections: key must be a column, or a list of columns");
    expect_edit_refused("time: activated_at", "time: model",
                        "9: table devices: time must be one of its columns that enters as a date");
    expect_edit_refused("sales.connections", "sales.devices",
                        "16: table devices is there twice; the schema's name does not tell them "
                        "apart");
    expect_edit_refused("      devices:", "      Devices:",
                        "7: table Devices: an index name is lower case, without blanks and "
                        "\\ / * ? \" < > | , # :");
    expect_edit_refused("nickname:", "\"nick.name\":",
                        "14: column nick.name: a field starts with no _ and holds no . * , or "
                        "quote");
}

TEST(policy_refuses_broken_lookups)
{
    expect_edit_refused("lookup: devices", "lookup: gadgets",
                        "23: column device_id: lookup: there is no table gadgets");
    expect_edit_refused("lookup: devices", "lookup: connections",
                        "23: column device_id: lookup: the key of table connections is no "
                        "pseudonym of subject device");
    expect_edit_refused("device_id: {treat: pseudonym, subject: device",
                        "device_id: {treat: pseudonym, subject: customer",
                        "23: column device_id: lookup: the key of table devices is no pseudonym of "
                        "subject customer");
    expect_edit_refused("outcome: {treat", "device: {treat",
                        "23: column device_id: its look-up is called device, as column device is "
                        "already");
}

TEST(policy_refuses_broken_metrics)
{
    expect_edit_refused("of: devices", "of: gadgets",
                        "28: metric activations: there is no table gadgets");
    expect_edit_refused("by: [model]", "by: [colour]",
                        "28: metric activations: table devices has no field colour");
    expect_edit_refused("device.model", "device.colour",
                        "29: metric failed: table connections has no field device.colour");
    expect_edit_refused("by: [model]", "by: [activated_at]",
                        "28: metric activations: rows can not be grouped by the date "
                        "activated_at");
    expect_edit_refused("by: [model]", "by: [model, model]",
                        "28: metric activations: model is there twice");
    expect_edit_refused("every: 1d", "every: never",
                        "28: metric activations: every must be a time such as 5m, 1h, 1d");
    expect_edit_refused("count: true", "count: true, ratio: \"model = x\"",
                        "28: metric activations needs one of count: true and ratio: ...");
    expect_edit_refused("time: at, ratio", "time: outcome, ratio",
                        "29: metric failed: time must be a field of table connections that is a "
                        "date");
    expect_edit_refused("outcome != ok", "outcome ok",
                        "29: metric failed: ratio must be \"field = value\" or \"field != value\"");
    expect_edit_refused("outcome != ok", "latency_ms = slow",
                        "29: metric failed: field latency_ms can not be compared with this value");
}

TEST(policy_refuses_broken_sources_and_floors)
{
    expect_edit_refused("dbname=fleet", "dbname=fleet password = x",
                        "3: postgres must not set password; see replication and copy");
    expect_edit_refused("host=127.0.0.1 port=5432 dbname=fleet", "postgres://h/db",
                        "3: postgres must be of the form host=... port=... dbname=...");
    expect_edit_refused("    copy: {user: tamis_copy}\n", "", "2: copy: is missing");
    expect_edit_refused("  fleet:", "  Fleet:",
                        "2: a source's name must be of lower-case letters, digits, _ and -, at "
                        "most 63");
    expect_edit_refused("subjects: 5", "subjects: 0", "30: floor: subjects must be 1 to 1000");
    expect_edit_refused("subjects: 5, subject: customer", "subjects: 5, subject: pet",
                        "30: floor: no column is a pseudonym of subject pet");
}

TEST(policy_refuses_what_is_not_there_yet)
{
    expect_refused("push:\n  \"app-*\": {}\n",
                   "1: push is not there yet: rows come from sources only");
    expect_refused("metrics: {}\n", "1: sources: is missing");
    expect_refused("sources: {}\n", "1: sources must be 1 to 16");
    expect_refused("- a\n", "1: a policy must be a map");
}

static uint64_t fingerprint_of(const char *text)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    const struct policy *p = NULL;
    EXPECT_EQ(policy_parse(slice_text(text), a, &p, NULL), OK);
    return p->schema->fingerprint;
}

TEST(policy_fingerprint_is_of_what_rows_become)
{
    static const char plain[] = FLEET_SOURCE;
    uint64_t before = fingerprint_of(plain);
    EXPECT(before == fingerprint_of(FLEET_POLICY));
    char changed[sizeof plain];
    memcpy(changed, plain, sizeof plain);
    memcpy(strstr(changed, "to: 1h"), "to: 2h", 6);
    EXPECT(before != fingerprint_of(changed));
    memcpy(changed, plain, sizeof plain);
    memcpy(strstr(changed, "subject: customer"), "subject: costumer", 17);
    EXPECT(before != fingerprint_of(changed));
    memcpy(changed, plain, sizeof plain);
    memcpy(strstr(changed, "port=5432"), "port=5433", 9);
    EXPECT(before == fingerprint_of(changed));
}
