// SPDX-License-Identifier: Apache-2.0
#pragma once

// Facts on an index that several endpoints tell alike.

#include "api/api_private.h"

enum { INDEX_UUID_BYTES = 23 };

// 22 characters, the same for a name for ever.
void index_uuid(const char *name, char out[INDEX_UUID_BYTES]);

// The object under "mappings".
void index_mappings(struct exchange *x, const struct table *t);

// The object under "settings".
void index_settings(struct exchange *x, const struct table *t);

// Rows and bytes of every table, by table number; of the request's arena.  Counted once a request:
// for a role with a floor it takes a search of each table.
const struct store_stats *index_stats(struct exchange *x);
// "red" when some of an index could not be read, "yellow" while the copy of a source is not
// whole: clients wait for that, and must not wait for more; else "green".
const char *index_health(struct exchange *x, const struct index_list *list);
