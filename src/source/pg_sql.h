// SPDX-License-Identifier: Apache-2.0
#pragma once

// The SQL we send, as text.  Every name is quoted, so none needs to be trusted.
// Pure; any thread.

#include "base/buf.h"
#include "source/source.h"

void pg_sql_identifier(struct buf *out, const char *name);        // "na""me"
void pg_sql_table(struct buf *out, const struct source_table *t); // "schema"."name"

// SELECT of the wanted columns, whole table, in COPY's binary form.  `only`: not of a
// partitioned table, whose rows are all in its partitions.
void pg_sql_copy(struct buf *out, const struct source_table *t, bool only);

// What makes the publication right: CREATE when there is none, else ALTERs.
void pg_sql_publication(struct buf *out, const struct source_spec *spec, bool exists);

// A list of oids as an array literal: {1,2,3}.
void pg_sql_oids(struct buf *out, const uint32_t *oids, uint32_t count);

// "16/B374D848" to a number and back.  ERR_CORRUPT when it is no such thing.
enum err pg_lsn_parse(struct slice text, uint64_t *out, struct fault *why);
void pg_lsn_print(struct buf *out, uint64_t lsn);
