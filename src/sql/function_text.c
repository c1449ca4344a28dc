// SPDX-License-Identifier: Apache-2.0
#include "sql/function.h"

#include <strings.h>

// Texts: UTF-8, counted in characters; only ASCII letters have a case.

enum { TEXT_BYTES_MAX = 1 << 20 };

static bool starts_character(uint8_t c)
{
    return (c & 0xc0) != 0x80;
}

static size_t characters(struct slice s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += starts_character(s.at[i]);
    return count;
}

// Where the character of this number starts; s.len past the last.
static size_t byte_of(struct slice s, int64_t character)
{
    size_t at = 0;
    while (at < s.len && (character > 0 || !starts_character(s.at[at]))) {
        at++;
        if (at < s.len && starts_character(s.at[at]))
            character--;
        else if (at == s.len)
            break;
    }
    return at;
}

static struct slice part(struct slice s, int64_t first, int64_t count)
{
    if (first < 0) {
        count += first;
        first = 0;
    }
    if (count <= 0)
        return slice_of(s.at, 0);
    struct slice rest = slice_from(s, byte_of(s, first));
    return slice_of(rest.at, rest.len ? byte_of(rest, count) : 0);
}

static void put_text(struct evaluation *v, const struct buf *text, struct cell *out)
{
    if (text->over_limit)
        evaluation_fail(v, "a text of more than %d bytes", TEXT_BYTES_MAX);
    *out = cell_text(cell_keep_text(&v->how, buf_slice(text)));
}

static void fold(struct evaluation *v, const struct cell *a, char from, struct cell *out)
{
    struct buf text AUTO(buf_donep) = buf_init(TEXT_BYTES_MAX);
    for (size_t i = 0; i < a->text.len; i++) {
        uint8_t c = a->text.at[i];
        bool turns = c >= (uint8_t)from && c < (uint8_t)from + 26;
        buf_u8(&text, turns ? c ^ 32 : c);
    }
    put_text(v, &text, out);
}

static void upper(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)count;
    fold(v, a, 'a', out);
}

static void lower(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)count;
    fold(v, a, 'A', out);
}

static void length(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    (void)count;
    *out = cell_i64(SQL_INTEGER, (int64_t)characters(a[0].text));
}

static void bytes(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    (void)count;
    *out = cell_i64(SQL_INTEGER, (int64_t)a[0].text.len);
}

// NULL counts as nothing, as in Elasticsearch; || is NULL then.
static void concat(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    struct buf text AUTO(buf_donep) = buf_init(TEXT_BYTES_MAX);
    for (uint32_t i = 0; i < count; i++)
        cell_print(&a[i], v->how.zone, &text);
    put_text(v, &text, out);
}

static void substring(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    int64_t rest = count > 2 ? (int64_t)cell_number(&a[2]) : INT32_MAX;
    double first = cell_number(&a[1]) - 1;
    first = first < INT32_MIN ? INT32_MIN : first > INT32_MAX ? INT32_MAX : first;
    *out = cell_text(part(a[0].text, (int64_t)first, rest < INT32_MAX ? rest : INT32_MAX));
}

static int64_t small(const struct cell *c)
{
    double n = cell_number(c);
    return n < 0 ? 0 : n > INT32_MAX ? INT32_MAX : (int64_t)n;
}

static void left(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    (void)count;
    *out = cell_text(part(a[0].text, 0, small(&a[1])));
}

static void right(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    (void)count;
    int64_t all = (int64_t)characters(a[0].text);
    int64_t wanted = small(&a[1]);
    *out = cell_text(part(a[0].text, wanted < all ? all - wanted : 0, all));
}

static struct slice trimmed(struct slice s, bool at_start, bool at_end)
{
    while (at_start && s.len && s.at[0] == ' ')
        s = slice_from(s, 1);
    while (at_end && s.len && s.at[s.len - 1] == ' ')
        s.len--;
    return s;
}

static void trim(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    (void)count;
    *out = cell_text(trimmed(a[0].text, true, true));
}

static void trim_left(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    (void)count;
    *out = cell_text(trimmed(a[0].text, true, false));
}

static void trim_right(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    (void)count;
    *out = cell_text(trimmed(a[0].text, false, true));
}

static const uint8_t *find(struct slice in, struct slice what)
{
    return what.len && in.len >= what.len ? memmem(in.at, in.len, what.at, what.len) : NULL;
}

static void replace(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)count;
    struct buf text AUTO(buf_donep) = buf_init(TEXT_BYTES_MAX);
    struct slice rest = a[0].text;
    const uint8_t *at = NULL;
    while ((at = find(rest, a[1].text))) {
        size_t before = (size_t)(at - rest.at);
        buf_slice_add(&text, slice_of(rest.at, before));
        buf_slice_add(&text, a[2].text);
        rest = slice_from(rest, before + a[1].text.len);
    }
    buf_slice_add(&text, rest);
    put_text(v, &text, out);
}

// Of the first within the second, from 1; 0 where it is not.
static void locate(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    (void)count;
    const uint8_t *at = find(a[1].text, a[0].text);
    size_t before = at ? (size_t)(at - a[1].text.at) : 0;
    *out = cell_i64(SQL_INTEGER, at ? (int64_t)characters(slice_of(a[1].text.at, before)) + 1 : 0);
}

static void starts_with(struct evaluation *v, const struct cell *a, uint32_t count,
                        struct cell *out)
{
    (void)v;
    (void)count;
    *out = cell_i64(SQL_BOOLEAN, slice_starts(a[0].text, a[1].text));
}

// The character at `at`, whole: how many bytes.
static size_t character_bytes(struct slice s, size_t at)
{
    size_t end = at + 1;
    while (end < s.len && !starts_character(s.at[end]))
        end++;
    return end - at;
}

// As wildcards are matched: on a mismatch back to the last '%', which takes one character more.
bool like_matches(struct slice pattern, uint8_t escape, struct slice text)
{
    size_t p = 0;
    size_t t = 0;
    size_t star = SIZE_MAX;
    size_t star_text = 0;
    while (t < text.len) {
        bool is_plain = escape && p < pattern.len && pattern.at[p] == escape;
        size_t at = is_plain ? p + 1 : p;
        if (!is_plain && p < pattern.len && pattern.at[p] == '%') {
            star = p++;
            star_text = t;
        } else if (!is_plain && p < pattern.len && pattern.at[p] == '_') {
            p++;
            t += character_bytes(text, t);
        } else if (at < pattern.len && pattern.at[at] == text.at[t]) {
            p = at + 1;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            star_text += character_bytes(text, star_text);
            t = star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.at[p] == '%')
        p++;
    return p == pattern.len;
}

#define TEXTS(name_, min_, max_, takes_, gives_, op_, evaluate_)                    \
    {                                                                               \
        .name = (name_), .args_min = (min_), .args_max = (max_), .takes = (takes_), \
        .gives = (gives_), .op = (op_), .evaluate = (evaluate_),                    \
    }

static const struct function list[] = {
    {.name = "||",
     .args_min = 2,
     .args_max = 2,
     .gives = GIVES_TEXT,
     .is_hidden = true,
     .evaluate = concat},
    {.name = "CONCAT",
     .args_min = 1,
     .args_max = 255,
     .gives = GIVES_TEXT,
     .takes_null = true,
     .evaluate = concat},
    TEXTS("CHAR_LENGTH", 1, 1, TAKES_TEXTS, GIVES_INTEGER, OP_NONE, length),
    TEXTS("CHARACTER_LENGTH", 1, 1, TAKES_TEXTS, GIVES_INTEGER, OP_NONE, length),
    TEXTS("LCASE", 1, 1, TAKES_TEXTS, GIVES_TEXT, OP_LOWER, lower),
    TEXTS("LEFT", 2, 2, TAKES_ANY, GIVES_TEXT, OP_NONE, left),
    TEXTS("LENGTH", 1, 1, TAKES_TEXTS, GIVES_INTEGER, OP_NONE, length),
    TEXTS("LOCATE", 2, 2, TAKES_TEXTS, GIVES_INTEGER, OP_NONE, locate),
    TEXTS("LOWER", 1, 1, TAKES_TEXTS, GIVES_TEXT, OP_LOWER, lower),
    TEXTS("LTRIM", 1, 1, TAKES_TEXTS, GIVES_TEXT, OP_NONE, trim_left),
    TEXTS("OCTET_LENGTH", 1, 1, TAKES_TEXTS, GIVES_INTEGER, OP_NONE, bytes),
    TEXTS("POSITION", 2, 2, TAKES_TEXTS, GIVES_INTEGER, OP_NONE, locate),
    TEXTS("REPLACE", 3, 3, TAKES_TEXTS, GIVES_TEXT, OP_NONE, replace),
    TEXTS("RIGHT", 2, 2, TAKES_ANY, GIVES_TEXT, OP_NONE, right),
    TEXTS("RTRIM", 1, 1, TAKES_TEXTS, GIVES_TEXT, OP_NONE, trim_right),
    TEXTS("STARTS_WITH", 2, 2, TAKES_TEXTS, GIVES_BOOLEAN, OP_NONE, starts_with),
    TEXTS("SUBSTRING", 2, 3, TAKES_ANY, GIVES_TEXT, OP_NONE, substring),
    TEXTS("TRIM", 1, 1, TAKES_TEXTS, GIVES_TEXT, OP_NONE, trim),
    TEXTS("UCASE", 1, 1, TAKES_TEXTS, GIVES_TEXT, OP_UPPER, upper),
    TEXTS("UPPER", 1, 1, TAKES_TEXTS, GIVES_TEXT, OP_UPPER, upper),
};

const struct function_list functions_text = {list, sizeof list / sizeof *list};
