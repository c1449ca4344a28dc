// SPDX-License-Identifier: Apache-2.0
#include "cli/home.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/world.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STATUS_BYTES_MAX = 16 << 20, FRESH_MS = 5000, PATH_BYTES = 4096 };

static enum err not_ours(const char *directory, const struct stat *st, struct fault *why)
{
    const struct passwd *owner = getpwuid(st->st_uid);
    return fail(why, ERR_DENIED, "%s is closed to this user; run it as %s", directory,
                owner ? owner->pw_name : "its owner, or as root");
}

enum err home_check(const char *directory, struct fault *why)
{
    char config[PATH_BYTES];
    struct stat st;
    if (!directory[0])
        return fail(why, ERR_INVALID, "the name of the directory is empty");
    if (stat(directory, &st) < 0)
        return errno == ENOENT
                   ? fail(why, ERR_NOT_FOUND, "%s is not there; 'tamis init %s' makes it",
                          directory, directory)
                   : fail(why, ERR_DENIED, "%s cannot be reached: %s", directory, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return fail(why, ERR_INVALID, "%s is no directory; say that of an installation", directory);
    int len = snprintf(config, sizeof config, "%s/tamis.yml", directory);
    if (len < 0 || (size_t)len >= sizeof config)
        return fail(why, ERR_LIMIT, "a path of more than %d bytes", PATH_BYTES);
    if (access(directory, X_OK) == 0 && access(config, R_OK) == 0)
        return OK;
    if (errno == ENOENT)
        return fail(why, ERR_INVALID,
                    "%s is no installation: it has no tamis.yml; 'tamis init' makes one, in a new "
                    "directory",
                    directory);
    return not_ours(directory, &st, why);
}

static enum err read_file(const char *directory, const char *name, size_t limit_bytes,
                          struct arena *scratch, struct slice *out, struct fault *why)
{
    struct world w;
    enum err e = world_open(directory, &w, why);
    if (e)
        return e;
    struct buf text AUTO(buf_donep) = buf_init(limit_bytes);
    e = world_read_file(&w, name, &text, why);
    world_close(&w);
    if (!e)
        *out = arena_copy(scratch, buf_slice(&text));
    return e;
}

// policy/ calls every policy "policy.yml"; who may have several wants its real name.
static enum err parse(const char *name, struct slice yaml, struct arena *scratch,
                      const struct policy **out, struct fault *why)
{
    static const char generic[] = "policy.yml ";
    char rest[FAULT_WORDS_BYTES];
    enum err e = policy_parse(yaml, scratch, out, why);
    if (!e || !why || strncmp(why->words, generic, sizeof generic - 1) != 0)
        return e;
    snprintf(rest, sizeof rest, "%s", why->words + sizeof generic - 1);
    return fail(why, e, "%s %s", name, rest);
}

enum err home_policy(const char *directory, const char *file, struct arena *scratch,
                     const struct policy **out, struct fault *why)
{
    struct slice yaml;
    char path[PATH_BYTES];
    if (file) {
        enum err e = read_file(".", file, LIMIT_POLICY_BYTES, scratch, &yaml, why);
        return e ? e : parse(file, yaml, scratch, out, why);
    }
    enum err e = home_check(directory, why);
    if (e)
        return e;
    snprintf(path, sizeof path, "%s/policy.yml", directory);
    e = read_file(directory, "policy.yml", LIMIT_POLICY_BYTES, scratch, &yaml, why);
    return e ? fail_in(why, e, "%s", directory) : parse(path, yaml, scratch, out, why);
}

enum err home_source(const struct policy *p, const char *name, const struct policy_source **out,
                     struct fault *why)
{
    struct buf names AUTO(buf_donep) = buf_init(LIMIT_POLICY_BYTES);
    for (uint32_t i = 0; i < p->source_count; i++) {
        if (strcmp(p->sources[i].name, name) == 0) {
            *out = &p->sources[i];
            return OK;
        }
        buf_print(&names, "%s%s", i ? ", " : "", p->sources[i].name);
    }
    if (p->source_count == 0)
        return fail(why, ERR_NOT_FOUND, "the policy declares no source");
    return fail(why, ERR_NOT_FOUND, "the policy has no source '%s'; there are: %.*s", name,
                SLICE_PRINT(buf_slice(&names)));
}

enum err home_status(const char *directory, struct arena *scratch, struct home_status *out,
                     struct fault *why)
{
    struct slice bytes;
    enum err e = home_check(directory, why);
    if (e)
        return e;
    e = read_file(directory, "run/status.json", STATUS_BYTES_MAX, scratch, &bytes, why);
    if (e == ERR_NOT_FOUND)
        return fail(why, e, "%s has never been served; 'tamis serve %s' does", directory,
                    directory);
    const struct json *json = NULL;
    if (!e)
        e = json_parse(bytes, scratch, &json, why);
    if (e)
        return fail_in(why, e, "status of %s", directory);
    int64_t age_ms = now_ms() - status_number(json, "written_ms");
    pid_t pid = (pid_t)status_number(json, "pid");
    bool alive = pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
    *out = (struct home_status){
        .json = json, .bytes = bytes, .age_ms = age_ms, .is_running = alive && age_ms < FRESH_MS};
    return OK;
}

static bool is_at_home(pid_t pid, const char *directory)
{
    char path[64];
    struct stat home;
    struct stat of_process;
    snprintf(path, sizeof path, "/proc/%d/cwd", (int)pid);
    return stat(directory, &home) == 0 && stat(path, &of_process) == 0 &&
           home.st_dev == of_process.st_dev && home.st_ino == of_process.st_ino;
}

enum err home_signal(const char *directory, int signal_number, struct arena *scratch,
                     struct fault *why)
{
    struct home_status status = {0};
    enum err e = home_status(directory, scratch, &status, why);
    if (e)
        return e;
    pid_t launcher = (pid_t)status_number(status.json, "pid");
    if (!status.is_running)
        return fail(why, ERR_UNAVAILABLE, "no server of %s runs", directory);
    if (launcher <= 1 || !is_at_home(launcher, directory))
        return fail(why, ERR_UNAVAILABLE,
                    "process %d is not the server of %s, or somebody else's; run it as its owner",
                    (int)launcher, directory);
    if (kill(launcher, signal_number) < 0)
        return fail(why, ERR_DENIED, "process %d: %s", (int)launcher, strerror(errno));
    return OK;
}

int64_t status_number(const struct json *object, const char *key)
{
    int64_t v = 0;
    double real = 0;
    const struct json *member = json_get(object, key);
    if (!member || member->type != JSON_NUMBER)
        return 0;
    if (json_i64(member, &v, NULL) == OK)
        return v;
    return json_f64(member, &real, NULL) == OK ? (int64_t)real : 0;
}

struct slice status_text(const struct json *object, const char *key)
{
    const struct json *member = json_get(object, key);
    return member && member->type == JSON_STRING ? member->text : (struct slice){0};
}

const struct json *status_list(const struct json *object, const char *key)
{
    static const struct json none = {.type = JSON_ARRAY};
    const struct json *member = json_get(object, key);
    return member && member->type == JSON_ARRAY ? member : &none;
}
