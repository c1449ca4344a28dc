// SPDX-License-Identifier: Apache-2.0
#pragma once

// A request that asks to be shown a sealed field by its name is refused, as one that queries, sorts
// or groups by it is (search/column_find.c).  A pattern that would match it shows what else it
// matches.

#include "access/permit.h"
#include "data/schema.h"
#include "query/request.h"

// Of _source, fields and docvalue_fields.  A field that the permit does not show is as one that is
// not there.  ERR_INVALID names the first.
enum err sealed_names_check(const struct schema *s, const struct permit *permit, uint32_t table,
                            const struct request *r, struct arena *arena, struct fault *why);
