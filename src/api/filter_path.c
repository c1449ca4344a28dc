// SPDX-License-Identifier: Apache-2.0
#include "api/filter_path.h"

#include "access/glob.h"
#include "api/list.h"
#include "base/arena.h"
#include "base/limits.h"
#include "json/json.h"
#include "json/json_writer.h"

enum {
    PATHS_MAX = 64,
    STEPS_MAX = 32,             // of one path
    FILTER_REPLY_MAX = 4 << 20, // bytes; its tree may take eighty times that
};

struct path {
    uint32_t count;
    struct slice steps[STEPS_MAX]; // escapes removed
};

struct paths {
    uint32_t include_count, exclude_count;
    struct path includes[PATHS_MAX], excludes[PATHS_MAX];
};

static enum err path_read(struct slice text, struct arena *scratch, struct path *out,
                          struct fault *why)
{
    uint8_t *to = arena_alloc(scratch, text.len + 1);
    size_t start = 0;
    size_t len = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.at[i] == '\\' && i + 1 < text.len && text.at[i + 1] == '.') {
            to[len++] = '.';
            i++;
        } else if (i < text.len && text.at[i] != '.') {
            to[len++] = text.at[i];
        } else if (len > start) {
            if (out->count == STEPS_MAX)
                return fail(why, ERR_LIMIT, "filter_path: more than %d steps in a path", STEPS_MAX);
            out->steps[out->count++] = slice_of(to + start, len - start);
            start = len;
        }
    }
    return OK;
}

static enum err paths_read(struct slice text, struct arena *scratch, struct paths *out,
                           struct fault *why)
{
    struct slice part;
    while (list_next(&text, &part)) {
        bool excludes = part.at[0] == '-';
        uint32_t *count = excludes ? &out->exclude_count : &out->include_count;
        if (*count == PATHS_MAX)
            return fail(why, ERR_LIMIT, "filter_path: more than %d paths", PATHS_MAX);
        struct path *path = &(excludes ? out->excludes : out->includes)[(*count)++];
        enum err e = path_read(excludes ? slice_from(part, 1) : part, scratch, path, why);
        if (e != OK)
            return e;
    }
    return OK;
}

// How far a path may have come: bit i says that steps[0..i) are matched.  Bits are few
// (STEPS_MAX), so many-valued "**" needs no backtracking.
static uint64_t path_start(const struct path *p)
{
    uint64_t at = 1;
    if (p->count && slice_is(p->steps[0], "**"))
        at |= 2;
    return at;
}

static uint64_t path_step(const struct path *p, uint64_t at, struct slice key)
{
    uint64_t next = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        if (!(at >> i & 1))
            continue;
        if (slice_is(p->steps[i], "**"))
            next |= (uint64_t)3 << i;
        else if (glob_matches(p->steps[i], key))
            next |= (uint64_t)2 << i;
    }
    for (uint32_t i = 0; i < p->count; i++) {
        if (next >> i & 1 && slice_is(p->steps[i], "**"))
            next |= (uint64_t)2 << i;
    }
    return next;
}

static bool path_ends(const struct path *p, uint64_t at)
{
    return at >> p->count & 1;
}

struct place { // one value of the reply, as all paths see it
    uint64_t includes[PATHS_MAX], excludes[PATHS_MAX];
    bool included; // it or something around it was named
};

enum { PLACES = LIMIT_JSON_DEPTH + 2 };

struct filter {
    const struct paths *paths;
    struct arena *scratch;
    struct place *places; // one per level of objects
};

static void step_into(const struct filter *f, uint32_t level, struct slice key, bool *out_excluded)
{
    const struct place *from = &f->places[level];
    struct place *to = &f->places[level + 1];
    to->included = from->included;
    for (uint32_t i = 0; i < f->paths->include_count; i++) {
        to->includes[i] = path_step(&f->paths->includes[i], from->includes[i], key);
        to->included |= path_ends(&f->paths->includes[i], to->includes[i]);
    }
    *out_excluded = false;
    for (uint32_t i = 0; i < f->paths->exclude_count; i++) {
        to->excludes[i] = path_step(&f->paths->excludes[i], from->excludes[i], key);
        *out_excluded |= path_ends(&f->paths->excludes[i], to->excludes[i]);
    }
}

static const struct json *keep(const struct filter *f, const struct json *v, uint32_t level);

// NULL when nothing is left of it.
static const struct json *keep_members(const struct filter *f, const struct json *v, uint32_t level)
{
    struct json *left = ARENA_NEW(f->scratch, struct json);
    struct json *items = ARENA_ARRAY(f->scratch, struct json, v->count + 1);
    struct slice *keys = ARENA_ARRAY(f->scratch, struct slice, v->count + 1);
    *left = *v;
    left->count = 0;
    for (uint32_t i = 0; i < v->count; i++) {
        bool excluded = false;
        if (v->type == JSON_OBJECT)
            step_into(f, level, v->keys[i], &excluded);
        uint32_t inner = level + (v->type == JSON_OBJECT);
        const struct json *kept = excluded ? NULL : keep(f, &v->items[i], inner);
        if (!kept)
            continue;
        items[left->count] = *kept;
        keys[left->count++] = v->type == JSON_OBJECT ? v->keys[i] : slice_of(NULL, 0);
    }
    left->items = items;
    left->keys = keys;
    return left->count ? left : NULL;
}

// Depth is that of our own reply, which json_parse() has bounded.
static const struct json *keep(const struct filter *f, const struct json *v, uint32_t level)
{
    const struct place *at = &f->places[level];
    if (v->type != JSON_OBJECT && v->type != JSON_ARRAY)
        return at->included ? v : NULL;
    if (at->included && (v->count == 0 || f->paths->exclude_count == 0))
        return v;
    return keep_members(f, v, level);
}

static void start(const struct paths *paths, struct place *at)
{
    at->included = paths->include_count == 0;
    for (uint32_t i = 0; i < paths->include_count; i++)
        at->includes[i] = path_start(&paths->includes[i]);
    for (uint32_t i = 0; i < paths->exclude_count; i++)
        at->excludes[i] = path_start(&paths->excludes[i]);
}

enum err filter_path_apply(struct slice reply, struct slice paths_text, bool pretty,
                           struct buf *out, struct fault *why)
{
    if (reply.len > FILTER_REPLY_MAX)
        return fail(why, ERR_LIMIT,
                    "illegal_argument_exception: a reply of more than %d bytes cannot be filtered "
                    "with [filter_path]",
                    FILTER_REPLY_MAX);
    struct arena *scratch AUTO(arena_freep) = arena_new(LIMIT_REQUEST_ARENA_BYTES);
    struct paths *paths = ARENA_NEW(scratch, struct paths);
    enum err e = paths_read(paths_text, scratch, paths, why);
    const struct json *whole = NULL;
    if (e == OK)
        e = json_parse(reply, scratch, &whole, why);
    if (e != OK)
        return e;
    const struct filter f = {paths, scratch, ARENA_ARRAY(scratch, struct place, PLACES)};
    start(paths, &f.places[0]);
    const struct json *left = keep(&f, whole, 0);
    struct json_writer w = json_writer_to(out);
    w.pretty = pretty;
    if (left)
        json_value(&w, left);
    else
        buf_text(out, "{}");
    return OK;
}
