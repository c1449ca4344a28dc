// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reading pipelines and tying them to their aggregations, for agg_parse.c.

#include "query/agg_private.h"
#include "query/pipeline.h"

// Of all of one request: each may be worked out for every bucket.
enum { PIPELINES_MAX = 64 };

// Of the object under an aggregation's name: what kind of pipeline it is.
bool pipeline_is(const struct json *v);

// `p->name` is its name.
enum err pipeline_read(struct agg_parser *p, const struct json *v, struct pipeline *out);

// Ties the pipelines of one level, `up` the aggregation they are in (NULL: none), and sets them
// in an order in which each comes after those that it is made from.
enum err pipelines_tie(struct agg_parser *p, const struct agg *up, const struct agg_level *level);
