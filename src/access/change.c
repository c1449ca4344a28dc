// SPDX-License-Identifier: Apache-2.0
// How a change of what protects gets to whoever puts it on record, and its words.
#include "access/access_private.h"
#include "json/json.h"

#include <unistd.h>

enum { WORDS_ARENA_BYTES = 1 << 20, VIA_BYTES = 64 };

void access_on_change(struct access *a, access_gate gate, void *context)
{
    a->gate = gate;
    a->gate_context = context;
}

// A user who logged in, or nobody.
static struct slice who_of(const struct access_by *by)
{
    return slice_text(by && strcmp(by->name, ACCESS_COMMAND_LINE) != 0 ? by->name : "");
}

static enum err keep_note(struct access *a, const struct access_change *change, struct fault *why)
{
    struct buf via AUTO(buf_donep) = buf_init(VIA_BYTES);
    buf_print(&via, "command line of user %u", (unsigned)getuid());
    const struct access_note note = {.at_ms = a->now_ms(),
                                     .who = who_of(change->by),
                                     .via = buf_slice(&via),
                                     .action = slice_text(change->action),
                                     .name = change->name,
                                     .words = change->words};
    pthread_mutex_lock(&a->lock);
    enum err e = catalog_note_add(a->catalog, &note, why);
    pthread_mutex_unlock(&a->lock);
    return e;
}

enum err access_change(struct access *a, const struct access_change *change, struct fault *why)
{
    return a->gate ? a->gate(a->gate_context, change, why) : keep_note(a, change, why);
}

// `take` writes to a disk, so it is called without the lock.
enum err access_notes_take(struct access *a, access_take take, void *context, struct fault *why)
{
    struct arena *arena AUTO(arena_freep) = arena_new(WORDS_ARENA_BYTES);
    for (;;) {
        struct access_note note;
        arena_reset(arena);
        pthread_mutex_lock(&a->lock);
        enum err e = catalog_note_get(a->catalog, arena, &note, why);
        pthread_mutex_unlock(&a->lock);
        if (e == ERR_NOT_FOUND)
            return OK;
        if (e == OK)
            e = take(context, &note, why);
        if (e != OK)
            return e;
        pthread_mutex_lock(&a->lock);
        e = catalog_note_drop(a->catalog, note.id, why);
        pthread_mutex_unlock(&a->lock);
        if (e != OK)
            return e;
    }
}

static void add_name(void *context, const char *role)
{
    struct buf *out = context;
    if (out->len)
        buf_text(out, ", ");
    buf_text(out, role);
}

enum err access_role_names(struct access *a, struct slice user, struct buf *out, struct fault *why)
{
    struct buf names AUTO(buf_donep) = buf_init(CHANGE_WORDS_BYTES);
    enum err e = access_user_roles(a, user, add_name, &names, why);
    buf_slice_add(out, names.len ? buf_slice(&names) : slice_text("none"));
    return e;
}

static void add_list(struct buf *out, const struct json *list)
{
    for (uint32_t i = 0; list && i < list->count; i++) {
        if (i)
            buf_text(out, ", ");
        buf_slice_add(out, list->items[i].text);
    }
}

static void add_index(struct buf *out, const struct json *entry)
{
    add_list(out, json_get(entry, "privileges"));
    buf_text(out, " on ");
    add_list(out, json_get(entry, "names"));
    const struct json *fields = json_get(entry, "field_security");
    const struct json *query = json_get(entry, "query");
    if (fields && fields->type == JSON_OBJECT)
        buf_text(out, ", some fields");
    if (query && query->type != JSON_NULL)
        buf_text(out, ", some rows");
}

void access_role_words(struct slice body, struct buf *out)
{
    struct arena *arena AUTO(arena_freep) = arena_new(WORDS_ARENA_BYTES);
    const struct json *role = NULL;
    if (json_parse(body, arena, &role, NULL) != OK) {
        buf_text(out, "unreadable");
        return;
    }
    const struct json *cluster = json_get(role, "cluster");
    const struct json *indices = json_get(role, "indices");
    if (!indices)
        indices = json_get(role, "index");
    const char *between = "";
    if (cluster && cluster->count) {
        add_list(out, cluster);
        between = "; ";
    }
    for (uint32_t i = 0; indices && i < indices->count; i++) {
        buf_text(out, between);
        add_index(out, &indices->items[i]);
        between = "; ";
    }
}
