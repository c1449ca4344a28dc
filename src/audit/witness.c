// SPDX-License-Identifier: Apache-2.0
#include "audit/witness.h"

#include "base/arena.h"

enum err witness_open(struct witness *w, const char *directory, struct fault *why)
{
    *w = (struct witness){0};
    enum err e = world_open(directory, &w->w, why);
    if (e)
        return fail_in(why, e, "witness");
    struct buf text AUTO(buf_donep) = buf_init(AUDIT_HEAD_TEXT_BYTES);
    e = world_read_file(&w->w, WITNESS_NAME, &text, why);
    if (!e) {
        e = audit_head_parse(buf_slice(&text), &w->head, why);
        w->has_head = e == OK;
    } else if (e == ERR_NOT_FOUND) {
        e = OK;
    }
    if (e) {
        witness_close(w);
        return fail_in(why, e, "witness %s/%s", directory, WITNESS_NAME);
    }
    return OK;
}

void witness_close(struct witness *w)
{
    if (w->w.ops)
        world_close(&w->w);
    w->w.ops = NULL;
}

enum err witness_tell(struct witness *w, const struct audit_head *head, struct fault *why)
{
    if (!w->w.ops || !head || (w->has_head && w->head.number == head->number))
        return OK;
    struct buf text AUTO(buf_donep) = buf_init(AUDIT_HEAD_TEXT_BYTES);
    audit_head_print(head, &text);
    enum err e = world_write_file(&w->w, WITNESS_NAME, buf_slice(&text), why);
    if (e)
        return fail_in(why, e, "witness");
    w->has_head = true;
    w->head = *head;
    return OK;
}
