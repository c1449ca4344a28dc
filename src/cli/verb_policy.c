// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"
#include "cli/home.h"
#include "policy/statement.h"

#include <stdio.h>

enum { OUT_BYTES = 64 << 20 };

static const struct flag flags[] = {{"dir", "DIR"}, {"file", "F"}, {"json", NULL}, {NULL, NULL}};

static uint32_t table_count(const struct policy *p)
{
    return p->schema->table_count;
}

static const char *plural(uint32_t count)
{
    return count == 1 ? "" : "s";
}

static void check_text(const struct policy *p, struct buf *out)
{
    uint32_t fields = 0;
    for (uint32_t t = 0; t < table_count(p); t++)
        fields += p->schema->tables[t].field_count;
    uint32_t metrics = p->schema->metric_count;
    buf_print(out, "the policy is sound: %u source%s, %u table%s, %u column%s enter, %u metric%s\n",
              p->source_count, plural(p->source_count), table_count(p), plural(table_count(p)),
              fields, plural(fields), metrics, plural(metrics));
}

static enum exit_status run(const struct arguments *a)
{
    const char *directory = arguments_get(a, "dir");
    const char *file = arguments_get(a, "file");
    bool checks = strcmp(a->words[0], "check") == 0;
    if (!checks && strcmp(a->words[0], "statement") != 0)
        return cli_misused("policy", "'%s' is neither check nor statement", a->words[0]);
    if (!directory == !file)
        return cli_misused("policy", "say which: --dir DIR, or --file F");
    if (checks && arguments_has(a, "json"))
        return cli_misused("policy", "--json goes with statement");

    struct arena *scratch AUTO(arena_freep) = arena_new(HOME_SCRATCH_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(OUT_BYTES);
    const struct policy *p = NULL;
    struct fault why = {0};
    if (home_policy(directory, file, scratch, &p, &why))
        return cli_failed(&why);
    if (arguments_has(a, "json"))
        statement_json(p, true, &out);
    else if (checks)
        check_text(p, &out);
    else
        statement_text(p, &out);
    if (buf_end(&out, &why))
        return cli_failed(&why);
    fwrite(out.at, 1, out.len, stdout);
    return EXIT_STATUS_OK;
}

const struct verb verb_policy = {
    .name = "policy",
    .summary = "check the policy, or state what it lets in",
    .help = "tamis policy check --dir DIR\n\n"
            "  tamis policy check       is it sound?  An error says the line\n"
            "  tamis policy statement   what it lets in, what each column still reveals, and\n"
            "                           what stays behind\n\n"
            "  --dir DIR    policy.yml of this directory\n"
            "  --file F     another file\n"
            "  --json       the statement as JSON\n",
    .flags = flags,
    .words = "check | statement",
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
