// SPDX-License-Identifier: Apache-2.0
#include "server/mirror_push.h"
#include "test.h"
#include "unit/policy/fleet.h"
#include "unit/policy/pushed.h"

#include <poll.h>

static const uint8_t keys[3][32] = {{1}, {2}, {3}};

struct stage {
    struct arena *arena;
    const struct policy *policy;
    struct mirror_push *push;
};

static struct stage stage_new(void)
{
    struct stage s = {.arena = arena_new(POLICY_ARENA_BYTES)};
    const struct sieve_keys all = {keys, keys, NULL, NULL};
    EXPECT_EQ(policy_parse(slice_text(PUSHED_POLICY), s.arena, &s.policy, NULL), OK);
    EXPECT_EQ(mirror_push_start(s.policy, &all, &s.push, NULL), OK);
    mirror_push_up(s.push);
    return s;
}

static void stage_done(struct stage *s)
{
    mirror_push_stop(s->push);
    arena_free(s->arena);
}

static enum err part(struct stage *s, uint64_t serial, bool is_last, struct slice bytes)
{
    struct buf out AUTO(buf_donep) = buf_init(1 << 20);
    buf_u8(&out, is_last);
    buf_slice_add(&out, bytes);
    return mirror_push_part(s->push, serial, buf_slice(&out), NULL);
}

static void tell_positions(struct stage *s)
{
    const char *source;
    for (uint32_t i = 0; (source = mirror_push_source(s->push, i)); i++) {
        struct position at = {.end_lsn = 8};
        memcpy(at.source, source, strlen(source) + 1);
        EXPECT(mirror_push_on_position(s->push, &at));
    }
}

static void send_bulk(struct stage *s, uint64_t serial, const char *body)
{
    struct buf bytes AUTO(buf_donep) = buf_init(1 << 20);
    const struct push_head head = {.kind = PUSH_BULK,
                                   .table = PUSH_NO_TABLE,
                                   .allowed = {UINT64_MAX},
                                   .index = slice_text("app-events")};
    push_head_encode(&head, &bytes);
    buf_text(&bytes, body);
    for (size_t i = 0; i < bytes.len; i++)
        EXPECT_EQ(part(s, serial, i + 1 == bytes.len, slice_of(bytes.at + i, 1)), OK);
}

static struct mirror_push_message next(struct stage *s)
{
    struct mirror_push_message m = {0};
    struct pollfd event = {.fd = mirror_push_fd(s->push), .events = POLLIN};
    while (!mirror_push_next(s->push, &m))
        EXPECT(poll(&event, 1, 10000) == 1);
    return m;
}

TEST(mirror_push_answers_with_rows_items_and_an_end)
{
    struct stage s = stage_new();
    tell_positions(&s);
    send_bulk(&s, 5, "{\"index\":{}}\n{\"ok\":true}\n");

    static const enum message_type types[] = {MESSAGE_PUSH_ROWS, MESSAGE_PUSH_ITEMS,
                                              MESSAGE_PUSHED};

    for (int i = 0; i < 3; i++) {
        struct mirror_push_message m = next(&s);
        EXPECT_EQ(m.type, types[i]);
        EXPECT_EQ(m.serial, 5);
        if (i == 2)
            EXPECT(m.payload.len == 1 && m.payload.at[0] == OK);
        mirror_push_sent(s.push);
    }
    stage_done(&s);
}

TEST(mirror_push_reads_nothing_before_it_knows_the_numbers)
{
    struct stage s = stage_new();
    struct mirror_push_message m;
    send_bulk(&s, 1, "{\"index\":{}}\n{}\n");
    struct pollfd event = {.fd = mirror_push_fd(s.push), .events = POLLIN};
    EXPECT_EQ(poll(&event, 1, 20), 0);
    EXPECT(!mirror_push_next(s.push, &m));
    tell_positions(&s);
    EXPECT_EQ(next(&s).type, MESSAGE_PUSH_ROWS);
    stage_done(&s);
}

TEST(mirror_push_tells_why_a_body_is_refused)
{
    struct stage s = stage_new();
    tell_positions(&s);
    send_bulk(&s, 1, "x\n");
    struct mirror_push_message m = next(&s);
    EXPECT_EQ(m.type, MESSAGE_PUSHED);
    EXPECT_EQ(m.payload.at[0], ERR_INVALID);
    EXPECT(memmem(m.payload.at, m.payload.len, "Malformed", 9) != NULL);
    stage_done(&s);
}

TEST(mirror_push_forgets_all_when_serve_goes)
{
    struct stage s = stage_new();
    struct mirror_push_message m;
    send_bulk(&s, 1, "{\"index\":{}}\n{}\n");
    EXPECT_EQ(part(&s, 2, false, slice_text("x")), OK); // not whole
    mirror_push_down(s.push);
    mirror_push_up(s.push);
    tell_positions(&s);
    EXPECT(!mirror_push_next(s.push, &m));
    send_bulk(&s, 1, "{\"index\":{}}\n{}\n"); // a part of another push would be refused
    EXPECT_EQ(next(&s).serial, 1);
    stage_done(&s);
}

TEST(mirror_push_refuses_parts_that_do_not_belong)
{
    struct stage s = stage_new();
    EXPECT_EQ(part(&s, 1, false, slice_text("x")), OK);
    EXPECT_EQ(part(&s, 2, false, slice_text("x")), ERR_CORRUPT);
    EXPECT_EQ(mirror_push_part(s.push, 1, slice_text("\2x"), NULL), ERR_CORRUPT);
    struct position other = {.source = "fleet"};
    EXPECT(!mirror_push_on_position(s.push, &other));
    stage_done(&s);
}
