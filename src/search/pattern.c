// SPDX-License-Identifier: Apache-2.0
#include "search/pattern.h"

#include "json/utf8.h"
#include "search/fuzzy.h"

enum err pattern_init(struct pattern *p, const struct query_pattern *q, struct fault *why)
{
    *p = (struct pattern){.query = q};
    if (q->kind == PATTERN_REGEXP)
        return regexp_new(q->text, q->operators, q->ignores_case, &p->regexp, why);
    if (q->text.len > WILDCARD_BYTES_MAX)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: a pattern of %zu bytes; the limit is %d",
                    q->text.len, WILDCARD_BYTES_MAX);
    return OK;
}

void pattern_done(struct pattern *p)
{
    regexp_free(p->regexp);
    p->regexp = NULL;
}

bool pattern_is_over(const struct pattern *p)
{
    return p->regexp && regexp_is_over(p->regexp);
}

static uint8_t fold(uint8_t c, bool ignores_case)
{
    return ignores_case && c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool starts(struct slice text, struct slice start, bool ignores_case)
{
    if (!ignores_case)
        return slice_starts(text, start);
    for (size_t i = 0; i < start.len; i++)
        if (i == text.len || fold(text.at[i], true) != fold(start.at[i], true))
            return false;
    return true;
}

// The pattern's step at *at, but a star: takes one character of the text, or says no.
static bool take_one(struct slice pattern, size_t *at, struct slice text, size_t *pos,
                     bool ignores_case)
{
    if (*at == pattern.len || *pos == text.len)
        return false;
    uint8_t c = pattern.at[*at];
    if (c == '?') {
        ++*at;
        (void)utf8_take(text.at, text.len, pos); // whichever it is
        return true;
    }
    size_t escaped = c == '\\' && *at + 1 < pattern.len;
    if (fold(pattern.at[*at + escaped], ignores_case) != fold(text.at[*pos], ignores_case))
        return false;
    *at += 1 + escaped;
    ++*pos;
    return true;
}

// After the last star passed, the text is tried from each character on: stars before it
// need no second look, as they could not leave more of the text.
static bool wildcard(struct slice pattern, struct slice text, bool ignores_case)
{
    size_t at = 0;
    size_t pos = 0;
    size_t star = SIZE_MAX; // place behind the last star
    size_t tried = 0;       // where the text was tried for it
    while (pos < text.len || at < pattern.len) {
        if (at < pattern.len && pattern.at[at] == '*') {
            star = ++at;
            tried = pos;
            if (star == pattern.len)
                return true;
        } else if (!take_one(pattern, &at, text, &pos, ignores_case)) {
            if (star == SIZE_MAX || tried == text.len)
                return false;
            (void)utf8_take(text.at, text.len, &tried); // the star takes one more
            at = star;
            pos = tried;
        }
    }
    return true;
}

bool pattern_matches(const struct pattern *p, struct slice text)
{
    const struct query_pattern *q = p->query;
    switch (q->kind) {
    case PATTERN_PREFIX:
        return starts(text, q->text, q->ignores_case);
    case PATTERN_WILDCARD:
        return wildcard(q->text, text, q->ignores_case);
    case PATTERN_FUZZY:
        return fuzzy_matches(q, text);
    case PATTERN_REGEXP:
        break;
    }
    return regexp_matches(p->regexp, text);
}
