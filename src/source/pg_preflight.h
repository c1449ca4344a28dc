// SPDX-License-Identifier: Apache-2.0
#pragma once

// The preflight: is the database as it must be, before anything is made in it.
//
// Each check is one query and one clear message, so that a person reads what to do and
// never finds out from a stream that stands still.  The worst it prevents: a publication
// whose column list does not cover a table's replica identity makes the *owner's* own
// UPDATEs and DELETEs fail.

#include "source/source_private.h"

// The server as a whole: version, wal_level, encoding, not a standby, a free slot; fills
// facts but the publication's.  ERR_INVALID with what to do.
enum err pg_preflight_server(struct source *s, const struct source_sink *sink, struct fault *why);

// Every table and wanted column: there, of a kind and type we take, readable by the copy
// role, with the policy's key as its replica identity.  Fills shapes.
enum err pg_preflight_tables(struct source *s, const struct source_sink *sink, struct fault *why);
