// SPDX-License-Identifier: Apache-2.0
#include "audit/journal.h"

#include "audit/segment_file.h"
#include "base/check.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    SEGMENT_BYTES = 8 << 20,
    PENDING_BYTES_MAX = 256 << 20, // queued for the next write, of all threads together
    UNSYNCED_BYTES_MAX = 64 << 20, // beyond, who writes syncs too
    SEGMENT_READ_BYTES_MAX = 512 << 20,
    SEGMENTS_MAX = 1 << 20,
    REPAIR_PAUSE_US = 100000,
    RECORD_ROOM_BYTES = 4096, // of what is around a body
    KEPT_BYTES_MAX = 4 << 20, // of a buffer that is empty again
};

struct segment_place {
    uint64_t first, bytes;
    int64_t began_ms; // time of the last entry before it; 0: unknown
};

// An entry of a thread that waits, on its stack.
struct waiter {
    struct waiter *next;
    bool is_settled;
    enum err outcome;
    struct fault why;
};

struct journal {
    const struct world *w;
    uint64_t segment_bytes;
    void (*seen)(void *context, const struct audit_leaf *leaf, struct slice body);
    void *seen_context;

    pthread_mutex_t lock; // of everything below; not held over I/O
    pthread_cond_t news;
    bool is_busy;           // somebody writes, syncs or repairs; the files are his
    struct merkle tree;     // of all that is queued or written
    struct merkle written;  // of what the system has
    struct merkle synced;   // of what the disk has
    int64_t last_ms;        // time of the last entry
    struct fault failure;   // why the last entries were given up
    struct buf pending;     // queued
    struct waiter *waiters; // whose entries these are
    bool is_broken;         // the file may not be what `written` says
    int64_t next_repair_us; // not before

    // Of whoever is busy.
    int fd;              // of the last segment
    struct buf writing;  // what he writes
    struct buf unsynced; // written since the last sync, all in the last segment
    uint64_t file_bytes; // of the last segment, written
    uint64_t synced_bytes;

    struct segment_place *segments; // oldest first; with the lock
    uint32_t segment_count;
};

// --- opening

static void add_segment(struct journal *j, uint64_t first, int64_t began_ms)
{
    struct segment_place *grown =
        realloc(j->segments, (j->segment_count + 1) * sizeof *j->segments);
    CHECK(grown != NULL);
    j->segments = grown;
    j->segments[j->segment_count++] = (struct segment_place){.first = first, .began_ms = began_ms};
}

static void add_entry(void *context, const char *name)
{
    struct journal *j = context;
    uint64_t first;
    if (segment_name_parse(name, &first) && j->segment_count < SEGMENTS_MAX)
        add_segment(j, first, 0);
}

static int by_first(const void *a, const void *b)
{
    const struct segment_place *x = a;
    const struct segment_place *y = b;
    return (x->first > y->first) - (x->first < y->first);
}

static enum err keep_time(void *context, const struct audit_record *r, const struct hash256 *leaf,
                          struct fault *why)
{
    struct journal *j = context;
    (void)leaf;
    (void)why;
    j->last_ms = r->leaf.time_ms;
    if (j->seen)
        j->seen(j->seen_context, &r->leaf, r->body);
    return OK;
}

static struct segment_place *last_segment(const struct journal *j)
{
    return &j->segments[j->segment_count - 1];
}

// The last segment only: the ones before it are whole and on the disk since it was made,
// and what happened to them since is for who verifies.
static enum err replay_last(struct journal *j, uint64_t entries_min, size_t *out_good,
                            struct fault *why)
{
    struct fault torn = {.words = "it is cut off"};
    struct buf bytes AUTO(buf_donep) = buf_init(SEGMENT_READ_BYTES_MAX);
    const struct segment_walk walk = {keep_time, j};
    struct segment_place *last = last_segment(j);
    char name[SEGMENT_NAME_BYTES];
    segment_name(last->first, name);
    enum err e = world_read_file(j->w, name, &bytes, why);
    if (e)
        return e;
    // Torn: only behind a header, and the header was synced before the name was used.
    e = segment_walk(buf_slice(&bytes), &walk, &j->tree, out_good, &torn);
    if (e && *out_good == 0)
        return fail(why, e, "%s: %s", name, torn.words);
    if (j->tree.size < last->first || j->tree.size < entries_min)
        return fail(why, ERR_CORRUPT, "%s ends at entry %llu, and there were %llu: %s", name,
                    (unsigned long long)j->tree.size, (unsigned long long)entries_min, torn.words);
    return OK;
}

static enum err continue_last(struct journal *j, size_t good, struct fault *why)
{
    const struct world_ops *ops = j->w->ops;
    struct segment_place *last = last_segment(j);
    char name[SEGMENT_NAME_BYTES];
    segment_name(last->first, name);
    uint64_t size = 0;
    enum err e = ops->open_write(j->w, name, false, &j->fd, why);
    if (!e)
        e = ops->size(j->fd, &size, why);
    if (!e && size != good)
        e = ops->truncate(j->fd, good, why);
    if (!e) // the process before us may have fallen between write and sync
        e = ops->sync(j->fd, why);
    last->bytes = j->file_bytes = j->synced_bytes = good;
    return e;
}

// A header that is on disk before anything goes into the file.
static enum err start_segment(struct journal *j, const struct merkle *before, struct fault *why)
{
    const struct world_ops *ops = j->w->ops;
    struct buf header AUTO(buf_donep) = buf_init(SEGMENT_HEADER_BYTES_MAX);
    segment_header_encode(before, &header);
    char name[SEGMENT_NAME_BYTES];
    segment_name(before->size, name);
    enum err e = world_write_file(j->w, name, buf_slice(&header), why);
    int fd = -1;
    if (!e)
        e = ops->open_write(j->w, name, false, &fd, why);
    if (e)
        return e;
    if (j->fd >= 0)
        ops->close(j->fd);
    j->fd = fd;
    j->file_bytes = j->synced_bytes = header.len;
    return OK;
}

// Its size, and the time of its first entry.
static enum err measure_one(struct journal *j, int fd, struct segment_place *s, struct fault *why)
{
    size_t header = SEGMENT_HEADER_FIXED_BYTES + merkle_peak_count(s->first) * SHA256_BYTES;
    uint8_t leaf[AUDIT_LEAF_BYTES];
    enum err e = j->w->ops->size(fd, &s->bytes, why);
    if (e || s->bytes < header + AUDIT_RECORD_HEAD_BYTES + sizeof leaf)
        return e;
    e = j->w->ops->read_at(fd, leaf, sizeof leaf, header + AUDIT_RECORD_HEAD_BYTES, why);
    s->began_ms = audit_leaf_decode(leaf).time_ms;
    return e;
}

static enum err measure(struct journal *j, struct fault *why)
{
    enum err e = OK;
    for (uint32_t i = 0; !e && i < j->segment_count; i++) {
        char name[SEGMENT_NAME_BYTES];
        segment_name(j->segments[i].first, name);
        int fd = -1;
        e = j->w->ops->open_read(j->w, name, &fd, why);
        if (e)
            return e;
        e = measure_one(j, fd, &j->segments[i], why);
        j->w->ops->close(fd);
    }
    return e;
}

static enum err open_files(struct journal *j, uint64_t entries_min, struct fault *why)
{
    enum err e = j->w->ops->list(j->w, ".", add_entry, j, why);
    if (e)
        return e;
    if (j->segment_count > 0) {
        qsort(j->segments, j->segment_count, sizeof *j->segments, by_first);
        size_t good = 0;
        e = measure(j, why);
        if (!e)
            e = replay_last(j, entries_min, &good, why);
        if (!e)
            e = continue_last(j, good, why);
    } else if (entries_min > 0) {
        e = fail(why, ERR_CORRUPT, "no entry is there, and there were %llu",
                 (unsigned long long)entries_min);
    } else {
        e = start_segment(j, &j->tree, why);
        add_segment(j, 0, 0);
        last_segment(j)->bytes = j->file_bytes;
    }
    j->written = j->synced = j->tree;
    return e;
}

enum err journal_open(const struct world *w, const struct journal_options *o, struct journal **out,
                      struct fault *why)
{
    struct journal *j = calloc(1, sizeof *j);
    CHECK(j != NULL);
    j->w = w;
    j->fd = -1;
    j->segment_bytes = o->segment_bytes ? o->segment_bytes : SEGMENT_BYTES;
    j->pending = buf_init(PENDING_BYTES_MAX);
    j->writing = buf_init(PENDING_BYTES_MAX);
    j->unsynced = buf_init(PENDING_BYTES_MAX + UNSYNCED_BYTES_MAX);
    CHECK(pthread_mutex_init(&j->lock, NULL) == 0);
    CHECK(pthread_cond_init(&j->news, NULL) == 0);
    j->seen = o->seen;
    j->seen_context = o->seen_context;
    enum err e = open_files(j, o->entries_min, why);
    if (e) {
        journal_close(j);
        return fail_in(why, e, "audit log");
    }
    *out = j;
    return OK;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    if (j->fd >= 0)
        j->w->ops->close(j->fd);
    buf_done(&j->pending);
    buf_done(&j->writing);
    buf_done(&j->unsynced);
    free(j->segments);
    pthread_cond_destroy(&j->news);
    pthread_mutex_destroy(&j->lock);
    free(j);
}

// --- whoever is busy, without the lock

static enum err sync_file(struct journal *j, struct fault *why)
{
    if (j->unsynced.len == 0)
        return OK;
    enum err e = j->w->ops->sync(j->fd, why);
    if (e)
        return e;
    j->synced_bytes = j->file_bytes;
    buf_reset(&j->unsynced);
    return OK;
}

// Cut to what the disk has, and what the system was given is given again.
static enum err repair_file(struct journal *j, struct fault *why)
{
    const struct world_ops *ops = j->w->ops;
    enum err e = ops->truncate(j->fd, j->synced_bytes, why);
    if (!e)
        e = ops->write(j->fd, buf_slice(&j->unsynced), why);
    if (!e)
        e = ops->sync(j->fd, why);
    if (e)
        return e;
    j->file_bytes = j->synced_bytes += j->unsynced.len;
    buf_reset(&j->unsynced);
    return OK;
}

static enum err write_queued(struct journal *j, struct fault *why)
{
    enum err e = j->w->ops->write(j->fd, buf_slice(&j->writing), why);
    if (e)
        return e;
    buf_slice_add(&j->unsynced, buf_slice(&j->writing));
    j->file_bytes += j->writing.len;
    buf_reset(&j->writing);
    return OK;
}

// --- with the lock

static void begin(struct journal *j)
{
    j->is_busy = true;
    pthread_mutex_unlock(&j->lock);
}

static void end(struct journal *j)
{
    pthread_mutex_lock(&j->lock);
    j->is_busy = false;
    last_segment(j)->bytes = j->file_bytes;
    pthread_cond_broadcast(&j->news);
}

static void settle(struct waiter *all, enum err outcome, const struct fault *why)
{
    while (all) {
        struct waiter *next = all->next; // it may go once it is settled
        all->outcome = outcome;
        if (outcome)
            all->why = *why;
        all->is_settled = true;
        all = next;
    }
}

// All that is queued is given up: the tree is what the system has.
static void give_up(struct journal *j, struct waiter *writing, const struct fault *why)
{
    j->tree = j->written;
    j->failure = *why;
    j->is_broken = true;
    buf_reset(&j->pending);
    buf_reset(&j->writing);
    settle(writing, ERR_IO, why);
    settle(j->waiters, ERR_IO, why);
    j->waiters = NULL;
}

// Not busy when it is called and when it returns.
static enum err repair(struct journal *j, struct fault *why)
{
    int64_t now = j->w->ops->monotonic_us();
    if (now < j->next_repair_us) {
        *why = j->failure;
        return ERR_IO;
    }
    j->next_repair_us = now + REPAIR_PAUSE_US;
    begin(j);
    enum err e = repair_file(j, why);
    end(j);
    j->is_broken = e != OK;
    if (e)
        j->failure = *why;
    else
        j->synced = j->written;
    return e ? ERR_IO : OK;
}

// The segment is full: all of it is synced, and a new one begins.
static enum err roll(struct journal *j, const struct merkle *tree, struct fault *why)
{
    enum err e = sync_file(j, why);
    return e ? e : start_segment(j, tree, why);
}

static void take_queue(struct journal *j)
{
    struct buf empty = j->writing;
    if (empty.size > KEPT_BYTES_MAX)
        buf_done(&empty);
    j->writing = j->pending;
    j->pending = empty;
}

struct outcome {
    bool has_rolled; // a new segment was begun
    bool is_synced;  // all is on the disk
    bool is_unsure;  // the disk refused: what is unsynced is to be written again
};

static enum err write_out(struct journal *j, bool rolls, struct outcome *out, struct fault *why)
{
    enum err e = rolls ? roll(j, &j->written, why) : OK;
    out->has_rolled = rolls && !e;
    if (!e)
        e = write_queued(j, why);
    if (!e && j->unsynced.len > UNSYNCED_BYTES_MAX) {
        out->is_synced = sync_file(j, why) == OK;
        out->is_unsure = !out->is_synced;
    }
    return e;
}

// Writes what is queued, for all who wait.  `written` and the segments change under the
// lock, and only by whoever is busy, so he may read them without it.
static void lead(struct journal *j)
{
    struct fault why = {0};
    if (j->is_broken && repair(j, &why)) {
        give_up(j, NULL, &why);
        return;
    }
    if (j->is_busy || !j->waiters)
        return; // somebody else was faster while the lock was free
    struct waiter *writing = j->waiters;
    const struct merkle after = j->tree;
    bool rolls = j->file_bytes >= j->segment_bytes && j->written.size > last_segment(j)->first;
    struct outcome done = {0};
    j->waiters = NULL;
    take_queue(j);
    begin(j);
    enum err e = write_out(j, rolls, &done, &why);
    pthread_mutex_lock(&j->lock);
    if (done.has_rolled) {
        j->synced = j->written;
        add_segment(j, j->written.size, j->last_ms);
    }
    pthread_mutex_unlock(&j->lock);
    end(j);
    if (e) {
        give_up(j, writing, &why);
        return;
    }
    j->written = after;
    if (done.is_synced)
        j->synced = after;
    if (done.is_unsure) {
        j->is_broken = true;
        j->failure = why;
    }
    settle(writing, OK, NULL);
}

// Numbers it and puts it in the queue.
static uint64_t enqueue(struct journal *j, struct audit_leaf *leaf, struct slice body,
                        struct waiter *w)
{
    int64_t now = j->w->ops->now_ms();
    j->last_ms = now > j->last_ms ? now : j->last_ms;
    leaf->number = j->tree.size;
    leaf->time_ms = j->last_ms;
    audit_record_encode(leaf, body, &j->pending);
    uint8_t bytes[AUDIT_LEAF_BYTES];
    struct hash256 hash;
    audit_leaf_encode(leaf, bytes);
    merkle_leaf(slice_of(bytes, sizeof bytes), &hash);
    merkle_add(&j->tree, &hash);
    w->next = j->waiters;
    j->waiters = w;
    return leaf->number;
}

enum err journal_append(struct journal *j, struct slice body, uint64_t *out_number,
                        struct fault *why)
{
    struct audit_leaf leaf;
    audit_body_digest(body, leaf.digest);
    struct waiter self = {0};
    pthread_mutex_lock(&j->lock);
    uint64_t number = 0;
    if (j->pending.len + body.len > PENDING_BYTES_MAX - RECORD_ROOM_BYTES) {
        self.is_settled = true;
        self.outcome =
            fail(&self.why, ERR_LIMIT, "more than %d bytes wait to be written", PENDING_BYTES_MAX);
    } else {
        number = enqueue(j, &leaf, body, &self);
    }
    while (!self.is_settled) {
        if (j->is_busy)
            pthread_cond_wait(&j->news, &j->lock);
        else
            lead(j);
    }
    pthread_mutex_unlock(&j->lock);
    if (!self.outcome)
        *out_number = number;
    else if (why)
        *why = self.why;
    return self.outcome;
}

// Not busy when it is called and when it returns.
static enum err sync_written(struct journal *j, struct fault *why)
{
    struct merkle target = j->written;
    begin(j);
    enum err e = sync_file(j, why);
    end(j);
    if (!e) {
        j->synced = target;
        return OK;
    }
    j->is_broken = true;
    j->failure = *why;
    return e;
}

enum err journal_sync(struct journal *j, uint64_t number, struct fault *why)
{
    struct fault own = {0};
    if (!why)
        why = &own;
    pthread_mutex_lock(&j->lock);
    enum err e = OK;
    while (!e && j->synced.size <= number) {
        if (j->is_busy)
            pthread_cond_wait(&j->news, &j->lock);
        else if (number >= j->written.size)
            e = fail(why, ERR_INVALID, "entry %llu is not written", (unsigned long long)number);
        else
            e = j->is_broken ? repair(j, why) : sync_written(j, why);
    }
    pthread_mutex_unlock(&j->lock);
    return e;
}

void journal_tree(struct journal *j, struct merkle *out)
{
    pthread_mutex_lock(&j->lock);
    *out = j->synced;
    pthread_mutex_unlock(&j->lock);
}

void journal_stats(struct journal *j, struct journal_stats *out)
{
    pthread_mutex_lock(&j->lock);
    *out = (struct journal_stats){.entries = j->written.size,
                                  .synced = j->synced.size,
                                  .first = j->segments[0].first,
                                  .segments = j->segment_count,
                                  .is_broken = j->is_broken};
    if (j->segment_count > 1)
        out->second_ms = j->segments[1].began_ms;
    for (uint32_t i = 0; i < j->segment_count; i++)
        out->bytes += j->segments[i].bytes;
    pthread_mutex_unlock(&j->lock);
}

enum err journal_drop_first(struct journal *j, struct fault *why)
{
    pthread_mutex_lock(&j->lock);
    bool has_more = j->segment_count > 1;
    uint64_t first = j->segments[0].first;
    pthread_mutex_unlock(&j->lock);
    if (!has_more)
        return fail(why, ERR_INVALID, "the last segment is not dropped");
    char name[SEGMENT_NAME_BYTES];
    segment_name(first, name);
    enum err e = j->w->ops->remove(j->w, name, why);
    if (!e)
        e = j->w->ops->sync_dir(j->w, ".", why);
    if (e)
        return e;
    pthread_mutex_lock(&j->lock);
    j->segment_count--;
    memmove(j->segments, j->segments + 1, j->segment_count * sizeof *j->segments);
    pthread_mutex_unlock(&j->lock);
    return OK;
}
