// SPDX-License-Identifier: Apache-2.0
#pragma once

// Two policies beside each other: which lines tighten, which loosen.
//
// Judged on the trees and not on what the parser makes of them, key by key with the register
// of policy_mark.h, so that whatever a policy can say is judged.  A difference that no rule
// knows loosens.  Pure.

#include "policy/yaml_tree.h"

enum change_direction { CHANGE_EQUAL, CHANGE_NEUTRAL, CHANGE_TIGHTENS, CHANGE_LOOSENS };

const char *change_direction_name(enum change_direction d); // "loosens"

struct policy_change {
    enum change_direction direction;
    uint32_t line;     // of the policy after; of the one before when `is_gone`
    bool is_gone;      // it is only in the policy before
    const char *path;  // "sources.fleet.tables.devices.columns.model", in the arena
    const char *words; // why: "new column: keep", in the arena
};

struct policy_diff {
    uint32_t count;
    const struct policy_change *changes; // in the order of the policy after, then what is gone
    enum change_direction direction;     // the most careful of all; EQUAL without any
    // A pushed index that is in both with other columns, and not only with fewer: no source could
    // bring its rows again, so the store refuses such a policy once there are some.  NULL: none is.
    const char *reshaped;
};

// Both parse as policies; the words of a failure do not say which does not.
enum err policy_diff_texts(struct slice before, struct slice after, struct arena *arena,
                           struct policy_diff *out, struct fault *why);
