// SPDX-License-Identifier: Apache-2.0
#include "server/serve.h"

#include "access/approval.h"
#include "api/api.h"
#include "api/cursor.h"
#include "base/log.h"
#include "guard/control.h"
#include "guard/relayer_ask.h"
#include "keys/crypto.h"
#include "server/approved.h"
#include "server/catalog_ask.h"
#include "server/certificate_renewal.h"
#include "server/directory.h"
#include "server/floor_key.h"
#include "server/http.h"
#include "server/status.h"
#include "server/writer.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum { NOTE_ACTION_BYTES = 128, RELAYER_BYTES = 32 << 10 };

enum {
    KEEPER_WAIT_MS = 500,
    KEEPER_START_MS = 20000,
    TICK_US = 1000000,
    HTTPS_BYTES = ENDPOINT_TEXT_BYTES + 16
};

struct serve {
    const struct serve_context *context;
    struct world data; // the store's directory
    struct store *store;
    struct cubes *cubes;
    struct access *access;
    struct world audit_files; // the log's directory
    struct audit *audit;
    bool audit_said; // that it fails
    bool is_trusted; // the key of catalog.db is there, and its seal is whole
    bool seal_said;  // that it is not
    struct engine *engine;
    struct cursors *cursors;
    struct writer *writer;
    struct push_desk *desk;
    struct status *status;
    struct http *http;
    struct renewal certificate;
    pthread_mutex_t keeper_lock; // the link to keeper: one question at a time, by any thread
    struct link *keeper;
    struct link *early_mirror; // that came before the store was open; NULL: none
    bool rekeyed;              // pseudonyms were changed at this start
    struct api api;
    char listen[ENDPOINT_TEXT_BYTES], https[HTTPS_BYTES], node[CONFIG_NAME_BYTES];
    struct status_peer peers[PROCESS_COUNT];
    int64_t started_ms, next_tick_us;
    bool is_ready; // the first copy of every source is whole
};

// The store behind the writer's three functions.

static enum err append(void *context, const struct admitted *a, struct fault *why)
{
    return store_append(context, a, why);
}

static enum err append_told(void *context, const struct admitted *a, const struct store_told *told,
                            struct fault *why)
{
    return store_append_told(context, a, told, why);
}

static uint64_t find(void *context, uint32_t table, struct row_key key)
{
    return store_find(context, table, key);
}

static enum err commit(void *context, struct fault *why)
{
    return store_commit(context, why);
}

static void position(void *context, const char *source, struct position *out)
{
    store_position(context, source, out);
}

static void handle(void *context, const struct api_request *r, struct arena *request,
                   struct api_reply *out)
{
    api_handle(context, r, request, out);
}

static void malformed(void *context, struct slice address)
{
    const struct api *api = context;
    access_malformed(api->access, address);
}

static enum err push(void *context, const struct push_head *head, struct slice body,
                     struct push_answer **out, struct fault *why)
{
    return push_desk_take(context, head, body, out, why);
}

static void tell_of_cubes(const struct cubes *cubes)
{
    struct cubes_begun begun = cubes_begun(cubes);
    if (begun.why[0])
        log_line(LOG_WARN, "metrics: %u counted anew from all rows: %s", begun.counted, begun.why);
    else if (begun.read + begun.counted)
        log_line(LOG_INFO, "metrics: %u read from disk, %u counted from all rows", begun.read,
                 begun.counted);
}

static const struct audited *put_on_record(void *context, int status, struct slice address,
                                           struct arena *request)
{
    const struct api *api = context;
    struct audit_entry e = {.kind = AUDIT_REFUSAL,
                            .status = (uint16_t)status,
                            .address = address,
                            .action = slice_text("http")};
    return audit_answer(api->audit, &e, request);
}

static enum err open_audit(struct serve *s, struct fault *why)
{
    const struct config *config = s->context->config;
    const struct audit_options options = {
        .bytes_max = config->audit_bytes_max,
        .keep_days = config->audit_keep_days,
        .witness = config->audit_witness[0] ? config->audit_witness : NULL,
        .syncs_by_itself = true};
    enum err e = world_open(DIRECTORY_AUDIT, &s->audit_files, why);
    return e ? e : audit_open(&s->audit_files, &options, &s->audit, why);
}

// The server begins: how it can be reached, and with which policy.
static enum err record_start(struct serve *s, struct fault *why)
{
    const struct schema *schema = s->context->policy->schema;
    const struct approved *a = s->context->approved;
    char policy[32];
    char version[24];
    snprintf(version, sizeof version, "%lld", (long long)(a ? a->seq : 0));
    snprintf(policy, sizeof policy, "%016llx", (unsigned long long)schema_identity(schema));
    const struct audit_fact facts[] = {{slice_text("listen"), slice_text(s->listen)},
                                       {slice_text("node"), slice_text(s->node)},
                                       {slice_text("policy"), slice_text(policy)},
                                       {slice_text("policy_version"), slice_text(version)},
                                       {slice_text("policy_by"), slice_text(a ? a->who : "")}};
    return audit_start(s->audit, facts, 5, why);
}

// Before it is in force; when it cannot be put on record, it is not done.
static enum err record_change(void *context, const struct access_change *c, struct fault *why)
{
    struct audit_who who = {0};
    if (c->by)
        who =
            (struct audit_who){slice_text(c->by->name), slice_text(c->by->key_id), c->by->address};
    const struct audit_fact facts[] = {
        {slice_text("name"), c->name},
        {slice_text("change"), c->words},
        {slice_text("loosens"), slice_text(c->loosens ? "yes" : "no")}};
    enum err e = audit_change(context, &who, c->action, facts, 3, why);
    const char *dot = strrchr(c->action, '.');
    if (!e && strcmp(dot, ".propose") == 0)
        log_line(LOG_WARN, "%s of %.*s waits for a second administrator", c->action,
                 SLICE_PRINT(c->name));
    return e;
}

// Somebody changed catalog.db by hand.  Nobody is let in meanwhile; told once, and on record.
static void tick_seal(struct serve *s)
{
    struct fault why = {0};
    enum err e = access_verify(s->access, &why);
    if (e == ERR_CORRUPT && !s->seal_said) {
        const struct audit_who nobody = {0};
        const struct audit_fact fact = {slice_text("reason"), slice_text(why.words)};
        log_line(LOG_ERROR, "%s; nobody is let in", why.words);
        if (audit_change(s->audit, &nobody, "catalog.refused", &fact, 1, NULL))
            log_line(LOG_ERROR, "and the audit log does not take it");
    }
    if (e == OK && s->seal_said)
        log_line(LOG_INFO, "catalog.db is as it was sealed again");
    s->seal_said = e == ERR_CORRUPT;
}

// What the command line did beside us, or while we were away.
static enum err record_note(void *context, const struct access_note *n, struct fault *why)
{
    char action[NOTE_ACTION_BYTES];
    char number[24];
    char when[24];
    snprintf(action, sizeof action, "%.*s", SLICE_PRINT(n->action));
    snprintf(number, sizeof number, "%lld", (long long)n->id);
    snprintf(when, sizeof when, "%lld", (long long)n->at_ms);
    const struct audit_who who = {.principal = n->who};
    const struct audit_fact facts[] = {{slice_text("name"), n->name},
                                       {slice_text("change"), n->words},
                                       {slice_text("via"), n->via},
                                       {slice_text("at_ms"), slice_text(when)},
                                       {slice_text("note"), slice_text(number)}};
    return audit_change(context, &who, action, facts, 5, why);
}

// With the lock held.  The answer's bytes live in the link until the next question.  A refusal
// (ERR_DENIED) is an answer; after anything else the launcher hands over a new link.
static enum err ask_keeper(struct serve *s, enum message_type type, struct slice asked,
                           enum message_type want, struct message *answer, struct fault *why)
{
    if (!s->keeper)
        return fail(why, ERR_UNAVAILABLE, "keeper is away");
    enum err e = link_ask(s->keeper, type, asked, want, answer, KEEPER_WAIT_MS, why);
    if (e && e != ERR_DENIED) {
        link_free(s->keeper);
        s->keeper = NULL;
    }
    return e;
}

// Keeper has the key.  Without it the log goes on, and what comes meanwhile is signed later.
static enum err ask_signature(void *context, const uint8_t digest[SIGN_DIGEST_BYTES],
                              uint8_t out[SIGNATURE_BYTES], struct fault *why)
{
    struct serve *s = context;
    uint8_t asked[1 + SIGN_DIGEST_BYTES] = {SIGN_AUDIT_HEAD};
    struct message answer = {0};
    memcpy(asked + 1, digest, SIGN_DIGEST_BYTES);
    pthread_mutex_lock(&s->keeper_lock);
    enum err e = ask_keeper(s, MESSAGE_SIGN_ASK, slice_of(asked, sizeof asked), MESSAGE_SIGNATURE,
                            &answer, why);
    if (!e && answer.payload.at) // the table of messages says its length
        memcpy(out, answer.payload.at, SIGNATURE_BYTES);
    pthread_mutex_unlock(&s->keeper_lock);
    return e;
}

// Of a thread that answers a request.
static enum err unseal(void *context, struct slice asked, struct buf *out, struct fault *why)
{
    struct serve *s = context;
    struct message answer = {0};
    pthread_mutex_lock(&s->keeper_lock);
    enum err e = ask_keeper(s, MESSAGE_OPEN_ASK, asked, MESSAGE_OPENED, &answer, why);
    if (!e)
        buf_slice_add(out, answer.payload);
    pthread_mutex_unlock(&s->keeper_lock);
    return e ? e : buf_end(out, why);
}

// Told once until it works again: it is tried every second.
static void tick_audit(struct serve *s)
{
    struct fault why = {0};
    enum err e = access_notes_take(s->access, record_note, s->audit, &why);
    if (!e)
        e = audit_tick(s->audit, ask_signature, s, &why);
    if (e && !s->audit_said)
        log_line(LOG_ERROR, "%s", why.words);
    if (!e && s->audit_said)
        log_line(LOG_INFO, "the audit log is signed again");
    s->audit_said = e != OK;
}

// ---- pseudonyms under another layer ----

static uint32_t wanted_generation(void *context, const char *kind)
{
    const struct serve_context *c = ((struct serve *)context)->context;
    int subject = schema_subject(c->policy->schema, kind);
    if (subject < 0)
        return STORE_LAYER_STAYS;
    return c->approved ? c->approved->generations[subject] : 0;
}

static enum err relayer_some(struct serve *s, const struct store_relayer *q, struct fault *why)
{
    struct message answer = {0};
    struct buf asked AUTO(buf_donep) = buf_init(RELAYER_BYTES);
    const struct relayer_question question = {
        q->from, q->to, slice_text(q->kind),
        slice_of(q->values[0], (size_t)q->count * RELAYER_VALUE_BYTES)};
    relayer_question_print(&question, &asked);
    pthread_mutex_lock(&s->keeper_lock);
    enum err e =
        ask_keeper(s, MESSAGE_RELAYER_ASK, buf_slice(&asked), MESSAGE_RELAYERED, &answer, why);
    bool is_whole = !e && answer.payload.at && answer.payload.len == question.values.len;
    if (is_whole)
        memcpy(q->values[0], answer.payload.at, answer.payload.len);
    pthread_mutex_unlock(&s->keeper_lock);
    if (!e && !is_whole)
        return fail(why, ERR_CORRUPT,
                    "keeper answered with other pseudonyms than it was asked for");
    return e;
}

static enum err relayer(void *context, const struct store_relayer *q, struct fault *why)
{
    struct serve *s = context;
    if (!s->rekeyed)
        log_line(LOG_INFO, "pseudonyms are changed: %s from generation %u to %u", q->kind, q->from,
                 q->to);
    s->rekeyed = true;
    return relayer_some(s, q, why);
}

// Whoever asks the log about a person from before gets told (audit/absence.c).
static enum err record_rekey(struct serve *s, struct fault *why)
{
    const struct audit_who nobody = {0};
    const struct audit_fact fact = {slice_text("change"),
                                    slice_text("pseudonyms were changed in the store")};
    return s->rekeyed ? audit_change(s->audit, &nobody, "rekey.done", &fact, 1, why) : OK;
}

static enum err open_store(struct serve *s, struct fault *why)
{
    const struct config *config = s->context->config;
    const struct schema *schema = s->context->policy->schema;
    struct store_options options = {
        .seal_rows = config->seal_rows,
        .log_bytes_max = config->log_bytes,
        .memory_bytes = config->segments_memory_bytes,
        .background = true,
    };
    enum err e = cubes_new(schema, &s->cubes, why);
    if (!e)
        e = world_open(DIRECTORY_DATA, &s->data, why);
    if (e)
        return fail_in(why, e, "store");
    struct store_listener listener = cubes_listener(s->cubes);
    options.listener = &listener;
    const struct store_layers layers = {s, wanted_generation, relayer};
    options.layers = &layers;
    e = store_open(&s->data, schema, &options, &s->store, why);
    if (e)
        return fail_in(why, e, "store");
    tell_of_cubes(s->cubes);
    cubes_start(s->cubes, s->store);
    struct writer_store door = {.context = s->store,
                                .append = append,
                                .commit = commit,
                                .position = position,
                                .append_told = append_told,
                                .find = find};
    s->writer = writer_new(&door, schema);
    s->desk = push_desk_new(schema);
    writer_desk(s->writer, s->desk);
    const struct engine_settings settings = {.threads = config->search_threads,
                                             .memory_bytes = config->search_memory_bytes,
                                             .memory_bytes_all = config->search_memory_bytes_all,
                                             .buckets_max = config->search_buckets_max,
                                             .cache_bytes = config->search_cache_bytes,
                                             .cubes = s->cubes};
    s->engine = engine_local_new(s->store, schema, &settings);
    s->cursors = cursors_new(s->engine);
    return OK;
}

static void name_ourselves(struct serve *s)
{
    const struct serve_context *c = s->context;
    endpoint_print(&c->endpoint, s->listen);
    snprintf(s->https, sizeof s->https, "https://%s", s->listen);
    snprintf(s->node, sizeof s->node, "%s", c->config->node_name);
    if (!s->node[0] && gethostname(s->node, sizeof s->node - 1) < 0)
        snprintf(s->node, sizeof s->node, "tamis");
    s->started_ms = now_ms();
    s->peers[PROCESS_LAUNCHER] = (struct status_peer){
        .pid = (uint32_t)getppid(), .starts = 1, .since_ms = s->started_ms, .is_linked = true};
    s->peers[PROCESS_SERVE] = (struct status_peer){.pid = (uint32_t)getpid(),
                                                   .starts = c->starts,
                                                   .since_ms = s->started_ms,
                                                   .is_linked = true};
}

static enum err open_http(struct serve *s, struct fault *why)
{
    const struct serve_context *c = s->context;
    const struct config *config = c->config;
    s->api = (struct api){.engine = s->engine,
                          .access = s->access,
                          .cubes = s->cubes,
                          .store = s->store,
                          .audit = s->audit,
                          .cursors = s->cursors,
                          .cluster_name = config->cluster_name,
                          .node_name = s->node,
                          .cluster_uuid = config->cluster_uuid[0] ? config->cluster_uuid : "_na_",
                          .publish_address = s->listen,
                          .started_ms = s->started_ms,
                          .push_context = s->desk,
                          .push = push,
                          .unseal_context = s,
                          .unseal = unseal,
                          .state_context = s->status,
                          .state_json = status_json,
                          .is_ready = status_is_ready};
    struct http_options options = {.listening = c->listening,
                                   .https = s->https,
                                   .tls = s->certificate.tls,
                                   .connections = config->connections,
                                   .connections_per_address = config->connections_per_address,
                                   .idle_seconds = config->idle_seconds,
                                   .request_seconds = config->request_seconds,
                                   .context = &s->api,
                                   .handle = handle,
                                   .malformed = malformed,
                                   .record = put_on_record};
    return http_open(&options, &s->http, why);
}

static bool copy_is_whole(struct serve *s)
{
    const struct policy *p = s->context->policy;
    for (uint32_t i = 0; i < p->source_count; i++) {
        struct position at;
        store_position(s->store, p->sources[i].name, &at);
        if (at.phase != PHASE_STREAMING)
            return false;
    }
    return true;
}

static void tell_protection(const struct serve_context *c, struct status_protection *out)
{
    const struct approved *a = c->approved;
    out->beyond = endpoint_is_beyond(&c->endpoint);
    if (!a)
        return;
    out->version = a->seq;
    out->since_ms = a->at_ms;
    out->installed_ms = a->begin_ms;
    out->by = a->who;
    out->waiting = a->waiting;
    out->differs = a->differs;
}

static bool has_rows(const struct store_stats *stats)
{
    for (uint32_t i = 0; i < stats->table_count; i++)
        if (stats->tables[i].rows > 0)
            return true;
    return false;
}

// Never ends serve: a status that cannot be written is a line in the log.
static void tell_status(struct serve *s)
{
    static struct store_stats stats; // large, and only the main thread is here
    store_stats(s->store, &stats);
    if (has_rows(&stats))
        access_entered(s->access);
    s->is_ready = copy_is_whole(s);
    struct status_facts facts = {.listen = s->listen,
                                 .node = s->node,
                                 .started_ms = s->started_ms,
                                 .now_ms = now_ms(),
                                 .is_ready = s->is_ready,
                                 .has_own_user = s->context->has_own_user,
                                 .sandbox = s->context->sandbox,
                                 .store = &stats,
                                 .mirror_state = writer_mirror_state(s->writer)};
    engine_local_load(s->engine, &facts.search);
    memcpy(facts.peers, s->peers, sizeof facts.peers);
    tell_protection(s->context, &facts.protection);
    facts.tls = renewal_status(&s->certificate);
    access_penalties(s->access, &facts.penalties);
    struct audit_stats audited;
    audit_stats(s->audit, &audited);
    facts.audit = &audited;
    facts.protection.floor = s->context->policy->schema->floor_subjects;
    const struct world here = {.ops = &world_real_ops, .dir = AT_FDCWD};
    struct buf json AUTO(buf_donep) = buf_init(STATUS_BYTES_MAX);
    struct fault why = {0};
    enum err e = status_print(&facts, &json, &why);
    if (!e) {
        status_set(s->status, buf_slice(&json), s->is_ready);
        e = status_write(&here, buf_slice(&json), &why);
    }
    if (e)
        log_line(LOG_WARN, "status: %s", why.words);
}

// Until keeper has answered for the first time the engine has a key made by chance: no less of
// a floor, but another one than after the next start.
static void take_floor_key(struct serve *s)
{
    struct veil_key key;
    struct fault why = {0};
    if (floor_key_ask(s->keeper, &key, &why) == OK)
        engine_local_veil(s->engine, &key);
    else
        log_line(LOG_WARN, "%s", why.words);
    wipe(&key, sizeof key);
}

static enum err take_catalog_key(struct serve *s, struct fault *why)
{
    uint8_t key[KEY_BYTES];
    const struct approved *approved = s->context->approved;
    enum err e = s->is_trusted ? OK : catalog_key_ask(s->keeper, key, why);
    if (e || s->is_trusted)
        return e == ERR_UNAVAILABLE || e == ERR_TIMEOUT ? OK : e; // the next keeper is asked
    e = access_trust(s->access, key, approved ? approved->counter : 0, why);
    wipe(key, sizeof key);
    s->is_trusted = e == OK;
    return e;
}

static enum err take_link(struct serve *s, const struct control_news *news, struct fault *why)
{
    const struct control_link *given = &news->link;
    struct link *l = link_new(news->files[0], PROCESS_SERVE, given->peer);
    enum err e = OK;
    if (given->peer == PROCESS_MIRROR && !s->writer) {
        link_free(s->early_mirror);
        s->early_mirror = l;
    } else if (given->peer == PROCESS_MIRROR) {
        writer_link(s->writer, l);
    } else {
        pthread_mutex_lock(&s->keeper_lock);
        link_free(s->keeper);
        s->keeper = l;
        if (s->engine)
            take_floor_key(s);
        e = take_catalog_key(s, why);
        pthread_mutex_unlock(&s->keeper_lock);
    }
    s->peers[given->peer] = (struct status_peer){.pid = given->peer_pid,
                                                 .starts = given->peer_starts,
                                                 .since_ms = now_ms(),
                                                 .is_linked = true};
    return e;
}

// Before HTTPS is open it is the one that it opens with.
static void take_certificate(struct serve *s, const struct control_news *news)
{
    bool is_new = false;
    renewal_take(&s->certificate, news->files, news->file_count, s->audit, now_ms(), &is_new);
    if (is_new && s->http)
        http_renew(s->http, s->certificate.tls);
    for (size_t i = 0; i < news->file_count; i++)
        close(news->files[i]);
    s->next_tick_us = 0; // the status says it at once
}

static enum err take_news(struct serve *s, struct fault *why)
{
    for (;;) {
        struct control_news news;
        bool got = false;
        enum err e = control_receive_news(s->context->control, PROCESS_SERVE, &news, &got, why);
        if (e || !got)
            return e;
        if (news.type == MESSAGE_CERTIFICATE)
            take_certificate(s, &news);
        else
            e = take_link(s, &news, why);
        if (e)
            return e;
    }
}

static enum err tend_writer(struct serve *s, struct fault *why)
{
    bool did = false;
    struct fault said = {0};
    enum err e = writer_step(s->writer, &did, &said);
    bool wants_write;
    s->peers[PROCESS_MIRROR].is_linked = writer_fd(s->writer, &wants_write) >= 0;
    if (did && !s->is_ready && copy_is_whole(s))
        s->next_tick_us = 0; // tell it at once
    if (!e)
        return OK;
    if (e == ERR_IO)
        return fail(why, e, "%s", said.words);
    log_line(LOG_ERROR, "%s", said.words);
    return control_say(s->context->control, MESSAGE_COMPLAINT, why);
}

static int wait_ms(const struct serve *s)
{
    if (writer_is_busy(s->writer))
        return 0;
    int64_t left_us = s->next_tick_us - monotonic_us();
    return left_us <= 0 ? 0 : (int)(left_us / 1000) + 1;
}

static enum err round_once(struct serve *s, struct fault *why)
{
    bool wants_write = false;
    struct pollfd wait[3] = {{.fd = s->context->control, .events = POLLIN},
                             {.fd = writer_fd(s->writer, &wants_write), .events = POLLIN},
                             {.fd = push_desk_fd(s->desk), .events = POLLIN}};
    if (wants_write)
        wait[1].events |= POLLOUT;
    if (poll(wait, 3, wait_ms(s)) < 0)
        wait[0].revents = wait[1].revents = wait[2].revents = 0;
    enum err e = OK;
    if (wait[1].revents || wait[2].revents || writer_is_busy(s->writer))
        e = tend_writer(s, why);
    if (!e && wait[0].revents)
        e = take_news(s, why);
    if (!e && monotonic_us() >= s->next_tick_us) {
        s->next_tick_us = monotonic_us() + TICK_US;
        tell_status(s);
        renewal_tick(&s->certificate, now_ms());
        tick_seal(s);
        tick_audit(s);
        store_rest(s->store);
        cursors_sweep(s->cursors, monotonic_us());
    }
    return e;
}

static void close_all(struct serve *s)
{
    if (s->desk)
        push_desk_close(s->desk); // its callers are http's threads
    http_close(s->http);          // nobody asks any more
    writer_free(s->writer);
    push_desk_free(s->desk);
    if (s->audit && s->keeper)
        tick_audit(s); // the last head
    audit_close(s->audit);
    if (s->audit_files.ops)
        world_close(&s->audit_files);
    link_free(s->keeper);
    link_free(s->early_mirror);
    cursors_free(s->cursors);
    if (s->engine)
        s->engine->ops->close(s->engine);
    access_close(s->access);
    cubes_stop(s->cubes);
    store_close(s->store);
    cubes_free(s->cubes);
    if (s->data.ops)
        world_close(&s->data);
    renewal_end(&s->certificate);
    status_free(s->status);
}

// Without keeper nobody can be let in, so nothing is answered before it came.
static enum err await_keeper(struct serve *s, struct fault *why)
{
    int64_t until_us = monotonic_us() + (int64_t)KEEPER_START_MS * 1000;
    enum err e = OK;
    while (!e && !s->is_trusted) {
        int64_t left_ms = (until_us - monotonic_us()) / 1000;
        struct pollfd wait = {.fd = s->context->control, .events = POLLIN};
        if (left_ms <= 0)
            return fail(why, ERR_TIMEOUT, "keeper has not given the key of catalog.db");
        (void)poll(&wait, 1, (int)left_ms); // interrupted: nothing is there, and round again
        e = take_news(s, why);
    }
    return e;
}

static void hold_back_loosening(struct serve *s)
{
    const struct approved *a = s->context->approved;
    if (!a)
        return;
    const struct access_rule rule = {.begin_ms = a->begin_ms};
    access_set_rule(s->access, &rule);
    if (a->has_data)
        access_entered(s->access);
}

// What keeper and mirror have to do with it: keeper gives keys for changing what is stored.
static enum err open_store_with_others(struct serve *s, struct fault *why)
{
    enum err e = await_keeper(s, why);
    if (!e)
        e = open_store(s, why);
    if (!e)
        e = record_rekey(s, why);
    if (e)
        return e;
    if (s->early_mirror)
        writer_link(s->writer, s->early_mirror);
    s->early_mirror = NULL;
    pthread_mutex_lock(&s->keeper_lock);
    take_floor_key(s);
    pthread_mutex_unlock(&s->keeper_lock);
    return OK;
}

static enum err open_all(struct serve *s, struct fault *why)
{
    name_ourselves(s);
    renewal_begin(&s->certificate, s->context->tls, s->started_ms);
    s->status = status_new();
    enum err e = access_open(DIRECTORY_ACCESS, false, &s->access, why);
    if (!e)
        e = open_audit(s, why);
    if (!e)
        e = record_start(s, why);
    if (!e)
        access_on_change(s->access, record_change, s->audit);
    if (!e)
        hold_back_loosening(s);
    if (!e)
        e = open_store_with_others(s, why);
    if (!e)
        e = access_notes_take(s->access, record_note, s->audit, why);
    if (!e)
        tell_status(s);
    return e ? e : open_http(s, why);
}

enum err serve_run(const struct serve_context *context, struct fault *why)
{
    struct serve s = {.keeper_lock = PTHREAD_MUTEX_INITIALIZER, .context = context};
    enum err e = open_all(&s, why);
    if (e) {
        close_all(&s);
        return e;
    }
    log_line(LOG_INFO, "answers at %s", s.https);
    e = control_say(context->control, MESSAGE_READY, why);
    while (!e)
        e = round_once(&s, why);
    close_all(&s);
    return e == ERR_UNAVAILABLE ? OK : e;
}
