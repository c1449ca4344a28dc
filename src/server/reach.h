// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reach: which files and ports each process needs, out of the policy.  The sandbox lets
// it have those and nothing else.
//
//     keeper   reads keys/ and the directories of the password files
//     mirror   reads what the name service and TLS need; connects to the sources' ports
//     serve    keeps access/, data/ and run/; reads time zones; connects nowhere
//
// Names are relative to DIR where they can be.  Pure: asks nobody.

#include "base/arena.h"
#include "guard/sandbox.h"
#include "policy/policy.h"

// Adds to *out, whose `self` says for whom.  Strings live in the arena.
enum err reach_of(const struct policy *p, struct arena *start, struct sandbox *out,
                  struct fault *why);
