// SPDX-License-Identifier: Apache-2.0
#include "base/date_private.h"
#include "base/num.h"

enum { WORDS_BYTES = 64 };

enum err date_parse_duration(struct slice text, int64_t *out_ms, struct fault *why)
{
    static const struct {
        const char *name;
        int64_t times, parts; // milliseconds are count * times / parts
    } units[] = {
        {"nanos", 1, 1000000},   {"micros", 1, 1000},     {"ms", 1, 1},
        {"s", MS_PER_SECOND, 1}, {"m", MS_PER_MINUTE, 1}, {"h", MS_PER_HOUR, 1},
        {"d", MS_PER_DAY, 1},
    };

    size_t digits = text.len > 0 && text.at[0] == '-' ? 1 : 0;
    while (digits < text.len && (uint8_t)(text.at[digits] - '0') < 10)
        digits++;
    struct slice number = slice_of(text.at, digits);
    struct slice unit = slice_from(text, digits);
    int64_t count = 0;
    int64_t ms = 0;
    if (parse_i64(number, &count) == OK && count == 0 && unit.len == 0) {
        *out_ms = 0; // the only number that needs no unit
        return OK;
    }
    for (size_t i = 0; digits > 0 && i < sizeof units / sizeof *units; i++) {
        if (!slice_is(unit, units[i].name) || parse_i64(number, &count) != OK ||
            __builtin_mul_overflow(count, units[i].times, &ms))
            continue;
        *out_ms = ms / units[i].parts;
        return OK;
    }
    return fail(why, ERR_INVALID,
                "failed to parse [%.*s] as a time value: unit is missing or unrecognized",
                text.len < WORDS_BYTES ? (int)text.len : WORDS_BYTES, (const char *)text.at);
}
