// SPDX-License-Identifier: Apache-2.0
#include "search/hit_fields.h"
#include "unit/search/town.h"

TEST(hit_fields_show_what_has_a_value_and_what_it_leads_to)
{
    struct town t;
    town_open(&t, 0, NULL);
    struct town_row device = {.key = 1, .cells = {T("d1"), T("m1"), N(2.5)}};
    struct town_row event = {.key = 2, .cells = {T("d1"), T("ok"), N(7), N(1000), N(1)}};
    town_put(&t, TOWN_DEVICES, &device, 1);
    town_put(&t, TOWN_EVENTS, &event, 1);
    struct answer a = town_ask(&t, "events", "{}");
    const struct hit *h = &a.hits[0];
    static const char *const names[] = {
        "device", "device.model", "device.weight", "outcome", "latency", "at", "ok"};
    EXPECT_EQ(h->field_count, 7);
    for (uint32_t i = 0; i < 7; i++)
        EXPECT(slice_is(h->fields[i].name, names[i]));
    EXPECT_EQ(h->fields[0].value.text.len, 22);
    EXPECT(slice_is(h->fields[1].value.text, "m1"));
    EXPECT(h->fields[2].value.f64 == 2.5);
    EXPECT_EQ(h->fields[4].value.type, VALUE_LONG);
    EXPECT_EQ(h->fields[5].value.type, VALUE_DATE);
    EXPECT_EQ(h->fields[6].value.type, VALUE_BOOLEAN);
    EXPECT(strcmp(h->index, "events") == 0);
    town_close(&t);
}
