// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "policy/diff.h"
#include "test.h"
#include "unit/policy/fleet.h"

// A policy with the first `old` changed to `put`.
static struct slice edited(struct arena *a, const char *policy, const char *old, const char *put)
{
    const char *at = strstr(policy, old);
    EXPECT(at != NULL);
    return arena_print(a, "%.*s%s%s", (int)(strlen(policy) - strlen(at)), policy, put,
                       at + strlen(old));
}

static struct policy_diff diff_of(struct arena *a, struct slice before, struct slice after)
{
    struct policy_diff d;
    struct fault why = {0};
    if (policy_diff_texts(before, after, a, &d, &why))
        test_fail(__FILE__, __LINE__, "%s", why.words);
    return d;
}

TEST(policy_diff_judges_each_edit_and_its_way_back)
{
    static const struct {
        const char *old, *put;
        enum change_direction there, back;
    } edits[] = {
        {"", "", CHANGE_EQUAL, CHANGE_EQUAL},
        {"{treat: drop}", "{treat: keep, as: keyword}", CHANGE_LOOSENS, CHANGE_TIGHTENS},
        {"          nickname: {treat: drop}\n", "", CHANGE_NEUTRAL, CHANGE_NEUTRAL},
        {"          model: {treat: keep, as: keyword}\n",
         "          model: {treat: keep, as: keyword}\n          owner: {treat: keep, as: "
         "keyword}\n",
         CHANGE_LOOSENS, CHANGE_TIGHTENS},
        {"{treat: keep, as: integer}", "{treat: round, to: 10}", CHANGE_TIGHTENS, CHANGE_LOOSENS},
        {"{treat: keep, as: integer}", "{treat: keep, as: keyword}", CHANGE_LOOSENS,
         CHANGE_TIGHTENS},
        {"{treat: keep, as: integer}", "{treat: keep, as: long}", CHANGE_NEUTRAL, CHANGE_NEUTRAL},
        {"to: 1h", "to: 2h", CHANGE_TIGHTENS, CHANGE_LOOSENS},
        {"to: 1h", "to: 90m", CHANGE_LOOSENS, CHANGE_LOOSENS},
        {"to: 1h", "to: 60m", CHANGE_NEUTRAL, CHANGE_NEUTRAL},
        {"subject: customer}", "subject: device}", CHANGE_LOOSENS, CHANGE_LOOSENS},
        {"{treat: pseudonym, subject: customer}", "{treat: drop}", CHANGE_TIGHTENS, CHANGE_LOOSENS},
        {", lookup: devices", "", CHANGE_TIGHTENS, CHANGE_LOOSENS},
        {"port=5432", "port=5433", CHANGE_LOOSENS, CHANGE_LOOSENS},
        {"keys/r.password", "keys/s.password", CHANGE_LOOSENS, CHANGE_LOOSENS},
    };
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES * 4);
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        struct slice old = slice_text(FLEET_SOURCE);
        struct slice put = edited(a, FLEET_SOURCE, edits[i].old, edits[i].put);
        enum change_direction there = diff_of(a, old, put).direction;
        enum change_direction back = diff_of(a, put, old).direction;
        if (there != edits[i].there || back != edits[i].back)
            test_fail(__FILE__, __LINE__, "'%s' to '%s' %s, and back %s", edits[i].old,
                      edits[i].put, change_direction_name(there), change_direction_name(back));
        arena_reset(a);
    }
}

TEST(policy_diff_of_a_floor_and_of_sources_that_go_or_come)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES * 4);
    struct slice whole = slice_text(FLEET_POLICY);
    struct slice bare = slice_text(FLEET_SOURCE);
    struct slice empty = slice_text("sources: {}\n");
    EXPECT_EQ(diff_of(a, whole, bare).direction, CHANGE_LOOSENS); // the floor is gone
    EXPECT_EQ(diff_of(a, bare, whole).direction, CHANGE_TIGHTENS);
    EXPECT_EQ(diff_of(a, empty, bare).direction, CHANGE_LOOSENS);
    EXPECT_EQ(diff_of(a, bare, empty).direction, CHANGE_TIGHTENS);
    struct slice higher = edited(a, FLEET_POLICY, "subjects: 5", "subjects: 9");
    EXPECT_EQ(diff_of(a, whole, higher).direction, CHANGE_TIGHTENS);
    EXPECT_EQ(diff_of(a, higher, whole).direction, CHANGE_LOOSENS);
    struct slice metric = edited(a, FLEET_POLICY, "every: 5m", "every: 1h");
    EXPECT_EQ(diff_of(a, whole, metric).direction, CHANGE_NEUTRAL);
}

TEST(policy_diff_names_line_path_and_reason)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES * 4);
    struct slice put = edited(a, FLEET_POLICY, "{treat: drop}", "{treat: keep, as: keyword}");
    struct policy_diff d = diff_of(a, slice_text(FLEET_POLICY), put);
    EXPECT_EQ(d.count, 1);
    EXPECT_EQ(d.changes[0].line, 14);
    EXPECT(strcmp(d.changes[0].path, "sources.fleet.tables.devices.columns.nickname") == 0);
    EXPECT(strcmp(d.changes[0].words, "drop becomes keep") == 0);
}

TEST(policy_diff_refuses_what_is_no_policy)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES * 4);
    struct policy_diff d;
    struct fault why = {0};
    EXPECT_EQ(policy_diff_texts(slice_text(FLEET_POLICY), slice_text("sauces: {}\n"), a, &d, &why),
              ERR_INVALID);
    EXPECT(why.words[0] != '\0');
}

// What the store cannot do with the rows it has; a column that only goes it can take out.
TEST(policy_diff_names_a_pushed_index_whose_columns_change_otherwise_than_by_going)
{
    static const char before[] =
        "push:\n  events:\n    columns:\n      n: {treat: keep, as: long}\n"
        "      text: {treat: keep, as: keyword}\n";

    static const struct {
        const char *text;
        bool is_reshaped;
    } after[] = {
        {"", false},
        {"      text: {treat: drop}\n", false},
        {"      text: {treat: truncate, characters: 3}\n", true},
        {"      text: {treat: keep, as: long}\n", true},
        {"      text: {treat: keep, as: keyword}\n      more: {treat: keep, as: long}\n", true},
        {"      text: {treat: keep, as: keyword}\n      more: {treat: drop}\n", false},
    };
    struct arena *a AUTO(arena_freep) = arena_new(512 << 20);
    for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
        struct slice now =
            edited(a, before, "      text: {treat: keep, as: keyword}\n", after[i].text);
        struct policy_diff d = diff_of(a, slice_text(before), now);
        EXPECT_EQ(d.reshaped != NULL, after[i].is_reshaped);
        EXPECT(i > 1 || d.direction == CHANGE_TIGHTENS);
    }
    struct slice less = edited(a, before, "      text: {treat: keep, as: keyword}\n", "");
    EXPECT(diff_of(a, less, slice_text(before)).reshaped != NULL);
}
