// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "base/world.h"
#include "cli/child.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/demo.h"
#include "cli/demo_policy.h"
#include "json/json.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 16 << 20, WAIT_MS = 600000, POLL_MS = 20 };

// PostgreSQL refuses to run as root, so its commands then run as user postgres.
static enum err postgres_command(struct demo *d, const char *const *words, struct fault *why)
{
    struct child c = {.directory = d->directory, .output = d->log};
    char program[DEMO_PATH_BYTES];
    size_t n = 0;
    if (getuid() == 0) {
        c.words[n++] = "runuser";
        c.words[n++] = "-u";
        c.words[n++] = "postgres";
        c.words[n++] = "--";
    }
    enum err e = demo_path(program, why, "/", d->postgres_bin, words[0]);
    if (e)
        return e;
    c.words[n++] = program;
    for (size_t i = 1; words[i]; i++)
        c.words[n++] = words[i];
    return child_run(&c, why);
}

enum err demo_start_postgres(struct demo *d, struct fault *why)
{
    char data[DEMO_PATH_BYTES];
    enum err e = demo_path(data, why, "/", d->directory, "postgres");
    if (!e)
        e = demo_make_directory(data, 0700, why);
    if (!e && getuid() == 0) {
        const struct passwd *user = getpwnam("postgres");
        if (!user || chown(data, user->pw_uid, user->pw_gid) < 0)
            return fail(why, ERR_IO, "cannot give %s to user postgres", data);
    }
    const char *const init[] = {"initdb",   "-D", data,   "-A",         "trust",     "-U",
                                "postgres", "-E", "UTF8", "--locale=C", "--no-sync", NULL};
    if (!e)
        e = postgres_command(d, init, why);
    char options[DEMO_PATH_BYTES + 256];
    snprintf(options, sizeof options,
             "-c wal_level=logical -c listen_addresses=127.0.0.1 -c port=%d "
             "-c unix_socket_directories='' -c max_wal_size=4GB",
             d->postgres_port);
    char log[DEMO_PATH_BYTES];
    if (!e)
        e = demo_path(log, why, "/", data, "server.log");
    const char *const start[] = {"pg_ctl", "-D", data,    "-w",    "-l",
                                 log,      "-o", options, "start", NULL};
    if (!e)
        e = postgres_command(d, start, why);
    d->postgres_runs = !e;
    return e;
}

enum err demo_sql(struct demo *d, const char *sql, PGresult **out, struct fault *why)
{
    PGresult *r = PQexec(d->db, sql);
    ExecStatusType status = PQresultStatus(r);
    enum err e = OK;
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        e = fail(why, ERR_INVALID, "PostgreSQL says: %s", PQerrorMessage(d->db));
    if (out && !e)
        *out = r;
    else
        PQclear(r);
    return e;
}

static enum err connect_to(struct demo *d, const char *database, struct fault *why)
{
    char conninfo[256];
    snprintf(conninfo, sizeof conninfo, "host=127.0.0.1 port=%d dbname=%s user=postgres",
             d->postgres_port, database);
    PQfinish(d->db);
    d->db = PQconnectdb(conninfo);
    if (PQstatus(d->db) != CONNECTION_OK)
        return fail(why, ERR_UNAVAILABLE, "PostgreSQL says: %s", PQerrorMessage(d->db));
    return OK;
}

enum err demo_fill(struct demo *d, struct fault *why)
{
    enum err e = connect_to(d, "postgres", why);
    if (!e)
        e = demo_sql(d, "CREATE DATABASE fleet", NULL, why);
    if (!e)
        e = connect_to(d, "fleet", why);
    char conninfo[256];
    char customers[32];
    snprintf(conninfo, sizeof conninfo, "host=127.0.0.1 port=%d dbname=fleet user=postgres",
             d->postgres_port);
    snprintf(customers, sizeof customers, "%lld", d->customers);
    struct child fill = {
        .words = {d->fleet, "--conninfo", conninfo, "--customers", customers, NULL}};
    return e ? e : child_run(&fill, why);
}

static enum err write_policy(struct demo *d, const struct world *home, struct fault *why)
{
    struct buf text AUTO(buf_donep) = buf_init(FILE_BYTES_MAX);
    struct buf out AUTO(buf_donep) = buf_init(FILE_BYTES_MAX);
    struct world here = {.ops = &world_real_ops, .dir = AT_FDCWD};
    char conninfo[128];
    snprintf(conninfo, sizeof conninfo, "host=127.0.0.1 port=%d dbname=fleet sslmode=disable",
             d->postgres_port);
    enum err e = world_read_file(&here, d->policy, &text, why);
    if (!e)
        e = demo_policy_fill(buf_slice(&text), conninfo, &out, why);
    if (e)
        return fail_in(why, e, "%s", d->policy);
    return world_write_file(home, "policy.yml", buf_slice(&out), why);
}

static enum err run_self(struct demo *d, const char *const *words, const char *output,
                         struct fault *why)
{
    struct child c = {.words = {d->program}, .output = output};
    for (size_t i = 0; words[i]; i++)
        c.words[i + 1] = words[i];
    return child_run(&c, why);
}

// What the DBA does once: roles, column grants, publication; `tamis source sql` prints it.
static enum err set_up_source(struct demo *d, const struct world *home, struct fault *why)
{
    char file[DEMO_PATH_BYTES];
    enum err e = demo_path(file, why, "/", d->directory, "source.sql");
    const char *const words[] = {"source", "sql", "fleet", "--dir", d->home, NULL};
    const struct slice made_up = slice_text("only for the demo, which trusts loopback\n");
    if (!e)
        e = world_write_file(home, "keys/fleet-replication.password", made_up, why);
    if (!e)
        e = world_write_file(home, "keys/fleet-copy.password", made_up, why);
    if (!e)
        e = run_self(d, words, file, why);
    struct buf sql AUTO(buf_donep) = buf_init(FILE_BYTES_MAX);
    struct world here = {.ops = &world_real_ops, .dir = AT_FDCWD};
    if (!e)
        e = world_read_file(&here, file, &sql, why);
    if (e)
        return e;
    buf_u8(&sql, '\0');
    return demo_sql(d, (const char *)sql.at, NULL, why);
}

static enum err make_users(struct demo *d, struct fault *why)
{
    char file[DEMO_PATH_BYTES];
    enum err e = demo_path(file, why, "/", d->directory, "analyst.password");
    const char *const words[] = {"user",   "add",     "--dir",           d->home, "analyst",
                                 "--role", "analyst", "--password-file", file,    NULL};
    return e ? e : run_self(d, words, d->log, why);
}

static enum err spawn_serve(struct demo *d, struct fault *why)
{
    char listen[64];
    char ready[DEMO_PATH_BYTES];
    enum err e = demo_path(ready, why, "/", d->directory, "ready");
    if (e)
        return e;
    snprintf(listen, sizeof listen, "127.0.0.1:%d", d->port);
    char log[DEMO_PATH_BYTES];
    e = demo_path(log, why, "/", d->directory, "serve.log");
    struct child c = {
        .words = {d->program, "serve", d->home, "--listen", listen, "--ready-file", ready, NULL},
        .output = log};
    if (!e)
        e = child_start(&c, &d->serve, why);
    for (int waited = 0; !e && access(ready, F_OK) < 0; waited += POLL_MS) {
        bool ended = waitpid(d->serve, NULL, WNOHANG) != 0;
        if (ended)
            d->serve = 0;
        if (ended || waited > WAIT_MS)
            return fail(why, ERR_UNAVAILABLE, "the server did not start; see %s", log);
        nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
    }
    return e;
}

enum err demo_start_serve(struct demo *d, struct fault *why)
{
    char password[DEMO_PATH_BYTES];
    char analyst[DEMO_PATH_BYTES];
    enum err e = demo_path(password, why, "/", d->directory, "admin.password");
    if (!e)
        e = demo_path(analyst, why, "/", d->directory, "analyst.password");
    const char *const init[] = {"init", d->home, "--password-file", password, NULL};
    if (!e)
        e = run_self(d, init, d->log, why);
    struct world home;
    if (!e)
        e = world_open(d->home, &home, why);
    if (e)
        return e;
    e = write_policy(d, &home, why);
    if (!e)
        e = set_up_source(d, &home, why);
    world_close(&home);
    if (!e)
        e = make_users(d, why);
    if (!e)
        e = spawn_serve(d, why);
    char url[64];
    snprintf(url, sizeof url, "https://127.0.0.1:%d", d->port);
    struct client_options o = {
        .directory = d->home, .url = url, .user = "analyst", .password_file = analyst};
    return e ? e : client_open(&o, &d->client, why);
}

// First source of run/status.json, NULL while there is none.
static const struct json *first_source(struct demo *d, struct arena *scratch)
{
    struct world home;
    if (world_open(d->home, &home, NULL))
        return NULL;
    struct buf text AUTO(buf_donep) = buf_init(FILE_BYTES_MAX);
    const struct json *status = NULL;
    bool got = world_read_file(&home, "run/status.json", &text, NULL) == OK &&
               json_parse(arena_copy(scratch, buf_slice(&text)), scratch, &status, NULL) == OK;
    world_close(&home);
    const struct json *sources = got ? json_get(status, "sources") : NULL;
    return sources && sources->count ? &sources->items[0] : NULL;
}

static double number(const struct json *object, const char *key)
{
    double v = 0;
    const struct json *member = json_get(object, key);
    return member && json_f64(member, &v, NULL) == OK ? v : 0;
}

enum err demo_wait_for_copy(struct demo *d, struct fault *why)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(DEMO_SCRATCH_BYTES);
    bool talks = isatty(STDERR_FILENO);
    for (int waited = 0; waited < WAIT_MS && !demo_is_ended(); waited += POLL_MS) {
        arena_reset(scratch);
        const struct json *source = first_source(d, scratch);
        const struct json *phase = json_get(source, "phase");
        if (phase && phase->type == JSON_STRING && slice_is(phase->text, "streaming")) {
            cli_say("%scopied %.0f rows", talks ? "\r" : "  ", number(source, "rows_copied"));
            return OK;
        }
        if (talks && source)
            fprintf(stderr, "\r  copied %.0f rows, %.0f rows/s   ", number(source, "rows_copied"),
                    number(source, "rows_per_second"));
        nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
    }
    if (demo_is_ended())
        return fail(why, ERR_TIMEOUT, "ended by a signal");
    return fail(why, ERR_TIMEOUT, "the first copy did not end; see `tamis status %s`", d->home);
}

bool demo_is_ended(void)
{
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM);
}

void demo_stop(struct demo *d)
{
    client_close(d->client);
    child_end(d->live, 2000);
    child_end(d->serve, 20000);
    PQfinish(d->db);
    char data[DEMO_PATH_BYTES];
    if (d->postgres_runs && demo_path(data, NULL, "/", d->directory, "postgres") == OK) {
        const char *const stop[] = {"pg_ctl", "-D", data, "-w", "-m", "immediate", "stop", NULL};
        (void)postgres_command(d, stop, NULL); // on the way out; there is nobody to tell
    }
    if (d->marker_fd >= 0)
        close(d->marker_fd);
    *d = (struct demo){.marker_fd = -1};
}
