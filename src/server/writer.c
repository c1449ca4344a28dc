// SPDX-License-Identifier: Apache-2.0
#include "server/writer.h"

#include "base/check.h"
#include "base/reader.h"
#include "json/json.h"
#include "server/mirror_position.h"

#include <stdlib.h>

enum {
    COMMIT_BYTES = 4 << 20, // well below mirror's window, so that it is not idle meanwhile
    COMMIT_MESSAGES = 256,
    BATCH_BYTES = 512 << 20, // arena of one decoded changeset
    STATE_ARENA_BYTES = 16 << 20,
    STATE_BYTES = 256 << 10,
};

struct writer {
    struct writer_store store;
    const struct schema *schema;
    struct link *link;
    bool is_busy;           // the last step stopped at its limit, not for want of messages
    bool is_greeted;        // HELLO came and the fingerprint is ours
    uint64_t serial;        // of the last changeset appended on this link
    uint64_t durable;       // of the last one committed
    struct push_desk *desk; // NULL: nothing is pushed
    bool has_pushed;        // rows of pushes were appended since the last commit
    struct arena *batch;
    struct buf state;
};

struct writer *writer_new(const struct writer_store *store, const struct schema *schema)
{
    struct writer *w = calloc(1, sizeof *w);
    CHECK(w != NULL);
    *w = (struct writer){.store = *store, .schema = schema, .batch = arena_new(BATCH_BYTES)};
    w->state = buf_init(STATE_BYTES);
    return w;
}

static void drop_link(struct writer *w)
{
    if (w->desk)
        push_desk_link(w->desk, NULL);
    link_free(w->link);
    w->link = NULL;
    w->is_greeted = false;
}

void writer_desk(struct writer *w, struct push_desk *d)
{
    w->desk = d;
}

void writer_free(struct writer *w)
{
    if (!w)
        return;
    drop_link(w);
    arena_free(w->batch);
    buf_done(&w->state);
    free(w);
}

void writer_link(struct writer *w, struct link *l)
{
    drop_link(w);
    w->link = l;
    w->serial = 0;
    w->durable = 0;
}

int writer_fd(const struct writer *w, bool *out_wants_write)
{
    *out_wants_write = w->link && link_queued(w->link) > 0;
    return w->link ? link_fd(w->link) : -1;
}

bool writer_is_busy(const struct writer *w)
{
    return w->link && w->is_busy;
}

struct slice writer_mirror_state(const struct writer *w)
{
    return buf_slice(&w->state);
}

// Everything below that is mirror's fault ends here.
static enum err broke_rules(struct fault *why, enum err e)
{
    (void)e; // whatever it was, for the caller it is one thing
    return fail_in(why, ERR_CORRUPT, "mirror");
}

static enum err take_hello(struct writer *w, const struct message *m, struct fault *why)
{
    struct reader in = reader_over(m->payload);
    if (reader_u64_le(&in) != schema_identity(w->schema))
        return fail(why, ERR_CORRUPT, "mirror and serve have different policies");
    w->is_greeted = true;
    if (w->desk)
        push_desk_link(w->desk, w->link);
    return OK;
}

// A position must be answered from what is committed, or a crash could make mirror go on
// from a place that was never kept.
static enum err commit(struct writer *w, bool *out_did, struct fault *why)
{
    if (!w->link || (w->serial == w->durable && !w->has_pushed))
        return OK;
    enum err e = w->store.commit(w->store.context, why);
    if (e)
        return fail_in(why, ERR_IO, "commit");
    *out_did = true;
    if (w->has_pushed)
        push_desk_committed(w->desk);
    w->has_pushed = false;
    if (w->serial == w->durable)
        return OK;
    w->durable = w->serial;
    return link_send(w->link, MESSAGE_DURABLE, w->durable, slice_of(NULL, 0), why);
}

static enum err answer_position(struct writer *w, const struct message *m, bool *out_did,
                                struct fault *why)
{
    char name[64];
    if (m->payload.at[m->payload.len - 1] != 0 || m->payload.len != sizeof name)
        return fail(why, ERR_CORRUPT, "mirror asks for a source without a name");
    memcpy(name, m->payload.at, sizeof name);
    enum err e = commit(w, out_did, why);
    if (e)
        return e;
    struct position position;
    w->store.position(w->store.context, name, &position);
    memset(position.source, 0, sizeof position.source);
    memcpy(position.source, name, strlen(name));
    struct buf out AUTO(buf_donep) = buf_init(MIRROR_POSITION_BYTES);
    mirror_position_encode(&position, &out);
    e = buf_end(&out, why);
    return e ? e : link_send(w->link, MESSAGE_POSITION, m->serial, buf_slice(&out), why);
}

static bool has_tables(const struct schema *s, const char *source)
{
    for (uint32_t i = 0; i < s->table_count; i++) {
        if (strcmp(s->tables[i].source, source) == 0)
            return true;
    }
    return false;
}

// A source's position speaks for the rows of its own tables: under another's they would
// come twice, or not at all, after a crash.
static enum err check_source(const struct changeset *c, const struct schema *s, struct fault *why)
{
    const char *source = c->position.source;
    if (!has_tables(s, source))
        return fail(why, ERR_CORRUPT, "mirror sent a changeset of a source the policy has not");
    for (uint32_t i = 0; i < c->batch_count; i++) {
        const struct table *t = &s->tables[c->batches[i].table]; // it was decoded, so it is one
        if (strcmp(t->source, source) != 0)
            return fail(why, ERR_CORRUPT, "mirror sent rows of table %s as source %s", t->name,
                        source);
    }
    return OK;
}

static enum err append(struct writer *w, const struct message *m, struct fault *why)
{
    if (m->serial != w->serial + 1)
        return fail(why, ERR_CORRUPT, "mirror sent changeset %llu after %llu",
                    (unsigned long long)m->serial, (unsigned long long)w->serial);
    arena_reset(w->batch);
    const struct admitted *a = NULL;
    enum err e = admitted_decode(m->payload, w->schema, w->batch, &a, why);
    if (!e)
        e = check_source(admitted_changeset(a), w->schema, why);
    if (e)
        return broke_rules(why, e);
    e = w->store.append(w->store.context, a, why);
    if (e == ERR_IO)
        return fail_in(why, ERR_IO, "append");
    if (e)
        return broke_rules(why, e);
    w->serial = m->serial;
    return OK;
}

// It is shown to administrators and to the API, so it must at least be JSON.
static enum err keep_state(struct writer *w, struct slice text, struct fault *why)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(STATE_ARENA_BYTES);
    const struct json *tree = NULL;
    enum err e = json_parse(text, scratch, &tree, why);
    if (!e && tree->type != JSON_OBJECT)
        e = fail(why, ERR_CORRUPT, "its state is not an object");
    if (e)
        return broke_rules(why, e);
    buf_reset(&w->state);
    buf_slice_add(&w->state, text);
    return OK;
}

static bool is_of_push(enum message_type type)
{
    return type == MESSAGE_PUSH_ROWS || type == MESSAGE_PUSH_ITEMS || type == MESSAGE_PUSHED;
}

static enum err take_push(struct writer *w, const struct message *m, struct fault *why)
{
    if (!w->desk)
        return fail(why, ERR_CORRUPT, "mirror sent a push, and nothing is pushed");
    const struct push_store store = {w->store.context, w->store.append_told, w->store.find};
    bool appended = false;
    enum err e = push_desk_on(w->desk, m, &store, &appended, why);
    w->has_pushed |= appended;
    return e == OK || e == ERR_IO ? e : broke_rules(why, e);
}

static enum err take(struct writer *w, const struct message *m, bool *out_did, struct fault *why)
{
    if (m->type == MESSAGE_HELLO)
        return take_hello(w, m, why);
    if (m->type == MESSAGE_MIRROR_STATE)
        return keep_state(w, m->payload, why);
    if (!w->is_greeted)
        return fail(why, ERR_CORRUPT, "mirror does not say under which policy it runs");
    if (m->type == MESSAGE_POSITION_ASK)
        return answer_position(w, m, out_did, why);
    if (m->type == MESSAGE_CHANGESET)
        return append(w, m, why);
    if (is_of_push(m->type))
        return take_push(w, m, why);
    return fail(why, ERR_CORRUPT, "mirror sent a message %s", message_rules[m->type].name);
}

static enum err take_all(struct writer *w, bool *out_did, struct fault *why)
{
    size_t bytes = 0;
    w->is_busy = false;
    for (int i = 0; i < COMMIT_MESSAGES && bytes < COMMIT_BYTES; i++) {
        struct message m;
        bool got = false;
        enum err e = link_receive(w->link, &m, &got, why);
        if (e || !got)
            return e;
        bytes += m.payload.len;
        e = take(w, &m, out_did, why);
        if (e)
            return e;
    }
    w->is_busy = true;
    return OK;
}

// What came whole before the fault is kept: it was admitted and appended in order.
enum err writer_step(struct writer *w, bool *out_did, struct fault *why)
{
    *out_did = false;
    enum err e = w->desk ? push_desk_send(w->desk, why) : OK;
    if (!w->link)
        return OK;
    if (!e)
        e = take_all(w, out_did, why);
    if (e == ERR_IO)
        return e;
    enum err commit_failed = commit(w, out_did, e ? NULL : why);
    if (commit_failed == ERR_IO)
        return e ? fail(why, ERR_IO, "commit failed") : commit_failed;
    if (!e)
        e = commit_failed ? commit_failed : link_flush(w->link, why);
    if (!e)
        return OK;
    drop_link(w);
    // A mirror that ended is the launcher's business, and not a broken rule.
    return e == ERR_UNAVAILABLE ? OK : e;
}
