// SPDX-License-Identifier: Apache-2.0
#include "server/catalog_ask.h"

#include "keys/catalog_key.h"

enum { ASK_MS_MAX = 5000 };

enum err catalog_key_ask(struct link *keeper, uint8_t out[KEY_BYTES], struct fault *why)
{
    uint8_t asked[1 + SIGN_DIGEST_BYTES] = {SIGN_CATALOG};
    struct message signature;
    catalog_key_digest(asked + 1);
    enum err e = link_ask(keeper, MESSAGE_SIGN_ASK, slice_of(asked, sizeof asked),
                          MESSAGE_SIGNATURE, &signature, ASK_MS_MAX, why);
    if (e)
        return fail_in(why, e, "key of catalog.db");
    catalog_key_of(signature.payload, out);
    return OK;
}
