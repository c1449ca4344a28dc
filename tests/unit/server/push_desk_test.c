// SPDX-License-Identifier: Apache-2.0
#include "base/world.h"
#include "guard/control.h"
#include "test.h"
#include "unit/policy/pushed.h"
#include "unit/server/push_place.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

static void expect_reply(struct push_place *p, const char *body, const char *want)
{
    char *got = push_place_reply(p, body);
    if (strcmp(got, want) != 0)
        test_fail(__FILE__, __LINE__, "%s", got);
    free(got);
}

#define DONE(version, result, number, status)                                        \
    ",\"_version\":" version ",\"result\":\"" result                                 \
    "\",\"_shards\":{\"total\":1,\"successful\":1,\"failed\":0},\"_seq_no\":" number \
    ",\"_primary_term\":1,\"status\":" status "}}"

TEST(push_desk_answers_in_elasticsearch_s_shape)
{
    struct push_place p;
    push_place_open(&p);
    expect_reply(
        &p,
        "{\"index\":{\"_id\":\"a\"}}\n{\"latency_ms\":1}\n"
        "{\"index\":{\"_index\":\"app.logs\"}}\n{\"level\":\"warn\"}\n"
        "{\"delete\":{\"_id\":\"a\"}}\n",
        "{\"took\":0,\"errors\":false,\"items\":["
        "{\"index\":{\"_index\":\"app-events\",\"_id\":\"a\"" DONE(
            "1", "created", "0",
            "201") ","
                   "{\"index\":{\"_index\":\"app.logs\",\"_id\":\"70757368000000000000000000000001"
                   "\"" DONE("1", "created", "0",
                             "201") ","
                                    "{\"delete\":{\"_index\":\"app-events\",\"_id\":\"a\"" DONE(
                                        "2", "deleted", "1", "200") "]}");
    EXPECT_EQ(push_place_rows(&p, PUSHED_EVENTS), 0);
    EXPECT_EQ(push_place_rows(&p, PUSHED_LOGS), 1);
    push_place_close(&p);
}

TEST(push_desk_tells_each_item_s_fault_and_keeps_the_others)
{
    struct push_place p;
    push_place_open(&p);
    expect_reply(
        &p,
        "{\"create\":{\"_id\":\"a\\\"b\"}}\n{\"latency_ms\":1}\n"
        "{\"create\":{\"_id\":\"a\\\"b\"}}\n{\"latency_ms\":2}\n"
        "{\"index\":{\"_index\":\"devices\",\"_id\":\"x\"}}\n{}\n"
        "{\"index\":{\"_index\":\"nope\"}}\n{}\n"
        "{\"update\":{\"_id\":\"c\"}}\n{\"doc\":{\"ok\":true}}\n"
        "{\"delete\":{\"_id\":\"c\"}}\n",
        "{\"took\":0,\"errors\":true,\"items\":["
        "{\"create\":{\"_index\":\"app-events\",\"_id\":\"a\\\"b\"" DONE(
            "1", "created", "0",
            "201") ","
                   "{\"create\":{\"_index\":\"app-events\",\"_id\":\"a\\\"b\",\"status\":409,"
                   "\"error\":{"
                   "\"type\":\"version_conflict_engine_exception\",\"reason\":\"[a\\\"b]: version "
                   "conflict, document already exists (current version "
                   "[1])\",\"index_uuid\":\"_na_\",\"shard\":\"0\",\"index\":\"app-events\"}}},"
                   "{\"index\":{\"_index\":\"devices\",\"_id\":\"x\",\"status\":400,\"error\":{"
                   "\"type\":"
                   "\"illegal_argument_exception\",\"reason\":\"index [devices] is mirrored from "
                   "source "
                   "[fleet]; documents are not pushed into it\"}}},"
                   "{\"index\":{\"_index\":\"nope\",\"_id\":null,\"status\":404,\"error\":{"
                   "\"type\":"
                   "\"index_not_found_exception\",\"reason\":\"no such index "
                   "[nope]\",\"index_uuid\":"
                   "\"_na_\",\"index\":\"nope\"}}},"
                   "{\"update\":{\"_index\":\"app-events\",\"_id\":\"c\",\"status\":404,\"error\":{"
                   "\"type\":"
                   "\"document_missing_exception\",\"reason\":\"[c]: document "
                   "missing\",\"index_uuid\":\"_na_\","
                   "\"shard\":\"0\",\"index\":\"app-events\"}}},"
                   "{\"delete\":{\"_index\":\"app-events\",\"_id\":\"c\"" DONE("1", "not_found",
                                                                               "3", "404") "]}");
    EXPECT_EQ(push_place_rows(&p, PUSHED_EVENTS), 1);
    push_place_close(&p);
}

TEST(push_desk_updates_what_is_there_and_else_takes_the_upsert)
{
    struct push_place p;
    push_place_open(&p);
    static const char body[] = "{\"update\":{\"_id\":\"a\"}}\n"
                               "{\"doc\":{\"ok\":true},\"upsert\":{\"ok\":false}}\n";
    char *first = push_place_reply(&p, body);
    char *second = push_place_reply(&p, body);
    EXPECT(strstr(first, "\"result\":\"created\"") && strstr(first, "\"_seq_no\":1"));
    EXPECT(strstr(second, "\"result\":\"updated\"") && strstr(second, "\"_seq_no\":2"));
    // What is so already is left alone, unless that is not wanted.
    static const char again[] = "{\"update\":{\"_id\":\"a\"}}\n{\"doc\":{\"ok\":true}}\n"
                                "{\"update\":{\"_id\":\"a\"}}\n"
                                "{\"doc\":{\"ok\":true},\"doc_as_upsert\":true}\n"
                                "{\"update\":{\"_id\":\"a\"}}\n"
                                "{\"doc\":{\"ok\":true},\"detect_noop\":false}\n";
    char *third = push_place_reply(&p, again);
    EXPECT(strstr(third, "\"result\":\"noop\"") && strstr(third, "\"_seq_no\":2,"));
    EXPECT(strstr(third, "\"result\":\"updated\"") && strstr(third, "\"_seq_no\":6,"));
    free(third);
    EXPECT_EQ(push_place_rows(&p, PUSHED_EVENTS), 1);
    free(first);
    free(second);
    push_place_close(&p);
}

static char *reply_if(struct push_place *p, const char *op, uint64_t seq_no, uint64_t term)
{
    struct buf body AUTO(buf_donep) = buf_init(1 << 10);
    buf_print(&body, "{\"index\":{\"_id\":\"before\"}}\n{}\n");
    buf_print(&body, "{\"%s\":{\"_id\":\"a\",\"if_seq_no\":%llu,\"if_primary_term\":%llu}}\n", op,
              (unsigned long long)seq_no, (unsigned long long)term);
    if (strcmp(op, "delete") != 0)
        buf_print(&body, strcmp(op, "update") == 0 ? "{\"doc\":{\"latency_ms\":2}}\n"
                                                   : "{\"latency_ms\":2}\n");
    buf_print(&body, "{\"index\":{\"_id\":\"after\"}}\n{}\n");
    buf_u8(&body, 0);
    return push_place_reply(p, (const char *)body.at);
}

static void expect_if(struct push_place *p, const char *op, uint64_t seq_no, uint64_t term,
                      const char *want)
{
    char *got = reply_if(p, op, seq_no, term);
    if (!strstr(got, want))
        test_fail(__FILE__, __LINE__, "%s", got);
    free(got);
}

TEST(push_desk_writes_under_a_condition_only_what_was_read)
{
    struct push_place p;
    push_place_open(&p);
    uint64_t term = store_term(p.store);
    expect_if(&p, "index", 0, term, "but no document was found");
    EXPECT_EQ(push_place_rows(&p, PUSHED_EVENTS), 2); // what stands around it was written
    free(push_place_reply(&p, "{\"index\":{\"_id\":\"a\"}}\n{\"latency_ms\":1}\n")); // row 2
    expect_if(&p, "index", 1, term, "current document has seqNo [2]");
    expect_if(&p, "index", 2, term + 1, "current document has seqNo [2]");
    // Rows 3 to 6 are "before" and "after" of these two; then 7, and a becomes 8.
    expect_if(&p, "index", 2, term, "\"result\":\"updated\"");
    expect_if(&p, "update", 2, term, "current document has seqNo [8]");
    expect_if(&p, "update", 8, term, "\"result\":\"noop\"");
    EXPECT_EQ(push_place_rows(&p, PUSHED_EVENTS), 3);
    expect_if(&p, "delete", 8, term, "\"result\":\"deleted\"");
    expect_if(&p, "delete", 8, term, "but no document was found");
    EXPECT_EQ(push_place_rows(&p, PUSHED_EVENTS), 2);
    push_place_close(&p);
}

// Numbers of rows begin anew with the store, so nothing that was read before counts.
TEST(push_desk_holds_no_condition_of_before_a_restart)
{
    struct push_place p;
    push_place_open(&p);
    free(push_place_reply(&p, "{\"index\":{\"_id\":\"a\"}}\n{\"latency_ms\":1}\n"));
    uint64_t term = store_term(p.store);
    while (now_ms() == (int64_t)term) {
    }
    push_place_reopen(&p);
    expect_if(&p, "index", 0, term, "version_conflict_engine_exception");
    push_place_close(&p);
}

TEST(push_desk_refuses_a_malformed_body_whole)
{
    struct push_place p;
    push_place_open(&p);
    struct push_answer *answer = NULL;
    EXPECT_EQ(push_place_bulk(&p, "{\"index\":{}}\n{}\n{\"idx\":{}}\n{}\n", &answer), ERR_INVALID);
    EXPECT(strstr(p.why.words, "Malformed action/metadata line [3]") != NULL);
    EXPECT_EQ(push_place_rows(&p, PUSHED_EVENTS), 0);
    push_place_close(&p);
}

TEST(push_desk_refuses_while_mirror_is_away)
{
    struct push_place p;
    push_place_open(&p);
    struct push_answer *answer = NULL;
    EXPECT_EQ(push_place_bulk(&p, "{\"index\":{}}\n{}\n", &answer), OK);
    push_answer_free(answer);
    push_place_lose_mirror(&p);
    enum err e;
    while ((e = push_place_bulk(&p, "{\"index\":{}}\n{}\n", &answer)) == OK)
        push_answer_free(answer);
    EXPECT_EQ(e, ERR_UNAVAILABLE);
    push_place_new_mirror(&p);
    EXPECT_EQ(push_place_bulk(&p, "{\"index\":{}}\n{}\n", &answer), OK);
    push_answer_free(answer);
    push_place_close(&p);
}

// Else a row would get the name of another, and take its place.
TEST(push_desk_goes_on_numbering_after_either_end_is_new)
{
    struct push_place p;
    push_place_open(&p);
    static const char body[] = "{\"index\":{}}\n{}\n";
    free(push_place_reply(&p, body));
    push_place_new_mirror(&p);
    char *second = push_place_reply(&p, body);
    push_place_reopen(&p);
    char *third = push_place_reply(&p, body);
    EXPECT(strstr(second, "70757368000000000000000000000002") != NULL);
    EXPECT(strstr(third, "70757368000000000000000000000003") != NULL);
    EXPECT_EQ(push_place_rows(&p, PUSHED_EVENTS), 3);
    free(second);
    free(third);
    push_place_close(&p);
}

// Larger than a part of a message, a changeset and a commit.
TEST(push_desk_takes_a_large_body)
{
    enum { DOCS = 200000 };

    struct push_place p;
    push_place_open(&p);
    struct buf body AUTO(buf_donep) = buf_init(64 << 20);
    for (int i = 0; i < DOCS; i++)
        buf_print(&body, "{\"index\":{}}\n{\"latency_ms\":%d,\"device_id\":\"d%d\"}\n", i, i);
    buf_u8(&body, 0);
    struct push_answer *answer = NULL;
    EXPECT_EQ(push_place_bulk(&p, (const char *)body.at, &answer), OK);
    EXPECT_EQ(push_answer_count(answer), DOCS);
    push_answer_free(answer);
    EXPECT_EQ(push_place_rows(&p, PUSHED_EVENTS), DOCS);
    push_place_close(&p);
}

struct waiting {
    struct push_desk *desk;
    struct slice body;
    enum err said;
};

static void *wait_at_desk(void *context)
{
    struct waiting *w = context;
    const struct push_head head = {.kind = PUSH_BULK, .table = PUSH_NO_TABLE};
    struct push_answer *answer = NULL;
    w->said = push_desk_take(w->desk, &head, w->body, &answer, NULL);
    return NULL;
}

// Nobody reads at the other end of the link, so the first stays and the second is too much.
TEST(push_desk_refuses_more_than_it_may_hold)
{
    enum { HALF_BYTES = 160 << 20 };

    static const struct schema none = {0};
    int ends[2];
    pthread_t thread;
    struct fault why = {0};
    struct push_answer *answer = NULL;
    const struct push_head head = {.kind = PUSH_BULK, .table = PUSH_NO_TABLE};
    uint8_t *body = calloc(1, HALF_BYTES); // never touched
    EXPECT(body != NULL);
    struct push_desk *desk = push_desk_new(&none);
    EXPECT_EQ(control_link_pair(ends, NULL), OK);
    struct link *link = link_new(ends[0], PROCESS_SERVE, PROCESS_MIRROR);
    push_desk_link(desk, link);
    struct waiting first = {.desk = desk, .body = slice_of(body, HALF_BYTES)};
    EXPECT_EQ(pthread_create(&thread, NULL, wait_at_desk, &first), 0);
    struct pollfd event = {.fd = push_desk_fd(desk), .events = POLLIN};
    EXPECT_EQ(poll(&event, 1, 10000), 1);
    EXPECT_EQ(push_desk_take(desk, &head, first.body, &answer, &why), ERR_LIMIT);
    EXPECT(strstr(why.words, "es_rejected_execution_exception") != NULL);
    push_desk_close(desk);
    pthread_join(thread, NULL);
    EXPECT_EQ(first.said, ERR_UNAVAILABLE);
    link_free(link);
    push_desk_free(desk);
    close(ends[1]);
    free(body);
}
