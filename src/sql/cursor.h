// SPDX-License-Identifier: Apache-2.0
#pragma once

// A cursor: the question and where its next page starts, as text that the client gives back.
//
// The server keeps the rows as they were at the first page (api/cursor.h) and nothing else. Nothing
// in it has to be believed: the question is read, permitted and recorded anew for each page, so one
// that somebody has made up asks what he could have asked outright.  The check at its end is for
// cursors that were cut or garbled.
//
//     base64url of   version | flags | fetch_size | done | now_ms | query | parameters | filter
//                    | time_zone | position | pit | 8 bytes of BLAKE2b of all before

#include "base/arena.h"
#include "base/buf.h"

enum { CURSOR_BYTES_MAX = 1 << 20 };

struct sql_cursor {
    struct slice query;
    struct slice parameters; // JSON; len 0: none
    struct slice filter;     // JSON; len 0: none
    struct slice time_zone;
    struct slice position; // JSON; len 0: only `done` counts
    struct slice pit;      // the point in time that pages are read in; len 0: none
    uint64_t done;         // rows so far
    int64_t now_ms;        // of the first page: what NOW() is
    uint32_t fetch_size;
    bool is_columnar, is_opensearch;
};

enum err cursor_print(const struct sql_cursor *c, struct buf *out, struct fault *why);
enum err cursor_parse(struct slice text, struct arena *request, struct sql_cursor *out,
                      struct fault *why);
