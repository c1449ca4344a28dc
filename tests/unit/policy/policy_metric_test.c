// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/fleet.h"

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
