// SPDX-License-Identifier: Apache-2.0
// Pages of a real engine's answers, over the town of tests/unit/search/town.h.
#include "json/json_writer.h"
#include "unit/api/talk.h"
#include "unit/query/parse.h"

#include <stdio.h>

enum { BODY_BYTES = 8192 };

// Asks page after page; gives all rows as one text, "[1],[2]".
static const char *all_rows(struct talk *t, struct arena *scratch, const char *query,
                            uint32_t fetch_size, uint32_t *out_pages)
{
    struct buf rows AUTO(buf_donep) = buf_init(1 << 20);
    struct slice body =
        arena_print(scratch, "{\"query\":\"%s\",\"fetch_size\":%u}", query, fetch_size);
    *out_pages = 0;
    for (;;) {
        ++*out_pages;
        EXPECT_EQ(talk_ask(t, ROLE_ANALYST, "POST /_sql", (const char *)body.at), 200);
        const struct json *reply = json_of(scratch, t->text);
        const struct json *page = json_get(reply, "rows");
        EXPECT(page->count <= fetch_size);
        for (uint32_t i = 0; i < page->count; i++) {
            struct json_writer w = json_writer_to(&rows);
            if (rows.len)
                buf_u8(&rows, ',');
            json_value(&w, &page->items[i]);
        }
        const struct json *cursor = json_get(reply, "cursor");
        if (!cursor)
            return arena_string(scratch, buf_slice(&rows));
        body = arena_print(scratch, "{\"cursor\":\"%.*s\"}", SLICE_PRINT(cursor->text));
    }
}

// The same rows, whatever the size of a page.
static void expect_paged(struct talk *t, const char *query, uint32_t count)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(64 << 20);
    uint32_t pages = 0;
    const char *whole = all_rows(t, scratch, query, 1000, &pages);
    EXPECT_EQ(pages, 1);
    for (uint32_t size = 1; size < 8; size++) {
        const char *parts = all_rows(t, scratch, query, size, &pages);
        if (strcmp(parts, whole) != 0)
            test_fail(__FILE__, __LINE__, "%s by %u\n%s\n%s", query, size, parts, whole);
        EXPECT(pages >= (count + size - 1) / size && pages <= count / size + 1);
    }
}

TEST(run_gives_each_row_once_whatever_the_page)
{
    struct talk t;
    talk_open(&t, 0);
    talk_crowd(&t, 20);
    expect_paged(&t, "SELECT latency, outcome FROM events", 25);
    expect_paged(&t, "SELECT at FROM events ORDER BY outcome DESC, host", 25);
    expect_paged(&t, "SELECT host FROM events ORDER BY host NULLS FIRST LIMIT 11", 11);
    expect_paged(&t, "SELECT latency FROM events ORDER BY latency LIMIT 9 OFFSET 3", 9);
    talk_close(&t);
}

TEST(run_gives_each_group_once_whatever_the_page)
{
    struct talk t;
    talk_open(&t, 0);
    talk_crowd(&t, 20);
    expect_paged(&t, "SELECT device, COUNT(*) FROM events GROUP BY device", 24);
    expect_paged(&t,
                 "SELECT device, host, COUNT(*) c FROM events GROUP BY device, host ORDER BY "
                 "host DESC NULLS LAST, device",
                 24);
    expect_paged(&t, "SELECT device, SUM(latency) s FROM events GROUP BY device ORDER BY s DESC",
                 24);
    expect_paged(&t, "SELECT device FROM events GROUP BY device HAVING MAX(latency) = 20", 21);
    expect_paged(&t, "SELECT LENGTH(host), device FROM events GROUP BY 1, 2", 24);
    expect_paged(&t, "SELECT DISTINCT device FROM events LIMIT 7 OFFSET 2", 7);
    talk_close(&t);
}

TEST(run_of_a_limit_of_nothing_asks_nothing)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql",
                       "{\"query\":\"SELECT outcome FROM events LIMIT 0\"}"),
              200);
    talk_expect(&t, "\"rows\":[]}");
    talk_close(&t);
}
