// SPDX-License-Identifier: Apache-2.0
#include "access/ratchet_private.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/reader.h"
#include "keys/catalog_key.h"

#include <stdio.h>
#include <stdlib.h>

// ratchet    seq, at_ms, due_ms, of_seq, act, kind, subject, who, value, signature
//
// What is signed is the BLAKE2b-256 of
//
//     "tamis ratchet 1\n" | seq u64 | at_ms u64 | due_ms u64 | of u64 | act u8 |
//     kind, subject, who, value (each with its length before it) | hash of the entry before (32)
//
// so that no two entries give the same bytes and none can move.  keys/ratchet.head is
// seq u64 | hash (32) of the last one.  The entry is in the catalogue before the head moves: a
// crash between leaves one signed entry more than the head knows, which is taken.
static const char layout[] =
    "CREATE TABLE IF NOT EXISTS ratchet (seq INTEGER PRIMARY KEY NOT NULL,"
    " at_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, of_seq INTEGER NOT NULL,"
    " act INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, who TEXT NOT NULL,"
    " value BLOB NOT NULL, signature BLOB NOT NULL) STRICT;";

static const char head_name[] = "keys/ratchet.head";
static const char domain[] = "tamis ratchet 1\n";

enum { NOTE_BYTES = 512 };

enum { HEAD_BYTES = 8 + RATCHET_HASH_BYTES, VALUES_BYTES = 512 << 20, ENTRIES_MAX = 100000 };

const char *ratchet_act_name(enum ratchet_act a)
{
    static const char *const names[RATCHET_ACT_COUNT] = {
        [RATCHET_START] = "start",       [RATCHET_TIGHTEN] = "tighten",
        [RATCHET_PROPOSE] = "propose",   [RATCHET_APPROVE] = "approve",
        [RATCHET_WITHDRAW] = "withdraw",
    };
    return names[a];
}

static void hash_entry(const struct ratchet *r, const struct ratchet_entry *e,
                       uint8_t out[RATCHET_HASH_BYTES])
{
    static const uint8_t nothing[RATCHET_HASH_BYTES];
    struct buf bytes AUTO(buf_donep) = buf_init(SIZE_MAX / 2);
    buf_text(&bytes, domain);
    buf_u64_le(&bytes, (uint64_t)e->seq);
    buf_u64_le(&bytes, (uint64_t)e->at_ms);
    buf_u64_le(&bytes, (uint64_t)e->due_ms);
    buf_u64_le(&bytes, (uint64_t)e->of);
    buf_u8(&bytes, (uint8_t)e->act);
    buf_blob(&bytes, slice_text(e->kind));
    buf_blob(&bytes, slice_text(e->subject));
    buf_blob(&bytes, slice_text(e->who));
    buf_blob(&bytes, e->value);
    buf_bytes(&bytes, e->seq > 1 ? r->entries[e->seq - 2].hash : nothing, RATCHET_HASH_BYTES);
    plain_hash(buf_slice(&bytes), out);
}

static struct ratchet_entry *entry_room(struct ratchet *r)
{
    if (r->count == r->room) {
        r->room = r->room ? r->room * 2 : 64;
        r->entries = realloc(r->entries, r->room * sizeof *r->entries);
        CHECK(r->entries != NULL);
    }
    return &r->entries[r->count];
}

// The next row as it stands; not yet believed.
static void read_row(struct ratchet *r, sqlite3_stmt *row, struct ratchet_entry *out)
{
    *out = (struct ratchet_entry){.seq = sqlite3_column_int64(row, 0),
                                  .at_ms = sqlite3_column_int64(row, 1),
                                  .due_ms = sqlite3_column_int64(row, 2),
                                  .of = sqlite3_column_int64(row, 3),
                                  .act = (enum ratchet_act)sqlite3_column_int(row, 4)};
    catalog_text(row, 5, out->kind, sizeof out->kind);
    catalog_text(row, 6, out->subject, sizeof out->subject);
    catalog_text(row, 7, out->who, sizeof out->who);
    const void *value = sqlite3_column_blob(row, 8);
    int len = sqlite3_column_bytes(row, 8);
    out->value = value ? arena_copy(r->values, slice_of(value, (size_t)len)) : slice_of("", 0);
}

static enum err take_row(struct ratchet *r, sqlite3_stmt *row, struct fault *why)
{
    int64_t seq = (int64_t)r->count + 1;
    if (sqlite3_column_int64(row, 0) != seq)
        return fail(why, ERR_CORRUPT, "catalog.db: entry %lld of the ratchet is missing",
                    (long long)seq);
    if (seq > ENTRIES_MAX || sqlite3_column_bytes(row, 8) > LIMIT_POLICY_BYTES)
        return fail(why, ERR_LIMIT, "catalog.db: entry %lld of the ratchet is too large",
                    (long long)seq);
    struct ratchet_entry *entry = entry_room(r);
    read_row(r, row, entry);
    hash_entry(r, entry, entry->hash);
    const void *signature = sqlite3_column_blob(row, 9);
    bool is_known = entry->act >= RATCHET_START && entry->act < RATCHET_ACT_COUNT;
    if (!is_known || sqlite3_column_bytes(row, 9) != SIGNATURE_BYTES ||
        !sign_verify(r->public_key, slice_of(entry->hash, sizeof entry->hash), signature))
        return fail(why, ERR_CORRUPT,
                    "catalog.db: entry %lld of the ratchet is not as it was signed; somebody "
                    "changed it, or it is another installation's",
                    (long long)seq);
    r->count++;
    return OK;
}

static enum err read_all(struct ratchet *r, struct fault *why)
{
    sqlite3_stmt *rows AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_do(r->catalog, layout, why);
    if (!e)
        e = catalog_prepare(r->catalog,
                            "SELECT seq, at_ms, due_ms, of_seq, act, kind, subject, who, value,"
                            " signature FROM ratchet ORDER BY seq",
                            &rows, why);
    if (e)
        return e;
    int rc = sqlite3_step(rows);
    for (; !e && rc == SQLITE_ROW; rc = sqlite3_step(rows))
        e = take_row(r, rows, why);
    if (e)
        return e;
    return rc == SQLITE_DONE ? OK : catalog_fail(r->catalog, "read the ratchet", why);
}

static enum err write_head(struct ratchet *r, struct fault *why)
{
    const struct ratchet_entry *last = &r->entries[r->count - 1];
    struct buf head AUTO(buf_donep) = buf_init(HEAD_BYTES);
    buf_u64_le(&head, (uint64_t)last->seq);
    buf_bytes(&head, last->hash, sizeof last->hash);
    return world_write_file(&r->dir, head_name, buf_slice(&head), why);
}

// Without a head there may be no entry either, or catalog.db could be emptied, and the head
// taken away, by whoever can do the one and the other in turn.
static enum err check_head(struct ratchet *r, struct fault *why)
{
    struct buf head AUTO(buf_donep) = buf_init(HEAD_BYTES + 1);
    enum err e = world_read_file(&r->dir, head_name, &head, why);
    if (e == ERR_NOT_FOUND && r->count <= 1)
        return r->count ? write_head(r, why) : OK;
    if (e)
        return fail_in(why, e == ERR_NOT_FOUND ? ERR_CORRUPT : e, "the ratchet's head");
    struct reader in = reader_over(buf_slice(&head));
    uint64_t seq = reader_u64_le(&in);
    if (head.len != HEAD_BYTES || seq == 0)
        return fail(why, ERR_CORRUPT, "%s is not of %d bytes", head_name, HEAD_BYTES);
    if (seq > r->count)
        return fail(why, ERR_CORRUPT,
                    "catalog.db has %u entries of the ratchet, and there were %llu: an older one "
                    "was put in its place; restore keys/ and access/ from the same backup",
                    r->count, (unsigned long long)seq);
    if (memcmp(head.at + 8, r->entries[seq - 1].hash, RATCHET_HASH_BYTES) != 0)
        return fail(why, ERR_CORRUPT, "catalog.db: entry %llu of the ratchet is another one",
                    (unsigned long long)seq);
    return seq < r->count ? write_head(r, why) : OK;
}

// What it notes for the audit log is under the catalogue's seal.
static void lend_key(struct ratchet *r, const struct key_ring *ring)
{
    uint8_t key[KEY_BYTES];
    catalog_key_derive(ring, key);
    catalog_lend(r->catalog, key);
    wipe(key, sizeof key);
}

enum err ratchet_open(const char *access, const struct world *dir, const struct key_ring *ring,
                      struct ratchet **out, struct fault *why)
{
    struct ratchet *r = calloc(1, sizeof *r);
    CHECK(r != NULL);
    r->dir = *dir;
    r->now_ms = now_ms;
    r->values = arena_new(VALUES_BYTES);
    key_ring_derive(ring, "sign/ratchet", r->seed);
    sign_public(r->seed, r->public_key);
    enum err e = catalog_open(access, false, &r->catalog, why);
    if (!e)
        lend_key(r, ring);
    if (!e)
        e = read_all(r, why);
    if (!e)
        e = check_head(r, why);
    if (e) {
        ratchet_close(r);
        return e;
    }
    *out = r;
    return OK;
}

void ratchet_close(struct ratchet *r)
{
    if (!r)
        return;
    catalog_close(r->catalog);
    arena_free(r->values);
    free(r->entries);
    wipe(r, sizeof *r);
    free(r);
}

void ratchet_clock(struct ratchet *r, int64_t (*clock_ms)(void))
{
    r->now_ms = clock_ms;
}

const struct ratchet_entry *ratchet_entries(const struct ratchet *r, uint32_t *out_count)
{
    *out_count = r->count;
    return r->entries;
}

static void bind_entry(sqlite3_stmt *row, const struct ratchet_entry *e, const uint8_t *signature)
{
    const int64_t numbers[] = {e->seq, e->at_ms, e->due_ms, e->of, e->act};
    for (int i = 0; i < 5; i++)
        sqlite3_bind_int64(row, i + 1, numbers[i]);
    catalog_bind(row, 6, slice_text(e->kind));
    catalog_bind(row, 7, slice_text(e->subject));
    catalog_bind(row, 8, slice_text(e->who));
    sqlite3_bind_blob(row, 9, e->value.len ? (const void *)e->value.at : "", (int)e->value.len,
                      SQLITE_TRANSIENT);
    sqlite3_bind_blob(row, 10, signature, SIGNATURE_BYTES, SQLITE_TRANSIENT);
}

// For the audit log, which serve keeps.
static enum err note(struct ratchet *r, const struct ratchet_entry *entry, struct fault *why)
{
    struct buf words AUTO(buf_donep) = buf_init(NOTE_BYTES);
    struct buf action AUTO(buf_donep) = buf_init(NOTE_BYTES);
    const struct ratchet_entry *now = ratchet_in_force(r, entry->kind, entry->subject);
    bool is_person = entry->act != RATCHET_START && entry->act != RATCHET_TIGHTEN;
    buf_print(&action, "%s.%s", entry->kind, ratchet_act_name(entry->act));
    if (now)
        buf_print(&words, "version %lld -> ", (long long)now->seq);
    else
        buf_text(&words, "none -> ");
    buf_print(&words, "version %lld", (long long)entry->seq);
    if (entry->act == RATCHET_PROPOSE)
        buf_text(&words, ", not in force until it is approved");
    else if (entry->of)
        buf_print(&words, ", which is proposal %lld%s", (long long)entry->of,
                  entry->act == RATCHET_WITHDRAW ? ", withdrawn" : "");
    const struct slice who = slice_text(entry->who);
    return catalog_note_add(
        r->catalog,
        &(struct access_note){.at_ms = entry->at_ms,
                              .who = is_person ? who : slice_text(""),
                              .via = is_person ? slice_text("command line") : who,
                              .action = buf_slice(&action),
                              .name = slice_text(entry->subject),
                              .words = buf_slice(&words)},
        why);
}

static enum err insert(struct ratchet *r, const struct ratchet_entry *entry, struct fault *why)
{
    uint8_t signature[SIGNATURE_BYTES];
    sign(r->seed, slice_of(entry->hash, sizeof entry->hash), signature);
    sqlite3_stmt *row AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(
        r->catalog, "INSERT INTO ratchet VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)", &row, why);
    if (e)
        return e;
    bind_entry(row, entry, signature);
    e = catalog_begin(r->catalog, why);
    if (e)
        return e;
    e = catalog_finish(r->catalog, row, why);
    if (!e)
        e = note(r, entry, why);
    e = catalog_end(r->catalog, e, why);
    return e == ERR_CONFLICT ? fail(why, e, "somebody else changed it just now; look again") : e;
}

enum err ratchet_add(struct ratchet *r, const struct ratchet_entry *draft, struct fault *why)
{
    if (r->count == ENTRIES_MAX || draft->value.len > LIMIT_POLICY_BYTES)
        return fail(why, ERR_LIMIT, "the ratchet takes no more than %d entries of %d bytes",
                    ENTRIES_MAX, LIMIT_POLICY_BYTES);
    struct ratchet_entry *entry = entry_room(r);
    *entry = *draft;
    entry->seq = (int64_t)r->count + 1;
    entry->at_ms = r->now_ms();
    if (draft->act == RATCHET_PROPOSE && draft->due_ms)
        entry->due_ms = entry->at_ms + RATCHET_WAIT_MS;
    entry->value = arena_copy(r->values, draft->value);
    hash_entry(r, entry, entry->hash);
    enum err e = insert(r, entry, why);
    if (e)
        return e;
    r->count++;
    return write_head(r, why);
}

enum err ratchet_since(struct ratchet *r, const char *who, int64_t *out_ms, struct fault *why)
{
    return catalog_user_since(r->catalog, slice_text(who), out_ms, why);
}

enum err ratchet_admins(struct ratchet *r, int64_t *out_count, struct fault *why)
{
    return catalog_admin_count(r->catalog, out_count, why);
}
