// SPDX-License-Identifier: Apache-2.0
#pragma once

// What of that which protects was changed last, in a few words, for who looks at the posture.
//
// Kept while the server runs, and found again at a start in the log's last segment; a change
// further back is in the log, but not here.  Longer names are cut.  Pure; not for two threads at
// once.

#include "audit/entry.h"

enum { LAST_CHANGE_NAME_BYTES = 256 };

struct last_change {
    bool is_known;
    uint64_t number; // of the entry
    int64_t time_ms;
    char action[64];                   // "user.add"
    char name[LAST_CHANGE_NAME_BYTES]; // of what was changed; "" where the entry names nothing
    char by[LAST_CHANGE_NAME_BYTES];   // "": the server itself, or whoever runs the command line
};

// Any entry; one that is no AUDIT_CHANGE leaves it as it is.
void last_change_take(struct last_change *l, const struct audit_leaf *leaf,
                      const struct audit_entry *e);
// The same of an entry's bytes.  What cannot be decoded leaves it as it is.
void last_change_read(struct last_change *l, const struct audit_leaf *leaf, struct slice body);
