// SPDX-License-Identifier: Apache-2.0
#include "server/door.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/world.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    SILENT_MAX = 512, // connections that have not said their first byte
    SILENT_US = 10 * 1000000,
    TICK_MS = 1000,
    TLS_HANDSHAKE = 0x16,
    ANSWER_BYTES = 2048,
    ACCEPTS_A_ROUND = 64,
    REST_US = 100000, // when no descriptor is left: until some connection ends
};

struct silent {
    int fd;
    int64_t until_us;
    struct sockaddr_storage address;
    socklen_t address_bytes;
};

struct door {
    struct door_options options;
    struct buf plain_answer;
    int stop; // eventfd
    pthread_t thread;
    int64_t rests_until_us; // takes nobody until then
    size_t silent_count;
    struct silent silent[SILENT_MAX];
    struct pollfd wait[SILENT_MAX + 2]; // stop, listening, then one a silent connection
};

void door_plain_answer(const char *https, struct buf *out)
{
    struct buf text AUTO(buf_donep) = buf_init(ANSWER_BYTES);
    buf_print(&text,
              "{\"error\":{\"root_cause\":[{\"type\":\"security_exception\",\"reason\":\"this is "
              "the HTTPS port; use %s\"}],\"type\":\"security_exception\",\"reason\":\"this is the "
              "HTTPS port; use %s\"},\"status\":400}\n",
              https, https);
    buf_print(out,
              "HTTP/1.1 400 Bad Request\r\nX-Elastic-Product: Elasticsearch\r\n"
              "Content-Type: application/json\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
              text.len);
    buf_slice_add(out, buf_slice(&text));
}

static void send_away(const struct door *d, int fd)
{
    // What was sent is read first: closing over unread bytes resets the connection, and
    // the answer would be lost on its way.
    uint8_t unread[16384];
    (void)recv(fd, unread, sizeof unread, 0);
    (void)send(fd, d->plain_answer.at, d->plain_answer.len, MSG_NOSIGNAL); // or they never know
    (void)shutdown(fd, SHUT_WR);
    close(fd);
}

// True when the connection has left the waiting room.
static bool look_at(const struct door *d, const struct silent *s)
{
    uint8_t first = 0;
    ssize_t n = recv(s->fd, &first, 1, MSG_PEEK);
    const struct door_guest guest = {.fd = s->fd,
                                     .address = (const struct sockaddr *)&s->address,
                                     .address_bytes = s->address_bytes};
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n <= 0) {
        close(s->fd);
    } else if (first == TLS_HANDSHAKE) {
        d->options.enter(d->options.context, &guest);
    } else {
        d->options.plain(d->options.context, &guest);
        send_away(d, s->fd);
    }
    return true;
}

static void forget(struct door *d, size_t i)
{
    d->silent[i] = d->silent[--d->silent_count];
}

// The one that has been silent longest makes room: a crowd that says nothing must not
// keep those out who do.
static void make_room(struct door *d)
{
    size_t oldest = 0;
    for (size_t i = 1; i < d->silent_count; i++) {
        if (d->silent[i].until_us < d->silent[oldest].until_us)
            oldest = i;
    }
    close(d->silent[oldest].fd);
    forget(d, oldest);
}

static bool accept_one(struct door *d)
{
    struct silent s = {.address_bytes = sizeof s.address};
    s.fd = accept4(d->options.listening, (struct sockaddr *)&s.address, &s.address_bytes,
                   SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (s.fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
            d->rests_until_us = monotonic_us() + REST_US;
        return false;
    }
    s.until_us = monotonic_us() + SILENT_US;
    if (d->silent_count == SILENT_MAX)
        make_room(d);
    d->silent[d->silent_count++] = s;
    return true;
}

static void tend_silent(struct door *d)
{
    int64_t now = monotonic_us();
    // Backwards, because forgetting moves the last one into the gap.
    for (size_t i = d->silent_count; i > 0; i--) {
        struct silent *s = &d->silent[i - 1];
        if (d->wait[i + 1].revents && look_at(d, s)) {
            forget(d, i - 1);
        } else if (s->until_us < now) {
            close(s->fd);
            forget(d, i - 1);
        }
    }
}

static void wait_for_news(struct door *d)
{
    d->wait[0] = (struct pollfd){.fd = d->stop, .events = POLLIN};
    bool rests = d->rests_until_us > monotonic_us();
    d->wait[1] = (struct pollfd){.fd = rests ? -1 : d->options.listening, .events = POLLIN};
    for (size_t i = 0; i < d->silent_count; i++)
        d->wait[i + 2] = (struct pollfd){.fd = d->silent[i].fd, .events = POLLIN};
    if (poll(d->wait, (nfds_t)d->silent_count + 2, rests ? REST_US / 1000 : TICK_MS) < 0) {
        for (size_t i = 0; i < d->silent_count + 2; i++)
            d->wait[i].revents = 0;
    }
}

static void *keep_door(void *context)
{
    struct door *d = context;
    int64_t next_tick = 0;
    for (;;) {
        wait_for_news(d);
        if (d->wait[0].revents)
            return NULL;
        tend_silent(d);
        for (int i = 0; i < ACCEPTS_A_ROUND && d->wait[1].revents && accept_one(d); i++)
            continue;
        int64_t now = monotonic_us();
        if (now >= next_tick) {
            next_tick = now + (int64_t)TICK_MS * 1000;
            d->options.tick(d->options.context);
        }
    }
}

enum err door_open(const struct door_options *options, struct door **out, struct fault *why)
{
    struct door *d = calloc(1, sizeof *d);
    CHECK(d != NULL);
    d->options = *options;
    d->plain_answer = buf_init((size_t)2 * ANSWER_BYTES);
    door_plain_answer(options->https, &d->plain_answer);
    d->stop = eventfd(0, EFD_CLOEXEC);
    int failed = d->stop < 0 ? errno : pthread_create(&d->thread, NULL, keep_door, d);
    if (failed) {
        if (d->stop >= 0)
            close(d->stop);
        buf_done(&d->plain_answer);
        free(d);
        return fail(why, ERR_IO, "door: %s", strerror(failed));
    }
    *out = d;
    return OK;
}

void door_close(struct door *d)
{
    if (!d)
        return;
    uint64_t one = 1;
    CHECK(write(d->stop, &one, sizeof one) == sizeof one);
    CHECK(pthread_join(d->thread, NULL) == 0);
    for (size_t i = 0; i < d->silent_count; i++)
        close(d->silent[i].fd);
    close(d->stop);
    buf_done(&d->plain_answer);
    free(d);
}
