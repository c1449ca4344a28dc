// SPDX-License-Identifier: Apache-2.0
#include "unit/search/crowded.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static uint64_t distinct_of(int field, const char *host)
{
    const struct crowd_model *m = crowded_model();
    double *v = ARENA_ARRAY(crowded_town()->request, double, m->row_count);
    size_t count = 0;
    for (uint32_t i = 0; i < m->row_count; i++)
        if (m->is_live[i] && m->rows[i].cells[field].has && is_text(&m->rows[i], E_HOST, host))
            v[count++] = m->rows[i].cells[field].number;
    qsort(v, count, sizeof *v, compare);
    uint64_t distinct = 0;
    for (size_t i = 0; i < count; i++)
        distinct += i == 0 || v[i] != v[i - 1];
    return distinct;
}

TEST(cardinality_is_exact)
{
    struct answer a = town_ask(
        crowded_town(), "events",
        "{\"size\":0,\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\"},\"aggs\":{"
        "\"a\":{\"cardinality\":{\"field\":\"at\"}},\"s\":{\"cardinality\":{\"field\":\"score\"}},"
        "\"d\":{\"cardinality\":{\"field\":\"device\"}},\"m\":{\"cardinality\":{\"field\":"
        "\"device.model\",\"missing\":\"none\"}}}}}}");
    for (uint32_t i = 0; i < 4; i++) {
        const struct bucket *b = &a.aggs[0].buckets[i];
        char host[8];
        snprintf(host, sizeof host, "%.*s", SLICE_PRINT(b->key.text));
        EXPECT_EQ(b->subs[0].distinct, distinct_of(E_AT, host));
        EXPECT_EQ(b->subs[1].distinct, distinct_of(E_SCORE, host));
        EXPECT_EQ(b->subs[2].distinct, CROWDED_DEVICES);
        EXPECT_EQ(b->subs[3].distinct, 4);
    }
}

TEST(cardinality_of_an_unmapped_field_is_0)
{
    struct answer a = town_ask(crowded_town(), "events",
                               "{\"size\":0,\"aggs\":{\"a\":{\"cardinality\":{\"field\":\"x\"}}}}");
    EXPECT_EQ(a.aggs[0].distinct, 0);
}
