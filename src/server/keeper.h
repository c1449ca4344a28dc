// SPDX-License-Identifier: Apache-2.0
#pragma once

// The process keeper: the only one that holds the master key and may read password files.
//
// It has no socket but its links, and answers few questions:
//
//     mirror: MESSAGE_KEY_ASK        "pseudonym/SUBJECT", "row-key/TABLE" or "seal/TABLE/COLUMN" of
//                                    the policy; of a seal the public half (keys/seal.h)
//     mirror: MESSAGE_PASSWORD_ASK   a file that the policy names, read anew each time
//     mirror: MESSAGE_KEY_ASK        "layer/SUBJECT": of the generation in force; all zero: none
//     serve:  MESSAGE_RELAYER_ASK    pseudonyms under the layer in force
//     serve:  MESSAGE_OPEN_ASK       a sealed value, for a warrant that two people gave
//     serve:  MESSAGE_SIGN_ASK       what for (enum sign_domain), a digest of 32 bytes
//
// All else gets MESSAGE_REFUSED with the reason.  Which process may ask what is in the
// message table; the link refuses the rest before it gets here.

#include "base/world.h"
#include "guard/link.h"
#include "keys/key_ring.h"
#include "policy/policy.h"

enum { KEEPER_REPLY_BYTES = 29 << 10, KEEPER_LABEL_BYTES = 128 };

struct keeper {
    const struct policy *policy;
    const struct key_ring *ring;
    const uint32_t *generations; // of the layers over each kind's pseudonyms; NULL: all 0
    struct world files;          // password files are named relative to it
};

struct keeper_reply {
    enum message_type type;
    size_t len;
    uint8_t bytes[KEEPER_REPLY_BYTES]; // wiped by the caller
};

// Always has an answer.
void keeper_answer(const struct keeper *k, const struct message *asked, struct keeper_reply *out);

// Answers until the launcher closes `control`, which is OK.
enum err keeper_run(const struct keeper *k, int control, struct fault *why);
