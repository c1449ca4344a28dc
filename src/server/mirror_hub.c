// SPDX-License-Identifier: Apache-2.0
#include "server/mirror_hub.h"

#include "base/limits.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct parcel {
    struct parcel *next;
    uint32_t source;
    uint64_t serial; // 0 while it waits
    uint64_t end_lsn;
    size_t len;
    uint8_t *bytes; // NULL once sent
};

struct queue {
    struct parcel *first, *last;
};

enum ask { ASK_NONE, ASK_WANTED, ASK_SENT, ASK_ANSWERED };

struct hub_source {
    int wake_fd;
    atomic_size_t held_bytes;     // waiting and flying
    atomic_uint_fast64_t durable; // end of the last transaction serve keeps
    enum ask ask;                 // under the lock, as the rest
    char name[64];
    struct position answer;
};

struct mirror_hub {
    pthread_mutex_t lock; // queues, asks, is_up, serial
    int main_fd;
    atomic_bool is_stopping;
    atomic_uint_fast64_t epoch; // moves with every up and every down
    bool is_up;
    uint64_t serial; // last given on this link
    struct queue waiting, flying;
    uint32_t source_count;
    struct hub_source *sources;
};

static void wake(int fd)
{
    uint64_t one = 1;
    ssize_t n = write(fd, &one, sizeof one);
    (void)n; // a full counter wakes just as well
}

static void push(struct queue *q, struct parcel *p)
{
    p->next = NULL;
    if (q->last)
        q->last->next = p;
    else
        q->first = p;
    q->last = p;
}

static struct parcel *pop(struct queue *q)
{
    struct parcel *p = q->first;
    if (p) {
        q->first = p->next;
        if (!q->first)
            q->last = NULL;
    }
    return p;
}

static void parcel_free(struct mirror_hub *h, struct parcel *p)
{
    atomic_fetch_sub(&h->sources[p->source].held_bytes, p->len);
    free(p->bytes);
    free(p);
}

static enum err make_events(struct mirror_hub *h, struct fault *why)
{
    h->main_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bool good = h->main_fd >= 0;
    for (uint32_t i = 0; i < h->source_count; i++) {
        h->sources[i].wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        good = good && h->sources[i].wake_fd >= 0;
    }
    return good ? OK : fail(why, ERR_IO, "making an event: %s", strerror(errno));
}

struct mirror_hub *mirror_hub_new(uint32_t source_count, struct fault *why)
{
    struct mirror_hub *h = calloc(1, sizeof *h);
    struct hub_source *sources = calloc(source_count + 1, sizeof *sources);
    if (!h || !sources)
        abort(); // out of memory, as an arena would
    h->source_count = source_count;
    h->sources = sources;
    pthread_mutex_init(&h->lock, NULL);
    if (make_events(h, why)) {
        mirror_hub_free(h);
        return NULL;
    }
    return h;
}

static void drop_all(struct mirror_hub *h)
{
    struct parcel *p;
    while ((p = pop(&h->waiting)))
        parcel_free(h, p);
    while ((p = pop(&h->flying)))
        parcel_free(h, p);
}

void mirror_hub_free(struct mirror_hub *h)
{
    if (!h)
        return;
    drop_all(h);
    for (uint32_t i = 0; i < h->source_count; i++)
        if (h->sources[i].wake_fd >= 0)
            close(h->sources[i].wake_fd);
    if (h->main_fd >= 0)
        close(h->main_fd);
    pthread_mutex_destroy(&h->lock);
    free(h->sources);
    free(h);
}

int mirror_hub_source_fd(const struct mirror_hub *h, uint32_t source)
{
    return h->sources[source].wake_fd;
}

int mirror_hub_main_fd(const struct mirror_hub *h)
{
    return h->main_fd;
}

bool mirror_hub_is_stopping(struct mirror_hub *h)
{
    return atomic_load_explicit(&h->is_stopping, memory_order_relaxed);
}

uint64_t mirror_hub_epoch(struct mirror_hub *h)
{
    return atomic_load_explicit(&h->epoch, memory_order_relaxed);
}

static bool take_answer(struct mirror_hub *h, struct hub_source *s, struct position *out,
                        uint64_t *out_epoch)
{
    pthread_mutex_lock(&h->lock);
    bool is_there = s->ask == ASK_ANSWERED;
    if (is_there) {
        s->ask = ASK_NONE;
        *out = s->answer;
        *out_epoch = atomic_load(&h->epoch);
    }
    pthread_mutex_unlock(&h->lock);
    return is_there;
}

static void sleep_until_woken(struct hub_source *s)
{
    struct pollfd event = {.fd = s->wake_fd, .events = POLLIN};
    (void)poll(&event, 1, 1000); // an interrupted or failed wait only looks again
    uint64_t count;
    ssize_t n = read(s->wake_fd, &count, sizeof count);
    (void)n; // empties the event, which may be empty already
}

// Once nothing of this source is under way any more, so that the answer counts it all.
static void ask(struct mirror_hub *h, struct hub_source *s, const char *name)
{
    pthread_mutex_lock(&h->lock);
    bool may_ask = s->ask == ASK_NONE && atomic_load(&s->held_bytes) == 0;
    if (may_ask) {
        memset(s->name, 0, sizeof s->name);
        memcpy(s->name, name, strnlen(name, sizeof s->name - 1));
        s->ask = ASK_WANTED;
    }
    pthread_mutex_unlock(&h->lock);
    if (may_ask)
        wake(h->main_fd);
}

enum err mirror_hub_position(struct mirror_hub *h, uint32_t source, const char *name,
                             struct position *out, uint64_t *out_epoch, struct fault *why)
{
    struct hub_source *s = &h->sources[source];
    while (!mirror_hub_is_stopping(h)) {
        ask(h, s, name);
        if (take_answer(h, s, out, out_epoch))
            return OK;
        sleep_until_woken(s);
    }
    return fail(why, ERR_UNAVAILABLE, "stopping");
}

enum err mirror_hub_put(struct mirror_hub *h, uint32_t source, uint64_t epoch, struct slice encoded,
                        uint64_t end_lsn, struct fault *why)
{
    if (encoded.len == 0 || encoded.len > LIMIT_CHANGESET_BYTES)
        return fail(why, ERR_LIMIT, "a changeset of %zu bytes, over the limit of %d", encoded.len,
                    LIMIT_CHANGESET_BYTES);
    struct parcel *p = calloc(1, sizeof *p);
    uint8_t *bytes = malloc(encoded.len);
    if (!p || !bytes)
        abort(); // out of memory, as an arena would
    memcpy(bytes, encoded.at, encoded.len);
    *p = (struct parcel){.source = source, .end_lsn = end_lsn, .len = encoded.len, .bytes = bytes};

    pthread_mutex_lock(&h->lock);
    bool is_over = !h->is_up || atomic_load(&h->epoch) != epoch;
    if (!is_over) {
        atomic_fetch_add(&h->sources[source].held_bytes, p->len);
        push(&h->waiting, p);
    }
    pthread_mutex_unlock(&h->lock);
    if (is_over) {
        free(bytes);
        free(p);
        return fail(why, ERR_UNAVAILABLE, "the store's process went; asking where it stands");
    }
    wake(h->main_fd);
    return OK;
}

bool mirror_hub_is_full(struct mirror_hub *h, uint32_t source)
{
    size_t share = HUB_WINDOW_BYTES / (h->source_count ? h->source_count : 1);
    return atomic_load_explicit(&h->sources[source].held_bytes, memory_order_relaxed) >= share;
}

uint64_t mirror_hub_durable(struct mirror_hub *h, uint32_t source)
{
    return atomic_load(&h->sources[source].durable);
}

void mirror_hub_set_durable(struct mirror_hub *h, uint32_t source, uint64_t lsn)
{
    atomic_store(&h->sources[source].durable, lsn);
}

static void wake_sources(struct mirror_hub *h)
{
    for (uint32_t i = 0; i < h->source_count; i++)
        wake(h->sources[i].wake_fd);
}

void mirror_hub_stop(struct mirror_hub *h)
{
    atomic_store(&h->is_stopping, true);
    wake_sources(h);
}

// Asks that were sent over a link that is no more are sent again over the next.
static void change(struct mirror_hub *h, bool is_up)
{
    pthread_mutex_lock(&h->lock);
    h->is_up = is_up;
    h->serial = 0;
    atomic_fetch_add(&h->epoch, 1);
    drop_all(h);
    for (uint32_t i = 0; i < h->source_count; i++)
        if (h->sources[i].ask != ASK_NONE)
            h->sources[i].ask = ASK_WANTED;
    pthread_mutex_unlock(&h->lock);
    wake_sources(h);
}

void mirror_hub_up(struct mirror_hub *h)
{
    change(h, true);
}

void mirror_hub_down(struct mirror_hub *h)
{
    change(h, false);
}

bool mirror_hub_next(struct mirror_hub *h, struct slice *out_encoded, uint64_t *out_serial)
{
    pthread_mutex_lock(&h->lock);
    struct parcel *p = h->is_up ? h->waiting.first : NULL;
    if (p) {
        *out_encoded = slice_of(p->bytes, p->len);
        *out_serial = h->serial + 1;
    }
    pthread_mutex_unlock(&h->lock);
    return p != NULL;
}

void mirror_hub_sent(struct mirror_hub *h)
{
    pthread_mutex_lock(&h->lock);
    struct parcel *p = pop(&h->waiting);
    if (p) {
        p->serial = ++h->serial;
        free(p->bytes);
        p->bytes = NULL;
        push(&h->flying, p);
    }
    pthread_mutex_unlock(&h->lock);
}

bool mirror_hub_ask(struct mirror_hub *h, char out_name[64])
{
    bool is_found = false;
    pthread_mutex_lock(&h->lock);
    for (uint32_t i = 0; h->is_up && !is_found && i < h->source_count; i++) {
        struct hub_source *s = &h->sources[i];
        if (s->ask != ASK_WANTED)
            continue;
        s->ask = ASK_SENT;
        memcpy(out_name, s->name, sizeof s->name);
        is_found = true;
    }
    pthread_mutex_unlock(&h->lock);
    return is_found;
}

enum err mirror_hub_on_durable(struct mirror_hub *h, uint64_t serial, struct fault *why)
{
    pthread_mutex_lock(&h->lock);
    bool is_known = serial <= h->serial;
    while (is_known && h->flying.first && h->flying.first->serial <= serial) {
        struct parcel *p = pop(&h->flying);
        struct hub_source *s = &h->sources[p->source];
        if (p->end_lsn > atomic_load(&s->durable))
            atomic_store(&s->durable, p->end_lsn);
        parcel_free(h, p);
        wake(s->wake_fd);
    }
    pthread_mutex_unlock(&h->lock);
    return is_known ? OK : fail(why, ERR_CORRUPT, "serve kept a changeset that was never sent");
}

enum err mirror_hub_on_position(struct mirror_hub *h, const struct position *p, struct fault *why)
{
    bool is_found = false;
    pthread_mutex_lock(&h->lock);
    for (uint32_t i = 0; !is_found && i < h->source_count; i++) {
        struct hub_source *s = &h->sources[i];
        if (s->ask != ASK_SENT || strncmp(s->name, p->source, sizeof s->name) != 0)
            continue;
        s->answer = *p;
        s->ask = ASK_ANSWERED;
        is_found = true;
        wake(s->wake_fd);
    }
    pthread_mutex_unlock(&h->lock);
    return is_found ? OK : fail(why, ERR_CORRUPT, "serve told a position nobody asked for");
}
