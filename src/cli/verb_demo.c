// SPDX-License-Identifier: Apache-2.0
#include "base/num.h"
#include "base/world.h"
#include "cli/child.h"
#include "cli/cli.h"
#include "cli/demo.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { CUSTOMERS_MIN = 1000, CUSTOMERS_MAX = 2400000, PORT_MAX = 65535 };

static const struct flag flags[] = {
    {"customers", "N"}, {"once", NULL}, {"dir", "D"}, {"port", "P"}, {"live", "RATE"}, {NULL, NULL},
};

static enum err number_in(const struct arguments *a, const char *flag, int64_t low, int64_t high,
                          int64_t *inout, struct fault *why)
{
    const char *text = arguments_get(a, flag);
    if (!text)
        return OK;
    if (parse_i64(slice_text(text), inout) || *inout < low || *inout > high)
        return fail(why, ERR_INVALID, "--%s is a number from %lld to %lld, not '%s'", flag,
                    (long long)low, (long long)high, text);
    return OK;
}

static enum err options(const struct arguments *a, struct demo *d, int64_t *out_live,
                        struct fault *why)
{
    int64_t customers = 50000;
    int64_t port = 9200;
    int64_t live = 20;
    enum err e = number_in(a, "customers", CUSTOMERS_MIN, CUSTOMERS_MAX, &customers, why);
    if (!e)
        e = number_in(a, "port", 1, PORT_MAX, &port, why);
    if (!e)
        e = number_in(a, "live", 0, 10000, &live, why);
    const char *dir = arguments_get(a, "dir");
    int len = snprintf(d->directory, sizeof d->directory, "%s", dir ? dir : "/tmp/tamis-demo");
    if (!e && (len < 0 || (size_t)len >= sizeof d->directory - 64))
        e = fail(why, ERR_INVALID, "--dir is too long");
    if (!e && d->directory[0] != '/')
        e = fail(why, ERR_INVALID, "--dir is an absolute path, not '%s'", d->directory);
    d->customers = customers;
    d->port = (int)port;
    *out_live = live;
    return e;
}

struct step {
    const char *says;
    enum err (*does)(struct demo *d, struct fault *why);
};

static const struct step steps[] = {
    {NULL, demo_prepare},
    {"starting a PostgreSQL server of its own", demo_start_postgres},
    {"filling it with a fictional fleet (every person in it is invented)", demo_fill},
    {"making a tamis directory: authority, certificate, keys, users, policy; starting it",
     demo_start_serve},
    {"mirroring the declared columns", demo_wait_for_copy},
    {NULL, demo_compare},
    {NULL, demo_live_change},
    {NULL, demo_look_for_personal_data},
};

static void start_live(struct demo *d, int64_t rate)
{
    char conninfo[128];
    char customers[32];
    char changes[32];
    snprintf(conninfo, sizeof conninfo, "host=127.0.0.1 port=%d dbname=fleet user=postgres",
             d->postgres_port);
    snprintf(customers, sizeof customers, "%lld", d->customers);
    snprintf(changes, sizeof changes, "%lld", (long long)rate);
    struct child live = {.words = {d->fleet, "--conninfo", conninfo, "--customers", customers,
                                   "--live", changes, "--seconds", "1000000", NULL},
                         .output = d->log};
    if (child_start(&live, &d->live, NULL))
        cli_say("no live changes: tamis-fleet did not start");
}

static void invite(const struct demo *d, int64_t rate)
{
    printf("\nserving https://127.0.0.1:%d with %lld live changes a second; Ctrl-C ends it\n\n"
           "  user analyst, password in   %s/analyst.password\n"
           "  certificate authority       %s/tls/ca.crt\n\n"
           "  curl --cacert %s/tls/ca.crt -u analyst:$(cat %s/analyst.password) \\\n"
           "       'https://127.0.0.1:%d/_cat/indices?v'\n"
           "  %s metric show failed_connections --dir %s --user analyst \\\n"
           "       --password-file %s/analyst.password --by device.firmware --every all\n"
           "  %s status %s\n",
           d->port, (long long)rate, d->directory, d->home, d->home, d->directory, d->port,
           d->program, d->home, d->directory, d->program, d->home);
    fflush(stdout);
}

static enum err run_steps(struct demo *d, struct fault *why)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < sizeof steps / sizeof *steps; i++) {
        if (steps[i].says)
            cli_say("%s", steps[i].says);
        e = steps[i].does(d, why);
        if (!e && demo_is_ended())
            e = fail(why, ERR_TIMEOUT, "ended by a signal");
    }
    return e;
}

static enum exit_status run(const struct arguments *a)
{
    struct demo d = {.marker_fd = -1};
    struct fault why = {0};
    int64_t live = 0;
    if (options(a, &d, &live, &why))
        return cli_misused("demo", "%s", why.words);
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);

    int64_t start_us = monotonic_us();
    d.scratch = arena_new(DEMO_SCRATCH_BYTES);
    struct arena *scratch = d.scratch;
    enum err e = run_steps(&d, &why);
    if (!e && !arguments_has(a, "once")) {
        if (live)
            start_live(&d, live);
        invite(&d, live);
        int signal = 0;
        sigwait(&ends, &signal);
    } else if (!e) {
        printf("the whole took %.1f s\n", (double)(monotonic_us() - start_us) / 1e6);
    }
    demo_stop(&d);
    arena_free(scratch);
    return e ? cli_failed(&why) : EXIT_STATUS_OK;
}

const struct verb verb_demo = {
    .name = "demo",
    .summary = "a real PostgreSQL, a fictional fleet, its mirror and both metrics",
    .help = "tamis demo --customers 20000 --once\n\n"
            "Starts a PostgreSQL server of its own on loopback, fills it with a fictional fleet,\n"
            "mirrors the declared columns, prints two metrics beside PostgreSQL's own answers,\n"
            "follows a live change, looks for personal data below its directory, and serves\n"
            "until Ctrl-C.\n\n"
            "  --customers N   1000 to 2400000 (default 50000)\n"
            "  --once          print and leave\n"
            "  --dir D         where (default /tmp/tamis-demo; an earlier demo there is removed)\n"
            "  --port P        of https://127.0.0.1:P (default 9200)\n"
            "  --live RATE     live changes a second while it serves (default 20, 0 for none)\n",
    .flags = flags,
    .run = run,
};
