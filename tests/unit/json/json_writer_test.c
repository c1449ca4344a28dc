// SPDX-License-Identifier: Apache-2.0
#include "json/json_writer.h"
#include "test.h"

#include <math.h>

static void write_all(struct json_writer *w)
{
    json_object(w);
    json_key(w, "took");
    json_int(w, INT64_MIN);
    json_key(w, "max");
    json_uint(w, UINT64_MAX);
    json_key(w, "list");
    json_array(w);
    json_double(w, 1);
    json_double(w, NAN);
    json_null(w);
    json_truth(w, true);
    json_print(w, "%d%%", 5);
    json_end(w);
    json_key_slice(w, slice_text("o"));
    json_object(w);
    json_end(w);
    json_key(w, "a");
    json_array(w);
    json_end(w);
    json_end(w);
}

TEST(json_writer_puts_the_commas)
{
    struct buf out AUTO(buf_donep) = buf_init(4096);
    struct json_writer w = json_writer_to(&out);
    write_all(&w);
    EXPECT(
        slice_is(buf_slice(&out),
                 "{\"took\":-9223372036854775808,\"max\":18446744073709551615,\"list\":[1.0,null,"
                 "null,true,\"5%\"],\"o\":{},\"a\":[]}"));
}

TEST(json_writer_is_pretty_as_elasticsearch_is)
{
    struct buf out AUTO(buf_donep) = buf_init(4096);
    struct json_writer w = json_writer_to(&out);
    w.pretty = true;
    json_object(&w);
    json_key(&w, "a");
    json_array(&w);
    json_int(&w, 1);
    json_object(&w);
    json_end(&w);
    json_end(&w);
    json_key(&w, "b");
    json_array(&w);
    json_end(&w);
    json_end(&w);
    EXPECT(slice_is(buf_slice(&out), "{\n  \"a\" : [\n    1,\n    { }\n  ],\n  \"b\" : [ ]\n}\n"));
}

TEST(json_writer_escapes_what_must_be_and_mends_what_is_no_utf8)
{
    struct buf out AUTO(buf_donep) = buf_init(4096);
    struct json_writer w = json_writer_to(&out);
    json_string(&w, slice_of("\"\\/\b\f\n\r\t\x01\x1f\x7f\xc3\xa9\xff\xe2\x82\0", 17));
    EXPECT(slice_is(buf_slice(&out), "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001F\x7f\xc3\xa9\xef\xbf"
                                     "\xbd\xef\xbf\xbd\xef\xbf\xbd\\u0000\""));
}

TEST(json_writer_over_the_limit_goes_on_harmlessly)
{
    struct buf out AUTO(buf_donep) = buf_init(20);
    struct json_writer w = json_writer_to(&out);
    write_all(&w);
    EXPECT_EQ(buf_end(&out, NULL), ERR_LIMIT);
    EXPECT_EQ(w.depth, 0);
}

// Texts of every length around the steps of eight bytes, with one odd byte at each place.
TEST(json_writer_finds_an_odd_byte_at_any_place)
{
    static const char odd[] = {'"', '\\', '\n', '\x7f', '\x80', '!', '#', '[', ']', ' ', '\x1f'};
    for (size_t len = 1; len < 27; len++) {
        for (size_t at = 0; at < len; at++) {
            for (size_t o = 0; o < sizeof odd; o++) {
                char text[32];
                memset(text, 'a', len);
                text[at] = odd[o];
                struct buf out AUTO(buf_donep) = buf_init(256);
                struct buf want AUTO(buf_donep) = buf_init(256);
                struct json_writer w = json_writer_to(&out);
                json_string(&w, slice_of(text, len));
                buf_u8(&want, '"');
                buf_bytes(&want, text, at);
                if (odd[o] == '"' || odd[o] == '\\')
                    buf_print(&want, "\\%c", odd[o]);
                else if (odd[o] == '\n')
                    buf_text(&want, "\\n");
                else if (odd[o] == '\x1f')
                    buf_text(&want, "\\u001F");
                else if (odd[o] == '\x80')
                    buf_text(&want, "\xef\xbf\xbd");
                else
                    buf_u8(&want, (uint8_t)odd[o]);
                buf_bytes(&want, text + at + 1, len - at - 1);
                buf_u8(&want, '"');
                EXPECT(slice_equal(buf_slice(&out), buf_slice(&want)));
            }
        }
    }
}
