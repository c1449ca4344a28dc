// SPDX-License-Identifier: Apache-2.0
// Groups of a real engine's answers, over the town of tests/unit/search/town.h.
#include "unit/api/talk.h"

static void expect_rows(struct talk *t, const char *body, const char *rows)
{
    EXPECT_EQ(talk_ask(t, ROLE_ANALYST, "POST /_sql", body), 200);
    talk_expect(t, rows);
}

TEST(groups_have_keys_and_numbers)
{
    struct talk t;
    talk_open(&t, 0);
    expect_rows(&t,
                "{\"query\":\"SELECT outcome, COUNT(*), COUNT(score), SUM(latency), AVG(score), "
                "MIN(at), MAX(host), COUNT(DISTINCT host) FROM events GROUP BY outcome\"}",
                "\"rows\":[[\"fail\",2,2,60,2.5,\"2019-12-04T01:00:00.000Z\",\"h1\",1],[\"ok\",3,2,"
                "90,1.5,\"2019-12-04T00:00:00.000Z\",\"h2\",2]]}");
    expect_rows(&t,
                "{\"query\":\"SELECT VAR_POP(latency), STDDEV_POP(latency), VAR_SAMP(latency), "
                "SUM_OF_SQUARES(latency) FROM events\"}",
                "\"rows\":[[200.0,14.142135623730951,250.0,5500.0]]");
    talk_close(&t);
}

TEST(groups_without_rows_are_null_but_for_counts)
{
    struct talk t;
    talk_open(&t, 0);
    expect_rows(&t,
                "{\"query\":\"SELECT COUNT(*), COUNT(host), SUM(latency), MAX(host), MIN(at), "
                "STDDEV(score) FROM events WHERE host = 'none'\"}",
                "\"rows\":[[0,0,null,null,null,null]]");
    expect_rows(&t, "{\"query\":\"SELECT host FROM events WHERE host = 'none' GROUP BY host\"}",
                "\"rows\":[]}");
    talk_close(&t);
}

TEST(groups_made_of_several_are_added_up)
{
    struct talk t;
    talk_open(&t, 0);
    expect_rows(&t,
                "{\"query\":\"SELECT host IS NULL, COUNT(*), SUM(latency), AVG(latency), MIN(at), "
                "MAX(outcome), STDDEV_POP(latency) FROM events GROUP BY host IS NULL\"}",
                "\"rows\":[[false,4,100,25.0,\"2019-12-04T00:00:00.000Z\",\"ok\","
                "11.180339887498949],[true,1,50,50.0,\"2019-12-04T03:00:00.000Z\",\"ok\",0.0]]");
    expect_rows(&t, "{\"query\":\"SELECT HOUR(at) h, COUNT(*) FROM events GROUP BY h\"}",
                "\"rows\":[[0,1],[1,2],[3,2]]");
    talk_close(&t);
}
