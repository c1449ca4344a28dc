// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"
#include "test.h"
#include "unit/policy/fleet.h"

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

TEST(policy_refuses_unknown_treatments)
{
    expect_edit_refused("treat: round, to: 1h", "treat: mask",
                        "15: mask is no treatment; there are: keep, drop, round, bucket, "
                        "truncate, pseudonym, seal");
    expect_edit_refused("treat: round, to: 1h", "treat: seal, to: 1h",
                        "15: column activated_at: to is no key of treatment seal");
    expect_edit_refused("{treat: drop}", "drop", "14: column nickname must be a map: {treat: ...}");
    expect_edit_refused("{treat: drop}", "{as: keyword}", "14: treat: is missing");
}

TEST(policy_refuses_half_declared_treatments)
{
    expect_edit_refused("{treat: keep, as: keyword}", "{treat: keep}",
                        "13: column model: keep needs a type: as: keyword");
    expect_edit_refused("as: keyword", "as: text",
                        "13: column model: no type 'text'; there are: keyword, long, integer, "
                        "double, boolean, date");
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
                        "16: table devices is there twice; where its rows come from does not "
                        "tell them apart");
    expect_edit_refused("      devices:", "      Devices:",
                        "7: table Devices: an index name is lower case, without blanks and "
                        "\\ / * ? \" < > | , # :");
    expect_edit_refused("nickname:", "\"nick.name\":",
                        "14: column nick.name: a field starts with no _ and holds no . * , or "
                        "quote");
}

TEST(policy_lets_named_detectors_pass)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    const struct policy *p = NULL;
    EXPECT_EQ(policy_parse(slice_text("push:\n  x: {columns: {v: {treat: keep, as: keyword, "
                                      "allow: [ip, mac]}, w: {treat: keep, as: keyword}}}"),
                           a, &p, NULL),
              OK);
    const struct policy_column *columns = p->pushes[0].table.columns;
    EXPECT_EQ(columns[0].allows, detector_bit(&detect_ip) | detector_bit(&detect_mac));
    EXPECT_EQ(columns[1].allows, 0);
    expect_edit_refused("treat: keep, as: keyword", "treat: keep, as: keyword, allow: [ipv4]",
                        "13: column model: allow: ipv4 is no detector; there are: amazon-token, "
                        "jwt, private-key, api-key, secret, email, password-hash, url-password, "
                        "mac, iban, card, imei, phone, ip, ssid, body, free-text");
    expect_edit_refused("subject: customer}\n", "subject: customer, allow: ip}\n",
                        "12: column customer_id: allow is no key of treatment pseudonym");
}

TEST(policy_keeps_no_column_that_calls_itself_the_name_of_a_network)
{
    expect_edit_refused("model:", "wifi_ssid:",
                        "13: column wifi_ssid: a network's name tells where somebody lives; drop "
                        "it, or say allow: [ssid] if it is none");
}
