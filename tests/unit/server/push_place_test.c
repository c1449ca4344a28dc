// SPDX-License-Identifier: Apache-2.0
#include "api/push_reply.h"
#include "guard/control.h"
#include "server/mirror_position.h"
#include "test.h"
#include "unit/policy/fleet.h"
#include "unit/policy/pushed.h"
#include "unit/server/push_place.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const uint8_t keys[4][32] = {{1}, {2}, {3}, {4}};

static enum err append(void *context, const struct admitted *a, struct fault *why)
{
    return store_append(context, a, why);
}

static enum err append_told(void *context, const struct admitted *a, const struct store_told *told,
                            struct fault *why)
{
    return store_append_told(context, a, told, why);
}

static uint64_t find(void *context, uint32_t table, struct row_key key)
{
    return store_find(context, table, key);
}

static enum err commit(void *context, struct fault *why)
{
    return store_commit(context, why);
}

static void position(void *context, const char *source, struct position *out)
{
    store_position(context, source, out);
}

static void start_mirror(struct push_place *p)
{
    int ends[2];
    const struct sieve_keys all = {keys, keys, NULL, NULL};
    EXPECT_EQ(mirror_push_start(p->policy, &all, &p->mirror, NULL), OK);
    EXPECT_EQ(control_link_pair(ends, NULL), OK);
    p->link = link_new(ends[0], PROCESS_MIRROR, PROCESS_SERVE);
    writer_link(p->writer, link_new(ends[1], PROCESS_SERVE, PROCESS_MIRROR));
    struct buf hello AUTO(buf_donep) = buf_init(8);
    buf_u64_le(&hello, schema_identity(p->schema));
    EXPECT_EQ(link_send(p->link, MESSAGE_HELLO, 0, buf_slice(&hello), NULL), OK);
    p->asked = 0;
    mirror_push_up(p->mirror);
}

static void take(struct push_place *p, const struct message *m)
{
    struct position at;
    if (m->type == MESSAGE_POSITION) {
        EXPECT_EQ(mirror_position_decode(m->payload, &at, NULL), OK);
        EXPECT(mirror_push_on_position(p->mirror, &at));
    } else if (m->type == MESSAGE_PUSH) {
        EXPECT_EQ(mirror_push_part(p->mirror, m->serial, m->payload, NULL), OK);
    }
}

static void be_mirror(struct push_place *p)
{
    struct message m;
    bool got = true;
    const char *source;
    while (link_receive(p->link, &m, &got, NULL) == OK && got)
        take(p, &m);
    while ((source = mirror_push_source(p->mirror, p->asked))) {
        char name[64] = {0};
        memcpy(name, source, strlen(source));
        EXPECT_EQ(link_send(p->link, MESSAGE_POSITION_ASK, 0, slice_of(name, 64), NULL), OK);
        p->asked++;
    }
    struct mirror_push_message next;
    while (mirror_push_next(p->mirror, &next)) {
        EXPECT_EQ(link_send(p->link, next.type, next.serial, next.payload, NULL), OK);
        mirror_push_sent(p->mirror);
    }
    EXPECT_EQ(link_flush(p->link, NULL), OK);
}

static void *pump(void *context)
{
    struct push_place *p = context;
    while (!p->stops) {
        bool wants;
        struct pollfd wait[] = {
            {.fd = writer_fd(p->writer, &wants), .events = POLLIN},
            {.fd = push_desk_fd(p->desk), .events = POLLIN},
            {.fd = p->link ? link_fd(p->link) : -1, .events = POLLIN},
            {.fd = p->mirror ? mirror_push_fd(p->mirror) : -1, .events = POLLIN}};
        (void)poll(wait, 4, 5);
        bool did;
        struct fault why = {0};
        if (writer_step(p->writer, &did, &why))
            test_fail(__FILE__, __LINE__, "%s", why.words);
        if (p->link)
            be_mirror(p);
    }
    return NULL;
}

static void run(struct push_place *p)
{
    p->stops = false;
    EXPECT_EQ(pthread_create(&p->pump, NULL, pump, p), 0);
}

static void halt(struct push_place *p)
{
    p->stops = true;
    pthread_join(p->pump, NULL);
}

static void open_store(struct push_place *p)
{
    const struct store_options options = {0};
    EXPECT_EQ(store_open(&p->data, p->schema, &options, &p->store, NULL), OK);
    const struct writer_store door = {p->store, append, commit, position, append_told, find};
    p->writer = writer_new(&door, p->schema);
    p->desk = push_desk_new(p->schema);
    writer_desk(p->writer, p->desk);
}

static void stop_mirror(struct push_place *p)
{
    mirror_push_stop(p->mirror);
    link_free(p->link);
    p->mirror = NULL;
    p->link = NULL;
}

static void close_store(struct push_place *p)
{
    push_desk_close(p->desk);
    writer_free(p->writer);
    push_desk_free(p->desk);
    store_close(p->store);
}

void push_place_open(struct push_place *p)
{
    *p = (struct push_place){.arena = arena_new(POLICY_ARENA_BYTES)};
    EXPECT_EQ(policy_parse(slice_text(PUSHED_POLICY), p->arena, &p->policy, NULL), OK);
    p->schema = p->policy->schema;
    memcpy(p->directory, "/tmp/tamis-push-XXXXXX", 23);
    EXPECT(mkdtemp(p->directory));
    EXPECT_EQ(world_open(p->directory, &p->data, NULL), OK);
    open_store(p);
    start_mirror(p);
    run(p);
}

void push_place_close(struct push_place *p)
{
    char command[128];
    halt(p);
    stop_mirror(p);
    close_store(p);
    world_close(&p->data);
    arena_free(p->arena);
    snprintf(command, sizeof command, "rm -r %s", p->directory);
    EXPECT_EQ(system(command), 0);
}

void push_place_lose_mirror(struct push_place *p)
{
    halt(p);
    stop_mirror(p);
    run(p);
}

void push_place_new_mirror(struct push_place *p)
{
    halt(p);
    if (p->mirror)
        stop_mirror(p);
    start_mirror(p);
    run(p);
}

void push_place_reopen(struct push_place *p)
{
    halt(p);
    stop_mirror(p);
    close_store(p);
    open_store(p);
    start_mirror(p);
    run(p);
}

// The link is up once mirror has said who it is, which the pump does in its time.
enum err push_place_bulk(struct push_place *p, const char *body, struct push_answer **out)
{
    struct push_head head = {.kind = PUSH_BULK,
                             .table = PUSH_NO_TABLE,
                             .allowed = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
                             .index = slice_text("app-events"),
                             .term = store_term(p->store)};
    enum err e = ERR_UNAVAILABLE;
    for (int i = 0; e == ERR_UNAVAILABLE && p->mirror && i < 100000; i++) {
        e = push_desk_take(p->desk, &head, slice_text(body), out, &p->why);
        if (e == ERR_UNAVAILABLE)
            (void)poll(NULL, 0, 1);
    }
    return p->mirror ? e : push_desk_take(p->desk, &head, slice_text(body), out, &p->why);
}

char *push_place_reply(struct push_place *p, const char *body)
{
    struct push_answer *answer = NULL;
    if (push_place_bulk(p, body, &answer))
        return strdup(p->why.words);
    struct buf text AUTO(buf_donep) = buf_init(1 << 20);
    const struct push_reply reply = {
        .schema = p->schema, .body = slice_text(body), .answer = answer, .term = 1};
    push_reply_bulk(&reply, 0, &text);
    buf_u8(&text, 0);
    push_answer_free(answer);
    return strdup((const char *)text.at);
}

uint64_t push_place_rows(struct push_place *p, uint32_t table)
{
    struct snapshot *now = store_snapshot(p->store);
    uint64_t rows = view_row_count(snapshot_view(now, table));
    snapshot_free(now);
    return rows;
}
