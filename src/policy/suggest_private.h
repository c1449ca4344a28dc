// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the files of a suggestion share: suggest.c decides a column, suggest_subject.c which table
// stands for a kind of subject, suggest_print.c writes it down.

#include "base/arena.h"
#include "base/buf.h"
#include "data/survey.h"

enum { SUBJECT_BYTES_MAX = 256, PROPOSAL_BYTES_MAX = 4096 };

struct suggesting {
    const struct survey *survey;
    const struct survey_table *table;
    const struct survey_column *column;
};

struct proposal {
    bool enters;
    struct buf treat;  // "{treat: keep, as: keyword}"
    struct buf reason; // one line
};

// `out` is to be ended with buf_done() of both.
void suggest_column(const struct suggesting *a, struct proposal *out);

// The table whose rows a column names: by a foreign key, or as "customer_id" names customers.
// NULL: none.
const struct survey_table *suggest_referred(const struct survey *s, const struct survey_table *from,
                                            const struct survey_column *column);

// Whether any column refers to the table.
bool suggest_is_subject(const struct survey *s, const struct survey_table *t);

// The kind of subject its rows are: "customers" gives "customer".
void suggest_subject(const struct survey_table *t, struct buf *out);

// Why the table cannot be in a policy; NULL: it can.
const char *suggest_obstacle(const struct survey *s, const struct survey_table *t);

// Whether a look-up may go to it: it is in the policy, under its key's pseudonym.
bool suggest_is_offered(const struct survey *s, const struct survey_table *t);
