// SPDX-License-Identifier: Apache-2.0
#pragma once

// A condition as a query of the Elasticsearch DSL.
//
// Conditions have three values.  A query finds what is true; for NOT this says when a condition
// is false, which a row without the value is not: NOT (a = 1) is "a exists and is not 1".

#include "json/json_writer.h"
#include "sql/bind.h"

enum { SQL_CONDITION_DEPTH_MAX = 16 }; // AND and OR in each other

// Writes one query object.  ERR_INVALID with the place of what only a script could ask.
enum err filter_write(const struct expr *condition, const struct cell_context *how,
                      struct json_writer *to, struct fault *why);
