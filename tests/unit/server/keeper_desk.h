// SPDX-License-Identifier: Apache-2.0
#pragma once

// Keeper at the other end of a link, for one question.

#include "server/keeper.h"
#include "unit/server/place.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

struct desk {
    struct link *link;
    const struct keeper *keeper;
    bool refuses;
};

// Keeper's answer to one question.
static inline void *desk_answer(void *context)
{
    struct desk *d = context;
    struct message asked;
    bool got = false;
    while (!got) {
        struct pollfd wait = {.fd = link_fd(d->link), .events = POLLIN};
        EXPECT(poll(&wait, 1, 5000) == 1);
        EXPECT_EQ(link_receive(d->link, &asked, &got, NULL), OK);
    }
    struct keeper_reply reply;
    keeper_answer(d->keeper, &asked, &reply);
    if (d->refuses)
        reply.type = MESSAGE_REFUSED;
    EXPECT_EQ(link_send(d->link, reply.type, asked.serial, slice_of(reply.bytes, reply.len), NULL),
              OK);
    EXPECT_EQ(link_flush(d->link, NULL), OK);
    return NULL;
}

struct desk_talk {
    struct desk desk;
    struct link *serve; // to ask on
    pthread_t thread;
};

static inline void desk_open(struct desk_talk *t, const struct keeper *k, bool refuses)
{
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    t->serve = link_new(fds[0], PROCESS_SERVE, PROCESS_KEEPER);
    t->desk = (struct desk){link_new(fds[1], PROCESS_KEEPER, PROCESS_SERVE), k, refuses};
    EXPECT_EQ(pthread_create(&t->thread, NULL, desk_answer, &t->desk), 0);
}

static inline void desk_close(struct desk_talk *t)
{
    pthread_join(t->thread, NULL);
    link_free(t->serve);
    link_free(t->desk.link);
}
