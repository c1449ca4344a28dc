// SPDX-License-Identifier: Apache-2.0
#pragma once

// All fields of an index as clients see them: its own, and under a look-up's prefix those
// of the table it refers to ("device.model").

#include "access/permit.h"
#include "base/arena.h"
#include "data/schema.h"

struct listed_field {
    struct slice name;   // whole: "device.model"
    struct slice prefix; // "device"; len 0 for a field of its own
    enum field_type type;
};

struct field_list {
    uint32_t count;
    const struct listed_field *at; // own fields in schema order, then each look-up's
};

// Those that the permit shows, and never a sealed one.
struct field_list field_list_make(const struct schema *s, const struct table *t,
                                  const struct permit *permit, struct arena *request);

bool field_list_has_prefix(const struct field_list *l, struct slice prefix);
bool field_list_has_own(const struct field_list *l, struct slice name); // not through a look-up
