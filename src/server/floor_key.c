// SPDX-License-Identifier: Apache-2.0
#include "server/floor_key.h"

#include "keys/crypto.h"
#include "keys/key_ring.h"

enum { ASK_MS_MAX = 5000 };

enum err floor_key_ask(struct link *keeper, struct veil_key *out, struct fault *why)
{
    uint8_t text[1 + SIGN_DIGEST_BYTES] = {SIGN_FLOOR};
    plain_hash(slice_text("tamis: key of the floor, 1"), text + 1);
    struct message signature;
    enum err e = link_ask(keeper, MESSAGE_SIGN_ASK, slice_of(text, sizeof text), MESSAGE_SIGNATURE,
                          &signature, ASK_MS_MAX, why);
    if (e)
        return fail_in(why, e, "key of the floor");
    uint8_t hash[32];
    plain_hash(signature.payload, hash);
    memcpy(out->bytes, hash, sizeof out->bytes);
    wipe(hash, sizeof hash);
    return OK;
}
