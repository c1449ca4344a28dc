// SPDX-License-Identifier: Apache-2.0
#include "cli/policy_life.h"

#include "base/date.h"
#include "base/limits.h"
#include "cli/admin.h"
#include "cli/home_ratchet.h"
#include "json/json_writer.h"
#include "policy/diff.h"
#include "policy/policy.h"
#include "server/approved.h"
#include "server/directory.h"
#include "server/installation.h"
#include "server/layer_key.h"

#include <fcntl.h>
#include <stdio.h>

enum { OUT_BYTES = 64 << 20, SCRATCH_BYTES = 512 << 20, HASH_TEXT_BYTES = 64 };

// DIR, opened with its keys, its ratchet and what its files say.
struct life {
    struct home_ratchet home;
    struct arena *scratch;
    struct buf policy; // DIR/policy.yml, or --file
    struct config config;
    struct buf out; // for standard output
};

static enum err open_life(const char *directory, struct life *l, struct fault *why)
{
    *l = (struct life){.policy = buf_init(LIMIT_POLICY_BYTES), .out = buf_init(OUT_BYTES)};
    l->scratch = arena_new(SCRATCH_BYTES);
    return home_ratchet_open(directory, &l->home, why);
}

static void close_life(struct life *l)
{
    home_ratchet_close(&l->home);
    arena_free(l->scratch);
    buf_done(&l->policy);
    buf_done(&l->out);
}

static enum err read_files(struct life *l, const char *file, struct fault *why)
{
    const struct world anywhere = {.ops = &world_real_ops, .dir = AT_FDCWD};
    const struct policy *parsed = NULL;
    struct buf config AUTO(buf_donep) = buf_init(LIMIT_CONFIG_BYTES);
    enum err e = world_read_file(file ? &anywhere : &l->home.dir, file ? file : FILE_POLICY,
                                 &l->policy, why);
    if (!e)
        e = policy_parse(buf_slice(&l->policy), l->scratch, &parsed, why);
    if (!e)
        e = world_read_file(&l->home.dir, FILE_CONFIG, &config, why);
    return e ? e : config_parse(buf_slice(&config), &l->config, why);
}

static enum exit_status end_life(struct life *l, enum err e, struct fault *why)
{
    if (!e)
        e = buf_end(&l->out, why);
    if (!e)
        fwrite(l->out.at, 1, l->out.len, stdout);
    close_life(l);
    return e ? cli_failed(why) : EXIT_STATUS_OK;
}

static void print_diff(struct life *l, const struct policy_diff *d, const char *file)
{
    for (uint32_t i = 0; i < d->count; i++) {
        const struct policy_change *c = &d->changes[i];
        buf_print(&l->out, "%-8s %s line %u: %s: %s\n", change_direction_name(c->direction),
                  c->is_gone ? "approved policy" : file, c->line, c->path, c->words);
    }
    if (d->count == 0)
        buf_text(&l->out, "no difference but in comments and order\n");
}

static enum err diff_in_force(struct life *l, struct slice text, struct policy_diff *out,
                              struct fault *why)
{
    const struct ratchet_entry *now =
        ratchet_in_force(l->home.ratchet, RATCHET_POLICY, SUBJECT_POLICY);
    struct slice before = now ? now->value : slice_text("sources: {}\n");
    return policy_diff_texts(before, text, l->scratch, out, why);
}

// A setting of tamis.yml that is not in force, and is more than another loopback port.
static enum err setting_differs(struct life *l, const char *subject, struct buf *text, bool *out,
                                struct fault *why)
{
    const struct ratchet_entry *now = ratchet_in_force(l->home.ratchet, RATCHET_SETTING, subject);
    enum err e = setting_print(&l->config, subject, text, why);
    bool is_loose = setting_loosens(&l->config, subject, now ? now->value : slice_text(""));
    *out = is_loose && !(now && slice_equal(now->value, buf_slice(text)));
    return e;
}

static enum err diff_settings(struct life *l, struct fault *why)
{
    for (const char *const *s = approved_settings; *s; s++) {
        struct buf text AUTO(buf_donep) = buf_init(LIMIT_CONFIG_BYTES);
        bool differs = false;
        enum err e = setting_differs(l, *s, &text, &differs, why);
        if (e)
            return e;
        if (differs)
            buf_print(&l->out, "loosens  tamis.yml: %.*s", SLICE_PRINT(buf_slice(&text)));
    }
    return OK;
}

enum exit_status policy_run_diff(const struct arguments *a)
{
    struct life l;
    struct fault why = {0};
    struct policy_diff d = {0};
    const char *file = arguments_get(a, "file");
    enum err e = open_life(arguments_get(a, "dir"), &l, &why);
    if (!e)
        e = read_files(&l, file, &why);
    if (!e)
        e = diff_in_force(&l, buf_slice(&l.policy), &d, &why);
    if (!e) {
        print_diff(&l, &d, file ? file : FILE_POLICY);
        e = diff_settings(&l, &why);
    }
    return end_life(&l, e, &why);
}

static enum err propose(struct life *l, const struct ratchet_change *c, struct fault *why)
{
    int64_t seq = 0;
    enum err e = ratchet_propose(l->home.ratchet, c, &seq, why);
    if (e)
        return e;
    home_ratchet_tell(&l->home, seq, "policy", &l->out);
    return OK;
}

static enum err apply_policy(struct life *l, const char *who, struct fault *why)
{
    struct policy_diff d = {0};
    struct slice text = buf_slice(&l->policy);
    const struct ratchet_entry *now =
        ratchet_in_force(l->home.ratchet, RATCHET_POLICY, SUBJECT_POLICY);
    if (now && slice_equal(now->value, text)) {
        buf_text(&l->out, "policy.yml is in force\n");
        return OK;
    }
    const struct ratchet_change c = {
        .kind = RATCHET_POLICY, .subject = SUBJECT_POLICY, .who = who, .value = text};
    enum err e = diff_in_force(l, text, &d, why);
    if (e)
        return e;
    print_diff(l, &d, FILE_POLICY);
    if (d.reshaped && approved_has_data(l->home.ratchet))
        return fail(why, ERR_INVALID,
                    "no source could bring the rows of index %s again; declare its columns as they "
                    "were, and the new ones under another name",
                    d.reshaped);
    if (d.direction == CHANGE_LOOSENS && now && approved_has_data(l->home.ratchet))
        return propose(l, &c, why);
    bool is_first = !approved_has_data(l->home.ratchet);
    e = ratchet_set(l->home.ratchet, is_first ? RATCHET_START : RATCHET_TIGHTEN, &c, why);
    if (!e)
        buf_text(&l->out, "it is in force\n");
    return e;
}

static enum err apply_settings(struct life *l, const char *who, struct fault *why)
{
    for (const char *const *s = approved_settings; *s; s++) {
        struct buf text AUTO(buf_donep) = buf_init(LIMIT_CONFIG_BYTES);
        bool differs = false;
        enum err e = setting_differs(l, *s, &text, &differs, why);
        if (e)
            return e;
        if (!differs)
            continue;
        buf_print(&l->out, "loosens  tamis.yml: %.*s", SLICE_PRINT(buf_slice(&text)));
        const struct ratchet_change c = {
            .kind = RATCHET_SETTING, .subject = *s, .who = who, .value = buf_slice(&text)};
        e = propose(l, &c, why);
        if (e)
            return e;
    }
    return OK;
}

enum exit_status policy_run_apply(const struct arguments *a)
{
    struct life l;
    struct fault why = {0};
    const char *who = arguments_get(a, "as");
    const struct admin_claim claim = {who, arguments_get(a, "password-file"),
                                      arguments_get(a, "otp")};
    const char *file = arguments_get(a, "file");
    const char *directory = arguments_get(a, "dir");
    enum err e = open_life(directory, &l, &why);
    if (!e)
        e = read_files(&l, file, &why);
    if (!e)
        e = admin_check(directory, &claim, &why);
    if (!e)
        e = approved_note_data(&l.home.dir, l.home.ratchet, who, &why);
    if (!e)
        e = apply_policy(&l, who, &why);
    if (!e && file)
        e = world_write_file(&l.home.dir, FILE_POLICY, buf_slice(&l.policy), &why);
    if (!e)
        e = apply_settings(&l, who, &why);
    if (!e)
        e = installation_give(directory, &why);
    if (!e)
        home_tell_server(directory, l.scratch);
    return end_life(&l, e, &why);
}

// ---- other pseudonyms ----

static enum err propose_rekey(struct life *l, const char *kind, const char *who, struct fault *why)
{
    char value[32];
    snprintf(value, sizeof value, "%u\n", layer_generation(l->home.ratchet, kind) + 1);
    const struct ratchet_change c = {
        .kind = RATCHET_REKEY, .subject = kind, .who = who, .value = slice_text(value)};
    buf_print(&l->out, "all pseudonyms of %s: ", kind);
    return propose(l, &c, why);
}

static enum err rekey_kinds(struct life *l, const char *kind, const char *who, struct fault *why)
{
    const struct policy *p = NULL;
    const struct ratchet_entry *now =
        ratchet_in_force(l->home.ratchet, RATCHET_POLICY, SUBJECT_POLICY);
    enum err e = policy_parse(now ? now->value : slice_text("sources: {}\n"), l->scratch, &p, why);
    if (e)
        return e;
    if (kind && schema_subject(p->schema, kind) < 0)
        return fail(why, ERR_NOT_FOUND, "the policy in force has no subject %.63s", kind);
    if (p->schema->subject_count == 0)
        return fail(why, ERR_NOT_FOUND, "the policy in force has no pseudonyms");
    for (uint32_t i = 0; !e && i < p->schema->subject_count; i++) {
        if (!kind || strcmp(kind, p->schema->subjects[i]) == 0)
            e = propose_rekey(l, p->schema->subjects[i], who, why);
    }
    return e;
}

enum exit_status policy_run_rekey(const struct arguments *a)
{
    struct life l;
    struct fault why = {0};
    const char *directory = arguments_get(a, "dir");
    const struct admin_claim claim = {arguments_get(a, "as"), arguments_get(a, "password-file"),
                                      arguments_get(a, "otp")};
    enum err e = open_life(directory, &l, &why);
    if (!e)
        e = admin_check(directory, &claim, &why);
    if (!e)
        e = rekey_kinds(&l, a->word_count > 1 ? a->words[1] : NULL, claim.name, &why);
    if (!e)
        e = installation_give(directory, &why);
    return end_life(&l, e, &why);
}

// Whoever approves sees what: it is the entry's own value, and cannot have changed since.
static enum err show_proposal(struct life *l, int64_t seq, struct fault *why)
{
    uint32_t count = 0;
    struct policy_diff d = {0};
    const struct ratchet_entry *p = &ratchet_entries(l->home.ratchet, &count)[seq - 1];
    buf_print(&l->out, "proposal %lld of %s: %s\n", (long long)seq, p->who, p->subject);
    if (strcmp(p->kind, RATCHET_REKEY) == 0) {
        buf_print(
            &l->out,
            "  every pseudonym of this kind becomes another; who wrote one down finds nothing "
            "by it\n");
        return OK;
    }
    if (strcmp(p->kind, RATCHET_POLICY) != 0) {
        buf_slice_add(&l->out, p->value);
        return OK;
    }
    enum err e = diff_in_force(l, p->value, &d, why);
    if (!e)
        print_diff(l, &d, "proposal");
    return e;
}

static enum exit_status decide(const struct arguments *a,
                               enum err (*how)(struct ratchet *r, int64_t seq, const char *who,
                                               struct fault *why),
                               const char *done)
{
    struct life l;
    struct fault why = {0};
    int64_t seq = 0;
    const char *who = arguments_get(a, "as");
    const struct admin_claim claim = {who, arguments_get(a, "password-file"),
                                      arguments_get(a, "otp")};
    const char *directory = arguments_get(a, "dir");
    enum err e = open_life(directory, &l, &why);
    if (!e)
        e = home_ratchet_proposal(&l.home, a->word_count > 1 ? a->words[1] : NULL, &seq, &why);
    if (!e)
        e = show_proposal(&l, seq, &why);
    if (!e)
        e = admin_check(directory, &claim, &why);
    if (!e)
        e = how(l.home.ratchet, seq, who, &why);
    if (!e)
        e = installation_give(directory, &why);
    if (!e) {
        buf_print(&l.out, "%s\n", done);
        home_tell_server(directory, l.scratch);
    }
    return end_life(&l, e, &why);
}

enum exit_status policy_run_approve(const struct arguments *a)
{
    return decide(a, ratchet_approve, "it is in force");
}

enum exit_status policy_run_withdraw(const struct arguments *a)
{
    return decide(a, ratchet_withdraw, "it is withdrawn");
}

static const char *state_of(const struct ratchet *r, const struct ratchet_entry *e)
{
    if (e == ratchet_in_force(r, e->kind, e->subject))
        return "in force";
    return ratchet_is_open(r, e) ? "waits" : "";
}

static void history_text(struct life *l, const struct ratchet_entry *e)
{
    buf_print(&l->out, "%4lld  ", (long long)e->seq);
    (void)date_print(&l->out, e->at_ms, slice_of("", 0), NULL, NULL); // told by buf_end()
    buf_print(&l->out, "  %-8s  %-10s  %-12s  ", ratchet_act_name(e->act), e->subject, e->who);
    if (e->of)
        buf_print(&l->out, "%lld  ", (long long)e->of);
    buf_text(&l->out, state_of(l->home.ratchet, e));
    buf_text(&l->out, "\n");
}

static void history_json(struct life *l, const struct ratchet_entry *e, struct json_writer *w)
{
    struct buf hash AUTO(buf_donep) = buf_init(HASH_TEXT_BYTES);
    hex_print(slice_of(e->hash, sizeof e->hash), &hash);
    json_object(w);
    json_key(w, "seq");
    json_int(w, e->seq);
    json_key(w, "at_ms");
    json_int(w, e->at_ms);
    json_key(w, "act");
    json_text(w, ratchet_act_name(e->act));
    json_key(w, "kind");
    json_text(w, e->kind);
    json_key(w, "subject");
    json_text(w, e->subject);
    json_key(w, "who");
    json_text(w, e->who);
    json_key(w, "of");
    json_int(w, e->of);
    json_key(w, "state");
    json_text(w, state_of(l->home.ratchet, e));
    json_key(w, "hash");
    json_string(w, buf_slice(&hash));
    json_end(w);
}

enum exit_status policy_run_history(const struct arguments *a)
{
    struct life l;
    struct fault why = {0};
    enum err e = open_life(arguments_get(a, "dir"), &l, &why);
    bool as_json = arguments_has(a, "json");
    struct json_writer w = json_writer_to(&l.out);
    uint32_t count = 0;
    const struct ratchet_entry *entries = e ? NULL : ratchet_entries(l.home.ratchet, &count);
    if (as_json)
        json_array(&w);
    for (uint32_t i = 0; i < count; i++) {
        if (as_json)
            history_json(&l, &entries[i], &w);
        else
            history_text(&l, &entries[i]);
    }
    if (as_json) {
        json_end(&w);
        buf_text(&l.out, "\n");
    }
    return end_life(&l, e, &why);
}
