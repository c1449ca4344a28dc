// SPDX-License-Identifier: Apache-2.0
#pragma once

// A first policy out of a survey: a treatment for each column, with its reason.
//
// It is what somebody begins with and edits, so it errs to the strict side: what has the form or
// the name of something personal is dropped, keys and references become pseudonyms, times lose
// their minutes, numbers and texts of few values are kept, and what nothing is known of is dropped.
// The rules are an ordered list in suggest.c; the first that applies decides.
//
// Prints YAML that policy_parse() takes, one column a line and its reason behind it.  Pure.

#include "base/buf.h"
#include "data/survey.h"

struct suggest_source {
    const char *name, *conninfo;
    const char *replication_user, *copy_user;
    const char *replication_password_file, *copy_password_file; // NULL: none needed
};

void suggest_print(const struct suggest_source *source, const struct survey *s, struct buf *out);
