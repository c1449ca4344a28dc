// SPDX-License-Identifier: Apache-2.0
#include "unit/api/talk.h"

// Documents that are taken need mirror's end: tests/unit/server/push_desk_test.c and the flow
// tests.  Here is what is refused before they go there.

static void expect_bulk(struct talk *t, const char *line, const char *body, int status,
                        const char *words)
{
    t->content_type = "application/x-ndjson";
    EXPECT_EQ(talk_ask(t, ROLE_WRITER, line, body), status);
    talk_expect(t, words);
}

TEST(api_bulk_needs_a_body_and_known_parameters)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_WRITER, "POST /_bulk", NULL), 400);
    talk_expect(&t, "\"type\":\"parse_exception\",\"reason\":\"request body is required\"");
    expect_bulk(&t, "POST /_bulk?refresh=soon", "{}\n", 400, "Unknown value for refresh: [soon].");
    expect_bulk(&t, "POST /_bulk?pipeline=p", "{}\n", 400, "[pipeline] is not supported");
    expect_bulk(&t, "POST /_bulk?colour=red", "{}\n", 400, "unrecognized parameter: [colour]");
    // There is nobody in this conversation who takes documents.
    expect_bulk(&t, "POST /_bulk?refresh&pipeline=_none", "{}\n", 503,
                "unavailable_shards_exception");
    expect_bulk(&t, "PUT /events/_bulk", "{}\n", 503, "unavailable_shards_exception");
    talk_close(&t);
}

TEST(api_documents_are_not_pushed_into_mirrored_indices)
{
    struct talk t;
    talk_open(&t, 0);
    static const char *const lines[] = {"PUT /events/_doc/1", "POST /events/_doc",
                                        "POST /events/_update/1", "PUT /events/_create/1",
                                        "DELETE /events/_doc/1"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        EXPECT_EQ(talk_ask(&t, ROLE_WRITER, lines[i], "{}"), 400);
        talk_expect(&t, "index [events] is mirrored from source [fleet]; documents are not pushed");
    }
    EXPECT_EQ(talk_ask(&t, ROLE_WRITER, "PUT /nosuch/_doc/1", "{}"), 404);
    talk_expect(&t, "index_not_found_exception");
    talk_close(&t);
}

TEST(api_documents_are_written_by_writers)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "PUT /events/_doc/1", "{}"), 403);
    talk_expect(&t, "indices:data/write/bulk");
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "POST /_bulk", "{}"), 403);
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "DELETE /events/_doc/1", NULL), 403);
    talk_close(&t);
}
