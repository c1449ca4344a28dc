// SPDX-License-Identifier: Apache-2.0
#include "guard/sandbox.h"

#include "guard/landlock.h"
#include "guard/syscalls.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { FILES_MAX = 65536, FILES_SMALL = 256 };

static enum err system_said(struct fault *why, const char *what)
{
    return fail(why, ERR_IO, "sandbox: %s: %s", what, strerror(errno));
}

enum err sandbox_read(struct sandbox *s, const char *path, struct fault *why)
{
    if (s->read_count == SANDBOX_PATHS_MAX)
        return fail(why, ERR_LIMIT, "more than %d paths to read", SANDBOX_PATHS_MAX);
    s->read[s->read_count++] = path;
    return OK;
}

enum err sandbox_store(struct sandbox *s, const char *path, struct fault *why)
{
    if (s->store_count == SANDBOX_PATHS_MAX)
        return fail(why, ERR_LIMIT, "more than %d paths to write", SANDBOX_PATHS_MAX);
    s->store[s->store_count++] = path;
    return OK;
}

enum err sandbox_port(struct sandbox *s, uint16_t port, struct fault *why)
{
    for (uint32_t i = 0; i < s->port_count; i++) {
        if (s->ports[i] == port)
            return OK;
    }
    if (s->port_count == SANDBOX_PORTS_MAX)
        return fail(why, ERR_LIMIT, "more than %d ports to connect to", SANDBOX_PORTS_MAX);
    s->ports[s->port_count++] = port;
    return OK;
}

// Lowers both limits, never raises the hard one.
static enum err limit(int what, rlim_t most, const char *name, struct fault *why)
{
    struct rlimit now;
    if (getrlimit((__rlimit_resource_t)what, &now) < 0)
        return system_said(why, name);
    rlim_t value = now.rlim_max == RLIM_INFINITY || now.rlim_max > most ? most : now.rlim_max;
    struct rlimit then = {.rlim_cur = value, .rlim_max = value};
    return setrlimit((__rlimit_resource_t)what, &then) < 0 ? system_said(why, name) : OK;
}

static enum err limit_resources(const struct sandbox *s, struct fault *why)
{
    static const rlim_t tasks[PROCESS_COUNT] = {
        [PROCESS_KEEPER] = 1, [PROCESS_MIRROR] = 128, [PROCESS_SERVE] = 256};
    bool is_serve = s->self == PROCESS_SERVE;
    enum err e = limit(RLIMIT_CORE, 0, "limit of core files", why);
    if (!e)
        e = limit(RLIMIT_NOFILE, is_serve ? FILES_MAX : FILES_SMALL, "limit of files", why);
    // Their log lines go through a pipe to the launcher, so no file need ever grow.
    if (!e && !is_serve)
        e = limit(RLIMIT_FSIZE, 0, "limit of file size", why);
    // The kernel counts a user's tasks over all their processes, so this limit only
    // makes sense for a user that has no other.
    if (!e && s->own_user)
        e = limit(RLIMIT_NPROC, tasks[s->self] + s->guests, "limit of tasks", why);
    return e;
}

static enum err change_user(const struct sandbox *s, struct fault *why)
{
    if (!s->own_user)
        return OK;
    if (s->uid == 0 || s->gid == 0)
        return fail(why, ERR_INVALID, "sandbox: %s may not run as root", process_name(s->self));
    if (setgroups(0, NULL) < 0)
        return system_said(why, "drop groups");
    if (setresgid(s->gid, s->gid, s->gid) < 0)
        return system_said(why, "change group");
    if (setresuid(s->uid, s->uid, s->uid) < 0)
        return system_said(why, "change user");
    if (setuid(0) == 0)
        return fail(why, ERR_DENIED, "sandbox: root can be taken back");
    return OK;
}

// A change of user clears the death signal, so this comes after it.
static enum err close_up(struct fault *why)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return system_said(why, "death with the launcher");
    if (prctl(PR_SET_DUMPABLE, 0) < 0)
        return system_said(why, "no dump");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return system_said(why, "no new privileges");
    return OK;
}

static enum err add_paths(const struct sandbox *s, int rules, int abi, struct fault *why)
{
    for (uint32_t i = 0; i < s->read_count; i++) {
        enum err e = landlock_path(rules, abi, s->read[i], LANDLOCK_READ, why);
        if (e && e != ERR_NOT_FOUND)
            return e;
    }
    for (uint32_t i = 0; i < s->store_count; i++) {
        enum err e = landlock_path(rules, abi, s->store[i], LANDLOCK_STORE, why);
        if (e)
            return e;
    }
    return OK;
}

static enum err restrict_reach(const struct sandbox *s, int abi, struct fault *why)
{
    int rules = -1;
    enum err e = landlock_new(abi, &rules, why);
    if (e)
        return e;
    e = add_paths(s, rules, abi, why);
    for (uint32_t i = 0; !e && i < s->port_count; i++)
        e = landlock_connect_port(rules, abi, s->ports[i], why);
    if (!e)
        e = landlock_enforce(rules, why);
    close(rules);
    return e;
}

enum err sandbox_enter(const struct sandbox *s, struct sandbox_facts *out, struct fault *why)
{
    int abi = 0;
    enum err e = landlock_abi(&abi, why);
    if (!e)
        e = limit_resources(s, why);
    if (!e)
        e = change_user(s, why);
    if (!e)
        e = close_up(why);
    if (!e)
        e = restrict_reach(s, abi, why);
    if (!e)
        e = syscalls_restrict(s->self, why);
    if (e)
        return fail_in(why, e, "%s", process_name(s->self));
    *out = (struct sandbox_facts){.uid = (uint32_t)getuid(),
                                  .landlock_abi = abi,
                                  .tcp_by_landlock = abi >= 4,
                                  .signals_by_landlock = abi >= 6};
    return OK;
}
