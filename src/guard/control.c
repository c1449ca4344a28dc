// SPDX-License-Identifier: Apache-2.0
#include "guard/control.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/reader.h"
#include "guard/link.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

// A packet is the header of link.c and, for MESSAGE_LINK, nine bytes:
//
//     peer u8 | peer_pid u32 | peer_starts u32        (little-endian)

enum {
    HEADER_BYTES = MESSAGE_HEADER_BYTES,
    LINK_BYTES = 9,
    PACKET_BYTES = HEADER_BYTES + LINK_BYTES,
    FDS_MAX = 4
};

static enum err pair(int type, int out_ends[2], struct fault *why)
{
    int ends[2];
    if (socketpair(AF_UNIX, type, 0, ends) < 0)
        return fail(why, ERR_IO, "socket pair: %s", strerror(errno));
    out_ends[0] = ends[0];
    out_ends[1] = ends[1];
    return OK;
}

enum err control_pair(int out_ends[2], struct fault *why)
{
    return pair(SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, out_ends, why);
}

enum err control_link_pair(int out_ends[2], struct fault *why)
{
    return pair(SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, out_ends, why);
}

static enum err send_packet(int control, struct slice packet, const int *fds, size_t count,
                            struct fault *why)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
    } extra = {0};

    char bytes[PACKET_BYTES];
    memcpy(bytes, packet.at, packet.len);
    struct iovec part = {.iov_base = bytes, .iov_len = packet.len};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > 0) {
        message.msg_control = extra.room;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        CHECK(head != NULL); // there is room
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(head), fds, count * sizeof(int));
    }
    if (sendmsg(control, &message, MSG_NOSIGNAL) < 0)
        return fail(why, ERR_UNAVAILABLE, "control socket: %s", strerror(errno));
    return OK;
}

enum err control_send_link(int control, const struct control_link *link, int fd, struct fault *why)
{
    struct buf out AUTO(buf_donep) = buf_init(PACKET_BYTES);
    message_header_encode(&out, MESSAGE_LINK, LINK_BYTES, 0);
    buf_u8(&out, (uint8_t)link->peer);
    buf_u32_le(&out, link->peer_pid);
    buf_u32_le(&out, link->peer_starts);
    enum err e = buf_end(&out, why);
    return e ? e : send_packet(control, buf_slice(&out), &fd, 1, why);
}

enum err control_send_files(int control, const int *files, size_t count, struct fault *why)
{
    struct buf out AUTO(buf_donep) = buf_init(PACKET_BYTES);
    CHECK(count > 0 && count <= CONTROL_FILES_MAX);
    message_header_encode(&out, MESSAGE_CERTIFICATE, 0, 0);
    enum err e = buf_end(&out, why);
    return e ? e : send_packet(control, buf_slice(&out), files, count, why);
}

enum err control_say(int control, enum message_type word, struct fault *why)
{
    struct buf out AUTO(buf_donep) = buf_init(PACKET_BYTES);
    message_header_encode(&out, word, 0, 0);
    enum err e = buf_end(&out, why);
    return e ? e : send_packet(control, buf_slice(&out), NULL, 0, why);
}

struct packet {
    uint8_t bytes[PACKET_BYTES];
    size_t len;
    int fds[FDS_MAX];
    size_t fd_count;
    bool cut; // more bytes or descriptors than there was room for
};

static void packet_close(struct packet *p)
{
    for (size_t i = 0; i < p->fd_count; i++)
        close(p->fds[i]);
    p->fd_count = 0;
}

static void take_fds(struct msghdr *message, struct packet *p)
{
    for (struct cmsghdr *h = CMSG_FIRSTHDR(message); h; h = CMSG_NXTHDR(message, h)) {
        if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count && p->fd_count < FDS_MAX; i++)
            memcpy(&p->fds[p->fd_count++], CMSG_DATA(h) + i * sizeof(int), sizeof(int));
    }
}

static enum err receive_packet(int control, struct packet *out, bool *out_got, struct fault *why)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
    } extra = {0};
    struct iovec part = {.iov_base = out->bytes, .iov_len = sizeof out->bytes};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = extra.room,
                             .msg_controllen = sizeof extra.room};
    ssize_t n;
    do {
        n = recvmsg(control, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    *out_got = n > 0;
    if (n < 0 && errno == EAGAIN)
        return OK;
    if (n <= 0)
        return fail(why, ERR_UNAVAILABLE, "control socket: the other end closed");
    out->len = (size_t)n;
    out->cut = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
    take_fds(&message, out);
    return OK;
}

static enum err decode_link(struct reader *in, enum process self, struct control_link *out,
                            struct fault *why)
{
    uint8_t peer = reader_u8(in);
    uint32_t pid = reader_u32_le(in);
    uint32_t starts = reader_u32_le(in);
    enum err e = reader_end(in, why);
    if (e)
        return e;
    if (peer >= PROCESS_COUNT || peer == self || peer == PROCESS_LAUNCHER)
        return fail(why, ERR_CORRUPT, "link to process %u", peer);
    *out =
        (struct control_link){.peer = (enum process)peer, .peer_pid = pid, .peer_starts = starts};
    return OK;
}

static enum err decode_news(const struct packet *p, enum process self, struct control_news *out,
                            struct fault *why)
{
    struct reader in = reader_over(slice_of(p->bytes, p->len));
    struct message_header head;
    enum err e =
        message_header_decode(reader_bytes(&in, HEADER_BYTES), PROCESS_LAUNCHER, self, &head, why);
    if (e)
        return e;
    *out = (struct control_news){.type = (enum message_type)head.type};
    bool is_link = out->type == MESSAGE_LINK;
    e = is_link ? decode_link(&in, self, &out->link, why) : reader_end(&in, why);
    if (e)
        return e;
    if (is_link && (p->cut || p->fd_count != 1))
        return fail(why, ERR_CORRUPT, "a link comes with one descriptor");
    if (p->cut || p->fd_count == 0 || p->fd_count > CONTROL_FILES_MAX)
        return fail(why, ERR_CORRUPT, "a certificate comes with its files");
    return OK;
}

enum err control_receive_news(int control, enum process self, struct control_news *out,
                              bool *out_got, struct fault *why)
{
    struct packet p = {0};
    bool got = false;
    *out_got = false;
    enum err e = receive_packet(control, &p, &got, why);
    if (e || !got)
        return e;
    e = decode_news(&p, self, out, why);
    if (e) {
        packet_close(&p);
        return fail_in(why, e, "control socket");
    }
    memcpy(out->files, p.fds, p.fd_count * sizeof(int));
    out->file_count = p.fd_count;
    *out_got = true;
    return OK;
}

// The message table lets nothing but links through to who calls this.
enum err control_receive(int control, enum process self, struct control_link *out, int *out_fd,
                         bool *out_got, struct fault *why)
{
    struct control_news news;
    *out_got = false;
    bool got = false;
    CHECK(self != PROCESS_SERVE);
    enum err e = control_receive_news(control, self, &news, &got, why);
    if (e || !got)
        return e;
    *out = news.link;
    *out_fd = news.files[0];
    *out_got = true;
    return OK;
}

enum err control_hear(int control, enum message_type *out_word, bool *out_got, struct fault *why)
{
    struct packet p = {0};
    bool got = false;
    *out_got = false;
    enum err e = receive_packet(control, &p, &got, why);
    if (e || !got)
        return e;
    bool extra = p.cut || p.fd_count > 0;
    packet_close(&p);
    struct message_header head;
    e = message_header_decode(slice_of(p.bytes, p.len), PROCESS_SERVE, PROCESS_LAUNCHER, &head,
                              why);
    if (!e && extra)
        e = fail(why, ERR_CORRUPT, "control socket: a word with more than its header");
    if (e)
        return e;
    *out_word = (enum message_type)head.type;
    *out_got = true;
    return OK;
}
