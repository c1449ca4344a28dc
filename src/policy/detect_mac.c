// SPDX-License-Identifier: Apache-2.0
#include "base/num.h"
#include "policy/detector.h"
#include "policy/text_scan.h"

#include <stdlib.h>

// A MAC address or BSSID (IEEE 802): six pairs of hexadecimal digits with : or - between,
// or three fours with points.  Not of a group of stations, not zero; no part of a longer chain,
// which is a fingerprint of a key; and no time written 26-11-24-12-30-45.
enum { PAIRS_BYTES = 17, FOURS_BYTES = 14, DIGITS = 12 };

static bool take(struct slice text, size_t at, size_t len, size_t step, char between,
                 char out[DIGITS + 1])
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = char_at(text, at + i);
        if (i % step == step - 1 ? c != (uint8_t)between : !is_hex(c))
            return false;
        if (i % step != step - 1)
            out[count++] = (char)c;
    }
    out[count] = '\0';
    bool goes_on =
        char_at(text, at + len) == (uint8_t)between && is_hex(char_at(text, at + len + 1));
    bool was_on =
        at > 1 && char_before(text, at) == (uint8_t)between && is_hex(char_before(text, at - 1));
    return !goes_on && !was_on && !is_alnum(char_at(text, at + len));
}

static bool is_time(const char digits[DIGITS + 1])
{
    static const int most[] = {99, 12, 31, 23, 59, 59};
    for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
        int64_t number = 0;
        if (parse_i64(slice_of(digits + 2 * i, 2), &number) || number < 0 || number > most[i])
            return false;
    }
    return true;
}

static bool is_station(const char digits[DIGITS + 1])
{
    uint64_t number = strtoull(digits, NULL, 16);
    return number != 0 && !(number >> 40 & 1);
}

static bool is_mac(struct slice text, size_t at)
{
    char digits[DIGITS + 1];
    if (take(text, at, PAIRS_BYTES, 3, ':', digits))
        return is_station(digits);
    if (take(text, at, PAIRS_BYTES, 3, '-', digits))
        return is_station(digits) && !is_time(digits);
    return take(text, at, FOURS_BYTES, 5, '.', digits) && is_station(digits) && !is_time(digits);
}

static bool holds(struct slice text, struct arena *scratch)
{
    (void)scratch;
    for (size_t at = 0; at + FOURS_BYTES <= text.len; at++) {
        if (is_hex(text.at[at]) && !is_alnum(char_before(text, at)) && is_mac(text, at))
            return true;
    }
    return false;
}

const struct detector detect_mac = {
    .name = "MAC address",
    .id = "mac",
    .pattern = "(?:(?:[0-9a-f]{2}:){5}[0-9a-f]{2}|(?:[0-9a-f]{2}-){5}[0-9a-f]{2}|"
               "(?:[0-9a-f]{4}\\.){2}[0-9a-f]{4})",
    .caseless = true,
    .holds = holds,
};
