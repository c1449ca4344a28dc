// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"
#include "cli/home.h"
#include "cli/policy_life.h"
#include "policy/statement.h"

#include <stdio.h>

enum { OUT_BYTES = 64 << 20 };

static const struct flag flags[] = {{"dir", "DIR"},         {"file", "F"},   {"as", "NAME"},
                                    {"password-file", "F"}, {"json", NULL},  {"postgres", "WORDS"},
                                    {"user", "ROLE"},       {"otp", "CODE"}, {NULL, NULL}};

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

static enum exit_status read_one(const struct arguments *a, bool checks)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(HOME_SCRATCH_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(OUT_BYTES);
    const struct policy *p = NULL;
    struct fault why = {0};
    if (home_policy(arguments_get(a, "dir"), arguments_get(a, "file"), scratch, &p, &why))
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

static enum exit_status run_check(const struct arguments *a)
{
    return read_one(a, true);
}

static enum exit_status run_statement(const struct arguments *a)
{
    return read_one(a, false);
}

// What each action takes: a directory, a file in its place or beside it, a person, JSON, a
// database.
enum {
    TAKES_DIR = 1,
    TAKES_FILE = 2,
    ONE_OF_BOTH = 4,
    TAKES_PERSON = 8,
    TAKES_JSON = 16,
    TAKES_WORD = 32,
    TAKES_DATABASE = 64
};

static const struct action {
    const char *name;
    unsigned takes;
    enum exit_status (*run)(const struct arguments *a);
} actions[] = {
    {"check", TAKES_DIR | TAKES_FILE | ONE_OF_BOTH, run_check},
    {"statement", TAKES_DIR | TAKES_FILE | ONE_OF_BOTH | TAKES_JSON, run_statement},
    {"suggest", TAKES_DIR | TAKES_WORD | TAKES_DATABASE, policy_run_suggest},
    {"explain", TAKES_DIR | TAKES_FILE | ONE_OF_BOTH | TAKES_WORD, policy_run_explain},
    {"diff", TAKES_DIR | TAKES_FILE, policy_run_diff},
    {"apply", TAKES_DIR | TAKES_FILE | TAKES_PERSON, policy_run_apply},
    {"approve", TAKES_DIR | TAKES_PERSON | TAKES_WORD, policy_run_approve},
    {"withdraw", TAKES_DIR | TAKES_PERSON | TAKES_WORD, policy_run_withdraw},
    {"rekey", TAKES_DIR | TAKES_PERSON | TAKES_WORD, policy_run_rekey},
    {"history", TAKES_DIR | TAKES_JSON, policy_run_history},
    {"settings", TAKES_JSON, policy_run_settings},
};

enum { ACTION_COUNT = sizeof actions / sizeof actions[0] };

static const struct action *action_find(const char *name)
{
    for (size_t i = 0; i < ACTION_COUNT; i++) {
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    }
    return NULL;
}

static enum exit_status check_flags(const struct arguments *a, const struct action *action)
{
    static const struct {
        const char *flag;
        unsigned takes;
    } rules[] = {{"dir", TAKES_DIR},
                 {"file", TAKES_FILE},
                 {"as", TAKES_PERSON},
                 {"otp", TAKES_PERSON},
                 {"password-file", TAKES_PERSON | TAKES_DATABASE},
                 {"postgres", TAKES_DATABASE},
                 {"user", TAKES_DATABASE},
                 {"json", TAKES_JSON}};

    unsigned takes = action->takes;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (arguments_has(a, rules[i].flag) && !(takes & rules[i].takes))
            return cli_misused("policy", "--%s does not go with %s", rules[i].flag, action->name);
    }
    bool has_dir = arguments_has(a, "dir");
    if (takes & ONE_OF_BOTH && has_dir == arguments_has(a, "file"))
        return cli_misused("policy", "say which: --dir DIR, or --file F");
    if (takes & TAKES_DIR && !(takes & ONE_OF_BOTH) && !has_dir)
        return cli_misused("policy", "say which: --dir DIR");
    if (takes & TAKES_PERSON && !arguments_has(a, "as"))
        return cli_misused("policy", "say who you are: --as NAME, an administrator");
    if (!(takes & TAKES_WORD) && a->word_count > 1)
        return cli_misused("policy", "'%s' is one word too many", a->words[1]);
    return EXIT_STATUS_OK;
}

static enum exit_status run(const struct arguments *a)
{
    const struct action *action = action_find(a->words[0]);
    if (!action) {
        struct buf names AUTO(buf_donep) = buf_init(1024);
        for (size_t i = 0; i < ACTION_COUNT; i++)
            buf_print(&names, "%s%s", i ? ", " : "", actions[i].name);
        return cli_misused("policy", "there is no '%s'; there are %.*s", a->words[0],
                           SLICE_PRINT(buf_slice(&names)));
    }
    enum exit_status misused = check_flags(a, action);
    return misused ? misused : action->run(a);
}

const struct verb verb_policy = {
    .name = "policy",
    .summary = "check the policy, say what it lets in, change it",
    .help =
        "tamis policy check --dir DIR\n\n"
        "  tamis policy check             is it sound?  An error says the line\n"
        "  tamis policy statement         what it lets in, what each column still reveals, and\n"
        "                                 what stays behind\n"
        "  tamis policy suggest SOURCE    a first policy for a database, out of its schema and a\n"
        "                                 sample; each column with a treatment and its reason\n"
        "  tamis policy explain T.COLUMN  one column, and what other treatments would leave of it\n"
        "  tamis policy diff              what of policy.yml is not in force, and whether it\n"
        "                                 tightens or loosens\n"
        "  tamis policy apply --as NAME   puts it in force when it tightens; proposes it to a\n"
        "                                 second administrator when it loosens (tamis.yml too)\n"
        "  tamis policy approve N --as NAME   approves proposal N of somebody else, within 24\n"
        "                                 hours; where there is one administrator, after them\n"
        "  tamis policy withdraw N --as NAME\n"
        "  tamis policy rekey [KIND] --as NAME   proposes other pseudonyms for all subjects of a\n"
        "                                 kind (or of all kinds); a second administrator approves\n"
        "  tamis policy history           every version, proposal and approval\n"
        "  tamis policy settings          everything that can be set, and what it protects\n\n"
        "  --dir DIR          policy.yml of this directory\n"
        "  --file F           another policy file\n"
        "  --as NAME          the administrator you are\n"
        "  --password-file F  the first line of F is the password, which is asked for otherwise;\n"
        "                     of suggest: of ROLE\n"
        "  --otp CODE         of your authenticator, if you have one; else it is asked for\n"
        "  --postgres WORDS   of suggest: host=... dbname=..., when the policy lacks the source\n"
        "  --user ROLE        of suggest: the database role that looks; else the copy role\n"
        "  --json             statement, history and settings as JSON\n",
    .flags = flags,
    .words = "check | statement | suggest SOURCE | explain T.COLUMN | diff | apply | approve N | "
             "withdraw N | rekey [KIND] | history | "
             "settings",
    .words_min = 1,
    .words_max = 2,
    .run = run,
};
