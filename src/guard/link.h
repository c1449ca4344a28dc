// SPDX-License-Identifier: Apache-2.0
#pragma once

// A link: messages between two of our own processes, over a socket pair.
//
//     header (24 bytes, little-endian)          payload
//     magic u32 | version u16 | type u16 |      length bytes, at most the
//     length u32 | reserved u32 | serial u64    limit of its type
//
// The other end is not trusted: a wrong magic, version, type or length is
// ERR_CORRUPT, and the link must be closed.  message_types[] (message.h) is the whole
// table: which type, who may send it to whom, the smallest and largest payload.
// Not for two threads at once.

#include "base/buf.h"
#include "base/err.h"
#include "guard/message.h"

struct link;

// Takes the descriptor over (non-blocking from here on).  `self` and `peer` decide
// which types may go which way.
struct link *link_new(int fd, enum process self, enum process peer);
void link_free(struct link *l); // closes
int link_fd(const struct link *l);

// Queues a message (copies).  ERR_LIMIT when more than queue_bytes_max would wait.
enum err link_send(struct link *l, enum message_type type, uint64_t serial, struct slice payload,
                   struct fault *why);
// The same of a payload in two pieces, one behind the other.
enum err link_send_pieces(struct link *l, enum message_type type, uint64_t serial,
                          const struct slice pieces[2], struct fault *why);
size_t link_queued(const struct link *l);
// Writes what the socket takes now.  ERR_UNAVAILABLE when the peer is gone.
enum err link_flush(struct link *l, struct fault *why);

struct message {
    enum message_type type;
    uint64_t serial;
    struct slice payload; // good until the next link_receive()
};

// Reads what is there now; *out_got says whether a whole message came of it.
enum err link_receive(struct link *l, struct message *out, bool *out_got, struct fault *why);

// For the fixed dialogues with keeper: send, flush, wait for the answer of `want`.
enum err link_ask(struct link *l, enum message_type type, struct slice payload,
                  enum message_type want, struct message *out, int timeout_ms, struct fault *why);

// The header on its own, for control.c, the fuzzer and link_receive().
enum { MESSAGE_MAGIC = 0x4b4c5354, MESSAGE_VERSION = 1, MESSAGE_HEADER_BYTES = 24 };

void message_header_encode(struct buf *out, enum message_type type, uint32_t length,
                           uint64_t serial);

struct message_header {
    uint16_t type;
    uint32_t length;
    uint64_t serial;
};
enum err message_header_decode(struct slice bytes, enum process from, enum process to,
                               struct message_header *out, struct fault *why);
