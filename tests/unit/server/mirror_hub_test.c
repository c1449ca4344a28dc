// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "server/mirror_hub.h"
#include "test.h"

#include <pthread.h>

static struct position answer_for(const char *name)
{
    struct position p = {.phase = PHASE_STREAMING, .end_lsn = 500};
    memcpy(p.source, name, strlen(name) + 1);
    return p;
}

// A hub whose link to serve is there; its epoch.
static struct mirror_hub *hub_up(uint32_t sources, uint64_t *out_epoch)
{
    struct mirror_hub *h = mirror_hub_new(sources, NULL);
    mirror_hub_up(h);
    *out_epoch = mirror_hub_epoch(h);
    return h;
}

static void put(struct mirror_hub *h, uint32_t source, uint64_t epoch, const char *text,
                uint64_t lsn)
{
    EXPECT_EQ(mirror_hub_put(h, source, epoch, slice_text(text), lsn, NULL), OK);
}

static void expect_next(struct mirror_hub *h, const char *text, uint64_t serial)
{
    struct slice got;
    uint64_t got_serial;
    EXPECT(mirror_hub_next(h, &got, &got_serial));
    EXPECT(slice_is(got, text));
    EXPECT_EQ(got_serial, serial);
    mirror_hub_sent(h);
}

TEST(mirror_hub_sends_in_order_and_counts_up_over_sources)
{
    uint64_t epoch;
    struct mirror_hub *h = hub_up(2, &epoch);
    put(h, 0, epoch, "a", 10);
    put(h, 1, epoch, "b", 20);
    put(h, 0, epoch, "c", 30);
    expect_next(h, "a", 1);
    expect_next(h, "b", 2);
    EXPECT_EQ(mirror_hub_durable(h, 0), 0);
    EXPECT_EQ(mirror_hub_on_durable(h, 1, NULL), OK);
    EXPECT_EQ(mirror_hub_durable(h, 0), 10);
    EXPECT_EQ(mirror_hub_durable(h, 1), 0);
    expect_next(h, "c", 3);
    EXPECT_EQ(mirror_hub_on_durable(h, 3, NULL), OK);
    EXPECT_EQ(mirror_hub_durable(h, 0), 30);
    EXPECT_EQ(mirror_hub_durable(h, 1), 20);
    struct slice none;
    uint64_t serial;
    EXPECT(!mirror_hub_next(h, &none, &serial));
    mirror_hub_free(h);
}

TEST(mirror_hub_does_not_believe_serve_everything)
{
    uint64_t epoch;
    struct mirror_hub *h = hub_up(1, &epoch);
    put(h, 0, epoch, "a", 10);
    EXPECT_EQ(mirror_hub_on_durable(h, 1, NULL), ERR_CORRUPT); // not sent yet
    struct position p = answer_for("fleet");
    EXPECT_EQ(mirror_hub_on_position(h, &p, NULL), ERR_CORRUPT); // not asked for
    mirror_hub_free(h);
}

TEST(mirror_hub_forgets_everything_with_the_link)
{
    uint64_t epoch;
    struct mirror_hub *h = hub_up(1, &epoch);
    put(h, 0, epoch, "a", 10);
    expect_next(h, "a", 1);
    put(h, 0, epoch, "b", 20);
    mirror_hub_down(h);
    EXPECT_EQ(mirror_hub_put(h, 0, epoch, slice_text("c"), 30, NULL), ERR_UNAVAILABLE);
    mirror_hub_up(h);
    EXPECT(mirror_hub_epoch(h) != epoch);
    EXPECT_EQ(mirror_hub_put(h, 0, epoch, slice_text("c"), 30, NULL), ERR_UNAVAILABLE);
    put(h, 0, mirror_hub_epoch(h), "d", 40);
    expect_next(h, "d", 1); // serials begin anew
    mirror_hub_free(h);
}

TEST(mirror_hub_window_is_shared_and_given_back)
{
    uint64_t epoch;
    struct mirror_hub *h = hub_up(2, &epoch);
    static uint8_t large[LIMIT_CHANGESET_BYTES];
    struct slice bytes = slice_of(large, HUB_WINDOW_BYTES / 4); // half a source's share
    EXPECT_EQ(mirror_hub_put(h, 0, epoch, bytes, 1, NULL), OK);
    EXPECT(!mirror_hub_is_full(h, 0));
    EXPECT_EQ(mirror_hub_put(h, 0, epoch, bytes, 2, NULL), OK);
    EXPECT(mirror_hub_is_full(h, 0));
    EXPECT(!mirror_hub_is_full(h, 1));
    mirror_hub_sent(h);
    EXPECT(mirror_hub_is_full(h, 0)); // sent is not durable
    EXPECT_EQ(mirror_hub_on_durable(h, 1, NULL), OK);
    EXPECT(!mirror_hub_is_full(h, 0));
    bytes.len = sizeof large + 1; // only its length is looked at
    EXPECT_EQ(mirror_hub_put(h, 0, epoch, bytes, 3, NULL), ERR_LIMIT);
    mirror_hub_free(h);
}

struct asking {
    struct mirror_hub *hub;
    struct position got;
    uint64_t epoch;
    enum err result;
};

static void *ask(void *context)
{
    struct asking *a = context;
    a->result = mirror_hub_position(a->hub, 0, "fleet", &a->got, &a->epoch, NULL);
    return NULL;
}

static void wait_for_ask(struct mirror_hub *h)
{
    char name[64];
    while (!mirror_hub_ask(h, name)) // until the thread has got so far
        ;
    EXPECT(strcmp(name, "fleet") == 0);
    EXPECT(!mirror_hub_ask(h, name));
}

TEST(mirror_hub_asks_again_over_a_new_link)
{
    struct asking a = {0};
    uint64_t epoch;
    a.hub = hub_up(1, &epoch);
    pthread_t thread;
    EXPECT_EQ(pthread_create(&thread, NULL, ask, &a), 0);
    wait_for_ask(a.hub);
    mirror_hub_down(a.hub);
    mirror_hub_up(a.hub);
    wait_for_ask(a.hub);
    struct position p = answer_for("fleet");
    EXPECT_EQ(mirror_hub_on_position(a.hub, &p, NULL), OK);
    pthread_join(thread, NULL);
    EXPECT_EQ(a.result, OK);
    EXPECT_EQ(a.got.end_lsn, 500);
    EXPECT_EQ(a.epoch, mirror_hub_epoch(a.hub));
    mirror_hub_free(a.hub);
}

TEST(mirror_hub_asks_only_when_nothing_is_under_way)
{
    struct asking a = {0};
    uint64_t epoch;
    a.hub = hub_up(1, &epoch);
    put(a.hub, 0, epoch, "a", 10);
    pthread_t thread;
    EXPECT_EQ(pthread_create(&thread, NULL, ask, &a), 0);
    char name[64];
    for (int i = 0; i < 1000; i++)
        EXPECT(!mirror_hub_ask(a.hub, name));
    expect_next(a.hub, "a", 1);
    EXPECT_EQ(mirror_hub_on_durable(a.hub, 1, NULL), OK);
    wait_for_ask(a.hub);
    mirror_hub_stop(a.hub);
    pthread_join(thread, NULL);
    EXPECT_EQ(a.result, ERR_UNAVAILABLE);
    mirror_hub_free(a.hub);
}
