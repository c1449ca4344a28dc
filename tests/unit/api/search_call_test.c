// SPDX-License-Identifier: Apache-2.0
#include "api/search_call.h"
#include "unit/api/talk.h"

TEST(search_call_takes_the_urls_words_over_the_bodys)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_search?size=0", "{\"size\":3}"), 200);
    talk_expect(&t, "\"hits\":[]");
    EXPECT_EQ(talk_get(&t, "/events/_search?q=outcome:fail&_source=host&sort=at"), 200);
    talk_expect(&t, "\"total\":{\"value\":2,");
    talk_expect(&t, "\"_source\":{\"host\":\"h1\"}");
    talk_close(&t);
}

TEST(search_call_accepts_what_clients_always_send)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/events/_search?size=0&preference=x&request_cache=true&routing=y"
                           "&batched_reduce_size=5&ccs_minimize_roundtrips=true&search_type="
                           "query_then_fetch&max_concurrent_shard_requests=5&human&error_trace"
                           "&timeout=5s&ignore_throttled=false&allow_partial_search_results=true"),
              200);
    talk_close(&t);
}
