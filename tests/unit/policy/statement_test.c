// SPDX-License-Identifier: Apache-2.0
#include "json/json.h"
#include "policy/statement.h"
#include "test.h"
#include "unit/policy/fleet.h"

static bool says(const struct buf *b, const char *words)
{
    return memmem(b->at, b->len, words, strlen(words)) != NULL;
}

TEST(statement_says_what_enters_and_what_it_reveals)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(1 << 20);
    statement_text(fleet_policy(a), &out);
    EXPECT(says(&out, "  table connections, from sales.connections\n"));
    EXPECT(says(&out, "    model: keep as keyword\n        reveals: The value itself.\n"));
    EXPECT(says(&out, "    activated_at: round as date (down to 1h)\n"));
    EXPECT(says(&out, "    device_id: pseudonym as keyword (subject device, looks up devices as "
                      "device.*)\n"));
    EXPECT(says(&out, "    load: round as double (down to a multiple of 0.5)\n"));
    EXPECT(says(&out, "    stays behind: nickname, and every column not named here\n"));
    EXPECT(says(&out, "    stays behind: id (read for the row's identity), and every"));
    EXPECT(says(&out, "metric failed: share of connections whose outcome is not ok by "
                      "device.model, region every 5m\n"));
    EXPECT(says(&out, "metric activations: count of devices by model every 1d\n"));
    EXPECT(says(&out, "fewer than 5 subjects (customer)\n"));
}

TEST(statement_says_when_there_is_no_floor)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(1 << 20);
    const struct policy *p = NULL;
    EXPECT_EQ(policy_parse(slice_text(FLEET_SOURCE), a, &p, NULL), OK);
    statement_text(p, &out);
    EXPECT(says(&out, "floor: none; a metrics role sees groups of any size\n"));
}

TEST(statement_is_json_for_programs)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(1 << 20);
    statement_json(fleet_policy(a), false, &out);
    const struct json *root = NULL;
    EXPECT_EQ(json_parse(buf_slice(&out), a, &root, NULL), OK);
    EXPECT_EQ(json_get(root, "fingerprint")->text.len, 16);
    const struct json *source = &json_get(root, "sources")->items[0];
    const struct json *table = &json_get(source, "tables")->items[1];
    EXPECT(slice_is(json_get(table, "from")->text, "sales.connections"));
    EXPECT_EQ(json_get(table, "columns")->count, 6);
    EXPECT(slice_is(json_get(table, "stays_behind")->items[0].text, "id"));
    const struct json *device = &json_get(table, "columns")->items[2];
    EXPECT(slice_is(json_get(device, "treatment")->text, "pseudonym"));
    EXPECT_EQ(json_get(root, "metrics")->count, 2);
    EXPECT(slice_is(json_get(json_get(root, "floor"), "subject")->text, "customer"));
}

TEST(statement_says_buckets_prefixes_and_what_may_pass)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(1 << 20);
    const struct policy *p = NULL;
    static const char yaml[] =
        "push:\n  x: {columns: {age: {treat: bucket, edges: [18, 65]}, load: {treat: bucket, "
        "width: "
        "0.5}, zip: {treat: truncate, characters: 2}, from: {treat: truncate, network: 24/48}, "
        "firmware: {treat: keep, as: keyword, allow: ip}}}";
    EXPECT_EQ(policy_parse(slice_text(yaml), a, &p, NULL), OK);
    statement_text(p, &out);
    EXPECT(says(&out, "    age: bucket as keyword (edges 18.0, 65.0)\n"));
    EXPECT(says(&out, "    load: bucket as keyword (buckets of 0.5)\n"));
    EXPECT(says(&out, "    zip: truncate as keyword (the first 2 characters)\n"));
    EXPECT(says(&out,
                "    from: truncate as keyword (the network: 24 bits of IPv4, 48 of IPv6, may "
                "hold: ip)\n"));
    EXPECT(says(&out, "    firmware: keep as keyword (may hold: ip)\n"));
}
