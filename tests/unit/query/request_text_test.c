// SPDX-License-Identifier: Apache-2.0
#include "query/request_private.h"
#include "unit/query/parse.h"

static enum err q_of(struct arena *request, const char *text, const struct query **out)
{
    struct form f = {.request = request, .thing = "search"};
    return request_q(&f, slice_text(text), out);
}

TEST(q_matches_all_or_one_field)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    const struct query *q = NULL;
    EXPECT_EQ(q_of(request, "*", &q), OK);
    EXPECT_EQ(q->kind, QUERY_MATCH_ALL);
    EXPECT_EQ(q_of(request, "*:*", &q), OK);
    EXPECT_EQ(q->kind, QUERY_MATCH_ALL);
    EXPECT_EQ(q_of(request, "a.b:x-1", &q), OK);
    EXPECT(q->kind == QUERY_TERMS && q->terms.is_match && slice_is(q->terms.field, "a.b"));
    EXPECT(slice_is(q->terms.values[0].text, "x-1"));
    EXPECT_EQ(q_of(request, "a:\"x y: (z)\"", &q), OK);
    EXPECT(slice_is(q->terms.values[0].text, "x y: (z)"));
    EXPECT_EQ(q_of(request, "_exists_:a", &q), OK);
    EXPECT(q->kind == QUERY_EXISTS && slice_is(q->exists, "a"));
}

TEST(q_refuses_the_query_language)
{
    static const char *const bad[] = {
        "",      "x",          "a:",         ":x",      "a:x AND b:y", "a:x*",
        "-a:x",  "a:[1 TO 2]", "a:>5",       "a:/x/",   "a:\"x",       "a:x\\:y",
        "(a:x)", "a*:x",       "a:\"x\"y\"", "a:x b:y", "a:x~",        "_exists_:a*",
    };
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    const struct query *q = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (q_of(request, bad[i], &q) != ERR_INVALID)
            test_fail(__FILE__, __LINE__, "%s is accepted", bad[i]);
    }
    EXPECT(q == NULL);
}

TEST(comma_lists_have_no_empty_names)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    struct form f = {.request = request};
    const struct slice *names = NULL;
    uint32_t count = 9;
    request_names(&f, slice_text(",a,,bc,"), &names, &count);
    EXPECT(count == 2 && slice_is(names[0], "a") && slice_is(names[1], "bc"));
    request_names(&f, slice_text(""), &names, &count);
    EXPECT_EQ(count, 0);
    request_names(&f, slice_of(NULL, 0), &names, &count);
    EXPECT_EQ(count, 0);
}
