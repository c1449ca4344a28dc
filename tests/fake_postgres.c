// SPDX-License-Identifier: Apache-2.0
#include "fake_postgres.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/reader.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CLIENTS_MAX = 16, OUT_BYTES_MAX = 16 << 20, LOG_BYTES_MAX = 1 << 20 };

struct client {
    struct fake_postgres *pg;
    int fd;
    pthread_t thread;
};

struct fake_postgres {
    char directory[64];
    char path[100];
    int listener;
    const struct fake_reply *replies;
    size_t reply_count;
    pthread_t thread;
    struct client clients[CLIENTS_MAX];
    int client_count;
    pthread_mutex_t lock; // log
    struct buf log;       // every statement, each ended by a NUL
    atomic_uint_fast64_t confirmed;
};

static bool read_whole(int fd, void *at, size_t len)
{
    for (size_t got = 0; got < len;) {
        ssize_t n = recv(fd, (uint8_t *)at + got, len - got, 0);
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    return true;
}

static bool write_whole(int fd, const struct buf *out)
{
    for (size_t sent = 0; sent < out->len;) {
        ssize_t n = send(fd, out->at + sent, out->len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        sent += (size_t)n;
    }
    return true;
}

static void message(struct buf *out, char type, struct slice body)
{
    buf_u8(out, (uint8_t)type);
    buf_u32_be(out, (uint32_t)body.len + 4);
    buf_slice_add(out, body);
}

static void u16(struct buf *b, size_t v)
{
    buf_u8(b, (uint8_t)(v >> 8));
    buf_u8(b, (uint8_t)v);
}

static void text(struct buf *b, const char *t)
{
    buf_bytes(b, t, strlen(t) + 1);
}

static void ready(struct buf *out)
{
    message(out, 'Z', slice_text("I"));
}

static void parameter(struct buf *out, const char *name, const char *value)
{
    struct buf body = buf_init(1000);
    text(&body, name);
    text(&body, value);
    message(out, 'S', buf_slice(&body));
    buf_done(&body);
}

static void greet(struct buf *out)
{
    message(out, 'R', slice_of("\0\0\0\0", 4));
    parameter(out, "server_version", "15.9");
    parameter(out, "client_encoding", "UTF8");
    parameter(out, "in_hot_standby", "off");
    parameter(out, "default_transaction_read_only", "off");
    message(out, 'K', slice_of("\0\0\0\1\0\0\0\2", 8));
    ready(out);
}

static size_t count_columns(const char *rows)
{
    size_t columns = 1;
    for (; *rows && *rows != '\n'; rows++)
        columns += *rows == '|';
    return columns;
}

static void describe(struct buf *out, size_t columns)
{
    struct buf body = buf_init(4096);
    u16(&body, columns);
    for (size_t i = 0; i < columns; i++) {
        text(&body, "c");
        buf_u32_be(&body, 0);
        u16(&body, 0);
        buf_u32_be(&body, 25); // text
        u16(&body, 0xffff);
        buf_u32_be(&body, UINT32_MAX);
        u16(&body, 0);
    }
    message(out, 'T', buf_slice(&body));
    buf_done(&body);
}

// One line, up to its newline or end; returns where the next begins.
static const char *data_row(struct buf *out, const char *line, size_t columns)
{
    struct buf body = buf_init(1 << 16);
    u16(&body, columns);
    for (size_t i = 0; i < columns; i++) {
        size_t len = strcspn(line, "|\n");
        bool is_null = len == 2 && memcmp(line, "\\N", 2) == 0;
        buf_u32_be(&body, is_null ? UINT32_MAX : (uint32_t)len);
        if (!is_null)
            buf_bytes(&body, line, len);
        line += len;
        line += *line == '|' || *line == '\n';
    }
    message(out, 'D', buf_slice(&body));
    buf_done(&body);
    return line;
}

static void send_rows(struct buf *out, const char *rows)
{
    size_t columns = count_columns(rows);
    describe(out, columns);
    while (*rows)
        rows = data_row(out, rows, columns);
    message(out, 'C', slice_of("SELECT", 7));
}

static void send_error(struct buf *out, const char *error)
{
    struct buf body = buf_init(1000);
    text(&body, "SERROR");
    buf_u8(&body, 'C');
    buf_bytes(&body, error, 5);
    buf_u8(&body, 0);
    buf_u8(&body, 'M');
    text(&body, error + 6);
    buf_u8(&body, 0);
    message(out, 'E', buf_slice(&body));
    buf_done(&body);
}

static void send_copy(struct buf *out, struct slice data)
{
    message(out, 'H', slice_of("\1\0\0", 3));
    size_t half = data.len / 2;
    message(out, 'd', slice_of(data.at, half));
    message(out, 'd', slice_from(data, half));
    message(out, 'c', slice_of(NULL, 0));
    message(out, 'C', slice_of("COPY", 5));
}

static void send_stream(struct buf *out, struct slice frames)
{
    message(out, 'W', slice_of("\0\0\0", 3));
    struct reader in = reader_over(frames);
    while (reader_left(&in) > 0)
        message(out, 'd', reader_bytes(&in, reader_u32_be(&in)));
}

static const struct fake_reply *find(const struct fake_postgres *pg, const char *sql)
{
    for (size_t i = 0; i < pg->reply_count; i++)
        if (strstr(sql, pg->replies[i].when))
            return &pg->replies[i];
    return NULL;
}

// Whether the server is ready for the next statement then; not while it streams.
static bool answer(struct fake_postgres *pg, const char *sql, struct buf *out)
{
    pthread_mutex_lock(&pg->lock);
    text(&pg->log, sql);
    pthread_mutex_unlock(&pg->lock);
    const struct fake_reply *reply = find(pg, sql);
    if (!reply)
        send_error(out, "42601 the test has no answer to this");
    else if (reply->error)
        send_error(out, reply->error);
    else if (reply->stream.at)
        send_stream(out, reply->stream);
    else if (reply->copy.at)
        send_copy(out, reply->copy);
    else if (reply->rows)
        send_rows(out, reply->rows);
    else
        message(out, 'C', slice_of("DONE", 5));
    return !reply || reply->error || !reply->stream.at;
}

static void take_status(struct fake_postgres *pg, struct slice body)
{
    struct reader in = reader_over(body);
    (void)reader_u8(&in);
    (void)reader_u64_be(&in);
    atomic_store(&pg->confirmed, reader_u64_be(&in));
}

// A statement waits in `sql` from Parse until Sync.
static void take(struct fake_postgres *pg, char type, struct slice body, struct buf *sql,
                 struct buf *out)
{
    struct reader in = reader_over(body);
    if (type == 'Q') {
        if (answer(pg, (const char *)body.at, out))
            ready(out);
    } else if (type == 'P') {
        (void)reader_cstring(&in);
        buf_reset(sql);
        struct slice said = reader_cstring(&in);
        buf_slice_add(sql, said);
        buf_u8(sql, 0);
    } else if (type == 'S') {
        message(out, '1', slice_of(NULL, 0));
        message(out, '2', slice_of(NULL, 0));
        (void)answer(pg, (const char *)sql->at, out);
        ready(out);
    } else if (type == 'd') {
        take_status(pg, body);
    }
}

static bool one_message(struct client *c, struct buf *sql, struct buf *out)
{
    uint8_t head[5];
    if (!read_whole(c->fd, head, sizeof head))
        return false;
    size_t len = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
    if (head[0] == 'X' || len < 4 || len > LOG_BYTES_MAX)
        return false;
    struct buf body = buf_init(LOG_BYTES_MAX);
    uint8_t *room = buf_room(&body, len - 4 + 1);
    bool is_good = read_whole(c->fd, room, len - 4);
    room[len - 4] = 0;
    buf_reset(out);
    if (is_good)
        take(c->pg, (char)head[0], slice_of(room, len - 4), sql, out);
    buf_done(&body);
    return is_good && write_whole(c->fd, out);
}

static void *serve(void *context)
{
    struct client *c = context;
    struct buf out = buf_init(OUT_BYTES_MAX), sql = buf_init(LOG_BYTES_MAX);
    uint8_t head[4], body[4096];
    bool is_good = read_whole(c->fd, head, sizeof head);
    size_t len = (size_t)head[2] << 8 | head[3];
    is_good = is_good && len >= 8 && len <= sizeof body && read_whole(c->fd, body, len - 4);
    greet(&out);
    is_good = is_good && write_whole(c->fd, &out);
    while (is_good && one_message(c, &sql, &out))
        ;
    shutdown(c->fd, SHUT_RDWR);
    buf_done(&out);
    buf_done(&sql);
    return NULL;
}

static void *listen_on(void *context)
{
    struct fake_postgres *pg = context;
    for (;;) {
        int fd = accept(pg->listener, NULL, NULL);
        if (fd < 0)
            return NULL;
        CHECK(pg->client_count < CLIENTS_MAX);
        struct client *c = &pg->clients[pg->client_count++];
        *c = (struct client){.pg = pg, .fd = fd};
        CHECK(pthread_create(&c->thread, NULL, serve, c) == 0);
    }
}

struct fake_postgres *fake_postgres_start(const struct fake_reply *replies, size_t count)
{
    struct fake_postgres *pg = calloc(1, sizeof *pg);
    CHECK(pg != NULL);
    pg->replies = replies;
    pg->reply_count = count;
    pg->log = buf_init(LOG_BYTES_MAX);
    pthread_mutex_init(&pg->lock, NULL);
    snprintf(pg->directory, sizeof pg->directory, "/tmp/fake-postgres-XXXXXX");
    CHECK(mkdtemp(pg->directory) != NULL);
    snprintf(pg->path, sizeof pg->path, "%s/.s.PGSQL.5432", pg->directory);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, pg->path, strlen(pg->path));
    pg->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(pg->listener, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(listen(pg->listener, CLIENTS_MAX) == 0);
    CHECK(pthread_create(&pg->thread, NULL, listen_on, pg) == 0);
    return pg;
}

void fake_postgres_stop(struct fake_postgres *pg)
{
    shutdown(pg->listener, SHUT_RDWR); // ends accept()
    pthread_join(pg->thread, NULL);
    close(pg->listener);
    for (int i = 0; i < pg->client_count; i++) {
        shutdown(pg->clients[i].fd, SHUT_RDWR);
        pthread_join(pg->clients[i].thread, NULL);
        close(pg->clients[i].fd);
    }
    unlink(pg->path);
    rmdir(pg->directory);
    buf_done(&pg->log);
    pthread_mutex_destroy(&pg->lock);
    free(pg);
}

const char *fake_postgres_directory(const struct fake_postgres *pg)
{
    return pg->directory;
}

int fake_postgres_seen(struct fake_postgres *pg, const char *sought)
{
    int seen = 0;
    pthread_mutex_lock(&pg->lock);
    struct reader in = reader_over(buf_slice(&pg->log));
    while (reader_left(&in) > 0) {
        struct slice sql = reader_cstring(&in);
        seen += memmem(sql.at, sql.len, sought, strlen(sought)) != NULL;
    }
    pthread_mutex_unlock(&pg->lock);
    return seen;
}

uint64_t fake_postgres_confirmed(struct fake_postgres *pg)
{
    return atomic_load(&pg->confirmed);
}
