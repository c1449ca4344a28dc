// SPDX-License-Identifier: Apache-2.0
#include "api/answer_reuse.h"

#include "api/search_call.h"
#include "base/reader.h"
#include "search/agg_cache.h"

enum { HEAD_BYTES_MAX = 64, PEOPLE_BYTES_MAX = 4 << 20 };

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
    if (x->pretty || r->size > 0 || r->wants_profile || c->body.len > REUSE_KEY_BYTES_MAX / 2 ||
        may_tell_time(c->body))
        return false;
    for (uint32_t i = 0; i < x->parameters.count; i++)
        if (may_tell_time(x->parameters.at[i].value))
            return false;
    return true;
}

bool reuse_is_refused(const struct exchange *x)
{
    bool wanted = true;
    return parameter_truth(&x->parameters, "request_cache", &wanted, NULL) != OK || !wanted;
}

void reuse_key(const struct exchange *x, const struct permit *permit, const struct index_list *in,
               struct reuse *r, struct buf *key)
{
    *key = buf_init(REUSE_KEY_BYTES_MAX);
    r->version = x->api->engine->ops->version(x->api->engine, in);
    buf_u64_le(key, r->version);
    permit_key(permit, key);
    buf_varint(key, in->count);
    for (uint32_t i = 0; i < in->count; i++)
        buf_varint(key, in->tables[i]);
}

static void add_question(const struct exchange *x, const struct search_call *c, struct buf *key)
{
    buf_blob(key, c->body);
    for (uint32_t i = 0; i < x->parameters.count; i++) {
        const struct parameter *p = &x->parameters.at[i];
        if (is_left_out(p->name))
            continue;
        buf_blob(key, p->name);
        buf_blob(key, p->value);
    }
}

bool reuse_find(struct exchange *x, struct arena *arena, const struct buf *key, struct reuse *r)
{
    if (key->over_limit || !x->api->engine->cache)
        return false;
    r->key = arena_copy(arena, buf_slice(key));
    r->found = agg_cache_get(x->api->engine->cache, CACHE_ANSWERS, r->key);
    if (!r->found)
        return false;
    struct reader in = reader_over(agg_cached_bytes(r->found));
    (void)reader_u64_le(&in);
    (void)reader_u32_le(&in);
    r->buckets = reader_u64_le(&in);
    record_again(x, reader_blob(&in));
    r->reply = reader_bytes(&in, reader_left(&in));
    return true;
}

// Of a reply with several none is told: each would be packed by itself.
void reuse_write(struct exchange *x, const struct reuse *r)
{
    struct api_kept *kept = &x->reply->kept;
    *kept = (struct api_kept){.number = kept->is_used ? 0 : agg_cached_number(r->found),
                              .at = x->reply->body.len,
                              .len = r->reply.len,
                              .is_used = true};
    buf_slice_add(&x->reply->body, r->reply);
    agg_cached_release(r->found);
}

void reuse_put(struct exchange *x, const struct reuse *r, uint64_t total, uint32_t index_count,
               uint64_t buckets, struct slice reply)
{
    struct buf bytes AUTO(buf_donep) = buf_init(HEAD_BYTES_MAX + r->people.len + reply.len);
    buf_u64_le(&bytes, total);
    buf_u32_le(&bytes, index_count);
    buf_u64_le(&bytes, buckets);
    buf_blob(&bytes, r->people);
    buf_slice_add(&bytes, reply);
    agg_cache_put(x->api->engine->cache, CACHE_ANSWERS, r->key, NULL, buf_slice(&bytes));
}

bool answer_reuse_get(struct exchange *x, struct arena *arena, struct search_call *c)
{
    c->reuse.is_refused |= reuse_is_refused(x);
    if (c->reuse.is_off || c->reuse.is_refused || !x->api->engine->cache || !may_be_kept(x, c))
        return false;
    struct buf key AUTO(buf_donep);
    reuse_key(x, c->permit, &c->tables, &c->reuse, &key);
    add_question(x, c, &key);
    if (!reuse_find(x, arena, &key, &c->reuse))
        return false;
    struct reader in = reader_over(agg_cached_bytes(c->reuse.found));
    c->answer.total = reader_u64_le(&in);
    c->answer.index_count = reader_u32_le(&in);
    c->answer.version = c->reuse.version;
    return true;
}

void answer_reuse_write(struct exchange *x, const struct search_call *c, int64_t took_ms)
{
    json_key(&x->json, "took");
    json_int(&x->json, took_ms);
    reuse_write(x, &c->reuse);
}

void answer_reuse_note(struct exchange *x, struct arena *arena, struct search_call *c,
                       const struct record_mark *before)
{
    struct buf people AUTO(buf_donep) = buf_init(PEOPLE_BYTES_MAX);
    if (c->reuse.key.len == 0)
        return;
    c->reuse.shows_rows = !record_since(x, before, &people) || people.over_limit;
    c->reuse.people = arena_copy(arena, buf_slice(&people));
}

// A search that began after a change tells of newer rows than the key does.
void answer_reuse_keep(struct exchange *x, const struct search_call *c, struct slice reply)
{
    const struct answer *a = &c->answer;
    const uint8_t *end_of_took = memchr(reply.at, ',', reply.len);
    if (c->reuse.key.len && a->version == c->reuse.version && !a->timed_out && end_of_took &&
        !c->reuse.shows_rows)
        reuse_put(x, &c->reuse, a->total, a->index_count, record_buckets(a->aggs, a->agg_count),
                  slice_from(reply, (size_t)(end_of_took - reply.at)));
}
