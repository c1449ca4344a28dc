// SPDX-License-Identifier: Apache-2.0
#pragma once

// The floor for declared metrics.
//
// Cubes count rows and know nothing of subjects.  For a caller under the floor the engine
// is asked the same groups as aggregations, which it shows only where enough subjects are;
// rows of the metric that it does not show are taken out, and so are rows without a value
// in one of the groups.

#include "api/api_private.h"
#include "metric/cube.h"

// Leaves `a` as it is for a caller without a floor.
enum err metric_floor_apply(struct exchange *x, const struct metric_question *q,
                            struct metric_answer *a, struct fault *why);
