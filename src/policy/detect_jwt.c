// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "json/json.h"
#include "keys/crypto.h"
#include "policy/detector.h"

// A JSON Web Token (RFC 7519): header . payload . signature, each base64url.  The header
// is a JSON object, so it starts with "{" and one more character: "ey" or "ew".  That
// alone many an identifier has; what makes it a token is a header that decodes to an
// object with "alg" (RFC 7515, section 4.1.1).
enum { HEADER_BYTES_MAX = 4096 };

static bool is_base64(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

static bool is_header(struct slice digits, struct arena *scratch)
{
    struct buf bytes AUTO(buf_donep) = buf_init(HEADER_BYTES_MAX);
    const struct json *header = NULL;
    if (base64_parse(digits, &bytes) || buf_end(&bytes, NULL))
        return false;
    return json_parse(buf_slice(&bytes), scratch, &header, NULL) == OK &&
           header->type == JSON_OBJECT && json_get(header, "alg") != NULL;
}

static bool holds(struct slice text, struct arena *scratch)
{
    for (size_t at = 0; at + 2 < text.len; at++) {
        if (text.at[at] != 'e' || (text.at[at + 1] != 'y' && text.at[at + 1] != 'w'))
            continue;
        size_t end = at;
        while (end < text.len && end - at < HEADER_BYTES_MAX && is_base64(text.at[end]))
            end++;
        if (end == text.len || text.at[end] != '.')
            continue;
        arena_reset(scratch);
        if (is_header(slice_of(text.at + at, end - at), scratch))
            return true;
    }
    return false;
}

const struct detector detect_jwt = {
    .name = "JSON web token",
    .id = "jwt",
    .pattern = "e[yw][A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.",
    .holds = holds,
};
