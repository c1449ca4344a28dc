// SPDX-License-Identifier: Apache-2.0
#pragma once

// A quick reader for the JSON that comes a million times: one object, of scalars, whose keys
// stand where they stood in the last one.
//
// What lies before each value (`,"model": `, blanks and all) is remembered, and compared as
// a piece; ends of strings are found by vectors.  Only plain text is read: whatever is not
// (escapes, bytes beyond ASCII, nesting, a key twice, more than FLAT_FIELDS_MAX fields,
// anything malformed) gives false, and json.h has the word.  What this reader takes, that one
// takes too, with the same keys and values in the same order.
//
//     if (json_flat_read(f, text))
//         for (uint32_t i = 0; i < f->count; i++)
//             ... f->fields[i].key, f->fields[i].value ...
//
// Strings and numbers are slices of the text.  One thread.

#include "base/simd.h"
#include "json/json.h"

enum { FLAT_FIELDS_MAX = 64, FLAT_LEAD_BYTES = 8192 };

struct flat_value {
    enum json_type type; // never an array or an object
    bool truth;          // BOOL
    bool is_integer;     // NUMBER of up to 18 digits without fraction and exponent
    int64_t number;      // its value
    struct slice text;   // STRING; NUMBER: as written
};

struct flat_field {
    struct slice key; // of the reader's own memory
    struct flat_value value;
};

// What stands before a value: `bytes` of the reader, the key within.
struct flat_lead {
    uint16_t at, len;
};

struct json_flat {
    uint32_t count;
    struct flat_field fields[FLAT_FIELDS_MAX];
    uint64_t shape; // another number whenever keys, their order or their count are others

    const uint8_t *(*string_end)(const uint8_t *at, const uint8_t *end);
    uint32_t known; // leads that are remembered
    struct flat_lead leads[FLAT_FIELDS_MAX];
    uint8_t bytes[FLAT_LEAD_BYTES];
};

void json_flat_init(struct json_flat *f);
void json_flat_init_by(struct json_flat *f, enum simd simd); // for tests; the processor has it

bool json_flat_read(struct json_flat *f, struct slice text);

// The first byte from `at` on that ends a plain string or does not belong in one: a quote, a
// backslash, a control character, a byte beyond ASCII; `end` when there is none.
const uint8_t *json_plain_end(enum simd simd, const uint8_t *at, const uint8_t *end);
