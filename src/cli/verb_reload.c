// SPDX-License-Identifier: Apache-2.0
#include "base/world.h"
#include "cli/cli.h"
#include "cli/home.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>

enum { WAIT_US = 10 * 1000000, POLL_MS = 50 };

static const struct flag flags[] = {{NULL, NULL}};

// Until the server has looked at the files; its status is written anew when it has.
static enum err await(const char *directory, int64_t looked_ms, struct arena *scratch,
                      struct slice *out_refused, struct fault *why)
{
    int64_t until_us = monotonic_us() + WAIT_US;
    while (monotonic_us() < until_us) {
        struct home_status status;
        arena_reset(scratch);
        enum err e = home_status(directory, scratch, &status, why);
        if (e)
            return e;
        const struct json *tls = json_get(status.json, "tls");
        *out_refused = status_text(tls, "refused");
        if (status_number(tls, "looked_ms") != looked_ms)
            return OK;
        (void)poll(NULL, 0, POLL_MS);
    }
    return fail(why, ERR_TIMEOUT, "the server has not looked at the files; its log says why");
}

static enum err reload(const char *directory, struct arena *scratch, struct fault *why)
{
    struct home_status status;
    struct slice refused = {0};
    enum err e = home_status(directory, scratch, &status, why);
    if (e)
        return e;
    int64_t looked_ms = status_number(json_get(status.json, "tls"), "looked_ms");
    e = home_signal(directory, SIGHUP, scratch, why);
    if (!e)
        e = await(directory, looked_ms, scratch, &refused, why);
    if (!e && refused.len)
        e = fail(why, ERR_INVALID, "the certificate stays as it is: %.*s", SLICE_PRINT(refused));
    return e;
}

static enum exit_status run(const struct arguments *a)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(HOME_SCRATCH_BYTES);
    struct fault why = {0};
    if (reload(a->words[0], scratch, &why))
        return cli_failed(&why);
    cli_say("new connections have the certificate in %s/tls", a->words[0]);
    return EXIT_STATUS_OK;
}

const struct verb verb_reload = {
    .name = "reload",
    .summary = "the running server takes another certificate",
    .help = "tamis reload /var/lib/tamis\n\n"
            "Put DIR/tls/server.key and DIR/tls/server.crt (and what tls.client_ca names) in\n"
            "place first.  The running server reads them: connections that are open go on, new\n"
            "ones have the new certificate.  Files that do not belong together, cannot be read,\n"
            "or have ended change nothing, and the status is 1.  SIGHUP to the server does the\n"
            "same.\n",
    .flags = flags,
    .words = "DIR",
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
