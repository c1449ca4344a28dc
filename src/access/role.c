// SPDX-License-Identifier: Apache-2.0
#include "access/access.h"

static const char *const names[ROLE_COUNT] = {
    [ROLE_ADMIN] = "admin",     [ROLE_WRITER] = "writer",   [ROLE_ANALYST] = "analyst",
    [ROLE_METRICS] = "metrics", [ROLE_AUDITOR] = "auditor", [ROLE_INVESTIGATOR] = "investigator",
};

const char *role_name(enum role r)
{
    return names[r];
}

enum err role_parse(struct slice name, enum role *out, struct fault *why)
{
    for (int r = 0; r < ROLE_COUNT; r++) {
        if (slice_is(name, names[r])) {
            *out = (enum role)r;
            return OK;
        }
    }
    return fail(
        why, ERR_INVALID,
        "unknown role; the roles are admin, writer, analyst, metrics, auditor and investigator");
}
