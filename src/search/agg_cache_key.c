// SPDX-License-Identifier: Apache-2.0
#include "search/agg_cache_key.h"

#include "search/agg_cache_tree.h"

#include <assert.h>

// A field that is added to one of these may change what is collected.  Whoever adds it says
// here, in the writer of the struct, what of it belongs into the key, and counts it.
static_assert(sizeof(struct match) == 208, "write_match() knows every field");
static_assert(sizeof(struct agg) == 472, "write_agg() knows every field");
static_assert(sizeof(struct request) == 240, "agg_plan_key() knows every field");

enum { CODES_WRITTEN_MAX = 2048 };

struct key_writer {
    const struct columns *columns;
    const struct loose_ranges *loose;
    struct buf *out;
    bool is_lost; // something that no key tells
};

// ---- columns ----

// Values through a look-up are those of one version of the table referred to.
static void write_source(struct key_writer *k, const struct column_source *c)
{
    buf_u8(k->out, c->is_mapped);
    if (!c->is_mapped)
        return;
    buf_varint(k->out, c->path.field);
    buf_varint(k->out, (uint64_t)c->storage);
    buf_u8(k->out, c->target != NULL);
    if (!c->target)
        return;
    buf_varint(k->out, (uint64_t)c->path.lookup);
    buf_u64_le(k->out, view_epoch(c->target));
    k->is_lost |= c->code_map != NULL;
}

static void write_column(struct key_writer *k, const struct column *c)
{
    if (!c) {
        buf_u8(k->out, 0xff);
        return;
    }
    buf_u8(k->out, c->is_mapped);
    buf_varint(k->out, (uint64_t)c->type);
    buf_varint(k->out, (uint64_t)c->storage);
    buf_u8(k->out, c->is_near);
    for (uint32_t i = 0; c->is_mapped && i < k->columns->table_count; i++)
        write_source(k, &c->sources[i]);
    // Codes of dictionaries that were merged are this search's own.
    k->is_lost |= c->merged != NULL;
}

// ---- the query ----

static bool is_loose(const struct key_writer *k, const struct match *m)
{
    for (uint32_t i = 0; i < k->loose->count; i++)
        if (k->loose->at[i] == m)
            return true;
    return false;
}

static void write_codes(struct key_writer *k, const struct match *m)
{
    if (m->set_count > CODES_WRITTEN_MAX) {
        k->is_lost = true;
        return;
    }
    buf_varint(k->out, m->set_count);
    for (uint32_t w = m->code_lo / 64; m->set_count && w <= m->code_hi / 64; w++)
        for (uint64_t word = m->set[w]; word; word &= word - 1)
            buf_varint(k->out, 64 * (uint64_t)w + (uint64_t)__builtin_ctzll(word));
}

static void write_match(struct key_writer *k, const struct match *m);

static void write_bool(struct key_writer *k, const struct match *m)
{
    buf_varint(k->out, m->must_count);
    for (uint32_t i = 0; i < m->must_count; i++)
        write_match(k, &m->must[i]);
    buf_varint(k->out, m->should_min);
    buf_varint(k->out, m->should_count);
    for (uint32_t i = 0; i < m->should_count; i++)
        write_match(k, &m->should[i]);
    buf_varint(k->out, m->must_not_count);
    for (uint32_t i = 0; i < m->must_not_count; i++)
        write_match(k, &m->must_not[i]);
}

static void write_values(struct key_writer *k, const struct match *m, const void *values)
{
    buf_varint(k->out, m->value_count);
    if (m->value_count)
        buf_bytes(k->out, values, (size_t)m->value_count * sizeof(uint64_t));
}

static void write_match(struct key_writer *k, const struct match *m)
{
    buf_u8(k->out, (uint8_t)m->kind);
    if (m->kind != MATCH_ALL && m->kind != MATCH_NONE && m->kind != MATCH_TABLES &&
        m->kind != MATCH_BOOL && m->kind != MATCH_IDS)
        write_column(k, m->column);
    switch (m->kind) {
    case MATCH_ALL:
    case MATCH_NONE:
    case MATCH_EXISTS:
        return;
    case MATCH_CODES:
        write_codes(k, m);
        return;
    case MATCH_LONGS:
        write_values(k, m, m->longs);
        return;
    case MATCH_DOUBLES:
        write_values(k, m, m->doubles);
        return;
    case MATCH_LONG_RANGE:
        buf_u8(k->out, is_loose(k, m));
        buf_u64_le(k->out, is_loose(k, m) ? 0 : (uint64_t)m->lo);
        buf_u64_le(k->out, is_loose(k, m) ? 0 : (uint64_t)m->hi);
        return;
    case MATCH_DOUBLE_RANGE:
        buf_bytes(k->out, &m->lo_f64, sizeof m->lo_f64);
        buf_bytes(k->out, &m->hi_f64, sizeof m->hi_f64);
        return;
    case MATCH_TABLES:
        buf_bytes(k->out, m->set, bit_words(k->columns->table_count) * sizeof *m->set);
        return;
    case MATCH_BOOL:
        write_bool(k, m);
        return;
    case MATCH_IDS:
        break; // where a row is differs from snapshot to snapshot, and few are asked for
    }
    k->is_lost = true;
}

// ---- the aggregations ----

// Date math stands for another instant each time.
static void write_literal(struct key_writer *k, const struct literal *l)
{
    buf_u8(k->out, (uint8_t)l->type);
    buf_blob(k->out, l->type == LITERAL_NULL ? slice_of(NULL, 0) : l->text);
    k->is_lost |= l->type == LITERAL_TEXT && l->text.len >= 3 && memcmp(l->text.at, "now", 3) == 0;
}

static void write_interval(struct key_writer *k, const struct agg *a)
{
    buf_varint(k->out, (uint64_t)a->interval_kind);
    buf_varint(k->out, (uint64_t)a->calendar_unit);
    buf_u64_le(k->out, (uint64_t)a->interval_ms);
    buf_u64_le(k->out, (uint64_t)a->offset_ms);
    buf_bytes(k->out, &a->interval, sizeof a->interval);
    buf_bytes(k->out, &a->offset, sizeof a->offset);
    write_literal(k, &a->hard_min);
    write_literal(k, &a->hard_max);
}

// Not written: name, keyed, shows_term_error, filters_keyed, type_name, meta, size, min_doc_count,
// orders, include, exclude, extended bounds, filter_names, keys of ranges, after, the order of
// sources, percents, precision_threshold, sigma, pipelines.  They shape the answer only.  `field`
// is the column's.
static void write_agg(struct key_writer *k, const struct agg_node *n)
{
    const struct agg *a = n->agg;
    buf_u8(k->out, (uint8_t)a->kind);
    write_column(k, n->column);
    buf_u8(k->out, a->missing_is_apart);
    write_literal(k, &a->missing);
    buf_blob(k->out, a->format);
    buf_blob(k->out, a->time_zone);
    write_interval(k, a);
    buf_varint(k->out, a->range_count);
    for (uint32_t i = 0; i < a->range_count; i++) {
        write_literal(k, &a->ranges[i].from);
        write_literal(k, &a->ranges[i].to);
    }
    buf_varint(k->out, a->filter_count);
    for (uint32_t i = 0; i < a->filter_count; i++)
        write_match(k, agg_filter_match(n, i));
    buf_u8(k->out, a->other_bucket.len > 0);
    buf_varint(k->out, n->sub_count);
    for (uint32_t i = 0; i < n->sub_count; i++)
        write_agg(k, &n->subs[i]);
}

// ---- the whole ----

static bool is_plain(const struct search *s, const struct column *c)
{
    for (uint32_t i = 0; i < s->columns.table_count; i++) {
        const struct column_source *from = &c->sources[i];
        if (!from->is_mapped || from->target || from->storage != STORAGE_I64)
            return false;
    }
    return c->type == FIELD_DATE; // rows come in time order, other numbers are in every block
}

static void find_loose(struct search *s, struct match *m, struct loose_ranges *out)
{
    if (m->kind == MATCH_LONG_RANGE && out->count < LOOSE_RANGES_MAX && is_plain(s, m->column))
        out->at[out->count++] = m;
    for (uint32_t i = 0; m->kind == MATCH_BOOL && i < m->must_count; i++)
        find_loose(s, &m->must[i], out);
}

void loose_ranges_find(struct search *s, struct loose_ranges *out)
{
    *out = (struct loose_ranges){0};
    find_loose(s, &s->query, out);
}

// Of the request itself the plan has the query, aggregations and a min_score.  What is left
// shapes the answer, but for these: rows are asked for, or counted past another filter, or some of
// them only.
bool agg_plan_key(struct search *s, const struct loose_ranges *loose, struct buf *out)
{
    const struct request *r = s->request;
    struct key_writer k = {.columns = &s->columns, .loose = loose, .out = out};
    if (r->size > 0 || r->from > 0 || r->post_filter || r->slice_max || r->terminate_after ||
        !agg_tree_lasts(s))
        return false;
    buf_varint(out, s->columns.table_count);
    for (uint32_t i = 0; i < s->columns.table_count; i++)
        buf_varint(out, s->columns.tables[i]);
    write_match(&k, &s->query);
    buf_varint(out, s->root.sub_count);
    for (uint32_t i = 0; i < s->root.sub_count; i++)
        write_agg(&k, &s->root.subs[i]);
    return !k.is_lost && !out->over_limit;
}
