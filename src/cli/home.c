// SPDX-License-Identifier: Apache-2.0
#include "cli/home.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/world.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

enum { STATUS_BYTES_MAX = 16 << 20, FRESH_MS = 5000 };

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

enum err home_policy(const char *directory, const char *file, struct arena *scratch,
                     const struct policy **out, struct fault *why)
{
    struct slice yaml;
    enum err e = file ? read_file(".", file, LIMIT_POLICY_BYTES, scratch, &yaml, why)
                      : read_file(directory, "policy.yml", LIMIT_POLICY_BYTES, scratch, &yaml, why);
    return e ? e : policy_parse(yaml, scratch, out, why);
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
    enum err e = read_file(directory, "run/status.json", STATUS_BYTES_MAX, scratch, &bytes, why);
    if (e == ERR_NOT_FOUND)
        return fail(why, e, "%s has never been served (tamis serve %s)", directory, directory);
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
