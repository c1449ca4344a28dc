// SPDX-License-Identifier: Apache-2.0
// Cubes beside the segments: what the store asks for when it seals and when it opens.
#include "base/check.h"
#include "metric/cube_private.h"

#include <stdio.h>

struct cubes_begun cubes_begun(const struct cubes *c)
{
    return c->begun;
}

static void note_why(struct cubes *c, const char *words)
{
    if (!c->begun.why[0])
        snprintf(c->begun.why, sizeof c->begun.why, "%s", words);
}

static const struct cube_copy *find_copy(const struct cubes_copy *copies, uint64_t identity)
{
    for (uint32_t i = 0; copies && i < copies->count; i++)
        if (copies->cubes[i].identity == identity)
            return &copies->cubes[i];
    return NULL;
}

static bool read_back(struct cubes *c, struct cube *one, const struct cubes_copy *copies,
                      const struct snapshot *at)
{
    struct fault why = {0};
    const struct cube_copy *copy = find_copy(copies, cube_identity(c->schema, one->decl));
    if (!copy) {
        if (copies)
            (void)fail(&why, ERR_NOT_FOUND, "metric %s was not kept, or under another declaration",
                       one->decl->name);
        note_why(c, why.words);
        return false;
    }
    cube_forget(one);
    if (cube_copy_put(copy, one, at, &why) == OK)
        return true;
    note_why(c, why.words);
    return false;
}

void cubes_begin(void *context, const struct snapshot *at, struct slice kept, const char *lost)
{
    struct cubes *c = context;
    struct cubes_copy *copies = NULL;
    struct fault why = {0};
    c->begun = (struct cubes_begun){0};
    note_why(c, lost);
    if (kept.len > 0 && cubes_file_decode(kept, &copies, &why))
        note_why(c, why.words);
    pthread_rwlock_wrlock(&c->lock);
    bool is_due = false;
    for (uint32_t i = 0; i < c->schema->metric_count; i++) {
        struct cube *one = &c->all[i];
        bool is_read = read_back(c, one, copies, at);
        if (!is_read)
            cube_count_anew(one, at);
        c->begun.read += is_read;
        c->begun.counted += !is_read;
        is_due |= cube_is_due(one);
    }
    c->version = snapshot_version(at);
    pthread_rwlock_unlock(&c->lock);
    cubes_copy_free(copies);
    if (is_due)
        mover_tell(c);
}

// Under the read lock: nobody moves or counts, who asks goes on.
void *cubes_hold(void *context, const struct snapshot *at)
{
    struct cubes *c = context;
    if (c->schema->metric_count == 0)
        return NULL;
    struct cubes_copy *copies = cubes_copy_new(c->schema->metric_count);
    pthread_rwlock_rdlock(&c->lock);
    bool is_exact = c->version == snapshot_version(at);
    copies->count = 0;
    for (uint32_t i = 0; is_exact && i < c->schema->metric_count; i++)
        if (!c->all[i].is_over) // what is not counted right is counted anew at the next start
            cube_copy_take(&c->all[i], &copies->cubes[copies->count++]);
    pthread_rwlock_unlock(&c->lock);
    if (is_exact)
        return copies;
    cubes_copy_free(copies);
    return NULL;
}

void cubes_write(const void *held, struct buf *out)
{
    cubes_file_encode(held, out);
}

void cubes_release(void *held)
{
    cubes_copy_free(held);
}
