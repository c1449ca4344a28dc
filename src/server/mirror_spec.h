// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the policy wants of a source, in the words of source/source.h.  Pure.

#include "base/arena.h"
#include "policy/policy.h"
#include "source/source.h"

// The publication is called as policy/source_sql.h calls it, the slot likewise with an
// underscore for anything that a slot's name may not have.  Logins and may_publish are
// left to the caller.  Everything is in `session` or the policy's.
void mirror_spec_make(const struct policy_source *source, struct arena *session,
                      struct source_spec *out);
