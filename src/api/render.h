// SPDX-License-Identifier: Apache-2.0
#pragma once

// Answers in Elasticsearch's shape.
//
// Printing can fail only by a format that cannot be printed; that is remembered, printing
// goes on harmlessly, and render_end() tells it once.

#include "base/arena.h"
#include "base/date.h"
#include "json/json_writer.h"
#include "query/request.h"
#include "search/answer.h"

struct render {
    struct json_writer *json;
    const struct request *request;
    bool typed_keys;   // "sterms#name"
    bool total_as_int; // rest_total_hits_as_int
    struct buf scratch;
    enum err failed;
    struct fault why;
};

struct render render_start(struct json_writer *json, const struct request *request);
enum err render_end(struct render *r, struct fault *why); // frees what render_start() took

// render_value.c
// A string.  `zone` NULL: UTC.
void render_date(struct render *r, int64_t ms, struct slice format, const struct date_zone *zone);
void render_number(struct render *r, double v, struct slice format); // a string
void render_value(struct render *r, const struct value *v);          // as in _source
void render_formatted(struct render *r, const struct value *v, struct slice format);
const struct date_zone *render_zone(struct render *r, struct slice name);
void render_fail(struct render *r, enum err code);

// The members of a search reply: took, timed_out, _shards, hits, aggregations.
// `took_ms` as measured by the caller.
void render_search(struct render *r, const struct answer *a, int64_t took_ms);
void render_shards(struct json_writer *w, uint32_t count);
void render_hit(struct render *r, const struct hit *h);
void render_version(struct json_writer *w, const struct hit *h); // _version
void render_seq_no(struct json_writer *w, const struct hit *h);  // _seq_no, _primary_term
// An object of all aggregations by name.
void render_aggs(struct render *r, const struct answer *a);

// render_agg.c, for what stands among aggregations
void render_typed_name(struct render *r, const char *type, struct slice name); // "type#name"
void render_meta(struct render *r, const struct json *meta);                   // NULL: none
// What a keyed bucket is called.  Within scratch, or of the request.
struct slice render_bucket_name(struct render *r, const struct agg *a, const struct bucket *b);

// render_pipeline.c: members of the object at hand, one for each that has a value here.
void render_pipelines(struct render *r, const struct pipeline *pipelines,
                      const struct pipeline_answer *answers, uint32_t count);

// render_spread.c: the members of stats and of extended_stats.
struct spread {
    uint64_t count;
    double sum, min, max, squares, sigma;
    // Prints "NAME_as_string" beside a number; NULL: none is.
    void (*text)(struct render *r, const void *context, const char *name, double value);
    const void *context;
};

void render_stats(struct render *r, const struct spread *s);
void render_extended_stats(struct render *r, const struct spread *s);
