// SPDX-License-Identifier: Apache-2.0
#include "search/agg_cache_walk.h"

#include "base/pool.h"
#include "search/agg_cache.h"
#include "search/agg_cache_key.h"
#include "search/agg_cache_tree.h"

enum {
    UNIT_BLOCKS = 32, // 256 Ki rows
    GROUP_UNITS = 32,
    // Below so many units of blocks in all the walk is short anyhow.
    UNITS_MIN = 2,
    PIECE_BLOCKS = 8, // of those that are walked beside
    // A tree with more bytes for each row costs as much to load as the rows to walk.
    SAVED_BYTES_A_ROW = 8,
};

struct unit { // a stretch of one part's blocks
    uint32_t at;
    uint32_t first, count; // blocks of the view
    uint32_t first_in_part;
    uint64_t part;
};

struct units {
    struct unit *items;
    uint32_t count;
    size_t cap;
};

struct loads { // entries to be added
    const struct agg_cached **items;
    uint32_t count;
    size_t cap;
};

struct kept_walk {
    struct walk *w;
    struct loose_ranges loose;
    struct buf key; // plan_len bytes of plan, then the unit's
    size_t plan_len;
    uint32_t unit_blocks;
    struct units fresh;   // to be collected, and kept
    struct blocks beside; // to be walked
    size_t beside_cap;
    struct loads loads;
    struct answer *answer;
};

static struct agg_cache *cache_of(const struct kept_walk *k)
{
    return k->w->s.context->cache;
}

static const struct view *view_at(const struct kept_walk *k, uint32_t at)
{
    const struct search_context *c = k->w->s.context;
    return snapshot_view(c->snapshot, c->tables[at]);
}

// ---- where a unit lies ----

enum place { PLACE_WITHIN, PLACE_OUTSIDE, PLACE_ON_EDGE };

static struct block_range range_of_blocks(const struct kept_walk *k, const struct unit *u,
                                          uint32_t field)
{
    struct block_range all = {0};
    for (uint32_t i = 0; i < u->count; i++) {
        struct block b = view_block(view_at(k, u->at), u->first + i);
        struct block_range r = block_range(&b, field);
        all.any_missing |= r.any_missing;
        if (!r.any)
            continue;
        all.min = all.any && all.min < r.min ? all.min : r.min;
        all.max = all.any && all.max > r.max ? all.max : r.max;
        all.any = true;
    }
    return all;
}

// Whole blocks never change, so that their range may be kept, whoever asks.
static struct block_range range_of(const struct kept_walk *k, const struct unit *u, uint32_t field)
{
    uint8_t bytes[64];
    struct buf key = {.at = bytes, .size = sizeof bytes, .limit_bytes = sizeof bytes};
    buf_u8(&key, 0); // a plan key begins with the number of its tables, which are some
    buf_u64_le(&key, u->part);
    buf_u32_le(&key, u->first_in_part);
    buf_u32_le(&key, u->count);
    buf_u32_le(&key, field);
    const struct agg_cached *e = agg_cache_get(cache_of(k), CACHE_RANGES, buf_slice(&key));
    struct block_range r;
    if (e) {
        memcpy(&r, agg_cached_bytes(e).at, sizeof r);
        agg_cached_release(e);
        return r;
    }
    r = range_of_blocks(k, u, field);
    const struct agg_cache_group group = {k->w->s.context->tables[u->at], u->part};
    agg_cache_put(cache_of(k), CACHE_RANGES, buf_slice(&key), &group, slice_of(&r, sizeof r));
    return r;
}

static enum place place_of(const struct kept_walk *k, const struct unit *u)
{
    enum place p = PLACE_WITHIN;
    for (uint32_t i = 0; i < k->loose.count; i++) {
        const struct match *m = k->loose.at[i];
        struct block_range r = range_of(k, u, m->column->sources[u->at].path.field);
        if (!r.any || r.max < m->lo || r.min > m->hi)
            return PLACE_OUTSIDE;
        if (r.any_missing || r.min < m->lo || r.max > m->hi)
            p = PLACE_ON_EDGE;
    }
    return p;
}

// ---- what is to be done ----

static struct slice key_of(struct kept_walk *k, const struct unit *u)
{
    k->key.len = k->plan_len;
    buf_u64_le(&k->key, u->part);
    buf_u32_le(&k->key, u->first_in_part);
    buf_u32_le(&k->key, u->count);
    buf_u64_le(&k->key, view_dead_rows(view_at(k, u->at), u->first, u->count));
    return buf_slice(&k->key);
}

static bool add_beside(struct kept_walk *k, const struct unit *u)
{
    if (u->count == 0)
        return true;
    struct room *room = &k->w->s.room;
    size_t need = (size_t)k->beside.count + u->count;
    struct block_place *items =
        room_grow(room, k->beside.items, &k->beside_cap, need, sizeof *items);
    if (!items)
        return false;
    k->beside.items = items;
    for (uint32_t i = 0; i < u->count; i++)
        items[k->beside.count++] = (struct block_place){.at = u->at, .block = u->first + i};
    return true;
}

static bool add_fresh(struct kept_walk *k, const struct unit *u)
{
    struct room *room = &k->w->s.room;
    struct unit *items =
        room_grow(room, k->fresh.items, &k->fresh.cap, (size_t)k->fresh.count + 1, sizeof *items);
    if (!items)
        return false;
    k->fresh.items = items;
    items[k->fresh.count++] = *u;
    return true;
}

static bool add_load(struct kept_walk *k, const struct agg_cached *e)
{
    const struct agg_cached **items =
        room_grow(&k->w->s.room, k->loads.items, &k->loads.cap, (size_t)k->loads.count + 1,
                  sizeof(const struct agg_cached *));
    if (!items) {
        agg_cached_release(e);
        return false;
    }
    k->loads.items = items;
    items[k->loads.count++] = e;
    return true;
}

static bool cover_unit(struct kept_walk *k, const struct unit *u)
{
    enum place p = place_of(k, u);
    if (p == PLACE_OUTSIDE)
        return true;
    if (p == PLACE_ON_EDGE)
        return add_beside(k, u);
    const struct agg_cached *e = agg_cache_get(cache_of(k), CACHE_PARTIALS, key_of(k, u));
    return e ? add_load(k, e) : add_fresh(k, u);
}

// ---- bytes of a walk ----

//     u64 total | tree (agg_cache_tree.h)
static void save(struct kept_walk *k, struct walk *from, struct slice key, const struct unit *u)
{
    struct buf bytes AUTO(buf_donep) = buf_init((size_t)u->count * BLOCK_ROWS * SAVED_BYTES_A_ROW);
    buf_u64_le(&bytes, from->total);
    agg_tree_save(&from->s, &bytes);
    const struct agg_cache_group group = {k->w->s.context->tables[u->at], u->part};
    if (bytes.over_limit &&
        u->count <= k->unit_blocks) // searches of this plan are walked as ever from now on
        agg_cache_put(cache_of(k), CACHE_RANGES, slice_of(key.at, k->plan_len), &group,
                      slice_of(NULL, 0));
    else if (!bytes.over_limit && !from->s.room.is_over)
        agg_cache_put(cache_of(k), CACHE_PARTIALS, key, &group, buf_slice(&bytes));
}

// A tree of this plan was found to be too large.
static bool is_too_large(const struct kept_walk *k)
{
    const struct agg_cached *e =
        agg_cache_get(cache_of(k), CACHE_RANGES, slice_of(k->key.at, k->plan_len));
    agg_cached_release(e);
    return e != NULL;
}

static void load(struct walk *into, const struct agg_cached *e)
{
    struct slice bytes = agg_cached_bytes(e);
    uint64_t total;
    memcpy(&total, bytes.at, sizeof total);
    into->total += total;
    agg_tree_load(&into->s, slice_from(bytes, sizeof total));
}

static void release_from(struct kept_walk *k, uint32_t first)
{
    while (k->loads.count > first)
        agg_cached_release(k->loads.items[--k->loads.count]);
}

// ---- groups ----

// All units of a group are there: they become one entry, and are as good as loaded.
static enum err make_group(struct kept_walk *k, const struct unit *group, uint32_t first_load,
                           struct fault *why)
{
    struct walk sum;
    enum err e = walk_plan_like(&sum, k->w, why);
    for (uint32_t i = first_load; i < k->loads.count && !e; i++)
        load(&sum, k->loads.items[i]);
    if (!e && sum.s.room.is_over)
        e = agg_out_of_room(why);
    if (!e) {
        save(k, &sum, key_of(k, group), group);
        walk_merge(k->w, &sum);
        k->answer->kept_units += k->loads.count - first_load;
        release_from(k, first_load);
    }
    walk_drop(&sum);
    return e;
}

static enum err cover_units(struct kept_walk *k, const struct unit *group)
{
    for (uint32_t at = 0; at < group->count; at += k->unit_blocks) {
        struct unit u = *group;
        u.first += at;
        u.first_in_part += at;
        u.count = group->count - at < k->unit_blocks ? group->count - at : k->unit_blocks;
        if (!cover_unit(k, &u))
            return ERR_LIMIT;
    }
    return OK;
}

static enum err cover_group(struct kept_walk *k, const struct unit *group, struct fault *why)
{
    if (group->count <= k->unit_blocks)
        return cover_unit(k, group) ? OK : ERR_LIMIT;
    enum place p = place_of(k, group);
    if (p == PLACE_OUTSIDE)
        return OK;
    const struct agg_cached *e = NULL;
    if (p == PLACE_WITHIN)
        e = agg_cache_get(cache_of(k), CACHE_PARTIALS, key_of(k, group));
    if (e)
        return add_load(k, e) ? OK : ERR_LIMIT;
    uint32_t first_load = k->loads.count;
    uint32_t first_fresh = k->fresh.count;
    enum err failed = cover_units(k, group);
    if (failed || p == PLACE_ON_EDGE || k->fresh.count > first_fresh)
        return failed;
    return make_group(k, group, first_load, why);
}

// ---- tables ----

static enum err cover_part(struct kept_walk *k, uint32_t at, const struct view_part *part,
                           struct fault *why)
{
    uint32_t whole = part->whole_blocks;
    // In a part that still grows the last units wait until they are whole.
    if (whole < part->block_count)
        whole -= whole % k->unit_blocks;
    uint32_t step = k->unit_blocks * GROUP_UNITS;
    enum err e = OK;
    for (uint32_t done = 0; done < whole && !e; done += step) {
        struct unit group = {.at = at,
                             .first = part->first_block + done,
                             .first_in_part = done,
                             .count = whole - done < step ? whole - done : step,
                             .part = part->id};
        e = cover_group(k, &group, why);
    }
    struct unit rest = {
        .at = at, .first = part->first_block + whole, .count = part->block_count - whole};
    return e || add_beside(k, &rest) ? e : ERR_LIMIT;
}

static enum err cover_table(struct kept_walk *k, uint32_t at, struct fault *why)
{
    const struct view *v = view_at(k, at);
    uint32_t count = view_part_count(v);
    uint64_t *ids = room_alloc(&k->w->s.room, count * sizeof *ids);
    if (!ids)
        return ERR_LIMIT;
    for (uint32_t i = 0; i < count; i++)
        ids[i] = view_part(v, i).id;
    agg_cache_keep(cache_of(k), k->w->s.context->tables[at], ids, count);
    enum err e = OK;
    for (uint32_t i = 0; i < count && !e; i++) {
        struct view_part part = view_part(v, i);
        e = cover_part(k, at, &part, why);
    }
    return e;
}

static enum err cover(struct kept_walk *k, struct fault *why)
{
    enum err e = OK;
    for (uint32_t at = 0; at < k->w->s.context->table_count && !e; at++)
        e = cover_table(k, at, why);
    return e;
}

// ---- collecting what is not there, by several threads ----

struct helper {
    bool is_planned;
    enum err e;
    struct walk walk;
    struct fault why;
};

struct division {
    struct kept_walk *kept;
    struct helper *helpers; // by worker number
    struct slice *keys;     // of the fresh units
    struct pool_job job;
};

// The tree of one unit, without the loose ranges, which it lies within.
static enum err collect_unit(struct division *d, struct helper *h, uint32_t index)
{
    struct kept_walk *k = d->kept;
    const struct unit *u = &k->fresh.items[index];
    struct loose_ranges loose;
    struct walk one;
    enum err e = walk_plan_like(&one, k->w, &h->why);
    if (!e) {
        loose_ranges_find(&one.s, &loose);
        for (uint32_t i = 0; i < loose.count; i++)
            loose.at[i]->kind = MATCH_ALL;
    }
    for (uint32_t i = 0; i < u->count && !e; i++) {
        const struct block_place place = {.at = u->at, .block = u->first + i};
        e = walk_block(&one, &place, &h->why);
    }
    if (!e) {
        save(k, &one, d->keys[index], u);
        walk_merge(&h->walk, &one);
    }
    walk_drop(&one);
    return e;
}

static enum err walk_beside(struct division *d, struct helper *h, uint32_t piece)
{
    const struct blocks *b = &d->kept->beside;
    uint32_t first = piece * PIECE_BLOCKS;
    uint32_t end = b->count - first < PIECE_BLOCKS ? b->count : first + PIECE_BLOCKS;
    enum err e = OK;
    for (uint32_t i = first; i < end && !e; i++)
        e = walk_block(&h->walk, &b->items[i], &h->why);
    return e;
}

static void do_piece(void *context, uint32_t worker, uint32_t index)
{
    struct division *d = context;
    struct helper *h = &d->helpers[worker];
    uint32_t fresh = d->kept->fresh.count;
    if (!h->is_planned) {
        h->is_planned = true;
        h->e = walk_plan_like(&h->walk, d->kept->w, &h->why);
    }
    if (!h->e)
        h->e = index < fresh ? collect_unit(d, h, index) : walk_beside(d, h, index - fresh);
    if (h->e)
        pool_cancel(&d->job);
}

static enum err end_helper(struct division *d, struct helper *h, enum err so_far, struct fault *why)
{
    if (!h->is_planned)
        return so_far;
    if (!so_far && !h->e)
        walk_merge(d->kept->w, &h->walk);
    if (!so_far && h->e && why)
        *why = h->why;
    enum err e = so_far ? so_far : h->e;
    walk_drop(&h->walk);
    return e;
}

static bool take_keys(struct division *d)
{
    struct kept_walk *k = d->kept;
    struct room *room = &k->w->s.room;
    d->keys = room_alloc(room, ((size_t)k->fresh.count + 1) * sizeof *d->keys);
    for (uint32_t i = 0; d->keys && i < k->fresh.count; i++) {
        struct slice key = key_of(k, &k->fresh.items[i]);
        uint8_t *at = room_alloc(room, key.len);
        if (!at)
            return false;
        memcpy(at, key.at, key.len);
        d->keys[i] = slice_of(at, key.len);
    }
    return d->keys != NULL;
}

static enum err collect(struct kept_walk *k, struct fault *why)
{
    struct pool *pool = k->w->s.context->pool;
    uint32_t workers = pool_workers(pool);
    struct division d = {.kept = k,
                         .helpers = room_alloc(&k->w->s.room, workers * sizeof *d.helpers),
                         .job = {.item = do_piece, .context = &d}};
    uint32_t pieces = (k->beside.count + PIECE_BLOCKS - 1) / PIECE_BLOCKS;
    d.job.item_count = k->fresh.count + pieces;
    if (d.job.item_count == 0)
        return OK;
    if (!d.helpers || !take_keys(&d))
        return agg_out_of_room(why);
    (void)pool_run(pool, &d.job); // an error is in the helper that has met it
    enum err e = OK;
    for (uint32_t i = 0; i < workers; i++)
        e = end_helper(&d, &d.helpers[i], e, why);
    return e;
}

// ---- the whole ----

static enum err run(struct kept_walk *k, struct fault *why)
{
    k->answer->used_cache = true;
    enum err e = cover(k, why);
    k->answer->kept_units += k->loads.count;
    k->answer->fresh_units = k->fresh.count;
    k->answer->loose_blocks = k->beside.count;
    if (!e)
        e = collect(k, why);
    for (uint32_t i = 0; i < k->loads.count && !e; i++)
        load(k->w, k->loads.items[i]);
    release_from(k, 0);
    return e ? e : k->w->s.room.is_over ? agg_out_of_room(why) : OK;
}

static uint64_t units_of(const struct kept_walk *k)
{
    uint64_t blocks = 0;
    for (uint32_t at = 0; at < k->w->s.context->table_count; at++)
        blocks += view_block_count(view_at(k, at));
    return blocks / k->unit_blocks;
}

enum err walk_kept(struct walk *w, struct answer *out, struct fault *why)
{
    const struct search_context *c = w->s.context;
    if (!c->cache || !walk_is_divisible(w))
        return OK;
    struct kept_walk k = {.w = w,
                          .unit_blocks = c->unit_blocks ? c->unit_blocks : UNIT_BLOCKS,
                          .key = buf_init(PLAN_KEY_BYTES_MAX),
                          .answer = out};
    enum err e = OK;
    loose_ranges_find(&w->s, &k.loose);
    if (units_of(&k) >= (c->keeps_at_once ? 1 : UNITS_MIN) &&
        agg_plan_key(&w->s, &k.loose, &k.key)) {
        k.plan_len = k.key.len;
        k.key.limit_bytes += 64; // the unit's
        if (!is_too_large(&k) &&
            (c->keeps_at_once || agg_cache_is_again(c->cache, buf_slice(&k.key))))
            e = run(&k, why);
    }
    buf_done(&k.key);
    return e;
}
