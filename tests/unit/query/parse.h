// SPDX-License-Identifier: Apache-2.0
#pragma once

// For the tests of query/: JSON text in, a parsed tree or the words of the refusal out.
// Single quotes in the text stand for double ones, so that tests stay readable.

#include "base/buf.h"
#include "query/query.h"
#include "query/request.h"
#include "test.h"

static inline const struct json *json_of(struct arena *request, const char *text)
{
    struct fault why = {0};
    struct slice copy = arena_copy(request, slice_text(text));
    uint8_t *quotes = (uint8_t *)(uintptr_t)copy.at;
    for (size_t i = 0; i < copy.len; i++)
        quotes[i] = quotes[i] == '\'' ? '"' : quotes[i];
    const struct json *v = NULL;
    if (json_parse(copy, request, &v, &why))
        test_fail(__FILE__, __LINE__, "%s: %s", text, why.words);
    return v;
}

static inline const struct query *query_of(struct arena *request, const char *text)
{
    struct fault why = {0};
    const struct query *q = NULL;
    if (query_parse(json_of(request, text), request, &q, &why))
        test_fail(__FILE__, __LINE__, "%s: %s", text, why.words);
    return q;
}

static inline void query_refused(const char *text, const char *words)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct fault why = {0};
    const struct query *q = NULL;
    enum err e = query_parse(json_of(request, text), request, &q, &why);
    if (e != ERR_INVALID || strcmp(why.words, words) != 0)
        test_fail(__FILE__, __LINE__, "%s: %s", text, why.words);
}

// The first aggregation of the object under "aggs".
static inline const struct agg *agg_of(struct arena *request, const char *text)
{
    struct fault why = {0};
    struct agg_level got;
    if (agg_parse(json_of(request, text), request, &got, &why) || got.agg_count == 0)
        test_fail(__FILE__, __LINE__, "%s: %s", text, why.words);
    return got.aggs;
}

static inline void agg_refused(const char *text, const char *words)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct fault why = {0};
    struct agg_level got;
    enum err e = agg_parse(json_of(request, text), request, &got, &why);
    if (e != ERR_INVALID || strcmp(why.words, words) != 0)
        test_fail(__FILE__, __LINE__, "%s: %s", text, why.words);
}

static inline struct request request_of(struct arena *request, const char *text)
{
    struct fault why = {0};
    struct request r;
    if (request_parse(json_of(request, text), request, &r, &why))
        test_fail(__FILE__, __LINE__, "%s: %s", text, why.words);
    return r;
}

static inline void request_refused(const char *text, const char *words)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct fault why = {0};
    struct request r;
    enum err e = request_parse(json_of(request, text), request, &r, &why);
    if (e == OK)
        e = request_check(&r, &why);
    if (e != ERR_INVALID || strcmp(why.words, words) != 0)
        test_fail(__FILE__, __LINE__, "%s: %s", text, why.words);
}
