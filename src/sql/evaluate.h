// SPDX-License-Identifier: Apache-2.0
#pragma once

// Working out an expression that was bound (bind.h) for one row or group.

#include "sql/function.h"

// `inputs` are what EXPR_INPUT names by number.  An expression without inputs needs none.
// After a failure (v->failed) values mean nothing.
struct cell evaluate(struct evaluation *v, const struct expr *e, const struct cell *inputs);
