// SPDX-License-Identifier: Apache-2.0
#include "audit/last_change.h"
#include "base/arena.h"
#include "test.h"

static const struct audit_leaf leaf = {.number = 7, .time_ms = 1700};

static struct audit_entry a_change(const struct audit_fact *facts, uint32_t count)
{
    return (struct audit_entry){.kind = AUDIT_CHANGE,
                                .principal = slice_text("ann"),
                                .action = slice_text("user.add"),
                                .facts = facts,
                                .fact_count = count};
}

static void expect_ann(const struct last_change *l)
{
    EXPECT(l->is_known);
    EXPECT_EQ(l->number, 7);
    EXPECT_EQ(l->time_ms, 1700);
    EXPECT(strcmp(l->action, "user.add") == 0);
    EXPECT(strcmp(l->name, "bob") == 0);
    EXPECT(strcmp(l->by, "ann") == 0);
}

TEST(last_change_has_what_by_whom_and_when)
{
    const struct audit_fact facts[] = {{slice_text("change"), slice_text("admin")},
                                       {slice_text("name"), slice_text("bob")}};
    const struct audit_entry e = a_change(facts, 2);
    struct last_change l = {0};
    last_change_take(&l, &leaf, &e);
    expect_ann(&l);
    const struct audit_entry answer = {.kind = AUDIT_ANSWER, .action = slice_text("read")};
    last_change_take(&l, &(struct audit_leaf){.number = 8}, &answer);
    expect_ann(&l);
}

TEST(last_change_is_read_from_an_entrys_bytes)
{
    const struct audit_fact facts[] = {{slice_text("name"), slice_text("bob")}};
    struct audit_entry e = a_change(facts, 1);
    struct buf body AUTO(buf_donep) = buf_init(1 << 12);
    audit_body_encode(&e, &body);
    struct last_change l = {0};
    for (size_t len = 0; len < body.len; len++) {
        last_change_read(&l, &leaf, slice_of(body.at, len));
        EXPECT(!l.is_known); // a part of an entry is none
    }
    last_change_read(&l, &leaf, buf_slice(&body));
    expect_ann(&l);
}

TEST(last_change_cuts_what_is_too_long)
{
    char long_name[2 * LAST_CHANGE_NAME_BYTES];
    memset(long_name, 'x', sizeof long_name);
    const struct audit_fact facts[] = {
        {slice_text("name"), slice_of((const uint8_t *)long_name, sizeof long_name)}};
    const struct audit_entry e = a_change(facts, 1);
    struct last_change l = {0};
    last_change_take(&l, &leaf, &e);
    EXPECT_EQ(strlen(l.name), LAST_CHANGE_NAME_BYTES - 1);
}
