// SPDX-License-Identifier: Apache-2.0
#include "server/launcher.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "guard/control.h"
#include "guard/syscalls.h"
#include "policy/policy.h"
#include "server/directory.h"
#include "server/installation.h"
#include "server/layer_key.h"
#include "server/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    BACK_OFF_MS_MIN = 100,
    BACK_OFF_MS_MAX = 5000,
    LIVED_WELL_US = 10 * 1000000, // after so long a death is not part of a series
    STOP_US = 15 * 1000000,       // then it is killed
    STOP_POLL_MS = 50,
    LOG_BYTES = 16384,
    FORGET_BYTES = 256 << 20,
    ROUNDS_MAX = 64, // reads of one child's doings before the others have their turn
};

struct child {
    pid_t pid;   // 0: not running
    int control; // our end; -1 when closed
    uint32_t starts;
    int64_t started_us, again_us; // when to start it again
    int back_off_ms;
};

struct launcher {
    const struct launcher_options *options;
    struct installation at;
    struct child children[PROCESS_COUNT]; // [PROCESS_LAUNCHER] stays empty
    int signals;                          // signalfd: SIGCHLD, SIGTERM, SIGINT, ...
    int log[2];                           // pipe: what children say, on its way to our stderr
    bool was_ready, stops;
    bool looks_again; // at what is approved: SIGUSR1 came
    bool renews;      // the certificate: SIGHUP came
    bool gave_up;     // a child ended before anything was answered
};

// Children write no file at all, not even where our standard error goes.
static void pass_log_on(struct launcher *l)
{
    char bytes[LOG_BYTES];
    for (int i = 0; i < ROUNDS_MAX; i++) {
        ssize_t n = read(l->log[0], bytes, sizeof bytes);
        if (n <= 0)
            return;
        ssize_t written = write(STDERR_FILENO, bytes, (size_t)n);
        (void)written; // nobody to tell
    }
}

static bool place_fd(int from, int to)
{
    return from == to ? fcntl(to, F_SETFD, 0) == 0 : dup2(from, to) == to;
}

// In the child: only the control socket, the lock and the log are left of what the
// launcher has open.  Both go high first, so that placing one does not close the other.
static bool arrange_fds(const struct launcher *l, int control)
{
    int high = PROCESS_LOCK_FD + 1;
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int control_high = fcntl(control, F_DUPFD, high);
    int lock_high = fcntl(l->at.dir.dir, F_DUPFD, high);
    int log_high = fcntl(l->log[1], F_DUPFD, high);
    return nothing >= 0 && control_high >= 0 && lock_high >= 0 && log_high >= 0 &&
           place_fd(nothing, STDIN_FILENO) && place_fd(log_high, STDOUT_FILENO) &&
           place_fd(log_high, STDERR_FILENO) && place_fd(control_high, PROCESS_CONTROL_FD) &&
           place_fd(lock_high, PROCESS_LOCK_FD) && close_range((unsigned)high, ~0u, 0) == 0;
}

static void be_child(const struct launcher *l, enum process self, int control, pid_t launcher)
{
    struct process_start start = {.self = self,
                                  .config = &l->at.config,
                                  .approved = &l->at.approved,
                                  .user = l->at.users[self],
                                  .launcher_pid = launcher,
                                  .starts = l->children[self].starts + 1};
    _exit(arrange_fds(l, control) ? process_main(&start) : 1);
}

static enum err start_child(struct launcher *l, enum process self, struct fault *why)
{
    int ends[2];
    enum err e = control_pair(ends, why);
    if (e)
        return e;
    struct child *c = &l->children[self];
    pid_t launcher = getpid();
    pid_t pid = fork();
    if (pid == 0)
        be_child(l, self, ends[1], launcher);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return fail(why, ERR_LIMIT, "cannot start %s: %s", process_name(self), strerror(errno));
    }
    c->pid = pid;
    c->control = ends[0];
    c->started_us = monotonic_us();
    c->starts++;
    return OK;
}

static enum err send_end(const struct launcher *l, enum process to, enum process peer, int fd,
                         struct fault *why)
{
    const struct child *other = &l->children[peer];
    struct control_link link = {
        .peer = peer, .peer_pid = (uint32_t)other->pid, .peer_starts = other->starts};
    return control_send_link(l->children[to].control, &link, fd, why);
}

// A child that is dying does not take its end; it gets another when it is back.
static void link_two(const struct launcher *l, enum process a, enum process b)
{
    if (l->children[a].control < 0 || l->children[b].control < 0)
        return;
    int ends[2];
    struct fault why = {0};
    enum err e = control_link_pair(ends, &why);
    if (!e) {
        e = send_end(l, a, b, ends[0], &why);
        if (!e)
            e = send_end(l, b, a, ends[1], &why);
        close(ends[0]);
        close(ends[1]);
    }
    if (e && e != ERR_UNAVAILABLE)
        log_line(LOG_WARN, "link of %s and %s: %s", process_name(a), process_name(b), why.words);
}

static void link_to_others(const struct launcher *l, enum process self)
{
    for (int i = PROCESS_KEEPER; i < PROCESS_COUNT; i++) {
        if ((enum process)i != self && l->children[i].pid)
            link_two(l, self, (enum process)i);
    }
}

static void close_control(struct child *c)
{
    if (c->control >= 0)
        close(c->control);
    c->control = -1;
}

static void say_how_it_ended(enum process self, pid_t pid, int status)
{
    if (WIFSIGNALED(status))
        log_line(LOG_WARN, "%s (pid %d) was ended by signal %d", process_name(self), (int)pid,
                 WTERMSIG(status));
    else
        log_line(LOG_WARN, "%s (pid %d) ended with status %d", process_name(self), (int)pid,
                 WEXITSTATUS(status));
}

static void child_ended(struct launcher *l, enum process self, int status)
{
    struct child *c = &l->children[self];
    pass_log_on(l); // its last words come first
    if (!l->stops || WIFSIGNALED(status) || WEXITSTATUS(status) != 0)
        say_how_it_ended(self, c->pid, status);
    close_control(c);
    c->pid = 0;
    if (monotonic_us() - c->started_us > LIVED_WELL_US)
        c->back_off_ms = 0;
    c->back_off_ms = c->back_off_ms ? c->back_off_ms * 2 : BACK_OFF_MS_MIN;
    if (c->back_off_ms > BACK_OFF_MS_MAX)
        c->back_off_ms = BACK_OFF_MS_MAX;
    c->again_us = monotonic_us() + (int64_t)c->back_off_ms * 1000;
    // Without mirror what is stored can be answered, so its failing is no reason to end.
    if (!l->was_ready && !l->stops && WIFEXITED(status) && self != PROCESS_MIRROR) {
        l->gave_up = true;
        l->stops = true;
    }
}

static void reap(struct launcher *l)
{
    for (;;) {
        int status = 0;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid <= 0)
            return;
        for (int i = PROCESS_KEEPER; i < PROCESS_COUNT; i++) {
            if (l->children[i].pid == pid)
                child_ended(l, (enum process)i, status);
        }
    }
}

static void hear_signals(struct launcher *l)
{
    struct signalfd_siginfo info;
    while (read(l->signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGUSR1)
            l->looks_again = true;
        else if (info.ssi_signo == SIGHUP)
            l->renews = true;
        else if (info.ssi_signo != SIGCHLD)
            l->stops = true;
    }
    reap(l);
}

// Made new each time: root writes through no link that somebody else has put there.
static void make_ready_file(struct launcher *l)
{
    l->was_ready = true;
    if (!l->options->ready_file)
        return;
    (void)unlink(l->options->ready_file); // there was none, or one of ours
    int fd = open(l->options->ready_file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, "ready\n", 6) != 6)
        log_line(LOG_WARN, "%s: %s", l->options->ready_file, strerror(errno));
    if (fd >= 0)
        close(fd);
}

// Serve answers, so the store has no pseudonym of an older layer: its key is destroyed.  In a
// process of its own, as the launcher parses no policy.
static void forget_layers(const struct launcher *l)
{
    pid_t pid = fork();
    if (pid != 0)
        return; // its end is heard as a child's that is none of the three; a failure is tried again
    struct arena *arena = arena_new(FORGET_BYTES);
    const struct policy *policy = NULL;
    struct fault why = {0};
    enum err e = crypto_start(&why);
    if (!e)
        e = policy_parse(buf_slice(&l->at.approved.policy), arena, &policy, &why);
    if (!e)
        e = layer_keys_forget(&l->at.dir, policy->schema, l->at.approved.generations, &why);
    if (e)
        log_line(LOG_WARN, "old layers of pseudonyms: %s", why.words);
    _exit(e ? 1 : 0);
}

// What is left after as many words is heard in the next round: serve may be anybody's by
// now, and must not keep us from signals.
static void hear_serve(struct launcher *l)
{
    for (int i = 0; i < ROUNDS_MAX; i++) {
        enum message_type word = MESSAGE_READY;
        bool got = false;
        struct fault why = {0};
        enum err e = control_hear(l->children[PROCESS_SERVE].control, &word, &got, &why);
        if (e == ERR_CORRUPT)
            log_line(LOG_ERROR, "serve: %s", why.words);
        if (e)
            close_control(&l->children[PROCESS_SERVE]); // makes it stop, if it has not
        if (e || !got)
            return;
        if (word == MESSAGE_READY) {
            make_ready_file(l);
            forget_layers(l);
        } else if (l->children[PROCESS_MIRROR].pid)
            (void)kill(l->children[PROCESS_MIRROR].pid, SIGKILL); // may be gone already
    }
}

static void start_those_due(struct launcher *l)
{
    int64_t now = monotonic_us();
    for (int i = PROCESS_KEEPER; i < PROCESS_COUNT; i++) {
        struct child *c = &l->children[i];
        if (c->pid || c->again_us > now)
            continue;
        struct fault why = {0};
        if (start_child(l, (enum process)i, &why)) {
            log_line(LOG_ERROR, "%s", why.words);
            c->again_us = now + (int64_t)BACK_OFF_MS_MAX * 1000;
        } else {
            link_to_others(l, (enum process)i);
        }
    }
}

static int wait_ms(const struct launcher *l)
{
    int64_t now = monotonic_us();
    int64_t least = -1;
    for (int i = PROCESS_KEEPER; i < PROCESS_COUNT; i++) {
        const struct child *c = &l->children[i];
        int64_t left = c->again_us > now ? (c->again_us - now) / 1000 + 1 : 0;
        if (!c->pid && (least < 0 || left < least))
            least = left;
    }
    return (int)least;
}

static void wait_and_hear(struct launcher *l, int timeout_ms)
{
    struct pollfd wait[] = {{.fd = l->signals, .events = POLLIN},
                            {.fd = l->log[0], .events = POLLIN},
                            {.fd = l->children[PROCESS_SERVE].control, .events = POLLIN}};
    (void)poll(wait, 3, timeout_ms); // interrupted: round again
    pass_log_on(l);
    if (wait[2].revents)
        hear_serve(l);
    hear_signals(l);
}

static void stop_child(struct launcher *l, enum process self)
{
    struct child *c = &l->children[self];
    int64_t until_us = monotonic_us() + STOP_US;
    close_control(c);
    while (c->pid && monotonic_us() < until_us)
        wait_and_hear(l, STOP_POLL_MS);
    if (!c->pid)
        return;
    log_line(LOG_WARN, "%s does not stop; it is killed", process_name(self));
    (void)kill(c->pid, SIGKILL);
    while (c->pid)
        wait_and_hear(l, STOP_POLL_MS);
}

static enum err watch_signals(struct launcher *l, struct fault *why)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGPIPE); // a log that nobody reads any more must not end us
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return fail(why, ERR_IO, "signals: %s", strerror(errno));
    sigdelset(&set, SIGPIPE);
    l->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (l->signals < 0 || pipe2(l->log, O_CLOEXEC | O_NONBLOCK) < 0)
        return fail(why, ERR_IO, "signals: %s", strerror(errno));
    return OK;
}

static enum err prepare(struct launcher *l, struct fault *why)
{
    log_name("launcher");
    umask(077);
    enum err e = installation_open(l->options->directory, l->options->listen, &l->at, why);
    // Of an earlier run; under the lock, so it is not of one that serves right now.
    if (!e && l->options->ready_file)
        (void)unlink(l->options->ready_file);
    if (!e)
        e = watch_signals(l, why);
    if (!e && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        e = fail(why, ERR_IO, "no new privileges: %s", strerror(errno));
    return e ? e : syscalls_restrict(PROCESS_LAUNCHER, why);
}

static const enum process stop_order[] = {PROCESS_SERVE, PROCESS_MIRROR, PROCESS_KEEPER};

static void stop_children(struct launcher *l)
{
    for (size_t i = 0; i < sizeof stop_order / sizeof stop_order[0]; i++)
        stop_child(l, stop_order[i]);
}

// A pipe or a device could keep us waiting.
static enum err open_file(const char *name, int *out_fd, struct fault *why)
{
    struct stat st;
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fail(why, ERR_IO, "%s: %s", name, strerror(errno));
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return fail(why, ERR_INVALID, "%s is no file", name);
    }
    *out_fd = fd;
    return OK;
}

// Serve cannot open them, and what is in them is none of the launcher's business: it hands the
// descriptors over.  What serve makes of them it says itself.
static void renew_certificate(struct launcher *l)
{
    const char *const names[CONTROL_FILES_MAX] = {
        DIRECTORY_TLS "/server.key", DIRECTORY_TLS "/server.crt", l->at.config.tls_client_ca};
    size_t wanted = l->at.config.tls_client_ca[0] ? 3 : 2;
    int files[CONTROL_FILES_MAX] = {-1, -1, -1};
    size_t count = 0;
    struct fault why = {0};
    enum err e = OK;
    l->renews = false;
    for (; !e && count < wanted; count += !e)
        e = open_file(names[count], &files[count], &why);
    // A serve that is away reads them when it is back.
    if (!e && l->children[PROCESS_SERVE].control >= 0)
        e = control_send_files(l->children[PROCESS_SERVE].control, files, count, &why);
    if (e)
        log_line(LOG_ERROR, "the certificate stays as it is: %s", why.words);
    while (count > 0)
        close(files[--count]);
}

static bool same_processes(const struct config *a, const struct config *b)
{
    return memcmp(a->users, b->users, sizeof a->users) == 0;
}

// Children keep the policy and the configuration they were born with, so new ones are born.
static void take_over(struct launcher *l, const struct installation *now)
{
    log_line(LOG_INFO, "what is approved has changed: entry %lld of the ratchet, by %s",
             (long long)now->approved.seq, now->approved.who);
    if (!same_processes(&now->config, &l->at.config))
        log_line(LOG_WARN, "other users of processes take effect at the next start");
    stop_children(l);
    approved_done(&l->at.approved);
    l->at.approved = now->approved;
    l->at.config = now->config;
    for (int i = PROCESS_KEEPER; i < PROCESS_COUNT; i++) {
        l->children[i].again_us = 0;
        l->children[i].back_off_ms = 0;
    }
}

// A mistake in a file leaves everything as it is.
static void look_again(struct launcher *l)
{
    l->looks_again = false;
    struct installation now = {.dir = l->at.dir};
    struct fault why = {0};
    if (installation_reread(&l->at, l->options->listen, &now, &why)) {
        log_line(LOG_ERROR, "nothing is taken over: %s", why.words);
        return;
    }
    char was[ENDPOINT_TEXT_BYTES];
    char is[ENDPOINT_TEXT_BYTES];
    endpoint_print(&l->at.config.listen, was);
    endpoint_print(&now.config.listen, is);
    bool is_same = strcmp(was, is) == 0 && now.approved.destroyed == l->at.approved.destroyed &&
                   memcmp(now.approved.generations, l->at.approved.generations,
                          sizeof now.approved.generations) == 0 &&
                   strcmp(now.config.tls_client_ca, l->at.config.tls_client_ca) == 0 &&
                   slice_equal(buf_slice(&now.approved.policy), buf_slice(&l->at.approved.policy));
    if (is_same)
        approved_done(&now.approved);
    else
        take_over(l, &now);
}

enum err launcher_run(const struct launcher_options *options, struct fault *why)
{
    struct launcher l = {.options = options, .signals = -1, .log = {-1, -1}};
    for (int i = 0; i < PROCESS_COUNT; i++)
        l.children[i].control = -1;
    l.at.dir.dir = -1;
    enum err e = prepare(&l, why);
    while (!e && !l.stops) {
        start_those_due(&l);
        wait_and_hear(&l, wait_ms(&l));
        if (l.looks_again && !l.stops)
            look_again(&l);
        if (l.renews && !l.stops)
            renew_certificate(&l);
    }
    l.stops = true;
    if (!e)
        stop_children(&l);
    if (!e && l.gave_up)
        e = fail(why, ERR_UNAVAILABLE, "it does not start; the reason is in the lines above");
    if (l.was_ready && options->ready_file)
        (void)unlink(options->ready_file);
    installation_close(&l.at);
    for (int i = 0; i < 2; i++) {
        if (l.log[i] >= 0)
            close(l.log[i]);
    }
    if (l.signals >= 0)
        close(l.signals);
    return e;
}
