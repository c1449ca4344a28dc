// SPDX-License-Identifier: Apache-2.0
#pragma once

// A small policy, invented keys and a keeper, for the tests of the mirror.

#include "base/arena.h"
#include "policy/policy.h"
#include "policy/sieve.h"
#include "server/mirror_keys.h"
#include "test.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

static const uint8_t fleet_key[4][32] = {{1}, {2}, {3}, {4}};

static inline const struct policy *fleet_policy(struct arena *arena)
{
    static const char yaml[] = "sources:\n"
                               "  fleet-1:\n"
                               "    postgres: host=/nowhere/at/all dbname=fleet\n"
                               "    replication: {user: r, password_file: keys/r}\n"
                               "    copy: {user: c}\n"
                               "    tables:\n"
                               "      devices:\n"
                               "        key: id\n"
                               "        columns:\n"
                               "          id: {treat: pseudonym, subject: device}\n"
                               "          model: {treat: keep, as: keyword}\n"
                               "          nickname: {treat: drop}\n"
                               "      sales.orders:\n"
                               "        key: [shop, number]\n"
                               "        columns:\n"
                               "          number: {treat: drop}\n"
                               "          amount: {treat: keep, as: double}\n"
                               "          shop: {treat: keep, as: keyword}\n";
    const struct policy *policy = NULL;
    struct fault why = {0};
    if (policy_parse(slice_text(yaml), arena, &policy, &why))
        test_fail(__FILE__, __LINE__, "%s", why.words);
    return policy;
}

static inline struct sieve_keys fleet_keys(void)
{
    return (struct sieve_keys){.subjects = fleet_key, .row_keys = fleet_key + 1};
}

// A keeper that gives each key its label's first letters, and a password or a refusal.
struct fake_keeper {
    struct link *link;
    const char *password; // NULL: refuses
};

static inline void fleet_answer(struct fake_keeper *k, const struct message *m)
{
    uint8_t key[32] = {0};
    memcpy(key, m->payload.at, sizeof key);
    enum err e;
    if (m->type == MESSAGE_KEY_ASK)
        e = link_send(k->link, MESSAGE_KEY, m->serial, slice_of(key, sizeof key), NULL);
    else if (k->password)
        e = link_send(k->link, MESSAGE_PASSWORD, m->serial, slice_text(k->password), NULL);
    else
        e = link_send(k->link, MESSAGE_REFUSED, m->serial, slice_text("no such file"), NULL);
    if (!e)
        e = link_flush(k->link, NULL);
    EXPECT_EQ(e, OK);
}

static inline void *fleet_keep(void *context)
{
    struct fake_keeper *k = context;
    struct message m;
    bool got = false;
    while (link_receive(k->link, &m, &got, NULL) == OK) {
        struct pollfd event = {.fd = link_fd(k->link), .events = POLLIN};
        if (got)
            fleet_answer(k, &m);
        else
            (void)poll(&event, 1, 1000);
    }
    return NULL;
}

// Plays a keeper with this password while `mirror` talks to it.
static inline enum err fleet_with_keeper(const char *password,
                                         enum err (*mirror)(void *context, struct link *keeper),
                                         void *context)
{
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    struct fake_keeper k = {.link = link_new(ends[0], PROCESS_KEEPER, PROCESS_MIRROR),
                            .password = password};
    struct link *mine = link_new(ends[1], PROCESS_MIRROR, PROCESS_KEEPER);
    pthread_t thread;
    EXPECT_EQ(pthread_create(&thread, NULL, fleet_keep, &k), 0);
    enum err e = mirror(context, mine);
    link_free(mine);
    pthread_join(thread, NULL);
    link_free(k.link);
    return e;
}

struct fleet_asking {
    const struct policy *policy;
    struct mirror_keys **out;
    struct fault *why;
};

static inline enum err fleet_ask_first(void *context, struct link *keeper)
{
    struct fleet_asking *a = context;
    return mirror_keys_ask(keeper, a->policy, a->out, a->why);
}

static inline enum err fleet_ask_keys(const struct policy *policy, const char *password,
                                      struct mirror_keys **out, struct fault *why)
{
    struct fleet_asking a = {policy, out, why};
    return fleet_with_keeper(password, fleet_ask_first, &a);
}

static inline enum err fleet_ask_second(void *context, struct link *keeper)
{
    mirror_keys_ask_again(context, keeper);
    return OK;
}

static inline void fleet_ask_again(struct mirror_keys *keys, const char *password)
{
    EXPECT_EQ(fleet_with_keeper(password, fleet_ask_second, keys), OK);
}
