// SPDX-License-Identifier: Apache-2.0
#include "access/grant.h"
#include "test.h"

static struct grants make(struct arena *a, uint32_t roles, const char *list)
{
    struct grants g;
    struct fault why = {0};
    EXPECT_EQ(grants_make(roles, "", slice_text(list), a, &g, &why), OK);
    return g;
}

#define ROLE(names, privileges, more) \
    "[{\"indices\":[{\"names\":[" names "],\"privileges\":[" privileges "]" more "}]}]"

TEST(grants_allow_what_is_named_and_nothing_else)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct grants g = make(a, 0, ROLE("\"log-*\"", "\"read\"", ""));
    EXPECT(grants_index(&g, ACTION_READ, slice_text("log-1")));
    EXPECT(grants_rows(&g, ACTION_READ, slice_text("log-1")));
    EXPECT(!grants_index(&g, ACTION_READ, slice_text("log")));
    EXPECT(!grants_index(&g, ACTION_WRITE, slice_text("log-1")));
    EXPECT(!grants_allow(&g, ACTION_MANAGE));
    EXPECT(grants_allow(&g, ACTION_INFO));
    g = make(a, 0, ROLE("\"log-*\"", "\"aggregate\"", ""));
    EXPECT(grants_index(&g, ACTION_AGGREGATE, slice_text("log-1")));
    EXPECT(!grants_index(&g, ACTION_READ, slice_text("log-1")));
    EXPECT(!grants_rows(&g, ACTION_AGGREGATE, slice_text("log-1")));
}

TEST(grants_hide_fields_that_are_excepted_or_not_granted)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct slice x = slice_text("x");
    struct grants g =
        make(a, 0,
             ROLE("\"*\"", "\"read\"",
                  ",\"field_security\":{\"grant\":[\"a*\",\"b\"],\"except\":[\"ab*\"]}"));
    EXPECT(grants_field(&g, ACTION_READ, x, slice_text("a")));
    EXPECT(grants_field(&g, ACTION_READ, x, slice_text("b")));
    EXPECT(!grants_field(&g, ACTION_READ, x, slice_text("abc")));
    EXPECT(!grants_field(&g, ACTION_READ, x, slice_text("c")));
    EXPECT(!grants_field(&g, ACTION_WRITE, x, slice_text("a")));
}

TEST(grants_join_the_rows_of_roles_of_one_kind)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct slice x = slice_text("x");
    static const char both[] = "[{\"indices\":[{\"names\":[\"x\"],\"privileges\":[\"read\"],"
                               "\"query\":{\"term\":{\"r\":1}}}]},"
                               "{\"indices\":[{\"names\":[\"*\"],\"privileges\":[\"read\"],"
                               "\"query\":\"{\\\"term\\\":{\\\"r\\\":2}}\"}]}]";
    struct grants g = make(a, 0, both);
    const struct query *q = grants_query(&g, ACTION_READ, x, a);
    EXPECT(q && q->kind == QUERY_BOOL);
    EXPECT_EQ(q->bool_.should_count, 2);
    q = grants_query(&g, ACTION_READ, slice_text("y"), a);
    EXPECT_EQ(q->bool_.should_count, 1);
    g = make(a, 1u << ROLE_ANALYST, both);
    EXPECT(grants_query(&g, ACTION_READ, x, a) == NULL);
}

// Or the role of groups, which shows all rows' groups, would make all rows readable.
TEST(grants_of_groups_do_not_widen_those_of_rows)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct slice x = slice_text("x");
    struct grants g =
        make(a, 1u << ROLE_METRICS,
             ROLE("\"x\"", "\"read\"",
                  ",\"query\":{\"term\":{\"r\":1}},\"field_security\":{\"grant\":[\"r\"]}"));
    EXPECT(grants_rows(&g, ACTION_AGGREGATE, x));
    EXPECT(grants_query(&g, ACTION_AGGREGATE, x, a) != NULL);
    EXPECT(!grants_field(&g, ACTION_AGGREGATE, x, slice_text("s")));
    EXPECT(!grants_rows(&g, ACTION_AGGREGATE, slice_text("y")));
    EXPECT(grants_query(&g, ACTION_AGGREGATE, slice_text("y"), a) == NULL);
}

TEST(grants_check_refuses_what_it_does_not_understand)
{
    static const char *const refused[] = {
        "[]",
        "{\"indices\":{}}",
        "{\"indices\":[{}]}",
        "{\"indices\":[{\"names\":[\"x\"]}]}",
        "{\"indices\":[{\"names\":\"x\",\"privileges\":[\"read\"]}]}",
        "{\"indices\":[{\"names\":[\"x\"],\"privileges\":[\"fly\"]}]}",
        "{\"indices\":[{\"names\":[\"x\"],\"privileges\":[\"read\"],\"query\":{\"nosuch\":{}}}]}",
        "{\"indices\":[{\"names\":[\"x\"],\"privileges\":[\"read\"],\"query\":\"{\"}]}",
        ("{\"indices\":[{\"names\":[\"x\"],\"privileges\":[\"read\"],"
         "\"field_security\":{\"except\":[\"a\"]}}]}"),
        "{\"cluster\":[\"nosuch\"]}",
        "{\"run_as\":[\"root\"]}",
        "{\"cluster\":[\"all\"],\"indices\":[{\"names\":[\"x\"],\"privileges\":[\"read\"]}]}",
    };
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const struct json *v;
        struct fault why = {0};
        EXPECT_EQ(json_parse(slice_text(refused[i]), a, &v, NULL), OK);
        EXPECT(grants_check(v, a, &why) != OK);
        EXPECT(strstr(why.words, "exception: ") || strstr(why.words, "line"));
    }
}
