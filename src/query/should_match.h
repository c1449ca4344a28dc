// SPDX-License-Identifier: Apache-2.0
#pragma once

// minimum_should_match: how many of a bool's should clauses must hold.

#include "base/err.h"
#include "base/slice.h"

// `spec`: "2", "-1" (all but one), "75%", "-25%", or conditions such as "2<75%" and
// "2<-25% 9<-3": up to two clauses all must hold, then the rest of the spec applies.
// A result above `clause_count` means that nothing can match.  ERR_INVALID when `spec`
// is none of these.
enum err should_match_min(struct slice spec, uint32_t clause_count, uint32_t *out);
