// SPDX-License-Identifier: Apache-2.0
#pragma once

// Scrolls and points in time: readings of rows as they were when they began.
//
// Each holds a pin (engine/engine.h) and belongs to whoever opened it: for anybody else, and for
// him with another key, there is none of its id.  It holds no permit.  Every page and every search
// in it is permitted anew, so what was taken from a role in between is not shown any more.
//
// A pin keeps rows that were deleted since, so there are bounds: of how many are open, how long
// one waits for the next page, how long it lives at all, and how many bytes the questions have.
//
// Any thread may call.  A cursor that was taken stays until it is given back, also when it is
// closed meanwhile.  Times are the caller's: monotonic microseconds.

#include "access/access.h"
#include "api/index_names.h"
#include "engine/engine.h"

enum {
    CURSORS_MAX = 500,                           // search.max_open_scroll_context of Elasticsearch
    CURSORS_OF_ONE_MAX = 100,                    // of one principal, so that the others have some
    CURSOR_KEEP_MS_MAX = 3600 * 1000,            // between two pages
    CURSOR_LIFE_MS_MAX = 6 * CURSOR_KEEP_MS_MAX, // from the first page on
    CURSOR_ID_BYTES = 18,
    CURSOR_ID_CHARS = 24,            // of base64url
    CURSORS_BYTES_MAX = 64 << 20,    // of the questions of all
    CURSOR_POSITION_MAX = 256 << 10, // of one: 64 sort values of a few kilobytes
};

enum cursor_kind { CURSOR_SCROLL, CURSOR_PIT };

struct cursors;

struct cursor {
    enum cursor_kind kind;
    char id[CURSOR_ID_CHARS + 1];
    const struct engine_pin *pin;
    struct index_list tables;
    struct index_wish wish;   // what it was opened for, to resolve again for each page
    struct slice body, query; // of the request that opened a scroll: JSON; what stood in its URL
    int64_t opened_ms;        // wall clock
    int64_t keep_ms;          // between two pages
};

struct cursor_wish {
    enum cursor_kind kind;
    const struct principal *who;
    const struct permit *permit;
    struct index_list tables;
    struct index_wish wish;   // copied, as are
    struct slice body, query; // these
    int64_t keep_ms;
};

struct cursor_ask { // for one that is open
    enum cursor_kind kind;
    struct slice id;
    const struct principal *who;
    int64_t keep_ms; // from now on; 0: as before
};

// Where a scroll goes on.
struct cursor_place {
    uint64_t total; // of the first page
    bool total_is_lower_bound;
    uint64_t after_doc;
    const struct literal *after; // of the last row; one for each sort key
    uint32_t after_count;
};

struct cursors *cursors_new(struct engine *e);
void cursors_free(struct cursors *all); // none may be taken; before the engine is closed
// Ends those whose time is over.
void cursors_sweep(struct cursors *all, int64_t now_us);

// "5m" as milliseconds.  `name` is the parameter's.  ERR_INVALID also past CURSOR_KEEP_MS_MAX.
enum err cursor_keep(const char *name, struct slice text, int64_t *out_ms, struct fault *why);

// Opens one, taken.  ERR_LIMIT, told as 429, when too many are open.
enum err cursor_open(struct cursors *all, const struct cursor_wish *wish, int64_t now_us,
                     struct cursor **out, struct fault *why);
// ERR_NOT_FOUND: "search_context_missing_exception: ...".  ERR_INVALID: no id at all.
enum err cursor_take(struct cursors *all, const struct cursor_ask *ask, int64_t now_us,
                     struct cursor **out, struct fault *why);
void cursor_give(struct cursors *all, struct cursor *c);
// Whether it was there and his.
bool cursor_close(struct cursors *all, enum cursor_kind kind, struct slice id,
                  const struct principal *who);
uint32_t cursors_close_all(struct cursors *all, enum cursor_kind kind, const struct principal *who);
// Those that are his, one after the other; `each` must not call this.
void cursors_list(struct cursors *all, enum cursor_kind kind, const struct principal *who,
                  void (*each)(void *context, const struct cursor *c), void *context);

// Behind the last row of `a`, of `sort_count` sort values.  The first time the total is kept.
// ERR_LIMIT past CURSOR_POSITION_MAX.
enum err cursor_move(struct cursors *all, struct cursor *c, const struct answer *a,
                     uint32_t sort_count, struct fault *why);
// Whether a page was read; false writes nothing.
bool cursor_place(struct cursors *all, struct cursor *c, struct arena *arena,
                  struct cursor_place *out);
