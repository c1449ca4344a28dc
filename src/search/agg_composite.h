// SPDX-License-Identifier: Apache-2.0
#pragma once

// What composite asks of the tree: what stands in for a missing value of a source.

#include "search/search_private.h"

// For a node that is a source of a composite which takes rows without a value: something
// that no value of the column is, and that falls into no value's bucket.
struct agg_missing agg_composite_missing(const struct agg_node *n);
