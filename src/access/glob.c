// SPDX-License-Identifier: Apache-2.0
#include "access/glob.h"

// On a mismatch only the last '*' is given one more byte: an earlier one never needs
// to be tried again, so there is no recursion.
bool glob_matches(struct slice pattern, struct slice text)
{
    size_t p = 0;
    size_t t = 0;
    size_t star = SIZE_MAX;
    size_t star_text = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.at[p] == '*') {
            star = p++;
            star_text = t;
        } else if (p < pattern.len && pattern.at[p] == text.at[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.at[p] == '*')
        p++;
    return p == pattern.len;
}

bool glob_is_pattern(struct slice text)
{
    return text.len && memchr(text.at, '*', text.len);
}
