// SPDX-License-Identifier: Apache-2.0
#pragma once

// PostgreSQL types: which we take, and their bytes to raw values.
//
// A type is known by its base type's oid (domains are resolved by who asks), or, where
// oids differ from database to database, by its sort (enum) or name (citext).  What is
// not in the list is refused at the preflight, so that no value of a type nobody thought
// about comes through.  Pure; any thread.

#include "base/arena.h"
#include "base/err.h"
#include "data/raw.h"
#include "source/pg_message.h"

enum pg_kind {
    PG_KIND_NONE, // not taken
    PG_KIND_BOOL,
    PG_KIND_INT2,
    PG_KIND_INT4,
    PG_KIND_INT8,
    PG_KIND_OID,
    PG_KIND_FLOAT4,
    PG_KIND_FLOAT8,
    PG_KIND_TEXT,   // text, varchar, name, citext, enum labels
    PG_KIND_BPCHAR, // char(n): trailing blanks mean nothing and are dropped
    PG_KIND_NUMERIC,
    PG_KIND_TIMESTAMP, // with or without zone; without is taken as UTC
    PG_KIND_DATE,
    PG_KIND_UUID,
    PG_KIND_INET, // and cidr
    PG_KIND_COUNT
};

// `sort`: pg_type.typtype ('b', 'e', ...) and `name`: pg_type.typname of the base type.
enum pg_kind pg_kind_of(uint32_t oid, char sort, struct slice name);

// A field as it came to a raw value.  Text that had to be made (numeric, uuid, inet) is
// in `scratch`, other text stays where the field is.  ERR_CORRUPT: bytes no server would
// send for the type.  ERR_LIMIT: a number of more than LIMIT_VALUE_BYTES digits.  Words
// name the type, never the value.
enum err pg_value_decode(enum pg_kind kind, const struct pg_field *field, struct arena *scratch,
                         struct raw *out, struct fault *why);
