// SPDX-License-Identifier: Apache-2.0
#include "api/record.h"
#include "audit/entry_json.h"
#include "audit/segment_file.h"
#include "unit/api/talk.h"

#include <stdio.h>

struct last {
    struct slice body;
};

static enum err keep(void *context, const struct audit_record *r, const struct hash256 *leaf,
                     struct fault *why)
{
    struct last *l = context;
    (void)leaf;
    (void)why;
    l->body = r->body;
    return OK;
}

// The newest entry of the conversation's log.
static struct audit_entry last_entry(struct talk *t, struct arena *scratch)
{
    struct buf bytes = buf_init(1 << 24);
    struct last l = {0};
    struct merkle tree;
    size_t end;
    const struct segment_walk walk = {keep, &l};
    EXPECT_EQ(world_read_file(&t->audit_world, "0000000000000000.seg", &bytes, NULL), OK);
    EXPECT_EQ(segment_walk(buf_slice(&bytes), &walk, &tree, &end, NULL), OK);
    struct audit_entry e;
    EXPECT_EQ(audit_body_decode(arena_copy(scratch, l.body), scratch, &e, NULL), OK);
    buf_done(&bytes);
    return e;
}

static bool told(struct talk *t, const char *part)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(1 << 24);
    struct audit_entry e = last_entry(t, scratch);
    struct buf json AUTO(buf_donep) = buf_init(1 << 20);
    struct json_writer w = json_writer_to(&json);
    audit_entry_json(&e, true, &w);
    buf_u8(&json, 0);
    bool has = strstr((const char *)json.at, part) != NULL;
    if (!has)
        printf("%s\n", (const char *)json.at);
    return has;
}

TEST(record_says_which_rows_a_search_showed_and_whom_they_are_about)
{
    struct talk t;
    struct arena *scratch = arena_new(1 << 24);
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_search",
                       "{\"query\":{\"term\":{\"host\":\"h1\"}},\"_source\":[\"outcome\"]}"),
              200);
    struct audit_entry e = last_entry(&t, scratch);
    EXPECT_EQ(e.kind, AUDIT_ANSWER);
    EXPECT_EQ(e.rows, 3);
    EXPECT_EQ(e.set_count, 1);
    EXPECT_EQ(e.sets[0].row_count, 3);
    EXPECT_EQ(e.sets[0].subject_count, 2); // a1 twice, a2
    EXPECT(slice_is(e.sets[0].kind, "device"));
    EXPECT(slice_is(e.principal, "analyst"));
    EXPECT(told(&t, "\"shown\":[\"events.outcome\"],\"used\":[\"events.host\"]"));
    EXPECT(told(&t, "\"shape\":\"host=? size=10\""));
    EXPECT(told(&t, "\"route\":\"POST /{index}/_search\""));
    EXPECT(told(&t, "\"action\":\"indices:data/read/search\""));
    arena_free(scratch);
    talk_close(&t);
}

TEST(record_counts_buckets_and_knows_the_people_they_name)
{
    struct talk t;
    struct arena *scratch = arena_new(1 << 24);
    static const char *const body =
        "{\"size\":0,\"aggs\":{\"d\":{\"terms\":{\"field\":\"device\"},\"aggs\":{\"o\":{\"terms\":"
        "{\"field\":\"outcome\"}}}}}}";
    talk_open(&t, 0);
    for (int twice = 0; twice < 2; twice++) { // the second time it is not out of a cache
        EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_search", body), 200);
        struct audit_entry e = last_entry(&t, scratch);
        EXPECT_EQ(e.rows, 0);
        EXPECT_EQ(e.buckets, 4 + 5);
        EXPECT_EQ(e.set_count, 1);
        EXPECT_EQ(e.sets[0].row_count, 0);
        EXPECT_EQ(e.sets[0].subject_count, 4);
    }
    static const char *const counts =
        "{\"size\":0,\"aggs\":{\"o\":{\"terms\":{\"field\":\"outcome\"}}}}";
    for (int twice = 0; twice < 2; twice++) {
        EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "POST /events/_search", counts), 200);
        struct audit_entry e = last_entry(&t, scratch);
        EXPECT_EQ(e.buckets, 2);
        EXPECT_EQ(e.set_count, 0);
    }
    arena_free(scratch);
    talk_close(&t);
}

TEST(record_has_single_rows_refusals_and_strangers)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/events/_doc/000000000000000b"), 200);
    EXPECT(told(&t, "\"rows\":[\"000000000000000b\"]"));
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "GET /events/_doc/000000000000000b", NULL), 403);
    EXPECT(told(&t, "\"kind\":\"refusal\",\"status\":403"));
    EXPECT(told(&t, "\"error\":\"security_exception\""));
    t.authorization = "Basic YW5uYTpzZWNyZXQ=";
    EXPECT_EQ(talk_get(&t, "/events/_search"), 401);
    EXPECT(told(&t, "\"kind\":\"login\",\"status\":401"));
    EXPECT_EQ(talk_get(&t, "/nothing/here/anna@example.com"), 400);
    EXPECT(told(&t, "\"route\":\"GET ?\""));
    EXPECT_EQ(talk_get(&t, "/_mapping"), 200);
    EXPECT(told(&t, "\"indices\":[\"events\",\"devices\",\"calls\"]"));
    EXPECT_EQ(talk_get(&t, "/_tamis/metrics/failed?by=host&every=all"), 200);
    EXPECT(told(&t, "\"used\":[\"events.host\"]"));
    talk_close(&t);
}

TEST(record_adds_up_all_searches_of_one_request)
{
    struct talk t;
    struct arena *scratch = arena_new(1 << 24);
    talk_open(&t, 0);
    t.content_type = "application/x-ndjson";
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_msearch",
                       "{\"index\":\"events\"}\n{\"size\":2}\n"
                       "{\"index\":\"devices\"}\n{\"size\":10}\n"
                       "{\"index\":\"events\"}\n{\"query\":{\"term\":{\"host\":\"h2\"}}}\n"),
              200);
    struct audit_entry e = last_entry(&t, scratch);
    EXPECT_EQ(e.rows, 2 + 3 + 1);
    EXPECT_EQ(e.index_count, 2);
    EXPECT_EQ(e.set_count, 2);
    EXPECT(told(&t, "\"shape\":\"all size=2; all size=10; host=? size=10\""));
    arena_free(scratch);
    talk_close(&t);
}

TEST(record_of_a_probe_is_not_made)
{
    struct talk t;
    struct audit_stats stats;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/healthz"), 200);
    audit_stats(t.audit, &stats);
    EXPECT_EQ(stats.journal.entries, 0);
    talk_close(&t);
}
