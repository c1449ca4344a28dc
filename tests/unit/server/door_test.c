// SPDX-License-Identifier: Apache-2.0
// The listening socket is a unix one, so nothing here touches the network.
#include "base/arena.h"
#include "base/buf.h"
#include "server/door.h"
#include "unit/server/place.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>

struct house {
    atomic_int plain_count; // who came without TLS
    struct place place;
    struct sockaddr_un at;
    int listening;
    struct door *door;
    int entered[2]; // socket pair: who entered is told here, by descriptor number
};

static void enter(void *context, const struct door_guest *guest)
{
    struct house *h = context;
    ssize_t n = write(h->entered[1], &guest->fd, sizeof guest->fd);
    (void)n;
}

static void plain(void *context, const struct door_guest *guest)
{
    struct house *h = context;
    (void)guest;
    h->plain_count++;
}

static void tick(void *context)
{
    (void)context;
}

static void house_open(struct house *h)
{
    h->place = place_make();
    h->plain_count = 0;
    h->at = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(h->at.sun_path, sizeof h->at.sun_path, "%s/s", h->place.path);
    h->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    EXPECT_EQ(bind(h->listening, (struct sockaddr *)&h->at, sizeof h->at), 0);
    EXPECT_EQ(listen(h->listening, 16), 0);
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, h->entered), 0);
    struct door_options options = {.listening = h->listening,
                                   .https = "https://tamis.example:9200",
                                   .context = h,
                                   .enter = enter,
                                   .plain = plain,
                                   .tick = tick};
    EXPECT_EQ(door_open(&options, &h->door, NULL), OK);
}

static void house_close(struct house *h)
{
    door_close(h->door);
    close(h->listening);
    close(h->entered[0]);
    close(h->entered[1]);
    place_drop(&h->place);
}

static int knock(const struct house *h, const char *words)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(fd, (const struct sockaddr *)&h->at, sizeof h->at), 0);
    if (words)
        EXPECT_EQ(write(fd, words, strlen(words)), (ssize_t)strlen(words));
    return fd;
}

TEST(door_answers_plain_http_with_the_https_url_and_closes)
{
    struct house h;
    house_open(&h);
    int fd = knock(&h, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    char reply[4096] = {0};
    size_t len = 0;
    for (ssize_t n = 1; n > 0 && len<sizeof reply - 1; len += n> 0 ? (size_t)n : 0)
        n = read(fd, reply + len, sizeof reply - 1 - len);
    close(fd);
    house_close(&h);
    EXPECT_EQ(h.plain_count, 1);
    EXPECT(strncmp(reply, "HTTP/1.1 400 ", 13) == 0);
    EXPECT(strstr(reply, "use https://tamis.example:9200") != NULL);
    EXPECT(strstr(reply, "\r\nX-Elastic-Product: Elasticsearch\r\n") != NULL);
}

TEST(door_lets_a_tls_handshake_in_untouched)
{
    struct house h;
    house_open(&h);
    int fd = knock(&h, "\x16\x03\x01");
    int guest = -1;
    EXPECT_EQ(read(h.entered[0], &guest, sizeof guest), sizeof guest);
    char first[4] = {0};
    EXPECT_EQ(read(guest, first, sizeof first), 3);
    EXPECT_EQ(first[0], 0x16);
    close(guest);
    close(fd);
    house_close(&h);
}

TEST(door_is_not_held_by_those_who_say_nothing)
{
    struct house h;
    house_open(&h);
    int silent[8];
    for (size_t i = 0; i < 8; i++)
        silent[i] = knock(&h, NULL);
    int fd = knock(&h, "\x16");
    int guest = -1;
    EXPECT_EQ(read(h.entered[0], &guest, sizeof guest), sizeof guest);
    close(guest);
    close(fd);
    house_close(&h); // closes the silent ones
    for (size_t i = 0; i < 8; i++) {
        char byte;
        EXPECT_EQ(read(silent[i], &byte, 1), 0);
        close(silent[i]);
    }
}

TEST(door_answer_says_how_long_it_is)
{
    struct buf out AUTO(buf_donep) = buf_init(4096);
    door_plain_answer("https://x:1", &out);
    buf_u8(&out, 0);
    const char *text = (const char *)out.at;
    const char *body = strstr(text, "\r\n\r\n") + 4;
    char length[64];
    snprintf(length, sizeof length, "Content-Length: %zu\r\n", strlen(body));
    EXPECT(strstr(text, length) != NULL);
}
