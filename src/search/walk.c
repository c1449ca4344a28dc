// SPDX-License-Identifier: Apache-2.0
#include "search/walk.h"

#include "kernel/mask.h"
#include "search/patience.h"
#include "search/subjects.h"
#include "store/read_fault.h"

// ---- planning ----

static enum err plan_arrays(struct walk *w)
{
    struct search *s = &w->s;
    w->mask = room_alloc(&s->room, BLOCK_WORDS * sizeof *w->mask);
    w->sliced = room_alloc(&s->room, BLOCK_WORDS * sizeof *w->sliced);
    w->post_mask = room_alloc(&s->room, BLOCK_WORDS * sizeof *w->post_mask);
    w->rows = room_alloc(&s->room, BLOCK_ROWS * sizeof *w->rows + BLOCK_SLACK);
    w->scratch = room_alloc(&s->room, BLOCK_ROWS * sizeof *w->scratch);
    s->wide = room_alloc(&s->room, BLOCK_ROWS * sizeof *s->wide + BLOCK_SLACK);
    s->root_room = room_alloc(&s->room, BLOCK_ROWS * sizeof(uint32_t) + BLOCK_SLACK);
    s->mask_room = room_alloc(&s->room, BLOCK_ROWS * sizeof(uint32_t) + BLOCK_SLACK);
    s->nothing = room_alloc(&s->room, BLOCK_WORDS * sizeof *s->nothing);
    s->subjects = room_alloc(&s->room, BLOCK_ROWS * sizeof *s->subjects);
    w->crowd = search_crowd(s);
    return !s->room.is_over && crowd_reserve(&w->crowd, &s->room, 1) ? OK : ERR_LIMIT;
}

// A value that does not fit its field: told as Elasticsearch does, the cause within.
static enum err plan_match(struct search *s, const struct query *q, struct match *out,
                           struct fault *why)
{
    static const char *const wrapped[] = {"number_format_exception: ",
                                          "illegal_argument_exception: "};
    enum err e = match_plan(&s->columns, q, s->context->now_ms, out, why);
    for (int i = 0; e == ERR_INVALID && why && i < 2; i++) {
        if (strncmp(why->words, wrapped[i], strlen(wrapped[i])) == 0)
            return fail_in(why, e, "query_shard_exception: failed to create query");
    }
    return e;
}

static enum err plan_queries(struct walk *w, struct fault *why)
{
    struct search *s = &w->s;
    const struct request *r = s->request;
    enum err e = plan_match(s, r->query, &s->query, why);
    if (!e && r->post_filter) {
        w->has_post_filter = true;
        e = plan_match(s, r->post_filter, &s->post_filter, why);
    }
    s->score = match_score(r->query);
    if (r->min_score_given && s->score < r->min_score)
        s->query.kind = MATCH_NONE;
    return e;
}

// Which blocks are visited: where the query may match, unless an aggregation looks past it.
enum err walk_plan_blocks(struct walk *w)
{
    struct search *s = &w->s;
    bool all = agg_tree_wants_all_rows(s);
    enum err e = blocks_plan(&s->columns, all ? NULL : &s->query, &w->blocks);
    return e || !w->counts_only || s->request->terminate_after
               ? e
               : hits_order(s, &w->hits, &w->blocks);
}

enum err walk_plan(struct walk *w, const struct walk *first, struct fault *why)
{
    struct search *s = &w->s;
    enum err e = columns_init(&s->columns, s->context->snapshot, s->context->tables,
                              s->context->table_count, &s->room);
    s->columns.permit = s->context->permit;
    if (!e)
        e = row_filter_plan(s->context, &s->room, &s->filter, why);
    if (!e && first)
        columns_share(&s->columns, &first->s.columns);
    if (!e)
        e = plan_arrays(w);
    if (!e)
        e = plan_queries(w, why);
    if (!e)
        e = hits_plan(s, &w->hits, why);
    if (!e)
        e = agg_tree_plan(s, why);
    w->counts_only = s->request->agg_count == 0 && s->floor == 0;
    w->rows_only = w->counts_only && s->request->total_is_off;
    return e;
}

void walk_done(struct walk *w)
{
    columns_done(&w->s.columns);
    row_filter_done(&w->s.filter);
}

// Answers are written in the first walk's arena only, so the plan may lie in the room's.
enum err walk_plan_like(struct walk *w, const struct walk *first, struct fault *why)
{
    const struct search *s = &first->s;
    *w = (struct walk){.s = {.context = s->context,
                             .request = s->request,
                             .room = room_in(s->room.budget),
                             .sees_rows = s->sees_rows,
                             .floor = s->floor}};
    w->s.arena = w->s.room.arena;
    return walk_plan(w, first, why);
}

void walk_drop(struct walk *w)
{
    walk_done(w);
    room_done(&w->s.room);
}

// ---- walking ----

// What `m` takes of the rows in `from` (live ones, or a mask before), into `out`.
static bool take_block(struct walk *w, struct match *m, const uint64_t *from, uint64_t *out)
{
    const struct block *b = &w->s.columns.block;
    size_t words = bit_words(b->row_count);
    enum match_rows got = match_block(&w->s.columns, m, out);
    if (got == ROWS_NONE)
        return false;
    if (got == ROWS_ALL) {
        memmove(out, from, words * sizeof *out);
        return true;
    }
    return mask_and(out, from, b->row_count);
}

static void see_rows(struct walk *w, uint32_t count)
{
    uint64_t subjects[512];
    const uint32_t most = sizeof subjects / sizeof *subjects;
    for (uint32_t at = 0; at < count; at += most) {
        uint32_t some = count - at < most ? count - at : most;
        for (uint32_t i = 0; i < some; i++)
            subjects[i] = w->s.subjects[w->rows[at + i]];
        crowd_see_all(&w->crowd, subjects, some);
    }
}

static void collect_shown(struct walk *w)
{
    struct search *s = &w->s;
    const uint64_t *mask = w->mask;
    uint32_t row_count = s->columns.block.row_count;
    if (w->has_post_filter) {
        if (!take_block(w, &s->post_filter, w->mask, w->post_mask))
            return;
        mask = w->post_mask;
    }
    w->total += mask_count(mask, row_count);
    if (w->crowd.floor == 0 && !hits_want_more(&w->hits))
        return;
    uint32_t count = mask_rows(mask, row_count, w->rows);
    if (w->crowd.floor)
        see_rows(w, count);
    hits_collect(s, &w->hits, w->doc, count, w->rows);
}

// Of the rows that the query takes those that are left to look at.
static bool leave_first(struct walk *w)
{
    uint32_t row_count = w->s.columns.block.row_count;
    uint64_t left = w->s.request->terminate_after - w->matched;
    uint32_t count = mask_rows(w->mask, row_count, w->rows);
    for (uint32_t i = count; i > left; i--)
        w->mask[w->rows[i - 1] / 64] &= ~(1ULL << w->rows[i - 1] % 64);
    w->matched += count < left ? count : left;
    return left > 0 && count > 0;
}

static void collect_block(struct walk *w)
{
    struct search *s = &w->s;
    const struct block *b = &s->columns.block;
    bool any = take_block(w, &s->query, b->live, w->mask);
    if (any && s->request->terminate_after)
        any = leave_first(w);
    // Also where no row matches, or the time would tell that one does.
    if (s->floor)
        subjects_of_block(&s->columns, s->context->veil, w->scratch, s->subjects);
    if (!any && !agg_tree_wants_all_rows(s) && !s->floor)
        return;
    if (!any)
        memset(w->mask, 0, BLOCK_WORDS * sizeof *w->mask);
    if (!w->counts_only)
        agg_tree_collect(s, w->mask, any ? mask_count(w->mask, b->row_count) : 0);
    if (any || s->floor)
        collect_shown(w);
}

bool walk_is_terminated(const struct walk *w)
{
    return w->s.request->terminate_after && w->matched >= w->s.request->terminate_after;
}

bool walk_is_settled(const struct walk *w)
{
    const struct request *r = w->s.request;
    if (walk_is_terminated(w))
        return true;
    return w->counts_only && r->track_total_hits_given && r->track_total_hits >= 0 &&
           w->total > (uint64_t)r->track_total_hits && !hits_want_more(&w->hits);
}

bool walk_has_enough(const struct walk *w)
{
    return w->s.context->ends_when_enough && crowd_is_full(&w->crowd, 0);
}

static enum err check_block(const struct walk *w, struct fault *why)
{
    const struct search_context *c = w->s.context;
    if (w->s.room.is_over)
        return agg_out_of_room(why);
    return c->patience ? patience_check(c->patience, why) : OK;
}

// A slice is every n-th row of the walk; the others are as dead.
static void leave_slice(struct walk *w)
{
    struct block *b = &w->s.columns.block;
    uint64_t max = w->s.request->slice_max;
    uint64_t first = (w->s.request->slice_id + max - w->doc % max) % max;
    memset(w->sliced, 0, BLOCK_WORDS * sizeof *w->sliced);
    for (uint64_t row = first; row < b->row_count; row += max)
        bit_set(w->sliced, row);
    (void)mask_and(w->sliced, b->live, b->row_count);
    b->live = w->sliced;
    b->all_live = false;
}

enum err walk_block(struct walk *w, const struct block_place *place, struct fault *why)
{
    struct search *s = &w->s;
    enum err e = check_block(w, why);
    if (e)
        return e;
    const struct view *v = snapshot_view(s->context->snapshot, s->context->tables[place->at]);
    row_filter_block(&s->filter, &s->columns, place->at, view_block(v, place->block));
    w->doc = place->doc;
    s->doc = place->doc;
    if (w->rows_only && hits_are_before(s, &w->hits, w->doc))
        return OK;
    if (s->request->slice_max)
        leave_slice(w);
    collect_block(w);
    e = read_fault_take(why); // rows that could not be read were taken for rows without values
    return e || !s->room.is_over ? e : agg_out_of_room(why);
}

bool walk_is_divisible(const struct walk *w)
{
    const struct request *r = w->s.request;
    bool counts_to_limit = r->track_total_hits_given && r->track_total_hits >= 0;
    return !r->terminate_after && (!w->counts_only || (w->hits.size == 0 && !counts_to_limit));
}

void walk_merge(struct walk *w, struct walk *from)
{
    w->total += from->total;
    crowd_merge(&w->crowd, &w->s.room, &from->crowd, NULL);
    hits_merge(&w->hits, &from->hits);
    agg_tree_merge(&w->s, &from->s);
}
