// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "base/num.h"
#include "cli/admin.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/home_ratchet.h"
#include "data/changeset.h"
#include "guard/warrant_ask.h"
#include "json/json_writer.h"
#include "policy/policy.h"
#include "server/approved.h"
#include "server/installation.h"
#include "server/sealed_key.h"

#include <stdio.h>

enum { SCRATCH_BYTES = 512 << 20, OUT_BYTES = 1 << 20, BODY_BYTES = 8192, ID_BYTES = 64 };

static const int64_t day_ms = (int64_t)24 * 3600 * 1000;

// DIR with its ledger, and the policy in force.
struct desk {
    const struct arguments *a;
    struct home_ratchet home;
    struct arena *scratch;
    const struct schema *schema;
    struct buf out; // for standard output
};

static enum err open_desk(const struct arguments *a, struct desk *d, struct fault *why)
{
    *d = (struct desk){.a = a, .out = buf_init(OUT_BYTES)};
    d->home.dir.dir = -1;
    d->scratch = arena_new(SCRATCH_BYTES);
    enum err e = home_ratchet_open(arguments_get(a, "dir"), &d->home, why);
    if (e)
        return e;
    const struct policy *p = NULL;
    const struct ratchet_entry *now =
        ratchet_in_force(d->home.ratchet, RATCHET_POLICY, SUBJECT_POLICY);
    e = policy_parse(now ? now->value : slice_text("sources: {}\n"), d->scratch, &p, why);
    if (!e)
        d->schema = p->schema;
    return e;
}

static enum exit_status end_desk(struct desk *d, enum err e, struct fault *why)
{
    if (!e)
        e = buf_end(&d->out, why);
    if (!e)
        fwrite(d->out.at, 1, d->out.len, stdout);
    if (d->out.at)
        wipe(d->out.at, d->out.len);
    home_ratchet_close(&d->home);
    arena_free(d->scratch);
    buf_done(&d->out);
    return e ? cli_failed(why) : EXIT_STATUS_OK;
}

static enum err take_line(const struct arguments *a, const char *flag, char *out, size_t size,
                          struct fault *why)
{
    const char *given = arguments_get(a, flag);
    bool is_good = given && given[0] && strlen(given) < size;
    for (const char *c = given; is_good && *c; c++)
        is_good = (unsigned char)*c >= ' ';
    if (!is_good)
        return fail(why, ERR_INVALID, "--%s is missing, or no line of up to %zu bytes", flag,
                    size - 1);
    memcpy(out, given, strlen(given) + 1);
    return OK;
}

static enum err check_person(const struct desk *d, enum role role, struct fault *why)
{
    const struct admin_claim claim = {arguments_get(d->a, "as"),
                                      arguments_get(d->a, "password-file"),
                                      arguments_get(d->a, "otp")};
    return person_check(d->home.directory, &claim, role, why);
}

// A proposal about one sealed column; `subject` is what a newer one takes the place of.
static enum err propose(struct desk *d, const char *kind, const char *subject,
                        const struct warrant *w, struct fault *why)
{
    struct buf value AUTO(buf_donep) = buf_init(WARRANT_TEXT_BYTES);
    int64_t seq = 0;
    warrant_print(w, &value);
    const struct ratchet_change c = {
        .kind = kind, .subject = subject, .who = w->who, .value = buf_slice(&value)};
    enum err e = ratchet_propose(d->home.ratchet, &c, &seq, why);
    if (!e)
        e = installation_give(d->home.directory, why);
    if (!e)
        home_ratchet_tell(&d->home, seq, "sealed", &d->out);
    return e;
}

static enum err name_column(const struct desk *d, struct warrant *w, struct fault *why)
{
    struct sealed_column c;
    enum err e = sealed_column_find(d->schema, slice_text(d->a->words[1]), &c, why);
    if (!e)
        sealed_column_print(&c, w->column);
    return e;
}

static enum err propose_opening(struct desk *d, struct fault *why)
{
    struct warrant w = {0};
    struct row_key key;
    char subject[SEALED_NAME_BYTES + ID_BYTES + 2];
    enum err e = name_column(d, &w, why);
    if (!e)
        e = take_line(d->a, "row", w.row, sizeof w.row, why);
    if (!e && row_key_parse(slice_text(w.row), &key))
        e = fail(why, ERR_INVALID, "--row %s is no _id of a row", w.row);
    if (!e)
        e = take_line(d->a, "why", w.why, sizeof w.why, why);
    if (!e)
        e = take_line(d->a, "as", w.who, sizeof w.who, why);
    if (!e)
        e = check_person(d, ROLE_INVESTIGATOR, why);
    if (e)
        return e;
    snprintf(subject, sizeof subject, "%s %s", w.column, w.row);
    e = propose(d, RATCHET_SEAL_OPEN, subject, &w, why);
    if (!e)
        buf_text(&d->out, "then:\n  tamis sealed open N, with the number, within a day\n");
    return e;
}

static enum exit_status run_destroy(const struct arguments *a)
{
    struct desk d;
    struct fault why = {0};
    struct warrant w = {.row = "-"};
    enum err e = open_desk(a, &d, &why);
    if (!e)
        e = name_column(&d, &w, &why);
    if (!e)
        e = take_line(a, "why", w.why, sizeof w.why, &why);
    if (!e)
        e = take_line(a, "as", w.who, sizeof w.who, &why);
    if (!e)
        e = check_person(&d, ROLE_ADMIN, &why);
    if (!e)
        e = propose(&d, RATCHET_SEAL_DESTROY, w.column, &w, &why);
    return end_desk(&d, e, &why);
}

// ---- deciding ----

static enum err find_proposal(struct desk *d, const struct ratchet_entry **out,
                              struct warrant *out_warrant, struct fault *why)
{
    uint32_t count = 0;
    int64_t seq = 0;
    const struct ratchet_entry *entries = ratchet_entries(d->home.ratchet, &count);
    enum err e = home_ratchet_proposal(&d->home, d->a->words[1], &seq, why);
    if (e)
        return e;
    const struct ratchet_entry *p = &entries[seq - 1];
    if (strcmp(p->kind, RATCHET_SEAL_OPEN) != 0 && strcmp(p->kind, RATCHET_SEAL_DESTROY) != 0)
        return fail(why, ERR_INVALID, "proposal %lld is about a %s; decide it with 'tamis policy'",
                    (long long)seq, p->kind);
    e = warrant_parse(p->value, out_warrant, why);
    out_warrant->number = seq;
    *out = p;
    return e;
}

static void print_proposal(const struct ratchet_entry *p, const struct warrant *w, struct buf *out)
{
    if (strcmp(p->kind, RATCHET_SEAL_OPEN) == 0)
        buf_print(out, "proposal %lld of %s: open %s of row %s\n  why: %s\n", (long long)p->seq,
                  p->who, w->column, w->row, w->why);
    else
        buf_print(out, "proposal %lld of %s: destroy the key of %s, for good\n  why: %s\n",
                  (long long)p->seq, p->who, w->column, w->why);
}

// At once; the ledger has it, so a start would do it if this did not get so far.
static enum err destroy(struct desk *d, const struct warrant *w, struct fault *why)
{
    struct sealed_column c;
    enum err e = sealed_column_find(d->schema, slice_text(w->column), &c, why);
    if (!e)
        e = sealed_key_destroy(&d->home.dir, &c, now_ms(), why);
    if (!e)
        buf_print(&d->out, "the key of %s is destroyed\n", w->column);
    return e;
}

static enum err decide(struct desk *d, bool approves, struct fault *why)
{
    const struct ratchet_entry *p = NULL;
    struct warrant w = {0};
    char who[PRINCIPAL_NAME_BYTES];
    enum err e = find_proposal(d, &p, &w, why);
    if (!e)
        e = take_line(d->a, "as", who, sizeof who, why);
    if (e || !p)
        return e;
    bool destroys = strcmp(p->kind, RATCHET_SEAL_DESTROY) == 0;
    print_proposal(p, &w, &d->out);
    e = check_person(d, ROLE_ADMIN, why);
    if (!e)
        e = (approves ? ratchet_approve : ratchet_withdraw)(d->home.ratchet, w.number, who, why);
    if (!e && approves && destroys)
        e = destroy(d, &w, why);
    if (!e)
        e = installation_give(d->home.directory, why);
    if (e)
        return e;
    if (approves && destroys)
        home_tell_server(d->home.directory, d->scratch);
    else
        buf_print(&d->out,
                  approves ? "approved; %s opens it with: tamis sealed open %lld\n" : "withdrawn\n",
                  w.who, (long long)w.number);
    return OK;
}

static enum exit_status run_decide(const struct arguments *a, bool approves)
{
    struct desk d;
    struct fault why = {0};
    enum err e = open_desk(a, &d, &why);
    if (!e)
        e = decide(&d, approves, &why);
    return end_desk(&d, e, &why);
}

static enum exit_status run_approve(const struct arguments *a)
{
    return run_decide(a, true);
}

static enum exit_status run_withdraw(const struct arguments *a)
{
    return run_decide(a, false);
}

// ---- opening ----

static enum err find_approval(const struct desk *d, const struct ratchet_entry *p,
                              struct warrant *w, struct fault *why)
{
    uint32_t count = 0;
    const struct ratchet_entry *entries = ratchet_entries(d->home.ratchet, &count);
    if (strcmp(p->kind, RATCHET_SEAL_OPEN) != 0)
        return fail(why, ERR_INVALID, "proposal %lld is no opening", (long long)p->seq);
    for (uint32_t i = (uint32_t)p->seq; i < count; i++) {
        if (entries[i].of != p->seq || entries[i].act != RATCHET_APPROVE)
            continue;
        w->until_ms = entries[i].at_ms + WARRANT_DAYS * day_ms;
        return OK;
    }
    return fail(why, ERR_DENIED, "proposal %lld is not approved", (long long)p->seq);
}

static void print_body(const struct warrant *w, struct buf *out)
{
    struct json_writer j = json_writer_to(out);
    json_object(&j);
    json_key(&j, "warrant");
    json_int(&j, w->number);
    json_key(&j, "column");
    json_text(&j, w->column);
    json_key(&j, "row");
    json_text(&j, w->row);
    json_key(&j, "why");
    json_text(&j, w->why);
    json_end(&j);
}

static enum err ask_server(struct desk *d, const struct warrant *w, struct buf *locked,
                           struct fault *why)
{
    const struct client_options options = {.directory = d->home.directory,
                                           .user = arguments_get(d->a, "as"),
                                           .password_file = arguments_get(d->a, "password-file")};
    struct buf body AUTO(buf_donep) = buf_init(BODY_BYTES);
    const struct json *reply = NULL;
    struct client *client = NULL;
    print_body(w, &body);
    enum err e = client_open(&options, &client, why);
    const struct client_question q = {"POST", "/_tamis/sealed/open", buf_slice(&body)};
    if (!e)
        e = client_json(client, &q, d->scratch, &reply, why);
    client_close(client);
    const struct json *text = e ? NULL : json_get(reply, "locked");
    if (!e && (!text || base64_parse(text->text, locked)))
        e = fail(why, ERR_CORRUPT, "the server's answer is not what keeper sends");
    return e;
}

static enum err print_opened(struct desk *d, const struct warrant *w, struct slice locked,
                             struct fault *why)
{
    uint8_t key[KEY_BYTES];
    uint64_t row[2];
    char id[ID_BYTES];
    struct buf printed AUTO(buf_donep) = buf_init(sizeof id - 1);
    const struct warrant_question q = {
        .number = (uint64_t)w->number, .column = slice_text(w->column), .row = slice_text(w->row)};
    warrant_key(d->home.ring, w->number, key);
    enum err e = warrant_answer_open(key, &q, locked, row, &d->out, why);
    wipe(key, sizeof key);
    if (e)
        return e;
    buf_text(&d->out, "\n");
    row_key_print((struct row_key){row[0], row[1]}, &printed);
    if (!slice_is(buf_slice(&printed), w->row))
        cli_say("it was sealed in row %.*s, whose key has changed since, or it was put here from "
                "there",
                SLICE_PRINT(buf_slice(&printed)));
    return OK;
}

// The warrant is there for keeper to read as long as this takes.
static enum err open_approved(struct desk *d, struct fault *why)
{
    const struct ratchet_entry *p = NULL;
    struct warrant w = {0};
    char name[ID_BYTES];
    struct buf locked AUTO(buf_donep) = buf_init(OUT_BYTES);
    enum err e = find_proposal(d, &p, &w, why);
    if (e || !p)
        return e;
    e = find_approval(d, p, &w, why);
    if (!e)
        e = warrant_write(&d->home.dir, &w, why);
    if (e)
        return e;
    e = ask_server(d, &w, &locked, why);
    warrant_name(w.number, name, sizeof name);
    (void)d->home.dir.ops->remove(&d->home.dir, name, NULL); // it lapses anyway
    return e ? e : print_opened(d, &w, buf_slice(&locked), why);
}

static enum exit_status run_open(const struct arguments *a)
{
    struct desk d;
    struct fault why = {0};
    uint64_t number = 0;
    bool is_number = parse_u64(slice_text(a->words[1]), &number) == OK;
    enum err e = open_desk(a, &d, &why);
    if (!e)
        e = is_number ? open_approved(&d, &why) : propose_opening(&d, &why);
    return end_desk(&d, e, &why);
}

// ---- listing ----

static void list_columns(struct desk *d)
{
    uint32_t count = schema_sealed_count(d->schema);
    for (uint32_t i = 0; i < count; i++) {
        char name[SEALED_NAME_BYTES];
        uint8_t half[AGREE_BYTES];
        struct fault said = {0};
        struct sealed_column c = sealed_column_at(d->schema, i);
        sealed_column_print(&c, name);
        enum err e = sealed_key_secret(&d->home.dir, d->home.ring, &c, half, &said);
        wipe(half, sizeof half);
        buf_print(&d->out, "%s: %s\n", name, e ? said.words : "its key is there");
    }
    if (count == 0)
        buf_text(&d->out, "no column of the policy in force is sealed\n");
}

static void list_proposals(struct desk *d)
{
    uint32_t count = 0;
    const struct ratchet_entry *entries = ratchet_entries(d->home.ratchet, &count);
    for (uint32_t i = 0; i < count; i++) {
        struct warrant w;
        const struct ratchet_entry *p = &entries[i];
        if (strncmp(p->kind, "sealed-", 7) != 0 || !ratchet_is_open(d->home.ratchet, p) ||
            warrant_parse(p->value, &w, NULL))
            continue;
        buf_text(&d->out, "waits: ");
        print_proposal(p, &w, &d->out);
    }
}

static enum exit_status run_list(const struct arguments *a)
{
    struct desk d;
    struct fault why = {0};
    enum err e = open_desk(a, &d, &why);
    if (!e) {
        list_columns(&d);
        list_proposals(&d);
    }
    return end_desk(&d, e, &why);
}

static const struct flag flags[] = {{"dir", "DIR"}, {"row", "ID"},          {"why", "WORDS"},
                                    {"as", "NAME"}, {"password-file", "F"}, {"otp", "CODE"},
                                    {NULL, NULL}};

static const struct action {
    const char *name;
    bool takes_word;
    enum exit_status (*run)(const struct arguments *a);
} actions[] = {
    {"list", false, run_list},        {"open", true, run_open},
    {"destroy", true, run_destroy},   {"approve", true, run_approve},
    {"withdraw", true, run_withdraw},
};

static enum exit_status run(const struct arguments *a)
{
    const struct action *action = NULL;
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(actions[i].name, a->words[0]) == 0)
            action = &actions[i];
    }
    if (!action)
        return cli_misused("sealed", "'%s' is not list, open, approve, withdraw or destroy",
                           a->words[0]);
    if (!arguments_has(a, "dir"))
        return cli_misused("sealed", "--dir DIR is missing");
    if (action->takes_word != (a->word_count == 2))
        return cli_misused("sealed", action->takes_word ? "say which: a column, or a number"
                                                        : "list takes no word");
    if (action->takes_word && !arguments_has(a, "as"))
        return cli_misused("sealed", "say who you are: --as NAME");
    return action->run(a);
}

const struct verb verb_sealed = {
    .name = "sealed",
    .summary = "open a value of a sealed column with a second person, or destroy a column's key",
    .help =
        "tamis sealed open fleet.customers.email --row 6f1c02a94be1d377 --why \"ticket 4711\" \\\n"
        "    --dir DIR --as ivy\n\n"
        "  tamis sealed list               the sealed columns, their keys, and what waits\n"
        "  tamis sealed open COLUMN --row ID --why WORDS --as NAME\n"
        "                                  proposes to open one value; NAME has the role\n"
        "                                  investigator\n"
        "  tamis sealed approve N --as NAME   an administrator, who is somebody else, agrees\n"
        "  tamis sealed withdraw N --as NAME\n"
        "  tamis sealed open N --as NAME   opens it, within a day of the approval; each time is\n"
        "                                  in the audit log, with row, person and reason\n"
        "  tamis sealed destroy COLUMN --why WORDS --as NAME\n"
        "                                  proposes to destroy the column's key; approved, every\n"
        "                                  value of it is erased, in every copy there is\n\n"
        "  COLUMN is TABLE.COLUMN or SOURCE.TABLE.COLUMN.\n"
        "  --dir DIR          the installation; to open, its server runs\n"
        "  --row ID           the row's _id\n"
        "  --why WORDS        the reason, which the second person sees and the log keeps\n"
        "  --as NAME          who you are\n"
        "  --password-file F  the first line of F is the password, which is asked for otherwise\n"
        "  --otp CODE         of the authenticator of an administrator who has one\n",
    .flags = flags,
    .words = "list | open COLUMN | open N | approve N | withdraw N | destroy COLUMN",
    .words_min = 1,
    .words_max = 2,
    .run = run,
};
