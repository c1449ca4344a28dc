// SPDX-License-Identifier: Apache-2.0
#include "api/answer_reuse.h"

#include "api/search_call.h"
#include "base/reader.h"
#include "search/agg_cache.h"

enum { KEY_BYTES_MAX = 64 * 1024, HEAD_BYTES = 20 };

// "now" may be date math, and an escape may spell it.
static bool may_tell_time(struct slice text)
{
    return text.len > 0 &&
           (memmem(text.at, text.len, "now", 3) || memmem(text.at, text.len, "\\u", 2));
}

// What only says where or how: it changes nothing of what is kept.
static bool is_left_out(struct slice name)
{
    return slice_is(name, "request_cache") || slice_is(name, "filter_path");
}

static bool may_be_kept(const struct exchange *x, const struct search_call *c)
{
    const struct request *r = &c->request;
    if (!x->api->engine->cache || x->pretty || r->size > 0 || r->wants_profile ||
        c->body.len > KEY_BYTES_MAX / 2 || may_tell_time(c->body))
        return false;
    for (uint32_t i = 0; i < x->parameters.count; i++)
        if (may_tell_time(x->parameters.at[i].value))
            return false;
    return true;
}

static bool is_refused(const struct exchange *x, const struct search_call *c)
{
    bool wanted = true;
    return c->reuse.is_refused ||
           parameter_truth(&x->parameters, "request_cache", &wanted, NULL) != OK || !wanted;
}

static void make_key(const struct exchange *x, struct arena *arena, struct search_call *c)
{
    struct buf key AUTO(buf_donep) = buf_init(KEY_BYTES_MAX);
    c->reuse.version = x->api->engine->ops->version(x->api->engine);
    buf_u64_le(&key, c->reuse.version);
    permit_key(c->permit, &key);
    buf_varint(&key, c->tables.count);
    for (uint32_t i = 0; i < c->tables.count; i++)
        buf_varint(&key, c->tables.tables[i]);
    buf_blob(&key, c->body);
    for (uint32_t i = 0; i < x->parameters.count; i++) {
        const struct parameter *p = &x->parameters.at[i];
        if (is_left_out(p->name))
            continue;
        buf_blob(&key, p->name);
        buf_blob(&key, p->value);
    }
    if (!key.over_limit)
        c->reuse.key = arena_copy(arena, buf_slice(&key));
}

bool answer_reuse_get(struct exchange *x, struct arena *arena, struct search_call *c)
{
    c->reuse.is_refused = is_refused(x, c);
    if (c->reuse.is_off || c->reuse.is_refused || !may_be_kept(x, c))
        return false;
    make_key(x, arena, c);
    if (c->reuse.key.len)
        c->reuse.found = agg_cache_get(x->api->engine->cache, CACHE_ANSWERS, c->reuse.key);
    if (!c->reuse.found)
        return false;
    struct reader in = reader_over(agg_cached_bytes(c->reuse.found));
    c->answer.total = reader_u64_le(&in);
    c->answer.index_count = reader_u32_le(&in);
    c->reuse.buckets = reader_u64_le(&in);
    c->answer.version = c->reuse.version;
    return true;
}

void answer_reuse_write(struct exchange *x, const struct search_call *c, int64_t took_ms)
{
    json_key(&x->json, "took");
    json_int(&x->json, took_ms);
    buf_slice_add(&x->reply->body, slice_from(agg_cached_bytes(c->reuse.found), HEAD_BYTES));
    agg_cached_release(c->reuse.found);
}

// A search that began after a change tells of newer rows than the key does.
void answer_reuse_keep(struct exchange *x, const struct search_call *c, struct slice reply)
{
    const uint8_t *end_of_took = memchr(reply.at, ',', reply.len);
    if (!c->reuse.key.len || c->answer.version != c->reuse.version || c->answer.timed_out ||
        !end_of_took || record_names_people(x, c))
        return;
    struct buf bytes AUTO(buf_donep) = buf_init(HEAD_BYTES + reply.len);
    buf_u64_le(&bytes, c->answer.total);
    buf_u32_le(&bytes, c->answer.index_count);
    buf_u64_le(&bytes, record_buckets(c->answer.aggs, c->answer.agg_count));
    buf_slice_add(&bytes, slice_from(reply, (size_t)(end_of_took - reply.at)));
    agg_cache_put(x->api->engine->cache, CACHE_ANSWERS, c->reuse.key, NULL, buf_slice(&bytes));
}
