// SPDX-License-Identifier: Apache-2.0
#include "api/list.h"

static struct slice trimmed(struct slice s)
{
    while (s.len && s.at[0] == ' ')
        s = slice_from(s, 1);
    while (s.len && s.at[s.len - 1] == ' ')
        s.len--;
    return s;
}

// Empty parts ("a,,b") are stepped over.
bool list_next(struct slice *rest, struct slice *out)
{
    while (rest->len) {
        const uint8_t *comma = memchr(rest->at, ',', rest->len);
        size_t len = comma ? (size_t)(comma - rest->at) : rest->len;
        *out = trimmed(slice_of(rest->at, len));
        *rest = slice_from(*rest, len + 1);
        if (out->len)
            return true;
    }
    return false;
}
