// SPDX-License-Identifier: Apache-2.0
#include "access/access_private.h"
#include "access/ratchet_private.h"
#include "unit/access/ratchet.h"

#include <stdio.h>

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

// An old user, made an administrator or given a password by whoever wants a second person.
TEST(proposal_is_not_approved_by_a_user_taken_over_within_the_day)
{
    struct ratchet_place p;
    struct access *a = NULL;
    const struct slice roles[] = {slice_text("analyst"), slice_text("admin")};
    struct access_outcome done = {0};
    ratchet_place_make(&p);
    ratchet_place_sql(&p,
                      "INSERT INTO users (name, password_hash, created_ms) VALUES "
                      "('old', 'x', 1); INSERT INTO roles (user, role) VALUES ('old', 'analyst');");
    ratchet_wait(100 * HOUR_MS);
    EXPECT_EQ(access_open(p.access, false, &a, NULL), OK);
    a->now_ms = ratchet_now;
    const struct access_user old_with_one = {
        .name = slice_text("old"), .password = slice_of("", 0), .roles = roles, .role_count = 1};
    const struct access_user old_with_two = {
        .name = slice_text("old"), .password = slice_of("", 0), .roles = roles, .role_count = 2};
    EXPECT_EQ(access_user_put(a, NULL, &old_with_one, &done, NULL), OK);
    int64_t since = 0;
    EXPECT_EQ(ratchet_since(p.ratchet, "old", &since, NULL), OK);
    EXPECT_EQ(since, 1); // no administrator yet
    EXPECT_EQ(access_user_put(a, NULL, &old_with_two, &done, NULL), OK);
    EXPECT_EQ(access_user_password(a, slice_text("bob"), slice_text("a good long one"), NULL), OK);
    int64_t seq = propose(&p, "ann");
    EXPECT_EQ(ratchet_approve(p.ratchet, seq, "old", NULL), ERR_DENIED);
    EXPECT_EQ(ratchet_approve(p.ratchet, seq, "bob", NULL), ERR_DENIED);
    ratchet_wait(24 * HOUR_MS);
    seq = propose(&p, "ann");
    EXPECT_EQ(ratchet_approve(p.ratchet, seq, "old", NULL), OK);
    access_close(a);
    ratchet_place_drop(&p);
}

TEST(administrators_are_those_of_the_built_in_role_who_alone_may_approve)
{
    struct ratchet_place p;
    int64_t count = 0;
    ratchet_place_make(&p);
    ratchet_place_sql(&p,
                      "INSERT INTO own_roles (name, body, changed_ms) VALUES ('chief', "
                      "'{\"cluster\":[\"manage_security\"]}', 1);"
                      "INSERT INTO users (name, password_hash, created_ms) VALUES "
                      "('eve', 'x', 1); INSERT INTO roles (user, role) VALUES ('eve', 'chief');");
    EXPECT_EQ(ratchet_admins(p.ratchet, &count, NULL), OK);
    EXPECT_EQ(count, 2);
    ratchet_place_drop(&p);
}

static enum err hear(void *context, const struct access_note *n, struct fault *why)
{
    char *line = context;
    (void)why;
    snprintf(line, 256, "%.*s|%.*s|%.*s|%.*s|%.*s", SLICE_PRINT(n->who), SLICE_PRINT(n->via),
             SLICE_PRINT(n->action), SLICE_PRINT(n->name), SLICE_PRINT(n->words));
    return OK;
}

static void expect_last(struct access *a, const char *want)
{
    char line[256] = "";
    EXPECT_EQ(access_notes_take(a, hear, line, NULL), OK);
    EXPECT(strcmp(line, want) == 0);
}

TEST(proposal_and_its_approval_are_noted_for_the_audit_log)
{
    struct ratchet_place p;
    struct access *a = NULL;
    char want[256];
    ratchet_place_make(&p);
    EXPECT_EQ(access_open(p.access, false, &a, NULL), OK);
    int64_t first = ratchet_in_force(p.ratchet, "policy", "policy.yml")->seq;
    int64_t seq = propose(&p, "ann");
    snprintf(
        want, sizeof want,
        "ann|command line|policy.propose|policy.yml|version %lld -> version %lld, not in force "
        "until it is approved",
        (long long)first, (long long)seq);
    expect_last(a, want);
    EXPECT_EQ(ratchet_approve(p.ratchet, seq, "bob", NULL), OK);
    snprintf(want, sizeof want,
             "bob|command line|policy.approve|policy.yml|version %lld -> version %lld, which is "
             "proposal %lld",
             (long long)first, (long long)seq + 1, (long long)seq);
    expect_last(a, want);
    access_close(a);
    ratchet_place_drop(&p);
}
