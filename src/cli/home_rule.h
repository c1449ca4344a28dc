// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether what loosens at the command line waits for a second person, as it does over HTTP: once
// something has entered and there ever was a second administrator.  That there was one is
// an entry of the ratchet, so that removing the second does not end the rule.

#include "access/access.h"
#include "access/approval.h"

struct home_rule {
    bool holds;
    int64_t begin_ms; // the installation's
};

// Looks, and notes what is so now.  Before home_access_open(): both write catalog.db.
enum err home_rule_read(const char *directory, struct home_rule *out, struct fault *why);
void home_rule_set(const struct home_rule *rule, struct access *access); // nothing when it does not
