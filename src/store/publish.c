// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "base/limits.h"
#include "store/store_private.h"

#include <stdlib.h>

struct snapshot *published_ref(struct store *st)
{
    pthread_mutex_lock(&st->publish);
    struct snapshot *s = snapshot_ref(st->published);
    pthread_mutex_unlock(&st->publish);
    return s;
}

static void publish(struct store *st, struct snapshot *next)
{
    pthread_mutex_lock(&st->publish);
    struct snapshot *before = st->published;
    st->published = next;
    st->committed.count = st->appended.count;
    memcpy(st->committed.at, st->appended.at, st->appended.count * sizeof st->appended.at[0]);
    pthread_mutex_unlock(&st->publish);
    pthread_cond_broadcast(&st->published_news);
    snapshot_free(before);
}

struct snapshot *store_snapshot_since(struct store *st, uint64_t version)
{
    pthread_mutex_lock(&st->publish);
    while (snapshot_version(st->published) < version)
        pthread_cond_wait(&st->published_news, &st->publish);
    struct snapshot *s = snapshot_ref(st->published);
    pthread_mutex_unlock(&st->publish);
    return s;
}

static struct snapshot *snapshot_of(struct store *st, struct view *const *views, uint64_t version)
{
    struct snapshot *s = snapshot_new(st->schema, views, version, &st->snapshots_alive);
    s->term = st->term;
    return s;
}

void store_publish_first(struct store *st)
{
    uint32_t count = st->schema->table_count;
    struct view **views = store_calloc(count + 1, sizeof(struct view *));
    for (uint32_t i = 0; i < count; i++) {
        struct table_store *t = &st->tables[i];
        struct view like = {.table = t->shape,
                            .keys = &t->keys,
                            .dicts = t->dicts,
                            .attribute_room = &st->attribute_room};
        views[i] = table_publish(t, &like);
    }
    publish(st, snapshot_of(st, views, 1));
    st->rows_touched = false;
    free(views);
}

// What a commit did to a table, collected before the table is published.
struct collected {
    uint32_t table;
    bool cleared;
    uint64_t fresh_from;
    uint64_t *gone;
    uint32_t gone_count;
};

static void collect(const struct table_store *t, uint32_t table, struct collected *out)
{
    *out = (struct collected){
        .table = table,
        .cleared = t->is_cleared,
        .fresh_from = t->fresh_from,
        .gone = store_calloc(t->gone_count + 1, sizeof(uint64_t)),
        .gone_count = t->gone_count,
    };
    if (t->gone_count > 0)
        memcpy(out->gone, t->gone, t->gone_count * sizeof *t->gone);
}

static struct row_ref *gone_rows(const struct view *before, const struct collected *c)
{
    struct row_ref *rows = store_calloc(c->gone_count + 1, sizeof *rows);
    for (uint32_t i = 0; i < c->gone_count; i++)
        CHECK(view_row(before, c->gone[i], &rows[i]));
    return rows;
}

// Live rows of one entry from row number `from` on; only memory parts have any.
static void come_of_entry(const struct entry *e, uint64_t from, struct row_ref *rows,
                          uint32_t *count)
{
    uint64_t first = e->part->first_row;
    uint32_t place = from > first ? (uint32_t)(from - first) : 0;
    for (; place < e->rows; place++) {
        if (!entry_is_live(e, place))
            continue;
        rows[(*count)++] = (struct row_ref){
            .block = e->first_block + place / BLOCK_ROWS,
            .row = place % BLOCK_ROWS,
        };
    }
}

static struct row_ref *come_rows(const struct view *after, uint64_t from, uint32_t *out_count)
{
    const struct entry *last = after->entry_count ? &after->entries[after->entry_count - 1] : NULL;
    uint64_t end = last && last->part->memory ? last->part->first_row + last->rows : 0;
    bool fresh = end > from;
    struct row_ref *rows = store_calloc(fresh ? end - from : 1, sizeof *rows);
    *out_count = 0;
    if (fresh)
        come_of_entry(last, from, rows, out_count);
    return rows;
}

static void tell(const struct store *st, const struct snapshot *before,
                 const struct snapshot *after, const struct collected *all, uint32_t count)
{
    struct store_delta *deltas = store_calloc(count + 1, sizeof *deltas);
    for (uint32_t i = 0; i < count; i++) {
        const struct collected *c = &all[i];
        deltas[i].table = c->table;
        deltas[i].cleared = c->cleared;
        deltas[i].gone_count = c->gone_count;
        deltas[i].gone = gone_rows(before->views[c->table], c);
        deltas[i].come = come_rows(after->views[c->table], c->fresh_from, &deltas[i].come_count);
    }
    st->listener.committed(st->listener.context, before, after, deltas, count);
    for (uint32_t i = 0; i < count; i++) {
        // NOLINTNEXTLINE(performance-no-int-to-ptr): takes const away, as -Wcast-qual asks.
        free((void *)(uintptr_t)deltas[i].gone);
        // NOLINTNEXTLINE(performance-no-int-to-ptr): takes const away, as -Wcast-qual asks.
        free((void *)(uintptr_t)deltas[i].come);
    }
    free(deltas);
}

void store_publish(struct store *st)
{
    if (!st->rows_touched) { // only positions have moved
        publish(st, published_ref(st));
        return;
    }
    uint32_t count = st->schema->table_count;
    bool listens = st->listener.committed != NULL;
    struct snapshot *before = published_ref(st);
    struct view **views = store_calloc(count + 1, sizeof(struct view *));
    struct collected *all = store_calloc(listens ? count + 1 : 1, sizeof *all);
    uint32_t touched = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct table_store *t = &st->tables[i];
        if (listens && t->is_touched)
            collect(t, i, &all[touched++]);
        views[i] = t->is_touched ? table_publish(t, before->views[i]) : view_ref(before->views[i]);
    }
    struct snapshot *after = snapshot_of(st, views, before->version + 1);
    if (listens)
        tell(st, before, after, all, touched);
    for (uint32_t i = 0; i < touched; i++)
        free(all[i].gone);
    free(all);
    free(views);
    publish(st, after);
    snapshot_free(before);
    st->rows_touched = false;
}

// The same view with one stretch of entries replaced.
static struct view *view_with(const struct view *v, const struct entry_swap *swap)
{
    uint32_t count = v->entry_count;
    struct entry *entries = store_calloc(count + 1, sizeof *entries);
    struct cow **roots = NULL;
    for (uint32_t i = 0; i < count; i++)
        entries[i] = entry_ref(&v->entries[i]);
    if (v->lookups) {
        roots = store_calloc(v->table->field_count + 1, sizeof(struct cow *));
        for (uint32_t f = 0; f < v->table->field_count; f++)
            roots[f] = cow_ref(v->lookups[f]);
    }
    entries_replace(entries, &count, swap->then, swap->count, &swap->out);
    struct view *next = view_new(v, entries, count, roots);
    // The codes of its rows have not changed; more may be in the dictionary by now.
    memcpy(next->dict_counts, v->dict_counts, v->table->field_count * sizeof next->dict_counts[0]);
    free(entries);
    free(roots);
    return next;
}

// What waits to be sealed must not go on naming parts that are merged away.
static void swap_in_freeze(struct store *st, const struct entry_swap *swap)
{
    pthread_mutex_lock(&st->jobs);
    if (st->freeze) {
        struct frozen_table *t = &st->freeze->tables[swap->table];
        entries_replace(t->entries, &t->entry_count, swap->then, swap->count, &swap->out);
    }
    pthread_mutex_unlock(&st->jobs);
}

void store_swap(struct store *st, const struct entry_swap *swaps, uint32_t count)
{
    pthread_mutex_lock(&st->state);
    struct snapshot *before = published_ref(st);
    struct view **views = store_calloc(before->table_count + 1, sizeof(struct view *));
    for (uint32_t i = 0; i < before->table_count; i++)
        views[i] = view_ref(before->views[i]);
    for (uint32_t i = 0; i < count; i++) {
        struct table_store *t = &st->tables[swaps[i].table];
        entries_replace(t->entries, &t->entry_count, swaps[i].then, swaps[i].count, &swaps[i].out);
        swap_in_freeze(st, &swaps[i]);
        struct view **v = &views[swaps[i].table];
        struct view *next = view_with(*v, &swaps[i]);
        view_unref(*v);
        *v = next;
    }
    struct snapshot *after = snapshot_of(st, views, before->version);
    pthread_mutex_lock(&st->publish);
    CHECK(st->published == before);
    st->published = after;
    pthread_mutex_unlock(&st->publish);
    pthread_mutex_unlock(&st->state);
    snapshot_free(before);
    snapshot_free(before); // the reference that `published` held
    free(views);
}

void swap_done(struct entry_swap *swap)
{
    for (uint32_t i = 0; i < swap->count; i++)
        entry_unref(&swap->then[i]);
    free(swap->then);
    if (swap->out.part)
        entry_unref(&swap->out);
    *swap = (struct entry_swap){0};
}
