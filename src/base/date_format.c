// SPDX-License-Identifier: Apache-2.0
#include "base/date_private.h"

// The named formats of Elasticsearch.  Those that begin with a year also exist as
// strict_NAME; without it their fields may have fewer digits.
static const struct {
    const char *name;
    const char *pattern;
    bool has_strict;
} named[] = {
    {"basic_date", "yyyyMMdd", false},
    {"basic_date_time", "yyyyMMdd'T'HHmmss.SSSXX", false},
    {"basic_date_time_no_millis", "yyyyMMdd'T'HHmmssXX", false},
    {"basic_ordinal_date", "yyyyDDD", false},
    {"basic_time", "HHmmss.SSSXX", false},
    {"basic_time_no_millis", "HHmmssXX", false},
    {"date", "yyyy-MM-dd", true},
    {"date_hour", "yyyy-MM-dd'T'HH", true},
    {"date_hour_minute", "yyyy-MM-dd'T'HH:mm", true},
    {"date_hour_minute_second", "yyyy-MM-dd'T'HH:mm:ss", true},
    {"date_hour_minute_second_fraction", "yyyy-MM-dd'T'HH:mm:ss.SSS", true},
    {"date_hour_minute_second_millis", "yyyy-MM-dd'T'HH:mm:ss.SSS", true},
    {"date_time", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", true},
    {"date_time_no_millis", "yyyy-MM-dd'T'HH:mm:ssXXX", true},
    {"hour", "HH", true},
    {"hour_minute", "HH:mm", true},
    {"hour_minute_second", "HH:mm:ss", true},
    {"hour_minute_second_fraction", "HH:mm:ss.SSS", true},
    {"hour_minute_second_millis", "HH:mm:ss.SSS", true},
    {"ordinal_date", "yyyy-DDD", true},
    {"t_time", "'T'HH:mm:ss.SSSXXX", true},
    {"t_time_no_millis", "'T'HH:mm:ssXXX", true},
    {"time", "HH:mm:ss.SSSXXX", true},
    {"time_no_millis", "HH:mm:ssXXX", true},
    {"year", "yyyy", true},
    {"year_month", "yyyy-MM", true},
    {"year_month_day", "yyyy-MM-dd", true},
};

const char *const date_month_names[12] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December",
};
const char *const date_day_names[7] = {
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
};

enum { FORMAT_WORDS_BYTES = 128 };

bool date_format_next(struct slice *list, struct slice *out_name)
{
    if (!list->at)
        return false;
    size_t len = 0;
    while (len < list->len && !slice_starts(slice_from(*list, len), slice_text("||")))
        len++;
    *out_name = slice_of(list->at, len);
    *list = len < list->len ? slice_from(*list, len + 2) : slice_of(NULL, 0);
    return true;
}

static bool is_letter(uint8_t c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26;
}

static void take_quoted(struct slice *pattern, struct pattern_part *out)
{
    *pattern = slice_from(*pattern, 1);
    if (pattern->len > 0 && pattern->at[0] == '\'') { // two quotes mean one
        out->literal = slice_of(pattern->at, 1);
    } else {
        size_t len = 0;
        while (len < pattern->len && pattern->at[len] != '\'')
            len++;
        out->literal = slice_of(pattern->at, len);
        *pattern = slice_from(*pattern, len);
    }
    *pattern = slice_from(*pattern, 1);
}

bool pattern_next(struct slice *pattern, struct pattern_part *out)
{
    if (pattern->len == 0)
        return false;
    *out = (struct pattern_part){0};
    uint8_t c = pattern->at[0];
    if (c == '\'') {
        take_quoted(pattern, out);
        return true;
    }
    size_t len = 1;
    while (is_letter(c) && len < pattern->len && pattern->at[len] == c)
        len++;
    if (is_letter(c)) {
        out->letter = (char)c;
        out->count = (int)(len < 20 ? len : 20);
    } else {
        out->literal = slice_of(pattern->at, 1);
    }
    *pattern = slice_from(*pattern, len);
    return true;
}

static enum err check_pattern(struct slice pattern, struct fault *why)
{
    struct slice rest = pattern;
    struct pattern_part part;
    int width = pattern.len < FORMAT_WORDS_BYTES ? (int)pattern.len : FORMAT_WORDS_BYTES;
    while (pattern_next(&rest, &part)) {
        if (part.letter && !strchr("yuMLdDHhkKmsSnaEXxZzV", part.letter))
            return fail(why, ERR_INVALID, "Invalid format: [%.*s]: Unknown pattern letter: %c",
                        width, (const char *)pattern.at, part.letter);
        if (!part.letter && part.literal.len == 1 && strchr("[]{}#", part.literal.at[0]))
            return fail(why, ERR_INVALID,
                        "Invalid format: [%.*s]: optional sections are not supported", width,
                        (const char *)pattern.at);
    }
    if (pattern.len == 0)
        return fail(why, ERR_INVALID, "No date pattern provided");
    return OK;
}

static bool find_special(struct slice name, bool is_strict, struct date_format *out)
{
    static const struct {
        const char *name;
        enum date_format_kind kind;
    } special[] = {
        {"date_optional_time", FORMAT_OPTIONAL_TIME},
        {"date_optional_time_nanos", FORMAT_OPTIONAL_TIME},
        {"iso8601", FORMAT_OPTIONAL_TIME},
        {"epoch_millis", FORMAT_EPOCH_MILLIS},
        {"epoch_second", FORMAT_EPOCH_SECOND},
    };

    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        if (slice_is(name, special[i].name)) {
            *out = (struct date_format){.kind = special[i].kind, .is_strict = is_strict};
            return true;
        }
    }
    return false;
}

enum err date_format_find(struct slice name, struct date_format *out, struct fault *why)
{
    bool is_strict = slice_starts(name, slice_text("strict_"));
    struct slice plain = is_strict ? slice_from(name, strlen("strict_")) : name;
    if (find_special(plain, is_strict || slice_is(plain, "iso8601"), out))
        return OK;
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        if (!slice_is(plain, named[i].name) || (is_strict && !named[i].has_strict))
            continue;
        *out = (struct date_format){
            .kind = FORMAT_PATTERN,
            .is_strict = is_strict || !named[i].has_strict,
            .pattern = slice_text(named[i].pattern),
        };
        return OK;
    }
    enum err e = check_pattern(name, why);
    if (!e)
        *out = (struct date_format){.kind = FORMAT_PATTERN, .is_strict = true, .pattern = name};
    return e;
}
