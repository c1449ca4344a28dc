// SPDX-License-Identifier: Apache-2.0
#pragma once

// What strangers ask of a server they have found: the requests of LeakIX, nuclei and Shodan,
// and more that gives something away when it is answered without a credential.
//
// A table, and nothing is sent from here.  Every question only reads.  Whether an answer gives
// what it was asked for is decided by its shape, never by its status alone: a page that says 200
// to everything gives nothing.  Pure.

#include "base/arena.h"
#include "base/slice.h"

enum store_kind {
    STORE_ELASTICSEARCH, // and OpenSearch
    STORE_DASHBOARDS,    // Kibana, OpenSearch Dashboards
    STORE_CLICKHOUSE,
    STORE_COUCHDB,
    STORE_ETCD,
    STORE_REDIS,
    STORE_MONGODB,
    STORE_MEMCACHED,
    STORE_KINDS,
};

// What an answer shows, the worst last.
enum gives { GIVES_NOTHING, GIVES_BANNER, GIVES_NAMES, GIVES_ROWS };

struct stranger_reply {
    long status;       // of HTTP; 0 for bytes over a bare connection
    struct slice body; // as it came
};

// GIVEN: the answer is what was asked for.  REFUSED: it is this store's, or HTTP's, no.
enum answer { ANSWER_OTHER, ANSWER_REFUSED, ANSWER_GIVEN };

struct stranger_question {
    enum store_kind store;
    enum gives gives;
    const char *method; // NULL: `body` goes over a bare connection
    const char *path;   // or a name for it
    const char *header; // or NULL
    struct slice body;
    enum answer (*read)(const struct stranger_reply *r, struct arena *scratch);
};

// By place in the table; NULL behind its end.  Those of a store follow each other.
const struct stranger_question *stranger_at(unsigned place);

const char *store_name(enum store_kind store);
uint16_t store_port(enum store_kind store); // where it listens when nobody says otherwise
bool store_is_http(enum store_kind store);
