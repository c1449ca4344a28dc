// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a sample of a column comes to: counts of its values, and of what the detectors say.
//
//     survey_value(judge, column, &text)   each value; NULL for a missing one
//     survey_end(judge)                    before the next column
//
// Of a value no more is kept than a keyed hash under a key of this process, until the end of its
// column.  One thread.

#include "base/err.h"
#include "base/slice.h"
#include "data/survey.h"

enum { SURVEY_VALUES_MAX = 65536 }; // of one column; more are not counted

struct survey_watch;

// ERR_UNAVAILABLE: the detectors cannot run here.
enum err survey_watch_new(struct survey_watch **out, struct fault *why);
void survey_watch_free(struct survey_watch *w); // NULL is fine

void survey_value(struct survey_watch *w, struct survey_column *c, const struct slice *text);
void survey_end(struct survey_watch *w);
