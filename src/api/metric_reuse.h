// SPDX-License-Identifier: Apache-2.0
#pragma once

// Answers of declared metrics, kept like those of searches (answer_reuse.h).
//
// A question is kept as it was understood: its bounds snapped to the metric's steps.  So
// `from=now-7d` is the same question until the next step begins.

#include "api/answer_reuse.h"
#include "metric/cube.h"

// True: the reply is written, and what it shows on record.
bool metric_reuse_get(struct exchange *x, const struct metric_question *q,
                      const struct metric_decl *m, struct reuse *out);
// The reply that was written since metric_reuse_get(), with so many rows; `before` is of before
// anything of it was recorded.
void metric_reuse_keep(struct exchange *x, struct reuse *r, const struct metric_decl *m,
                       uint32_t rows, const struct record_mark *before);
