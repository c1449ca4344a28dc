// SPDX-License-Identifier: Apache-2.0
#include "policy/duration.h"

#include "base/buf.h"
#include "base/date.h"
#include "base/num.h"

#include <inttypes.h>

static const struct {
    char letter;
    int64_t ms;
} units[] = {
    {'w', 7LL * MS_PER_DAY}, {'d', MS_PER_DAY},    {'h', MS_PER_HOUR},
    {'m', MS_PER_MINUTE},    {'s', MS_PER_SECOND},
};

enum { UNIT_COUNT = sizeof units / sizeof *units };

static const int64_t duration_ms_max = 366LL * MS_PER_DAY;

enum err duration_parse(const char *text, int64_t *out_ms)
{
    size_t len = strlen(text);
    int64_t number = 0;
    if (len < 2 || parse_i64(slice_of(text, len - 1), &number) || text[0] == '+')
        return ERR_INVALID;
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        if (units[i].letter != text[len - 1])
            continue;
        if (number < 1 || number > duration_ms_max / units[i].ms)
            return ERR_INVALID;
        *out_ms = number * units[i].ms;
        return OK;
    }
    return ERR_INVALID;
}

void duration_print(int64_t ms, struct buf *out)
{
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        if (ms % units[i].ms == 0) {
            buf_print(out, "%" PRId64 "%c", ms / units[i].ms, units[i].letter);
            return;
        }
    }
    buf_print(out, "%" PRId64 "ms", ms);
}
