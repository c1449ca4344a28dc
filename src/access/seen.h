// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a permit shows of a table's fields, those it looks up in other tables among them.
//
// A field of a looked-up table ("device.region" of connections) is a field of the table that looks
// it up, and roles name it there.  But where a role may see some rows only of the looked-up table,
// the others' values must not come in by this door: to such a role the looked-up fields are as
// fields that are not there.

#include "access/permit.h"
#include "data/schema.h"

// `name` as queries have it.
bool seen_field(const struct permit *p, const struct schema *s, const struct table *t,
                struct slice name);
// All rows and all fields, looked-up ones too.
bool seen_whole(const struct permit *p, const struct schema *s, const struct table *t);
