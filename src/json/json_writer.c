// SPDX-License-Identifier: Apache-2.0
#include "json/json_writer.h"

#include "base/check.h"
#include "base/num.h"
#include "json/utf8.h"

#include <stdio.h>

enum { DEPTH_MAX = sizeof((struct json_writer *)0)->has_member, PRINT_BYTES = 1024 };

struct json_writer json_writer_to(struct buf *out)
{
    return (struct json_writer){.out = out};
}

static void new_line(struct json_writer *w)
{
    buf_u8(w->out, '\n');
    for (uint32_t i = 0; i < w->depth; i++)
        buf_text(w->out, "  ");
}

static void before_member(struct json_writer *w)
{
    if (w->depth == 0)
        return;
    bool *has_member = &w->has_member[w->depth - 1];
    if (*has_member)
        buf_u8(w->out, ',');
    *has_member = true;
    if (w->pretty)
        new_line(w);
}

static void before_value(struct json_writer *w)
{
    bool in_object = w->depth > 0 && w->in_object[w->depth - 1];
    CHECK(in_object == w->after_key);
    if (!in_object)
        before_member(w);
    w->after_key = false;
}

static void open_bracket(struct json_writer *w, bool is_object)
{
    before_value(w);
    CHECK(w->depth < DEPTH_MAX);
    w->has_member[w->depth] = false;
    w->in_object[w->depth] = is_object;
    w->depth++;
    buf_u8(w->out, is_object ? '{' : '[');
}

void json_object(struct json_writer *w)
{
    open_bracket(w, true);
}

void json_array(struct json_writer *w)
{
    open_bracket(w, false);
}

void json_end(struct json_writer *w)
{
    CHECK(w->depth > 0 && !w->after_key);
    w->depth--;
    if (w->pretty && w->has_member[w->depth])
        new_line(w);
    else if (w->pretty)
        buf_u8(w->out, ' ');
    buf_u8(w->out, w->in_object[w->depth] ? '}' : ']');
    if (w->pretty && w->depth == 0)
        buf_u8(w->out, '\n');
}

static void put_control(struct buf *out, uint8_t c)
{
    static const char names[0x20] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    if (names[c])
        buf_print(out, "\\%c", names[c]);
    else
        buf_print(out, "\\u%04X", c);
}

static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

// A bit in the first byte of eight that is not plain, 0 when all are; bytes behind the first
// may have theirs by a borrow.
static uint64_t odd_of_eight(uint64_t eight)
{
    const uint64_t ones = 0x0101010101010101u;
    uint64_t quote = eight ^ ones * '"';
    uint64_t slash = eight ^ ones * '\\';
    uint64_t odd = (eight - ones * 0x20) | (quote - ones) | (slash - ones) | eight;
    return odd & ones * 0x80;
}

// How many bytes from `from` on are plain.
static size_t plain_run(struct slice v, size_t from)
{
    size_t at = from;
    for (; at + 8 <= v.len; at += 8) {
        uint64_t eight;
        memcpy(&eight, v.at + at, sizeof eight);
        uint64_t odd = odd_of_eight(eight);
        if (odd) // little-endian: the first byte is the lowest
            return at + (size_t)__builtin_ctzll(odd) / 8 - from;
    }
    while (at < v.len && is_plain(v.at[at]))
        at++;
    return at - from;
}

// One character that is not plain; says how many bytes of the text it took.
static size_t put_odd(struct buf *out, struct slice rest)
{
    uint8_t c = rest.at[0];
    if (c < 0x20) {
        put_control(out, c);
    } else if (c < 0x80) {
        buf_u8(out, '\\');
        buf_u8(out, c);
    } else {
        size_t len = utf8_len(rest.at, rest.len);
        if (len > 0) {
            buf_bytes(out, rest.at, len);
            return len;
        }
        buf_text(out, "\xef\xbf\xbd");
    }
    return 1;
}

static void put_string(struct buf *out, struct slice v)
{
    buf_u8(out, '"');
    size_t done = 0;
    while (done < v.len) {
        size_t plain = plain_run(v, done);
        buf_bytes(out, v.at + done, plain);
        done += plain;
        if (done < v.len)
            done += put_odd(out, slice_from(v, done));
    }
    buf_u8(out, '"');
}

void json_key_slice(struct json_writer *w, struct slice key)
{
    CHECK(w->depth > 0 && w->in_object[w->depth - 1] && !w->after_key);
    before_member(w);
    put_string(w->out, key);
    buf_text(w->out, w->pretty ? " : " : ":");
    w->after_key = true;
}

void json_key(struct json_writer *w, const char *key)
{
    json_key_slice(w, slice_text(key));
}

static void put_bare(struct json_writer *w, const char *text)
{
    before_value(w);
    buf_text(w->out, text);
}

void json_null(struct json_writer *w)
{
    put_bare(w, "null");
}

void json_truth(struct json_writer *w, bool v)
{
    put_bare(w, v ? "true" : "false");
}

void json_int(struct json_writer *w, int64_t v)
{
    before_value(w);
    if (v < 0)
        buf_u8(w->out, '-');
    print_u64(w->out, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 1);
}

void json_uint(struct json_writer *w, uint64_t v)
{
    before_value(w);
    print_u64(w->out, v, 1);
}

void json_double(struct json_writer *w, double v)
{
    before_value(w);
    print_f64(w->out, v);
}

void json_text(struct json_writer *w, const char *v)
{
    json_string(w, slice_text(v));
}

void json_string(struct json_writer *w, struct slice v)
{
    before_value(w);
    put_string(w->out, v);
}

void json_print(struct json_writer *w, const char *format, ...)
{
    char text[PRINT_BYTES];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    CHECK(len >= 0);
    size_t kept = (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
    json_string(w, slice_of(text, kept));
}

static void put_members(struct json_writer *w, const struct json *v)
{
    open_bracket(w, v->type == JSON_OBJECT);
    for (uint32_t i = 0; i < v->count; i++) {
        if (v->type == JSON_OBJECT)
            json_key_slice(w, v->keys[i]);
        json_value(w, &v->items[i]);
    }
    json_end(w);
}

void json_value(struct json_writer *w, const struct json *v)
{
    switch (v->type) {
    case JSON_NULL:
        json_null(w);
        break;
    case JSON_BOOL:
        json_truth(w, v->truth);
        break;
    case JSON_NUMBER:
        before_value(w);
        buf_slice_add(w->out, v->text);
        break;
    case JSON_STRING:
        json_string(w, v->text);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        put_members(w, v);
        break;
    }
}
