// SPDX-License-Identifier: Apache-2.0
#include "api/render.h"

// Without a number from the caller an exact count with "eq" is always right; with one,
// clients expect no more than that number.
static void render_total(struct render *r, const struct answer *a)
{
    const struct request *q = r->request;
    if (q->total_is_off && !r->total_as_int)
        return;
    json_key(r->json, "total");
    if (r->total_as_int) {
        json_int(r->json, q->total_is_off ? -1 : (int64_t)a->total);
        return;
    }
    bool bounded = q->track_total_hits_given && q->track_total_hits >= 0 &&
                   a->total > (uint64_t)q->track_total_hits;
    json_object(r->json);
    json_key(r->json, "value");
    json_uint(r->json, bounded ? (uint64_t)q->track_total_hits : a->total);
    json_key(r->json, "relation");
    json_text(r->json, bounded || a->total_is_lower_bound ? "gte" : "eq");
    json_end(r->json);
}

static void render_hits(struct render *r, const struct answer *a)
{
    json_key(r->json, "hits");
    json_object(r->json);
    render_total(r, a);
    json_key(r->json, "max_score");
    if (a->index_count == 0) // nothing was searched: an empty result, not one without scores
        json_double(r->json, 0);
    else if (r->request->size == 0 || (r->request->sort_count && !r->request->tracks_scores))
        json_null(r->json);
    else
        json_double(r->json, a->max_score);
    json_key(r->json, "hits");
    json_array(r->json);
    for (uint32_t i = 0; i < a->hit_count; i++)
        render_hit(r, &a->hits[i]);
    json_end(r->json);
    json_end(r->json);
}

void render_shards(struct json_writer *w, uint32_t count)
{
    json_key(w, "_shards");
    json_object(w);
    json_key(w, "total");
    json_uint(w, count);
    json_key(w, "successful");
    json_uint(w, count);
    json_key(w, "skipped");
    json_int(w, 0);
    json_key(w, "failed");
    json_int(w, 0);
    json_end(w);
}

// Elasticsearch tells here how long each of its shards took over what; there are none, and
// what is worth knowing is whether rows were looked at.
static void render_profile(struct json_writer *w, const struct answer *a)
{
    json_key(w, "profile");
    json_object(w);
    json_key(w, "shards");
    json_array(w);
    json_end(w);
    json_key(w, "tamis");
    json_object(w);
    json_key(w, "answered_from");
    json_text(w, a->cube ? "cube" : "rows");
    if (a->cube) {
        json_key(w, "metric");
        json_text(w, a->cube);
    }
    if (a->used_cache) {
        json_key(w, "partials_kept");
        json_uint(w, a->kept_units);
        json_key(w, "partials_collected");
        json_uint(w, a->fresh_units);
        json_key(w, "blocks_beside");
        json_uint(w, a->loose_blocks);
    }
    json_end(w);
    json_end(w);
}

void render_search(struct render *r, const struct answer *a, int64_t took_ms)
{
    json_key(r->json, "took");
    json_int(r->json, took_ms);
    json_key(r->json, "timed_out");
    json_truth(r->json, a->timed_out);
    if (r->request->terminate_after) {
        json_key(r->json, "terminated_early");
        json_truth(r->json, a->terminated_early);
    }
    render_shards(r->json, a->index_count);
    render_hits(r, a);
    if (a->agg_count + r->request->pipeline_count > 0) {
        json_key(r->json, "aggregations");
        render_aggs(r, a);
    }
    if (r->request->wants_profile)
        render_profile(r->json, a);
}
