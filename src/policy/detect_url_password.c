// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"
#include "policy/text_scan.h"

// A name and password in an address (RFC 3986, section 3.2.1): "postgres://app:s3cret@db".
// A password of one character again and again is one that somebody masked.
static bool is_masked(struct slice password)
{
    for (size_t i = 1; i < password.len; i++) {
        if (password.at[i] != password.at[0])
            return false;
    }
    return true;
}

static bool has_password(struct slice text, size_t user)
{
    size_t colon = 0;
    for (size_t at = user; at < text.len && text.at[at] > ' ' && text.at[at] != '/'; at++) {
        if (text.at[at] == ':' && colon == 0)
            colon = at;
        else if (text.at[at] == '@')
            return colon > 0 && at - colon > 3 &&
                   !is_masked(slice_of(text.at + colon + 1, at - colon - 1));
    }
    return false;
}

static bool holds(struct slice text, struct arena *scratch)
{
    (void)scratch;
    for (size_t at = 0; at + 3 < text.len; at++) {
        if (has_at(text, at, "://") && has_password(text, at + 3))
            return true;
    }
    return false;
}

const struct detector detect_url_password = {
    .name = "password in an address",
    .id = "url-password",
    .pattern = "://[^\\s/:@]*:[^\\s/@]{3}",
    .caseless = true,
    .holds = holds,
};
