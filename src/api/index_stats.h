// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is counted for an index, in the sections of Elasticsearch's index statistics.

#include "api/api_private.h"

// A set of sections, by the names clients ask with: "docs,store".
struct stat_wish {
    uint64_t sections;
};

// `names` len 0, "_all" or "*": all of them.  ERR_INVALID: a name that no section has.
enum err index_stats_wish(struct exchange *x, struct slice names, struct stat_wish *out,
                          struct fault *why);

// The sections of `sum` into the open object.
void index_stats_write(struct exchange *x, const struct stat_wish *wish,
                       const struct store_table_stats *sum);

// Of all tables of the list together; the name stays NULL.
struct store_table_stats index_stats_sum(struct exchange *x, const struct index_list *list);
