// SPDX-License-Identifier: Apache-2.0
#pragma once

// The statement: what a policy lets in, in words for whoever answers for the data, and in
// JSON for programs.  Per table each column with its treatment and what that still
// reveals, and what the policy names and leaves behind; everything it does not name
// stays behind as well.

#include "base/buf.h"
#include "policy/policy.h"

void statement_text(const struct policy *p, struct buf *out);

// {"fingerprint", "floor", "sources": [{"name", "tables": [{"table", "from", "columns":
// [{"name", "treatment", "type", "detail", "reveals"}], "stays_behind": [...]}]}],
// "metrics": [...]}
void statement_json(const struct policy *p, bool pretty, struct buf *out);
