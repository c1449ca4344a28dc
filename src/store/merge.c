// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "store/store_private.h"

#include <stdlib.h>

// Merging: neighbours become one segment when together they have at least twice the rows of the
// largest of them, so that a row is written anew only into a segment twice as large as its own,
// and as a rule eight times; a segment with more than a fifth of its rows dead is written anew
// without them.  A few small ones beside a large one wait for more of their own size.
//
// The inputs are the segments as the manifest has them, with the rows that lived when the
// log was rolled (see struct image).  What died since, in memory or, when a sealing came
// in between, in the image, is carried over to the result before it takes their place.

enum {
    MERGE_ROWS_MAX = 16 << 20, // of the result: bounds the time and memory of one merge
    DEAD_DIVISOR = 5,
    // So many times `fan_in` segments are too many: then the cheapest run is merged, whatever
    // its sizes.
    CROWD_FAN_INS = 8,
};

struct run { // of neighbours
    uint32_t at, count;
    uint64_t rows;    // live, of all
    uint64_t largest; // of one
};

static struct run run_of(const struct image_table *t, uint32_t at, uint32_t count)
{
    struct run r = {.at = at, .count = count};
    for (uint32_t i = at; i < at + count; i++) {
        uint64_t rows = t->segments[i].entry.live_rows;
        r.rows += rows;
        r.largest = rows > r.largest ? rows : r.largest;
    }
    return r;
}

// The run of `fan_in` neighbours that costs least to merge.
static bool cheapest_run(const struct image_table *t, uint32_t fan_in, struct run *out)
{
    bool is_crowded = t->segment_count > CROWD_FAN_INS * fan_in;
    bool found = false;
    for (uint32_t at = 0; at + fan_in <= t->segment_count; at++) {
        struct run r = run_of(t, at, fan_in);
        bool fits = r.rows <= MERGE_ROWS_MAX && (is_crowded || r.rows >= 2 * r.largest);
        if (!fits || (found && r.rows >= out->rows))
            continue;
        *out = r;
        found = true;
    }
    return found;
}

static bool pick_in_table(const struct image_table *t, uint32_t fan_in, struct run *out)
{
    if (cheapest_run(t, fan_in, out))
        return true;
    for (uint32_t i = 0; i < t->segment_count; i++) {
        const struct entry *e = &t->segments[i].entry;
        if (e->rows - e->live_rows > e->rows / DEAD_DIVISOR) {
            *out = run_of(t, i, 1);
            return true;
        }
    }
    return false;
}

// A table cleared since the log was rolled has nothing to merge.
static bool still_there(struct store *st, uint32_t table, const struct entry *first)
{
    bool there = false;
    pthread_mutex_lock(&st->state);
    const struct table_store *t = &st->tables[table];
    for (uint32_t i = 0; i < t->entry_count && !there; i++)
        there = t->entries[i].part == first->part;
    pthread_mutex_unlock(&st->state);
    return there;
}

static bool pick(struct store *st, struct entry_swap *out)
{
    for (uint32_t table = 0; table < st->schema->table_count; table++) {
        const struct image_table *t = &st->image->tables[table];
        struct run r = {0};
        if (!pick_in_table(t, st->options.merge_fan_in, &r) ||
            !still_there(st, table, &t->segments[r.at].entry))
            continue;
        *out = (struct entry_swap){.table = table, .count = r.count};
        out->then = store_calloc(r.count, sizeof *out->then);
        for (uint32_t i = 0; i < r.count; i++)
            out->then[i] = entry_ref(&t->segments[r.at + i].entry);
        return true;
    }
    return false;
}

static uint64_t live_file_in(const struct image_table *t, const struct part *p)
{
    for (uint32_t i = 0; i < t->segment_count; i++) {
        if (t->segments[i].entry.part == p)
            return t->segments[i].live_file;
    }
    return 0;
}

// The merged table of the next image: takes the entries.
static enum err fill_table(struct store *st, const struct entry_swap *swap,
                           const struct entry *entries, uint32_t count, struct image *next,
                           struct fault *why)
{
    enum err e = OK;
    for (uint32_t i = 0; i < count; i++) {
        struct image_segment segment = {.entry = entries[i]};
        if (entries[i].part != swap->out.part) {
            segment.live_file = live_file_in(&st->image->tables[swap->table], entries[i].part);
        } else if (!e && entries[i].live_rows < entries[i].rows) {
            segment.live_file = st->next_file++;
            e = live_file_write(&st->world, segment.live_file, &entries[i], why);
        }
        image_add(&next->tables[swap->table], segment);
    }
    return e;
}

// The image with the inputs replaced.  `out_gone`: a sealing in between has found the
// inputs cleared or dead, and the result is not needed.
static enum err merged_image(struct store *st, const struct entry_swap *swap, struct image **out,
                             bool *out_gone, struct fault *why)
{
    const struct image_table *t = &st->image->tables[swap->table];
    uint32_t count = t->segment_count;
    struct entry *entries = store_calloc(count + 1, sizeof *entries);
    for (uint32_t i = 0; i < count; i++)
        entries[i] = entry_ref(&t->segments[i].entry);
    *out_gone = !entries_replace(entries, &count, swap->then, swap->count, &swap->out);
    *out = image_copy(st->image, st->schema, swap->table);
    enum err e = fill_table(st, swap, entries, count, *out, why);
    free(entries);
    return e;
}

static enum err make_durable(struct store *st, const struct image *next, struct fault *why)
{
    enum err e = st->world.ops->sync_dir(&st->world, "segments", why);
    return e ? e : image_write(st, next, why);
}

static enum err merge(struct store *st, struct entry_swap *swap, struct fault *why)
{
    struct rewrite r = {
        .st = st,
        .table = swap->table,
        .inputs = swap->then,
        .input_count = swap->count,
        .between = keeper_between,
    };
    enum err e = rewrite_rows(&r, &swap->out, why);
    if (e)
        return e;
    struct image *next = NULL;
    bool is_gone = false;
    e = merged_image(st, swap, &next, &is_gone, why);
    if (!e && is_gone) { // its file goes when the store is opened
        image_free(next, st->schema);
        return OK;
    }
    if (!e)
        e = make_durable(st, next, why);
    if (e) {
        image_free(next, st->schema);
        return e;
    }
    store_swap(st, swap, 1);
    image_replace(st, next);
    return OK;
}

enum err merge_run(struct store *st, bool *out_did, struct fault *why)
{
    struct entry_swap swap;
    *out_did = pick(st, &swap);
    if (!*out_did)
        return OK;
    const char *name = st->schema->tables[swap.table].name;
    enum err e = merge(st, &swap, why);
    swap_done(&swap);
    return e ? fail_in(why, e, "merging table %s", name) : OK;
}
