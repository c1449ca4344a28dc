// SPDX-License-Identifier: Apache-2.0
#include "server/floor_key.h"
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
static void *answer_one(void *context)
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

static enum err ask(const struct keeper *k, bool refuses, struct veil_key *out)
{
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    struct link *serve = link_new(fds[0], PROCESS_SERVE, PROCESS_KEEPER);
    struct desk d = {link_new(fds[1], PROCESS_KEEPER, PROCESS_SERVE), k, refuses};
    pthread_t thread;
    EXPECT_EQ(pthread_create(&thread, NULL, answer_one, &d), 0);
    struct fault why = {0};
    enum err e = floor_key_ask(serve, out, &why);
    pthread_join(thread, NULL);
    link_free(serve);
    link_free(d.link);
    return e;
}

TEST(floor_key_is_keepers_and_the_same_each_time)
{
    struct place place = place_make();
    struct world dir;
    struct key_ring *ring;
    EXPECT_EQ(crypto_start(NULL), OK);
    EXPECT_EQ(world_open(place.path, &dir, NULL), OK);
    EXPECT_EQ(key_ring_make(&dir, NULL), OK);
    EXPECT_EQ(key_ring_open(&dir, &ring, NULL), OK);
    const struct keeper keeper = {.ring = ring, .files = dir};
    static const struct veil_key none;
    struct veil_key a = {0};
    struct veil_key b = {0};
    EXPECT_EQ(ask(&keeper, false, &a), OK);
    EXPECT_EQ(ask(&keeper, false, &b), OK);
    EXPECT(memcmp(&a, &b, sizeof a) == 0);
    EXPECT(memcmp(&a, &none, sizeof a) != 0);
    EXPECT(ask(&keeper, true, &b) != OK);
    key_ring_close(ring);
    world_close(&dir);
    place_drop(&place);
}
