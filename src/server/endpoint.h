// SPDX-License-Identifier: Apache-2.0
#pragma once

// An endpoint: a numeric address and a TCP port, "127.0.0.1:9200" or "[::1]:9200".
// No name service is asked; "localhost" is 127.0.0.1.  Pure but for endpoint_listen().

#include "base/err.h"
#include "base/slice.h"

#include <sys/socket.h>

enum { ENDPOINT_TEXT_BYTES = 64 };

struct endpoint {
    struct sockaddr_storage address;
    socklen_t address_bytes;
};

enum err endpoint_parse(struct slice text, struct endpoint *out, struct fault *why);

// "127.0.0.1:9200"; and the address alone, "::1" without brackets.
void endpoint_print(const struct endpoint *e, char out[ENDPOINT_TEXT_BYTES]);
void endpoint_print_address(const struct endpoint *e, char out[ENDPOINT_TEXT_BYTES]);

// A bound, listening, non-blocking socket.  Port 0 becomes a free one in *e.
enum err endpoint_listen(struct endpoint *e, int *out_fd, struct fault *why);
