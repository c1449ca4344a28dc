// SPDX-License-Identifier: Apache-2.0
#include "server/mirror_push.h"

#include "base/check.h"
#include "base/limits.h"
#include "keys/crypto.h"
#include "server/push_reader.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    PUSH_BYTES_MAX = LIMIT_REQUEST_BODY_BYTES + (64 << 10), // a body and its head
    READY_BYTES_MAX = 64 << 20, // made and not sent; then the thread waits
    ITEMS_PER_MESSAGE = 1 << 18,
    TEXTS_PER_MESSAGE = 4 << 20,
};

_Static_assert(ITEMS_PER_MESSAGE * sizeof(struct push_item) + TEXTS_PER_MESSAGE <
                   LIMIT_CHANGESET_BYTES,
               "items fit a message");

// A push that came whole, or a message that is to go.
struct parcel {
    struct parcel *next;
    enum message_type type;
    uint64_t serial;
    uint64_t epoch;
    struct buf bytes;
};

struct queue {
    struct parcel *first, *last;
    size_t bytes;
};

// Up to which number serve has rows of an index.
struct told {
    bool is_known, is_new;
    uint64_t number;
};

struct mirror_push {
    const struct policy *policy;
    struct push_reader *reader; // the thread's
    pthread_t thread;
    int event;
    struct parcel *coming; // main thread's: not whole yet

    pthread_mutex_t lock; // guards the rest
    pthread_cond_t changed;
    bool is_stopping;
    uint64_t epoch; // of the link to serve
    struct queue waiting, ready;
    uint32_t unknown_count; // indices whose number serve has not told
    struct told *told;      // per pushed index
};

static void push(struct queue *q, struct parcel *p)
{
    p->next = NULL;
    if (q->last)
        q->last->next = p;
    else
        q->first = p;
    q->last = p;
    q->bytes += p->bytes.len;
}

static struct parcel *pop(struct queue *q)
{
    struct parcel *p = q->first;
    if (!p)
        return NULL;
    q->first = p->next;
    if (!q->first)
        q->last = NULL;
    q->bytes -= p->bytes.len;
    return p;
}

// Raw documents are wiped, as nothing else of them stays.
static void parcel_free(struct parcel *p)
{
    if (!p)
        return;
    if (p->type == MESSAGE_PUSH && p->bytes.len > 0)
        wipe(p->bytes.at, p->bytes.len);
    buf_done(&p->bytes);
    free(p);
}

static struct parcel *parcel_new(enum message_type type, uint64_t serial, size_t limit_bytes)
{
    struct parcel *p = calloc(1, sizeof *p);
    CHECK(p != NULL);
    *p = (struct parcel){.type = type, .serial = serial, .bytes = buf_init(limit_bytes)};
    return p;
}

static void drop(struct queue *q)
{
    struct parcel *p;
    while ((p = pop(q)))
        parcel_free(p);
}

// --- the push thread

// Hands a message to the main thread; frees it instead when the link it is for is over.
static void hand_over(struct mirror_push *m, struct parcel *p)
{
    uint64_t one = 1;
    pthread_mutex_lock(&m->lock);
    while (!m->is_stopping && p->epoch == m->epoch && m->ready.bytes > READY_BYTES_MAX)
        pthread_cond_wait(&m->changed, &m->lock);
    bool is_over = m->is_stopping || p->epoch != m->epoch;
    if (!is_over)
        push(&m->ready, p);
    pthread_mutex_unlock(&m->lock);
    if (is_over) {
        parcel_free(p);
        return;
    }
    ssize_t n = write(m->event, &one, sizeof one);
    (void)n; // a full counter wakes just as well
}

static struct parcel *answer_to(const struct parcel *job, enum message_type type)
{
    struct parcel *p = parcel_new(type, job->serial, LIMIT_CHANGESET_BYTES);
    p->epoch = job->epoch;
    return p;
}

static void send_changesets(struct mirror_push *m, const struct parcel *job, struct slice all)
{
    while (all.len > 0) {
        uint32_t len;
        memcpy(&len, all.at, sizeof len);
        struct parcel *p = answer_to(job, MESSAGE_PUSH_ROWS);
        buf_slice_add(&p->bytes, slice_of(all.at + sizeof len, len));
        hand_over(m, p);
        all = slice_from(all, sizeof len + len);
    }
}

// Texts go along as they come; the other end joins them.
static void send_items(struct mirror_push *m, const struct parcel *job,
                       const struct push_result *result)
{
    struct slice texts = result->texts;
    uint32_t from = 0;
    while (from < result->item_count || texts.len > 0) {
        uint32_t left = result->item_count - from;
        uint32_t count = left < ITEMS_PER_MESSAGE ? left : ITEMS_PER_MESSAGE;
        size_t len = texts.len < TEXTS_PER_MESSAGE ? texts.len : TEXTS_PER_MESSAGE;
        struct parcel *p = answer_to(job, MESSAGE_PUSH_ITEMS);
        buf_u32_le(&p->bytes, count);
        if (count > 0)
            buf_bytes(&p->bytes, &result->items[from], count * sizeof *result->items);
        buf_slice_add(&p->bytes, slice_of(texts.at, len));
        hand_over(m, p);
        from += count;
        texts = slice_from(texts, len);
    }
}

static void do_job(struct mirror_push *m, const struct parcel *job)
{
    struct fault why = {0};
    struct push_result result;
    enum err e = push_reader_take(m->reader, buf_slice(&job->bytes), &result, &why);
    if (!e) {
        send_changesets(m, job, result.changesets);
        send_items(m, job, &result);
    }
    struct parcel *end = answer_to(job, MESSAGE_PUSHED);
    buf_u8(&end->bytes, (uint8_t)e);
    buf_text(&end->bytes, why.words);
    hand_over(m, end);
}

static void take_told(struct mirror_push *m)
{
    for (uint32_t i = 0; i < m->policy->push_count; i++) {
        if (!m->told[i].is_new)
            continue;
        push_reader_go_on(m->reader, m->policy->pushes[i].source, m->told[i].number);
        m->told[i].is_new = false;
    }
}

static struct parcel *next_job(struct mirror_push *m)
{
    pthread_mutex_lock(&m->lock);
    while (!m->is_stopping && (!m->waiting.first || m->unknown_count > 0))
        pthread_cond_wait(&m->changed, &m->lock);
    struct parcel *job = m->is_stopping ? NULL : pop(&m->waiting);
    take_told(m);
    pthread_mutex_unlock(&m->lock);
    return job;
}

static void *run(void *context)
{
    struct mirror_push *m = context;
    struct parcel *job;
    while ((job = next_job(m))) {
        do_job(m, job);
        parcel_free(job);
    }
    return NULL;
}

// --- the main thread

static void release(struct mirror_push *m)
{
    parcel_free(m->coming);
    drop(&m->waiting);
    drop(&m->ready);
    if (m->event >= 0)
        close(m->event);
    pthread_cond_destroy(&m->changed);
    pthread_mutex_destroy(&m->lock);
    push_reader_free(m->reader);
    free(m->told);
    free(m);
}

static enum err begin(struct mirror_push *m, const struct sieve_keys *keys, struct fault *why)
{
    enum err e = push_reader_new(m->policy, keys, &m->reader, why);
    if (e)
        return e;
    m->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (m->event < 0)
        return fail(why, ERR_IO, "making an event: %s", strerror(errno));
    int failed = pthread_create(&m->thread, NULL, run, m);
    return failed ? fail(why, ERR_IO, "a thread for pushes: %s", strerror(failed)) : OK;
}

enum err mirror_push_start(const struct policy *policy, const struct sieve_keys *keys,
                           struct mirror_push **out, struct fault *why)
{
    struct mirror_push *m = calloc(1, sizeof *m);
    struct told *told = calloc(policy->push_count + 1, sizeof *told);
    CHECK(m && told);
    *m = (struct mirror_push){
        .policy = policy, .event = -1, .told = told, .unknown_count = policy->push_count};
    CHECK(pthread_mutex_init(&m->lock, NULL) == 0);
    CHECK(pthread_cond_init(&m->changed, NULL) == 0);
    enum err e = begin(m, keys, why);
    if (e) {
        release(m);
        return e;
    }
    *out = m;
    return OK;
}

void mirror_push_stop(struct mirror_push *m)
{
    if (!m)
        return;
    pthread_mutex_lock(&m->lock);
    m->is_stopping = true;
    pthread_cond_broadcast(&m->changed);
    pthread_mutex_unlock(&m->lock);
    pthread_join(m->thread, NULL);
    release(m);
}

int mirror_push_fd(const struct mirror_push *m)
{
    return m->event;
}

static void change(struct mirror_push *m)
{
    parcel_free(m->coming);
    m->coming = NULL;
    pthread_mutex_lock(&m->lock);
    m->epoch++;
    drop(&m->waiting);
    drop(&m->ready);
    pthread_cond_broadcast(&m->changed);
    pthread_mutex_unlock(&m->lock);
}

void mirror_push_up(struct mirror_push *m)
{
    change(m);
}

void mirror_push_down(struct mirror_push *m)
{
    change(m);
}

static void enqueue(struct mirror_push *m, struct parcel *job)
{
    pthread_mutex_lock(&m->lock);
    job->epoch = m->epoch;
    push(&m->waiting, job);
    pthread_cond_broadcast(&m->changed);
    pthread_mutex_unlock(&m->lock);
}

enum err mirror_push_part(struct mirror_push *m, uint64_t serial, struct slice part,
                          struct fault *why)
{
    bool is_last = part.at[0];
    if (part.at[0] > 1 || (m->coming && m->coming->serial != serial))
        return fail(why, ERR_CORRUPT, "serve sent a part of a push that does not belong");
    if (!m->coming)
        m->coming = parcel_new(MESSAGE_PUSH, serial, PUSH_BYTES_MAX);
    buf_slice_add(&m->coming->bytes, slice_from(part, 1));
    enum err e = buf_end(&m->coming->bytes, why);
    if (e)
        return fail_in(why, ERR_CORRUPT, "serve sent a push");
    if (is_last) {
        enqueue(m, m->coming);
        m->coming = NULL;
    }
    return OK;
}

bool mirror_push_on_position(struct mirror_push *m, const struct position *p)
{
    for (uint32_t i = 0; i < m->policy->push_count; i++) {
        if (strcmp(m->policy->pushes[i].source, p->source) != 0)
            continue;
        pthread_mutex_lock(&m->lock);
        m->unknown_count -= !m->told[i].is_known;
        m->told[i] = (struct told){.is_known = true, .is_new = true, .number = p->end_lsn};
        pthread_cond_broadcast(&m->changed);
        pthread_mutex_unlock(&m->lock);
        return true;
    }
    return false;
}

const char *mirror_push_source(const struct mirror_push *m, uint32_t from)
{
    return from < m->policy->push_count ? m->policy->pushes[from].source : NULL;
}

bool mirror_push_next(struct mirror_push *m, struct mirror_push_message *out)
{
    pthread_mutex_lock(&m->lock);
    const struct parcel *p = m->ready.first;
    if (p)
        *out = (struct mirror_push_message){p->type, p->serial, buf_slice(&p->bytes)};
    pthread_mutex_unlock(&m->lock);
    return p != NULL;
}

void mirror_push_sent(struct mirror_push *m)
{
    pthread_mutex_lock(&m->lock);
    struct parcel *p = pop(&m->ready);
    pthread_cond_broadcast(&m->changed);
    pthread_mutex_unlock(&m->lock);
    parcel_free(p);
}
