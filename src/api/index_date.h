// SPDX-License-Identifier: Apache-2.0
#pragma once

// Names of indices with date math: "<logs-{now/d}>", "<logs-{now/M-1M{yyyy.MM|+01:00}}>".

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

// `name` as it is when it is none of these.  ERR_INVALID in Elasticsearch's words.
enum err index_date_resolve(struct slice name, struct arena *request, struct slice *out,
                            struct fault *why);
