// SPDX-License-Identifier: Apache-2.0
#pragma once

// The two-person rule for users and roles: who may more after a change gets it when a second
// administrator has agreed.  It is the rule of the ratchet (ratchet.h), which keeps the policy:
//
//     tightening, or the same      at once
//     loosening                    waits: a second administrator approves it within 24 hours; with
//                                  one administrator the second key is time, so the same one may
//                                  approve it after 24 hours, within a week
//
// Second is who has the built-in role `admin`, comes with a password and not an API key, and has
// been an administrator with this password for 24 hours, or since the installation's first day.
// Until something has entered there is nothing to protect, and nothing waits.
//
// What loosens: a new user; a role given to a user; another person's new password; a user enabled
// again; a role widened that somebody has.  A role nobody has gives nothing to anybody, and an API
// key never may more than its owner: both are at once.
//
// The command line of the machine waits like this as well once a second administrator exists;
// before, what it does is at once, and on record.
//
// A proposal is judged against what there was.  When the user, or a role, has changed by the time
// it is approved, it is refused, and has to be proposed again.

#include "access/access.h"

enum { APPROVAL_ACTION_BYTES = 32, APPROVAL_BASIS_BYTES = 32 };

enum approval_state {
    APPROVAL_WAITS,
    APPROVAL_APPROVED,
    APPROVAL_WITHDRAWN,
    APPROVAL_OVERTAKEN, // by a later proposal about the same
};

struct approval {
    int64_t id, at_ms;
    int64_t due_ms;    // from when one alone may approve it; 0: never
    int64_t lapses_ms; // when nobody can any more
    enum approval_state state;
    char who[PRINCIPAL_NAME_BYTES];
    char action[APPROVAL_ACTION_BYTES]; // "user.put", "role.put"
    char name[PRINCIPAL_NAME_BYTES];    // of what is changed
    struct slice words;                 // from what to what
    struct slice body;                  // how it is done; holds the hash of a password
    uint8_t basis[APPROVAL_BASIS_BYTES];
};

struct access_rule {
    int64_t begin_ms; // when the installation was made
};

// Who runs the command line and gave no name: no user can have a name with a colon.  What it
// proposed only time approves, at the command line again, so that it is no way for one person to be
// two; it is for an installation whose administrators cannot log in any more.
#define ACCESS_COMMAND_LINE ":command line"

// From now on loosening by somebody waits, once access_entered() was called.  Without a rule, as
// at the command line, nothing does.
void access_set_rule(struct access *a, const struct access_rule *rule);
bool access_two_persons(struct access *a); // loosening waits

enum { PASSWORD_BYTES_MIN = 12 };

void access_entered(struct access *a); // something has entered, so there is something to protect

// Those that wait, oldest first.
enum err access_approvals(struct access *a, void (*each)(void *context, const struct approval *p),
                          void *context, struct fault *why);
// ERR_NOT_FOUND: nothing of this number waits.  ERR_DENIED: not a second person, or too early.
// ERR_CONFLICT: what it was judged against has changed.  `by` was let in just now.
enum err access_approve(struct access *a, const struct access_by *by, int64_t id,
                        struct fault *why);
enum err access_withdraw(struct access *a, const struct access_by *by, int64_t id,
                         struct fault *why);
