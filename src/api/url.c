// SPDX-License-Identifier: Apache-2.0
#include "api/url.h"

#include "json/utf8.h"

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static enum err refuse(struct fault *why)
{
    return fail(why, ERR_INVALID,
                "illegal_argument_exception: the URL holds a malformed escape or text that is "
                "not UTF-8");
}

// A NUL would end the text for whoever takes it as a C string.
static bool is_text(struct slice s)
{
    for (size_t i = 0; i < s.len;) {
        size_t len = utf8_len(s.at + i, s.len - i);
        if (len == 0 || s.at[i] == 0)
            return false;
        i += len;
    }
    return true;
}

enum err url_decode(struct slice text, bool plus_is_blank, struct arena *request, struct slice *out,
                    struct fault *why)
{
    uint8_t *to = arena_alloc(request, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.at[i];
        if (c == '%') {
            int high = i + 2 < text.len ? hex_digit(text.at[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_digit(text.at[i + 2]) : -1;
            if (high < 0 || low < 0)
                return refuse(why);
            to[len++] = (uint8_t)(high << 4 | low);
            i += 2;
        } else {
            to[len++] = plus_is_blank && c == '+' ? ' ' : c;
        }
    }
    if (!is_text(slice_of(to, len)))
        return refuse(why);
    *out = slice_of(to, len);
    return OK;
}

static struct slice cut_at(struct slice *rest, uint8_t at)
{
    const uint8_t *end = rest->len ? memchr(rest->at, at, rest->len) : NULL;
    size_t len = end ? (size_t)(end - rest->at) : rest->len;
    struct slice part = slice_of(rest->at, len);
    *rest = slice_from(*rest, len + 1);
    return part;
}

static void put(struct parameter *at, uint32_t *count, struct parameter p)
{
    for (uint32_t i = 0; i < *count; i++) {
        if (slice_equal(at[i].name, p.name)) {
            at[i].value = p.value;
            return;
        }
    }
    at[(*count)++] = p;
}

enum err parameters_parse(struct slice query, struct arena *request, struct parameters *out,
                          struct fault *why)
{
    struct parameter *at = ARENA_ARRAY(request, struct parameter, URL_PARAMETERS_MAX);
    uint32_t count = 0;
    while (query.len) {
        struct slice value = cut_at(&query, '&');
        if (value.len == 0)
            continue;
        struct slice name = cut_at(&value, '=');
        struct parameter p;
        enum err e = url_decode(name, true, request, &p.name, why);
        if (e == OK)
            e = url_decode(value, true, request, &p.value, why);
        if (e != OK)
            return e;
        if (count == URL_PARAMETERS_MAX)
            return fail(why, ERR_LIMIT,
                        "illegal_argument_exception: the URL has more than %d parameters",
                        URL_PARAMETERS_MAX);
        put(at, &count, p);
    }
    *out = (struct parameters){.count = count, .at = at};
    return OK;
}

const struct slice *parameter_get(const struct parameters *p, const char *name)
{
    for (uint32_t i = 0; i < p->count; i++) {
        if (slice_is(p->at[i].name, name))
            return &p->at[i].value;
    }
    return NULL;
}

enum err parameter_truth(const struct parameters *p, const char *name, bool *out, struct fault *why)
{
    const struct slice *value = parameter_get(p, name);
    if (!value)
        return OK;
    bool truth = value->len == 0 || slice_is(*value, "true");
    if (!truth && !slice_is(*value, "false"))
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: Failed to parse value [%.*s] as only [true] or "
                    "[false] are allowed.",
                    value->len > 64 ? 64 : (int)value->len, (const char *)value->at);
    *out = truth;
    return OK;
}
