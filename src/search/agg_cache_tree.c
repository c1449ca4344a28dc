// SPDX-License-Identifier: Apache-2.0
#include "search/agg_cache_tree.h"

#include "access/seen.h"
#include "base/check.h"
#include "base/reader.h"

enum { LOADED_AT_ONCE = 1024 };

static bool has_numbers(const struct agg_node *n)
{
    return n->agg->kind >= AGG_BUCKET_KINDS;
}

static bool lasts(const struct agg_node *n)
{
    if (n->agg && n->ops->is_fleeting && n->ops->is_fleeting(n))
        return false;
    for (uint32_t i = 0; i < n->sub_count; i++)
        if (!lasts(&n->subs[i]))
            return false;
    return true;
}

// Rows and fields that a permit hides are no part of the plan.
static bool sees_all(const struct search_context *c)
{
    const struct schema *schema = snapshot_schema(c->snapshot);
    for (uint32_t i = 0; i < c->table_count; i++)
        if (!seen_whole(c->permit, schema, &schema->tables[c->tables[i]]))
            return false;
    return true;
}

bool agg_tree_lasts(const struct search *s)
{
    // Subjects that are no codes do not last.
    return s->floor == 0 && sees_all(s->context) && lasts(&s->root);
}

// ---- saving ----

struct buckets { // of one node, in the order in which they are written
    uint32_t count;
    uint32_t *ords;
    uint32_t *places; // by ordinal
};

static bool buckets_room(struct search *s, const struct agg_node *n, struct buckets *out)
{
    size_t most = agg_ord_count(n);
    *out = (struct buckets){.ords = room_alloc(&s->room, most * sizeof(uint32_t)),
                            .places = room_alloc(&s->room, most * sizeof(uint32_t))};
    return out->ords && out->places;
}

static void find_buckets(const struct agg_node *n, struct buckets *b)
{
    uint32_t most = agg_ord_count(n);
    for (uint32_t ord = 0; ord < most && ord < n->counts_cap; ord++) {
        if (n->counts[ord] == 0)
            continue;
        b->places[ord] = b->count;
        b->ords[b->count++] = ord;
    }
}

static uint32_t parent_of(const struct ords *o, uint32_t ord)
{
    return ords_is_direct(o) ? ord / (uint32_t)o->key_bound : o->parents[ord];
}

static uint64_t key_of(const struct agg_node *n, uint32_t ord)
{
    const struct ords *o = &n->ords;
    uint64_t key = ords_is_direct(o) ? ord % o->key_bound : o->keys[ord];
    return n->ops->lasting_key ? n->ops->lasting_key(n, key) : key;
}

static void save_rows(const struct agg_node *n, const struct buckets *b, struct buf *out)
{
    for (uint32_t i = 0; i < b->count; i++)
        buf_u32_le(out, (uint32_t)agg_rows(n, b->ords[i]));
}

static void save_keys(const struct agg_node *n, const struct buckets *up, const struct buckets *b,
                      struct buf *out)
{
    buf_u32_le(out, b->count);
    for (uint32_t i = 0; i < b->count; i++)
        buf_u32_le(out, up->places[parent_of(&n->ords, b->ords[i])]);
    for (uint32_t i = 0; i < b->count; i++)
        buf_u64_le(out, key_of(n, b->ords[i]));
}

static void save_node(struct search *s, const struct agg_node *n, const struct buckets *up,
                      struct buf *out)
{
    if (n->agg && has_numbers(n)) {
        n->ops->save(n, up->ords, up->count, out);
        return;
    }
    struct buckets own = *up;
    if (n->agg && !n->shares_ords) {
        if (!buckets_room(s, n, &own))
            return;
        find_buckets(n, &own);
        save_keys(n, up, &own, out);
    }
    save_rows(n, &own, out);
    for (uint32_t i = 0; i < n->sub_count && !s->room.is_over; i++)
        save_node(s, &n->subs[i], &own, out);
}

void agg_tree_save(struct search *s, struct buf *out)
{
    uint32_t only = 0;
    agg_tree_count_apart(s);
    struct buckets root = {.count = 1, .ords = &only, .places = &only};
    save_node(s, &s->root, &root, out);
}

// ---- loading ----

struct loaded { // ordinals here of the buckets as they were written
    uint32_t count;
    const uint32_t *ords;
};

static const uint8_t *take(struct reader *in, uint32_t count, size_t bytes)
{
    const uint8_t *at = reader_bytes(in, count * bytes).at;
    CHECK(!in->short_of_bytes);
    return at;
}

static uint32_t u32_at(const uint8_t *at, uint32_t i)
{
    uint32_t v;
    memcpy(&v, at + (size_t)i * sizeof v, sizeof v);
    return v;
}

static void load_rows(struct search *s, struct agg_node *n, const struct loaded *l,
                      struct reader *in)
{
    const uint8_t *rows = take(in, l->count, sizeof(uint32_t));
    if (!agg_reserve_counts(s, n))
        return;
    for (uint32_t i = 0; i < l->count; i++)
        n->counts[l->ords[i]] += u32_at(rows, i);
}

static bool load_some(struct agg_node *n, const struct loaded *up, const uint8_t *parents_at,
                      const uint8_t *keys_at, uint32_t count, uint32_t *out)
{
    uint32_t parents[LOADED_AT_ONCE];
    uint64_t keys[LOADED_AT_ONCE];
    memcpy(keys, keys_at, count * sizeof *keys);
    for (uint32_t i = 0; i < count; i++) {
        parents[i] = up->ords[u32_at(parents_at, i)];
        if (n->ops->key_here)
            keys[i] = n->ops->key_here(n, keys[i]);
        CHECK(!ords_is_direct(&n->ords) || keys[i] < n->ords.key_bound);
    }
    return ords_add_many(&n->ords, parents, keys, count, out);
}

static bool load_keys(struct search *s, struct agg_node *n, const struct loaded *up,
                      struct reader *in, struct loaded *out)
{
    uint32_t count = reader_u32_le(in);
    const uint8_t *parents = take(in, count, sizeof(uint32_t));
    const uint8_t *keys = take(in, count, sizeof(uint64_t));
    uint32_t *ords = room_alloc(&s->room, count * sizeof *ords);
    if (!ords)
        return false;
    *out = (struct loaded){count, ords};
    for (uint32_t at = 0; at < count; at += LOADED_AT_ONCE) {
        uint32_t some = count - at < LOADED_AT_ONCE ? count - at : LOADED_AT_ONCE;
        if (!load_some(n, up, parents + at * sizeof(uint32_t), keys + at * sizeof(uint64_t), some,
                       ords + at))
            return false;
    }
    return true;
}

static void load_node(struct search *s, struct agg_node *n, const struct loaded *up,
                      struct reader *in)
{
    if (s->room.is_over)
        return;
    if (n->agg && has_numbers(n)) {
        n->ops->load(s, n, up->ords, up->count, in);
        return;
    }
    struct loaded own = *up;
    if (n->agg && !n->shares_ords && !load_keys(s, n, up, in, &own))
        return;
    load_rows(s, n, &own, in);
    for (uint32_t i = 0; i < n->sub_count; i++)
        load_node(s, &n->subs[i], &own, in);
}

void agg_tree_load(struct search *s, struct slice bytes)
{
    const uint32_t only = 0;
    agg_tree_count_apart(s);
    const struct loaded root = {.count = 1, .ords = &only};
    struct reader in = reader_over(bytes);
    load_node(s, &s->root, &root, &in);
    CHECK(s->room.is_over || reader_end(&in, NULL) == OK);
}
