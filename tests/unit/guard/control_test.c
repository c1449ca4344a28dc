// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "guard/control.h"
#include "guard/link.h"
#include "test.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct control_link sample = {
    .peer = PROCESS_SERVE, .peer_pid = 4711, .peer_starts = 3};

static void open_pair(int ends[2])
{
    EXPECT_EQ(control_pair(ends, NULL), OK);
}

static void close_pair(int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

TEST(control_hands_a_descriptor_over)
{
    int ends[2];
    int link[2];
    open_pair(ends);
    EXPECT_EQ(control_link_pair(link, NULL), OK);
    EXPECT_EQ(control_send_link(ends[0], &sample, link[1], NULL), OK);
    struct control_link got;
    int fd = -1;
    bool some = false;
    EXPECT_EQ(control_receive(ends[1], PROCESS_MIRROR, &got, &fd, &some, NULL), OK);
    EXPECT(some);
    EXPECT_EQ(got.peer, PROCESS_SERVE);
    EXPECT_EQ(got.peer_pid, 4711);
    EXPECT_EQ(got.peer_starts, 3);
    EXPECT(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    EXPECT_EQ(write(link[0], "x", 1), 1);
    char byte = 0;
    EXPECT_EQ(read(fd, &byte, 1), 1);
    EXPECT_EQ(byte, 'x');
    close(fd);
    close_pair(link);
    close_pair(ends);
}

TEST(control_without_news_says_so)
{
    int ends[2];
    open_pair(ends);
    struct control_link got;
    int fd = -1;
    bool some = true;
    EXPECT_EQ(control_receive(ends[1], PROCESS_MIRROR, &got, &fd, &some, NULL), OK);
    EXPECT(!some);
    close_pair(ends);
}

TEST(control_closed_by_the_launcher_means_stop)
{
    int ends[2];
    open_pair(ends);
    close(ends[0]);
    struct control_link got;
    int fd = -1;
    bool some = true;
    EXPECT_EQ(control_receive(ends[1], PROCESS_MIRROR, &got, &fd, &some, NULL), ERR_UNAVAILABLE);
    close(ends[1]);
}

static struct buf link_packet(void)
{
    struct buf out = buf_init(64);
    message_header_encode(&out, MESSAGE_LINK, 9, 0);
    buf_u8(&out, PROCESS_SERVE);
    buf_u32_le(&out, 1);
    buf_u32_le(&out, 1);
    return out;
}

// Sends the packet without a descriptor, as nobody honest does.
static enum err receive_bare(struct slice packet)
{
    int ends[2];
    open_pair(ends);
    EXPECT_EQ(send(ends[0], packet.at, packet.len, 0), (ssize_t)packet.len);
    struct control_link got;
    int fd = -1;
    bool some = false;
    enum err e = control_receive(ends[1], PROCESS_MIRROR, &got, &fd, &some, NULL);
    EXPECT_EQ(fd, -1);
    close_pair(ends);
    return e;
}

TEST(control_packet_without_its_descriptor_is_refused)
{
    struct buf packet AUTO(buf_donep) = link_packet();
    for (size_t len = 1; len <= packet.len; len++)
        EXPECT_EQ(receive_bare(slice_of(packet.at, len)), ERR_CORRUPT);
}

TEST(control_link_to_oneself_or_to_nobody_is_refused)
{
    static const enum process wrong[] = {PROCESS_MIRROR, PROCESS_LAUNCHER, PROCESS_COUNT};

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int ends[2];
        open_pair(ends);
        struct control_link link = {.peer = wrong[i]};
        EXPECT_EQ(control_send_link(ends[0], &link, ends[0], NULL), OK);
        struct control_link got;
        int fd = -1;
        bool some = false;
        EXPECT_EQ(control_receive(ends[1], PROCESS_MIRROR, &got, &fd, &some, NULL), ERR_CORRUPT);
        EXPECT_EQ(fd, -1);
        close_pair(ends);
    }
}

TEST(control_hands_files_to_serve_and_to_nobody_else)
{
    int ends[2];
    int files[2];
    open_pair(ends);
    EXPECT_EQ(control_link_pair(files, NULL), OK);
    EXPECT_EQ(control_send_files(ends[0], files, 2, NULL), OK);
    struct control_news got;
    bool some = false;
    EXPECT_EQ(control_receive_news(ends[1], PROCESS_SERVE, &got, &some, NULL), OK);
    EXPECT(some);
    EXPECT_EQ(got.type, MESSAGE_CERTIFICATE);
    EXPECT_EQ(got.file_count, 2);
    EXPECT_EQ(write(files[0], "x", 1), 1);
    char byte = 0;
    EXPECT_EQ(read(got.files[1], &byte, 1), 1);
    EXPECT_EQ(byte, 'x');
    close(got.files[0]);
    close(got.files[1]);
    EXPECT_EQ(control_send_files(ends[0], files, 2, NULL), OK);
    EXPECT_EQ(control_receive_news(ends[1], PROCESS_MIRROR, &got, &some, NULL), ERR_CORRUPT);
    EXPECT(!some);
    close_pair(files);
    close_pair(ends);
}

TEST(control_files_without_a_descriptor_are_refused)
{
    int ends[2];
    struct control_news got;
    bool some = true;
    struct buf packet AUTO(buf_donep) = buf_init(64);
    open_pair(ends);
    message_header_encode(&packet, MESSAGE_CERTIFICATE, 0, 0);
    EXPECT_EQ(send(ends[0], packet.at, packet.len, 0), (ssize_t)packet.len);
    EXPECT_EQ(control_receive_news(ends[1], PROCESS_SERVE, &got, &some, NULL), ERR_CORRUPT);
    EXPECT(!some);
    close_pair(ends);
}

TEST(control_carries_the_words_of_serve)
{
    int ends[2];
    open_pair(ends);
    bool got = true;
    enum message_type word = MESSAGE_LINK;
    EXPECT_EQ(control_hear(ends[0], &word, &got, NULL), OK);
    EXPECT(!got);
    EXPECT_EQ(control_say(ends[1], MESSAGE_READY, NULL), OK);
    EXPECT_EQ(control_say(ends[1], MESSAGE_COMPLAINT, NULL), OK);
    EXPECT_EQ(control_hear(ends[0], &word, &got, NULL), OK);
    EXPECT(got);
    EXPECT_EQ(word, MESSAGE_READY);
    EXPECT_EQ(control_hear(ends[0], &word, &got, NULL), OK);
    EXPECT_EQ(word, MESSAGE_COMPLAINT);
    EXPECT_EQ(send(ends[1], "ready", 5, 0), 5);
    EXPECT_EQ(control_hear(ends[0], &word, &got, NULL), ERR_CORRUPT);
    EXPECT(!got);
    close_pair(ends);
}
