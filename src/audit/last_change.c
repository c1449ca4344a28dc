// SPDX-License-Identifier: Apache-2.0
#include "audit/last_change.h"

#include "base/arena.h"

enum { DECODE_ARENA_BYTES = 1 << 16, BODY_KIND_AT = 1 };

static void keep(char *to, size_t size, struct slice text)
{
    size_t len = text.len < size ? text.len : size - 1;
    if (len)
        memcpy(to, text.at, len);
    to[len] = '\0';
}

void last_change_take(struct last_change *l, const struct audit_leaf *leaf,
                      const struct audit_entry *e)
{
    if (e->kind != AUDIT_CHANGE)
        return;
    *l = (struct last_change){.is_known = true, .number = leaf->number, .time_ms = leaf->time_ms};
    keep(l->action, sizeof l->action, e->action);
    keep(l->by, sizeof l->by, e->principal);
    for (uint32_t i = 0; i < e->fact_count; i++) {
        if (slice_is(e->facts[i].name, "name"))
            keep(l->name, sizeof l->name, e->facts[i].value);
    }
}

void last_change_read(struct last_change *l, const struct audit_leaf *leaf, struct slice body)
{
    // Nearly all are answers, and not worth decoding.
    if (body.len <= BODY_KIND_AT || body.at[BODY_KIND_AT] != AUDIT_CHANGE)
        return;
    struct arena *arena AUTO(arena_freep) = arena_new(DECODE_ARENA_BYTES);
    struct audit_entry e = {0};
    if (audit_body_decode(body, arena, &e, NULL) == OK)
        last_change_take(l, leaf, &e);
}
