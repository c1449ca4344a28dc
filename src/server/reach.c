// SPDX-License-Identifier: Apache-2.0
#include "server/reach.h"

#include "base/num.h"
#include "server/directory.h"

#include <libpq-fe.h>

enum { DNS_PORT = 53, POSTGRES_PORT = 5432 };

// Files of the C library and of TLS, which change place from one system to another.
static const char *const for_mirror[] = {"/etc",
                                         "/lib",
                                         "/lib64",
                                         "/usr/lib",
                                         "/usr/lib64",
                                         "/usr/share/zoneinfo",
                                         "/run/resolvconf",
                                         "/run/systemd/resolve",
                                         "/run/NetworkManager",
                                         "/usr/share/ca-certificates",
                                         "/usr/local/share/ca-certificates",
                                         "/dev/urandom",
                                         NULL};

static const char *const for_serve[] = {"/usr/share/zoneinfo", "/etc/localtime", "/dev/urandom",
                                        "/sys/devices/system/cpu", NULL};

static enum err read_all(struct sandbox *out, const char *const *paths, struct fault *why)
{
    enum err e = OK;
    for (; *paths && !e; paths++)
        e = sandbox_read(out, *paths, why);
    return e;
}

// The directory of a file: a password that is replaced by rename is still found.
static enum err read_directory_of(struct sandbox *out, const char *file, struct arena *start,
                                  struct fault *why)
{
    if (!file)
        return OK;
    const char *slash = strrchr(file, '/');
    size_t len = slash ? (size_t)(slash - file) : 0;
    const char *directory = slash ? arena_string(start, slice_of(file, len ? len : 1)) : ".";
    for (uint32_t i = 0; i < out->read_count; i++) {
        if (strcmp(out->read[i], directory) == 0)
            return OK;
    }
    return sandbox_read(out, directory, why);
}

static enum err of_keeper(const struct policy *p, struct arena *start, struct sandbox *out,
                          struct fault *why)
{
    enum err e = sandbox_read(out, DIRECTORY_KEYS, why);
    for (uint32_t i = 0; !e && i < p->source_count; i++) {
        e = read_directory_of(out, p->sources[i].replication_password_file, start, why);
        if (!e)
            e = read_directory_of(out, p->sources[i].copy_password_file, start, why);
    }
    return e;
}

// "5432,5433": one port a host.
static enum err add_ports(struct sandbox *out, const char *list, struct fault *why)
{
    while (list) {
        const char *comma = strchr(list, ',');
        struct slice one = slice_of(list, comma ? (size_t)(comma - list) : strlen(list));
        uint64_t port = POSTGRES_PORT;
        if (one.len > 0 && (parse_u64(one, &port) || port == 0 || port > UINT16_MAX))
            return fail(why, ERR_INVALID, "conninfo: port is not a number from 1 to 65535");
        enum err e = sandbox_port(out, (uint16_t)port, why);
        if (e)
            return e;
        list = comma ? comma + 1 : NULL;
    }
    return OK;
}

static enum err add_option(const PQconninfoOption *o, struct arena *start, struct sandbox *out,
                           struct fault *why)
{
    static const char *const files[] = {"sslrootcert", "sslcert", "sslkey", "sslcrl"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (strcmp(o->keyword, files[i]) == 0 && o->val && o->val[0] == '/')
            return read_directory_of(out, o->val, start, why);
    }
    return OK;
}

static enum err of_source(const struct policy_source *s, struct arena *start, struct sandbox *out,
                          struct fault *why)
{
    char *said = NULL;
    PQconninfoOption *options = PQconninfoParse(s->conninfo, &said);
    PQfreemem(said);
    if (!options)
        return fail(why, ERR_INVALID, "policy.yml line %u: postgres: of source %s does not parse",
                    s->line, s->name);
    const char *port = "";
    enum err e = OK;
    for (const PQconninfoOption *o = options; o->keyword && !e; o++) {
        if (strcmp(o->keyword, "port") == 0 && o->val)
            port = o->val;
        e = add_option(o, start, out, why);
    }
    if (!e)
        e = add_ports(out, port, why);
    PQconninfoFree(options);
    return e;
}

static enum err of_mirror(const struct policy *p, struct arena *start, struct sandbox *out,
                          struct fault *why)
{
    enum err e = read_all(out, for_mirror, why);
    if (!e)
        e = sandbox_port(out, DNS_PORT, why); // long answers come over TCP
    for (uint32_t i = 0; !e && i < p->source_count; i++)
        e = of_source(&p->sources[i], start, out, why);
    return e;
}

static enum err of_serve(struct sandbox *out, struct fault *why)
{
    static const char *const stores[] = {DIRECTORY_ACCESS, DIRECTORY_DATA, DIRECTORY_AUDIT,
                                         DIRECTORY_RUN};
    enum err e = read_all(out, for_serve, why);
    for (size_t i = 0; !e && i < sizeof stores / sizeof stores[0]; i++)
        e = sandbox_store(out, stores[i], why);
    return e;
}

enum err reach_of(const struct policy *p, struct arena *start, struct sandbox *out,
                  struct fault *why)
{
    if (out->self == PROCESS_KEEPER)
        return of_keeper(p, start, out, why);
    return out->self == PROCESS_MIRROR ? of_mirror(p, start, out, why) : of_serve(out, why);
}
