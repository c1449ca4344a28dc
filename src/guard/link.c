// SPDX-License-Identifier: Apache-2.0
#include "guard/link.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/reader.h"
#include "base/world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    HEADER_BYTES = MESSAGE_HEADER_BYTES,
    READ_BYTES = 64 << 10,           // asked of the socket at a time, at least
    QUEUE_BYTES_MAX = 64 << 20,      // waiting to be sent; four of the largest changesets
    KEEP_BYTES_MAX = 4 * READ_BYTES, // a send queue that grew past this is given back
};

// `in` holds bytes read: up to in_at they belong to messages already given out.
// `out` holds bytes queued: up to out_at the socket has taken them.
struct link {
    int fd;
    enum process self, peer;
    struct buf in, out;
    size_t in_at, out_at;
    uint64_t asked; // serial of the last link_ask()
};

struct link *link_new(int fd, enum process self, enum process peer)
{
    struct link *l = calloc(1, sizeof *l);
    CHECK(l != NULL);
    int flags = fcntl(fd, F_GETFL);
    CHECK(flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0);
    *l = (struct link){.fd = fd, .self = self, .peer = peer};
    l->in = buf_init(HEADER_BYTES + LIMIT_CHANGESET_BYTES + READ_BYTES);
    l->out = buf_init(QUEUE_BYTES_MAX);
    return l;
}

void link_free(struct link *l)
{
    if (!l)
        return;
    close(l->fd);
    buf_done(&l->in);
    buf_done(&l->out);
    free(l);
}

int link_fd(const struct link *l)
{
    return l->fd;
}

size_t link_queued(const struct link *l)
{
    return l->out.len - l->out_at;
}

static enum err check_rule(uint16_t type, uint32_t length, enum process from, enum process to,
                           struct fault *why)
{
    if (type == 0 || type >= MESSAGE_TYPE_COUNT)
        return fail(why, ERR_CORRUPT, "message of unknown type %u", type);
    const struct message_rule *rule = &message_rules[type];
    if (rule->from != from || (rule->to != to && rule->to != PROCESS_COUNT))
        return fail(why, ERR_CORRUPT, "message %s may not go from %s to %s", rule->name,
                    process_name(from), process_name(to));
    if (length < rule->length_min || length > rule->length_max)
        return fail(why, ERR_CORRUPT, "message %s of %u bytes, not %u to %u", rule->name, length,
                    rule->length_min, rule->length_max);
    return OK;
}

enum err message_header_decode(struct slice bytes, enum process from, enum process to,
                               struct message_header *out, struct fault *why)
{
    struct reader in = reader_over(bytes);
    uint32_t magic = reader_u32_le(&in);
    uint16_t version = reader_u16_le(&in);
    uint16_t type = reader_u16_le(&in);
    uint32_t length = reader_u32_le(&in);
    uint32_t reserved = reader_u32_le(&in);
    uint64_t serial = reader_u64_le(&in);
    enum err e = reader_end(&in, why);
    if (e)
        return fail_in(why, e, "message header");
    if (magic != MESSAGE_MAGIC || version != MESSAGE_VERSION || reserved != 0)
        return fail(why, ERR_CORRUPT, "not a message header of version %d", MESSAGE_VERSION);
    e = check_rule(type, length, from, to, why);
    if (e)
        return e;
    *out = (struct message_header){.type = type, .length = length, .serial = serial};
    return OK;
}

void message_header_encode(struct buf *out, enum message_type type, uint32_t length,
                           uint64_t serial)
{
    buf_u32_le(out, MESSAGE_MAGIC);
    buf_u16_le(out, MESSAGE_VERSION);
    buf_u16_le(out, (uint16_t)type);
    buf_u32_le(out, length);
    buf_u32_le(out, 0);
    buf_u64_le(out, serial);
}

// Moves what is still to be sent to the front, when that frees at least half.
static void pack_out(struct link *l)
{
    size_t left = link_queued(l);
    if (left == 0 && l->out.size > KEEP_BYTES_MAX)
        buf_done(&l->out);
    if (l->out_at < left)
        return;
    if (left > 0)
        memmove(l->out.at, l->out.at + l->out_at, left);
    l->out.len = left;
    l->out_at = 0;
}

enum err link_send_pieces(struct link *l, enum message_type type, uint64_t serial,
                          const struct slice pieces[2], struct fault *why)
{
    // What we send ourselves obeys the table too; anything else is our own bug.
    size_t len = pieces[0].len + pieces[1].len;
    CHECK(len <= UINT32_MAX);
    CHECK(check_rule((uint16_t)type, (uint32_t)len, l->self, l->peer, NULL) == OK);
    pack_out(l);
    if (HEADER_BYTES + len > QUEUE_BYTES_MAX - l->out.len)
        return fail(why, ERR_LIMIT, "more than %d bytes wait for %s", QUEUE_BYTES_MAX,
                    process_name(l->peer));
    message_header_encode(&l->out, type, (uint32_t)len, serial);
    buf_slice_add(&l->out, pieces[0]);
    buf_slice_add(&l->out, pieces[1]);
    return OK;
}

enum err link_send(struct link *l, enum message_type type, uint64_t serial, struct slice payload,
                   struct fault *why)
{
    const struct slice pieces[2] = {payload, slice_of(NULL, 0)};
    return link_send_pieces(l, type, serial, pieces, why);
}

static enum err peer_gone(const struct link *l, struct fault *why)
{
    return fail(why, ERR_UNAVAILABLE, "%s closed the link", process_name(l->peer));
}

enum err link_flush(struct link *l, struct fault *why)
{
    while (link_queued(l) > 0) {
        ssize_t n = send(l->fd, l->out.at + l->out_at, link_queued(l), MSG_NOSIGNAL);
        if (n >= 0) {
            l->out_at += (size_t)n;
        } else if (errno == EAGAIN) {
            return OK;
        } else if (errno != EINTR) {
            return peer_gone(l, why);
        }
    }
    pack_out(l);
    return OK;
}

// Bytes still missing before a whole message lies at in_at; 0 when one does.
static enum err bytes_missing(struct link *l, struct message_header *header, size_t *out,
                              struct fault *why)
{
    size_t have = l->in.len - l->in_at;
    if (have < HEADER_BYTES) {
        *out = HEADER_BYTES - have;
        return OK;
    }
    enum err e = message_header_decode(slice_of(l->in.at + l->in_at, HEADER_BYTES), l->peer,
                                       l->self, header, why);
    if (e)
        return fail_in(why, e, "from %s", process_name(l->peer));
    size_t whole = HEADER_BYTES + (size_t)header->length;
    *out = have < whole ? whole - have : 0;
    return OK;
}

static void pack_in(struct link *l)
{
    size_t left = l->in.len - l->in_at;
    if (l->in_at == 0)
        return;
    if (left == 0 && l->in.size > KEEP_BYTES_MAX)
        buf_done(&l->in);
    else if (left > 0)
        memmove(l->in.at, l->in.at + l->in_at, left);
    l->in.len = left;
    l->in_at = 0;
}

static enum err read_more(struct link *l, size_t missing, bool *out_some, struct fault *why)
{
    size_t want = missing > READ_BYTES ? missing : READ_BYTES;
    uint8_t *room = buf_room(&l->in, want);
    CHECK(room != NULL); // the limit holds the largest message and one read
    ssize_t n;
    do {
        n = recv(l->fd, room, want, 0);
    } while (n < 0 && errno == EINTR);
    l->in.len -= want - (n > 0 ? (size_t)n : 0);
    *out_some = n > 0;
    return n > 0 || (n < 0 && errno == EAGAIN) ? OK : peer_gone(l, why);
}

enum err link_receive(struct link *l, struct message *out, bool *out_got, struct fault *why)
{
    *out_got = false;
    for (;;) {
        struct message_header header = {0};
        size_t missing = 0;
        enum err e = bytes_missing(l, &header, &missing, why);
        if (e)
            return e;
        if (missing == 0) {
            out->type = (enum message_type)header.type;
            out->serial = header.serial;
            out->payload = slice_of(l->in.at + l->in_at + HEADER_BYTES, header.length);
            l->in_at += HEADER_BYTES + (size_t)header.length;
            *out_got = true;
            return OK;
        }
        pack_in(l);
        bool some = false;
        e = read_more(l, missing, &some, why);
        if (e || !some)
            return e;
    }
}

static enum err wait_for(struct link *l, int64_t until_us, struct fault *why)
{
    int64_t left_ms = (until_us - monotonic_us()) / 1000;
    if (left_ms <= 0)
        return fail(why, ERR_TIMEOUT, "%s did not answer in time", process_name(l->peer));
    struct pollfd wait = {.fd = l->fd, .events = POLLIN};
    if (link_queued(l) > 0)
        wait.events |= POLLOUT;
    (void)poll(&wait, 1, (int)left_ms); // a failed poll ends as a time-out
    return OK;
}

// The words came from another process: only printable ones are passed on.
static enum err refused(struct slice words, enum process peer, struct fault *why)
{
    char text[FAULT_WORDS_BYTES];
    size_t len = words.len < sizeof text - 1 ? words.len : sizeof text - 1;
    for (size_t i = 0; i < len; i++)
        text[i] = (char)(words.at[i] >= ' ' && words.at[i] < 0x7f ? words.at[i] : '?');
    text[len] = '\0';
    return fail(why, ERR_DENIED, "%s refused: %s", process_name(peer), text);
}

static enum err check_answer(const struct link *l, const struct message *got,
                             enum message_type want, struct fault *why)
{
    if (got->serial != l->asked)
        return fail(why, ERR_CORRUPT, "%s answered another question", process_name(l->peer));
    if (got->type == MESSAGE_REFUSED)
        return refused(got->payload, l->peer, why);
    if (got->type != want)
        return fail(why, ERR_CORRUPT, "%s answered with a message %s", process_name(l->peer),
                    message_rules[got->type].name);
    return OK;
}

// NOLINTNEXTLINE(readability-function-size): six, and the fault that explains.
enum err link_ask(struct link *l, enum message_type type, struct slice payload,
                  enum message_type want, struct message *out, int timeout_ms, struct fault *why)
{
    int64_t until_us = monotonic_us() + (int64_t)timeout_ms * 1000;
    enum err e = link_send(l, type, ++l->asked, payload, why);
    bool got = false;
    while (!e) {
        e = link_flush(l, why);
        if (!e)
            e = link_receive(l, out, &got, why);
        if (e || got)
            break;
        e = wait_for(l, until_us, why);
    }
    return e ? e : check_answer(l, out, want, why);
}
