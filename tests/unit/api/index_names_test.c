// SPDX-License-Identifier: Apache-2.0
#include "api/index_names.h"
#include "test.h"

static const struct table tables[] = {{.name = "log-1"}, {.name = "log-2"}, {.name = "devices"}};
static const struct schema schema = {.table_count = 3, .tables = tables};

struct ask {
    const char *expression, *query, *indices;
};

static enum err resolve(struct ask a, char got[64], struct fault *why)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    struct principal who = {.name = "ana", .roles = 1U << ROLE_ANALYST};
    memcpy(who.indices, a.indices ? a.indices : "", strlen(a.indices ? a.indices : "") + 1);
    const struct permit *permit;
    EXPECT_EQ(permit_make(&who, ACTION_READ, slice_of(NULL, 0), request, &permit, NULL), OK);
    struct parameters p;
    EXPECT_EQ(parameters_parse(slice_text(a.query ? a.query : ""), request, &p, NULL), OK);
    struct index_wish wish;
    enum err e = index_wish_make(slice_text(a.expression), &p, &wish, why);
    const struct index_seer seer = {&schema, &who, permit, NULL};
    struct index_list list = {0};
    if (e == OK)
        e = index_names_resolve(&seer, &wish, request, &list, why);
    size_t len = 0;
    for (uint32_t i = 0; e == OK && i < list.count; i++)
        got[len++] = (char)('0' + list.tables[i]);
    got[len] = '\0';
    return e;
}

static bool means(struct ask a, const char *want)
{
    char got[64];
    return resolve(a, got, NULL) == OK && strcmp(got, want) == 0;
}

static enum err fails(struct ask a)
{
    char got[64];
    return resolve(a, got, NULL);
}

TEST(index_names_lists_wildcards_and_exclusions)
{
    EXPECT(means((struct ask){.expression = ""}, "012"));
    EXPECT(means((struct ask){.expression = "_all"}, "012"));
    EXPECT(means((struct ask){.expression = "*"}, "012"));
    EXPECT(means((struct ask){.expression = "devices,log-1"}, "02"));
    EXPECT(means((struct ask){.expression = "log-*"}, "01"));
    EXPECT(means((struct ask){.expression = "*,-log-*"}, "2"));
    EXPECT(means((struct ask){.expression = "log-*,-log-1,devices"}, "12"));
    EXPECT(means((struct ask){.expression = "nothing*"}, ""));
}

TEST(index_names_that_are_not_there_are_errors_unless_ignored)
{
    struct fault why = {0};
    char got[64];
    EXPECT_EQ(resolve((struct ask){.expression = "log-1,nosuch"}, got, &why), ERR_NOT_FOUND);
    EXPECT(strcmp(why.words, "index_not_found_exception: no such index [nosuch]") == 0);
    EXPECT(means((struct ask){"log-1,nosuch", "ignore_unavailable=true", NULL}, "0"));
    EXPECT_EQ(fails((struct ask){"no*", "allow_no_indices=false", NULL}), ERR_NOT_FOUND);
    EXPECT_EQ(fails((struct ask){.expression = "-log-1"}), ERR_NOT_FOUND); // a name, not a minus
}

TEST(index_names_expand_wildcards_decides_what_patterns_match)
{
    EXPECT(means((struct ask){"log-*", "expand_wildcards=closed", NULL}, ""));
    EXPECT(means((struct ask){"log-*", "expand_wildcards=none", NULL}, ""));
    EXPECT(means((struct ask){"log-*", "expand_wildcards=open,hidden", NULL}, "01"));
    EXPECT_EQ(fails((struct ask){"log-*", "expand_wildcards=x", NULL}), ERR_INVALID);
    EXPECT_EQ(fails((struct ask){"log-*", "ignore_unavailable=x", NULL}), ERR_INVALID);
}

TEST(index_names_hide_what_the_key_may_not_see)
{
    EXPECT(means((struct ask){"*", "", "log-*"}, "01"));
    EXPECT(means((struct ask){"", "", "log-2 devices"}, "12"));
    EXPECT_EQ(fails((struct ask){"devices", "", "log-*"}), ERR_DENIED);
    // Also for a name that is not there: a refusal tells nothing of what is.
    EXPECT_EQ(fails((struct ask){"nosuch", "", "log-*"}), ERR_DENIED);
}
