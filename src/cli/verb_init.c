// SPDX-License-Identifier: Apache-2.0
#include "access/access.h"
#include "cli/cli.h"
#include "cli/home.h"
#include "cli/password_out.h"
#include "keys/crypto.h"
#include "server/installation.h"

#include <string.h>

static const struct flag flags[] = {{"password-file", "F"},
                                    {"admin", "NAME"},
                                    {"policy", "FILE"},
                                    {"listen", "ADDR:PORT"},
                                    {NULL, NULL}};

static void say_next(const char *directory)
{
    cli_say("%s is made: keys, certificate authority (%s/tls/ca.crt), a policy.", directory,
            directory);
    cli_say("Next: say in %s/policy.yml what may enter, then 'tamis serve %s'.", directory,
            directory);
}

// Before anything is made, so that a second try needs no new directory.
static enum err check_policy(const char *file, struct fault *why)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(HOME_SCRATCH_BYTES);
    const struct policy *policy = NULL;
    return home_policy(NULL, file, scratch, &policy, why);
}

static enum exit_status run(const struct arguments *a)
{
    struct fault why = {0};
    struct password_out out;
    const char *admin = arguments_get(a, "admin");
    struct installation_plan plan = {.directory = a->words[0],
                                     .listen = arguments_get(a, "listen"),
                                     .policy_file = arguments_get(a, "policy"),
                                     .admin = admin ? admin : "admin"};
    if (!plan.directory[0] || !plan.admin[0] || strchr(plan.admin, ':'))
        return cli_misused("init", "neither the directory nor the name of the administrator may be "
                                   "empty, nor may that name hold a ':'");
    if (plan.policy_file && check_policy(plan.policy_file, &why))
        return cli_failed(&why);
    if (password_out_open(arguments_get(a, "password-file"), &out, &why))
        return cli_failed(&why);
    char password[PASSWORD_MADE_BYTES];
    enum err e = crypto_start(&why);
    if (!e) {
        access_password_make(password);
        plan.password = slice_text(password);
        e = installation_make(&plan, &why);
    }
    if (!e)
        e = password_out_write(&out, plan.admin, password, &why);
    wipe(password, sizeof password);
    password_out_drop(&out);
    if (e)
        return cli_failed(&why);
    say_next(plan.directory);
    return EXIT_STATUS_OK;
}

const struct verb verb_init = {
    .name = "init",
    .summary = "make a new installation",
    .help =
        "tamis init /var/lib/tamis --password-file admin.password\n\n"
        "tamis init DIR [--password-file F] [--admin NAME] [--policy FILE] [--listen ADDR:PORT]\n\n"
        "Makes DIR (new or empty) with keys, certificate authority and certificate, a policy\n"
        "that admits nothing, and the first administrator.  Their password is made here and\n"
        "shown once on the terminal, or written into F, which must be new.\n\n"
        "  --password-file F    where the password goes (mode 0600)\n"
        "  --admin NAME         name of the administrator; default admin\n"
        "  --policy FILE        copied to DIR/policy.yml, when it has no mistakes\n"
        "  --listen ADDR:PORT   numeric address to answer at; default 127.0.0.1:9200\n",
    .flags = flags,
    .words = "DIR",
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
