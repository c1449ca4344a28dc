// SPDX-License-Identifier: Apache-2.0
#include "query/form.h"
#include "unit/query/parse.h"

TEST(form_says_type_place_and_words)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    struct fault why = {0};
    struct form f = {.request = request, .why = &why, .thing = "terms"};
    const struct json *v = json_of(request, "[\n [] ]");
    int64_t n = 0;
    EXPECT_EQ(form_i64(&f, slice_text("size"), &v->items[0], &n), ERR_INVALID);
    EXPECT(strcmp(why.words, "x_content_parse_exception: [2:2] [terms] failed to parse field "
                             "[size]: expected a whole number, found an array") == 0);
    EXPECT_EQ(form_unknown(&f, slice_text("k"), v), ERR_INVALID);
    EXPECT(strcmp(why.words, "x_content_parse_exception: [1:1] [terms] unknown field [k]") == 0);
}

TEST(form_reads_texts_alone_and_in_arrays)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    struct form f = {.request = request, .thing = "x"};
    const struct slice *texts = NULL;
    uint32_t count = 0;
    EXPECT_EQ(form_texts(&f, slice_text("k"), json_of(request, "'a'"), &texts, &count), OK);
    EXPECT(count == 1 && slice_is(texts[0], "a"));
    EXPECT_EQ(form_texts(&f, slice_text("k"), json_of(request, "['a',1,true]"), &texts, &count),
              OK);
    EXPECT(count == 3 && slice_is(texts[1], "1") && slice_is(texts[2], "true"));
    EXPECT_EQ(form_texts(&f, slice_text("k"), json_of(request, "[null]"), &texts, &count),
              ERR_INVALID);
    EXPECT_EQ(form_texts(&f, slice_text("k"), json_of(request, "{}"), &texts, &count), ERR_INVALID);
}

TEST(form_reads_time_zones_also_as_hours)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    struct form f = {.request = request, .thing = "x"};
    struct slice zone = {0};
    EXPECT_EQ(form_time_zone(&f, slice_text("k"), json_of(request, "2"), &zone), OK);
    EXPECT(slice_is(zone, "+2"));
    EXPECT_EQ(form_time_zone(&f, slice_text("k"), json_of(request, "-8"), &zone), OK);
    EXPECT(slice_is(zone, "-8"));
    EXPECT_EQ(form_time_zone(&f, slice_text("k"), json_of(request, "'Mars'"), &zone), ERR_INVALID);
    EXPECT_EQ(form_time_zone(&f, slice_text("k"), json_of(request, "[]"), &zone), ERR_INVALID);
}
