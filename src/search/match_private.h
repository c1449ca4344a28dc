// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the files that plan matches share.

#include "search/match.h"

struct plan { // what every step of planning needs
    struct columns *columns;
    int64_t now_ms;
    struct fault *why;
};

// Zeroed memory of the search; NULL past its limit.
void *match_room(const struct plan *p, size_t count, size_t bytes);

// Makes `m` a MATCH_CODES over m->column, its set empty.
enum err match_code_set(const struct plan *p, struct match *m);
void match_take_code(struct match *m, uint32_t code);

// prefix, wildcard, regexp.
enum err match_plan_pattern(const struct plan *p, const struct query_pattern *q, struct match *m);

// One clause laid over what is left so far.  `state` is about `out`; true to go on.
bool match_narrow(struct columns *cs, struct match *clause, bool is_not, uint64_t *scratch,
                  enum match_rows *state, uint64_t *out);

// All of m->must, likewise; `state` is ROWS_ALL before.
bool match_must(struct columns *cs, struct match *m, enum match_rows *state, uint64_t *out);
