// SPDX-License-Identifier: Apache-2.0
#include "server/process.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "keys/crypto.h"
#include "keys/key_ring.h"
#include "server/approved.h"
#include "server/directory.h"
#include "server/keeper.h"
#include "server/mirror.h"
#include "server/reach.h"
#include "server/serve.h"
#include "server/tls.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { START_ARENA_BYTES = 256 << 20 };

static const struct world here = {.ops = &world_real_ops, .dir = AT_FDCWD};

static enum err enter(const struct process_start *start, const struct policy *policy,
                      struct arena *arena, struct sandbox_facts *out, struct fault *why)
{
    struct sandbox box = {.self = start->self,
                          .own_user = start->user.is_own,
                          .uid = start->user.uid,
                          .gid = start->user.gid,
                          .guests = start->self == PROCESS_SERVE ? start->config->connections : 0};
    enum err e = reach_of(policy, arena, &box, why);
    const char *witness = start->config->audit_witness;
    if (!e && start->self == PROCESS_SERVE && witness[0])
        e = sandbox_store(&box, witness, why);
    return e ? e : sandbox_enter(&box, out, why);
}

static enum err run_keeper(const struct process_start *start, const struct policy *policy,
                           struct arena *arena, struct fault *why)
{
    struct sandbox_facts facts;
    enum err e = enter(start, policy, arena, &facts, why);
    struct key_ring *ring = NULL;
    if (!e)
        e = key_ring_open(&here, &ring, why);
    if (e)
        return e;
    struct keeper keeper = {
        .policy = policy, .ring = ring, .generations = start->approved->generations, .files = here};
    e = keeper_run(&keeper, PROCESS_CONTROL_FD, why);
    key_ring_close(ring);
    return e;
}

static enum err run_mirror(const struct process_start *start, const struct policy *policy,
                           struct arena *arena, struct fault *why)
{
    struct sandbox_facts facts;
    enum err e = enter(start, policy, arena, &facts, why);
    struct mirror_context context = {.control = PROCESS_CONTROL_FD, .policy = policy};
    return e ? e : mirror_run(&context, why);
}

static enum err read_pem(const char *name, struct buf *out, struct fault *why)
{
    *out = buf_init(TLS_PEM_BYTES);
    enum err e = world_read_file(&here, name, out, why);
    return e ? e : buf_end(out, why);
}

struct pems {
    struct buf key, cert, clients;
};

static enum err read_pems(const struct config *config, struct pems *out, struct fault *why)
{
    enum err e = read_pem(DIRECTORY_TLS "/server.key", &out->key, why);
    if (!e)
        e = read_pem(DIRECTORY_TLS "/server.crt", &out->cert, why);
    if (!e && config->tls_client_ca[0])
        e = read_pem(config->tls_client_ca, &out->clients, why);
    if (!e && config->tls_client_ca[0] && out->clients.len == 0)
        e = fail(why, ERR_INVALID, "tls.client_ca: %s is empty", config->tls_client_ca);
    return e;
}

static enum err make_tls(const struct pems *p, struct tls **out, struct fault *why)
{
    const struct tls_pem pem = {buf_slice(&p->key), buf_slice(&p->cert), buf_slice(&p->clients)};
    return tls_new(&pem, out, why);
}

static void pems_done(struct pems *p)
{
    if (p->key.at)
        wipe(p->key.at, p->key.size);
    buf_done(&p->key);
    buf_done(&p->cert);
    buf_done(&p->clients);
}

// The socket is bound before the sandbox, which forbids to bind; so is the key read,
// which belongs to another user.
static enum err run_serve(const struct process_start *start, const struct policy *policy,
                          struct arena *arena, struct fault *why)
{
    struct pems pems = {0};
    struct serve_context context = {.control = PROCESS_CONTROL_FD,
                                    .listening = -1,
                                    .endpoint = start->config->listen,
                                    .policy = policy,
                                    .config = start->config,
                                    .approved = start->approved,
                                    .has_own_user = start->user.is_own,
                                    .starts = start->starts};
    enum err e = read_pems(start->config, &pems, why);
    if (!e)
        e = endpoint_listen(&context.endpoint, &context.listening, why);
    if (!e)
        e = enter(start, policy, arena, &context.sandbox, why);
    if (!e)
        e = make_tls(&pems, &context.tls, why);
    pems_done(&pems);
    if (!e)
        e = serve_run(&context, why);
    tls_unref(context.tls);
    if (context.listening >= 0)
        close(context.listening);
    return e;
}

// The launcher stops its children by closing the control socket, so a Ctrl-C that the
// terminal sends to all must not take them before their turn.
static void settle(const struct process_start *start)
{
    char name[16];
    log_name(process_name(start->self));
    snprintf(name, sizeof name, "tamis-%s", process_name(start->self));
    (void)prctl(PR_SET_NAME, name); // only for who looks at ps
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXFSZ};
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        signal(ignored[i], SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// What the launcher was started with is none of its children's business: variables may
// hold secrets of a shell or a unit, and libpq would obey PGHOSTADDR and its kin, so that
// the policy alone would not say whom mirror connects to.
void process_forget_environment(void)
{
    for (char **variable = environ; *variable; variable++)
        wipe(*variable, strlen(*variable));
    CHECK(clearenv() == 0);
}

static enum err run(const struct process_start *start, struct arena *arena, struct fault *why)
{
    // Before the sandbox sets this again; here for the time until then.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != start->launcher_pid)
        return fail(why, ERR_UNAVAILABLE, "the launcher is gone");
    const struct policy *policy = NULL;
    enum err e = crypto_start(why);
    if (!e)
        e = policy_parse(buf_slice(&start->approved->policy), arena, &policy, why);
    if (e)
        return e;
    if (start->self == PROCESS_KEEPER)
        return run_keeper(start, policy, arena, why);
    if (start->self == PROCESS_MIRROR)
        return run_mirror(start, policy, arena, why);
    return run_serve(start, policy, arena, why);
}

int process_main(const struct process_start *start)
{
    settle(start);
    process_forget_environment();
    struct arena *arena AUTO(arena_freep) = arena_new(START_ARENA_BYTES);
    struct fault why = {0};
    enum err e = run(start, arena, &why);
    if (e)
        log_line(LOG_ERROR, "%s", why.words);
    return e ? 1 : 0;
}
