// SPDX-License-Identifier: Apache-2.0
#pragma once

// A source: some tables of one PostgreSQL database, first copied whole, then followed.
//
//     source_open(&spec, &source, why)            connect and find out
//     source_copy(source, &sink, &from, why)      slot + snapshot + COPY, into the sink
//     source_stream(source, from, &sink, why)     START_REPLICATION, until it fails
//     source_close(source)
//
// Knows no policy: it is told which columns of which tables to bring, and brings them
// as raw values.  Raw values are in memory only and never in words.
//
// One thread per source.  Every call waits in poll() with the sink's wake descriptor,
// and ends with ERR_UNAVAILABLE soon after the sink says it is stopping.  Any error
// means: close, wait a little, open again, and go on from the last durable position.

#include "base/err.h"
#include "base/slice.h"
#include "data/changeset.h"
#include "data/raw.h"

struct source;

struct source_table {
    const char *schema_name, *name;
    uint32_t column_count;
    const char *const *columns; // what to bring, in the order of the raw values
    uint32_t key_count;
    const uint32_t *keys; // index into columns, in key order
};

struct source_login {
    const char *user;
    const char *password; // NULL: none, or libpq's own ~/.pgpass
};

// Everything in it outlives the source.
struct source_spec {
    const char *name;
    const char *conninfo; // without user and password
    struct source_login replication, copy;
    const char *publication, *slot;
    uint32_t table_count;
    const struct source_table *tables;
    // True: the publication may be made or altered to bring `tables`.  False after a
    // first copy under the same policy: a publication that changed since then is a
    // question for people, as a renamed column may now hold something else.
    bool may_publish;
};

// For people: how far it is.
struct source_progress {
    uint32_t table;          // copying: which
    uint64_t rows_done;      // of it
    double rows_estimated;   // of it, by the server's statistics; -1 unknown
    uint64_t server_end_lsn; // streaming: how far the server's log goes, as last told
};

// Where raw rows go, and how the source learns what became of them.
struct source_sink {
    void *context;
    // A row; `table` counts within the spec.  values and old_key as in policy/sieve.h:
    // values NULL for ROW_TRUNCATE, old_key NULL but for ROW_MOVE.
    enum err (*row)(void *context, uint32_t table, enum row_op op, const struct raw *values,
                    const struct raw *old_key, struct fault *why);
    // All rows up to here are whole transactions, and end_lsn is the end of the last.
    // Without rows since the last call and commit_time_ms 0: the source's log went on with
    // nothing for us in it.
    enum err (*commit)(void *context, uint64_t end_lsn, int64_t commit_time_ms, struct fault *why);
    // Nothing more can be read right now.
    enum err (*idle)(void *context, struct fault *why);
    // The sink holds all it may: do not read on until wake_fd says something.
    bool (*is_full)(void *context);
    // The end of the last transaction that is durable with all before it; 0 when none yet.
    uint64_t (*durable)(void *context);
    bool (*is_stopping)(void *context);
    // For people: what it does now, how far the server is.
    void (*progress)(void *context, const struct source_progress *p);
    int wake_fd; // an eventfd; readable when durable, is_full or is_stopping may have changed
};

// What the server says of itself and of our slot.
struct source_facts {
    uint64_t system_id;
    uint32_t timeline;
    uint64_t server_end_lsn;
    bool has_slot;
    bool slot_is_lost;            // wal_status lost: the server threw its log away
    uint64_t confirmed_flush_lsn; // of the slot
    uint32_t publication_mark;    // changes when a table left the publication or came back
    uint64_t timeline_switch_lsn; // where the server's timeline began; 0 for the first
};

// Connects with both roles and runs the preflight (pg_preflight.h).  ERR_INVALID: the
// database is not as it must be, words say what to do.  ERR_DENIED: a role may not.
// ERR_UNAVAILABLE: the server is away.
enum err source_open(const struct source_spec *spec, const struct source_sink *sink,
                     struct source **out, struct fault *why);
void source_close(struct source *s); // NULL is fine

const struct source_facts *source_facts(const struct source *s);

// Drops our slot if there is one, makes it anew, and brings every row of every table as
// it is at *out_lsn, as ROW_PUT.  No commit() is called.
enum err source_copy(struct source *s, const struct source_sink *sink, uint64_t *out_lsn,
                     struct fault *why);

// Brings every transaction that ends after `from`.  Never returns OK.
enum err source_stream(struct source *s, uint64_t from, const struct source_sink *sink,
                       struct fault *why);
