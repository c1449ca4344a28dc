// SPDX-License-Identifier: Apache-2.0
#include "sql/cursor.h"
#include "test.h"

static struct sql_cursor sample(void)
{
    return (struct sql_cursor){.query = slice_text("SELECT a FROM b"),
                               .parameters = slice_text("[1]"),
                               .time_zone = slice_text("Europe/Berlin"),
                               .position = slice_text("[\"x\",7]"),
                               .pit = slice_text("abc"),
                               .done = 1000,
                               .now_ms = 1638273600000,
                               .fetch_size = 500,
                               .is_columnar = true};
}

static void print(struct buf *out)
{
    const struct sql_cursor c = sample();
    EXPECT_EQ(cursor_print(&c, out, NULL), OK);
}

static enum err parse(struct slice text)
{
    struct arena *request AUTO(arena_freep) = arena_new(8 << 20);
    struct sql_cursor c;
    return cursor_parse(text, request, &c, NULL);
}

TEST(cursor_comes_back_as_it_was)
{
    struct arena *request AUTO(arena_freep) = arena_new(8 << 20);
    struct buf text AUTO(buf_donep) = buf_init(CURSOR_BYTES_MAX);
    struct sql_cursor c;
    print(&text);
    EXPECT_EQ(cursor_parse(buf_slice(&text), request, &c, NULL), OK);
    EXPECT(slice_is(c.query, "SELECT a FROM b"));
    EXPECT(slice_is(c.parameters, "[1]"));
    EXPECT_EQ(c.filter.len, 0);
    EXPECT(slice_is(c.time_zone, "Europe/Berlin"));
    EXPECT(slice_is(c.position, "[\"x\",7]"));
    EXPECT(slice_is(c.pit, "abc"));
    EXPECT_EQ(c.done, 1000);
    EXPECT_EQ(c.now_ms, 1638273600000);
    EXPECT_EQ(c.fetch_size, 500);
    EXPECT(c.is_columnar && !c.is_opensearch);
}

TEST(cursor_cut_or_garbled_is_none)
{
    struct buf text AUTO(buf_donep) = buf_init(CURSOR_BYTES_MAX);
    print(&text);
    expect_every_prefix_refused(buf_slice(&text), parse);
    for (size_t at = 0; at < text.len; at++) {
        uint8_t was = text.at[at];
        text.at[at] = was == 'A' ? 'B' : 'A';
        EXPECT(parse(buf_slice(&text)) == ERR_INVALID || at + 1 == text.len);
        text.at[at] = was;
    }
    EXPECT_EQ(parse(slice_text("no cursor")), ERR_INVALID);
}

TEST(cursor_of_a_statement_too_long_is_told)
{
    struct arena *request AUTO(arena_freep) = arena_new(8 << 20);
    struct buf text AUTO(buf_donep) = buf_init(CURSOR_BYTES_MAX);
    struct sql_cursor c = sample();
    struct fault why = {0};
    c.filter = slice_of(arena_alloc(request, CURSOR_BYTES_MAX), CURSOR_BYTES_MAX);
    EXPECT_EQ(cursor_print(&c, &text, &why), ERR_LIMIT);
}
