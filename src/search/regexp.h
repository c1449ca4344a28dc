// SPDX-License-Identifier: Apache-2.0
#pragma once

// Regular expressions as Lucene reads them: anchored, over characters, with ~ (complement),
// & (intersection), <1-10> (numbers), @ (anything), # (nothing) and "quoted text".
//
// Matching steps through derivatives (Brzozowski, "Derivatives of Regular Expressions", 1964;
// Owens and others, "Regular-expression derivatives re-examined", 2009): what is left of an
// expression after one character is an expression again, so complement and intersection
// cost no more than the rest.  Each is kept as a state once it is met, and each step from it
// once it is made, so that a text costs one table look-up a character however the
// expression is written.  States and their parts have a bound.
//
// One thread at a time: matching makes states.

#include "base/err.h"
#include "base/slice.h"
#include "query/query.h"

struct regexp;

enum { REGEXP_BYTES_MAX = 1000 }; // index.max_regex_length

// ERR_INVALID in Lucene's words: "illegal_argument_exception: expected ')' at position 3".
// `operators` are of enum regexp_operator (query.h); `ignores_case` is about single letters of
// ASCII, not about ranges in [...].
enum err regexp_new(struct slice text, uint32_t operators, bool ignores_case, struct regexp **out,
                    struct fault *why);
void regexp_free(struct regexp *r); // NULL is fine

// The whole text matches.  False too once the bound is met, see regexp_is_over().
bool regexp_matches(struct regexp *r, struct slice text);
bool regexp_is_over(const struct regexp *r);
