// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/api/talk.h"

#include <stdio.h>
#include <stdlib.h>

enum { ID_BYTES = 64, BODY_BYTES = 512, ROWS_MAX = 256 };

// The text after "name":" in the last reply.
static void id_of(const struct talk *t, const char *name, char out[ID_BYTES])
{
    char key[ID_BYTES];
    snprintf(key, sizeof key, "\"%s\":\"", name);
    const char *at = strstr(t->text, key);
    EXPECT(at != NULL);
    snprintf(out, ID_BYTES, "%.*s", CURSOR_ID_CHARS, at + strlen(key));
}

static int ask_page(struct talk *t, enum role role, const char *id)
{
    char body[BODY_BYTES];
    snprintf(body, sizeof body, "{\"scroll\":\"1m\",\"scroll_id\":\"%s\"}", id);
    return talk_ask(t, role, "POST /_search/scroll", body);
}

// Adds the ids of the reply's rows to `seen`; how many there were.
static uint32_t take_rows(const struct talk *t, char seen[ROWS_MAX][24], uint32_t *count)
{
    uint32_t rows = 0;
    for (const char *at = t->text; (at = strstr(at, "\"_id\":\"")); rows++) {
        at += 7;
        snprintf(seen[*count], sizeof seen[*count], "%.16s", at);
        for (uint32_t i = 0; i < *count; i++)
            EXPECT(strcmp(seen[i], seen[*count]) != 0); // no row twice
        (*count)++;
        EXPECT(*count < ROWS_MAX);
    }
    return rows;
}

// Reads a scroll to its end: how many rows it had.
static uint32_t read_all(struct talk *t, const char *line, const char *body)
{
    static char seen[ROWS_MAX][24];
    char id[ID_BYTES];
    uint32_t count = 0;
    EXPECT_EQ(talk_ask(t, ROLE_ANALYST, line, body), 200);
    id_of(t, "_scroll_id", id);
    while (take_rows(t, seen, &count) > 0) {
        EXPECT_EQ(ask_page(t, ROLE_ANALYST, id), 200);
        talk_expect(t, "\"total\":{\"value\":25,\"relation\":\"eq\"}");
    }
    return count;
}

TEST(a_scroll_reads_every_row_once_in_any_order)
{
    struct talk t;
    talk_open(&t, 0);
    talk_crowd(&t, 20);
    static const char *const bodies[] = {
        "{\"size\":3}",
        "{\"size\":4,\"sort\":[\"_doc\"]}",
        "{\"size\":4,\"sort\":[{\"_doc\":\"desc\"}]}",
        "{\"size\":4,\"sort\":[\"outcome\"]}",
        "{\"size\":2,\"sort\":[{\"latency\":\"desc\"},\"outcome\"]}",
        "{\"size\":7,\"sort\":[{\"at\":\"asc\"}]}",
        ("{\"size\":7,\"sort\":[{\"at\":\"desc\"}],"
         "\"aggs\":{\"a\":{\"max\":{\"field\":\"latency\"}}}}"),
        "{\"size\":1,\"sort\":[{\"device.model\":{\"missing\":\"_first\"}},\"_score\"]}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        EXPECT_EQ(read_all(&t, "POST /events/_search?scroll=1m", bodies[i]), 25);
    talk_close(&t);
}

TEST(a_scroll_tells_rows_as_they_were_and_aggregations_once)
{
    struct talk t;
    char id[ID_BYTES];
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_search?scroll=1m&size=3",
                       "{\"aggs\":{\"a\":{\"max\":{\"field\":\"latency\"}}}}"),
              200);
    talk_expect(&t, "\"aggregations\"");
    id_of(&t, "_scroll_id", id);
    talk_crowd(&t, 20);
    EXPECT_EQ(ask_page(&t, ROLE_ANALYST, id), 200);
    talk_expect(&t, "\"total\":{\"value\":5,");
    EXPECT(!talk_has(&t, "\"aggregations\""));
    EXPECT_EQ(ask_page(&t, ROLE_ANALYST, id), 200);
    talk_expect(&t, "\"hits\":[]");
    talk_close(&t);
}

TEST(a_scroll_is_of_who_opened_it_and_ends_when_it_is_closed)
{
    struct talk t;
    char id[ID_BYTES];
    char body[BODY_BYTES];
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/events/_search?scroll=1m&size=2"), 200);
    id_of(&t, "_scroll_id", id);
    t.authorization = t.keys[ROLE_ANALYST];
    EXPECT_EQ(ask_page(&t, ROLE_ANALYST, id), 200);
    t.authorization = NULL;
    EXPECT_EQ(ask_page(&t, ROLE_METRICS, id), 403);
    EXPECT_EQ(ask_page(&t, ROLE_ADMIN, id), 403);
    snprintf(body, sizeof body, "{\"scroll_id\":[\"%s\"]}", id);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "DELETE /_search/scroll", body), 200);
    EXPECT(talk_is(&t, "{\"succeeded\":true,\"num_freed\":1}"));
    EXPECT_EQ(ask_page(&t, ROLE_ANALYST, id), 404);
    talk_expect(&t, "{\"error\":{\"root_cause\":[{\"type\":\"search_context_missing_exception\"");
    talk_expect(&t, "\"type\":\"search_phase_execution_exception\","
                    "\"reason\":\"all shards failed\"");
    talk_expect(&t, "\"shard\":-1,\"index\":null");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "DELETE /_search/scroll", body), 404);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "DELETE /_search/scroll/_all", NULL), 404);
    talk_close(&t);
}

TEST(every_page_of_a_scroll_is_on_record)
{
    struct talk t;
    char id[ID_BYTES];
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/events/_search?scroll=1m&size=2"), 200);
    id_of(&t, "_scroll_id", id);
    EXPECT_EQ(ask_page(&t, ROLE_ANALYST, id), 200);
    EXPECT_EQ(talk_ask(&t, ROLE_AUDITOR, "GET /_tamis/audit/tail?last=2", NULL), 200);
    talk_expect(&t, "\"route\":\"GET /{index}/_search\"");
    talk_expect(&t, "\"route\":\"POST /_search/scroll\"");
    talk_expect(&t, "\"rows\":2");
    talk_close(&t);
}

TEST(a_scroll_takes_its_id_from_body_url_and_path)
{
    struct talk t;
    char id[ID_BYTES];
    char line[BODY_BYTES];
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/_search?scroll=1m&size=1&rest_total_hits_as_int=true"), 200);
    talk_expect(&t, "\"total\":8,");
    id_of(&t, "_scroll_id", id);
    snprintf(line, sizeof line, "GET /_search/scroll?scroll_id=%s&scroll=2m", id);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, line, NULL), 200);
    snprintf(line, sizeof line, "GET /_search/scroll/%s?rest_total_hits_as_int=true", id);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, line, NULL), 200);
    talk_expect(&t, "\"total\":8,");
    snprintf(line, sizeof line, "DELETE /_search/scroll/%s", id);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, line, NULL), 200);
    talk_close(&t);
}

TEST(a_scroll_refuses_what_it_cannot_do)
{
    static const char *const refused[][2] = {
        {"/events/_search?scroll=1m&size=0", "[size] cannot be [0] in a scroll context"},
        {"/events/_search?scroll=1m&from=1", "using [from] is not allowed in a scroll context"},
        {"/events/_search?scroll=1m&track_total_hits=false",
         "disabling [track_total_hits] is not allowed in a scroll context"},
        {"/events/_search?scroll=2h", "It must be less than or equal to (60m)."},
        {"/events/_search?scroll=x", "failed to parse setting [scroll] with value [x]"},
        {"/events/_search?scroll=", "failed to parse setting [scroll]"},
        {"/_search/scroll?scroll_id=x", "Cannot parse scroll id"},
        {"/_search/scroll", "scrollId is missing"},
        {"/_search/scroll?keep=1", "contains unrecognized parameter: [keep]"}};
    struct talk t;
    talk_open(&t, 0);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        EXPECT_EQ(talk_get(&t, refused[i][0]), 400);
        talk_expect(&t, refused[i][1]);
    }
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_search/scroll", "{\"scroll_id\":[\"x\"]}"), 400);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_search/scroll", "[]"), 400);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "DELETE /_search/scroll", "{\"ids\":\"x\"}"), 400);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "DELETE /_search/scroll", NULL), 400);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_search", "{\"slice\":{\"id\":0,\"max\":2}}"), 400);
    talk_expect(&t, "[slice] can only be used with [scroll] or [point-in-time] requests");
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "GET /events/_search?scroll=1m", NULL), 403);
    talk_close(&t);
}

TEST(a_scroll_of_one_caller_too_many_is_refused_and_the_others_go_on)
{
    struct talk t;
    talk_open(&t, 0);
    for (int i = 0; i < CURSORS_OF_ONE_MAX; i++)
        EXPECT_EQ(talk_get(&t, "/events/_search?scroll=1m&size=1"), 200);
    EXPECT_EQ(talk_get(&t, "/events/_search?scroll=1m&size=1"), 429);
    talk_expect(&t, "\"type\":\"es_rejected_execution_exception\"");
    talk_expect(&t, "must be less than or equal to: [100]");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "DELETE /_search/scroll/_all", NULL), 200);
    talk_expect(&t, "\"num_freed\":100");
    EXPECT_EQ(talk_get(&t, "/events/_search?scroll=1m&size=1"), 200);
    talk_close(&t);
}

TEST(slices_of_a_scroll_are_all_rows_and_no_row_twice)
{
    static char seen[ROWS_MAX][24];
    struct talk t;
    uint32_t count = 0;
    talk_open(&t, 0);
    talk_crowd(&t, 20);
    for (int slice = 0; slice < 3; slice++) {
        char body[BODY_BYTES];
        snprintf(body, sizeof body, "{\"size\":100,\"slice\":{\"id\":%d,\"max\":3}}", slice);
        EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_search?scroll=1m", body), 200);
        EXPECT(take_rows(&t, seen, &count) >= 8);
    }
    EXPECT_EQ(count, 25);
    talk_close(&t);
}

TEST(a_point_in_time_shows_rows_as_they_were_with_a_tiebreaker)
{
    struct talk t;
    char id[ID_BYTES];
    char body[BODY_BYTES];
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_pit?keep_alive=1m", NULL), 200);
    id_of(&t, "id", id);
    talk_crowd(&t, 20);
    snprintf(body, sizeof body,
             "{\"size\":2,\"sort\":[\"outcome\"],\"pit\":{\"id\":\"%s\",\"keep_alive\":\"2m\"},"
             "\"aggs\":{\"o\":{\"terms\":{\"field\":\"outcome\"}}}}",
             id);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_search", body), 200);
    talk_expect(&t, "{\"pit_id\":\"");
    talk_expect(&t, "\"total\":{\"value\":5,");
    talk_expect(&t, "\"sort\":[\"fail\",");
    snprintf(body, sizeof body,
             "{\"sort\":[\"outcome\"],\"search_after\":[\"fail\",-1],\"pit\":{\"id\":\"%s\"}}", id);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_search", body), 200);
    talk_expect(&t, "\"sort\":[\"ok\",");
    snprintf(body, sizeof body,
             "{\"sort\":[\"outcome\"],\"search_after\":[\"fail\"],\"pit\":{\"id\":\"%s\"}}", id);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_search", body), 400);
    talk_expect(&t, "search_after has 1 value(s) but sort has 2.");
    snprintf(body, sizeof body, "{\"pit\":{\"id\":\"%s\"}}", id);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_search", body), 400);
    talk_expect(&t, "[indices] cannot be used with point in time.");
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "POST /_search?size=0", body), 404);
    snprintf(body, sizeof body, "{\"id\":\"%s\"}", id);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "DELETE /_pit", body), 200);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "DELETE /_pit", body), 404);
    talk_close(&t);
}

TEST(a_point_in_time_in_the_words_of_opensearch)
{
    struct talk t;
    char id[ID_BYTES];
    char body[BODY_BYTES];
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_search/point_in_time?keep_alive=1m", NULL),
              200);
    talk_expect(&t, "\"creation_time\":");
    id_of(&t, "pit_id", id);
    EXPECT_EQ(talk_get(&t, "/_search/point_in_time/_all"), 200);
    talk_expect(&t, id);
    talk_expect(&t, "\"keep_alive\":60000");
    snprintf(body, sizeof body, "{\"pit_id\":[\"%s\"]}", id);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "DELETE /_search/point_in_time", body), 200);
    talk_expect(&t, "{\"pits\":[{\"successful\":true,\"pit_id\":\"");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_search/point_in_time?keep_alive=1m", NULL),
              200);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "DELETE /_search/point_in_time/_all", NULL), 200);
    talk_expect(&t, "\"successful\":true");
    EXPECT_EQ(talk_get(&t, "/_search/point_in_time/_all"), 200);
    EXPECT(talk_is(&t, "{\"pits\":[]}"));
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_pit", NULL), 400);
    talk_expect(&t, "keep alive not specified");
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "POST /events/_pit?keep_alive=1m", NULL), 403);
    talk_close(&t);
}
