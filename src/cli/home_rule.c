// SPDX-License-Identifier: Apache-2.0
#include "cli/home_rule.h"

#include "access/ratchet.h"
#include "cli/home_access.h"
#include "server/approved.h"
#include "server/directory.h"

#include <stdio.h>

enum { PATH_BYTES = 4096 };

#define SUBJECT_SECOND "second administrator"

static enum err count_admins(const char *directory, int64_t *out, struct fault *why)
{
    struct home_access home = {.dir = {.dir = -1}};
    enum err e = home_access_open(directory, &home, why);
    if (e)
        return e;
    e = access_admin_count(home.access, out, why);
    home_access_close(&home);
    return e;
}

static enum err note_second(struct ratchet *r, int64_t admins, bool *out_was, struct fault *why)
{
    const struct ratchet_change change = {.kind = RATCHET_DATA,
                                          .subject = SUBJECT_SECOND,
                                          .who = "command line",
                                          .value = slice_text("yes")};
    *out_was = ratchet_in_force(r, RATCHET_DATA, SUBJECT_SECOND) != NULL;
    if (*out_was || admins < 2)
        return OK;
    *out_was = true;
    return ratchet_set(r, RATCHET_START, &change, why);
}

static enum err look(const struct world *dir, struct ratchet *r, int64_t admins,
                     struct home_rule *out, struct fault *why)
{
    uint32_t count = 0;
    bool had_second = false;
    enum err e = approved_note_data(dir, r, "command line", why);
    if (!e && approved_has_data(r))
        e = note_second(r, admins, &had_second, why);
    if (e)
        return e;
    const struct ratchet_entry *entries = ratchet_entries(r, &count);
    out->begin_ms = count ? entries[0].at_ms : 0;
    out->holds = had_second && out->begin_ms;
    return OK;
}

enum err home_rule_read(const char *directory, struct home_rule *out, struct fault *why)
{
    char path[PATH_BYTES];
    struct world dir;
    struct key_ring *ring = NULL;
    struct ratchet *ratchet = NULL;
    int64_t admins = 0;
    *out = (struct home_rule){0};
    int len = snprintf(path, sizeof path, "%s/" DIRECTORY_ACCESS, directory);
    if (len < 0 || (size_t)len >= sizeof path)
        return fail(why, ERR_LIMIT, "--dir of more than %d bytes", PATH_BYTES);
    enum err e = count_admins(directory, &admins, why);
    if (!e)
        e = world_open(directory, &dir, why);
    if (e)
        return e;
    e = key_ring_open(&dir, &ring, why);
    if (!e)
        e = ratchet_open(path, &dir, ring, &ratchet, why);
    if (!e)
        e = look(&dir, ratchet, admins, out, why);
    ratchet_close(ratchet);
    key_ring_close(ring);
    world_close(&dir);
    return e;
}

void home_rule_set(const struct home_rule *rule, struct access *access)
{
    const struct access_rule kept = {.begin_ms = rule->begin_ms};
    if (!rule->holds)
        return;
    access_set_rule(access, &kept);
    access_entered(access);
}
