// SPDX-License-Identifier: Apache-2.0
#pragma once

// The key under which roles with a floor are answered (search/veil.h).
//
// It must be secret and the same after every start, or an answer could be asked for many times
// and averaged.  So it comes from keeper: the hash of keeper's signature, which only keeper can
// make, over a text that is signed for nothing else.

#include "guard/link.h"
#include "search/veil.h"

// Waits for keeper's answer.
enum err floor_key_ask(struct link *keeper, struct veil_key *out, struct fault *why);
