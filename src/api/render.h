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
// An object of all aggregations by name.
void render_aggs(struct render *r, const struct agg_answer *aggs, uint32_t count);
