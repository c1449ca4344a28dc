// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "unit/query/parse.h"

TEST(query_has_one_name_and_an_object)
{
    query_refused("{'foo':{}}", "parsing_exception: [1:8] unknown query [foo]");
    query_refused("{}", "illegal_argument_exception: query malformed, empty clause found at [1:1]");
    query_refused("{'match_all':{},'term':{'a':1}}",
                  "parsing_exception: [1:24] [match_all] malformed query, expected [END_OBJECT] "
                  "but found [FIELD_NAME]");
    query_refused("{'term':1}", "parsing_exception: [1:9] [term] query malformed, no start_object "
                                "after query name");
    query_refused("[]", "parsing_exception: [1:1] [_na] query malformed, must start with "
                        "start_object");
}

TEST(query_takes_boost_and_name)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct query *q = query_of(request, "{'match_all':{'boost':'2.5','_name':'n'}}");
    EXPECT_EQ(q->kind, QUERY_MATCH_ALL);
    EXPECT(q->boost == 2.5 && slice_is(q->name, "n"));
    EXPECT(query_of(request, "{'match_none':{}}")->boost == 1);
    query_refused(
        "{'match_all':{'boost':-1}}",
        "illegal_argument_exception: negative [boost] are not allowed in [match_all], use "
        "a value between 0 and 1 to deboost");
}

// Built by hand, for JSON text of this depth is refused before it comes here.
static enum err parse_nested(struct arena *request, int depth)
{
    struct json *v = ARENA_NEW(request, struct json);
    struct slice *match_all = ARENA_NEW(request, struct slice);
    struct slice *constant_score = ARENA_NEW(request, struct slice);
    struct slice *filter = ARENA_NEW(request, struct slice);
    *match_all = slice_text("match_all");
    *constant_score = slice_text("constant_score");
    *filter = slice_text("filter");
    struct json *empty = ARENA_NEW(request, struct json);
    empty->type = JSON_OBJECT;
    *v = (struct json){.type = JSON_OBJECT, .count = 1, .items = empty, .keys = match_all};
    for (int i = 1; i < depth; i++) {
        struct json *inner = ARENA_NEW(request, struct json);
        struct json *outer = ARENA_NEW(request, struct json);
        *inner = (struct json){.type = JSON_OBJECT, .count = 1, .items = v, .keys = filter};
        *outer =
            (struct json){.type = JSON_OBJECT, .count = 1, .items = inner, .keys = constant_score};
        v = outer;
    }
    const struct query *q = NULL;
    return query_parse(v, request, &q, NULL);
}

TEST(query_depth_ends_at_the_limit)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    EXPECT_EQ(parse_nested(request, LIMIT_QUERY_DEPTH), OK);
    EXPECT_EQ(parse_nested(request, LIMIT_QUERY_DEPTH + 1), ERR_INVALID);
}
