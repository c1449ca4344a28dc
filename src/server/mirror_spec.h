// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the policy wants of a source, in the words of source/source.h.  Pure.

#include "base/arena.h"
#include "policy/policy.h"
#include "source/source.h"

// Slot and publication are both "tamis_" and the source's name in lower case, with an
// underscore for anything that a slot's name may not have.  Logins and may_publish are
// left to the caller.  Everything is in `session` or the policy's.
void mirror_spec_make(const struct policy_source *source, struct arena *session,
                      struct source_spec *out);
