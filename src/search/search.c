// SPDX-License-Identifier: Apache-2.0
#include "search/search.h"

#include "base/pool.h"
#include "base/world.h"
#include "search/agg_cache_walk.h"
#include "search/agg_fold.h"
#include "search/budget.h"
#include "search/floor_query.h"
#include "search/hit_fields.h"
#include "search/walk.h"
#include "store/read_fault.h"

#include <math.h>
#include <stdlib.h>

enum {
    // A piece of work for one thread: 64 Ki rows, some 20 to 200 us.
    PIECE_BLOCKS = 8,
    // Below so many blocks another thread's plan costs more than its help is worth.
    DIVIDED_BLOCKS_MIN = 24,
    ROW_ID_BYTES = 64,
};

// ---- one thread ----

static enum err walk_alone(struct walk *w, struct fault *why)
{
    enum err e = OK;
    for (uint32_t i = 0; i < w->blocks.count && !e; i++) {
        hits_settle(&w->hits, &w->blocks, i);
        if (walk_is_settled(w) || walk_has_enough(w))
            break;
        e = walk_block(w, &w->blocks.items[i], why);
    }
    return e;
}

// ---- several threads ----

struct helper { // a thread's own walk
    bool is_planned;
    enum err e;
    struct walk walk;
    struct fault why;
};

struct division {
    struct walk *first;
    struct helper *helpers; // by the pool's worker number
    uint32_t piece_blocks;
    struct pool_job job;
};

static enum err plan_helper(const struct division *d, struct helper *h)
{
    h->is_planned = true;
    return walk_plan_like(&h->walk, d->first, &h->why);
}

static void walk_piece(void *context, uint32_t worker, uint32_t index)
{
    struct division *d = context;
    struct helper *h = &d->helpers[worker];
    const struct blocks *b = &d->first->blocks;
    if (!h->is_planned)
        h->e = plan_helper(d, h);
    uint32_t first = index * d->piece_blocks;
    uint32_t end = b->count - first < d->piece_blocks ? b->count : first + d->piece_blocks;
    for (uint32_t i = first; i < end && !h->e; i++)
        h->e = walk_block(&h->walk, &b->items[i], &h->why);
    if (h->e)
        pool_cancel(&d->job);
}

static enum err end_helper(struct division *d, struct helper *h, enum err so_far, struct fault *why)
{
    if (!h->is_planned)
        return so_far;
    if (!so_far && !h->e)
        walk_merge(d->first, &h->walk);
    if (!so_far && h->e && why)
        *why = h->why;
    enum err e = so_far ? so_far : h->e;
    walk_drop(&h->walk);
    return e;
}

static enum err walk_together(struct walk *w, struct fault *why)
{
    struct pool *pool = w->s.context->pool;
    uint32_t workers = pool_workers(pool);
    struct division d = {.first = w,
                         .helpers = room_alloc(&w->s.room, workers * sizeof *d.helpers),
                         .job = {.item = walk_piece, .context = &d}};
    if (!d.helpers)
        return agg_out_of_room(why);
    d.piece_blocks = w->s.context->piece_blocks ? w->s.context->piece_blocks : PIECE_BLOCKS;
    d.job.item_count = (w->blocks.count + d.piece_blocks - 1) / d.piece_blocks;
    (void)pool_run(pool, &d.job); // an error is in the helper that has met it
    enum err e = OK;
    for (uint32_t i = 0; i < workers; i++)
        e = end_helper(&d, &d.helpers[i], e, why);
    return e ? e : (w->s.room.is_over ? agg_out_of_room(why) : OK);
}

static enum err walk_blocks(struct walk *w, struct fault *why)
{
    const struct search_context *c = w->s.context;
    uint32_t blocks_min = c->piece_blocks ? c->piece_blocks + 1 : DIVIDED_BLOCKS_MIN;
    bool together = pool_workers(c->pool) > 1 && !c->ends_when_enough && walk_is_divisible(w) &&
                    w->blocks.count >= blocks_min;
    return together ? walk_together(w, why) : walk_alone(w, why);
}

// ---- answering ----

static void answer_total(const struct walk *w, struct answer *out)
{
    const struct request *r = w->s.request;
    struct veil veil = crowd_veil(&w->crowd, 0);
    out->subjects = crowd_size(&w->crowd, 0);
    out->total = crowd_is_enough(&w->crowd, 0) ? veil_count(&veil, VEIL_ROWS, w->total) : 0;
    if (!r->track_total_hits_given || r->track_total_hits < 0)
        return;
    uint64_t limit = (uint64_t)r->track_total_hits;
    out->total_is_lower_bound = out->total > limit;
    if (out->total > limit)
        out->total = limit;
}

// One more level folded: into a walk of its own, which is then the one to be answered from.
static enum err fold_level(struct walk **w, uint32_t level, struct fault *why)
{
    struct search *s = &(*w)->s;
    if (!agg_fold_plan(s, level))
        return s->room.is_over ? agg_out_of_room(why) : OK;
    struct walk *next = arena_alloc(s->arena, sizeof *next);
    enum err e = walk_plan_like(next, *w, why);
    next->before = *w;
    *w = next;
    if (e)
        return e;
    walk_merge(next, next->before);
    next->s.arena = s->arena;
    return next->s.room.is_over ? agg_out_of_room(why) : OK;
}

// Answers the aggregations; below a floor, of a tree that is folded (agg_fold.h).
static enum err answer_aggs(struct walk *w, struct answer *out, struct fault *why)
{
    bool folds = w->s.floor > 0 && w->s.context->veil && !w->s.context->ends_when_enough;
    uint32_t levels = folds ? agg_tree_depth(&w->s) : 0;
    struct walk *last = w;
    enum err e = OK;
    for (uint32_t level = 1; level <= levels && !e; level++)
        e = fold_level(&last, level, why);
    if (!e)
        e = agg_tree_answer(&last->s, out, why);
    while (last != w) {
        struct walk *before = last->before;
        walk_drop(last);
        last = before;
    }
    return e;
}

static enum err run(struct walk *w, struct answer *out, struct fault *why)
{
    struct answer answer = {.index_count = w->s.context->table_count};
    enum err e = walk_plan(w, NULL, why);
    if (!e)
        e = walk_kept(w, &answer, why);
    if (!e && !answer.used_cache)
        e = walk_plan_blocks(w);
    if (!e && !answer.used_cache)
        e = walk_blocks(w, why);
    if (e)
        return e == ERR_LIMIT && w->s.room.is_over ? agg_out_of_room(why) : e;
    answer_total(w, &answer);
    answer.terminated_early = walk_is_terminated(w);
    hits_answer(&w->s, &w->hits, &answer);
    e = answer_aggs(w, &answer, why);
    if (!e)
        e = read_fault_take(why); // the rows of the hits
    if (!e)
        *out = answer;
    return e;
}

static const char *table_name(const struct search_context *c, uint32_t table)
{
    return snapshot_schema(c->snapshot)->tables[table].name;
}

// Over several tables the strictest of what is allowed on each.
static bool sees_rows(const struct search_context *c)
{
    bool sees = true;
    for (uint32_t i = 0; i < c->table_count; i++)
        sees = sees && permit_rows(c->permit, table_name(c, c->tables[i]));
    return sees;
}

static uint32_t floor_of(const struct search_context *c)
{
    return sees_rows(c) ? 0 : snapshot_schema(c->snapshot)->floor_subjects;
}

enum err search_rows(const struct search_context *c, const struct request *r, struct arena *request,
                     struct answer *out, struct fault *why)
{
    struct walk w = {.s = {.context = c,
                           .request = r,
                           .arena = request,
                           .sees_rows = sees_rows(c),
                           .floor = floor_of(c)}};
    struct budget own;
    budget_init(&own, NULL, "request", "search.memory_bytes", SEARCH_MEMORY_BYTES);
    struct budget *memory = c->memory ? c->memory : &own;
    w.s.room = room_in(memory);
    (void)read_fault_take(NULL); // what is left of other work of this thread
    enum err e = run(&w, out, why);
    if (e == ERR_LIMIT && atomic_load(&memory->refused_by)) // to whichever thread's room
        e = budget_fault(memory, why);
    walk_done(&w);
    room_done(&w.s.room);
    return e;
}

enum err search_run(const struct search_context *c, const struct request *r, struct arena *request,
                    struct answer *out, struct fault *why)
{
    if (floor_of(c) == 0 || !c->veil)
        return search_rows(c, r, request, out, why);
    struct request counts; // what of it does
    enum err e = floor_query_make(c, r, request, &counts, why);
    return e ? e : search_rows(c, &counts, request, out, why);
}

// A row that the permit's filter may hide is looked for as any other would be.
static enum err get_filtered(const struct search_context *c, struct row_key key,
                             struct arena *request, struct hit *out, struct fault *why)
{
    struct slice *id = ARENA_NEW(request, struct slice);
    struct buf text AUTO(buf_donep) = buf_init(ROW_ID_BYTES);
    row_key_print(key, &text);
    *id = arena_copy(request, buf_slice(&text));
    struct query q = {.kind = QUERY_IDS, .boost = 1, .ids = {.values = id, .value_count = 1}};
    struct request r = {.query = &q, .size = 1};
    struct answer found = {0};
    enum err e = search_rows(c, &r, request, &found, why);
    if (e || found.hit_count == 0)
        return e ? e : ERR_NOT_FOUND;
    *out = found.hits[0];
    return OK;
}

enum err search_get(const struct search_context *c, uint32_t table, struct row_key key,
                    struct arena *request, struct hit *out, struct fault *why)
{
    if (!permit_rows(c->permit, table_name(c, table)))
        return fail(why, ERR_DENIED,
                    "security_exception: action [%s] is unauthorized for user [%s]: single rows "
                    "are not shown",
                    action_name(ACTION_READ), permit_user(c->permit));
    if (permit_filters(c->permit, table_name(c, table)))
        return get_filtered(c, key, request, out, why);
    struct row_ref at;
    (void)read_fault_take(NULL); // what is left of other work of this thread
    enum err e = view_find(snapshot_view(c->snapshot, table), key, &at);
    enum err unread = read_fault_take(why);
    if (e || unread)
        return unread ? unread : e;
    *out = (struct hit){.score = 1};
    hit_fill(c->snapshot, c->permit, table, at, request, out);
    return read_fault_take(why);
}

enum err search_sealed(const struct search_context *c, const struct sealed_wish *wish,
                       struct arena *request, struct sealed_hit *out, struct fault *why)
{
    const char *index = table_name(c, wish->table);
    const struct view *v = snapshot_view(c->snapshot, wish->table);
    struct row_ref at;
    uint32_t code = CODE_NONE;
    if (permit_action(c->permit) != ACTION_UNSEAL || !permit_index(c->permit, index) ||
        permit_filters(c->permit, index))
        return fail(why, ERR_DENIED,
                    "security_exception: action [%s] is unauthorized for user [%s] on indices [%s]",
                    action_name(ACTION_UNSEAL), permit_user(c->permit), index);
    (void)read_fault_take(NULL); // what is left of other work of this thread
    enum err e = view_find(v, wish->key, &at);
    enum err unread = read_fault_take(why);
    if (e || unread)
        return unread ? unread : e;
    *out = (struct sealed_hit){.row = {.score = 1}};
    hit_fill(c->snapshot, c->permit, wish->table, at, request, &out->row);
    out->row.field_count = 0;
    if (row_code(v, at, wish->field, &code) && code != CODE_NONE)
        out->sealed = arena_copy(request, dict_value(view_dict(v, wish->field), code));
    return read_fault_take(why);
}
