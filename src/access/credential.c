// SPDX-License-Identifier: Apache-2.0
#include "access/credential.h"

#include "base/buf.h"
#include "keys/crypto.h"

#include <strings.h>

static bool take_scheme(struct slice *text, const char *scheme)
{
    size_t len = strlen(scheme);
    if (text->len <= len || strncasecmp((const char *)text->at, scheme, len) != 0)
        return false;
    if (text->at[len] != ' ')
        return false;
    struct slice rest = slice_from(*text, len);
    while (rest.len && rest.at[0] == ' ')
        rest = slice_from(rest, 1);
    *text = rest;
    return true;
}

static enum err refuse(struct fault *why)
{
    return fail(why, ERR_DENIED,
                "security_exception: unable to authenticate with the provided credentials");
}

static enum err decode(struct slice base64, struct credential *out, size_t *out_len)
{
    // Four characters make three bytes; what is longer is not worth decoding.
    if (base64.len > (size_t)CREDENTIAL_BYTES_MAX * 4 / 3)
        return ERR_DENIED;
    struct buf bytes __attribute__((cleanup(buf_donep))) = buf_init(CREDENTIAL_BYTES_MAX);
    enum err e = base64_parse(base64, &bytes);
    if (e == OK && (bytes.over_limit || bytes.len > sizeof out->bytes))
        e = ERR_DENIED;
    if (e == OK && bytes.len) {
        memcpy(out->bytes, bytes.at, bytes.len);
        wipe(bytes.at, bytes.len);
    }
    *out_len = e == OK ? bytes.len : 0;
    return e;
}

enum err credential_parse(struct slice authorization, struct credential *out, struct fault *why)
{
    if (authorization.len == 0)
        return fail(why, ERR_DENIED, "security_exception: missing authentication credentials");
    if (take_scheme(&authorization, "Basic"))
        out->kind = CREDENTIAL_BASIC;
    else if (take_scheme(&authorization, "ApiKey"))
        out->kind = CREDENTIAL_API_KEY;
    else
        return refuse(why);

    size_t len = 0;
    if (decode(authorization, out, &len) != OK || len == 0)
        return refuse(why);
    const uint8_t *colon = memchr(out->bytes, ':', len);
    if (!colon || colon == out->bytes)
        return refuse(why);
    size_t name_len = (size_t)(colon - out->bytes);
    out->name = slice_of(out->bytes, name_len);
    out->secret = slice_of(colon + 1, len - name_len - 1);
    return OK;
}

void credential_wipe(struct credential *c)
{
    wipe(c, sizeof *c);
}
