// SPDX-License-Identifier: Apache-2.0
#include "server/mirror_state.h"

#include "json/json_writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const stage_names[] = {
    [STAGE_WAITING] = "waiting",     [STAGE_CONNECTING] = "connecting", [STAGE_COPYING] = "copying",
    [STAGE_STREAMING] = "streaming", [STAGE_FAILED] = "failed",
};

void mirror_state_init(struct mirror_state *s, const char *name, uint32_t table_count)
{
    *s = (struct mirror_state){.name = name, .table_count = table_count};
    pthread_mutex_init(&s->lock, NULL);
    s->tables = calloc(table_count + 1, sizeof *s->tables);
    if (!s->tables)
        abort(); // out of memory, as an arena would
    for (uint32_t i = 0; i < table_count; i++)
        s->tables[i].rows_estimated = -1;
}

void mirror_state_done(struct mirror_state *s)
{
    pthread_mutex_destroy(&s->lock);
    free(s->tables);
    s->tables = NULL;
}

void mirror_state_stage(struct mirror_state *s, enum mirror_stage stage, const char *format, ...)
{
    pthread_mutex_lock(&s->lock);
    s->stage = stage;
    va_list args;
    va_start(args, format);
    vsnprintf(s->words, sizeof s->words, format, args);
    va_end(args);
    s->has_changed = true;
    pthread_mutex_unlock(&s->lock);
}

void mirror_state_copying(struct mirror_state *s, const char *reason)
{
    mirror_state_stage(s, STAGE_COPYING, "first copy: %s", reason);
    pthread_mutex_lock(&s->lock);
    s->copies++;
    pthread_mutex_unlock(&s->lock);
}

void mirror_state_failed(struct mirror_state *s, const struct fault *why, int64_t now_ms)
{
    pthread_mutex_lock(&s->lock);
    s->stage = STAGE_FAILED;
    s->retries++;
    snprintf(s->last_error, sizeof s->last_error, "%s", why->words);
    snprintf(s->words, sizeof s->words, "%.255s", why->words);
    s->last_error_ms = now_ms;
    s->has_changed = true;
    pthread_mutex_unlock(&s->lock);
}

static void print_lsn(struct json_writer *w, const char *key, uint64_t lsn)
{
    json_key(w, key);
    json_print(w, "%X/%X", (unsigned)(lsn >> 32), (unsigned)lsn);
}

static void print_tables(struct json_writer *w, const struct mirror_state *s)
{
    json_key(w, "tables");
    json_array(w);
    for (uint32_t i = 0; i < s->table_count; i++) {
        const struct mirror_table_state *t = &s->tables[i];
        json_object(w);
        json_key(w, "name");
        json_text(w, t->name ? t->name : "");
        json_key(w, "rows");
        json_uint(w, t->rows);
        json_key(w, "refused");
        if (t->refused[0])
            json_text(w, t->refused);
        else
            json_null(w);
        json_end(w);
    }
    json_end(w);
}

static void print_copy(struct json_writer *w, const struct mirror_state *s)
{
    uint64_t copied = 0;
    double estimated = 0;
    for (uint32_t i = 0; i < s->table_count; i++) {
        const struct mirror_table_state *t = &s->tables[i];
        copied += t->copied;
        estimated += t->rows_estimated > (double)t->copied ? t->rows_estimated : (double)t->copied;
    }
    json_key(w, "rows_copied");
    json_uint(w, copied);
    json_key(w, "rows_estimated");
    json_uint(w, (uint64_t)estimated);
}

static void print_lag(struct json_writer *w, const struct mirror_state *s, int64_t now_ms)
{
    uint64_t behind = s->server_end_lsn > s->durable_lsn ? s->server_end_lsn - s->durable_lsn : 0;
    bool is_late = s->end_lsn > s->durable_lsn && s->commit_ms > 0 && now_ms > s->commit_ms;
    json_key(w, "lag_bytes");
    json_uint(w, behind);
    json_key(w, "lag_ms");
    json_int(w, is_late ? now_ms - s->commit_ms : 0);
    json_key(w, "last_commit_ms");
    json_int(w, s->commit_ms);
}

static void print_trouble(struct json_writer *w, const struct mirror_state *s)
{
    json_key(w, "retries");
    json_uint(w, s->retries);
    json_key(w, "copies");
    json_uint(w, s->copies);
    json_key(w, "last_error");
    if (s->last_error[0])
        json_text(w, s->last_error);
    else
        json_null(w);
    json_key(w, "last_error_ms");
    json_int(w, s->last_error_ms);
}

static void measure(struct mirror_state *s, int64_t now_ms)
{
    int64_t passed_ms = now_ms - s->printed_ms;
    if (passed_ms < 500)
        return;
    uint64_t rows = s->rows > s->rows_before ? s->rows - s->rows_before : 0;
    s->rows_per_second = s->printed_ms ? (double)rows * 1000.0 / (double)passed_ms : 0;
    s->rows_before = s->rows;
    s->printed_ms = now_ms;
}

static void print_source(struct json_writer *w, struct mirror_state *s, int64_t now_ms,
                         bool with_tables)
{
    pthread_mutex_lock(&s->lock);
    measure(s, now_ms);
    json_object(w);
    json_key(w, "name");
    json_text(w, s->name);
    // A copy is whole once serve has kept its last row, not when the last was sent.
    bool is_kept = s->stage != STAGE_STREAMING || s->durable_lsn > 0;
    json_key(w, "phase");
    json_text(w, stage_names[is_kept ? s->stage : STAGE_COPYING]);
    json_key(w, "words");
    json_text(w, is_kept ? s->words : "the last rows of the copy are being kept");
    print_copy(w, s);
    json_key(w, "rows_per_second");
    json_double(w, s->rows_per_second);
    print_lsn(w, "end_lsn", s->durable_lsn);
    print_lag(w, s, now_ms);
    print_trouble(w, s);
    if (with_tables)
        print_tables(w, s);
    json_end(w);
    s->has_changed = false;
    pthread_mutex_unlock(&s->lock);
}

static void print_all(struct mirror_state *const *states, uint32_t count, int64_t now_ms,
                      bool with_tables, struct buf *out)
{
    buf_reset(out);
    struct json_writer w = json_writer_to(out);
    json_object(&w);
    json_key(&w, "at");
    json_int(&w, now_ms);
    json_key(&w, "sources");
    json_array(&w);
    for (uint32_t i = 0; i < count; i++)
        print_source(&w, states[i], now_ms, with_tables);
    json_end(&w);
    json_end(&w);
}

void mirror_state_print(struct mirror_state *const *states, uint32_t count, int64_t now_ms,
                        struct buf *out)
{
    print_all(states, count, now_ms, true, out);
    if (out->over_limit)
        print_all(states, count, now_ms, false, out);
}
