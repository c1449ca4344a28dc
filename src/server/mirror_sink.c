// SPDX-License-Identifier: Apache-2.0
#include "server/mirror_sink.h"

#include "base/log.h"
#include "base/world.h"

#include <stdio.h>

static void tell_refusals(struct mirror_sink *sink)
{
    struct mirror_state *state = sink->state;
    pthread_mutex_lock(&state->lock);
    for (uint32_t i = 0; i < state->table_count; i++) {
        struct mirror_table_state *t = &state->tables[i];
        t->rows = sieve_admitted_rows(sink->sieve, i);
        const struct refusal *refusal = sieve_refusal(sink->sieve, i);
        if (!refusal || t->refused[0])
            continue;
        snprintf(t->refused, sizeof t->refused, "%s", refusal->words);
        state->has_changed = true;
        log_line(LOG_WARN, "source=%s table stopped: %s", state->name, refusal->words);
    }
    pthread_mutex_unlock(&state->lock);
}

static void tell_cut(struct mirror_sink *sink, uint32_t rows)
{
    struct mirror_state *state = sink->state;
    pthread_mutex_lock(&state->lock);
    state->rows += rows;
    state->end_lsn = sink->position.end_lsn;
    state->commit_ms = sink->position.commit_time_ms;
    pthread_mutex_unlock(&state->lock);
}

enum err mirror_sink_cut(struct mirror_sink *sink, struct fault *why)
{
    struct position position = sink->position;
    if (sink->in_transaction && sink->cannot_replay)
        position.phase = PHASE_COPYING;
    uint32_t rows = sieve_row_count(sink->sieve);
    const struct admitted *admitted;
    arena_reset(sink->batch);
    enum err e = sieve_cut(sink->sieve, &position, sink->resets, sink->batch, &admitted, why);
    if (e)
        return fail_in(why, e, "making a changeset");
    e = mirror_hub_put(sink->hub, sink->source, sink->epoch, admitted_bytes(admitted),
                       position.end_lsn, why);
    if (e)
        return e;
    sink->resets = false;
    sink->has_moved = false;
    sink->first_us = 0;
    tell_cut(sink, rows);
    tell_refusals(sink);
    return OK;
}

static bool is_large(const struct mirror_sink *sink)
{
    return sieve_row_count(sink->sieve) >= CUT_PART_ROWS || sieve_bytes(sink->sieve) >= CUT_BYTES;
}

static bool brings_unchanged(const struct source_table *t, const struct raw *values)
{
    for (uint32_t i = 0; i < t->column_count; i++)
        if (values[i].type == RAW_UNCHANGED)
            return true;
    return false;
}

static enum err take_row(void *context, uint32_t table, enum row_op op, const struct raw *values,
                         const struct raw *old_key, struct fault *why)
{
    struct mirror_sink *sink = context;
    sink->in_transaction = true;
    if (op == ROW_MOVE && brings_unchanged(&sink->tables[table], values))
        sink->cannot_replay = true;
    enum err e = sieve_row(sink->sieve, table, op, values, old_key, why);
    if (e == ERR_INVALID) { // the sieve stopped the table and remembers why
        tell_refusals(sink);
        e = OK;
    }
    if (!e && is_large(sink))
        e = mirror_sink_cut(sink, why);
    return e;
}

static enum err take_commit(void *context, uint64_t end_lsn, int64_t commit_time_ms,
                            struct fault *why)
{
    struct mirror_sink *sink = context;
    sink->in_transaction = false;
    sink->cannot_replay = false;
    sink->has_moved = true;
    sink->position.end_lsn = end_lsn;
    if (commit_time_ms != 0)
        sink->position.commit_time_ms = commit_time_ms;
    int64_t now = monotonic_us();
    if (sink->first_us == 0)
        sink->first_us = now;
    bool is_due = sieve_row_count(sink->sieve) >= CUT_ROWS ||
                  sieve_bytes(sink->sieve) >= CUT_SMALL_BYTES ||
                  now - sink->first_us >= CUT_AFTER_US;
    return is_due ? mirror_sink_cut(sink, why) : OK;
}

// Not inside a transaction: the rest of it is on its way, as the server sends only what
// is committed.
static enum err take_idle(void *context, struct fault *why)
{
    struct mirror_sink *sink = context;
    if (sink->in_transaction || !sink->has_moved)
        return OK;
    return mirror_sink_cut(sink, why);
}

static bool is_full(void *context)
{
    struct mirror_sink *sink = context;
    return mirror_hub_is_full(sink->hub, sink->source);
}

static uint64_t durable(void *context)
{
    struct mirror_sink *sink = context;
    return mirror_hub_durable(sink->hub, sink->source);
}

static bool is_stopping(void *context)
{
    struct mirror_sink *sink = context;
    return mirror_hub_is_stopping(sink->hub) || mirror_hub_epoch(sink->hub) != sink->epoch;
}

static void progress(void *context, const struct source_progress *p)
{
    struct mirror_sink *sink = context;
    struct mirror_state *state = sink->state;
    pthread_mutex_lock(&state->lock);
    if (state->stage == STAGE_COPYING && p->table < state->table_count) {
        struct mirror_table_state *t = &state->tables[p->table];
        t->copied = p->rows_done;
        t->rows_estimated = p->rows_estimated;
        snprintf(state->words, sizeof state->words, "copying table %s", t->name);
    }
    if (p->server_end_lsn > state->server_end_lsn)
        state->server_end_lsn = p->server_end_lsn;
    pthread_mutex_unlock(&state->lock);
}

void mirror_sink_attach(struct mirror_sink *sink, struct source_sink *out)
{
    *out = (struct source_sink){
        .context = sink,
        .row = take_row,
        .commit = take_commit,
        .idle = take_idle,
        .is_full = is_full,
        .durable = durable,
        .is_stopping = is_stopping,
        .progress = progress,
        .wake_fd = mirror_hub_source_fd(sink->hub, sink->source),
    };
}
