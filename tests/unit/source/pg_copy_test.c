// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "source/pg_copy.h"
#include "test.h"

static const char head[] = "PGCOPY\n\xff\r\n\0";

static void header(struct buf *b, uint32_t flags, uint32_t extension)
{
    buf_bytes(b, head, sizeof head - 1);
    buf_u32_be(b, flags);
    buf_u32_be(b, extension);
}

static void row(struct buf *b, const char *first, const char *second)
{
    buf_bytes(b, "\0\2", 2);
    const char *const fields[] = {first, second};
    for (int i = 0; i < 2; i++) {
        buf_u32_be(b, fields[i] ? (uint32_t)strlen(fields[i]) : UINT32_MAX);
        if (fields[i])
            buf_text(b, fields[i]);
    }
}

// Three rows, an extension to be skipped, and the end.
static void whole(struct buf *b)
{
    header(b, 0xffff, 3);
    buf_text(b, "ext");
    row(b, "one", NULL);
    row(b, "", "two");
    row(b, "three", "four");
    buf_bytes(b, "\xff\xff", 2);
}

static enum err print_row(void *context, const struct pg_field *fields, struct fault *why)
{
    (void)why;
    struct buf *out = context;
    for (int i = 0; i < 2; i++)
        buf_print(out, "%c%.*s,", fields[i].kind, SLICE_PRINT(fields[i].bytes));
    return OK;
}

static const char printed[] = "bone,n,b,btwo,bthree,bfour,";

// Feeds in pieces of `step` bytes, each in memory of its own size.
static enum err feed(struct slice bytes, size_t step, struct buf *out)
{
    struct pg_copy *c = pg_copy_new(2, print_row, out);
    enum err e = OK;
    for (size_t at = 0; !e && at < bytes.len; at += step) {
        size_t len = bytes.len - at < step ? bytes.len - at : step;
        struct buf piece = buf_init(step);
        buf_bytes(&piece, bytes.at + at, len);
        e = pg_copy_feed(c, buf_slice(&piece), NULL);
        buf_done(&piece);
    }
    if (!e)
        e = pg_copy_end(c, NULL);
    pg_copy_free(c);
    return e;
}

static enum err feed_once(struct slice bytes)
{
    struct buf out = buf_init(1 << 16);
    enum err e = feed(bytes, bytes.len ? bytes.len : 1, &out);
    buf_done(&out);
    return e;
}

TEST(pg_copy_rows_do_not_depend_on_where_the_stream_is_cut)
{
    struct buf b = buf_init(4096);
    whole(&b);
    for (size_t step = 1; step <= b.len; step++) {
        struct buf out = buf_init(4096);
        EXPECT_EQ(feed(buf_slice(&b), step, &out), OK);
        EXPECT(slice_is(buf_slice(&out), printed));
        buf_done(&out);
    }
    buf_done(&b);
}

TEST(pg_copy_cut_short_is_refused)
{
    struct buf b = buf_init(4096);
    whole(&b);
    expect_every_prefix_refused(buf_slice(&b), feed_once);
    buf_u8(&b, 0);
    EXPECT_EQ(feed_once(buf_slice(&b)), ERR_CORRUPT);
    buf_done(&b);
}

TEST(pg_copy_any_one_byte_changed_does_no_harm)
{
    struct buf b = buf_init(4096);
    whole(&b);
    for (size_t i = 0; i < b.len; i++) {
        for (unsigned v = 0; v < 256; v += 3) {
            uint8_t was = b.at[i];
            b.at[i] = (uint8_t)v;
            enum err e = feed_once(buf_slice(&b));
            EXPECT(e == OK || e == ERR_CORRUPT || e == ERR_LIMIT);
            b.at[i] = was;
        }
    }
    buf_done(&b);
}

TEST(pg_copy_refuses_what_it_does_not_know)
{
    struct buf b = buf_init(4096);
    header(&b, 1 << 16, 0); // with oids
    EXPECT_EQ(feed_once(buf_slice(&b)), ERR_CORRUPT);
    buf_reset(&b);
    header(&b, 0, 1 << 20);
    EXPECT_EQ(feed_once(buf_slice(&b)), ERR_CORRUPT);
    buf_reset(&b);
    header(&b, 0, 0);
    buf_bytes(&b, "\0\3", 2); // another column count
    EXPECT_EQ(feed_once(buf_slice(&b)), ERR_CORRUPT);
    buf_reset(&b);
    header(&b, 0, 0);
    buf_bytes(&b, "\0\2", 2);
    buf_u32_be(&b, 1 << 30); // a value over the limit, before its bytes come
    EXPECT_EQ(feed_once(buf_slice(&b)), ERR_LIMIT);
    EXPECT_EQ(feed_once(slice_text("id,name\n")), ERR_CORRUPT);
    buf_done(&b);
}

static enum err refuse_row(void *context, const struct pg_field *fields, struct fault *why)
{
    (void)context, (void)fields;
    return fail(why, ERR_DENIED, "no");
}

TEST(pg_copy_hands_on_what_the_row_says)
{
    struct buf b = buf_init(4096);
    whole(&b);
    struct pg_copy *c = pg_copy_new(2, refuse_row, NULL);
    EXPECT_EQ(pg_copy_feed(c, buf_slice(&b), NULL), ERR_DENIED);
    pg_copy_free(c);
    pg_copy_free(NULL);
    buf_done(&b);
}
