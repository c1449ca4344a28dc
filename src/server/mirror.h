// SPDX-License-Identifier: Apache-2.0
#pragma once

// The process mirror, once it is sandboxed: follows every source of the policy and
// hands admitted changesets to serve.
//
//     source thread (one a source)           main thread (the caller of mirror_run)
//     connect, check, copy, stream           owns both links and the control socket
//     raw rows -> sieve -> changeset  ──▶    queue -> MESSAGE_CHANGESET -> serve
//     confirm to PostgreSQL           ◀──    MESSAGE_DURABLE
//
// Nothing else keeps a position: serve's store has it, in the record that has the
// rows, and every start asks for it (MESSAGE_POSITION_ASK, answered by a position as
// in mirror_position.h).  MESSAGE_HELLO is sent first on each new link to serve, and
// needs no answer.  MESSAGE_DURABLE's serial is that of the last durable changeset;
// serials count up over all sources and start at 1 on each new link.
//
// What the sandbox must allow: threads (clone3/clone, futex, set_robust_list, rseq,
// rt_sigprocmask, mmap), eventfd, poll, connect over TCP and unix sockets, reading
// /etc/resolv.conf, /etc/hosts, /etc/nsswitch.conf, /etc/ssl, and ~/.postgresql.

#include "base/err.h"
#include "guard/link.h"
#include "policy/policy.h"

struct mirror_context {
    struct link *keeper;         // taken over; NULL: wait until one comes over `control`
    struct link *serve;          // taken over; NULL: wait until one comes over `control`
    int control;                 // stays the caller's; new links come here (guard/control.h)
    const struct policy *policy; // outlives the call
};

// Runs until the launcher closes the control socket, which is OK.  A source that fails
// is tried again for ever and says why in MESSAGE_MIRROR_STATE; only what would hit
// every source ends the call: no keys from keeper, no memory for threads.
enum err mirror_run(const struct mirror_context *context, struct fault *why);
