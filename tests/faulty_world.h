// SPDX-License-Identifier: Apache-2.0
#pragma once

// A world that breaks: the n-th operation that changes something fails.
//
//     struct world w = faulty_world(&real);
//     for (uint64_t n = 1;; n++) {
//         faulty_arm(n, FAULT_ONCE);
//         ... work; then check what is there ...
//         if (!faulty_fired())
//             break;
//     }
//
// FAULT_ONCE: that one operation fails, the next ones work.
// FAULT_POWER: it fails and so do all after it, until faulty_power_back(), which cuts every
// file written since faulty_arm() to the length it had when it was last synced, and takes
// back new names and renames whose directory was not synced.  (Removals stay: a disk may
// have done them.)
// Counted are open_write, write, truncate, sync, rename, remove, make_dir and sync_dir.
// Nothing is really synced, as the machine stays up.  One thread and one directory at a time.

#include "base/world.h"

enum fault_kind { FAULT_ONCE, FAULT_POWER };

struct world faulty_world(const struct world *real);
void faulty_arm(uint64_t at, enum fault_kind kind); // 0: nothing fails
bool faulty_fired(void);
void faulty_power_back(void);
