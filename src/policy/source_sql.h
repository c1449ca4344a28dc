// SPDX-License-Identifier: Apache-2.0
#pragma once

// The SQL that lets a source in, made from its policy: for a database administrator to
// read and run, and the publication also for the source itself to compare with.
//
// Rights are by column: the copy role may read the wanted columns and nothing else, and
// the publication sends nothing else, so what the policy drops does not leave the
// primary at all.

#include "base/buf.h"
#include "policy/policy.h"

// Any bytes as one SQL identifier: in double quotes, those within doubled.
void source_sql_quote(struct slice identifier, struct buf *out);

// "tamis_" and the source's name, unquoted.
void source_sql_publication_name(const struct policy_source *s, struct buf *out);

// CREATE PUBLICATION with column lists, one statement with its semicolon.  A table whose
// key columns are all wanted needs no other replica identity than its primary key.
void source_sql_publication(const struct policy_source *s, struct buf *out);

// All of it: roles (with a placeholder for each password), grants, publication.
void source_sql_setup(const struct policy_source *s, struct buf *out);
