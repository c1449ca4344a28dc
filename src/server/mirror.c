// SPDX-License-Identifier: Apache-2.0
#include "server/mirror.h"

#include "base/log.h"
#include "base/world.h"
#include "guard/control.h"
#include "server/mirror_hub.h"
#include "server/mirror_keys.h"
#include "server/mirror_position.h"
#include "server/mirror_push.h"
#include "server/mirror_source.h"
#include "server/mirror_state.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    STATE_US = 1000 * 1000,       // the state is told so often
    STATE_CHANGE_US = 100 * 1000, // and when it changed, at most so often
    PASSWORDS_US = 1000 * 1000,   // missing passwords are asked for so often
    STATE_BYTES_MAX = 250 << 10,  // a little below what the message may have
    LINK_QUEUE_BYTES = 16 << 20,  // handed to the link before it drains
    FIRST_LINK_MS = 60 * 1000,
};

struct mirror {
    const struct mirror_context *context;
    struct link *keeper, *serve;
    struct mirror_keys *keys;
    struct mirror_hub *hub;
    struct mirror_push *push;
    uint32_t asked_pushes; // pushed indices whose position was asked for on this link
    uint32_t source_count;
    struct mirror_source **sources;
    struct mirror_state *states;
    struct mirror_state **state_list;
    struct buf state;
    int64_t told_us;
    int64_t asked_us; // keeper, for passwords that were missing
    bool is_stopping;
};

static void lose_serve(struct mirror *m, const char *words)
{
    if (!m->serve)
        return;
    log_line(LOG_WARN, "lost the link to serve: %s", words);
    link_free(m->serve);
    m->serve = NULL;
    mirror_hub_down(m->hub);
    mirror_push_down(m->push);
}

static void greet_serve(struct mirror *m, struct link *link)
{
    struct fault why = {0};
    if (m->serve) {
        link_free(m->serve);
        m->serve = NULL;
        mirror_hub_down(m->hub);
        mirror_push_down(m->push);
    }
    struct buf hello = buf_init(8);
    buf_u64_le(&hello, schema_identity(m->context->policy->schema));
    m->serve = link;
    m->told_us = 0;
    m->asked_pushes = 0;
    mirror_hub_up(m->hub);
    mirror_push_up(m->push);
    if (link_send(link, MESSAGE_HELLO, 0, buf_slice(&hello), &why))
        lose_serve(m, why.words);
    buf_done(&hello);
}

static void take_link(struct mirror *m, const struct control_link *said, int fd)
{
    struct link *link = link_new(fd, PROCESS_MIRROR, said->peer);
    if (said->peer == PROCESS_SERVE && m->hub) {
        greet_serve(m, link);
    } else if (said->peer == PROCESS_SERVE) { // not yet running: for later
        link_free(m->serve);
        m->serve = link;
    } else if (said->peer == PROCESS_KEEPER) {
        link_free(m->keeper);
        m->keeper = link;
    } else {
        link_free(link);
    }
}

// Takes every link that has come.  The launcher's end means stop.
static void read_control(struct mirror *m)
{
    for (;;) {
        struct control_link said;
        int fd = -1;
        bool got = false;
        struct fault why = {0};
        if (control_receive(m->context->control, PROCESS_MIRROR, &said, &fd, &got, &why)) {
            m->is_stopping = true;
            return;
        }
        if (!got)
            return;
        take_link(m, &said, fd);
    }
}

static enum err send_asks(struct mirror *m, struct fault *why)
{
    char name[64];
    enum err e = OK;
    while (!e && mirror_hub_ask(m->hub, name))
        e = link_send(m->serve, MESSAGE_POSITION_ASK, 0, slice_of(name, sizeof name), why);
    return e;
}

static enum err send_push_asks(struct mirror *m, struct fault *why)
{
    enum err e = OK;
    const char *source;
    while (!e && (source = mirror_push_source(m->push, m->asked_pushes))) {
        char name[64] = {0};
        memcpy(name, source, strnlen(source, sizeof name - 1));
        e = link_send(m->serve, MESSAGE_POSITION_ASK, 0, slice_of(name, sizeof name), why);
        m->asked_pushes++;
    }
    return e;
}

static enum err send_pushes(struct mirror *m, struct fault *why)
{
    struct mirror_push_message next;
    while (link_queued(m->serve) < LINK_QUEUE_BYTES && mirror_push_next(m->push, &next)) {
        enum err e = link_send(m->serve, next.type, next.serial, next.payload, why);
        if (e)
            return e;
        mirror_push_sent(m->push);
    }
    return OK;
}

static enum err send_changesets(struct mirror *m, struct fault *why)
{
    struct slice encoded;
    uint64_t serial;
    while (link_queued(m->serve) < LINK_QUEUE_BYTES && mirror_hub_next(m->hub, &encoded, &serial)) {
        enum err e = link_send(m->serve, MESSAGE_CHANGESET, serial, encoded, why);
        if (e)
            return e;
        mirror_hub_sent(m->hub);
    }
    return OK;
}

static bool state_is_due(struct mirror *m, int64_t now_us)
{
    if (now_us - m->told_us >= STATE_US)
        return true;
    bool has_changed = false;
    for (uint32_t i = 0; i < m->source_count && !has_changed; i++) {
        pthread_mutex_lock(&m->states[i].lock);
        has_changed = m->states[i].has_changed;
        pthread_mutex_unlock(&m->states[i].lock);
    }
    return has_changed && now_us - m->told_us >= STATE_CHANGE_US;
}

static enum err send_state(struct mirror *m, struct fault *why)
{
    int64_t now_us = monotonic_us();
    if (!state_is_due(m, now_us))
        return OK;
    m->told_us = now_us;
    for (uint32_t i = 0; i < m->source_count; i++) {
        pthread_mutex_lock(&m->states[i].lock);
        m->states[i].durable_lsn = mirror_hub_durable(m->hub, i);
        pthread_mutex_unlock(&m->states[i].lock);
    }
    mirror_state_print(m->state_list, m->source_count, now_ms(), &m->state);
    if (m->state.over_limit)
        return OK; // so many sources that even their names are too much
    return link_send(m->serve, MESSAGE_MIRROR_STATE, 0, buf_slice(&m->state), why);
}

static enum err take_message(struct mirror *m, const struct message *message, struct fault *why)
{
    struct position position;
    enum err e;
    switch ((int)message->type) {
    case MESSAGE_DURABLE:
        return mirror_hub_on_durable(m->hub, message->serial, why);
    case MESSAGE_POSITION:
        e = mirror_position_decode(message->payload, &position, why);
        if (!e && !mirror_push_on_position(m->push, &position))
            e = mirror_hub_on_position(m->hub, &position, why);
        return e;
    case MESSAGE_PUSH:
        return mirror_push_part(m->push, message->serial, message->payload, why);
    default:
        return fail(why, ERR_CORRUPT, "serve sent a message of type %d", message->type);
    }
}

static enum err read_serve(struct mirror *m, struct fault *why)
{
    for (;;) {
        struct message message;
        bool got = false;
        enum err e = link_receive(m->serve, &message, &got, why);
        if (e || !got)
            return e;
        e = take_message(m, &message, why);
        if (e)
            return e;
    }
}

static void talk_to_serve(struct mirror *m)
{
    struct fault why = {0};
    if (!m->serve)
        return;
    enum err e = read_serve(m, &why);
    if (!e)
        e = send_asks(m, &why);
    if (!e)
        e = send_push_asks(m, &why);
    if (!e)
        e = send_changesets(m, &why);
    if (!e)
        e = send_pushes(m, &why);
    if (!e)
        e = send_state(m, &why);
    if (!e)
        e = link_flush(m->serve, &why);
    if (e)
        lose_serve(m, why.words);
}

static void talk_to_keeper(struct mirror *m)
{
    int64_t now_us = monotonic_us();
    if (!m->keeper || now_us - m->asked_us < PASSWORDS_US)
        return;
    m->asked_us = now_us;
    mirror_keys_ask_again(m->keys, m->keeper);
}

static void wait_for_news(struct mirror *m)
{
    struct pollfd polls[4] = {
        {.fd = m->context->control, .events = POLLIN},
        {.fd = m->hub ? mirror_hub_main_fd(m->hub) : -1, .events = POLLIN},
        {.fd = m->hub && m->serve ? link_fd(m->serve) : -1, .events = POLLIN},
        {.fd = m->push ? mirror_push_fd(m->push) : -1, .events = POLLIN},
    };
    if (m->serve && link_queued(m->serve) > 0)
        polls[2].events |= POLLOUT;
    (void)poll(polls, 4, 200); // an interrupted or failed wait only looks again
    for (int i = 1; i < 4; i += 2) {
        uint64_t count;
        if (!(polls[i].revents & POLLIN))
            continue;
        ssize_t n = read(polls[i].fd, &count, sizeof count);
        (void)n; // empties the event, which may be empty already
    }
}

// The keys come before any thread; without keeper's link nothing can begin.
static enum err get_keys(struct mirror *m, struct fault *why)
{
    int64_t until_us = monotonic_us() + FIRST_LINK_MS * INT64_C(1000);
    while (!m->keeper && !m->is_stopping) {
        if (monotonic_us() > until_us)
            return fail(why, ERR_UNAVAILABLE, "no link to keeper came in %d seconds",
                        FIRST_LINK_MS / 1000);
        wait_for_news(m);
        read_control(m);
    }
    return m->is_stopping ? OK : mirror_keys_ask(m->keeper, m->context->policy, &m->keys, why);
}

static void name_tables(struct mirror_state *state, const struct policy_source *source,
                        const struct schema *schema)
{
    for (uint32_t i = 0; i < source->table_count; i++)
        state->tables[i].name = schema->tables[source->tables[i].table].name;
}

static enum err start_sources(struct mirror *m, struct fault *why)
{
    const struct policy *policy = m->context->policy;
    m->hub = mirror_hub_new(policy->source_count, why);
    if (!m->hub)
        return ERR_IO;
    // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers.
    m->sources = calloc(policy->source_count + 1, sizeof *m->sources);
    m->states = calloc(policy->source_count + 1, sizeof *m->states);
    // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers.
    m->state_list = calloc(policy->source_count + 1, sizeof *m->state_list);
    if (!m->sources || !m->states || !m->state_list)
        abort(); // out of memory, as an arena would
    for (uint32_t i = 0; i < policy->source_count; i++) {
        const struct policy_source *source = &policy->sources[i];
        mirror_state_init(&m->states[i], source->name, source->table_count);
        name_tables(&m->states[i], source, policy->schema);
        m->state_list[i] = &m->states[i];
        m->source_count = i + 1;
        const struct mirror_source_needs needs = {policy, i, m->keys, m->hub, &m->states[i]};
        enum err e = mirror_source_start(&needs, &m->sources[i], why);
        if (e)
            return e;
    }
    return OK;
}

static void done(struct mirror *m)
{
    if (m->hub)
        mirror_hub_stop(m->hub);
    for (uint32_t i = 0; i < m->source_count; i++) {
        mirror_source_join(m->sources[i]);
        mirror_state_done(&m->states[i]);
    }
    mirror_push_stop(m->push);
    mirror_hub_free(m->hub);
    mirror_keys_free(m->keys);
    link_free(m->serve);
    link_free(m->keeper);
    free(m->sources);
    free(m->states);
    free(m->state_list);
    buf_done(&m->state);
}

enum err mirror_run(const struct mirror_context *context, struct fault *why)
{
    struct mirror m = {.context = context,
                       .keeper = context->keeper,
                       .serve = context->serve,
                       .state = buf_init(STATE_BYTES_MAX)};
    enum err e = get_keys(&m, why);
    if (!e && !m.is_stopping) {
        const struct sieve_keys keys = mirror_keys_sieve(m.keys);
        e = mirror_push_start(context->policy, &keys, &m.push, why);
    }
    if (!e && !m.is_stopping)
        e = start_sources(&m, why);
    if (!e && m.hub && m.serve) {
        struct link *first = m.serve;
        m.serve = NULL;
        greet_serve(&m, first);
    }
    while (!e && !m.is_stopping) {
        wait_for_news(&m);
        read_control(&m);
        talk_to_keeper(&m);
        talk_to_serve(&m);
    }
    done(&m);
    return e;
}
