// SPDX-License-Identifier: Apache-2.0
#pragma once

// The publication: the server-side lock on columns.  It must bring exactly the tables
// and columns of the spec; one more would let values out, one less would lose changes.

#include "source/source_private.h"

// Looks, makes it right when the spec says it may, and looks again.  Sets
// facts.publication_mark and s->watched.  ERR_DENIED or ERR_INVALID: the SQL that somebody
// who may must run is in the words.
enum err pg_publication_ensure(struct source *s, const struct source_sink *sink, struct fault *why);

// What of the catalog must not change while we follow: the publication's tables and lists,
// the tables' columns and identities.  One text result; $1 publication, $2 table oids.
extern const char pg_watch_sql[];

// The result of pg_watch_sql against s->watched.  A change is ERR_UNAVAILABLE: the remedy
// is to open the source again, and what is really wrong the preflight then says.
enum err pg_watch_compare(const struct source *s, const PGresult *r, struct fault *why);
