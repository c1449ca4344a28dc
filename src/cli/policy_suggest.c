// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "base/limits.h"
#include "cli/admin.h"
#include "cli/home.h"
#include "cli/policy_life.h"
#include "keys/crypto.h"
#include "server/directory.h"
#include "server/suggest.h"

#include <stdio.h>
#include <unistd.h>

enum { OUT_BYTES = 16 << 20, PATH_BYTES = 4096 };

struct asking {
    const char *directory, *name;
    struct arena *scratch;
    struct suggest_needs needs;
    char password[PASSWORD_LINE_BYTES];
    char password_file[PATH_BYTES];
};

// A source that the policy does not have yet.
static void name_new(struct asking *q, const char *postgres)
{
    char text[2 * PATH_BYTES];
    static const char *const kinds[] = {"replication", "copy"};
    const char *words[4];
    for (size_t i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "tamis_%s", kinds[i]);
        words[i] = arena_string(q->scratch, slice_text(text));
        snprintf(text, sizeof text, DIRECTORY_KEYS "/%.255s-%s.password", q->name, kinds[i]);
        words[2 + i] = arena_string(q->scratch, slice_text(text));
    }
    q->needs.source = (struct suggest_source){.name = q->name,
                                              .conninfo = postgres,
                                              .replication_user = words[0],
                                              .copy_user = words[1],
                                              .replication_password_file = words[2],
                                              .copy_password_file = words[3]};
}

static enum err name_declared(struct asking *q, struct fault *why)
{
    const struct policy *policy = NULL;
    const struct policy_source *s = NULL;
    enum err e = home_policy(q->directory, NULL, q->scratch, &policy, why);
    if (!e)
        e = home_source(policy, q->name, &s, why);
    if (e)
        return fail_in(why, e, "say --postgres for a source that the policy does not have yet");
    q->needs.source =
        (struct suggest_source){.name = s->name,
                                .conninfo = s->conninfo,
                                .replication_user = s->replication_user,
                                .copy_user = s->copy_user,
                                .replication_password_file = s->replication_password_file,
                                .copy_password_file = s->copy_password_file};
    return OK;
}

// Who looks: the role that was named, with the password that was; else the copy role and its file.
static enum err log_in(struct asking *q, const struct arguments *a, struct fault *why)
{
    const char *user = arguments_get(a, "user");
    const char *file = arguments_get(a, "password-file");
    q->needs.user = user ? user : q->needs.source.copy_user;
    if (!user && !file && q->needs.source.copy_password_file) {
        snprintf(q->password_file, sizeof q->password_file, "%s/%s", q->directory,
                 q->needs.source.copy_password_file);
        file = q->password_file;
    }
    if (!file)
        return OK;
    enum err e = admin_password(q->needs.user, file, q->password, why);
    q->needs.password = e ? NULL : q->password;
    return e;
}

static enum err find_user(struct asking *q, struct fault *why)
{
    struct world dir;
    struct config config;
    struct process_user users[PROCESS_COUNT];
    struct buf text AUTO(buf_donep) = buf_init(LIMIT_CONFIG_BYTES);
    enum err e = world_open(q->directory, &dir, why);
    if (e)
        return e;
    e = world_read_file(&dir, FILE_CONFIG, &text, why);
    if (!e)
        e = config_parse(buf_slice(&text), &config, why);
    if (!e)
        e = users_resolve(&config, geteuid() == 0, users, why);
    if (!e)
        q->needs.as = users[PROCESS_MIRROR];
    world_close(&dir);
    return e;
}

static enum err ask(struct asking *q, const struct arguments *a, struct buf *out, struct fault *why)
{
    const struct policy *parsed = NULL;
    const char *postgres = arguments_get(a, "postgres");
    enum err e = home_check(q->directory, why);
    if (e)
        return e;
    if (postgres)
        name_new(q, postgres);
    else
        e = name_declared(q, why);
    if (!e)
        e = log_in(q, a, why);
    if (!e)
        e = find_user(q, why);
    if (!e)
        e = suggest_run(&q->needs, out, why);
    if (!e)
        e = buf_end(out, why);
    return e ? e : policy_parse(buf_slice(out), q->scratch, &parsed, why);
}

enum exit_status policy_run_suggest(const struct arguments *a)
{
    if (a->word_count < 2)
        return cli_misused("policy", "say which source: tamis policy suggest fleet");
    if (arguments_has(a, "postgres") && !arguments_has(a, "user"))
        return cli_misused("policy", "say which role looks: --user ROLE");
    struct fault why = {0};
    struct buf out AUTO(buf_donep) = buf_init(OUT_BYTES);
    struct asking q = {.directory = arguments_get(a, "dir"), .name = a->words[1]};
    q.scratch = arena_new(HOME_SCRATCH_BYTES);
    enum err e = ask(&q, a, &out, &why);
    wipe(q.password, sizeof q.password);
    if (!e)
        fwrite(out.at, 1, out.len, stdout);
    arena_free(q.scratch);
    return e ? cli_failed(&why) : EXIT_STATUS_OK;
}
