// SPDX-License-Identifier: Apache-2.0
#include "access/approval.h"
#include "base/date.h"
#include "base/num.h"
#include "cli/admin.h"
#include "cli/cli.h"
#include "cli/home.h"
#include "cli/home_access.h"
#include "cli/home_rule.h"
#include "json/json_writer.h"

#include <stdio.h>

enum { LIST_BYTES = 16 << 20 };

static const struct flag flags[] = {{"dir", "DIR"},  {"as", "NAME"}, {"password-file", "F"},
                                    {"otp", "CODE"}, {"json", NULL}, {NULL, NULL}};

static void print_when(struct buf *out, int64_t at_ms)
{
    (void)date_print(out, at_ms, slice_of("", 0), NULL, NULL); // told by buf_end()
}

static void list_text(void *context, const struct approval *p)
{
    struct buf *out = context;
    buf_print(out, "%4lld  ", (long long)p->id);
    print_when(out, p->at_ms);
    buf_print(out, "  %s %s, by %s: %.*s; ", p->action, p->name, p->who, SLICE_PRINT(p->words));
    if (p->due_ms) {
        buf_text(out, "alone from ");
        print_when(out, p->due_ms);
        buf_text(out, ", ");
    }
    buf_text(out, "until ");
    print_when(out, p->lapses_ms);
    buf_text(out, "\n");
}

static void list_json(void *context, const struct approval *p)
{
    struct json_writer *w = context;
    json_object(w);
    json_key(w, "id");
    json_int(w, p->id);
    json_key(w, "action");
    json_text(w, p->action);
    json_key(w, "name");
    json_text(w, p->name);
    json_key(w, "change");
    json_string(w, p->words);
    json_key(w, "proposed_by");
    json_text(w, p->who);
    json_key(w, "proposed_in_millis");
    json_int(w, p->at_ms);
    json_key(w, "alone_from_millis");
    json_int(w, p->due_ms);
    json_key(w, "until_millis");
    json_int(w, p->lapses_ms);
    json_end(w);
}

static enum err list(struct access *access, bool as_json, struct fault *why)
{
    struct buf out AUTO(buf_donep) = buf_init(LIST_BYTES);
    struct json_writer w = json_writer_to(&out);
    if (as_json)
        json_array(&w);
    enum err e = as_json ? access_approvals(access, list_json, &w, why)
                         : access_approvals(access, list_text, &out, why);
    if (as_json) {
        json_end(&w);
        buf_text(&out, "\n");
    }
    if (!e)
        e = buf_end(&out, why);
    if (!e && out.len == 0)
        cli_say("nothing waits; proposals about the policy are in 'tamis policy history'");
    if (!e)
        fwrite(out.at, 1, out.len, stdout);
    return e;
}

enum decision { DECIDES_LIST, DECIDES_APPROVE, DECIDES_REFUSE, DECIDES_NOTHING };

static enum decision decision_parse(const char *word)
{
    static const char *const names[] = {"list", "approve", "refuse"};
    for (int i = 0; i < DECIDES_NOTHING; i++) {
        if (strcmp(word, names[i]) == 0)
            return (enum decision)i;
    }
    return DECIDES_NOTHING;
}

static enum err decide(const struct arguments *a, enum decision d, struct access *access,
                       struct fault *why)
{
    uint64_t id = 0;
    const char *as = arguments_get(a, "as");
    const struct access_by by = {.name = as ? as : ACCESS_COMMAND_LINE};
    if (d == DECIDES_LIST)
        return list(access, arguments_has(a, "json"), why);
    if (parse_u64(slice_text(a->words[1]), &id) || id > INT64_MAX)
        return fail(why, ERR_INVALID, "'%.32s' is not the number of an approval", a->words[1]);
    enum err e = d == DECIDES_APPROVE ? access_approve(access, &by, (int64_t)id, why)
                                      : access_withdraw(access, &by, (int64_t)id, why);
    if (!e)
        cli_say("%s", d == DECIDES_APPROVE ? "it is in force" : "it is refused");
    return e;
}

static enum err open_and_decide(const struct arguments *a, enum decision d, struct fault *why)
{
    const char *directory = arguments_get(a, "dir");
    const struct admin_claim claim = {arguments_get(a, "as"), arguments_get(a, "password-file"),
                                      arguments_get(a, "otp")};
    struct home_access home = {0};
    struct home_rule rule = {0};
    enum err e = home_check(directory, why);
    if (!e && d != DECIDES_LIST)
        e = home_rule_read(directory, &rule, why);
    if (!e && claim.name)
        e = admin_check(directory, &claim, why);
    if (!e)
        e = home_access_open(directory, &home, why);
    if (e)
        return e;
    home_rule_set(&rule, home.access);
    e = decide(a, d, home.access, why);
    enum err settle_failed = home_access_settle(&home, e ? NULL : why);
    home_access_close(&home);
    return e ? e : settle_failed;
}

static enum exit_status run(const struct arguments *a)
{
    enum decision d = decision_parse(a->words[0]);
    bool lists = d == DECIDES_LIST;
    if (d == DECIDES_NOTHING)
        return cli_misused("approvals", "'%s' is not list, approve or refuse", a->words[0]);
    if (!arguments_has(a, "dir"))
        return cli_misused("approvals", "--dir DIR is missing");
    if (lists != (a->word_count == 1))
        return cli_misused("approvals",
                           lists ? "list takes no number" : "the number of an approval is missing");
    if (!lists && arguments_has(a, "json"))
        return cli_misused("approvals", "--json goes only with list");
    if (!arguments_has(a, "as") && (arguments_has(a, "otp") || arguments_has(a, "password-file")))
        return cli_misused("approvals", "--otp and --password-file go with --as NAME");
    struct fault why = {0};
    return open_and_decide(a, d, &why) ? cli_failed(&why) : EXIT_STATUS_OK;
}

const struct verb verb_approvals = {
    .name = "approvals",
    .summary = "what waits for a second administrator, and deciding it",
    .help = "tamis approvals approve 7 --dir /var/lib/tamis --as bob\n\n"
            "  tamis approvals list        users, roles and second factors that wait\n"
            "  tamis approvals approve N   by another administrator than the one who proposed it,\n"
            "                              within 24 hours\n"
            "  tamis approvals refuse N    it is never done\n\n"
            "The same as /_tamis/approvals over HTTPS, beside a running server or without one.\n"
            "Without --as NAME, only what was proposed here without a name, 24 hours later.\n"
            "Proposals about the policy are decided with 'tamis policy approve'.\n\n"
            "  --dir DIR          the installation\n"
            "  --as NAME          the administrator you are\n"
            "  --password-file F  the first line of F is the password, which is asked for "
            "otherwise\n"
            "  --otp CODE         of your authenticator, if you have one; else it is asked for\n"
            "  --json             the list as JSON\n",
    .flags = flags,
    .words = "list | approve N | refuse N",
    .words_min = 1,
    .words_max = 2,
    .run = run,
};
