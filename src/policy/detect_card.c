// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"
#include "policy/text_scan.h"

// A payment card (ISO/IEC 7812-1): 15 to 19 digits that begin as an issuer's do and end with
// Luhn's check, plain or in groups with single blanks or hyphens.
enum { DIGITS_MIN = 15, DIGITS_MAX = 19 };

static unsigned first(const uint8_t *digits, size_t count)
{
    unsigned number = 0;
    for (size_t i = 0; i < count; i++)
        number = number * 10 + (digits[i] - (unsigned)'0');
    return number;
}

static bool is_issued(const uint8_t *digits, size_t count)
{
    unsigned two = first(digits, 2);
    unsigned four = first(digits, 4);
    if (count == 15)
        return two == 34 || two == 37;
    if (count == 16)
        return digits[0] == '4' || (two >= 51 && two <= 55) || (four >= 2221 && four <= 2720) ||
               (four >= 3528 && four <= 3589) || four == 6011 || two == 65 || two == 62 ||
               (four >= 6440 && four <= 6499);
    return count == 19 && (two == 62 || four == 6011);
}

static bool is_card(struct slice text, size_t at)
{
    uint8_t digits[DIGITS_MAX];
    size_t count = 0;
    size_t start = at;
    for (;; at++) {
        uint8_t c = char_at(text, at);
        if (is_digit(c) && count == DIGITS_MAX)
            return false;
        if (is_digit(c))
            digits[count++] = c;
        else if (!((c == ' ' || c == '-') && count % 4 == 0 && is_digit(char_at(text, at + 1))) &&
                 !((c == ' ' || c == '-') && count == 10 && is_digit(char_at(text, at + 1))))
            break;
    }
    uint8_t before = char_before(text, start);
    uint8_t after = char_at(text, at);
    bool is_alone = before != '.' && before != '-' && !is_alnum(after) && after != '-' &&
                    !(after == '.' && is_digit(char_at(text, at + 1)));
    return count >= DIGITS_MIN && is_alone && is_issued(digits, count) &&
           luhn_holds(slice_of(digits, count));
}

static bool holds(struct slice text, struct arena *scratch)
{
    (void)scratch;
    for (size_t at = 0; at + DIGITS_MIN <= text.len; at++) {
        if (is_digit(text.at[at]) && !is_alnum(char_before(text, at)) && is_card(text, at))
            return true;
    }
    return false;
}

const struct detector detect_card = {
    .name = "payment card",
    .id = "card",
    .pattern = "[2-6](?:[ -]?[0-9]){14}",
    .holds = holds,
};
