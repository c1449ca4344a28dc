// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_policy.h"

#include <string.h>

enum err demo_policy_fill(struct slice text, const char *conninfo, struct buf *out,
                          struct fault *why)
{
    static const char placeholder[] = "@CONNINFO@";
    const size_t len = sizeof placeholder - 1;
    const uint8_t *at = text.len ? memmem(text.at, text.len, placeholder, len) : NULL;
    if (!at)
        return fail(why, ERR_INVALID, "has no %s", placeholder);
    size_t before = (size_t)(at - text.at);
    buf_slice_add(out, slice_of(text.at, before));
    buf_text(out, conninfo);
    buf_slice_add(out, slice_from(text, before + len));
    return buf_end(out, why);
}
