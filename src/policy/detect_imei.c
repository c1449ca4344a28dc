// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"
#include "policy/text_scan.h"

// A telephone's number (3GPP TS 23.003, section 6.2): 15 digits, also as 2-6-6-1, of which the
// first two are of a body that gives them out and the last is Luhn's check.  Of numbers drawn by
// chance one in a hundred passes both.
enum { DIGITS = 15 };

static bool is_given_out(struct slice digits)
{
    static const char bodies[] = " 01 10 30 33 35 44 45 49 50 51 52 53 54 86 91 98 99 ";
    const char wanted[] = {' ', (char)digits.at[0], (char)digits.at[1], ' ', '\0'};
    return strstr(bodies, wanted) != NULL;
}

// The digits from `at` on, written plain or in their four groups; where they end, or 0.
static size_t take(struct slice text, size_t at, uint8_t out[DIGITS])
{
    bool is_grouped = !is_digit(char_at(text, at + 2));
    uint8_t between = char_at(text, at + 2);
    if (is_grouped && between != '-' && between != ' ')
        return 0;
    for (size_t i = 0; i < DIGITS; i++) {
        bool is_edge = i == 2 || i == 8 || i == 14;
        if (is_grouped && is_edge && char_at(text, at++) != between)
            return 0;
        out[i] = char_at(text, at++);
        if (!is_digit(out[i]))
            return 0;
    }
    return at;
}

// A fraction's digits are no number of their own.
static bool stands_alone(struct slice text, size_t start, size_t end)
{
    uint8_t before = char_before(text, start);
    uint8_t after = char_at(text, end);
    return !is_alnum(before) && before != '.' && !is_alnum(after) &&
           !(after == '.' && is_digit(char_at(text, end + 1)));
}

static bool holds(struct slice text, struct arena *scratch)
{
    (void)scratch;
    for (size_t at = 0; at + DIGITS <= text.len; at++) {
        uint8_t digits[DIGITS];
        if (!is_digit(text.at[at]) || is_alnum(char_before(text, at)))
            continue;
        size_t end = take(text, at, digits);
        struct slice number = slice_of(digits, DIGITS);
        if (end > 0 && stands_alone(text, at, end) && is_given_out(number) && luhn_holds(number))
            return true;
    }
    return false;
}

const struct detector detect_imei = {
    .name = "IMEI",
    .id = "imei",
    .pattern = "(?:[0-9]{15}|[0-9]{2}[ -][0-9]{6}[ -][0-9]{6}[ -][0-9])",
    .holds = holds,
};
