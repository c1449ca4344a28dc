// SPDX-License-Identifier: Apache-2.0
#include "cli/home_ratchet.h"

#include "base/num.h"
#include "cli/cli.h"
#include "cli/home.h"
#include "server/directory.h"

#include <signal.h>
#include <stdio.h>

enum { PATH_BYTES = 4096 };

enum err home_ratchet_open(const char *directory, struct home_ratchet *out, struct fault *why)
{
    char access[PATH_BYTES];
    *out = (struct home_ratchet){.directory = directory};
    out->dir.dir = -1;
    enum err e = home_check(directory, why);
    snprintf(access, sizeof access, "%s/" DIRECTORY_ACCESS, directory);
    if (!e)
        e = crypto_start(why);
    if (!e)
        e = world_open(directory, &out->dir, why);
    if (!e)
        e = key_ring_open(&out->dir, &out->ring, why);
    return e ? e : ratchet_open(access, &out->dir, out->ring, &out->ratchet, why);
}

void home_ratchet_close(struct home_ratchet *h)
{
    ratchet_close(h->ratchet);
    key_ring_close(h->ring);
    if (h->dir.dir >= 0)
        world_close(&h->dir);
}

enum err home_ratchet_proposal(const struct home_ratchet *h, const char *word, int64_t *out,
                               struct fault *why)
{
    uint32_t count = 0;
    uint64_t seq = 0;
    const struct ratchet_entry *entries = ratchet_entries(h->ratchet, &count);
    if (!word)
        return fail(why, ERR_INVALID, "say which proposal; 'tamis policy history' lists them");
    if (parse_u64(slice_text(word), &seq) || seq < 1 || seq > count ||
        entries[seq - 1].act != RATCHET_PROPOSE)
        return fail(why, ERR_NOT_FOUND, "there is no proposal %.20s", word);
    *out = (int64_t)seq;
    return OK;
}

void home_ratchet_tell(const struct home_ratchet *h, int64_t seq, const char *verb, struct buf *out)
{
    uint32_t count = 0;
    const struct ratchet_entry *entries = ratchet_entries(h->ratchet, &count);
    buf_print(out,
              entries[seq - 1].due_ms
                  ? "proposal %lld waits: there is one administrator, who may approve it in 24 "
                    "hours\n"
                  : "proposal %lld waits for a second administrator, for 24 hours\n",
              (long long)seq);
    buf_print(out, "  tamis %s approve %lld --dir %s --as NAME\n", verb, (long long)seq,
              h->directory);
}

void home_tell_server(const char *directory, struct arena *scratch)
{
    struct home_status status;
    if (home_status(directory, scratch, &status, NULL) || !status.is_running)
        return;
    pid_t launcher = (pid_t)status_number(status.json, "pid");
    if (kill(launcher, SIGUSR1) == 0)
        cli_say("the running server takes it over");
}
