// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "base/limits.h"
#include "guard/control.h"
#include "guard/link.h"
#include "test.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

// Mirror's end of a link, and the bare socket where serve would be.
struct half {
    struct link *link;
    int peer;
};

static struct half half_open(enum process self, enum process peer)
{
    int ends[2];
    EXPECT_EQ(control_link_pair(ends, NULL), OK);
    return (struct half){.link = link_new(ends[0], self, peer), .peer = ends[1]};
}

static void half_close(struct half *h)
{
    link_free(h->link);
    close(h->peer);
}

static struct buf header_of(enum message_type type, uint32_t length)
{
    struct buf out = buf_init(MESSAGE_HEADER_BYTES);
    message_header_encode(&out, type, length, 77);
    return out;
}

static enum err decode_hello(struct slice bytes)
{
    struct message_header head;
    return message_header_decode(bytes, PROCESS_MIRROR, PROCESS_SERVE, &head, NULL);
}

TEST(message_header_reads_back)
{
    struct buf bytes AUTO(buf_donep) = header_of(MESSAGE_HELLO, 8);
    struct message_header head;
    EXPECT_EQ(message_header_decode(buf_slice(&bytes), PROCESS_MIRROR, PROCESS_SERVE, &head, NULL),
              OK);
    EXPECT_EQ(head.type, MESSAGE_HELLO);
    EXPECT_EQ(head.length, 8);
    EXPECT_EQ(head.serial, 77);
    static const uint8_t golden[] = {'T', 'S', 'L', 'K', 1,  0, 9, 0, 8, 0, 0, 0,
                                     0,   0,   0,   0,   77, 0, 0, 0, 0, 0, 0, 0};
    EXPECT(slice_equal(buf_slice(&bytes), slice_of(golden, sizeof golden)));
}

TEST(message_header_cut_short_is_refused)
{
    struct buf bytes AUTO(buf_donep) = header_of(MESSAGE_HELLO, 8);
    expect_every_prefix_refused(buf_slice(&bytes), decode_hello);
}

TEST(message_header_with_any_bit_flipped_is_refused)
{
    struct buf bytes AUTO(buf_donep) = header_of(MESSAGE_HELLO, 8);
    // The serial is any number, so the last eight bytes have no wrong value.
    for (size_t bit = 0; bit < 16 * 8; bit++) {
        bytes.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
        EXPECT_EQ(decode_hello(buf_slice(&bytes)), ERR_CORRUPT);
        bytes.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    EXPECT_EQ(decode_hello(buf_slice(&bytes)), OK);
}

TEST(message_header_in_the_wrong_direction_is_refused)
{
    for (int type = 1; type < MESSAGE_TYPE_COUNT; type++) {
        const struct message_rule *rule = &message_rules[type];
        struct buf bytes AUTO(buf_donep) = header_of((enum message_type)type, rule->length_min);
        for (int from = 0; from < PROCESS_COUNT; from++) {
            for (int to = 0; to < PROCESS_COUNT; to++) {
                struct message_header head;
                bool may = (enum process)from == rule->from &&
                           (rule->to == PROCESS_COUNT || (enum process)to == rule->to);
                enum err e = message_header_decode(buf_slice(&bytes), (enum process)from,
                                                   (enum process)to, &head, NULL);
                EXPECT_EQ(e, may ? OK : ERR_CORRUPT);
            }
        }
    }
}

TEST(message_of_the_wrong_length_is_refused)
{
    for (int type = 1; type < MESSAGE_TYPE_COUNT; type++) {
        const struct message_rule *rule = &message_rules[type];
        enum process to = rule->to == PROCESS_COUNT ? PROCESS_MIRROR : rule->to;
        struct message_header head;
        struct buf over AUTO(buf_donep) = header_of((enum message_type)type, rule->length_max + 1);
        EXPECT_EQ(message_header_decode(buf_slice(&over), rule->from, to, &head, NULL),
                  ERR_CORRUPT);
        struct buf huge AUTO(buf_donep) = header_of((enum message_type)type, UINT32_MAX);
        EXPECT_EQ(message_header_decode(buf_slice(&huge), rule->from, to, &head, NULL),
                  ERR_CORRUPT);
        if (rule->length_min == 0)
            continue;
        struct buf under AUTO(buf_donep) = header_of((enum message_type)type, rule->length_min - 1);
        EXPECT_EQ(message_header_decode(buf_slice(&under), rule->from, to, &head, NULL),
                  ERR_CORRUPT);
    }
}

TEST(link_gives_out_what_was_sent_in_order)
{
    int ends[2];
    EXPECT_EQ(control_link_pair(ends, NULL), OK);
    struct link *mirror = link_new(ends[0], PROCESS_MIRROR, PROCESS_SERVE);
    struct link *serve = link_new(ends[1], PROCESS_SERVE, PROCESS_MIRROR);
    static uint8_t payload[300000];
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)(i * 7);
    for (uint64_t serial = 1; serial <= 5; serial++)
        EXPECT_EQ(
            link_send(mirror, MESSAGE_CHANGESET, serial, slice_of(payload, serial * 60000), NULL),
            OK);
    uint64_t seen = 0;
    while (seen < 5) {
        EXPECT_EQ(link_flush(mirror, NULL), OK);
        struct message m;
        bool got = false;
        EXPECT_EQ(link_receive(serve, &m, &got, NULL), OK);
        if (!got)
            continue;
        seen++;
        EXPECT_EQ(m.type, MESSAGE_CHANGESET);
        EXPECT_EQ(m.serial, seen);
        EXPECT(slice_equal(m.payload, slice_of(payload, seen * 60000)));
    }
    EXPECT_EQ(link_queued(mirror), 0);
    link_free(mirror);
    link_free(serve);
}

TEST(link_takes_a_message_byte_by_byte)
{
    struct half h = half_open(PROCESS_SERVE, PROCESS_MIRROR);
    struct buf bytes AUTO(buf_donep) = buf_init(64);
    message_header_encode(&bytes, MESSAGE_HELLO, 8, 1);
    buf_u64_le(&bytes, 12345);
    for (size_t i = 0; i < bytes.len; i++) {
        struct message m;
        bool got = true;
        EXPECT_EQ(link_receive(h.link, &m, &got, NULL), OK);
        EXPECT(!got);
        EXPECT_EQ(write(h.peer, bytes.at + i, 1), 1);
    }
    struct message m;
    bool got = false;
    EXPECT_EQ(link_receive(h.link, &m, &got, NULL), OK);
    EXPECT(got);
    EXPECT_EQ(m.payload.at[0], 12345 & 0xff);
    half_close(&h);
}

TEST(link_to_a_peer_that_left_is_unavailable)
{
    struct half h = half_open(PROCESS_SERVE, PROCESS_MIRROR);
    struct buf bytes AUTO(buf_donep) = header_of(MESSAGE_HELLO, 8);
    EXPECT_EQ(write(h.peer, bytes.at, bytes.len), (ssize_t)bytes.len);
    shutdown(h.peer, SHUT_RDWR);
    struct message m;
    bool got = true;
    struct fault why = {0};
    EXPECT_EQ(link_receive(h.link, &m, &got, &why), ERR_UNAVAILABLE);
    EXPECT(!got);
    EXPECT(strstr(why.words, "mirror") != NULL);
    EXPECT_EQ(link_send(h.link, MESSAGE_DURABLE, 1, slice_of(NULL, 0), NULL), OK);
    EXPECT_EQ(link_flush(h.link, NULL), ERR_UNAVAILABLE);
    half_close(&h);
}

TEST(link_queues_no_more_than_its_limit)
{
    struct half h = half_open(PROCESS_MIRROR, PROCESS_SERVE);
    uint8_t *large = calloc(1, LIMIT_CHANGESET_BYTES);
    enum err e = OK;
    int sent = 0;
    for (; !e && sent < 100; sent++)
        e = link_send(h.link, MESSAGE_CHANGESET, 1, slice_of(large, LIMIT_CHANGESET_BYTES), NULL);
    free(large);
    EXPECT_EQ(e, ERR_LIMIT);
    EXPECT_EQ(sent, 4);
    half_close(&h);
}

static void answer(struct half *h, enum message_type type, uint64_t serial, struct slice payload)
{
    struct buf bytes AUTO(buf_donep) = buf_init(4096);
    message_header_encode(&bytes, type, (uint32_t)payload.len, serial);
    buf_slice_add(&bytes, payload);
    EXPECT_EQ(write(h->peer, bytes.at, bytes.len), (ssize_t)bytes.len);
}

static enum err ask_key(struct half *h, struct fault *why)
{
    static const uint8_t label[128] = "pseudonym/device";
    struct message m;
    enum err e =
        link_ask(h->link, MESSAGE_KEY_ASK, slice_of(label, sizeof label), MESSAGE_KEY, &m, 20, why);
    if (!e)
        EXPECT_EQ(m.payload.len, 32);
    return e;
}

TEST(asking_gives_the_answer_the_refusal_or_the_time_out)
{
    static const uint8_t key[32] = {1};
    struct half h = half_open(PROCESS_MIRROR, PROCESS_KEEPER);
    answer(&h, MESSAGE_KEY, 1, slice_of(key, 32));
    EXPECT_EQ(ask_key(&h, NULL), OK);
    answer(&h, MESSAGE_REFUSED, 2, slice_text("no such\nlabel"));
    struct fault why = {0};
    EXPECT_EQ(ask_key(&h, &why), ERR_DENIED);
    EXPECT(strcmp(why.words, "keeper refused: no such?label") == 0);
    EXPECT_EQ(ask_key(&h, NULL), ERR_TIMEOUT);
    half_close(&h);
}

TEST(an_answer_to_another_question_is_refused)
{
    static const uint8_t key[32] = {1};
    struct half h = half_open(PROCESS_MIRROR, PROCESS_KEEPER);
    answer(&h, MESSAGE_KEY, 9, slice_of(key, 32));
    EXPECT_EQ(ask_key(&h, NULL), ERR_CORRUPT);
    answer(&h, MESSAGE_PASSWORD, 2, slice_of(key, 32));
    EXPECT_EQ(ask_key(&h, NULL), ERR_CORRUPT);
    half_close(&h);
}
