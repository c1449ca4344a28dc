// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "base/pool.h"
#include "base/world.h"
#include "engine/engine.h"
#include "keys/crypto.h"
#include "search/budget.h"
#include "search/cube_plan.h"
#include "search/patience.h"
#include "search/pipelines.h"
#include "search/search.h"

#include <stdlib.h>
#include <sys/sysinfo.h>

// A search whose request names no time limit ends after this.
enum { SEARCH_TIMEOUT_MS = 60 * 1000, STATS_ARENA_BYTES = 1 << 20 };

// While rows change so fast that they pass before they are counted, looking at rows takes no
// longer.
enum { CUBE_WAIT_US = 5000 };

// What is kept leaves searches most of the memory that is theirs.
enum { CACHE_ONE_IN = 4 };

struct local {
    struct engine engine; // first, so that one pointer is both
    struct store *store;
    struct pool *pool;
    struct engine_settings settings;
    struct budget memory;     // of all searches
    struct veil_key veils[2]; // made by chance; given
    const struct veil_key *_Atomic veil;
    _Atomic uint64_t searches, running, gone, late, over;
};

static struct local *local_of(struct engine *e)
{
    return (struct local *)(void *)e;
}

static void drop_snapshot(struct snapshot **s)
{
    snapshot_free(*s);
}

static enum err deny(const struct permit *p, const char *index, struct fault *why)
{
    return fail(why, ERR_DENIED,
                "security_exception: action [%s] is unauthorized for user [%s]%s%s%s",
                action_name(permit_action(p)), permit_user(p), index ? " on indices [" : "",
                index ? index : "", index ? "]" : "");
}

static bool reads(const struct permit *p)
{
    return permit_action(p) == ACTION_READ || permit_action(p) == ACTION_AGGREGATE;
}

static enum err check(const struct engine *e, const struct permit *p, const struct index_list *in,
                      struct fault *why)
{
    if (!reads(p))
        return deny(p, NULL, why);
    for (uint32_t i = 0; i < in->count; i++) {
        CHECK(in->tables[i] < e->schema->table_count);
        const char *name = e->schema->tables[in->tables[i]].name;
        if (!permit_index(p, name))
            return deny(p, name, why);
    }
    return OK;
}

static int64_t deadline_us(const struct request *r)
{
    int64_t timeout_ms = SEARCH_TIMEOUT_MS;
    if (r->timeout_ms > 0 && r->timeout_ms < timeout_ms)
        timeout_ms = r->timeout_ms;
    return monotonic_us() + timeout_ms * 1000;
}

static void count_end(struct local *l, const struct patience *p, const struct budget *memory)
{
    int end = atomic_load(&p->end);
    if (end == PATIENCE_IS_GONE)
        atomic_fetch_add(&l->gone, 1);
    else if (end == PATIENCE_IS_LATE)
        atomic_fetch_add(&l->late, 1);
    else if (atomic_load(&memory->refused_by))
        atomic_fetch_add(&l->over, 1);
}

// True when a cube answered.  Cubes are fed within a commit, so that one may be a commit
// ahead of the newest snapshot for a moment; then that one is waited for.
static bool ask_cubes(struct local *l, struct search_context *c, struct snapshot **now,
                      const struct request *r, struct arena *request, struct answer *out)
{
    int64_t until_us = l->settings.cubes ? monotonic_us() + CUBE_WAIT_US : 0;
    for (int64_t at_us = 0; at_us < until_us; at_us = monotonic_us()) {
        struct cube_plan plan;
        if (!cube_plan_make(l->settings.cubes, c, r, request, &plan))
            return false;
        enum cube_found found = cube_plan_answer(&plan, out);
        if (found != CUBE_BEHIND)
            return found == CUBE_FOUND;
        snapshot_free(*now);
        *now = store_snapshot_since(l->store, cubes_version(l->settings.cubes));
        c->snapshot = *now;
    }
    return false;
}

struct engine_pin {
    struct snapshot *snapshot;
    int64_t now_ms;
};

static enum err local_pin(struct engine *e, const struct permit *p, const struct index_list *in,
                          struct engine_pin **out, struct fault *why)
{
    enum err denied = check(e, p, in, why);
    if (denied)
        return denied;
    struct engine_pin *pin = malloc(sizeof *pin);
    CHECK(pin != NULL);
    *pin = (struct engine_pin){.snapshot = store_snapshot(local_of(e)->store), .now_ms = now_ms()};
    *out = pin;
    return OK;
}

static void local_unpin(struct engine_pin *pin)
{
    if (pin)
        snapshot_free(pin->snapshot);
    free(pin);
}

// The rows to search in: `own` is for the caller to free, NULL when they are pinned.
static void choose_rows(struct local *l, const struct engine_question *q, struct search_context *c,
                        struct snapshot **own)
{
    *own = q->pin ? NULL : store_snapshot(l->store);
    c->snapshot = q->pin ? q->pin->snapshot : *own;
    c->now_ms = q->pin ? q->pin->now_ms : now_ms();
}

static enum err local_search(struct engine *e, const struct engine_question *q,
                             struct arena *request, struct answer *out, struct fault *why)
{
    enum err denied = check(e, q->permit, &q->in, why);
    if (denied)
        return denied;
    const struct request *r = q->request;
    struct local *l = local_of(e);
    struct snapshot *now AUTO(drop_snapshot) = NULL;
    struct patience patience = {
        .deadline_us = deadline_us(r), .is_gone = q->is_gone, .asker = q->asker};
    struct budget memory;
    budget_init(&memory, &l->memory, "request", "search.memory_bytes", l->settings.memory_bytes);
    struct search_context c = {.permit = q->permit,
                               .tables = q->in.tables,
                               .table_count = q->in.count,
                               .patience = &patience,
                               .pool = l->pool,
                               .memory = &memory,
                               .veil = l->veil,
                               .buckets_max = l->settings.buckets_max,
                               .cache = q->is_fresh ? NULL : e->cache};
    choose_rows(l, q, &c, &now);
    atomic_fetch_add(&l->searches, 1);
    atomic_fetch_add(&l->running, 1);
    bool told = !q->pin && ask_cubes(l, &c, &now, r, request, out); // cubes know only the newest
    enum err result = told ? OK : search_run(&c, r, request, out, why);
    atomic_fetch_sub(&l->running, 1);
    if (!result)
        result = pipelines_run(r, request, out, why);
    if (!result)
        out->version = snapshot_version_of(c.snapshot, q->in.tables, q->in.count);
    count_end(l, &patience, &memory);
    return result;
}

// NOLINTNEXTLINE(readability-function-size): six, and the fault that explains.
static enum err local_get(struct engine *e, const struct permit *p, uint32_t table,
                          struct row_key key, struct arena *request, struct hit *out,
                          struct fault *why)
{
    const struct index_list in = {.tables = &table, .count = 1};
    enum err denied = check(e, p, &in, why);
    if (denied)
        return denied;
    struct snapshot *now AUTO(drop_snapshot) = store_snapshot(local_of(e)->store);
    struct search_context c = {
        .snapshot = now, .permit = p, .tables = &table, .table_count = 1, .now_ms = now_ms()};
    return search_get(&c, table, key, request, out, why);
}

// The rows of a table as a search shows them to a role with a floor; 0 when there is no answer.
static uint64_t rows_shown(struct local *l, const struct permit *p, uint32_t table)
{
    struct snapshot *now AUTO(drop_snapshot) = store_snapshot(l->store);
    struct arena *request AUTO(arena_freep) = arena_new(STATS_ARENA_BYTES);
    const struct query all = {.kind = QUERY_MATCH_ALL, .boost = 1};
    const struct request r = {
        .query = &all, .track_total_hits = -1, .track_total_hits_given = true};
    struct patience patience = {.deadline_us = deadline_us(&r)};
    struct search_context c = {.snapshot = now,
                               .permit = p,
                               .tables = &table,
                               .table_count = 1,
                               .now_ms = now_ms(),
                               .patience = &patience,
                               .pool = l->pool,
                               .veil = l->veil};
    struct answer a = {0};
    return search_run(&c, &r, request, &a, NULL) ? 0 : a.total;
}

// Bytes, segments and changes tell of single rows as well, so they are not told; that something
// could not be read is.
static void show_groups_only(struct local *l, const struct permit *p, uint32_t table,
                             struct store_table_stats *t)
{
    struct store_table_stats shown = {.name = t->name, .rows = rows_shown(l, p, table)};
    memcpy(shown.broken, t->broken, sizeof shown.broken);
    *t = shown;
}

static enum err local_sealed(struct engine *e, const struct permit *p,
                             const struct sealed_wish *wish, struct arena *request,
                             struct sealed_hit *out, struct fault *why)
{
    CHECK(wish->table < e->schema->table_count);
    struct snapshot *now AUTO(drop_snapshot) = store_snapshot(local_of(e)->store);
    struct search_context c = {
        .snapshot = now, .permit = p, .tables = &wish->table, .table_count = 1, .now_ms = now_ms()};
    return search_sealed(&c, wish, request, out, why);
}

// Tables that the permit does not show, or not all of, keep their place, with nothing in it.
static void local_stats(struct engine *e, const struct permit *p, struct store_stats *out)
{
    store_stats(local_of(e)->store, out);
    for (uint32_t i = 0; i < out->table_count; i++) {
        struct store_table_stats *t = &out->tables[i];
        if (!permit_index(p, t->name) || permit_filters(p, t->name))
            *t = (struct store_table_stats){.name = t->name};
        else if (e->schema->floor_subjects && permit_groups_only(p, t->name))
            show_groups_only(local_of(e), p, i, t);
    }
}

// A commit is seen by every snapshot taken after it, so there is nothing to wait for, and
// whoever may know of an index may ask: readers' tools refresh before they read.
static enum err local_refresh(struct engine *e, const struct permit *p, struct fault *why)
{
    (void)e;
    return permit_action(p) == ACTION_SCHEMA ? OK : deny(p, NULL, why);
}

static uint64_t local_version(struct engine *e, const struct index_list *in)
{
    struct snapshot *now AUTO(drop_snapshot) = store_snapshot(local_of(e)->store);
    return in ? snapshot_version_of(now, in->tables, in->count) : snapshot_version(now);
}

static void local_close(struct engine *e)
{
    struct local *l = local_of(e);
    pool_free(l->pool);
    agg_cache_free(e->cache);
    free(l);
}

static const struct engine_ops local_ops = {
    .search = local_search,
    .get = local_get,
    .sealed = local_sealed,
    .pin = local_pin,
    .unpin = local_unpin,
    .stats = local_stats,
    .refresh = local_refresh,
    .version = local_version,
    .close = local_close,
};

void engine_local_veil(struct engine *e, const struct veil_key *key)
{
    struct local *l = local_of(e);
    if (l->veil == &l->veils[1]) // searches may be reading it, and it is the same one
        return;
    l->veils[1] = *key;
    l->veil = &l->veils[1];
}

void engine_local_load(struct engine *e, struct engine_load *out)
{
    struct local *l = local_of(e);
    *out = (struct engine_load){.searches = l->searches,
                                .running = l->running,
                                .gone = l->gone,
                                .late = l->late,
                                .over = l->over,
                                .memory_bytes = l->memory.used,
                                .memory_bytes_most = l->memory.most,
                                .memory_bytes_max = l->memory.limit};
    agg_cache_stats(e->cache, &out->cache);
}

static size_t half_of_memory(void)
{
    struct sysinfo machine;
    CHECK(sysinfo(&machine) == 0);
    return (size_t)machine.totalram * machine.mem_unit / 2;
}

struct engine *engine_local_new(struct store *st, const struct schema *schema,
                                const struct engine_settings *settings)
{
    const struct engine_settings all_default = {0};
    if (!settings)
        settings = &all_default;
    struct local *l = calloc(1, sizeof *l);
    CHECK(l != NULL);
    l->engine = (struct engine){.ops = &local_ops, .schema = schema};
    l->store = st;
    l->settings = *settings;
    random_bytes(&l->veils[0], sizeof l->veils[0]);
    l->veil = &l->veils[0];
    if (!l->settings.memory_bytes)
        l->settings.memory_bytes = SEARCH_MEMORY_BYTES;
    budget_init(&l->memory, NULL, "parent", "search.memory_bytes_all",
                settings->memory_bytes_all ? settings->memory_bytes_all : half_of_memory());
    l->pool = pool_new(settings->threads ? settings->threads : pool_cores());
    size_t kept = settings->cache_bytes < l->memory.limit / CACHE_ONE_IN
                      ? settings->cache_bytes
                      : l->memory.limit / CACHE_ONE_IN;
    if (settings->cache_bytes)
        l->engine.cache = agg_cache_new(kept, &l->memory);
    return &l->engine;
}
