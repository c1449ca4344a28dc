// SPDX-License-Identifier: Apache-2.0
#include "api/metric_reuse.h"

#include "metric/levels.h"

enum { PEOPLE_BYTES_MAX = 4 << 20 };

static void add_bound(struct buf *key, bool has, int64_t steps)
{
    buf_u8(key, has);
    buf_u64_le(key, has ? (uint64_t)steps : 0);
}

static void add_question(const struct exchange *x, const struct metric_question *q,
                         const struct metric_decl *m, struct buf *key)
{
    int64_t every = m->every_ms;
    buf_varint(key, REUSE_KEY_BYTES_MAX + 1);
    buf_varint(key, (uint64_t)(m - x->api->engine->schema->metrics));
    add_bound(key, q->has_from, levels_floor(q->from_ms, every));
    add_bound(key, q->has_to, levels_floor(q->to_ms, every) + (q->to_ms % every != 0));
    buf_u64_le(key, (uint64_t)q->every_ms);
    for (uint32_t i = 0; i < q->by_count; i++)
        buf_blob(key, q->by[i]);
}

bool metric_reuse_get(struct exchange *x, const struct metric_question *q,
                      const struct metric_decl *m, struct reuse *out)
{
    *out = (struct reuse){.is_refused = x->pretty || reuse_is_refused(x)};
    if (out->is_refused || !x->api->engine->cache)
        return false;
    struct buf key AUTO(buf_donep);
    const struct index_list in = {.tables = &m->table, .count = 1};
    reuse_key(x, x->permit, &in, out, &key);
    add_question(x, q, m, &key);
    if (!reuse_find(x, x->arena, &key, out))
        return false;
    record_metric(x, m->table, q->by, q->by_count, out->buckets);
    reuse_write(x, out);
    return true;
}

// What was read meanwhile is of rows between that version and the one of now.
void metric_reuse_keep(struct exchange *x, struct reuse *r, const struct metric_decl *m,
                       uint32_t rows, const struct record_mark *before)
{
    const struct index_list in = {.tables = &m->table, .count = 1};
    if (!r->key.len || x->api->engine->ops->version(x->api->engine, &in) != r->version)
        return;
    struct buf people AUTO(buf_donep) = buf_init(PEOPLE_BYTES_MAX);
    if (!record_since(x, before, &people) || people.over_limit)
        return;
    r->people = buf_slice(&people);
    reuse_put(x, r, 0, 0, rows, buf_slice(&x->reply->body));
}
