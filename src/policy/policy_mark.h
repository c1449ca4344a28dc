// SPDX-License-Identifier: Apache-2.0
#pragma once

// The register of what policy.yml can say: each key, by its path, with its mark; and the
// order of the treatments by what they reveal.
//
// What is not in the register loosens with every change, so that a key somebody adds to the
// parser and forgets here waits for a second person rather than slipping through.  A test
// holds the register against the keys that treatments and parser know.

#include "policy/mark.h"

#include <stdbool.h>
#include <stdint.h>

struct policy_mark {
    const char *path; // "sources.*.tables.*.columns"; * is a name somebody chose
    enum protects protects;
    enum loosens loosens; // of the entry at this path
};

extern const struct policy_mark policy_marks[];
extern const uint32_t policy_mark_count;

// `path` has names where the register has *.  NULL when nothing fits.
const struct policy_mark *policy_mark_of(const char *path);

// What a treatment reveals, beside another.
enum revealing { REVEALS_LESS, REVEALS_SAME, REVEALS_MORE, REVEALS_OTHERWISE };

// `after` in place of `before`; both by name.  A name that is not in the order, and two that
// cannot be compared (a pseudonym links rows, a rounded time tells when), is OTHERWISE.
enum revealing treatment_compare(const char *before, const char *after);
bool treatment_is_ordered(const char *name);
