// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include "base/check.h"
#include "base/limits.h"
#include "store/read_fault.h"
#include "store/store_private.h"

#include <stdlib.h>

enum {
    SEAL_ROWS = 1 << 20,
    LOG_BYTES_MAX = 256 << 20,
    REST_ROWS = 4 * BLOCK_ROWS,
    MERGE_FAN_IN = 8,
    BATCH_ARENA_BYTES = 1 << 30, // one changeset decoded, and the codes of its values
    FULL_MEMORY = 4, // times seal_rows: appends are refused when sealing goes on failing
};

enum {
    STATS_TABLES = sizeof(((struct store_stats *)0)->tables) / sizeof(struct store_table_stats)
};

_Static_assert((int)STATS_TABLES == (int)LIMIT_TABLES, "store_stats has room for every table");

void *store_calloc(size_t count, size_t bytes)
{
    void *at = calloc(count, bytes);
    CHECK(at);
    return at;
}

static bool is_referred(const struct schema *s, uint32_t table)
{
    for (uint32_t t = 0; t < s->table_count; t++) {
        for (uint32_t f = 0; f < s->tables[t].field_count; f++) {
            if (s->tables[t].fields[f].lookup_table == (int)table)
                return true;
        }
    }
    return false;
}

static struct dict **dicts_of(struct store *st, const struct table *t)
{
    struct dict **dicts = store_calloc(t->field_count + 1, sizeof(struct dict *));
    for (uint32_t f = 0; f < t->field_count; f++) {
        const struct field *field = &t->fields[f];
        if (field_storage(field->type) != STORAGE_CODE)
            continue;
        int subject = schema_subject(st->schema, field->subject);
        dicts[f] = subject >= 0 ? st->subject_dicts[subject] : dict_new(0);
    }
    return dicts;
}

static void make_tables(struct store *st)
{
    const struct schema *s = st->schema;
    st->subject_dicts = store_calloc(s->subject_count + 1, sizeof(struct dict *));
    st->subject_files = store_calloc(s->subject_count + 1, sizeof *st->subject_files);
    for (uint32_t i = 0; i < s->subject_count; i++)
        st->subject_dicts[i] = dict_new(16);
    st->tables = store_calloc(s->table_count + 1, sizeof *st->tables);
    st->field_files = store_calloc(s->table_count + 1, sizeof(struct manifest_dict *));
    st->disk_bytes = store_calloc(s->table_count + 1, sizeof *st->disk_bytes);
    for (uint32_t i = 0; i < s->table_count; i++) {
        const struct table *t = &s->tables[i];
        st->field_files[i] = store_calloc(t->field_count + 1, sizeof *st->field_files[i]);
        table_init(&st->tables[i], t, dicts_of(st, t), is_referred(s, i));
    }
}

static void set_options(struct store *st, const struct store_options *options)
{
    st->options = *options;
    if (!st->options.seal_rows)
        st->options.seal_rows = SEAL_ROWS;
    if (!st->options.log_bytes_max)
        st->options.log_bytes_max = LOG_BYTES_MAX;
    if (!st->options.rest_rows)
        st->options.rest_rows = REST_ROWS;
    if (!st->options.merge_fan_in)
        st->options.merge_fan_in = MERGE_FAN_IN;
    if (st->options.merge_fan_in < 2)
        st->options.merge_fan_in = 2;
}

enum err store_open(const struct world *w, const struct schema *s,
                    const struct store_options *options, struct store **out, struct fault *why)
{
    CHECK(s->table_count <= LIMIT_TABLES);
    enum err narrowed = store_narrow(w, s, options, why);
    if (!narrowed)
        narrowed = store_rekey(w, options, why);
    if (narrowed)
        return narrowed;
    struct store *st = store_calloc(1, sizeof *st);
    st->world = *w;
    st->schema = s;
    st->term = (uint64_t)w->ops->now_ms();
    set_options(st, options);
    pthread_mutex_init(&st->state, NULL);
    pthread_mutex_init(&st->publish, NULL);
    pthread_cond_init(&st->published_news, NULL);
    pthread_mutex_init(&st->jobs, NULL);
    pthread_cond_init(&st->jobs_changed, NULL);
    st->batch = arena_new(BATCH_ARENA_BYTES);
    st->units = units_new(st->options.memory_bytes);
    uint64_t attributes = st->options.attribute_bytes_max;
    attribute_room_init(&st->attribute_room, attributes ? attributes : units_too_large(st->units),
                        st->units);
    make_tables(st);
    for (uint32_t i = 0; options->layers && i < s->subject_count; i++)
        st->subject_files[i].generation =
            options->layers->generation(options->layers->context, s->subjects[i]);
    if (options->listener)
        store_listen(st, options->listener);
    enum err e = store_recover(st, why);
    if (e) {
        store_close(st);
        return e;
    }
    count_add(&st->log_bytes, wal_bytes(st->log));
    store_charge(st);
    st->committed_us = st->world.ops->monotonic_us();
    if (st->options.background)
        keeper_start(st);
    *out = st;
    return OK;
}

static void free_tables(struct store *st)
{
    const struct schema *s = st->schema;
    for (uint32_t i = 0; i < s->table_count; i++) {
        struct table_store *t = &st->tables[i];
        for (uint32_t f = 0; f < t->shape->field_count; f++) {
            if (!t->shape->fields[f].subject)
                dict_free(t->dicts[f]);
        }
        table_done(t);
        free(st->field_files[i]);
    }
    for (uint32_t i = 0; i < s->subject_count; i++)
        dict_free(st->subject_dicts[i]);
    free(st->subject_dicts);
    free(st->subject_files);
    free(st->tables);
    free(st->field_files);
    free(st->disk_bytes);
}

void store_close(struct store *st)
{
    if (!st)
        return;
    keeper_stop(st);
    if (st->log)
        wal_close(st->log);
    snapshot_free(st->published);
    // A snapshot reads the store's tables: whoever holds one must let it go first.
    CHECK(__atomic_load_n(&st->snapshots_alive, __ATOMIC_ACQUIRE) == 0);
    freeze_free(st, st->freeze);
    image_free(st->image, st->schema);
    free_tables(st);
    attribute_room_done(&st->attribute_room);
    units_free(st->units);
    arena_free(st->batch);
    pthread_cond_destroy(&st->jobs_changed);
    pthread_mutex_destroy(&st->jobs);
    pthread_cond_destroy(&st->published_news);
    pthread_mutex_destroy(&st->publish);
    pthread_mutex_destroy(&st->state);
    free(st);
}

void store_listen(struct store *st, const struct store_listener *listener)
{
    st->listener = *listener;
    for (uint32_t i = 0; i < st->schema->table_count; i++)
        st->tables[i].keeps_gone = listener->committed != NULL;
}

static enum err check_keeper(struct store *st, struct fault *why)
{
    if (store_memory_rows(st) < (uint64_t)FULL_MEMORY * st->options.seal_rows)
        return OK;
    pthread_mutex_lock(&st->jobs);
    enum err e = OK;
    if (st->freeze && st->keeper_failed)
        e = fail(why, st->keeper_fault.code, "memory is full: %s", st->keeper_fault.words);
    pthread_mutex_unlock(&st->jobs);
    return e;
}

static enum err refuse(const struct store *st, struct fault *why)
{
    return fail(why, ERR_IO, "%s; the store must be opened anew",
                st->unread.code ? st->unread.words : "the log has failed before");
}

// Rows were applied over others that could not be read: what memory holds now is not what
// the log says.  What was published before is whole, and goes on answering.
static enum err check_read(struct store *st, struct fault *why)
{
    if (!read_fault_take(&st->unread))
        return OK;
    st->is_failed = true;
    return refuse(st, why);
}

enum err store_append(struct store *st, const struct admitted *a, struct fault *why)
{
    return store_append_told(st, a, NULL, why);
}

uint64_t store_find(struct store *st, uint32_t table, struct row_key key)
{
    pthread_mutex_lock(&st->state);
    uint64_t row = table_find(&st->tables[table], key);
    pthread_mutex_unlock(&st->state);
    return row;
}

uint64_t store_term(const struct store *st)
{
    return st->term;
}

enum err store_append_told(struct store *st, const struct admitted *a,
                           const struct store_told *told, struct fault *why)
{
    if (st->is_failed)
        return refuse(st, why);
    enum err e = check_keeper(st, why);
    if (e)
        return e;
    const struct changeset *c = admitted_changeset(a);
    struct slice bytes = admitted_bytes(a);
    arena_reset(st->batch);
    (void)read_fault_take(NULL); // what is left of other work of this thread
    pthread_mutex_lock(&st->state);
    e = changeset_check(st, c, why);
    if (!e)
        e = wal_append(st->log, bytes, why);
    if (!e)
        changeset_apply(st, c, NULL, told);
    pthread_mutex_unlock(&st->state);
    if (!e)
        e = check_read(st, why);
    if (e)
        return e;
    st->pending++;
    st->log_since_roll += bytes.len;
    count_add(&st->bytes_written, bytes.len);
    return OK;
}

static void drop_log(struct store *st)
{
    pthread_mutex_lock(&st->jobs);
    uint64_t first = st->log_drop_before;
    st->log_drop_before = 0;
    pthread_mutex_unlock(&st->jobs);
    // Files that cannot be removed now go at the next sealing, or when the store opens.
    if (first)
        (void)wal_drop_before(st->log, first, NULL);
    __atomic_store_n(&st->log_bytes, wal_bytes(st->log), __ATOMIC_RELAXED);
}

enum err store_commit(struct store *st, struct fault *why)
{
    if (st->is_failed)
        return refuse(st, why);
    if (st->pending == 0)
        return OK;
    enum err e = wal_sync(st->log, why);
    if (e) {
        st->is_failed = true;
        return e;
    }
    pthread_mutex_lock(&st->state);
    store_publish(st);
    pthread_mutex_unlock(&st->state);
    st->pending = 0;
    count_add(&st->commits, 1);
    count_add(&st->syncs, 1);
    st->committed_us = st->world.ops->monotonic_us();
    keeper_after_commit(st);
    drop_log(st);
    return OK;
}

void store_rest(struct store *st)
{
    if (!st->has_keeper || st->is_failed || st->pending > 0)
        return;
    keeper_at_rest(st);
    drop_log(st);
}

void store_position(struct store *st, const char *source, struct position *out)
{
    pthread_mutex_lock(&st->publish);
    const struct position *p = position_find(&st->committed, source);
    *out = p ? *p : (struct position){0};
    pthread_mutex_unlock(&st->publish);
    size_t len = strnlen(source, sizeof out->source - 1);
    memcpy(out->source, source, len);
    out->source[len] = '\0';
}

enum err store_maintain(struct store *st, bool *out_did, struct fault *why)
{
    *out_did = false;
    if (st->has_keeper)
        return OK;
    bool seals = st->freeze != NULL; // one that failed before
    enum err e = OK;
    if (!seals && st->pending == 0 && !st->is_failed && seal_is_due(st)) {
        e = seal_freeze(st, why);
        if (e)
            return e;
        seals = true;
    }
    bool did = seals;
    e = seals ? seal_run(st, why) : merge_run(st, &did, why);
    if (e)
        return e;
    drop_log(st);
    store_charge(st);
    *out_did = did;
    return OK;
}

struct snapshot *store_snapshot(struct store *st)
{
    return published_ref(st);
}
