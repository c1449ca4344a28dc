// SPDX-License-Identifier: Apache-2.0
#include "search/literal_value.h"

#include "base/date.h"
#include "base/num.h"
#include "keys/crypto.h"

#include <math.h>

enum { PSEUDONYM_BYTES = 16, PSEUDONYM_CHARACTERS = 22 };

static enum err no_number(const struct literal *l, struct fault *why)
{
    return fail(why, ERR_INVALID, "number_format_exception: For input string: \"%.*s\"",
                SLICE_PRINT(l->text));
}

enum err literal_double(const struct literal *l, double *out, struct fault *why)
{
    if (l->type == LITERAL_BOOL || l->type == LITERAL_NULL || parse_f64(l->text, out) != OK)
        return no_number(l, why);
    return OK;
}

enum err literal_long(const struct literal *l, int64_t *out_floor, bool *out_exact,
                      struct fault *why)
{
    if (l->type != LITERAL_BOOL && parse_i64(l->text, out_floor) == OK) {
        *out_exact = true;
        return OK;
    }
    double wide = 0;
    enum err e = literal_double(l, &wide, why);
    if (e)
        return e;
    *out_exact = false;
    if (wide >= 0x1p63) {
        *out_floor = INT64_MAX;
    } else if (wide < -0x1p63) {
        *out_floor = INT64_MIN;
    } else {
        *out_floor = (int64_t)floor(wide);
        *out_exact = floor(wide) == wide;
    }
    return OK;
}

enum err literal_boolean(const struct literal *l, int64_t *out, struct fault *why)
{
    if (l->type == LITERAL_BOOL)
        *out = l->truth;
    else if (slice_is(l->text, "true"))
        *out = 1;
    else if (slice_is(l->text, "false") || (l->type == LITERAL_TEXT && l->text.len == 0))
        *out = 0;
    else
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: Can't parse boolean value [%.*s], expected [true] "
                    "or [false]",
                    SLICE_PRINT(l->text));
    return OK;
}

// date_parse_math() has the words; the type goes in front of them when it has none.
static enum err date_words(enum err e, struct fault *why)
{
    static const char type[] = "parse_exception: ";
    if (e == ERR_INVALID && why && !strstr(why->words, "_exception: ")) {
        char words[FAULT_WORDS_BYTES];
        memcpy(words, why->words, sizeof words);
        // Elasticsearch tells of a date twice: once itself, once what its parser says.
        if (strncmp(words, "failed to parse date field", strlen("failed to parse date field")) == 0)
            return fail(why, e, "%s%s: [%s]", type, words, words);
        return fail(why, e, "%s%s", type, words);
    }
    return e;
}

enum err literal_date(const struct literal *l, const struct literal_dates *dates, bool round_up,
                      int64_t *out_ms, struct fault *why)
{
    const struct date_zone *zone = date_zone_utc();
    enum err e = dates->time_zone.len ? date_zone_get(dates->time_zone, &zone, why) : OK;
    if (!e)
        e = date_parse_math(l->text, dates->format, zone, round_up, dates->now_ms, out_ms, why);
    return date_words(e, why);
}

enum err literal_i64(enum field_type type, const struct literal *l,
                     const struct literal_dates *dates, int64_t *out, bool *out_exact,
                     struct fault *why)
{
    *out_exact = true;
    if (type == FIELD_BOOLEAN)
        return literal_boolean(l, out, why);
    if (type == FIELD_DATE)
        return literal_date(l, dates, false, out, why);
    return literal_long(l, out, out_exact, why);
}

bool literal_text(enum field_type type, struct slice text, uint8_t out_bytes[16], struct slice *out)
{
    if (type != FIELD_PSEUDONYM) {
        *out = text;
        return true;
    }
    if (text.len != PSEUDONYM_CHARACTERS)
        return false;
    struct buf bytes AUTO(buf_donep) = buf_init(PSEUDONYM_BYTES + 8);
    if (base64_parse(text, &bytes) != OK || bytes.len != PSEUDONYM_BYTES)
        return false;
    memcpy(out_bytes, bytes.at, PSEUDONYM_BYTES);
    *out = slice_of(out_bytes, PSEUDONYM_BYTES);
    return true;
}
