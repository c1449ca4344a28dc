// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"
#include "policy/text_scan.h"

#include <math.h>

// A secret of no known maker, by the word in front of it: "api_key=...", "password: ...".
// What stands behind must look drawn by chance: 10 to 150 characters, digits and letters, 3.5
// bits each (of a short one as many as
// its length leaves room for); "token: invalid_signature" is a message.
enum { LENGTH_MIN = 10, LENGTH_MAX = 150 };

static const double entropy_min = 3.5;
static const double entropy_share = 0.88; // of what its length could have

static bool is_secret_char(uint8_t c)
{
    return c > ' ' && c < 0x7f && !strchr("\"'<>,;&{}()[]:=", c);
}

static bool is_by_chance(struct slice value)
{
    bool has_digit = false;
    bool has_letter = false;
    for (size_t i = 0; i < value.len; i++) {
        has_digit |= is_digit(value.at[i]);
        has_letter |= is_letter(value.at[i]);
    }
    return value.len >= LENGTH_MIN && value.len <= LENGTH_MAX && has_digit && has_letter &&
           entropy_bits(value) >= fmin(entropy_min, entropy_share * log2((double)value.len));
}

// The pattern has seen the word; here each value behind a = or : is looked at.
static bool holds(struct slice text, struct arena *scratch)
{
    (void)scratch;
    for (size_t at = 0; at < text.len; at++) {
        if (text.at[at] != '=' && text.at[at] != ':')
            continue;
        size_t start = at + 1;
        while (start < text.len && strchr(" \t\"'", text.at[start]) && text.at[start] != '\0')
            start++;
        size_t end = start;
        while (end < text.len && is_secret_char(text.at[end]))
            end++;
        if (is_by_chance(slice_of(text.at + start, end - start)))
            return true;
    }
    return false;
}

const struct detector detect_secret = {
    .name = "named secret",
    .id = "secret",
    .pattern = "(?:api[_-]?key|secret|token|passw(?:or)?d|passwd|pwd|auth)\\w{0,12}[\"']?\\s*[=:]",
    .caseless = true,
    .holds = holds,
};
