// SPDX-License-Identifier: Apache-2.0
#pragma once

// The message table between the processes.  All of it is here.

#include "base/err.h"
#include "base/slice.h"

enum process { PROCESS_LAUNCHER, PROCESS_KEEPER, PROCESS_MIRROR, PROCESS_SERVE, PROCESS_COUNT };

const char *process_name(enum process p);

enum message_type {
    // launcher -> any: here is your end of a new link to `payload[0]` (enum process); the
    // descriptor rides along (SCM_RIGHTS).  See control.h for the other eight bytes.
    MESSAGE_LINK = 1,
    // mirror -> keeper: the key of a label ("pseudonym/device"), zero-padded to 128 bytes
    MESSAGE_KEY_ASK,
    MESSAGE_KEY, // keeper -> mirror: 32 bytes
    // mirror -> keeper: contents of a password file the policy names (128 bytes)
    MESSAGE_PASSWORD_ASK,
    MESSAGE_PASSWORD, // keeper -> mirror: up to 1024 bytes
    // serve -> keeper: sign with the server's key; payload: enum sign_domain (1 byte),
    // a digest (32)
    MESSAGE_SIGN_ASK,
    MESSAGE_SIGNATURE, // keeper -> serve: 64 bytes
    MESSAGE_REFUSED,   // keeper -> any: the words why
    // mirror -> serve: who am I talking to; payload: schema fingerprint (8 bytes)
    MESSAGE_HELLO,
    // mirror -> serve: where does this source stand (name, 64 bytes); serve answers
    MESSAGE_POSITION_ASK,
    // serve -> mirror: struct position, encoded (server/mirror_position.h)
    MESSAGE_POSITION,
    // mirror -> serve: an encoded admitted changeset; serial counts up
    MESSAGE_CHANGESET,
    // serve -> mirror: changesets up to and with this serial are durable; no payload
    MESSAGE_DURABLE,
    // mirror -> serve: state of each source in words and numbers, JSON, for tamis status
    MESSAGE_MIRROR_STATE,
    // serve -> mirror: part of a push (data/push.h): 1 in its first byte for the last part,
    // else 0, and bytes; all parts together are head and body; serial: which push
    MESSAGE_PUSH,
    MESSAGE_PUSH_ROWS,  // mirror -> serve: an encoded admitted changeset of this push
    MESSAGE_PUSH_ITEMS, // mirror -> serve: some of its items (count u32), and texts
    // mirror -> serve: that is all of it; enum err, and words when it is not OK
    MESSAGE_PUSHED,
    MESSAGE_READY,     // serve -> launcher: requests are answered from now on; no payload
    MESSAGE_COMPLAINT, // serve -> launcher: mirror broke the rules, start it anew; no payload
    // launcher -> serve: take this certificate from now on; the descriptors of key, certificate
    // and,
    // where clients show one, their authorities ride along; no payload
    MESSAGE_CERTIFICATE,
    // serve -> keeper: open a sealed value for a warrant (guard/warrant_ask.h)
    MESSAGE_OPEN_ASK,
    MESSAGE_OPENED, // keeper -> serve: it, locked for who holds the warrant
    // serve -> keeper: these pseudonyms under another layer (guard/relayer_ask.h)
    MESSAGE_RELAYER_ASK,
    MESSAGE_RELAYERED, // keeper -> serve: they are, in their order
    MESSAGE_TYPE_COUNT
};

struct message_rule {
    const char *name;
    enum process from, to; // PROCESS_COUNT as `to`: any
    uint32_t length_min, length_max;
};

extern const struct message_rule message_rules[MESSAGE_TYPE_COUNT];
