// SPDX-License-Identifier: Apache-2.0
#pragma once

// The narrow YAML a policy is written in, as a tree that remembers its lines.
//
// Maps, lists and scalars; one document.  What makes a text mean something else than it
// looks like is refused: anchors and aliases, tags, a key twice, a key that is not a
// scalar.  Scalars are text; whoever reads one decides whether it is a number.
// Depth, children and bytes are bounded.  The tree lives in the arena.

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml_tree {
    enum yaml_kind kind;
    uint32_t line;    // of its key in a map, else of itself; from 1
    const char *name; // its key; NULL in a list and at the root
    const char *text; // TEXT; holds no NUL
    uint32_t count;   // of children
    const struct yaml_tree *first;
    const struct yaml_tree *next; // brother
};

// ERR_INVALID with "policy.yml line L: what"; ERR_LIMIT over LIMIT_POLICY_BYTES.
enum err yaml_tree_parse(struct slice bytes, struct arena *policy, const struct yaml_tree **out,
                         struct fault *why);

// NULL when `map` has no such key.
const struct yaml_tree *yaml_tree_get(const struct yaml_tree *map, const char *name);

// fail() with ERR_INVALID and "policy.yml line L: " in front.
enum err yaml_fail(struct fault *why, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
