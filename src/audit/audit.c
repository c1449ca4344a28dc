// SPDX-License-Identifier: Apache-2.0
#include "audit/audit.h"

#include "audit/heads.h"
#include "audit/retention.h"
#include "audit/witness.h"
#include "base/check.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct audited {
    bool may_leave;
    uint64_t number; // of the entry; 0 for a probe
};

struct audit {
    const struct world *w;
    struct journal *journal;
    struct retention_rule retention;
    struct witness witness;

    struct heads heads; // of the thread that ticks
    pthread_mutex_t head_lock;
    bool has_head; // these three are for those who ask
    struct audit_head head;
    struct last_change change;

    pthread_mutex_t strangers_lock; // of the three below
    int64_t strangers_second;
    uint32_t strangers;
    uint64_t strangers_more;

    bool has_thread;
    pthread_t thread; // syncs
    pthread_mutex_t stop_lock;
    pthread_cond_t stop_news;
    bool stops;
};

// --- the thread that syncs

static bool pause_or_stop(struct audit *a)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += AUDIT_SYNC_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&a->stop_lock);
    if (!a->stops)
        pthread_cond_timedwait(&a->stop_news, &a->stop_lock, &until);
    bool stops = a->stops;
    pthread_mutex_unlock(&a->stop_lock);
    return stops;
}

static enum err sync_all(struct audit *a, struct fault *why)
{
    struct journal_stats s;
    journal_stats(a->journal, &s);
    return s.entries > s.synced || s.is_broken
               ? journal_sync(a->journal, s.entries ? s.entries - 1 : 0, why)
               : OK;
}

static void *sync_thread(void *context)
{
    struct audit *a = context;
    while (!pause_or_stop(a))
        (void)sync_all(a, NULL); // told by the next answer, which is then refused
    return NULL;
}

// --- opening

static void publish(struct audit *a)
{
    pthread_mutex_lock(&a->head_lock);
    a->has_head = a->heads.has_last;
    a->head = a->heads.last;
    pthread_mutex_unlock(&a->head_lock);
}

static void init_locks(struct audit *a)
{
    CHECK(pthread_mutex_init(&a->head_lock, NULL) == 0);
    CHECK(pthread_mutex_init(&a->strangers_lock, NULL) == 0);
    CHECK(pthread_mutex_init(&a->stop_lock, NULL) == 0);
    CHECK(pthread_cond_init(&a->stop_news, NULL) == 0);
}

// How much there was at least, by our own heads and by the witness's.
static uint64_t entries_min(const struct audit *a)
{
    uint64_t least = a->heads.has_last ? a->heads.last.size : 0;
    return a->witness.has_head && a->witness.head.size > least ? a->witness.head.size : least;
}

static void see(void *context, const struct audit_leaf *leaf, struct slice body)
{
    last_change_read(context, leaf, body);
}

static enum err open_all(struct audit *a, const struct audit_options *o, struct fault *why)
{
    enum err e = heads_open(&a->heads, a->w, why);
    publish(a);
    if (!e && o->witness)
        e = witness_open(&a->witness, o->witness, why);
    struct journal_options journal = o->journal;
    journal.entries_min = entries_min(a);
    journal.seen = see;
    journal.seen_context = &a->change;
    if (!e)
        e = journal_open(a->w, &journal, &a->journal, why);
    if (!e && o->syncs_by_itself) {
        CHECK(pthread_create(&a->thread, NULL, sync_thread, a) == 0);
        a->has_thread = true;
    }
    return e;
}

enum err audit_open(const struct world *w, const struct audit_options *o, struct audit **out,
                    struct fault *why)
{
    struct audit *a = calloc(1, sizeof *a);
    CHECK(a != NULL);
    a->w = w;
    a->heads.fd = -1;
    a->retention = retention_rule_of(o->bytes_max, o->keep_days);
    init_locks(a);
    enum err e = open_all(a, o, why);
    if (e) {
        audit_close(a);
        return e;
    }
    *out = a;
    return OK;
}

void audit_close(struct audit *a)
{
    if (!a)
        return;
    if (a->has_thread) {
        pthread_mutex_lock(&a->stop_lock);
        a->stops = true;
        pthread_cond_signal(&a->stop_news);
        pthread_mutex_unlock(&a->stop_lock);
        pthread_join(a->thread, NULL);
    }
    if (a->journal)
        (void)sync_all(a, NULL); // there is nobody left to tell
    journal_close(a->journal);
    heads_close(&a->heads);
    witness_close(&a->witness);
    pthread_cond_destroy(&a->stop_news);
    pthread_mutex_destroy(&a->stop_lock);
    pthread_mutex_destroy(&a->strangers_lock);
    pthread_mutex_destroy(&a->head_lock);
    free(a);
}

// --- appending

static enum err append(struct audit *a, struct audit_entry *e, uint64_t *out_number,
                       struct fault *why)
{
    struct buf body AUTO(buf_donep) = buf_init(AUDIT_BODY_BYTES_MAX);
    audit_body_encode(e, &body);
    enum err failed = buf_end(&body, why);
    return failed ? failed : journal_append(a->journal, buf_slice(&body), out_number, why);
}

// Whether this one is only counted.
static bool is_one_too_many(struct audit *a)
{
    int64_t second = a->w->ops->now_ms() / 1000;
    pthread_mutex_lock(&a->strangers_lock);
    if (second != a->strangers_second)
        a->strangers = 0;
    a->strangers_second = second;
    bool is_more = a->strangers >= AUDIT_STRANGERS_MAX;
    a->strangers += !is_more;
    a->strangers_more += is_more;
    pthread_mutex_unlock(&a->strangers_lock);
    return is_more;
}

const struct audited *audit_answer(struct audit *a, struct audit_entry *e, struct arena *request)
{
    struct audited *made = ARENA_NEW(request, struct audited);
#ifdef BENCH_WITHOUT_AUDIT // only in the binary that bench/ compares with
    made->may_leave = true;
    (void)a;
    (void)e;
#else
    bool is_strange = e->principal.len == 0 && (e->kind == AUDIT_LOGIN || e->kind == AUDIT_REFUSAL);
    if (is_strange && is_one_too_many(a)) {
        // While nothing can be appended strangers are not answered either.
        struct journal_stats s;
        journal_stats(a->journal, &s);
        made->may_leave = !s.is_broken;
        return made;
    }
    made->may_leave = append(a, e, &made->number, NULL) == OK;
    e->number = made->number;
#endif
    return made;
}

const struct audited *audit_probe(void)
{
    static const struct audited probe = {.may_leave = true};
    return &probe;
}

bool audited_may_leave(const struct audited *a)
{
    return a->may_leave;
}

static enum err append_and_sync(struct audit *a, struct audit_entry *e, uint64_t *out_number,
                                struct fault *why)
{
    enum err failed = append(a, e, out_number, why);
    if (!failed)
        failed = journal_sync(a->journal, *out_number, why);
    return failed ? fail_in(why, failed, "the audit log cannot take it") : OK;
}

enum err audit_change(struct audit *a, const struct audit_who *who, const char *action,
                      const struct audit_fact *facts, uint32_t fact_count, struct fault *why)
{
    struct audit_entry e = {.kind = AUDIT_CHANGE,
                            .action = slice_text(action),
                            .facts = facts,
                            .fact_count = fact_count};
    if (who) {
        e.principal = who->principal;
        e.key_id = who->key_id;
        e.address = who->address;
    }
    struct audit_leaf leaf = {.time_ms = a->w->ops->now_ms()};
    enum err failed = append_and_sync(a, &e, &leaf.number, why);
    if (failed)
        return failed;
    pthread_mutex_lock(&a->head_lock);
    if (!a->change.is_known || a->change.number < leaf.number)
        last_change_take(&a->change, &leaf, &e);
    pthread_mutex_unlock(&a->head_lock);
    return OK;
}

enum err audit_start(struct audit *a, const struct audit_fact *facts, uint32_t fact_count,
                     struct fault *why)
{
    struct audit_entry e = {.kind = AUDIT_START,
                            .action = slice_text("server.start"),
                            .facts = facts,
                            .fact_count = fact_count};
    uint64_t number = 0;
    return append_and_sync(a, &e, &number, why);
}

// --- every second

static enum err tell_strangers(struct audit *a, struct fault *why)
{
    pthread_mutex_lock(&a->strangers_lock);
    uint64_t more = a->strangers_more;
    a->strangers_more = 0;
    pthread_mutex_unlock(&a->strangers_lock);
    if (more == 0)
        return OK;
    struct buf count AUTO(buf_donep) = buf_init(32);
    buf_print(&count, "%llu", (unsigned long long)more);
    const struct audit_fact fact = {slice_text("count"), buf_slice(&count)};
    struct audit_entry e = {.kind = AUDIT_MORE,
                            .action = slice_text("refused strangers"),
                            .facts = &fact,
                            .fact_count = 1};
    uint64_t number = 0;
    enum err failed = append(a, &e, &number, why);
    if (failed) {
        pthread_mutex_lock(&a->strangers_lock);
        a->strangers_more += more;
        pthread_mutex_unlock(&a->strangers_lock);
    }
    return failed;
}

static enum err sign_head(struct audit *a, audit_signer signer, void *context, struct fault *why)
{
    struct merkle tree;
    journal_tree(a->journal, &tree);
    const struct audit_head *last = &a->heads.last;
    if (a->heads.has_last && last->size == tree.size)
        return OK;
    struct audit_head h = {.number = a->heads.has_last ? last->number + 1 : 0,
                           .size = tree.size,
                           .time_ms = a->w->ops->now_ms()};
    if (a->heads.has_last && h.time_ms < last->time_ms)
        h.time_ms = last->time_ms;
    merkle_root(&tree, &h.root);
    uint8_t digest[SIGN_DIGEST_BYTES];
    audit_head_digest(&h, digest);
    enum err e = signer(context, digest, h.signature, why);
    if (e)
        return e;
    e = heads_add(&a->heads, &h, why);
    if (!e)
        publish(a);
    return e;
}

enum err audit_tick(struct audit *a, audit_signer signer, void *context, struct fault *why)
{
    enum err e = tell_strangers(a, why);
    if (!e)
        e = sync_all(a, why);
    if (!e)
        e = sign_head(a, signer, context, why);
    if (!e)
        e = witness_tell(&a->witness, a->heads.has_last ? &a->heads.last : NULL, why);
    if (!e)
        e = retention_apply(&a->retention, a->w, a->journal, why);
    return e ? fail_in(why, e, "audit") : OK;
}

void audit_stats(struct audit *a, struct audit_stats *out)
{
    *out = (struct audit_stats){0};
    journal_stats(a->journal, &out->journal);
    pthread_mutex_lock(&a->head_lock);
    out->has_head = a->has_head;
    out->head = a->head;
    out->change = a->change;
    pthread_mutex_unlock(&a->head_lock);
    pthread_mutex_lock(&a->strangers_lock);
    out->strangers_more = a->strangers_more;
    pthread_mutex_unlock(&a->strangers_lock);
}

const struct world *audit_files(const struct audit *a)
{
    return a->w;
}
