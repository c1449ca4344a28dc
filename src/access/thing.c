// SPDX-License-Identifier: Apache-2.0
#include "access/thing.h"

#include "access/access_private.h"

static const char *const kind_names[THING_KIND_COUNT] = {
    [THING_ALIAS] = "alias",
    [THING_INDEX_TEMPLATE] = "index_template",
    [THING_COMPONENT_TEMPLATE] = "component_template",
    [THING_TEMPLATE] = "template",
    [THING_ILM_POLICY] = "ilm_policy",
};

const char *thing_kind_name(enum thing_kind k)
{
    return kind_names[k];
}

// ---- what is kept ----

struct filling {
    struct things_kept *kept;
    bool is_full;
};

// A kind of a later version is passed over.
static void keep(void *context, const char *kind, const char *name, const char *body)
{
    struct filling *f = context;
    struct things_kept *k = f->kept;
    for (int i = 0; i < THING_KIND_COUNT; i++) {
        if (strcmp(kind, kind_names[i]) != 0)
            continue;
        f->is_full = k->count == THINGS_MAX;
        if (!f->is_full)
            k->at[k->count++] = (struct thing){.kind = (enum thing_kind)i,
                                               .name = arena_copy(k->arena, slice_text(name)),
                                               .body = arena_copy(k->arena, slice_text(body))};
    }
}

// With the lock held.
static enum err fill(struct access *a, struct fault *why)
{
    enum { ARENA_BYTES = 1 << 30 };

    struct things_kept *k = &a->things;
    if (k->is_filled && k->generation == a->generation)
        return OK;
    if (!k->arena)
        k->arena = arena_new(ARENA_BYTES);
    arena_reset(k->arena);
    *k = (struct things_kept){.arena = k->arena};
    k->at = ARENA_ARRAY(k->arena, struct thing, THINGS_MAX);
    struct filling f = {.kept = k};
    enum err e = catalog_thing_list(a->catalog, keep, &f, why);
    if (e == OK && f.is_full)
        e = fail(why, ERR_LIMIT, "catalog.db has more than %d aliases and the like", THINGS_MAX);
    k->is_filled = e == OK;
    k->generation = a->generation;
    return e;
}

void things_kept_done(struct things_kept *k)
{
    arena_free(k->arena);
}

static struct slice copy(struct arena *arena, struct slice text)
{
    return text.len ? arena_copy(arena, text) : text;
}

enum err access_things(struct access *a, enum thing_kind kind, struct arena *arena,
                       struct thing_list *out, struct fault *why)
{
    pthread_mutex_lock(&a->lock);
    enum err e = fill(a, why);
    const struct things_kept *k = &a->things;
    uint32_t count = 0;
    for (uint32_t i = 0; e == OK && i < k->count; i++)
        count += k->at[i].kind == kind;
    struct thing *at = ARENA_ARRAY(arena, struct thing, count + 1);
    *out = (struct thing_list){.at = at, .generation = a->generation};
    for (uint32_t i = 0; e == OK && i < k->count; i++) {
        if (k->at[i].kind == kind)
            at[out->count++] = (struct thing){.kind = kind,
                                              .name = copy(arena, k->at[i].name),
                                              .body = copy(arena, k->at[i].body)};
    }
    pthread_mutex_unlock(&a->lock);
    return e;
}

// ---- changes ----

static enum err check(const struct thing *t, struct fault *why)
{
    if (t->name.len == 0 || t->name.len >= THING_NAME_BYTES)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: the name of an %s has 1 to %d bytes",
                    kind_names[t->kind], THING_NAME_BYTES - 1);
    if (t->body.len > THING_BODY_BYTES)
        return fail(why, ERR_LIMIT, "illegal_argument_exception: an %s is longer than %d bytes",
                    kind_names[t->kind], THING_BODY_BYTES);
    return OK;
}

static enum err put_on_record(struct access *a, const struct access_by *by,
                              const struct thing_change *c, struct fault *why)
{
    struct buf action AUTO(buf_donep) = buf_init(64);
    buf_print(&action, "%s.%s", kind_names[c->thing.kind], c->thing.body.len ? "put" : "remove");
    buf_u8(&action, 0);
    const struct access_change change = {(const char *)action.at, by, c->thing.name, false,
                                         c->words};
    return access_change(a, &change, why);
}

// With the lock held.
static enum err apply(struct access *a, const struct thing_change *changes, uint32_t count,
                      struct fault *why)
{
    enum err e = catalog_begin(a->catalog, why);
    if (e != OK)
        return e;
    for (uint32_t i = 0; e == OK && i < count; i++) {
        const struct thing *t = &changes[i].thing;
        if (t->body.len)
            e = catalog_thing_put(a->catalog, kind_names[t->kind], t->name, t->body, a->now_ms(),
                                  why);
        else
            e = catalog_thing_remove(a->catalog, kind_names[t->kind], t->name, why);
    }
    return catalog_end(a->catalog, e, why);
}

enum err access_things_change(struct access *a, const struct access_by *by,
                              const struct thing_change *changes, uint32_t count,
                              uint64_t generation, struct fault *why)
{
    enum err e = OK;
    for (uint32_t i = 0; e == OK && i < count; i++)
        e = check(&changes[i].thing, why);
    for (uint32_t i = 0; e == OK && i < count; i++)
        e = put_on_record(a, by, &changes[i], why);
    if (e != OK)
        return e;
    pthread_mutex_lock(&a->lock);
    if (a->generation != generation)
        e = ERR_CONFLICT;
    if (e == OK)
        e = apply(a, changes, count, why);
    if (e == OK)
        access_changed(a);
    pthread_mutex_unlock(&a->lock);
    return e;
}
