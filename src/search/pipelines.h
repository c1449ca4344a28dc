// SPDX-License-Identifier: Apache-2.0
#pragma once

// Works out the pipelines of an answer, from the answer alone.
//
// What they see is what is shown: below a floor the buckets that are left and their rounded
// numbers, so a pipeline tells nothing that its aggregations have not told.

#include "search/answer.h"

// Lays the pipelines' values into the buckets, which may become fewer or stand in another order.
// ERR_INVALID with an Elasticsearch type before the words; ERR_LIMIT: they would need more
// memory than pipelines may have.
enum err pipelines_run(const struct request *r, struct arena *request, struct answer *a,
                       struct fault *why);
