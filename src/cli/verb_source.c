// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"
#include "cli/home.h"
#include "policy/source_sql.h"

#include <stdio.h>

enum { OUT_BYTES = 16 << 20 };

static const struct flag flags[] = {{"dir", "DIR"}, {"file", "F"}, {NULL, NULL}};

static enum exit_status run(const struct arguments *a)
{
    const char *directory = arguments_get(a, "dir");
    const char *file = arguments_get(a, "file");
    if (strcmp(a->words[0], "sql") != 0)
        return cli_misused("source", "'%s' is not sql", a->words[0]);
    if (!directory == !file)
        return cli_misused("source", "say which policy: --dir DIR, or --file F");

    struct arena *scratch AUTO(arena_freep) = arena_new(HOME_SCRATCH_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(OUT_BYTES);
    const struct policy *p = NULL;
    const struct policy_source *source = NULL;
    struct fault why = {0};
    enum err e = home_policy(directory, file, scratch, &p, &why);
    if (!e)
        e = home_source(p, a->words[1], &source, &why);
    if (!e)
        source_sql_setup(source, &out);
    if (!e)
        e = buf_end(&out, &why);
    if (e)
        return cli_failed(&why);
    fwrite(out.at, 1, out.len, stdout);
    return EXIT_STATUS_OK;
}

const struct verb verb_source = {
    .name = "source",
    .summary = "the SQL that a database administrator runs once for a source",
    .help = "tamis source sql fleet --dir DIR\n\n"
            "Prints roles, grants on exactly the declared columns, and the publication with\n"
            "its column lists.  Read it, run it as the tables' owner, set the two passwords.\n\n"
            "  --dir DIR    policy.yml of this directory\n"
            "  --file F     another policy file\n",
    .flags = flags,
    .words = "sql SOURCE",
    .words_min = 2,
    .words_max = 2,
    .run = run,
};
