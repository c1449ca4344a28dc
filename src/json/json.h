// SPDX-License-Identifier: Apache-2.0
#pragma once

// JSON (RFC 8259) as a small tree in an arena.
//
// Strict: UTF-8 is checked, nesting is bounded by LIMIT_JSON_DEPTH, trailing
// bytes and a key said twice in one object are refused (as in Elasticsearch).
// Numbers keep their text, so nothing is lost before somebody asks for a type.
// Keys and strings without escapes are slices of the input, which must outlive
// the tree; the rest lives in the arena.

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_type type;
    bool truth;               // BOOL
    struct slice text;        // STRING: unescaped; NUMBER: as written
    uint32_t count;           // ARRAY, OBJECT: members
    const struct json *items; // ARRAY, OBJECT: the values
    const struct slice *keys; // OBJECT: as many as items, in the order written
    uint32_t line, column;    // where it starts, from 1
};

// Parses the whole slice.  ERR_INVALID with "line L, column C: what" in the words.
enum err json_parse(struct slice bytes, struct arena *request, const struct json **out,
                    struct fault *why);

// Member of an object, NULL when `object` is NULL, no object, or has no such key.
const struct json *json_get(const struct json *object, const char *key);

// The value as a number or truth, also when it came as a string ("25", "true"),
// because real clients send those.  ERR_INVALID names the type found.
enum err json_i64(const struct json *v, int64_t *out, struct fault *why);
enum err json_f64(const struct json *v, double *out, struct fault *why);
enum err json_bool(const struct json *v, bool *out, struct fault *why);

// "an object", "a string", ... for messages.
const char *json_type_name(enum json_type type);
// START_OBJECT, VALUE_STRING, ...: the token names of Elasticsearch's own errors.
const char *json_token_name(const struct json *v);
