// SPDX-License-Identifier: Apache-2.0
#include "server/installation.h"

#include "access/trusted.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "keys/crypto.h"
#include "keys/key_ring.h"
#include "policy/policy.h"
#include "server/certificate.h"
#include "server/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOCK_US = 10 * 1000000, LOCK_POLL_MS = 50, POLICY_ARENA_BYTES = 256 << 20 };

enum { HOST_BYTES = 256, PATH_BYTES = 4096 };

static const char policy_of_nothing[] =
    "# The sieve: what may enter.  What is not named here does not enter, so as it stands\n"
    "# nothing does.  'tamis policy check' tells mistakes with their line; 'tamis source sql'\n"
    "# prints what your database administrator runs on the primary.\n"
    "#\n"
    "# sources:\n"
    "#   fleet:\n"
    "#     postgres: host=db.example port=5432 dbname=fleet sslmode=verify-full\n"
    "#     replication: {user: tamis_replication, password_file: keys/replication.password}\n"
    "#     copy: {user: tamis_copy, password_file: keys/copy.password}\n"
    "#     tables:\n"
    "#       devices:\n"
    "#         key: id\n"
    "#         columns:\n"
    "#           id:           {treat: pseudonym, subject: device}\n"
    "#           model:        {treat: keep, as: keyword}\n"
    "#           activated_at: {treat: round, to: 1h}\n"
    "# metrics:\n"
    "#   activations: {of: devices, time: activated_at, count: true, by: [model], every: 1d}\n"
    "# floor: {subjects: 5, subject: device}\n"
    "sources: {}\n";

// Children inherit the lock with their descriptor.  After a launcher was killed they may
// hold it for a moment longer, and one who starts at once waits for them.
static enum err lock(int dir, const char *directory, struct fault *why)
{
    int64_t until_us = monotonic_us() + LOCK_US;
    while (flock(dir, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return fail(why, ERR_IO, "lock %s: %s", directory, strerror(errno));
        if (monotonic_us() > until_us)
            return fail(why, ERR_CONFLICT, "%s is served by another tamis", directory);
        (void)poll(NULL, 0, LOCK_POLL_MS);
    }
    return OK;
}

static enum err read_config(const struct world *dir, struct config *out, struct fault *why)
{
    struct buf text AUTO(buf_donep) = buf_init(LIMIT_CONFIG_BYTES);
    enum err e = world_read_file(dir, FILE_CONFIG, &text, why);
    return e ? e : config_parse(buf_slice(&text), out, why);
}

enum err installation_reread(const struct installation *i, const char *listen,
                             struct installation *out, struct fault *why)
{
    enum err e = read_config(&i->dir, &out->config, why);
    if (!e && listen)
        e = endpoint_parse(slice_text(listen), &out->config.listen, why);
    return e ? e : approved_settle(&i->dir, &out->config, &out->approved, why);
}

static enum err enter(const char *directory, const char *listen, struct installation *i,
                      struct fault *why)
{
    if (fchdir(i->dir.dir) < 0)
        return fail(why, ERR_IO, "enter %s: %s", directory, strerror(errno));
    enum err e = lock(i->dir.dir, directory, why);
    if (!e)
        e = installation_reread(i, listen, i, why);
    if (!e)
        e = users_resolve(&i->config, geteuid() == 0, i->users, why);
    if (!e) // an installation that was made before there was one
        e = i->dir.ops->make_dir(&i->dir, DIRECTORY_AUDIT, why);
    if (!e && geteuid() == 0)
        e = directory_give(&i->dir, i->users, why);
    return e;
}

enum err installation_open(const char *directory, const char *listen, struct installation *out,
                           struct fault *why)
{
    struct installation i = {0};
    enum err e = world_open(directory, &i.dir, why);
    if (e)
        return e;
    e = enter(directory, listen, &i, why);
    if (e)
        installation_close(&i);
    else
        *out = i;
    return e;
}

void installation_close(struct installation *i)
{
    world_close(&i->dir);
    approved_done(&i->approved);
}

// What a user who is not root made, and serves, stays theirs when root changes something in
// it; what root made and nobody has served yet goes to serve's user.
static struct process_user owner_of(const struct world *dir, const char *part,
                                    const struct process_user *process)
{
    struct stat st;
    if (fstatat(dir->dir, part, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_uid == 0)
        return *process;
    return (struct process_user){.is_own = true, .uid = st.st_uid, .gid = st.st_gid};
}

enum err installation_give(const char *directory, struct fault *why)
{
    if (geteuid() != 0)
        return OK;
    struct world dir;
    enum err e = world_open(directory, &dir, why);
    if (e)
        return e;
    struct config config;
    struct process_user users[PROCESS_COUNT];
    e = read_config(&dir, &config, why);
    if (!e)
        e = users_resolve(&config, true, users, why);
    if (!e) {
        struct process_user owner = owner_of(&dir, DIRECTORY_ACCESS, &users[PROCESS_SERVE]);
        e = directory_give_part(&dir, DIRECTORY_ACCESS, &owner, why);
    }
    if (!e) { // the heads of ratchet and catalogue
        struct process_user owner = owner_of(&dir, DIRECTORY_KEYS, &users[PROCESS_KEEPER]);
        e = directory_give_part(&dir, DIRECTORY_KEYS, &owner, why);
    }
    world_close(&dir);
    return e;
}

static enum err write_config(const struct world *dir, const char *listen, struct fault *why)
{
    uint8_t chance[16];
    random_bytes(chance, sizeof chance);
    struct buf text AUTO(buf_donep) = buf_init(LIMIT_CONFIG_BYTES);
    buf_print(&text,
              "# How this installation runs; what may enter is in policy.yml.\n"
              "# Every key, with its default: docs/reference/tamis.yml.md\n"
              "listen: '%s'\n"
              "cluster_name: tamis\n"
              "cluster_uuid: '",
              listen);
    base64url_print(slice_of(chance, sizeof chance), &text);
    buf_text(&text, "'\n");
    enum err e = buf_end(&text, why);
    return e ? e : world_write_file(dir, FILE_CONFIG, buf_slice(&text), why);
}

static enum err write_policy(const struct world *dir, struct slice text, struct fault *why)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    const struct policy *policy = NULL;
    enum err e = policy_parse(text, scratch, &policy, why);
    return e ? e : world_write_file(dir, FILE_POLICY, text, why);
}

static enum err make_certificate(const struct world *dir, const struct endpoint *listen,
                                 struct fault *why)
{
    char host[HOST_BYTES] = "localhost";
    char address[ENDPOINT_TEXT_BYTES];
    (void)gethostname(host, sizeof host - 1); // localhost then
    endpoint_print_address(listen, address);
    bool is_any = strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
    const char *const names[] = {host, address};
    return certificate_make(dir, names, is_any ? 1 : 2, why);
}

static enum err make_admin(const struct installation_plan *plan, const struct world *dir,
                           struct fault *why)
{
    char path[PATH_BYTES];
    int len = snprintf(path, sizeof path, "%s/" DIRECTORY_ACCESS, plan->directory);
    if (len < 0 || (size_t)len >= sizeof path)
        return fail(why, ERR_LIMIT, "the directory's name is longer than %d bytes", PATH_BYTES);
    struct access *access = NULL;
    struct key_ring *ring = NULL;
    enum err e = key_ring_open(dir, &ring, why);
    if (!e)
        e = access_open_trusted(path, true, dir, ring, &access, why);
    if (!e)
        e = access_user_add(access, slice_text(plan->admin), plan->password, 1u << ROLE_ADMIN, why);
    if (!e)
        e = access_settle_head(access, dir, why);
    access_close(access);
    key_ring_close(ring);
    return e;
}

static enum err start_ratchet(const struct installation_plan *plan, const struct world *dir,
                              struct slice policy, struct fault *why)
{
    char access[PATH_BYTES];
    struct config config;
    snprintf(access, sizeof access, "%s/" DIRECTORY_ACCESS, plan->directory); // make_admin() fit
    enum err e = read_config(dir, &config, why);
    return e ? e : approved_start(dir, access, &config, policy, why);
}

static enum err read_policy_file(const char *file, struct buf *out, struct fault *why)
{
    const struct world anywhere = {.ops = &world_real_ops, .dir = AT_FDCWD};
    if (file)
        return world_read_file(&anywhere, file, out, why);
    buf_text(out, policy_of_nothing);
    return buf_end(out, why);
}

static enum err fill(const struct installation_plan *plan, const struct world *dir,
                     const struct endpoint *listen, struct slice policy, struct fault *why)
{
    char text[ENDPOINT_TEXT_BYTES];
    endpoint_print(listen, text);
    enum err e = write_policy(dir, policy, why);
    if (!e)
        e = write_config(dir, text, why);
    if (!e)
        e = key_ring_make(dir, why);
    if (!e)
        e = make_certificate(dir, listen, why);
    if (!e)
        e = make_admin(plan, dir, why);
    return e ? e : start_ratchet(plan, dir, policy, why);
}

// What the caller got wrong is found before anything is made.
enum err installation_make(const struct installation_plan *plan, struct fault *why)
{
    struct endpoint listen;
    struct buf policy AUTO(buf_donep) = buf_init(LIMIT_POLICY_BYTES);
    enum err e =
        endpoint_parse(slice_text(plan->listen ? plan->listen : "127.0.0.1:9200"), &listen, why);
    if (!e)
        e = read_policy_file(plan->policy_file, &policy, why);
    if (!e)
        e = crypto_start(why);
    struct world dir;
    if (!e)
        e = directory_make(plan->directory, &dir, why);
    if (e)
        return e;
    e = fill(plan, &dir, &listen, buf_slice(&policy), why);
    world_close(&dir);
    return e;
}
