// SPDX-License-Identifier: Apache-2.0
#include "mirror_fleet.h"
#include "server/mirror_keys.h"
#include "test.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

// A keeper that gives each key its label's first letters, and a password or a refusal.
struct fake_keeper {
    struct link *link;
    const char *password; // NULL: refuses
};

static void answer(struct fake_keeper *k, const struct message *m)
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

static void *keep(void *context)
{
    struct fake_keeper *k = context;
    struct message m;
    bool got = false;
    while (link_receive(k->link, &m, &got, NULL) == OK) {
        struct pollfd event = {.fd = link_fd(k->link), .events = POLLIN};
        if (got)
            answer(k, &m);
        else
            (void)poll(&event, 1, 1000);
    }
    return NULL;
}

static enum err ask(const struct policy *policy, const char *password, struct mirror_keys **out,
                    struct fault *why)
{
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    struct fake_keeper k = {.link = link_new(ends[0], PROCESS_KEEPER, PROCESS_MIRROR),
                            .password = password};
    struct link *mine = link_new(ends[1], PROCESS_MIRROR, PROCESS_KEEPER);
    pthread_t thread;
    EXPECT_EQ(pthread_create(&thread, NULL, keep, &k), 0);
    enum err e = mirror_keys_ask(mine, policy, out, why);
    link_free(mine);
    pthread_join(thread, NULL);
    link_free(k.link);
    return e;
}

TEST(mirror_keys_are_asked_by_label)
{
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 20);
    struct mirror_keys *keys;
    EXPECT_EQ(ask(fleet_policy(arena), "open sesame", &keys, NULL), OK);
    struct sieve_keys sieve = mirror_keys_sieve(keys);
    EXPECT(memcmp(sieve.subjects[0], "pseudonym/device", 17) == 0);
    EXPECT(memcmp(sieve.row_keys[0], "row-key/devices", 16) == 0);
    EXPECT(memcmp(sieve.row_keys[1], "row-key/", 8) == 0);
    struct source_login login = mirror_keys_replication(keys, 0);
    EXPECT(strcmp(login.user, "r") == 0);
    EXPECT(strcmp(login.password, "open sesame") == 0);
    EXPECT(mirror_keys_copy(keys, 0).password == NULL);
    mirror_keys_free(keys);
    mirror_keys_free(NULL);
}

TEST(mirror_keys_refused_or_empty_say_which)
{
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 20);
    const struct policy *policy = fleet_policy(arena);
    struct mirror_keys *keys;
    struct fault why = {0};
    EXPECT_EQ(ask(policy, NULL, &keys, &why), ERR_DENIED);
    EXPECT(strstr(why.words, "password file keys/r") != NULL);
    EXPECT_EQ(ask(policy, "", &keys, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "holds no password") != NULL);
}
