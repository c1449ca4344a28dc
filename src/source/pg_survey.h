// SPDX-License-Identifier: Apache-2.0
#pragma once

// The survey of a database: its tables and columns, and a sample of each column's values.
//
// Reads only, in one transaction, with the log-in that the spec has for `copy`.  The values go to
// who judges them, one column after another, and are gone when pg_survey() returns; what stays is
// a struct survey, which has no room for one.

#include "base/arena.h"
#include "data/survey.h"
#include "source/source.h"

enum { SURVEY_ROWS = 10000, SURVEY_VALUE_BYTES = 4096 };

// Who looks at the values: each of a column (`text` NULL for a missing one), then `end` once.
struct survey_judge {
    void *context;
    void (*value)(void *context, struct survey_column *column, const struct slice *text);
    void (*end)(void *context);
};

// Up to SURVEY_ROWS rows of every ordinary table, values cut at SURVEY_VALUE_BYTES characters.
// ERR_LIMIT: more tables or columns than a policy may have.  All of *out is in `arena`.
enum err pg_survey(const struct source_spec *spec, const struct source_sink *sink,
                   const struct survey_judge *judge, struct arena *arena, struct survey *out,
                   struct fault *why);
