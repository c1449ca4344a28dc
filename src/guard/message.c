// SPDX-License-Identifier: Apache-2.0
#include "guard/message.h"

#include "base/limits.h"

const char *process_name(enum process p)
{
    static const char *const names[PROCESS_COUNT] = {
        [PROCESS_LAUNCHER] = "launcher",
        [PROCESS_KEEPER] = "keeper",
        [PROCESS_MIRROR] = "mirror",
        [PROCESS_SERVE] = "serve",
    };
    return (unsigned)p < PROCESS_COUNT ? names[p] : "nobody";
}

#define L PROCESS_LAUNCHER
#define K PROCESS_KEEPER
#define M PROCESS_MIRROR
#define S PROCESS_SERVE

enum {
    STATE_BYTES = 256 << 10,
    POSITION_BYTES = 141,
    PUSH_PART_BYTES = (1 << 20) + 1,
    OPEN_ASK_BYTES = 32 << 10
};

const struct message_rule message_rules[MESSAGE_TYPE_COUNT] = {
    [MESSAGE_LINK] = {"link", L, PROCESS_COUNT, 9, 9},
    [MESSAGE_KEY_ASK] = {"key-ask", M, K, 128, 128},
    [MESSAGE_KEY] = {"key", K, M, 32, 32},
    [MESSAGE_PASSWORD_ASK] = {"password-ask", M, K, 128, 128},
    [MESSAGE_PASSWORD] = {"password", K, M, 0, 1024},
    [MESSAGE_SIGN_ASK] = {"sign-ask", S, K, 33, 33},
    [MESSAGE_SIGNATURE] = {"signature", K, S, 64, 64},
    [MESSAGE_REFUSED] = {"refused", K, PROCESS_COUNT, 0, FAULT_WORDS_BYTES},
    [MESSAGE_OPEN_ASK] = {"open-ask", S, K, 1, OPEN_ASK_BYTES},
    [MESSAGE_OPENED] = {"opened", K, S, 1, OPEN_ASK_BYTES},
    [MESSAGE_RELAYER_ASK] = {"relayer-ask", S, K, 1, OPEN_ASK_BYTES},
    [MESSAGE_RELAYERED] = {"relayered", K, S, 16, OPEN_ASK_BYTES},
    [MESSAGE_HELLO] = {"hello", M, S, 8, 8},
    [MESSAGE_POSITION_ASK] = {"position-ask", M, S, 64, 64},
    [MESSAGE_POSITION] = {"position", S, M, POSITION_BYTES, POSITION_BYTES},
    [MESSAGE_CHANGESET] = {"changeset", M, S, 1, LIMIT_CHANGESET_BYTES},
    [MESSAGE_DURABLE] = {"durable", S, M, 0, 0},
    [MESSAGE_MIRROR_STATE] = {"mirror-state", M, S, 2, STATE_BYTES},
    [MESSAGE_PUSH] = {"push", S, M, 2, PUSH_PART_BYTES},
    [MESSAGE_PUSH_ROWS] = {"push-rows", M, S, 1, LIMIT_CHANGESET_BYTES},
    [MESSAGE_PUSH_ITEMS] = {"push-items", M, S, 4, LIMIT_CHANGESET_BYTES},
    [MESSAGE_PUSHED] = {"pushed", M, S, 1, 1 + FAULT_WORDS_BYTES},
    [MESSAGE_READY] = {"ready", S, L, 0, 0},
    [MESSAGE_COMPLAINT] = {"complaint", S, L, 0, 0},
    [MESSAGE_CERTIFICATE] = {"certificate", L, S, 0, 0},
};
