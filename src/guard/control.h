// SPDX-License-Identifier: Apache-2.0
#pragma once

// The control socket: the one line between the launcher and each of its children.
//
// Downwards go the ends of links and, to serve, files to read (SCM_RIGHTS), upwards go serve's two
// words: that it answers requests, and that mirror must be started anew.  It is a SOCK_SEQPACKET
// pair, so a message is one packet, with the header of link.h.  The launcher closing it is the
// order to stop: a child that reads the end (ERR_UNAVAILABLE) winds up and leaves; no signal is
// needed, and children ignore SIGINT and SIGTERM.
//
// A peer that died is started again, and then a new MESSAGE_LINK for the same peer
// comes: the child drops its old link to that peer and goes on with the new one.

#include "base/err.h"
#include "guard/message.h"

struct control_link {
    enum process peer;
    uint32_t peer_pid;    // for tamis status
    uint32_t peer_starts; // how often the launcher has started it, from 1
};

// Two ends, close-on-exec, both non-blocking.
enum err control_pair(int out_ends[2], struct fault *why);
// A pair for a link (SOCK_STREAM), to be handed to two children.
enum err control_link_pair(int out_ends[2], struct fault *why);

// Launcher: hands `fd` to the child at the other end of `control`; `fd` stays the caller's.
enum err control_send_link(int control, const struct control_link *link, int fd, struct fault *why);

enum { CONTROL_FILES_MAX = 3 };

// Launcher: hands files that are open for reading to serve (MESSAGE_CERTIFICATE); they stay the
// caller's.
enum err control_send_files(int control, const int *files, size_t count, struct fault *why);

struct control_news {       // what the launcher said
    enum message_type type; // MESSAGE_LINK, MESSAGE_CERTIFICATE
    struct control_link link;
    int files[CONTROL_FILES_MAX]; // the caller's; of a link there is one, the link's end
    size_t file_count;
};

// Child: takes one message if there is one (*out_got).  ERR_UNAVAILABLE: the launcher closed, so
// stop.  ERR_CORRUPT: stop too.
enum err control_receive_news(int control, enum process self, struct control_news *out,
                              bool *out_got, struct fault *why);

// The same for who is told of links only.  Takes one message if there is one (*out_got).  *out_fd
// is then the caller's. ERR_UNAVAILABLE: the launcher closed, so stop.  ERR_CORRUPT: stop too.
enum err control_receive(int control, enum process self, struct control_link *out, int *out_fd,
                         bool *out_got, struct fault *why);

// Serve says a word (MESSAGE_READY, MESSAGE_COMPLAINT); the launcher hears it.
enum err control_say(int control, enum message_type word, struct fault *why);
enum err control_hear(int control, enum message_type *out_word, bool *out_got, struct fault *why);
