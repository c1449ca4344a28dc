// SPDX-License-Identifier: Apache-2.0
#pragma once

// tamis.yml: how this installation runs.  What may enter is policy.yml's business.
//
// One map of `key: value`; `search` and `users` have a map inside.  Strict: an unknown key, a key
// twice, a value of the wrong kind is ERR_INVALID with "tamis.yml line L: ...".  What is not there
// has its default.  Pure: reads no file and asks nobody.
//
//     listen: 127.0.0.1:9200          cluster_name: tamis         node_name: host-1
//     cluster_uuid: 22 characters     connections: 1024           connections_per_address: 256
//     idle_seconds: 60                request_seconds: 300        seal_rows: 1048576
//     log_bytes: 268435456
//     search: {threads: 8, memory_bytes: 1073741824, memory_bytes_all: 8589934592,
//              max_buckets: 65536, cache_bytes: 134217728}
//     audit: {witness: /mnt/elsewhere, keep_days: 400, max_bytes: 17179869184}
//     tls: {client_ca: tls/clients.crt}
//     users: {keeper: 61841, mirror: 61842, serve: tamis-serve}

#include "base/err.h"
#include "base/slice.h"
#include "guard/message.h"
#include "server/endpoint.h"

enum {
    CONFIG_NAME_BYTES = 256,
    CONFIG_UUID_BYTES = 23,
    CONFIG_USER_BYTES = 64,
    CONFIG_PATH_BYTES = 1024,
    CONFIG_CONNECTIONS_MAX = 8192, // a thread each
};

struct config {
    struct endpoint listen;
    char cluster_name[CONFIG_NAME_BYTES];
    char node_name[CONFIG_NAME_BYTES];    // empty: the host's
    char cluster_uuid[CONFIG_UUID_BYTES]; // empty: none was made
    uint32_t connections;                 // a thread each
    uint32_t connections_per_address;
    uint32_t idle_seconds;    // a connection without traffic
    uint32_t request_seconds; // one request, from its first byte to the reply's last
    uint32_t seal_rows;       // see struct store_options
    uint64_t log_bytes;
    uint64_t segments_memory_bytes;               // 0: two fifths of the machine's
    uint32_t search_threads;                      // that work on one search; 0: one a core
    uint64_t search_memory_bytes;                 // of one search
    uint64_t search_memory_bytes_all;             // of all together; 0: half of the machine's
    uint32_t search_buckets_max;                  // of one answer
    uint64_t search_cache_bytes;                  // of answers kept; 0: none are
    char audit_witness[CONFIG_PATH_BYTES];        // directory elsewhere for heads; empty: none
    uint32_t audit_keep_days;                     // of the audit log
    uint64_t audit_bytes_max;                     // of it
    char tls_client_ca[CONFIG_PATH_BYTES];        // who signs clients' certificates; empty: none
    char users[PROCESS_COUNT][CONFIG_USER_BYTES]; // name or number; used when started as root
};

void config_default(struct config *out);
enum err config_parse(struct slice yaml, struct config *out, struct fault *why);
