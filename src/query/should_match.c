// SPDX-License-Identifier: Apache-2.0
#include "query/should_match.h"

#include "base/num.h"

static struct slice trim(struct slice s)
{
    while (s.len > 0 && s.at[0] == ' ')
        s = slice_of(s.at + 1, s.len - 1);
    while (s.len > 0 && s.at[s.len - 1] == ' ')
        s.len--;
    return s;
}

static bool take_i32(struct slice text, int64_t *out)
{
    return parse_i64(text, out) == OK && *out >= INT32_MIN && *out <= INT32_MAX;
}

// A count or a percentage; negative ones count from the end.
static enum err simple(struct slice spec, uint32_t clause_count, uint32_t *out)
{
    bool is_percent = spec.len > 0 && spec.at[spec.len - 1] == '%';
    int64_t value = 0;
    if (!take_i32(slice_of(spec.at, spec.len - is_percent), &value))
        return ERR_INVALID;
    if (is_percent)
        value = (int64_t)clause_count * value / 100;
    bool from_end = spec.at[0] == '-';
    if (from_end)
        value += clause_count;
    *out = value < 0 ? 0 : value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
    return OK;
}

// "LIMIT<SPEC LIMIT<SPEC": the last whose limit is below the count applies.
static enum err conditional(struct slice spec, uint32_t clause_count, uint32_t *out)
{
    struct slice chosen = {0};
    while (spec.len > 0) {
        const uint8_t *space = memchr(spec.at, ' ', spec.len);
        size_t len = space ? (size_t)(space - spec.at) : spec.len;
        struct slice part = slice_of(spec.at, len);
        const uint8_t *less = memchr(part.at, '<', part.len);
        int64_t limit = 0;
        if (!less || !take_i32(slice_of(part.at, (size_t)(less - part.at)), &limit))
            return ERR_INVALID;
        struct slice then = slice_of(less + 1, part.len - (size_t)(less - part.at) - 1);
        uint32_t unused = 0;
        if (simple(then, clause_count, &unused))
            return ERR_INVALID;
        if (clause_count > limit)
            chosen = then;
        spec = trim(slice_of(spec.at + len, spec.len - len));
    }
    if (chosen.at)
        return simple(chosen, clause_count, out);
    *out = clause_count;
    return OK;
}

enum err should_match_min(struct slice spec, uint32_t clause_count, uint32_t *out)
{
    spec = trim(spec);
    if (spec.len == 0)
        return ERR_INVALID;
    bool has_condition = memchr(spec.at, '<', spec.len) != NULL;
    return has_condition ? conditional(spec, clause_count, out) : simple(spec, clause_count, out);
}
