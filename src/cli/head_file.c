// SPDX-License-Identifier: Apache-2.0
#include "cli/head_file.h"

#include "base/arena.h"
#include "base/buf.h"

#include <string.h>

enum { SMALL_FILE_BYTES = 4096, KEY_TEXT_BYTES = 2 * SIGN_PUBLIC_BYTES };

enum err head_file_read(const struct world *w, const char *name, bool *out_has,
                        struct audit_head *out, struct fault *why)
{
    struct buf text AUTO(buf_donep) = buf_init(SMALL_FILE_BYTES);
    *out = (struct audit_head){0};
    enum err e = world_read_file(w, name, &text, why);
    *out_has = e == OK;
    if (e == ERR_NOT_FOUND)
        return OK;
    if (!e)
        e = audit_head_parse(buf_slice(&text), out, why);
    return e ? fail_in(why, e, "%s", name) : OK;
}

enum err head_file_write(const struct world *w, const char *name, const struct audit_head *head,
                         struct fault *why)
{
    struct buf line AUTO(buf_donep) = buf_init(AUDIT_HEAD_TEXT_BYTES);
    audit_head_print(head, &line);
    return world_write_file(w, name, buf_slice(&line), why);
}

static enum err append(const struct world *w, const char *name, struct slice line,
                       struct fault *why)
{
    int fd = -1;
    enum err e = w->ops->open_write(w, name, false, &fd, why);
    if (e)
        return e;
    e = w->ops->write(fd, line, why);
    if (!e)
        e = w->ops->sync(fd, why);
    w->ops->close(fd);
    return e ? fail_in(why, e, "%s", name) : OK;
}

enum err head_file_add(const struct world *w, const struct audit_head *head, struct fault *why)
{
    struct buf line AUTO(buf_donep) = buf_init(AUDIT_HEAD_TEXT_BYTES);
    audit_head_print(head, &line);
    enum err e = append(w, "heads.txt", buf_slice(&line), why);
    return e ? e : head_file_write(w, HEAD_FILE_LAST, head, why);
}

enum err head_key_read(const char *given, uint8_t out[SIGN_PUBLIC_BYTES], struct fault *why)
{
    struct buf text AUTO(buf_donep) = buf_init(SMALL_FILE_BYTES);
    struct world here;
    if (strlen(given) == KEY_TEXT_BYTES)
        return audit_key_parse(slice_text(given), out, why);
    enum err e = world_open(".", &here, why);
    if (e)
        return e;
    e = world_read_file(&here, given, &text, why);
    world_close(&here);
    return e ? e : audit_key_parse(buf_slice(&text), out, why);
}
