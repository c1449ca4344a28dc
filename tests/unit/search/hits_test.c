// SPDX-License-Identifier: Apache-2.0
#include "unit/search/crowded.h"

#include <stdlib.h>

static int by_latency_down_then_key(const void *a, const void *b)
{
    const struct town_row *x = *(const struct town_row *const *)a;
    const struct town_row *y = *(const struct town_row *const *)b;
    const struct cell *l = &x->cells[E_LATENCY];
    const struct cell *r = &y->cells[E_LATENCY];
    if (l->has != r->has)
        return l->has ? -1 : 1;
    if (l->number != r->number)
        return l->number > r->number ? -1 : 1;
    const struct cell *s = &x->cells[E_AT];
    const struct cell *t = &y->cells[E_AT];
    if (s->has != t->has)
        return s->has ? -1 : 1;
    return (s->number > t->number) - (s->number < t->number);
}

TEST(hits_are_sorted_by_several_keys)
{
    const struct crowd_model *m = crowded_model();
    const struct town_row **rows =
        ARENA_ARRAY(crowded_town()->request, const struct town_row *, m->row_count);
    uint32_t count = 0;
    for (uint32_t i = 0; i < m->row_count; i++)
        if (m->is_live[i])
            rows[count++] = &m->rows[i];
    qsort(rows, count, sizeof *rows, by_latency_down_then_key);
    struct answer a = town_ask(crowded_town(), "events",
                               "{\"from\":10,\"size\":200,\"sort\":[{\"latency\":\"desc\"},"
                               "{\"at\":\"asc\"}]}");
    EXPECT_EQ(a.hit_count, 200);
    EXPECT_EQ(a.total, count);
    for (uint32_t i = 0; i < 200; i++) {
        EXPECT_EQ(a.hits[i].sort[0].i64, rows[i + 10]->cells[E_LATENCY].number);
        EXPECT_EQ(a.hits[i].sort[1].i64, rows[i + 10]->cells[E_AT].number);
    }
    EXPECT_EQ(a.hits[0].sort[1].type, VALUE_DATE);
}

TEST(hits_go_on_after_the_last_one_seen)
{
    struct answer all = town_ask(crowded_town(), "events",
                                 "{\"size\":60,\"sort\":[{\"host\":\"asc\"},{\"device\":\"desc\"},"
                                 "{\"latency\":{\"order\":\"asc\",\"missing\":\"_first\"}},"
                                 "\"_doc\"]}");
    char after[300];
    const struct value *s = all.hits[29].sort;
    char latency[24];
    snprintf(latency, sizeof latency, "%lld", (long long)s[2].i64);
    snprintf(after, sizeof after,
             "{\"size\":30,\"sort\":[{\"host\":\"asc\"},{\"device\":\"desc\"},{\"latency\":{"
             "\"order\":\"asc\",\"missing\":\"_first\"}},\"_doc\"],\"search_after\":[\"%.*s\","
             "\"%.*s\",%s,%lld]}",
             SLICE_PRINT(s[0].text), SLICE_PRINT(s[1].text),
             s[2].type == VALUE_NONE ? "null" : latency, (long long)s[3].i64);
    struct answer rest = town_ask(crowded_town(), "events", after);
    EXPECT_EQ(rest.hit_count, 30);
    for (uint32_t i = 0; i < 30; i++)
        EXPECT(row_key_equal(rest.hits[i].key, all.hits[30 + i].key));
}

TEST(hits_put_missing_values_where_they_are_told)
{
    struct answer a =
        town_ask(crowded_town(), "events",
                 "{\"size\":1,\"sort\":{\"latency\":{\"order\":\"asc\",\"missing\":\"_first\"}}}");
    EXPECT_EQ(a.hits[0].sort[0].type, VALUE_NONE);
    a = town_ask(crowded_town(), "events",
                 "{\"size\":1,\"sort\":{\"latency\":{\"order\":\"desc\",\"missing\":1000}}}");
    EXPECT_EQ(a.hits[0].sort[0].i64, 1000);
    a = town_ask(crowded_town(), "events",
                 "{\"size\":1,\"sort\":{\"x\":{\"order\":\"desc\",\"unmapped_type\":\"long\"}}}");
    EXPECT_EQ(a.hit_count, 1);
    EXPECT_EQ(town_try(crowded_town(), "events", "{\"sort\":\"x\"}", &a), ERR_INVALID);
    EXPECT(strcmp(crowded_town()->why.words,
                  "query_shard_exception: No mapping found for [x] in order to sort on") == 0);
}

TEST(hits_by_ids_are_those_rows)
{
    struct answer a = town_ask(crowded_town(), "events",
                               "{\"query\":{\"ids\":{\"values\":[\"0000000000000011\",\"x\"]}}}");
    EXPECT_EQ(a.hit_count, 1);
    EXPECT_EQ(a.hits[0].key.lo, 17);
    a = town_ask(crowded_town(), "events",
                 "{\"query\":{\"terms\":{\"_id\":[\"0000000000000011\"]}}}");
    EXPECT_EQ(a.hit_count, 1);
}

// The walk may begin anywhere and end early: whatever the filter, the rows are the first of
// all that match, and all are counted.
TEST(hits_of_a_few_rows_are_those_of_all_rows)
{
    static const char *const filters[] = {
        "{\"match_all\":{}}", "{\"term\":{\"host\":\"h1\"}}",
        "{\"range\":{\"latency\":{\"gte\":498}}}",
        "{\"bool\":{\"filter\":[{\"term\":{\"latency\":3}},{\"term\":{\"host\":\"h2\"}}]}}"};
    static const char *const sorts[] = {"{\"at\":\"desc\"}", "{\"at\":\"asc\"}",
                                        "{\"at\":{\"order\":\"desc\",\"missing\":\"_first\"}}",
                                        "{\"latency\":\"desc\"},{\"at\":\"desc\"}"};
    for (size_t f = 0; f < sizeof filters / sizeof *filters; f++) {
        for (size_t k = 0; k < sizeof sorts / sizeof *sorts; k++) {
            char body[600];
            snprintf(body, sizeof body, "{\"size\":7,\"query\":%s,\"sort\":[%s]}", filters[f],
                     sorts[k]);
            struct answer few = town_ask(crowded_town(), "events", body);
            snprintf(body, sizeof body, "{\"size\":9000,\"query\":%s,\"sort\":[%s]}", filters[f],
                     sorts[k]);
            struct answer many = town_ask(crowded_town(), "events", body);
            EXPECT_EQ(few.total, many.total);
            EXPECT_EQ(few.hit_count, many.hit_count < 7 ? many.hit_count : 7);
            for (uint32_t i = 0; i < few.hit_count; i++)
                EXPECT(row_key_equal(few.hits[i].key, many.hits[i].key));
        }
    }
}

TEST(hits_need_no_more_blocks_once_their_total_is_past_its_bound)
{
    struct answer a = town_ask(crowded_town(), "events",
                               "{\"size\":5,\"track_total_hits\":100,\"sort\":{\"at\":\"desc\"}}");
    struct answer exact =
        town_ask(crowded_town(), "events", "{\"size\":5,\"sort\":{\"at\":\"desc\"}}");
    EXPECT(a.total == 100 && a.total_is_lower_bound && exact.total > 100);
    for (uint32_t i = 0; i < 5; i++)
        EXPECT(row_key_equal(a.hits[i].key, exact.hits[i].key));
}
