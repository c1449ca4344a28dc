// SPDX-License-Identifier: Apache-2.0
#include "audit/reading.h"

#include "audit/segment_file.h"
#include "base/arena.h"
#include "base/check.h"

#include <stdlib.h>

enum { SEGMENT_READ_BYTES_MAX = 512 << 20, FILES_MAX = 1 << 20 };

struct files {
    uint64_t *first; // numbers of first entries
    uint32_t count;
};

static void add_name(void *context, const char *name)
{
    struct files *f = context;
    uint64_t first;
    if (!segment_name_parse(name, &first) || f->count == FILES_MAX)
        return;
    uint64_t *grown = realloc(f->first, (f->count + 1) * sizeof *grown);
    CHECK(grown != NULL);
    f->first = grown;
    f->first[f->count++] = first;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// Time of a segment's first entry; INT64_MAX when it has none yet.
static enum err first_ms(const struct world *w, uint64_t first, int64_t *out, struct fault *why)
{
    char name[SEGMENT_NAME_BYTES];
    uint8_t leaf[AUDIT_LEAF_BYTES];
    uint64_t at = SEGMENT_HEADER_FIXED_BYTES + (uint64_t)merkle_peak_count(first) * SHA256_BYTES +
                  AUDIT_RECORD_HEAD_BYTES;
    uint64_t bytes = 0;
    int fd = -1;
    segment_name(first, name);
    enum err e = w->ops->open_read(w, name, &fd, why);
    if (e)
        return e;
    e = w->ops->size(fd, &bytes, why);
    *out = INT64_MAX;
    if (!e && bytes >= at + sizeof leaf) {
        e = w->ops->read_at(fd, leaf, sizeof leaf, at, why);
        *out = audit_leaf_decode(leaf).time_ms;
    }
    w->ops->close(fd);
    return e;
}

struct telling {
    const struct reading *r;
    enum err (*each)(void *context, const struct audit_entry *e, struct fault *why);
    void *context;
    struct arena *scratch; // of one entry
    uint64_t next;         // entry
    enum err failed;       // of `each`
};

static enum err tell(void *context, const struct audit_record *r, const struct hash256 *leaf,
                     struct fault *why)
{
    struct telling *t = context;
    struct audit_entry e;
    (void)leaf;
    t->next = r->leaf.number + 1;
    if (r->leaf.number < t->r->from || r->leaf.number >= t->r->end)
        return OK;
    arena_reset(t->scratch);
    enum err bad = audit_body_decode(r->body, t->scratch, &e, why);
    if (bad)
        return bad;
    e.number = r->leaf.number;
    e.time_ms = r->leaf.time_ms;
    t->failed = t->each(t->context, &e, why);
    return t->failed;
}

// What lies behind the end may be half written.
static enum err read_segment(struct telling *t, uint64_t first, struct fault *why)
{
    char name[SEGMENT_NAME_BYTES];
    struct buf bytes AUTO(buf_donep) = buf_init(SEGMENT_READ_BYTES_MAX);
    const struct segment_walk walk = {tell, t};
    struct merkle tree = {0};
    size_t end = 0;
    segment_name(first, name);
    enum err e = world_read_file(t->r->w, name, &bytes, why);
    if (e)
        return e;
    e = segment_walk(buf_slice(&bytes), &walk, &tree, &end, why);
    if (e && !t->failed && t->next >= t->r->end)
        return OK;
    return e && !t->failed ? fail_in(why, e, "%s at byte %zu", name, end) : e;
}

// Whether a segment may have what is wanted, by the first entries of it and of the next.
static enum err is_wanted(const struct reading *r, const struct files *f, uint32_t at, bool *out,
                          struct fault *why)
{
    int64_t begins = 0;
    int64_t next_begins = INT64_MAX;
    bool is_last = at + 1 == f->count;
    *out = f->first[at] < r->end && (is_last || f->first[at + 1] > r->from);
    if (!*out)
        return OK;
    enum err e = first_ms(r->w, f->first[at], &begins, why);
    if (!e && !is_last)
        e = first_ms(r->w, f->first[at + 1], &next_begins, why);
    *out = begins < r->to_ms && next_begins >= r->from_ms;
    return e;
}

enum err reading_each(const struct reading *r,
                      enum err (*each)(void *context, const struct audit_entry *e,
                                       struct fault *why),
                      void *context, struct fault *why)
{
    struct telling t = {
        .r = r, .each = each, .context = context, .scratch = arena_new(AUDIT_ENTRY_ARENA_BYTES)};
    struct files files = {0};
    enum err e = r->w->ops->list(r->w, ".", add_name, &files, why);
    if (!e && files.count > 1)
        qsort(files.first, files.count, sizeof *files.first, by_number);
    for (uint32_t i = 0; !e && i < files.count; i++) {
        bool wanted = false;
        e = is_wanted(r, &files, i, &wanted, why);
        if (!e && wanted)
            e = read_segment(&t, files.first[i], why);
    }
    free(files.first);
    arena_free(t.scratch);
    return e == ERR_NOT_FOUND && !t.failed
               ? fail_in(why, ERR_UNAVAILABLE, "a part of the log was deleted meanwhile")
               : e;
}
