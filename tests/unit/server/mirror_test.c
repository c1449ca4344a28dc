// SPDX-License-Identifier: Apache-2.0
#include "base/reader.h"
#include "guard/control.h"
#include "mirror_fleet.h"
#include "server/mirror.h"
#include "server/mirror_position.h"
#include "server/mirror_source.h"
#include "test.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

// The process mirror whole, with a launcher, a keeper and a serve played by the test, and
// a database that is not there.
struct play {
    struct arena *arena;
    const struct policy *policy;
    int control[2];
    struct link *keeper, *serve;
    struct mirror_context context;
    pthread_t thread;
    enum err result;
};

static void *run(void *context)
{
    struct play *p = context;
    p->result = mirror_run(&p->context, NULL);
    return NULL;
}

static void send_link(struct play *p, enum process peer, struct link **out)
{
    int ends[2];
    EXPECT_EQ(control_link_pair(ends, NULL), OK);
    *out = link_new(ends[0], peer, PROCESS_MIRROR);
    const struct control_link said = {.peer = peer, .peer_pid = 1, .peer_starts = 1};
    EXPECT_EQ(control_send_link(p->control[0], &said, ends[1], NULL), OK);
    close(ends[1]);
}

// The next message of a link, however long it takes.
static struct message receive(struct link *l)
{
    struct message m = {0};
    bool got = false;
    for (int i = 0; i < 100; i++) {
        EXPECT_EQ(link_receive(l, &m, &got, NULL), OK);
        if (got)
            return m;
        struct pollfd event = {.fd = link_fd(l), .events = POLLIN};
        (void)poll(&event, 1, 1000);
    }
    test_fail(__FILE__, __LINE__, "no message came");
}

static void answer_keys(struct play *p)
{
    for (int i = 0; i < 5; i++) { // one subject, its layer, two tables, one password file
        struct message m = receive(p->keeper);
        bool is_key = m.type == MESSAGE_KEY_ASK;
        EXPECT_EQ(link_send(p->keeper, is_key ? MESSAGE_KEY : MESSAGE_PASSWORD, m.serial,
                            slice_of(fleet_key[0], 32 - (is_key ? 0 : 31)), NULL),
                  OK);
        EXPECT_EQ(link_flush(p->keeper, NULL), OK);
    }
}

static void start(struct play *p)
{
    *p = (struct play){.arena = arena_new(1 << 20)};
    p->policy = fleet_policy(p->arena);
    EXPECT_EQ(control_pair(p->control, NULL), OK);
    p->context = (struct mirror_context){.control = p->control[1], .policy = p->policy};
    EXPECT_EQ(pthread_create(&p->thread, NULL, run, p), 0);
    send_link(p, PROCESS_KEEPER, &p->keeper);
    answer_keys(p);
}

static void finish(struct play *p)
{
    close(p->control[0]);
    pthread_join(p->thread, NULL);
    EXPECT_EQ(p->result, OK);
    close(p->control[1]);
    link_free(p->keeper);
    link_free(p->serve);
    arena_free(p->arena);
}

// Takes the greeting and the ask, passing over states in between.
static void expect_greeting(struct play *p)
{
    struct message m = receive(p->serve);
    EXPECT_EQ(m.type, MESSAGE_HELLO);
    struct reader in = reader_over(m.payload);
    EXPECT_EQ(reader_u64_le(&in), p->policy->schema->fingerprint);
    do {
        m = receive(p->serve);
    } while (m.type == MESSAGE_MIRROR_STATE);
    EXPECT_EQ(m.type, MESSAGE_POSITION_ASK);
    EXPECT(strcmp((const char *)m.payload.at, "fleet-1") == 0);
}

static void answer_position(struct play *p)
{
    const struct position position = {.source = "fleet-1"};
    struct buf out = buf_init(1000);
    mirror_position_encode(&position, &out);
    EXPECT_EQ(link_send(p->serve, MESSAGE_POSITION, 0, buf_slice(&out), NULL), OK);
    EXPECT_EQ(link_flush(p->serve, NULL), OK);
    buf_done(&out);
}

static void expect_state(struct play *p, const char *word)
{
    for (int i = 0; i < 50; i++) {
        struct message m = receive(p->serve);
        if (m.type == MESSAGE_MIRROR_STATE &&
            memmem(m.payload.at, m.payload.len, word, strlen(word)))
            return;
    }
    test_fail(__FILE__, __LINE__, "no state said %s", word);
}

TEST(mirror_says_in_words_that_the_database_is_away)
{
    struct play p;
    start(&p);
    send_link(&p, PROCESS_SERVE, &p.serve);
    expect_greeting(&p);
    answer_position(&p);
    expect_state(&p, "connecting as r: ");
    finish(&p);
}

TEST(mirror_greets_and_asks_every_new_serve)
{
    struct play p;
    start(&p);
    send_link(&p, PROCESS_SERVE, &p.serve);
    expect_greeting(&p);
    link_free(p.serve);
    send_link(&p, PROCESS_SERVE, &p.serve);
    expect_greeting(&p);
    finish(&p);
}

TEST(mirror_drops_a_serve_that_breaks_the_rules)
{
    struct play p;
    start(&p);
    send_link(&p, PROCESS_SERVE, &p.serve);
    expect_greeting(&p);
    EXPECT_EQ(link_send(p.serve, MESSAGE_DURABLE, 7, slice_of(NULL, 0), NULL), OK);
    EXPECT_EQ(link_flush(p.serve, NULL), OK);
    struct message m;
    bool got = false;
    enum err e;
    while (!(e = link_receive(p.serve, &m, &got, NULL))) {
        struct pollfd event = {.fd = link_fd(p.serve), .events = POLLIN};
        (void)poll(&event, 1, 1000);
    }
    EXPECT_EQ(e, ERR_UNAVAILABLE);
    finish(&p);
}

TEST(mirror_stops_while_it_waits_for_keeper)
{
    struct play p = {.arena = arena_new(1 << 20)};
    p.policy = fleet_policy(p.arena);
    EXPECT_EQ(control_pair(p.control, NULL), OK);
    p.context = (struct mirror_context){.control = p.control[1], .policy = p.policy};
    EXPECT_EQ(pthread_create(&p.thread, NULL, run, &p), 0);
    finish(&p);
}
