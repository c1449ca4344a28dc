// SPDX-License-Identifier: Apache-2.0
#include "api/cursor.h"

#include "base/check.h"
#include "base/date.h"
#include "base/reader.h"
#include "base/world.h"
#include "keys/crypto.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { US_A_MS = 1000, NUMBER_BYTES = 40, SHOWN_BYTES = 64 };

struct open_cursor {
    struct cursor c; // first, so that one pointer is both
    char owner[PRINCIPAL_NAME_BYTES];
    char key_id[sizeof((struct principal *)NULL)->key_id];
    struct engine_pin *pin;
    uint8_t *bytes; // tables, then the texts
    size_t byte_count;
    struct buf place; // blob of each sort value, as encode_value() has it
    uint64_t total, after_doc;
    bool total_is_lower_bound;
    bool is_begun;
    int64_t expires_us, ends_us;
    uint32_t users;
    bool is_closed; // freed by the last user
};

struct cursors {
    struct engine *engine;
    pthread_mutex_t lock;
    struct open_cursor *open[CURSORS_MAX]; // NULL: a free place
    size_t bytes;
};

struct cursors *cursors_new(struct engine *e)
{
    struct cursors *all = calloc(1, sizeof *all);
    CHECK(all != NULL);
    all->engine = e;
    CHECK(pthread_mutex_init(&all->lock, NULL) == 0);
    return all;
}

static void drop(struct cursors *all, struct open_cursor *o)
{
    all->engine->ops->unpin(o->pin);
    buf_done(&o->place);
    free(o->bytes);
    free(o);
}

// Takes it off the table.  It must be on it, and the lock held.
static void close_at(struct cursors *all, uint32_t at)
{
    struct open_cursor *o = all->open[at];
    all->open[at] = NULL;
    all->bytes -= o->byte_count;
    o->is_closed = true;
    if (o->users == 0)
        drop(all, o);
}

void cursors_free(struct cursors *all)
{
    if (!all)
        return;
    for (uint32_t i = 0; i < CURSORS_MAX; i++) {
        if (all->open[i])
            close_at(all, i);
    }
    pthread_mutex_destroy(&all->lock);
    free(all);
}

static void sweep(struct cursors *all, int64_t now_us)
{
    for (uint32_t i = 0; i < CURSORS_MAX; i++) {
        const struct open_cursor *o = all->open[i];
        bool is_over = o && o->users == 0 && (now_us >= o->expires_us || now_us >= o->ends_us);
        if (is_over)
            close_at(all, i);
    }
}

void cursors_sweep(struct cursors *all, int64_t now_us)
{
    pthread_mutex_lock(&all->lock);
    sweep(all, now_us);
    pthread_mutex_unlock(&all->lock);
}

enum err cursor_keep(const char *name, struct slice text, int64_t *out_ms, struct fault *why)
{
    struct slice shown = text.len > SHOWN_BYTES ? slice_of(text.at, SHOWN_BYTES) : text;
    int64_t ms = 0;
    if (date_parse_duration(text, &ms, NULL) || ms <= 0)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: failed to parse setting [%s] with value [%.*s] as "
                    "a time value: a whole number above 0 and a unit, as in [5m]",
                    name, SLICE_PRINT(shown));
    if (ms > CURSOR_KEEP_MS_MAX)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: Keep alive for request (%.*s) is too large. It "
                    "must be less than or equal to (%dm).",
                    SLICE_PRINT(shown), CURSOR_KEEP_MS_MAX / 60000);
    *out_ms = ms;
    return OK;
}

// ---- opening ----

static bool is_his(const struct open_cursor *o, const struct principal *who)
{
    return strcmp(o->owner, who->name) == 0 && strcmp(o->key_id, who->key_id) == 0;
}

static struct slice put(uint8_t **to, struct slice s)
{
    struct slice there = slice_of(*to, s.len);
    if (s.len)
        memcpy(*to, s.at, s.len);
    *to += s.len;
    return there;
}

static struct open_cursor *make(const struct cursor_wish *w, int64_t now_us)
{
    size_t tables = w->tables.count * sizeof *w->tables.tables;
    struct open_cursor *o = calloc(1, sizeof *o);
    CHECK(o != NULL);
    o->byte_count = tables + w->wish.expression.len + w->body.len + w->query.len;
    o->bytes = malloc(o->byte_count + 1);
    CHECK(o->bytes != NULL);
    uint8_t *to = o->bytes;
    struct slice numbers = put(&to, slice_of(w->tables.tables, tables));
    o->c = (struct cursor){.kind = w->kind,
                           .tables = {.tables = (const void *)numbers.at, .count = w->tables.count},
                           .opened_ms = now_ms(),
                           .keep_ms = w->keep_ms};
    o->c.wish = w->wish;
    o->c.wish.expression = put(&to, w->wish.expression);
    o->c.body = put(&to, w->body);
    o->c.query = put(&to, w->query);
    o->place = buf_init(CURSOR_POSITION_MAX);
    memcpy(o->owner, w->who->name, sizeof o->owner);
    memcpy(o->key_id, w->who->key_id, sizeof o->key_id);
    o->expires_us = now_us + w->keep_ms * US_A_MS;
    o->ends_us = now_us + (int64_t)CURSOR_LIFE_MS_MAX * US_A_MS;
    o->users = 1;
    return o;
}

static void name_it(struct open_cursor *o)
{
    uint8_t chance[CURSOR_ID_BYTES];
    random_bytes(chance, sizeof chance);
    struct buf text AUTO(buf_donep) = buf_init(CURSOR_ID_CHARS);
    base64url_print(slice_of(chance, sizeof chance), &text);
    CHECK(text.len == CURSOR_ID_CHARS);
    memcpy(o->c.id, text.at, CURSOR_ID_CHARS);
}

static enum err too_many(const char *whose, int limit, struct fault *why)
{
    return fail(why, ERR_LIMIT,
                "es_rejected_execution_exception: Trying to create too many scroll contexts and "
                "points in time. %s must be less than or equal to: [%d].",
                whose, limit);
}

// The free place for one more.  The lock is held.
static enum err find_place(const struct cursors *all, const struct open_cursor *o,
                           const struct principal *who, uint32_t *out, struct fault *why)
{
    uint32_t his = 0;
    uint32_t at = CURSORS_MAX;
    for (uint32_t i = CURSORS_MAX; i-- > 0;) {
        his += all->open[i] && is_his(all->open[i], who);
        at = all->open[i] ? at : i;
    }
    if (at == CURSORS_MAX)
        return too_many("All", CURSORS_MAX, why);
    if (his >= CURSORS_OF_ONE_MAX)
        return too_many("Those of one caller", CURSORS_OF_ONE_MAX, why);
    if (o->byte_count > CURSORS_BYTES_MAX - all->bytes)
        return fail(why, ERR_LIMIT,
                    "es_rejected_execution_exception: the requests of the open scrolls are longer "
                    "than %d bytes",
                    CURSORS_BYTES_MAX);
    *out = at;
    return OK;
}

enum err cursor_open(struct cursors *all, const struct cursor_wish *wish, int64_t now_us,
                     struct cursor **out, struct fault *why)
{
    uint32_t at = 0;
    struct open_cursor *o = make(wish, now_us);
    name_it(o);
    enum err e = all->engine->ops->pin(all->engine, wish->permit, &wish->tables, &o->pin, why);
    pthread_mutex_lock(&all->lock);
    sweep(all, now_us);
    if (!e)
        e = find_place(all, o, wish->who, &at, why);
    if (!e) {
        o->c.pin = o->pin;
        all->open[at] = o;
        all->bytes += o->byte_count;
        *out = &o->c;
    }
    pthread_mutex_unlock(&all->lock);
    if (e)
        drop(all, o);
    return e;
}

// ---- what is open ----

static enum err missing(struct slice id, struct fault *why)
{
    return fail(why, ERR_NOT_FOUND,
                "search_context_missing_exception: No search context found for id [%.*s]",
                SLICE_PRINT(id));
}

static enum err check_id(enum cursor_kind kind, struct slice id, struct fault *why)
{
    bool fits = id.len == CURSOR_ID_CHARS;
    for (size_t i = 0; fits && i < id.len; i++)
        fits = (id.at[i] >= '0' && id.at[i] <= '9') || (id.at[i] >= 'A' && id.at[i] <= 'Z') ||
               (id.at[i] >= 'a' && id.at[i] <= 'z') || id.at[i] == '-' || id.at[i] == '_';
    return fits ? OK
                : fail(why, ERR_INVALID, "illegal_argument_exception: Cannot parse %s id",
                       kind == CURSOR_SCROLL ? "scroll" : "point in time");
}

// CURSORS_MAX: there is none.  The lock is held.
static uint32_t find(const struct cursors *all, enum cursor_kind kind, struct slice id,
                     const struct principal *who)
{
    uint32_t at = 0;
    while (at < CURSORS_MAX && !(all->open[at] && all->open[at]->c.kind == kind &&
                                 slice_is(id, all->open[at]->c.id) && is_his(all->open[at], who)))
        at++;
    return at;
}

enum err cursor_take(struct cursors *all, const struct cursor_ask *ask, int64_t now_us,
                     struct cursor **out, struct fault *why)
{
    enum err e = check_id(ask->kind, ask->id, why);
    if (e)
        return e;
    pthread_mutex_lock(&all->lock);
    sweep(all, now_us);
    uint32_t at = find(all, ask->kind, ask->id, ask->who);
    struct open_cursor *o = at < CURSORS_MAX ? all->open[at] : NULL;
    if (o) {
        o->users++;
        o->c.keep_ms = ask->keep_ms ? ask->keep_ms : o->c.keep_ms;
        o->expires_us = now_us + o->c.keep_ms * US_A_MS;
        *out = &o->c;
    }
    pthread_mutex_unlock(&all->lock);
    return o ? OK : missing(ask->id, why);
}

void cursor_give(struct cursors *all, struct cursor *c)
{
    struct open_cursor *o = (struct open_cursor *)(void *)c;
    pthread_mutex_lock(&all->lock);
    CHECK(o->users > 0);
    o->users--;
    bool is_last = o->users == 0 && o->is_closed;
    pthread_mutex_unlock(&all->lock);
    if (is_last)
        drop(all, o);
}

bool cursor_close(struct cursors *all, enum cursor_kind kind, struct slice id,
                  const struct principal *who)
{
    pthread_mutex_lock(&all->lock);
    uint32_t at = find(all, kind, id, who);
    if (at < CURSORS_MAX)
        close_at(all, at);
    pthread_mutex_unlock(&all->lock);
    return at < CURSORS_MAX;
}

uint32_t cursors_close_all(struct cursors *all, enum cursor_kind kind, const struct principal *who)
{
    uint32_t closed = 0;
    pthread_mutex_lock(&all->lock);
    for (uint32_t i = 0; i < CURSORS_MAX; i++) {
        if (all->open[i] && all->open[i]->c.kind == kind && is_his(all->open[i], who)) {
            close_at(all, i);
            closed++;
        }
    }
    pthread_mutex_unlock(&all->lock);
    return closed;
}

void cursors_list(struct cursors *all, enum cursor_kind kind, const struct principal *who,
                  void (*each)(void *context, const struct cursor *c), void *context)
{
    pthread_mutex_lock(&all->lock);
    for (uint32_t i = 0; i < CURSORS_MAX; i++) {
        const struct open_cursor *o = all->open[i];
        if (o && o->c.kind == kind && is_his(o, who))
            each(context, &o->c);
    }
    pthread_mutex_unlock(&all->lock);
}

// ---- the place of a scroll ----
//
// A sort value as search_after would have it:
//
//     u8 literal type | blob text

static void encode_value(struct buf *out, const struct value *v)
{
    char text[NUMBER_BYTES];
    enum literal_type type = v->type == VALUE_NONE      ? LITERAL_NULL
                             : v->type == VALUE_TEXT    ? LITERAL_TEXT
                             : v->type == VALUE_BOOLEAN ? LITERAL_BOOL
                                                        : LITERAL_NUMBER;
    struct slice s = type == LITERAL_TEXT ? v->text : slice_of(NULL, 0);
    if (type == LITERAL_BOOL)
        s = slice_text(v->i64 ? "true" : "false");
    if (type == LITERAL_NUMBER) {
        int len = v->type == VALUE_DOUBLE ? snprintf(text, sizeof text, "%.17g", v->f64)
                                          : snprintf(text, sizeof text, "%lld", (long long)v->i64);
        s = slice_of(text, (size_t)len);
    }
    buf_u8(out, (uint8_t)type);
    buf_blob(out, s);
}

enum err cursor_move(struct cursors *all, struct cursor *c, const struct answer *a,
                     uint32_t sort_count, struct fault *why)
{
    struct open_cursor *o = (struct open_cursor *)(void *)c;
    enum err e = OK;
    pthread_mutex_lock(&all->lock);
    if (!o->is_begun) {
        o->total = a->total;
        o->total_is_lower_bound = a->total_is_lower_bound;
    }
    o->is_begun = true;
    if (a->hit_count) {
        const struct hit *last = &a->hits[a->hit_count - 1];
        buf_reset(&o->place);
        for (uint32_t i = 0; i < sort_count; i++)
            encode_value(&o->place, &last->sort[i]);
        o->after_doc = last->doc;
        e = buf_end(&o->place, why);
    }
    pthread_mutex_unlock(&all->lock);
    return e;
}

static void decode_place(const struct open_cursor *o, struct arena *arena, struct cursor_place *out)
{
    struct reader in = reader_over(arena_copy(arena, buf_slice(&o->place)));
    struct literal *after = ARENA_ARRAY(arena, struct literal, reader_left(&in) / 2 + 1);
    *out = (struct cursor_place){.total = o->total,
                                 .total_is_lower_bound = o->total_is_lower_bound,
                                 .after_doc = o->after_doc};
    while (reader_left(&in) > 0) {
        struct literal *l = &after[out->after_count++];
        l->type = (enum literal_type)reader_u8(&in);
        l->text = reader_blob(&in);
        l->truth = l->type == LITERAL_BOOL && slice_is(l->text, "true");
    }
    CHECK(reader_end(&in, NULL) == OK); // encode_value() wrote it
    out->after = after;
}

bool cursor_place(struct cursors *all, struct cursor *c, struct arena *arena,
                  struct cursor_place *out)
{
    const struct open_cursor *o = (const struct open_cursor *)(const void *)c;
    pthread_mutex_lock(&all->lock);
    bool is_begun = o->is_begun;
    if (is_begun)
        decode_place(o, arena, out);
    pthread_mutex_unlock(&all->lock);
    return is_begun;
}
