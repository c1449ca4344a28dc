// SPDX-License-Identifier: Apache-2.0
#include "server/suggest.h"

#include "keys/crypto.h"
#include "policy/survey_watch.h"
#include "server/process.h"
#include "server/reach.h"
#include "source/pg_survey.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARENA_BYTES = 256 << 20, TEXT_BYTES_MAX = 16 << 20, PIECE_BYTES = 16 << 10 };

static void value(void *context, struct survey_column *c, const struct slice *text)
{
    survey_value(context, c, text);
}

static void end(void *context)
{
    survey_end(context);
}

static bool is_stopping(void *context)
{
    (void)context;
    return false;
}

static enum err enter(const struct suggest_needs *needs, struct arena *arena, struct fault *why)
{
    const struct policy_source source = {.name = needs->source.name,
                                         .conninfo = needs->source.conninfo};
    const struct policy policy = {.source_count = 1, .sources = &source};
    struct sandbox_facts facts;
    struct sandbox box = {.self = PROCESS_MIRROR,
                          .own_user = needs->as.is_own,
                          .uid = needs->as.uid,
                          .gid = needs->as.gid};
    enum err e = reach_of(&policy, arena, &box, why);
    return e ? e : sandbox_enter(&box, &facts, why);
}

static enum err look(const struct suggest_needs *needs, struct arena *arena, struct survey *out,
                     struct fault *why)
{
    const struct source_sink sink = {.is_stopping = is_stopping,
                                     .wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    const struct source_spec spec = {.name = needs->source.name,
                                     .conninfo = needs->source.conninfo,
                                     .copy = {.user = needs->user, .password = needs->password}};
    struct survey_watch *watch = NULL;
    enum err e = enter(needs, arena, why);
    if (!e)
        e = crypto_start(why);
    if (!e)
        e = survey_watch_new(&watch, why);
    const struct survey_judge judge = {.context = watch, .value = value, .end = end};
    if (!e)
        e = pg_survey(&spec, &sink, &judge, arena, out, why);
    survey_watch_free(watch);
    close(sink.wake_fd);
    return e;
}

static bool write_all(int fd, const void *at, size_t len)
{
    const uint8_t *bytes = at;
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

// The first byte is an enum err; behind it is the policy's text, or the words.
static int child(const struct suggest_needs *needs, int fd)
{
    process_forget_environment();
    struct fault why = {0};
    struct survey survey;
    struct arena *arena AUTO(arena_freep) = arena_new(ARENA_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(TEXT_BYTES_MAX);
    enum err e = look(needs, arena, &survey, &why);
    if (!e)
        suggest_print(&needs->source, &survey, &out);
    if (!e)
        e = buf_end(&out, &why);
    uint8_t code = (uint8_t)e;
    bool told = write_all(fd, &code, 1) &&
                (e ? write_all(fd, why.words, strlen(why.words)) : write_all(fd, out.at, out.len));
    return told ? 0 : 1;
}

static enum err read_all(int fd, struct buf *out, struct fault *why)
{
    uint8_t piece[PIECE_BYTES];
    for (;;) {
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(why, ERR_IO, "hearing the survey: %s", strerror(errno));
        if (n == 0)
            return buf_end(out, why);
        buf_bytes(out, piece, (size_t)n);
    }
}

static enum err hear(int fd, struct buf *out, struct fault *why)
{
    struct buf said AUTO(buf_donep) = buf_init(TEXT_BYTES_MAX + 1);
    enum err e = read_all(fd, &said, why);
    if (e)
        return e;
    if (said.len == 0)
        return fail(why, ERR_UNAVAILABLE, "the survey ended early");
    struct slice text = slice_from(buf_slice(&said), 1);
    if (said.at[0] != OK)
        return fail(why, (enum err)said.at[0], "%.*s", SLICE_PRINT(text));
    buf_slice_add(out, text);
    return OK;
}

enum err suggest_run(const struct suggest_needs *needs, struct buf *out, struct fault *why)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return fail(why, ERR_LIMIT, "a pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        _exit(child(needs, ends[1]));
    }
    close(ends[1]);
    enum err e = pid < 0 ? fail(why, ERR_LIMIT, "a process for the survey: %s", strerror(errno))
                         : hear(ends[0], out, why);
    close(ends[0]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    return e;
}
