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

TEST(match_pattern_finds_what_the_terms_it_stands_for_find)
{
    uint64_t one = total("{\"term\":{\"outcome\":\"timeout\"}}");
    EXPECT(one > 0);
    EXPECT_EQ(total("{\"prefix\":{\"outcome\":\"tim\"}}"), one);
    EXPECT_EQ(total("{\"prefix\":{\"outcome\":{\"value\":\"TIM\",\"case_insensitive\":true}}}"),
              one);
    EXPECT_EQ(total("{\"prefix\":{\"outcome\":\"TIM\"}}"), 0);
    EXPECT_EQ(total("{\"wildcard\":{\"outcome\":{\"value\":\"t?m*t\"}}}"), one);
    EXPECT_EQ(total("{\"regexp\":{\"outcome\":\"t(im|x)e?out\"}}"), one);
    EXPECT_EQ(total("{\"match_bool_prefix\":{\"outcome\":\"time\"}}"), one);
    EXPECT_EQ(total("{\"query_string\":{\"query\":\"outcome:tim* AND host:/h[0-3]/\"}}"), one);
    EXPECT_EQ(total("{\"simple_query_string\":{\"query\":\"tim*\",\"fields\":[\"outcome\"]}}"),
              one);
}

TEST(match_pattern_of_all_texts_is_that_there_is_one)
{
    uint64_t all = total("{\"exists\":{\"field\":\"outcome\"}}");
    EXPECT_EQ(total("{\"prefix\":{\"outcome\":\"\"}}"), all);
    EXPECT_EQ(total("{\"wildcard\":{\"outcome\":\"*\"}}"), all);
    EXPECT_EQ(total("{\"regexp\":{\"outcome\":\"~(ok)\"}}") +
                  total("{\"term\":{\"outcome\":\"ok\"}}"),
              all);
}

TEST(match_pattern_looks_through_look_ups)
{
    uint64_t all = total("{\"exists\":{\"field\":\"device.model\"}}");
    EXPECT(all > 0);
    EXPECT_EQ(total("{\"prefix\":{\"device.model\":\"m\"}}"), all);
    EXPECT_EQ(total("{\"regexp\":{\"device.model\":\"m<0-1>\"}}"),
              total("{\"terms\":{\"device.model\":[\"m0\",\"m1\"]}}"));
}

TEST(match_pattern_is_refused_where_there_is_no_text)
{
    expect_refused("{\"prefix\":{\"latency\":\"1\"}}",
                   "query_shard_exception: Can only use prefix queries on keyword, text and "
                   "wildcard fields - not on [latency] which is of type [long]");
    expect_refused("{\"regexp\":{\"outcome\":\"(\"}}",
                   "query_shard_exception: failed to create query: illegal_argument_exception: "
                   "unexpected end-of-string");
    EXPECT_EQ(total("{\"prefix\":{\"unheard\":\"x\"}}"), 0);
    EXPECT_EQ(total("{\"query_string\":{\"query\":\"latency:1*\",\"lenient\":true}}"), 0);
}

// With the start of a pseudonym people could be sorted into groups that nobody declared.
TEST(match_pattern_is_refused_on_pseudonyms)
{
    expect_refused("{\"wildcard\":{\"device\":\"A*\"}}",
                   "query_shard_exception: Can only use wildcard queries on keyword, text and "
                   "wildcard fields - not on [device] which is of type [pseudonym]");
    expect_refused("{\"query_string\":{\"query\":\"device:/A.*/\"}}",
                   "query_shard_exception: Can only use regexp queries on keyword, text and "
                   "wildcard fields - not on [device] which is of type [pseudonym]");
    EXPECT_EQ(total("{\"query_string\":{\"query\":\"device:*\"}}"),
              total("{\"exists\":{\"field\":\"device\"}}"));
}
