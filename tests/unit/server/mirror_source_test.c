// SPDX-License-Identifier: Apache-2.0
#include "../source/pg_bench.h"
#include "mirror_fleet.h"
#include "policy/admit.h"
#include "server/mirror_source.h"

// The thread of a source with a played PostgreSQL behind it and the test as its serve.
struct play {
    struct bench bench;
    struct arena *arena;
    const struct policy *policy;
    struct mirror_keys *keys;
    struct mirror_state state;
    struct mirror_hub *hub;
    struct mirror_source *source;
};

#define HEAD "PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0"
static const char one_row[] = HEAD "\0\2\0\0\0\4\0\0\0\1\0\0\0\3ann\xff\xff";

static const struct policy *policy_at(struct arena *arena, const char *conninfo)
{
    struct slice yaml = arena_print(arena,
                                    "sources:\n"
                                    "  x:\n"
                                    "    postgres: \"%s\"\n"
                                    "    replication: {user: r}\n"
                                    "    copy: {user: c}\n"
                                    "    tables:\n"
                                    "      t:\n"
                                    "        key: id\n"
                                    "        columns:\n"
                                    "          id: {treat: keep, as: long}\n"
                                    "          name: {treat: keep, as: keyword}\n",
                                    conninfo);
    const struct policy *policy = NULL;
    EXPECT_EQ(policy_parse(yaml, arena, &policy, NULL), OK);
    return policy;
}

static void start(struct play *p, const struct fake_reply *own)
{
    *p = (struct play){.arena = arena_new(64 << 20)};
    bench_start(&p->bench, own);
    p->policy = policy_at(p->arena, p->bench.conninfo);
    EXPECT_EQ(fleet_ask_keys(p->policy, NULL, &p->keys, NULL), OK);
    mirror_state_init(&p->state, "x", 1);
    p->state.tables[0].name = "t";
    p->hub = mirror_hub_new(1, NULL);
    mirror_hub_up(p->hub);
    const struct mirror_source_needs needs = {p->policy, 0, p->keys, p->hub, &p->state};
    EXPECT_EQ(mirror_source_start(&needs, &p->source, NULL), OK);
}

static void finish(struct play *p)
{
    mirror_hub_stop(p->hub);
    mirror_source_join(p->source);
    mirror_hub_free(p->hub);
    mirror_state_done(&p->state);
    mirror_keys_free(p->keys);
    arena_free(p->arena);
    bench_stop(&p->bench);
}

// Waits for what the source's thread does next.
static void wait_a_little(struct play *p)
{
    struct pollfd event = {.fd = mirror_hub_main_fd(p->hub), .events = POLLIN};
    (void)poll(&event, 1, 10);
}

static void answer_position(struct play *p, const struct position *position)
{
    char name[64];
    while (!mirror_hub_ask(p->hub, name))
        wait_a_little(p);
    EXPECT(strcmp(name, "x") == 0);
    EXPECT_EQ(mirror_hub_on_position(p->hub, position, NULL), OK);
}

static const struct changeset *next(struct play *p)
{
    struct slice bytes;
    uint64_t serial;
    while (!mirror_hub_next(p->hub, &bytes, &serial))
        wait_a_little(p);
    const struct admitted *a;
    EXPECT_EQ(admitted_decode(arena_copy(p->arena, bytes), p->policy->schema, p->arena, &a, NULL),
              OK);
    mirror_hub_sent(p->hub);
    EXPECT_EQ(mirror_hub_on_durable(p->hub, serial, NULL), OK);
    return admitted_changeset(a);
}

static void wait_for_stream(struct play *p, int times)
{
    while (fake_postgres_seen(p->bench.pg, "START_REPLICATION") < times)
        wait_a_little(p);
}

TEST(mirror_source_copies_first_and_then_goes_on_from_there)
{
    const struct fake_reply own[] = {
        {.when = "FROM pg_replication_slots WHERE", .rows = "0/4000|f|t"},
        {.when = "COPY (SELECT", .copy = slice_of(one_row, sizeof one_row - 1)},
        {.when = "START_REPLICATION", .stream = slice_text("")},
        {0}};
    struct play p;
    start(&p, own);
    const struct position none = {.source = "x"};
    answer_position(&p, &none);
    const struct changeset *c = next(&p);
    EXPECT(c->resets);
    EXPECT_EQ(c->position.phase, PHASE_STREAMING);
    EXPECT_EQ(c->position.end_lsn, 0x4000);
    EXPECT_EQ(c->batch_count, 1);
    EXPECT_EQ(c->batches[0].row_count, 1);
    wait_for_stream(&p, 1);

    mirror_hub_down(p.hub); // serve dies, and a new one knows what the old one kept
    mirror_hub_up(p.hub);
    answer_position(&p, &c->position);
    wait_for_stream(&p, 2);
    EXPECT_EQ(fake_postgres_seen(p.bench.pg, "CREATE_REPLICATION_SLOT"), 1);
    EXPECT_EQ(p.state.copies, 1);
    finish(&p);
}

TEST(mirror_source_tries_again_and_says_why)
{
    const struct fake_reply own[] = {{.when = "'wal_level'", .rows = "replica|UTF8|f"}, {0}};
    struct play p;
    start(&p, own);
    const struct position none = {.source = "x"};
    answer_position(&p, &none);
    answer_position(&p, &none); // it failed, waited and asks anew
    pthread_mutex_lock(&p.state.lock);
    EXPECT(strstr(p.state.last_error, "wal_level is replica") != NULL);
    EXPECT(p.state.retries >= 1); // a slow machine has time for more
    pthread_mutex_unlock(&p.state.lock);
    finish(&p);
}
