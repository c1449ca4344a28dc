// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

static enum err lay(struct request *r, struct arena *request, const char *name, const char *value,
                    struct fault *why)
{
    bool known = false;
    enum err e = request_parameter(r, slice_text(name), slice_text(value), request, &known, why);
    if (!known)
        test_fail(__FILE__, __LINE__, "%s is unknown", name);
    return e;
}

TEST(url_parameters_are_laid_over_the_body)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct request r = request_of(request, "{'size':3,'sort':'z'}");
    static const char *const pairs[][2] = {
        {"size", "7"},
        {"from", "2"},
        {"sort", "a:desc,b,_score"},
        {"_source_includes", "x,y"},
        {"_source_excludes", "z"},
        {"track_total_hits", "true"},
        {"version", ""},
        {"seq_no_primary_term", "true"},
        {"track_scores", "true"},
        {"explain", "false"},
        {"timeout", "5s"},
        {"docvalue_fields", "d,e"},
        {"min_score", "1.5"},
        {"lenient", "true"},
        {"stored_fields", "_none_"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        EXPECT_EQ(lay(&r, request, pairs[i][0], pairs[i][1], NULL), OK);
    EXPECT(r.size == 7 && r.from == 2 && r.sort_count == 3);
    EXPECT(slice_is(r.sort[0].field, "a") && r.sort[0].descending);
    EXPECT(!r.sort[1].descending && r.sort[2].descending);
    EXPECT(r.source.include_count == 2 && r.source.exclude_count == 1);
    EXPECT(r.track_total_hits == -1 && r.wants_version && r.wants_seq_no && r.tracks_scores);
    EXPECT(!r.wants_explain && r.timeout_ms == 5000 && r.docvalue_field_count == 2);
    EXPECT(r.min_score_given && r.min_score == 1.5);
}

TEST(url_source_is_a_truth_or_a_list)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct request r = request_of(request, "{'_source':['a']}");
    EXPECT_EQ(lay(&r, request, "_source", "false", NULL), OK);
    EXPECT(r.source.is_off && r.source.include_count == 0);
    EXPECT_EQ(lay(&r, request, "_source", "b,c", NULL), OK);
    EXPECT(!r.source.is_off && r.source.include_count == 2);
}

TEST(url_parameters_of_others_are_not_known_here)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct request r = request_of(request, "{}");
    bool known = true;
    EXPECT_EQ(request_parameter(&r, slice_text("pretty"), slice_text(""), request, &known, NULL),
              OK);
    EXPECT(!known);
}

TEST(url_parameters_that_do_not_parse_are_refused)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct request r = request_of(request, "{}");
    struct fault why = {0};
    EXPECT_EQ(lay(&r, request, "size", "x", &why), ERR_INVALID);
    EXPECT(strcmp(why.words,
                  "illegal_argument_exception: Failed to parse int parameter [size] with "
                  "value [x]") == 0);
    EXPECT_EQ(lay(&r, request, "from", "-1", &why), ERR_INVALID);
    EXPECT_EQ(lay(&r, request, "sort", "a:up", &why), ERR_INVALID);
    EXPECT_EQ(lay(&r, request, "version", "yes", &why), ERR_INVALID);
    EXPECT_EQ(lay(&r, request, "timeout", "1", &why), ERR_INVALID);
    EXPECT_EQ(lay(&r, request, "track_total_hits", "-2", &why), ERR_INVALID);
}

TEST(url_query_is_a_query_string)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct request r = request_of(request, "{'query':{'match_none':{}}}");
    struct fault why = {0};
    EXPECT_EQ(lay(&r, request, "q", "*:*", NULL), OK);
    EXPECT_EQ(r.query->kind, QUERY_MATCH_ALL);
    EXPECT_EQ(lay(&r, request, "q", "a:x AND b:y", NULL), OK);
    EXPECT(r.query->kind == QUERY_BOOL && r.query->bool_.must_count == 2);
    EXPECT_EQ(lay(&r, request, "q", "word", &why), ERR_INVALID);
    EXPECT_EQ(lay(&r, request, "default_operator", "AND", &why), ERR_INVALID);
    EXPECT(strcmp(why.words, "illegal_argument_exception: [default_operator] is not supported "
                             "here; use a [query_string] query in the body") == 0);
}
