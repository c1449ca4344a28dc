// SPDX-License-Identifier: Apache-2.0
#pragma once

// Writes JSON into a buf as a stream; puts the commas itself.
//
//     struct json_writer w = json_writer_to(&out);
//     json_object(&w);
//     json_key(&w, "took");
//     json_int(&w, 3);
//     json_end(&w);
//
// No spaces unless `pretty` (two-space indent, " : " as Elasticsearch prints).
// Strings that are not valid UTF-8 get U+FFFD for each bad byte.
// Order of calls is ours to keep: it is CHECKed.

#include "base/buf.h"
#include "json/json.h"

struct json_writer {
    struct buf *out;
    bool pretty;
    uint32_t depth;
    bool after_key;
    bool has_member[72]; // LIMIT_JSON_DEPTH and what a reply adds around it
    bool in_object[72];
};

struct json_writer json_writer_to(struct buf *out);

void json_object(struct json_writer *w);
void json_array(struct json_writer *w);
void json_end(struct json_writer *w); // of the innermost object or array

void json_key(struct json_writer *w, const char *key);
void json_key_slice(struct json_writer *w, struct slice key);

void json_null(struct json_writer *w);
void json_truth(struct json_writer *w, bool v);
void json_int(struct json_writer *w, int64_t v);
void json_uint(struct json_writer *w, uint64_t v);
void json_double(struct json_writer *w, double v); // print_f64(); null when it has no JSON form
void json_text(struct json_writer *w, const char *v);
void json_string(struct json_writer *w, struct slice v);
void json_print(struct json_writer *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));                    // a string
void json_value(struct json_writer *w, const struct json *v); // a whole tree again
