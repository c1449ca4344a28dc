// SPDX-License-Identifier: Apache-2.0
#include "api/index_date.h"

#include "base/buf.h"
#include "base/date.h"
#include "base/limits.h"
#include "base/world.h"

enum { RESOLVED_BYTES = 4 * LIMIT_NAME_BYTES };

static enum err wrong(struct slice name, const char *what, struct fault *why)
{
    return fail(why, ERR_INVALID,
                "invalid_index_name_exception: invalid dynamic name expression [%.*s]. %s",
                name.len < LIMIT_NAME_BYTES ? (int)name.len : LIMIT_NAME_BYTES,
                (const char *)name.at, what);
}

static struct slice up_to(struct slice text, char c, struct slice *out_rest)
{
    const uint8_t *at = text.len ? memchr(text.at, c, text.len) : NULL;
    size_t len = at ? (size_t)(at - text.at) : text.len;
    *out_rest = at ? slice_from(text, len + 1) : slice_of(NULL, 0);
    return slice_of(text.at, len);
}

// "now/d", or "now/d{yyyy.MM.dd|+01:00}".
static enum err print_date(struct slice expression, struct buf *out, struct fault *why)
{
    struct slice format = slice_text("yyyy.MM.dd");
    struct slice rest;
    struct slice math = up_to(expression, '{', &rest);
    struct slice zone_name = slice_of(NULL, 0);
    const struct date_zone *zone = NULL;
    int64_t ms = 0;
    if (rest.len > 0) // its '}' is the last byte
        format = up_to(slice_of(rest.at, rest.len - 1), '|', &zone_name);
    enum err e = zone_name.len ? date_zone_get(zone_name, &zone, why) : OK;
    if (e == OK)
        e = date_parse_math(math, slice_of(NULL, 0), zone, false, now_ms(), &ms, why);
    return e ? e : date_print(out, ms, format, zone, why);
}

// Where the brace at text.at[0] closes; text.len when it does not.
static size_t closing(struct slice text)
{
    int depth = 0;
    for (size_t i = 0; i < text.len; i++) {
        depth += text.at[i] == '{';
        depth -= text.at[i] == '}';
        if (depth == 0)
            return i;
    }
    return text.len;
}

enum err index_date_resolve(struct slice name, struct arena *request, struct slice *out,
                            struct fault *why)
{
    struct buf text AUTO(buf_donep) = buf_init(RESOLVED_BYTES);
    *out = name;
    if (name.len < 2 || name.at[0] != '<' || name.at[name.len - 1] != '>')
        return OK;
    struct slice rest = slice_of(name.at + 1, name.len - 2);
    while (rest.len > 0) {
        if (rest.at[0] == '\\' && rest.len > 1) {
            buf_u8(&text, rest.at[1]);
            rest = slice_from(rest, 2);
        } else if (rest.at[0] == '}') {
            return wrong(name, "invalid character at position: `}` is missing its escape", why);
        } else if (rest.at[0] != '{') {
            buf_u8(&text, rest.at[0]);
            rest = slice_from(rest, 1);
        } else {
            size_t end = closing(rest);
            if (end == rest.len)
                return wrong(name, "date math placeholder is open ended", why);
            if (end == 1)
                return wrong(name, "nothing between the braces", why);
            enum err e = print_date(slice_of(rest.at + 1, end - 1), &text, why);
            if (e != OK)
                return e;
            rest = slice_from(rest, end + 1);
        }
    }
    if (text.len == 0 || buf_end(&text, NULL))
        return wrong(name, "nothing captured", why);
    *out = arena_copy(request, buf_slice(&text));
    return OK;
}
