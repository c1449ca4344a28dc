// SPDX-License-Identifier: Apache-2.0
#include "json/utf8.h"
#include "search/regexp_private.h"

// The grammar of Lucene's RegExp, read by descent:
//
//     union  := inter [ "|" union ]           inter  := concat [ "&" inter ]
//     concat := repeat [ concat ]             repeat := compl ( "?" "*" "+" "{n}" "{n,}" "{n,m}" )*
//     compl  := "~" compl | class             class  := "[" ... "]" | "[^" ... "]" | simple
//     simple := "." "#" "@" "(" union ")" "()" <n-m> "quoted" \d \D \s \S \w \W \x x

enum { DEPTH_MAX = 100, CLASS_RANGES_MAX = 4 * REGEXP_BYTES_MAX, REPEAT_MAX = 1000 };

struct parser {
    struct nodes *nodes;
    struct slice text;
    size_t at;
    uint32_t operators;
    bool ignores_case;
    uint32_t depth;
    struct fault *why;
};

static enum err refuse(const struct parser *p, const char *words)
{
    return fail(p->why, ERR_INVALID, "illegal_argument_exception: %s at position %zu", words,
                p->at);
}

static bool more(const struct parser *p)
{
    return p->at < p->text.len;
}

static bool peek(const struct parser *p, const char *any_of)
{
    return more(p) && p->text.at[p->at] && strchr(any_of, p->text.at[p->at]);
}

static bool take(struct parser *p, char c)
{
    if (!more(p) || p->text.at[p->at] != (uint8_t)c)
        return false;
    p->at++;
    return true;
}

static bool knows(const struct parser *p, uint32_t op)
{
    return p->operators & op;
}

static enum err next(struct parser *p, uint32_t *out)
{
    if (!more(p))
        return fail(p->why, ERR_INVALID, "illegal_argument_exception: unexpected end-of-string");
    *out = utf8_take(p->text.at, p->text.len, &p->at);
    return OK;
}

static enum err parse_union(struct parser *p, uint32_t *out);

// ---- characters ----

static enum err parse_character(struct parser *p, uint32_t *out)
{
    (void)take(p, '\\'); // what follows stands for itself
    return next(p, out);
}

static uint32_t letter(struct parser *p, uint32_t c)
{
    struct code_range both[2] = {{c, c}, {c, c}};
    bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (p->ignores_case && is_letter)
        both[1] = (struct code_range){c ^ 0x20, c ^ 0x20};
    return node_set(p->nodes, both, 2);
}

static uint32_t all_but(struct nodes *n, uint32_t set)
{
    struct code_range rest[CLASS_RANGES_MAX + 1];
    uint32_t count = 0;
    uint32_t from = 0;
    for (uint32_t i = 0; set != NOTHING && i < n->items[set].b; i++) {
        struct code_range r = n->ranges[n->items[set].a + i];
        if (r.from > from)
            rest[count++] = (struct code_range){from, r.from - 1};
        from = r.to + 1;
    }
    if (from <= CHARACTER_MAX)
        rest[count++] = (struct code_range){from, CHARACTER_MAX};
    return node_set(n, rest, count);
}

// \d \s \w and their opposites.
static bool parse_known_class(struct parser *p, uint32_t *out)
{
    static const struct code_range digits[] = {{'0', '9'}};
    static const struct code_range blanks[] = {{'\t', '\n'}, {'\r', '\r'}, {' ', ' '}};
    static const struct code_range words[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
    if (p->at + 1 >= p->text.len || p->text.at[p->at] != '\\')
        return false;
    struct code_range ranges[4];
    uint32_t count = 0;
    uint8_t c = p->text.at[p->at + 1];
    const struct code_range *from = c == 'd' || c == 'D' ? digits : blanks;
    if (c == 'd' || c == 'D') {
        count = 1;
    } else if (c == 's' || c == 'S') {
        count = 3;
    } else if (c == 'w' || c == 'W') {
        count = 4;
        from = words;
    } else {
        return false;
    }
    memcpy(ranges, from, count * sizeof *ranges);
    p->at += 2;
    *out = node_set(p->nodes, ranges, count);
    if (c < 'a')
        *out = all_but(p->nodes, *out);
    return true;
}

static enum err parse_class_item(struct parser *p, uint32_t *out)
{
    uint32_t from = 0;
    uint32_t to = 0;
    if (parse_known_class(p, out))
        return OK;
    enum err e = parse_character(p, &from);
    if (e)
        return e;
    if (!take(p, '-')) {
        *out = letter(p, from);
        return OK;
    }
    e = parse_character(p, &to);
    if (e)
        return e;
    if (from > to)
        return fail(p->why, ERR_INVALID,
                    "illegal_argument_exception: invalid range: from (%u) cannot be > to (%u)",
                    from, to);
    *out = node_set(p->nodes, &(struct code_range){from, to}, 1);
    return OK;
}

// After "[".
static enum err parse_class(struct parser *p, uint32_t *out)
{
    bool is_not = take(p, '^');
    uint32_t made = NOTHING;
    do {
        uint32_t item = NOTHING;
        enum err e = parse_class_item(p, &item);
        if (e)
            return e;
        made = node_or(p->nodes, made, item);
    } while (more(p) && !peek(p, "]"));
    if (!take(p, ']'))
        return refuse(p, "expected ']'");
    *out = is_not ? all_but(p->nodes, made) : made;
    return OK;
}

// ---- simple expressions ----

static enum err parse_quoted(struct parser *p, uint32_t *out)
{
    size_t first = p->at;
    while (more(p) && p->text.at[p->at] != '"')
        p->at++;
    if (!more(p))
        return refuse(p, "expected '\"'");
    struct slice quoted = slice_of(p->text.at + first, p->at - first);
    p->at++;
    uint32_t characters[REGEXP_BYTES_MAX];
    uint32_t count = 0;
    for (size_t i = 0; i < quoted.len;)
        characters[count++] = utf8_take(quoted.at, quoted.len, &i);
    uint32_t made = EMPTY;
    for (; count > 0; count--)
        made = node_cat(p->nodes, letter(p, characters[count - 1]), made);
    *out = made;
    return OK;
}

static enum err parse_group(struct parser *p, uint32_t *out)
{
    if (take(p, ')')) {
        *out = EMPTY;
        return OK;
    }
    enum err e = parse_union(p, out);
    if (!e && !take(p, ')'))
        e = refuse(p, "expected ')'");
    return e;
}

static bool take_number(struct parser *p, uint64_t *out, uint32_t *out_digits)
{
    uint64_t v = 0;
    uint32_t digits = 0;
    for (; peek(p, "0123456789"); digits++) {
        v = 10 * v + (uint64_t)(p->text.at[p->at++] - '0');
        if (v > INT32_MAX)
            return false;
    }
    *out = v;
    *out_digits = digits;
    return digits > 0;
}

// After "<".
static enum err parse_interval(struct parser *p, uint32_t *out)
{
    uint64_t min = 0;
    uint64_t max = 0;
    uint32_t min_digits = 0;
    uint32_t max_digits = 0;
    const uint8_t *end = memchr(p->text.at + p->at, '>', p->text.len - p->at);
    if (!end)
        return refuse(p, "expected '>'");
    bool is_number = knows(p, REGEXP_INTERVAL) && take_number(p, &min, &min_digits) &&
                     take(p, '-') && take_number(p, &max, &max_digits) && take(p, '>');
    if (!is_number)
        return refuse(p, "interval syntax error");
    if (min > max) {
        uint64_t low = max;
        max = min;
        min = low;
    }
    // Beyond nine digits zeros in front are the only difference, and no number has them.
    bool is_fixed = min_digits == max_digits && max_digits < 10;
    *out = node_interval(p->nodes, min, max, is_fixed ? max_digits : 0);
    return OK;
}

static enum err parse_simple(struct parser *p, uint32_t *out)
{
    uint32_t c = 0;
    if (take(p, '.')) {
        *out = node_any_character(p->nodes);
        return OK;
    }
    if (knows(p, REGEXP_EMPTY) && take(p, '#')) {
        *out = NOTHING;
        return OK;
    }
    if (knows(p, REGEXP_ANYSTRING) && take(p, '@')) {
        *out = ANYTHING;
        return OK;
    }
    if (take(p, '"'))
        return parse_quoted(p, out);
    if (take(p, '('))
        return parse_group(p, out);
    if (knows(p, REGEXP_AUTOMATON | REGEXP_INTERVAL) && take(p, '<'))
        return parse_interval(p, out);
    if (take(p, '['))
        return parse_class(p, out);
    if (parse_known_class(p, out))
        return OK;
    enum err e = parse_character(p, &c);
    if (!e)
        *out = letter(p, c);
    return e;
}

// ---- operators ----

static enum err parse_complement(struct parser *p, uint32_t *out)
{
    bool is_not = false;
    while (knows(p, REGEXP_COMPLEMENT) && take(p, '~'))
        is_not = !is_not;
    enum err e = parse_simple(p, out);
    if (!e && is_not)
        *out = node_not(p->nodes, *out);
    return e;
}

// After "{".
static enum err parse_counts(struct parser *p, uint32_t *out)
{
    uint64_t min = 0;
    uint64_t max = 0;
    uint32_t digits = 0;
    bool is_open = false;
    if (!take_number(p, &min, &digits))
        return refuse(p, "integer expected");
    max = min;
    if (take(p, ',')) {
        is_open = !peek(p, "0123456789");
        if (!is_open && !take_number(p, &max, &digits))
            return refuse(p, "integer expected");
    }
    if (!take(p, '}'))
        return refuse(p, "expected '}'");
    if (min > REPEAT_MAX || max > REPEAT_MAX)
        return refuse(p, "too many repetitions (more than 1000)");
    *out = node_repeat(p->nodes, *out, (uint32_t)min, is_open ? UINT32_MAX : (uint32_t)max);
    return OK;
}

static enum err parse_repeat(struct parser *p, uint32_t *out)
{
    enum err e = parse_complement(p, out);
    while (!e && peek(p, "?*+{")) {
        if (take(p, '?'))
            *out = node_or(p->nodes, EMPTY, *out);
        else if (take(p, '*'))
            *out = node_star(p->nodes, *out);
        else if (take(p, '+'))
            *out = node_cat(p->nodes, *out, node_star(p->nodes, *out));
        else if (take(p, '{'))
            e = parse_counts(p, out);
    }
    return e;
}

static enum err parse_concat(struct parser *p, uint32_t *out)
{
    uint32_t parts[REGEXP_BYTES_MAX];
    uint32_t count = 0;
    do {
        enum err e = parse_repeat(p, &parts[count++]);
        if (e)
            return e;
    } while (more(p) && !peek(p, ")|") && !(knows(p, REGEXP_INTERSECTION) && peek(p, "&")));
    uint32_t made = EMPTY;
    for (; count > 0; count--)
        made = node_cat(p->nodes, parts[count - 1], made);
    *out = made;
    return OK;
}

static enum err parse_intersection(struct parser *p, uint32_t *out)
{
    enum err e = parse_concat(p, out);
    while (!e && knows(p, REGEXP_INTERSECTION) && take(p, '&')) {
        uint32_t with = NOTHING;
        e = parse_concat(p, &with);
        if (!e)
            *out = node_and(p->nodes, *out, with);
    }
    return e;
}

static enum err parse_union(struct parser *p, uint32_t *out)
{
    if (++p->depth > DEPTH_MAX)
        return refuse(p, "nested too deeply");
    enum err e = parse_intersection(p, out);
    while (!e && take(p, '|')) {
        uint32_t other = NOTHING;
        e = parse_intersection(p, &other);
        if (!e)
            *out = node_or(p->nodes, *out, other);
    }
    p->depth--;
    return e;
}

enum err regexp_parse(struct nodes *n, struct slice text, uint32_t operators, bool ignores_case,
                      uint32_t *out, struct fault *why)
{
    struct parser p = {
        .nodes = n, .text = text, .operators = operators, .ignores_case = ignores_case, .why = why};
    if (text.len > REGEXP_BYTES_MAX)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: The length of regex [%zu] used in the Regexp "
                    "Query request has exceeded the allowed maximum of [%d].",
                    text.len, REGEXP_BYTES_MAX);
    *out = EMPTY;
    enum err e = text.len ? parse_union(&p, out) : OK;
    return !e && more(&p) ? refuse(&p, "end-of-string expected") : e;
}
