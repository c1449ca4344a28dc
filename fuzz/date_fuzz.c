// SPDX-License-Identifier: Apache-2.0
#include "base/date_private.h"

// The first byte chooses the decoder, a newline parts format from text.  Dates that parse
// lie in the calendar and print; zone files and rules do not overrun.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_and_print(struct slice in)
{
    const uint8_t *line = in.len ? memchr(in.at, '\n', in.len) : NULL;
    struct slice format = line ? slice_of(in.at, (size_t)(line - in.at)) : slice_of(in.at, 0);
    struct slice text = line ? slice_of(line + 1, in.len - format.len - 1) : in;
    int64_t ms = 0;
    const struct date_zone *z = date_zone_utc();
    if (date_parse_math(text, format, z, in.len % 2, 1577934245678, &ms, NULL))
        return;
    if (ms < DATE_MS_MIN || ms > DATE_MS_MAX)
        __builtin_trap();
    struct buf out = buf_init(1 << 20);
    (void)date_print(&out, ms, format, z, NULL); // "now" parses by any format
    enum err e = date_print(&out, ms, slice_of(NULL, 0), z, NULL);
    buf_done(&out);
    if (e)
        __builtin_trap();
}

static void decode_zone(struct slice file)
{
    struct date_zone *z = NULL;
    if (zone_decode(file, &z, NULL))
        return;
    for (int64_t ms = DATE_MS_MIN; ms < DATE_MS_MAX; ms += 9876543219876)
        (void)date_next(date_floor(ms, DATE_HOUR, z), DATE_MONTH, z);
    zone_free(z);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct slice rest = slice_of(data + 1, size - 1);
    struct zone_rule rule;
    int64_t ms = 0;
    switch (data[0] % 4) {
    case 0:
        parse_and_print(rest);
        break;
    case 1:
        decode_zone(rest);
        break;
    case 2:
        if (zone_rule_parse(rest, &rule))
            (void)zone_rule_offset(&rule, 1577934245);
        break;
    default:
        (void)date_parse_duration(rest, &ms, NULL); // only that it does not overrun
        break;
    }
    return 0;
}
