// SPDX-License-Identifier: Apache-2.0
// Probes of real servers are in tests/flow/test_probe.py.
#include "test.h"
#include "watch/probe.h"

// What a made-up server says to each path; the rest gets `otherwise`.
struct line {
    const char *path;
    long status;
    const char *body;
};

struct server {
    const struct line *lines;
    long otherwise; // 0: nobody answers
    unsigned asked;
};

static enum err send_to(void *context, const struct stranger_question *q, struct arena *scratch,
                        struct stranger_reply *out, struct fault *why)
{
    struct server *s = context;
    (void)scratch;
    s->asked++;
    *out = (struct stranger_reply){.status = s->otherwise, .body = slice_text("{}")};
    for (const struct line *l = s->lines; l && l->path; l++) {
        if (strcmp(l->path, q->path) == 0)
            *out = (struct stranger_reply){.status = l->status, .body = slice_text(l->body)};
    }
    return out->status ? OK : fail(why, ERR_UNAVAILABLE, "nobody");
}

static void probed(struct server *s, struct arena *memory, struct probe_result *out)
{
    struct probe_ask ask = {.send = send_to, .context = s};
    probe_run(&ask, 1u << STORE_ELASTICSEARCH | 1u << STORE_COUCHDB, memory, out);
}

TEST(probe_of_what_refuses_everything_is_closed)
{
    struct arena *memory AUTO(arena_freep) = arena_new(1 << 20);
    struct server s = {.otherwise = 401};
    struct probe_result r;
    probed(&s, memory, &r);
    EXPECT_EQ(r.verdict, PROBE_CLOSED);
    EXPECT_EQ(r.store, STORE_KINDS);
    EXPECT_EQ(r.answer_count, 18);
    EXPECT_EQ(r.answers[3].answer, ANSWER_REFUSED);
}

TEST(probe_of_nobody_asks_once)
{
    struct arena *memory AUTO(arena_freep) = arena_new(1 << 20);
    struct server s = {.otherwise = 0};
    struct probe_result r;
    probed(&s, memory, &r);
    EXPECT_EQ(r.verdict, PROBE_NO_ANSWER);
    EXPECT_EQ(s.asked, 1);
}

TEST(probe_of_a_banner_is_partly_open)
{
    struct arena *memory AUTO(arena_freep) = arena_new(1 << 20);
    static const struct line lines[] = {
        {"/", 200, "{\"tagline\":\"x\",\"version\":{\"number\":\"8.1.0\"}}"}, {NULL, 0, NULL}};
    struct server s = {.lines = lines, .otherwise = 403};
    struct probe_result r;
    probed(&s, memory, &r);
    EXPECT_EQ(r.verdict, PROBE_PARTLY);
    EXPECT_EQ(r.store, STORE_ELASTICSEARCH);
    EXPECT(slice_is(slice_text(r.version), "8.1.0"));
    EXPECT_EQ(r.exposure.index_count, 0);
}

TEST(probe_of_open_rows_says_what_is_exposed_as_json)
{
    struct arena *memory AUTO(arena_freep) = arena_new(1 << 20);
    static const struct line lines[] = {
        {"/_cat/indices?format=json&bytes=b", 200,
         "[{\"index\":\"users\",\"docs.count\":\"12\",\"store.size\":\"900\"}]"},
        {"/users/_search?size=100", 200,
         "{\"hits\":{\"hits\":[{\"_source\":{\"mail\":\"a@example.org\",\"n\":1}}]}}"},
        {"/users/_count", 200, "{\"count\":11}"},
        {NULL, 0, NULL}};
    struct server s = {.lines = lines, .otherwise = 404};
    struct probe_result r;
    struct buf text AUTO(buf_donep) = buf_init(1 << 16);
    struct json_writer w = json_writer_to(&text);
    probed(&s, memory, &r);
    EXPECT_EQ(r.verdict, PROBE_OPEN);
    probe_json(&r, "http://x:9200", &w);
    buf_u8(&text, 0);
    const char *json = (const char *)text.at;
    EXPECT(strstr(json, "\"verdict\":\"open\"") != NULL);
    EXPECT(strstr(json, "\"rows\":12,\"bytes\":900") != NULL);
    EXPECT(strstr(json, "{\"index\":\"users\",\"field\":\"mail\",\"kind\":\"e-mail address\","
                        "\"by\":\"form\",\"rows\":11}") != NULL);
    EXPECT(strstr(json, "a@example.org") == NULL);
}

TEST(probe_verdicts_have_names)
{
    EXPECT(slice_is(slice_text(probe_verdict_name(PROBE_NO_ANSWER)), "no_answer"));
    EXPECT(slice_is(slice_text(probe_verdict_name(PROBE_OPEN)), "open"));
}
