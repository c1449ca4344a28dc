// SPDX-License-Identifier: Apache-2.0
#include "server/mirror_source.h"

#include "base/log.h"
#include "base/world.h"
#include "keys/crypto.h"
#include "server/mirror_decide.h"
#include "server/mirror_sink.h"
#include "server/mirror_spec.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    BACK_OFF_MS_MIN = 200,
    BACK_OFF_MS_MAX = 10 * 1000,
    STEADY_US = 5 * 1000 * 1000, // a session that lasted so long was a good one
    SPEC_BYTES_MAX = 32 << 20,
    BATCH_BYTES_MAX = 512 << 20, // one changeset being made, some times LIMIT_CHANGESET_BYTES
};

struct mirror_source {
    struct mirror_source_needs needs;
    const struct policy_source *declared;
    pthread_t thread;
    struct arena *life; // the spec
    struct source_spec spec;
    struct mirror_sink sink;
    struct source_sink to;
    bool had_conflict; // see mirror_decide.h
    char last_words[FAULT_WORDS_BYTES];
};

static bool is_over(struct mirror_source *m)
{
    return mirror_hub_is_stopping(m->needs.hub);
}

static void clear_tables(struct mirror_source *m)
{
    struct mirror_state *state = m->needs.state;
    pthread_mutex_lock(&state->lock);
    for (uint32_t i = 0; i < state->table_count; i++) {
        state->tables[i].refused[0] = 0;
        state->tables[i].rows = 0;
        state->tables[i].copied = 0;
    }
    pthread_mutex_unlock(&state->lock);
}

// The first changeset resets, the last says that the copy is whole; either may hold no
// row, and they may be one.
static enum err copy(struct mirror_source *m, struct source *source, const char *reason,
                     struct fault *why)
{
    const struct source_facts *facts = source_facts(source);
    struct mirror_sink *sink = &m->sink;
    uint32_t chance;
    random_bytes(&chance, sizeof chance);
    sink->position = (struct position){.phase = PHASE_COPYING,
                                       .generation = mirror_generation(chance, facts),
                                       .system_id = facts->system_id,
                                       .timeline = facts->timeline};
    snprintf(sink->position.source, sizeof sink->position.source, "%s", m->spec.name);
    sink->resets = true;
    sink->in_transaction = false;
    mirror_hub_set_durable(m->needs.hub, m->needs.index, 0);
    mirror_state_copying(m->needs.state, reason);
    log_line(LOG_INFO, "source=%s first copy begins: %s", m->spec.name, reason);

    uint64_t lsn = 0;
    enum err e = source_copy(source, &m->to, &lsn, why);
    if (e)
        return e;
    sink->in_transaction = false;
    sink->position.phase = PHASE_STREAMING;
    sink->position.end_lsn = lsn;
    m->had_conflict = false;
    log_line(LOG_INFO, "source=%s first copy is whole", m->spec.name);
    return mirror_sink_cut(sink, why);
}

static void resume(struct mirror_source *m, const struct source_facts *facts,
                   const struct position *position)
{
    m->sink.position = *position;
    m->sink.position.timeline = facts->timeline;
    m->sink.resets = false;
    sieve_stop(m->sink.sieve, position->stopped);
    mirror_hub_set_durable(m->needs.hub, m->needs.index, position->end_lsn);
    log_line(LOG_INFO, "source=%s goes on from %X/%X", m->spec.name,
             (unsigned)(position->end_lsn >> 32), (unsigned)position->end_lsn);
}

static enum err follow(struct mirror_source *m, struct source *source,
                       const struct position *position, struct fault *why)
{
    const struct mirror_doubt doubt = {
        .policy_fingerprint = m->needs.policy->schema->fingerprint,
        .had_conflict = m->had_conflict,
    };
    clear_tables(m);
    const char *reason = mirror_decide(position, source_facts(source), &doubt);
    enum err e = OK;
    if (reason)
        e = copy(m, source, reason, why);
    else
        resume(m, source_facts(source), position);
    if (e)
        return e;
    mirror_state_stage(m->needs.state, STAGE_STREAMING, "following every change");
    e = source_stream(source, m->sink.position.end_lsn, &m->to, why);
    m->had_conflict = e == ERR_CONFLICT;
    return e;
}

static enum err open_and_follow(struct mirror_source *m, const struct position *position,
                                struct fault *why)
{
    mirror_state_stage(m->needs.state, STAGE_CONNECTING, "connecting to the database");
    m->spec.may_publish = position->phase != PHASE_STREAMING ||
                          position->policy_fingerprint != m->needs.policy->schema->fingerprint;
    struct mirror_logins logins;
    struct source *source = NULL;
    enum err e = mirror_keys_logins(m->needs.keys, m->needs.index, &logins, why);
    if (e)
        return e;
    m->spec.replication = logins.replication;
    m->spec.copy = logins.copy;
    e = source_open(&m->spec, &m->to, &source, why);
    if (e == ERR_DENIED)
        mirror_keys_doubt(m->needs.keys, m->needs.index);
    if (!e)
        e = follow(m, source, position, why);
    source_close(source);
    m->spec.replication = m->spec.copy = (struct source_login){0};
    mirror_logins_done(&logins);
    return e;
}

// One session; ends with an error always.
static enum err session(struct mirror_source *m, struct fault *why)
{
    struct position position;
    m->sink = (struct mirror_sink){.hub = m->needs.hub,
                                   .state = m->needs.state,
                                   .source = m->needs.index,
                                   .tables = m->spec.tables};
    mirror_state_stage(m->needs.state, STAGE_WAITING, "asking the store where it stands");
    enum err e = mirror_hub_position(m->needs.hub, m->needs.index, m->spec.name, &position,
                                     &m->sink.epoch, why);
    if (e)
        return e;
    const struct sieve_keys keys = mirror_keys_sieve(m->needs.keys);
    e = sieve_new(m->needs.policy, m->needs.index, &keys, &m->sink.sieve, why);
    if (e)
        return e;
    m->sink.batch = arena_new(BATCH_BYTES_MAX);
    mirror_sink_attach(&m->sink, &m->to);
    e = open_and_follow(m, &position, why);
    arena_free(m->sink.batch);
    sieve_free(m->sink.sieve);
    return e;
}

// Also woken by what the hub has to say, so it counts the time itself.
static void wait_ms(struct mirror_source *m, int ms)
{
    int64_t until_us = monotonic_us() + ms * INT64_C(1000);
    int fd = mirror_hub_source_fd(m->needs.hub, m->needs.index);
    for (;;) {
        int64_t left_ms = (until_us - monotonic_us() + 999) / 1000;
        if (left_ms <= 0 || is_over(m))
            return;
        struct pollfd event = {.fd = fd, .events = POLLIN};
        uint64_t count;
        if (poll(&event, 1, (int)left_ms) > 0 && read(fd, &count, sizeof count) < 0 &&
            errno != EAGAIN)
            return;
    }
}

// What the database is not as it must be, its administrator mends; the same words always
// say how.
static void add_remedy(const struct mirror_source *m, struct fault *why)
{
    if (why->code != ERR_DENIED && why->code != ERR_INVALID && why->code != ERR_NOT_FOUND)
        return;
    size_t used = strlen(why->words);
    snprintf(why->words + used, sizeof why->words - used,
             "; roles, grants and publication are made by what `tamis source sql %s` prints",
             m->spec.name);
}

static void tell_failure(struct mirror_source *m, struct fault *why)
{
    add_remedy(m, why);
    mirror_state_failed(m->needs.state, why, now_ms());
    if (strcmp(m->last_words, why->words) == 0)
        return; // the log has it once, the state counts it
    snprintf(m->last_words, sizeof m->last_words, "%s", why->words);
    log_line(LOG_WARN, "source=%s %s", m->spec.name, why->words);
}

static void *run(void *context)
{
    struct mirror_source *m = context;
    int back_off_ms = BACK_OFF_MS_MIN;
    while (!is_over(m)) {
        struct fault why = {0};
        int64_t began_us = monotonic_us();
        enum err e = session(m, &why);
        if (is_over(m))
            break;
        bool was_steady = monotonic_us() - began_us > STEADY_US;
        // Serve started anew is no fault of the source's: ask at once.
        if (e == ERR_UNAVAILABLE && mirror_hub_epoch(m->needs.hub) != m->sink.epoch)
            continue;
        tell_failure(m, &why);
        back_off_ms = was_steady ? BACK_OFF_MS_MIN : back_off_ms;
        wait_ms(m, back_off_ms);
        back_off_ms = back_off_ms * 2 < BACK_OFF_MS_MAX ? back_off_ms * 2 : BACK_OFF_MS_MAX;
    }
    return NULL;
}

enum err mirror_source_start(const struct mirror_source_needs *needs, struct mirror_source **out,
                             struct fault *why)
{
    struct mirror_source *m = calloc(1, sizeof *m);
    if (!m)
        abort(); // out of memory, as an arena would
    m->needs = *needs;
    m->declared = &needs->policy->sources[needs->index];
    m->life = arena_new(SPEC_BYTES_MAX);
    mirror_spec_make(m->declared, m->life, &m->spec);
    int failed = pthread_create(&m->thread, NULL, run, m);
    if (failed) {
        arena_free(m->life);
        free(m);
        return fail(why, ERR_IO, "a thread for a source: %s", strerror(failed));
    }
    *out = m;
    return OK;
}

void mirror_source_join(struct mirror_source *m)
{
    if (!m)
        return;
    pthread_join(m->thread, NULL);
    arena_free(m->life);
    free(m);
}
