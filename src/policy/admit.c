// SPDX-License-Identifier: Apache-2.0
#include "policy/admit.h"

#include "base/limits.h"
#include "policy/admit_private.h"

struct admitted {
    struct changeset changeset;
    struct slice bytes;
};

const struct changeset *admitted_changeset(const struct admitted *a)
{
    return &a->changeset;
}

struct slice admitted_bytes(const struct admitted *a)
{
    return a->bytes;
}

enum err admitted_make(const struct changeset *c, const struct schema *s, struct arena *batch,
                       const struct admitted **out, struct fault *why)
{
    struct buf bytes AUTO(buf_donep) = buf_init(LIMIT_CHANGESET_BYTES);
    enum err e = changeset_encode(c, s, &bytes, why);
    if (e)
        return e;
    struct admitted *a = ARENA_NEW(batch, struct admitted);
    a->changeset = *c;
    a->bytes = arena_copy(batch, buf_slice(&bytes));
    *out = a;
    return OK;
}

// The bytes are copied first: what was checked cannot change under the reader, even
// when they came in shared memory, and they live as long as the result.
enum err admitted_decode(struct slice bytes, const struct schema *s, struct arena *batch,
                         const struct admitted **out, struct fault *why)
{
    if (bytes.len > LIMIT_CHANGESET_BYTES)
        return fail(why, ERR_LIMIT, "changeset of %zu bytes; the limit is %d", bytes.len,
                    LIMIT_CHANGESET_BYTES);
    struct admitted *a = ARENA_NEW(batch, struct admitted);
    a->bytes = arena_copy(batch, bytes);
    enum err e = changeset_decode(a->bytes, s, batch, &a->changeset, why);
    if (e)
        return e;
    *out = a;
    return OK;
}
