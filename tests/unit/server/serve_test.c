// SPDX-License-Identifier: Apache-2.0
// Serve outside its sandbox, over a unix socket, in a child of its own.
#include "access/access.h"
#include "guard/control.h"
#include "guard/link.h"
#include "server/directory.h"
#include "server/keeper.h"
#include "server/serve.h"
#include "server/tls.h"
#include "unit/server/launch.h"

#include <sys/socket.h>
#include <sys/un.h>

struct stage {
    struct launched l;
    int control; // the launcher's end
    pid_t pid, keeper;
};

static int unix_listening(const struct place *p)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s/socket", p->path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    EXPECT_EQ(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    EXPECT_EQ(listen(fd, 4), 0);
    return fd;
}

static struct buf pem_of(const char *name)
{
    struct world here = {.ops = &world_real_ops, .dir = AT_FDCWD};
    struct buf out = buf_init(1 << 16);
    if (world_read_file(&here, name, &out, NULL))
        _exit(9);
    return out;
}

static int serve_in(const struct stage *s, int control)
{
    int log = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(log, STDERR_FILENO);
    signal(SIGPIPE, SIG_IGN);
    if (chdir(s->l.home) < 0)
        return 8;
    struct arena *a = arena_new(16 << 20);
    struct config config;
    config_default(&config);
    struct buf key AUTO(buf_donep) = pem_of("tls/server.key");
    struct buf cert AUTO(buf_donep) = pem_of("tls/server.crt");
    const struct tls_pem pem = {.key = buf_slice(&key), .cert = buf_slice(&cert)};
    struct tls *tls = NULL;
    if (tls_new(&pem, &tls, NULL))
        return 6;
    struct serve_context context = {.control = control,
                                    .listening = unix_listening(&s->l.place),
                                    .endpoint = config.listen,
                                    .config = &config,
                                    .tls = tls,
                                    .starts = 1};
    if (policy_parse(slice_text("sources: {}\n"), a, &context.policy, NULL))
        return 7;
    int status = serve_run(&context, NULL) == OK ? 0 : 1;
    close(context.listening);
    tls_unref(tls);
    arena_free(a);
    return status;
}

// A keeper outside its sandbox, whose only link is to serve.
static int keeper_in(const struct stage *s, int end)
{
    struct keeper keeper = {0};
    struct key_ring *ring = NULL;
    struct arena *a = arena_new(16 << 20);
    int control[2];
    close(s->control); // its closing is what stops serve
    if (world_open(s->l.home, &keeper.files, NULL) || key_ring_open(&keeper.files, &ring, NULL) ||
        policy_parse(slice_text("sources: {}\n"), a, &keeper.policy, NULL) ||
        control_pair(control, NULL))
        return 7;
    struct control_link given = {.peer = PROCESS_SERVE, .peer_pid = 1, .peer_starts = 1};
    if (control_send_link(control[0], &given, end, NULL))
        return 8;
    keeper.ring = ring;
    return keeper_run(&keeper, control[1], NULL) == OK ? 0 : 1;
}

static void stage_keeper(struct stage *s)
{
    int ends[2];
    EXPECT_EQ(control_link_pair(ends, NULL), OK);
    s->keeper = fork();
    if (s->keeper == 0)
        _exit(keeper_in(s, ends[1]));
    struct control_link given = {.peer = PROCESS_KEEPER, .peer_pid = 1, .peer_starts = 1};
    EXPECT_EQ(control_send_link(s->control, &given, ends[0], NULL), OK);
    close(ends[0]);
    close(ends[1]);
}

static void stage_open(struct stage *s)
{
    int ends[2];
    launched_make(&s->l);
    EXPECT_EQ(control_pair(ends, NULL), OK);
    s->control = ends[0];
    s->pid = fork();
    if (s->pid == 0) {
        close(ends[0]);
        _exit(serve_in(s, ends[1]));
    }
    close(ends[1]);
    stage_keeper(s);
}

static int stage_close(struct stage *s)
{
    int status = 0;
    close(s->control);
    EXPECT_EQ(waitpid(s->pid, &status, 0), s->pid);
    EXPECT_EQ(kill(s->keeper, SIGKILL), 0);
    EXPECT_EQ(waitpid(s->keeper, NULL, 0), s->keeper);
    place_drop(&s->l.place);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool hears(struct stage *s, enum message_type want)
{
    struct pollfd wait = {.fd = s->control, .events = POLLIN};
    enum message_type word = MESSAGE_LINK;
    bool got = false;
    return poll(&wait, 1, 20000) == 1 && control_hear(s->control, &word, &got, NULL) == OK && got &&
           word == want;
}

TEST(serve_says_that_it_is_ready_and_stops_when_told)
{
    struct stage s;
    stage_open(&s);
    bool ready = hears(&s, MESSAGE_READY);
    bool has_status = place_mode(&s.l.place, "home/run/status.json") == 0600;
    EXPECT_EQ(stage_close(&s), 0);
    EXPECT(ready);
    EXPECT(has_status);
}

static enum err none(void *context, const struct access_note *n, struct fault *why)
{
    (void)n;
    *(int *)context += 1;
    return fail(why, ERR_IO, "there is one");
}

static bool log_holds(const struct stage *s, const char *words)
{
    char command[256];
    snprintf(command, sizeof command, "grep -qr '%s' '%s/audit'", words, s->l.home);
    return system(command) == 0; // NOLINT(cert-env33-c,concurrency-mt-unsafe): a test's own words
}

TEST(serve_puts_on_record_what_was_changed_while_it_was_away)
{
    struct stage s;
    struct access *a = NULL;
    char path[160];
    int left = 0;
    stage_open(&s);
    bool ready = hears(&s, MESSAGE_READY);
    snprintf(path, sizeof path, "%s/access", s.l.home);
    EXPECT_EQ(access_open(path, false, &a, NULL), OK);
    enum err e = access_notes_take(a, none, &left, NULL);
    bool has_first = log_holds(&s, "roles: none -> admin"); // what tamis init made
    access_close(a);
    EXPECT_EQ(stage_close(&s), 0);
    EXPECT(ready);
    EXPECT_EQ(e, OK);
    EXPECT_EQ(left, 0);
    EXPECT(has_first);
}

TEST(serve_complains_about_a_mirror_under_another_policy_and_goes_on)
{
    struct stage s;
    int ends[2];
    stage_open(&s);
    bool ready = hears(&s, MESSAGE_READY);
    EXPECT_EQ(control_link_pair(ends, NULL), OK);
    struct control_link given = {.peer = PROCESS_MIRROR, .peer_pid = 1, .peer_starts = 1};
    EXPECT_EQ(control_send_link(s.control, &given, ends[1], NULL), OK);
    close(ends[1]);
    struct link *mirror = link_new(ends[0], PROCESS_MIRROR, PROCESS_SERVE);
    static const uint8_t fingerprint[8] = "strange";
    EXPECT_EQ(link_send(mirror, MESSAGE_HELLO, 0, slice_of(fingerprint, 8), NULL), OK);
    EXPECT_EQ(link_flush(mirror, NULL), OK);
    bool complains = hears(&s, MESSAGE_COMPLAINT);
    link_free(mirror);
    EXPECT_EQ(stage_close(&s), 0);
    EXPECT(ready);
    EXPECT(complains);
}
