// SPDX-License-Identifier: Apache-2.0
#include "unit/access/ratchet.h"

enum { HOUR_MS = 3600 * 1000 };

static const char looser[] = "sources: {} # looser\n";

static int64_t propose(struct ratchet_place *p, const char *who)
{
    int64_t seq = 0;
    const struct ratchet_change c = ratchet_policy(who, looser);
    EXPECT_EQ(ratchet_propose(p->ratchet, &c, &seq, NULL), OK);
    return seq;
}

static bool is_in_force(const struct ratchet_place *p)
{
    return slice_is(ratchet_in_force(p->ratchet, "policy", "policy.yml")->value, looser);
}

TEST(proposal_is_approved_by_another_and_not_by_who_made_it)
{
    struct ratchet_place p;
    ratchet_place_make(&p);
    int64_t seq = propose(&p, "ann");
    EXPECT(!is_in_force(&p));
    EXPECT_EQ(ratchet_approve(p.ratchet, seq, "ann", NULL), ERR_DENIED);
    ratchet_wait(23 * HOUR_MS);
    EXPECT_EQ(ratchet_approve(p.ratchet, seq, "ann", NULL), ERR_DENIED);
    EXPECT_EQ(ratchet_approve(p.ratchet, seq, "bob", NULL), OK);
    EXPECT(is_in_force(&p));
    EXPECT_EQ(ratchet_approve(p.ratchet, seq, "bob", NULL), ERR_NOT_FOUND);
    ratchet_place_drop(&p);
}

TEST(proposal_lapses_after_a_day)
{
    struct ratchet_place p;
    ratchet_place_make(&p);
    int64_t seq = propose(&p, "ann");
    ratchet_wait(24 * HOUR_MS + 1);
    EXPECT_EQ(ratchet_approve(p.ratchet, seq, "bob", NULL), ERR_NOT_FOUND);
    EXPECT(!is_in_force(&p));
    ratchet_place_drop(&p);
}

TEST(proposal_is_ended_by_whatever_comes_later)
{
    struct ratchet_place p;
    ratchet_place_make(&p);
    int64_t first = propose(&p, "ann");
    int64_t second = propose(&p, "bob");
    EXPECT_EQ(ratchet_approve(p.ratchet, first, "bob", NULL), ERR_NOT_FOUND);
    EXPECT_EQ(ratchet_withdraw(p.ratchet, second, "bob", NULL), OK);
    EXPECT_EQ(ratchet_approve(p.ratchet, second, "ann", NULL), ERR_NOT_FOUND);
    EXPECT(!is_in_force(&p));
    ratchet_place_drop(&p);
}

TEST(proposal_of_the_only_administrator_waits_a_day)
{
    struct ratchet_place p;
    ratchet_place_make(&p);
    ratchet_place_sql(&p, "DELETE FROM roles WHERE user = 'bob'");
    int64_t seq = propose(&p, "ann");
    EXPECT_EQ(ratchet_approve(p.ratchet, seq, "ann", NULL), ERR_DENIED);
    ratchet_wait(24 * HOUR_MS);
    EXPECT_EQ(ratchet_approve(p.ratchet, seq, "ann", NULL), OK);
    EXPECT(is_in_force(&p));
    ratchet_place_drop(&p);
}

// One who makes up a second person has to wait for it as long as alone.
TEST(proposal_is_not_approved_by_somebody_just_made)
{
    struct ratchet_place p;
    ratchet_place_make(&p);
    ratchet_wait(100 * HOUR_MS);
    char sql[160];
    snprintf(sql, sizeof sql,
             "INSERT INTO users (name, password_hash, created_ms) VALUES ('eve', 'x', %lld);",
             (long long)ratchet_now());
    ratchet_place_sql(&p, sql);
    int64_t seq = propose(&p, "ann");
    struct fault why = {0};
    EXPECT_EQ(ratchet_approve(p.ratchet, seq, "eve", &why), ERR_DENIED);
    EXPECT(strstr(why.words, "no second person") != NULL);
    EXPECT_EQ(ratchet_approve(p.ratchet, seq, "nobody", NULL), ERR_DENIED);
    ratchet_wait(24 * HOUR_MS);
    seq = propose(&p, "ann");
    EXPECT_EQ(ratchet_approve(p.ratchet, seq, "eve", NULL), OK);
    ratchet_place_drop(&p);
}
