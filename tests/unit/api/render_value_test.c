// SPDX-License-Identifier: Apache-2.0
#include "api/render.h"
#include "test.h"

static bool prints(struct value v, const char *format, const char *want)
{
    const struct request q = {0};
    struct buf out = buf_init(512);
    struct json_writer w = json_writer_to(&out);
    struct render r = render_start(&w, &q);
    render_formatted(&r, &v, slice_text(format));
    enum err e = render_end(&r, NULL);
    bool same = e == OK && slice_is(buf_slice(&out), want);
    buf_done(&out);
    return same;
}

TEST(render_value_prints_each_type)
{
    EXPECT(
        prints((struct value){.type = VALUE_TEXT, .text = slice_text("a\"b")}, "", "\"a\\\"b\""));
    EXPECT(prints((struct value){.type = VALUE_LONG, .i64 = -5}, "", "-5"));
    EXPECT(prints((struct value){.type = VALUE_DOUBLE, .f64 = 2}, "", "2.0"));
    EXPECT(prints((struct value){.type = VALUE_BOOLEAN, .i64 = 1}, "", "true"));
    EXPECT(prints((struct value){.type = VALUE_NONE}, "", "null"));
    EXPECT(
        prints((struct value){.type = VALUE_DATE, .i64 = 0}, "", "\"1970-01-01T00:00:00.000Z\""));
    EXPECT(prints((struct value){.type = VALUE_DATE, .i64 = 5}, "epoch_millis", "\"5\""));
}

TEST(render_value_remembers_the_first_failure)
{
    const struct request q = {0};
    struct buf out = buf_init(512);
    struct json_writer w = json_writer_to(&out);
    json_array(&w);
    struct render r = render_start(&w, &q);
    render_number(&r, 1, slice_text("abc"));
    render_zone(&r, slice_text("No/Where"));
    json_end(&w);
    struct fault why = {0};
    EXPECT_EQ(render_end(&r, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "number format"));
    buf_done(&out);
}
