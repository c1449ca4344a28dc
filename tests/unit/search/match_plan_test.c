// SPDX-License-Identifier: Apache-2.0
#include "unit/search/crowded.h"

static uint64_t total(const char *query)
{
    char body[600];
    snprintf(body, sizeof body, "{\"size\":0,\"query\":%s}", query);
    return town_ask(crowded_town(), "events", body).total;
}

static void expect_refused(const char *query, const char *words)
{
    char body[600];
    snprintf(body, sizeof body, "{\"size\":0,\"query\":%s}", query);
    struct answer a;
    EXPECT_EQ(town_try(crowded_town(), "events", body, &a), ERR_INVALID);
    if (strcmp(crowded_town()->why.words, words) != 0)
        test_fail(__FILE__, __LINE__, "%s", crowded_town()->why.words);
}

TEST(match_plan_rounds_broken_bounds_of_whole_numbers_inward)
{
    uint64_t want = total("{\"range\":{\"latency\":{\"gte\":10,\"lte\":12}}}");
    EXPECT(want > 0);
    EXPECT_EQ(total("{\"range\":{\"latency\":{\"gt\":9,\"lt\":13}}}"), want);
    EXPECT_EQ(total("{\"range\":{\"latency\":{\"gt\":9.5,\"lt\":12.5}}}"), want);
    EXPECT_EQ(total("{\"range\":{\"latency\":{\"gte\":9.5,\"lte\":12.5}}}"), want);
    EXPECT_EQ(total("{\"range\":{\"latency\":{\"gt\":\"1e30\"}}}"), 0);
    EXPECT_EQ(total("{\"term\":{\"latency\":10.5}}"), 0);
    EXPECT_EQ(total("{\"term\":{\"latency\":\"10.0\"}}"), total("{\"term\":{\"latency\":10}}"));
}

TEST(match_plan_takes_a_date_for_all_the_time_it_names)
{
    uint64_t day = total("{\"exists\":{\"field\":\"at\"}}");
    EXPECT_EQ(total("{\"term\":{\"at\":\"2023-11-14\"}}"), day);
    EXPECT_EQ(total("{\"range\":{\"at\":{\"lte\":\"2023-11-14\"}}}"), day);
    EXPECT_EQ(total("{\"range\":{\"at\":{\"lt\":\"2023-11-14\"}}}"), 0);
    EXPECT_EQ(total("{\"range\":{\"at\":{\"gt\":\"2023-11-14\"}}}"), 0);
    EXPECT_EQ(total("{\"range\":{\"at\":{\"gte\":\"2023-11-14\",\"time_zone\":\"-01:00\"}}}"),
              total("{\"range\":{\"at\":{\"gte\":\"2023-11-14T01:00:00Z\"}}}"));
    EXPECT_EQ(total("{\"range\":{\"at\":{\"gte\":1699920000000,\"lt\":\"1700006400000\"}}}"), day);
}

TEST(match_plan_refuses_what_does_not_fit_a_field_in_elasticsearchs_words)
{
    expect_refused(
        "{\"term\":{\"latency\":\"x\"}}",
        "query_shard_exception: failed to create query: number_format_exception: For input "
        "string: \"x\"");
    expect_refused("{\"range\":{\"score\":{\"gte\":\"much\"}}}",
                   "query_shard_exception: failed to create query: number_format_exception: For "
                   "input string: \"much\"");
    expect_refused("{\"term\":{\"ok\":\"maybe\"}}",
                   "query_shard_exception: failed to create query: "
                   "illegal_argument_exception: Can't parse boolean value [maybe], expected [true]"
                   " or [false]");
    EXPECT_EQ(total("{\"match\":{\"latency\":{\"query\":\"x\",\"lenient\":true}}}"), 0);
}

TEST(match_plan_finds_nothing_in_fields_there_are_not)
{
    EXPECT_EQ(total("{\"term\":{\"unheard\":1}}"), 0);
    EXPECT_EQ(total("{\"range\":{\"unheard\":{\"gt\":\"x\"}}}"), 0);
    EXPECT_EQ(total("{\"exists\":{\"field\":\"unheard\"}}"), 0);
    EXPECT_EQ(total("{\"term\":{\"device\":\"not base64\"}}"), 0);
}
