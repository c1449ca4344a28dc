// SPDX-License-Identifier: Apache-2.0
#include "audit/audit.h"
#include "faulty_world.h"
#include "unit/audit/shelf.h"

static struct audit *open_audit(const struct world *w, const char *witness)
{
    const struct audit_options o = {.witness = witness};
    struct audit *a = NULL;
    EXPECT_EQ(audit_open(w, &o, &a, NULL), OK);
    return a;
}

static bool answers(struct audit *a, enum audit_kind kind)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 16);
    struct audit_entry e = {.kind = kind, .status = 200};
    return audited_may_leave(audit_answer(a, &e, request));
}

TEST(audit_lets_an_answer_leave_once_it_is_on_record)
{
    struct shelf s;
    shelf_open(&s);
    struct audit *a = open_audit(&s.world, NULL);
    EXPECT(answers(a, AUDIT_ANSWER));
    struct audit_stats stats;
    audit_stats(a, &stats);
    EXPECT_EQ(stats.journal.entries, 1);
    EXPECT_EQ(stats.journal.synced, 0);
    const struct audit_who who = {.principal = slice_text("root")};
    EXPECT_EQ(audit_change(a, &who, "user.add", NULL, 0, NULL), OK);
    audit_stats(a, &stats);
    EXPECT_EQ(stats.journal.synced, 2); // a change is on the disk when it returns
    EXPECT(audited_may_leave(audit_probe()));
    audit_close(a);
    shelf_close(&s);
}

TEST(audit_lets_nothing_leave_while_it_cannot_append)
{
    struct shelf s;
    shelf_open(&s);
    struct world w = faulty_world(&s.world);
    struct audit *a = open_audit(&w, NULL);
    EXPECT(answers(a, AUDIT_ANSWER));
    faulty_arm(1, FAULT_POWER); // from now on nothing works
    EXPECT(!answers(a, AUDIT_ANSWER));
    EXPECT(!answers(a, AUDIT_LOGIN));
    EXPECT(audit_change(a, NULL, "user.add", NULL, 0, NULL) != OK);
    audit_close(a);
    faulty_power_back();
    a = open_audit(&w, NULL);
    EXPECT(answers(a, AUDIT_ANSWER));
    audit_close(a);
    shelf_close(&s);
}

TEST(audit_counts_strangers_beyond_some_a_second)
{
    struct shelf s;
    shelf_open(&s);
    struct audit *a = open_audit(&s.world, NULL);
    struct audit_stats stats;
    for (int i = 0; i < 10 * AUDIT_STRANGERS_MAX; i++)
        EXPECT(answers(a, AUDIT_LOGIN));
    audit_stats(a, &stats);
    EXPECT(stats.journal.entries + stats.strangers_more == 10 * AUDIT_STRANGERS_MAX);
    EXPECT(stats.strangers_more > 0);
    uint64_t before = stats.journal.entries;
    EXPECT_EQ(audit_tick(a, shelf_sign, &s, NULL), OK);
    audit_stats(a, &stats);
    EXPECT_EQ(stats.strangers_more, 0);
    EXPECT_EQ(stats.journal.entries, before + 1);
    audit_close(a);
    shelf_close(&s);
}

TEST(audit_signs_a_head_when_there_is_something_new)
{
    struct shelf s;
    struct shelf other;
    shelf_open(&s);
    shelf_open(&other);
    struct audit *a = open_audit(&s.world, other.path);
    struct audit_stats stats;
    EXPECT(answers(a, AUDIT_ANSWER));
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(audit_tick(a, shelf_sign, &s, NULL), OK);
    audit_stats(a, &stats);
    EXPECT(stats.has_head);
    EXPECT_EQ(stats.head.number, 0);
    EXPECT_EQ(stats.head.size, 1);
    EXPECT(audit_head_is_signed(&stats.head, s.key));
    EXPECT(answers(a, AUDIT_ANSWER));
    EXPECT_EQ(audit_tick(a, shelf_sign, &s, NULL), OK);
    audit_stats(a, &stats);
    EXPECT_EQ(stats.head.number, 1);
    EXPECT_EQ(stats.head.size, 2);
    audit_close(a);
    // A log that was taken back to before what the witness has is not opened.
    shelf_empty(&s);
    const struct audit_options o = {.witness = other.path};
    EXPECT_EQ(audit_open(&s.world, &o, &a, NULL), ERR_CORRUPT);
    shelf_close(&other);
    shelf_close(&s);
}

TEST(audit_syncs_by_itself)
{
    struct shelf s;
    shelf_open(&s);
    const struct audit_options o = {.syncs_by_itself = true};
    struct audit *a = NULL;
    struct audit_stats stats;
    EXPECT_EQ(audit_open(&s.world, &o, &a, NULL), OK);
    EXPECT(answers(a, AUDIT_ANSWER));
    do
        audit_stats(a, &stats);
    while (stats.journal.synced == 0);
    audit_close(a);
    shelf_close(&s);
}

TEST(audit_knows_the_last_change_after_a_start_too)
{
    struct shelf s;
    shelf_open(&s);
    struct audit *a = open_audit(&s.world, NULL);
    const struct audit_who who = {.principal = slice_text("root")};
    const struct audit_fact fact = {slice_text("name"), slice_text("bob")};
    EXPECT_EQ(audit_change(a, &who, "user.add", NULL, 0, NULL), OK);
    EXPECT_EQ(audit_change(a, &who, "user.remove", &fact, 1, NULL), OK);
    EXPECT(answers(a, AUDIT_ANSWER));
    for (int start = 0; start < 2; start++) {
        struct audit_stats stats;
        audit_stats(a, &stats);
        EXPECT(stats.change.is_known);
        EXPECT_EQ(stats.change.number, 1);
        EXPECT(strcmp(stats.change.action, "user.remove") == 0);
        EXPECT(strcmp(stats.change.name, "bob") == 0);
        EXPECT(strcmp(stats.change.by, "root") == 0);
        audit_close(a);
        a = open_audit(&s.world, NULL);
    }
    audit_close(a);
    shelf_close(&s);
}
