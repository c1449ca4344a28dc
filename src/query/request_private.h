// SPDX-License-Identifier: Apache-2.0
#pragma once

// The parts of a search request that the body and the URL share.

#include "query/form.h"
#include "query/request.h"

enum {
    SORT_KEYS_MAX = 64,
    FIELD_WISHES_MAX = 1024,
    TOTAL_HITS_DEFAULT = 10000, // counted up to here when nothing else was asked
};

// "sort" of a body: a string, a map, or an array of these.
enum err request_sort(const struct form *f, const struct json *v, struct request *out);
// "a:desc,b" of a URL.
enum err request_sort_text(const struct form *f, struct slice text, struct request *out);

// "_source" of a body: truth, one pattern, several, or {"includes", "excludes"}.
enum err request_source(const struct form *f, const struct json *v, struct request *out);
// "fields" and "docvalue_fields".
enum err request_fields(const struct form *f, struct slice key, const struct json *v,
                        const struct field_wish **out, uint32_t *out_count);

// The names of a comma list, without empty ones.
void request_names(const struct form *f, struct slice list, const struct slice **out,
                   uint32_t *out_count);

enum err request_from(const struct form *f, int64_t from, struct request *out);
enum err request_terminate_after(const struct form *f, int64_t rows, struct request *out);
enum err request_size(const struct form *f, int64_t size, struct request *out);
// true, false, or a count; `given` says that it was asked for.
enum err request_total_hits(const struct form *f, const struct json *v, struct request *out);
// "10s"; "-1" or 0 mean the server's own.
enum err request_timeout(const struct form *f, struct slice text, struct request *out);
