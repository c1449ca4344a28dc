// SPDX-License-Identifier: Apache-2.0
#include "json/json.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/num.h"
#include "json/utf8.h"

#include <math.h>
#include <stdlib.h>

// Values and keys wait on two stacks until their array or object ends; only then is
// it known how many they are, and they move to the arena as one piece.
struct parser {
    const uint8_t *at, *end;
    const uint8_t *line_start;
    uint32_t line;
    uint32_t depth;
    uint32_t value_count; // of the whole text so far
    struct arena *request;
    struct fault *why;
    struct json *values;
    struct slice *keys;
    size_t top, size; // of both stacks
};

enum { STACK_START = 64, QUADRATIC_KEYS = 12 };

static enum err complain(struct parser *p, const uint8_t *where, const char *what)
{
    return fail(p->why, ERR_INVALID, "line %u, column %zu: %s", p->line,
                (size_t)(where - p->line_start) + 1, what);
}

static void skip_blanks(struct parser *p)
{
    for (; p->at < p->end; p->at++) {
        uint8_t c = *p->at;
        if (c == '\n') {
            p->line++;
            p->line_start = p->at + 1;
        } else if (c != ' ' && c != '\t' && c != '\r') {
            return;
        }
    }
}

static bool take(struct parser *p, uint8_t c)
{
    if (p->at == p->end || *p->at != c)
        return false;
    p->at++;
    return true;
}

// Eight bytes at once: true when all are plain characters of a string.
static bool are_plain(const uint8_t *at)
{
    const uint64_t ones = 0x0101010101010101;
    const uint64_t tops = 0x8080808080808080;
    uint64_t v;
    memcpy(&v, at, sizeof v);
    uint64_t quote = v ^ ones * '"';
    uint64_t slash = v ^ ones * '\\';
    // Where v has no top bit, x - 0x01 borrows into the top bit only from a zero byte on.
    uint64_t odd = (quote - ones) | (slash - ones) | (v - ones * 0x20) | v;
    return (odd & tops) == 0;
}

// Steps over plain characters up to a quote, a backslash or what may not be there.
static void skip_plain(struct parser *p)
{
    for (;;) {
        while (p->end - p->at >= 8 && are_plain(p->at))
            p->at += 8;
        if (p->at == p->end)
            return;
        uint8_t c = *p->at;
        size_t len = c < 0x80 ? 1 : utf8_len(p->at, (size_t)(p->end - p->at));
        if (c == '"' || c == '\\' || c < 0x20 || len == 0)
            return;
        p->at += len;
    }
}

static bool hex4(struct parser *p, uint32_t *out)
{
    if (p->end - p->at < 4)
        return false;
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        uint8_t c = p->at[i];
        uint8_t letter = (uint8_t)((c | 0x20) - 'a');
        if ((uint8_t)(c - '0') < 10)
            value = value * 16 + (uint32_t)(c - '0');
        else if (letter < 6)
            value = value * 16 + letter + 10u;
        else
            return false;
    }
    p->at += 4;
    *out = value;
    return true;
}

// After "\u": one code point, of two escapes when it is a surrogate pair.
static bool code_point(struct parser *p, uint32_t *out)
{
    uint32_t c = 0;
    uint32_t low = 0;
    if (!hex4(p, &c))
        return false;
    if (c >= 0xd800 && c < 0xdc00) {
        if (!take(p, '\\') || !take(p, 'u') || !hex4(p, &low) || low < 0xdc00 || low > 0xdfff)
            return false;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    } else if (c >= 0xdc00 && c < 0xe000) {
        return false;
    }
    *out = c;
    return true;
}

// After a backslash.  Every escape is at least as long as what it stands for.
static bool put_escape(struct parser *p, uint8_t **to)
{
    static const char names[] = "\"\\/bfnrt";
    static const uint8_t meant[] = "\"\\/\b\f\n\r\t";
    if (p->at == p->end)
        return false;
    uint8_t c = *p->at++;
    if (c == 'u') {
        uint32_t point = 0;
        if (!code_point(p, &point))
            return false;
        *to += utf8_put(*to, point);
        return true;
    }
    const char *name = c ? strchr(names, c) : NULL;
    if (!name)
        return false;
    *(*to)++ = meant[name - names];
    return true;
}

// The rest of a string from its first backslash on, in the arena.
static enum err unescape(struct parser *p, const uint8_t *start, struct slice *out)
{
    // The string cannot be longer than up to its closing quote.
    const uint8_t *close = p->at;
    while (close < p->end && *close != '"')
        close += *close == '\\' && p->end - close > 1 ? 2 : 1;
    uint8_t *copy = arena_alloc(p->request, (size_t)(close - start) + 1);
    uint8_t *to = copy;
    const uint8_t *from = start;
    for (;;) {
        size_t len = (size_t)(p->at - from);
        memcpy(to, from, len);
        to += len;
        if (!take(p, '\\'))
            break;
        const uint8_t *where = p->at - 1;
        if (!put_escape(p, &to))
            return complain(p, where, "bad escape in a string");
        from = p->at;
        skip_plain(p);
    }
    *out = slice_of(copy, (size_t)(to - copy));
    return OK;
}

static enum err parse_string(struct parser *p, struct slice *out)
{
    const uint8_t *start = ++p->at; // after the quote
    skip_plain(p);
    struct slice text = slice_of(start, (size_t)(p->at - start));
    if (p->at < p->end && *p->at == '\\') {
        enum err e = unescape(p, start, &text);
        if (e)
            return e;
    }
    if (p->at == p->end)
        return complain(p, start - 1, "string without an end");
    if (*p->at != '"')
        return complain(p, p->at,
                        *p->at < 0x20 ? "bare control character in a string" : "not UTF-8");
    p->at++;
    *out = text;
    return OK;
}

static size_t skip_digits(struct parser *p)
{
    const uint8_t *start = p->at;
    while (p->at < p->end && (uint8_t)(*p->at - '0') < 10)
        p->at++;
    return (size_t)(p->at - start);
}

static bool skip_number(struct parser *p)
{
    take(p, '-');
    if (!take(p, '0') && skip_digits(p) == 0)
        return false;
    if (take(p, '.') && skip_digits(p) == 0)
        return false;
    if (take(p, 'e') || take(p, 'E')) {
        if (!take(p, '+'))
            take(p, '-');
        return skip_digits(p) > 0;
    }
    return true;
}

static enum err parse_number(struct parser *p, struct json *out)
{
    const uint8_t *start = p->at;
    if (!skip_number(p))
        return complain(p, start, "bad number");
    out->type = JSON_NUMBER;
    out->text = slice_of(start, (size_t)(p->at - start));
    return OK;
}

static enum err parse_word(struct parser *p, struct json *out)
{
    static const struct {
        const char *word;
        enum json_type type;
        bool truth;
    } words[] = {
        {"true", JSON_BOOL, true}, {"false", JSON_BOOL, false}, {"null", JSON_NULL, false}};
    struct slice rest = slice_of(p->at, (size_t)(p->end - p->at));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!slice_starts(rest, slice_text(words[i].word)))
            continue;
        out->type = words[i].type;
        out->truth = words[i].truth;
        p->at += strlen(words[i].word);
        return OK;
    }
    return complain(p, p->at, p->at == p->end ? "a value is missing at the end" : "no JSON value");
}

static void push(struct parser *p, struct slice key, const struct json *value)
{
    if (p->top == p->size) {
        p->size = p->size ? p->size * 2 : STACK_START;
        p->values = realloc(p->values, p->size * sizeof *p->values);
        p->keys = realloc(p->keys, p->size * sizeof *p->keys);
        CHECK(p->values && p->keys);
    }
    p->keys[p->top] = key;
    p->values[p->top++] = *value;
}

static int by_key_then_place(const void *a, const void *b, void *keys)
{
    const uint32_t *x = a;
    const uint32_t *y = b;
    const struct slice *all = keys;
    int order = slice_compare(all[*x], all[*y]);
    return order ? order : (*x > *y) - (*x < *y);
}

// The place of a key that an earlier one has already said, or `count`.  Sorted and not
// hashed: nobody can choose keys that make sorting slow.
static uint32_t repeated_of_many(const struct slice *keys, uint32_t count)
{
    uint32_t *order = malloc(count * sizeof *order);
    struct slice *all = malloc(count * sizeof *all);
    CHECK(order && all);
    memcpy(all, keys, count * sizeof *all);
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    qsort_r(order, count, sizeof *order, by_key_then_place, all);
    uint32_t found = count;
    for (uint32_t i = 1; i < count; i++) {
        if (order[i] < found && slice_equal(keys[order[i - 1]], keys[order[i]]))
            found = order[i];
    }
    free(all);
    free(order);
    return found;
}

static uint32_t repeated_key(const struct slice *keys, uint32_t count)
{
    if (count > QUADRATIC_KEYS)
        return repeated_of_many(keys, count);
    for (uint32_t i = 1; i < count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (slice_equal(keys[i], keys[j]))
                return i;
        }
    }
    return count;
}

// Moves what was pushed since `bottom` to the arena.
static enum err pop_members(struct parser *p, size_t bottom, struct json *out)
{
    uint32_t count = (uint32_t)(p->top - bottom);
    struct slice *keys = p->keys + bottom;
    struct json *values = p->values + bottom;
    p->top = bottom;
    if (out->type == JSON_OBJECT) {
        uint32_t repeated = repeated_key(keys, count);
        if (repeated < count)
            return fail(p->why, ERR_INVALID,
                        "line %u, column %u: the value of a key that is there already",
                        values[repeated].line, values[repeated].column);
        struct slice *names = ARENA_ARRAY(p->request, struct slice, count);
        memcpy(names, keys, count * sizeof *names);
        out->keys = names;
    }
    struct json *items = ARENA_ARRAY(p->request, struct json, count);
    memcpy(items, values, count * sizeof *items);
    out->items = items;
    out->count = count;
    return OK;
}

static enum err parse_value(struct parser *p, struct json *out);

static enum err parse_key(struct parser *p, struct slice *out)
{
    skip_blanks(p);
    if (p->at == p->end || *p->at != '"')
        return complain(p, p->at, "a key in quotes is missing");
    enum err e = parse_string(p, out);
    if (e)
        return e;
    skip_blanks(p);
    return take(p, ':') ? OK : complain(p, p->at, "':' is missing after a key");
}

static enum err parse_members(struct parser *p, struct json *out, uint8_t close)
{
    size_t bottom = p->top;
    p->at++; // the bracket
    skip_blanks(p);
    if (take(p, close))
        return OK;
    do {
        struct slice key = {0};
        struct json value;
        enum err e = out->type == JSON_OBJECT ? parse_key(p, &key) : OK;
        if (!e)
            e = parse_value(p, &value);
        if (e)
            return e;
        push(p, key, &value);
        skip_blanks(p);
    } while (take(p, ','));
    if (!take(p, close))
        return complain(p, p->at, close == '}' ? "',' or '}' is missing" : "',' or ']' is missing");
    return pop_members(p, bottom, out);
}

static enum err parse_nested(struct parser *p, struct json *out)
{
    if (p->depth == LIMIT_JSON_DEPTH)
        return complain(p, p->at, "nested too deeply");
    out->type = *p->at == '{' ? JSON_OBJECT : JSON_ARRAY;
    p->depth++;
    enum err e = parse_members(p, out, out->type == JSON_OBJECT ? '}' : ']');
    p->depth--;
    return e;
}

static enum err parse_value(struct parser *p, struct json *out)
{
    skip_blanks(p);
    *out = (struct json){.line = p->line, .column = (uint32_t)(p->at - p->line_start) + 1};
    if (++p->value_count > LIMIT_JSON_VALUES)
        return complain(p, p->at, "too many values");
    uint8_t c = p->at < p->end ? *p->at : 0;
    if (c == '{' || c == '[')
        return parse_nested(p, out);
    if (c == '"') {
        out->type = JSON_STRING;
        return parse_string(p, &out->text);
    }
    if (c == '-' || (uint8_t)(c - '0') < 10)
        return parse_number(p, out);
    return parse_word(p, out);
}

enum err json_parse(struct slice bytes, struct arena *request, const struct json **out,
                    struct fault *why)
{
    static const uint8_t none[1];
    if (bytes.len > LIMIT_REQUEST_BODY_BYTES)
        return fail(why, ERR_LIMIT, "JSON of more than %d bytes", LIMIT_REQUEST_BODY_BYTES);
    if (bytes.len == 0)
        bytes = slice_of(none, 0);
    struct parser p = {
        .at = bytes.at,
        .end = bytes.at + bytes.len,
        .line_start = bytes.at,
        .line = 1,
        .request = request,
        .why = why,
    };
    struct json *root = ARENA_NEW(request, struct json);
    enum err e = parse_value(&p, root);
    skip_blanks(&p);
    if (!e && p.at < p.end)
        e = complain(&p, p.at, "bytes left over after the value");
    free(p.values);
    free(p.keys);
    if (!e)
        *out = root;
    return e;
}

const struct json *json_get(const struct json *object, const char *key)
{
    if (!object || object->type != JSON_OBJECT)
        return NULL;
    struct slice wanted = slice_text(key);
    for (uint32_t i = 0; i < object->count; i++) {
        if (slice_equal(object->keys[i], wanted))
            return &object->items[i];
    }
    return NULL;
}

static bool has_number_text(const struct json *v)
{
    return v->type == JSON_NUMBER || v->type == JSON_STRING;
}

enum err json_i64(const struct json *v, int64_t *out, struct fault *why)
{
    if (!has_number_text(v))
        return fail(why, ERR_INVALID, "expected a whole number, found %s", json_type_name(v->type));
    double value = 0;
    if (parse_i64(v->text, out) == OK)
        return OK;
    // "10.0" and 1e3 are whole too; 2^63 itself is the first double too large.
    if (parse_f64(v->text, &value) || value != floor(value) || value < -9223372036854775808.0 ||
        value >= 9223372036854775808.0)
        return fail(why, ERR_INVALID, "expected a whole number, found another %s",
                    v->type == JSON_NUMBER ? "number" : "string");
    *out = (int64_t)value;
    return OK;
}

enum err json_f64(const struct json *v, double *out, struct fault *why)
{
    if (!has_number_text(v))
        return fail(why, ERR_INVALID, "expected a number, found %s", json_type_name(v->type));
    if (parse_f64(v->text, out))
        return fail(why, ERR_INVALID, "expected a number, found %s",
                    v->type == JSON_NUMBER ? "one out of range" : "another string");
    return OK;
}

enum err json_bool(const struct json *v, bool *out, struct fault *why)
{
    if (v->type == JSON_BOOL) {
        *out = v->truth;
        return OK;
    }
    if (v->type == JSON_STRING && (slice_is(v->text, "true") || slice_is(v->text, "false"))) {
        *out = slice_is(v->text, "true");
        return OK;
    }
    return fail(why, ERR_INVALID, "expected true or false, found %s", json_type_name(v->type));
}

const char *json_type_name(enum json_type type)
{
    static const char *const names[] = {"null",     "true or false", "a number",
                                        "a string", "an array",      "an object"};
    return names[type];
}

const char *json_token_name(const struct json *v)
{
    static const char *const names[] = {"VALUE_NULL",   "VALUE_BOOLEAN", "VALUE_NUMBER",
                                        "VALUE_STRING", "START_ARRAY",   "START_OBJECT"};
    return names[v->type];
}
