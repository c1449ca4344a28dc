// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sends a probe's questions (watch/stranger.h) to one address, and says who asks: a header
// `User-Agent: tamis-probe/VERSION`.  No credential, no cookie, no redirect, no proxy.

#include "watch/probe.h"

enum way { WAY_HTTPS, WAY_HTTP, WAY_BARE }; // BARE: bytes over TCP

struct probe_target {
    enum way way;
    const char *host; // a name, or a number ("[::1]" of IPv6)
    uint16_t port;
    // The authority that must have signed the certificate; NULL: as a stranger, the certificate
    // is not looked at.
    const char *ca_file;
    unsigned per_second; // questions at most
};

struct probe_line;

enum err probe_line_open(const struct probe_target *to, struct probe_line **out, struct fault *why);
void probe_line_close(struct probe_line *l); // NULL is fine

// Good as long as the line.
struct probe_ask probe_line_ask(struct probe_line *l);

// All kinds of store that are asked in this way, or that one's usual port is `port`.
uint32_t probe_stores(enum way way);

// Asks `host` at `port` in every way and keeps the worst answer: TLS, plain HTTP, bare bytes.
struct probe_place {
    const char *host;
    uint16_t port;
    uint32_t ways;   // a bit for each to try
    uint32_t stores; // a bit for each to look for
    unsigned per_second;
};

// `address` becomes what answered: "https://127.0.0.1:9200", "127.0.0.1:6379".
enum { PROBE_ADDRESS_BYTES = 320 };

void probe_place(const struct probe_place *p, struct arena *memory, struct probe_result *out,
                 char address[PROBE_ADDRESS_BYTES]);
