// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"
#include "policy/survey_watch.h"
#include "test.h"

#include <stdio.h>

static struct survey_watch *watch(void)
{
    struct survey_watch *w = NULL;
    struct fault why = {0};
    EXPECT_EQ(survey_watch_new(&w, &why), OK);
    return w;
}

static void give(struct survey_watch *w, struct survey_column *c, const char *text)
{
    struct slice bytes = slice_text(text);
    survey_value(w, c, &bytes);
}

static uint32_t hits_of(const struct survey_column *c, const struct detector *d)
{
    return c->seen.hits[__builtin_ctz(detector_bit(d))];
}

TEST(survey_counts_values_missing_and_distinct)
{
    struct survey_watch *w = watch();
    struct survey_column c = {.name = "a"};
    give(w, &c, "red");
    give(w, &c, "a blue room");
    give(w, &c, "red");
    survey_value(w, &c, NULL);
    survey_end(w);
    EXPECT_EQ(c.seen.values, 3);
    EXPECT_EQ(c.seen.missing, 1);
    EXPECT_EQ(c.seen.distinct, 2);
    EXPECT_EQ(c.seen.words, 1);
    EXPECT_EQ(c.seen.longest, 11);
    survey_watch_free(w);
}

TEST(survey_counts_what_detectors_find_once_a_distinct_value)
{
    struct survey_watch *w = watch();
    struct survey_column c = {.name = "a"};
    give(w, &c, "jane@example.org");
    give(w, &c, "jane@example.org");
    give(w, &c, "joe@example.org");
    give(w, &c, "nobody");
    survey_end(w);
    EXPECT_EQ(hits_of(&c, &detect_email), 2);
    EXPECT_EQ(c.seen.distinct, 3);
    survey_watch_free(w);
}

TEST(survey_begins_anew_with_each_column)
{
    struct survey_watch *w = watch();
    struct survey_column first = {.name = "a"};
    struct survey_column second = {.name = "b"};
    give(w, &first, "red");
    survey_end(w);
    give(w, &second, "red");
    EXPECT_EQ(second.seen.distinct, 1);
    survey_watch_free(w);
}

TEST(survey_counts_every_distinct_value_up_to_its_limit_and_no_more)
{
    struct survey_watch *w = watch();
    struct survey_column c = {.name = "a"};
    for (int i = 0; i < SURVEY_VALUES_MAX + 10; i++) {
        char text[16];
        snprintf(text, sizeof text, "v%d", i);
        give(w, &c, text);
    }
    EXPECT_EQ(c.seen.values, SURVEY_VALUES_MAX);
    EXPECT_EQ(c.seen.distinct, SURVEY_VALUES_MAX);
    survey_watch_free(w);
}
