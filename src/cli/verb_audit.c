// SPDX-License-Identifier: Apache-2.0
#include "audit/entry_json.h"
#include "base/date.h"
#include "base/num.h"
#include "cli/audit_shown.h"
#include "cli/cli.h"
#include "cli/head_file.h"
#include "cli/home.h"
#include "server/directory.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

enum {
    PATH_BYTES = 4096,
    OUT_BYTES = 1 << 30,
    SCRATCH_BYTES = 1 << 30,
    STATEMENT_FILE_BYTES = 128 * 1024,
    TAIL_DEFAULT = 20,
    SMALL_FILE_BYTES = 4096,
};

static const struct flag flags[] = {
    {"dir", "DIR"}, {"export", "D"},       {"key", "K"},        {"head", "FILE"},
    {"last", "N"},  {"from", "DATE"},      {"to", "DATE or D"}, {"principal", "P"},
    {"of", "WHAT"}, {"statement", "FILE"}, {"members", NULL},   {"json", NULL},
    {NULL, NULL},
};

static enum err read_small(const char *name, struct buf *out, struct fault *why)
{
    struct world here;
    enum err e = world_open(".", &here, why);
    if (e)
        return e;
    e = world_read_file(&here, name, out, why);
    world_close(&here);
    return e;
}

static enum err own_key(const char *directory, uint8_t out[SIGN_PUBLIC_BYTES], struct fault *why)
{
    struct world dir;
    struct key_ring *ring = NULL;
    enum err e = world_open(directory, &dir, why);
    if (e)
        return e;
    e = key_ring_open(&dir, &ring, why);
    world_close(&dir);
    if (e)
        return fail_in(why, e, "the public key is not given (--key K), and of DIR's own");
    key_ring_public(ring, out);
    key_ring_close(ring);
    return OK;
}

static enum err find_key(const struct arguments *a, uint8_t out[SIGN_PUBLIC_BYTES],
                         struct fault *why)
{
    const char *given = arguments_get(a, "key");
    enum err e = crypto_start(why);
    if (e)
        return e;
    if (!given)
        return own_key(arguments_get(a, "dir"), out, why);
    e = head_key_read(given, out, why);
    return e ? fail_in(why, e, "--key") : OK;
}

static enum err find_head(struct shown *s, struct fault *why)
{
    const char *file = arguments_get(s->a, "head");
    struct buf text AUTO(buf_donep) = buf_init(SMALL_FILE_BYTES);
    if (!file)
        return OK;
    enum err e = read_small(file, &text, why);
    if (!e)
        e = audit_head_parse(buf_slice(&text), &s->witnesses[s->options.witness_count++], why);
    return e ? fail_in(why, e, "--head") : OK;
}

// The head that a statement was made under is a witness: the log must go on from it.
static enum err find_statement(struct shown *s, struct fault *why)
{
    const char *file = arguments_get(s->a, "statement");
    if (!file || strcmp(s->a->words[0], "verify") != 0)
        return OK;
    enum err e = read_small(file, &s->statement, why);
    if (!e)
        e = absence_head(buf_slice(&s->statement), &s->witnesses[s->options.witness_count++], why);
    return e ? fail_in(why, e, "--statement") : OK;
}

// The directory of the log, and whether it is an export.
static enum err find_log(struct shown *s, char path[PATH_BYTES], struct fault *why)
{
    const char *export = arguments_get(s->a, "export");
    const char *directory = arguments_get(s->a, "dir");
    s->options.is_whole = export != NULL;
    int len = snprintf(path, PATH_BYTES, "%s%s", export ? export : directory,
                       export ? "" : "/" DIRECTORY_AUDIT);
    if (len < 0 || len >= PATH_BYTES)
        return fail(why, ERR_LIMIT, "a path of more than %d bytes", PATH_BYTES);
    return export ? OK : home_check(directory, why);
}

static enum err open_book(struct shown *s, struct fault *why)
{
    char path[PATH_BYTES];
    enum err e = find_log(s, path, why);
    if (!e)
        e = find_key(s->a, s->key, why);
    s->options.witnesses = s->witnesses;
    if (!e)
        e = find_head(s, why);
    if (!e)
        e = find_statement(s, why);
    if (!e)
        e = world_open(path, &s->files, why);
    s->options.key = s->key;
    if (e)
        return e;
    e = book_open(&s->files, &s->options, &s->book, why);
    return e ? fail_in(why, e, "%s", path) : OK;
}

static void close_book(struct shown *s)
{
    book_close(s->book);
    accounts_free(s->accounts);
    if (s->files.ops)
        world_close(&s->files);
    arena_free(s->scratch);
    buf_done(&s->out);
    buf_done(&s->statement);
}

static enum err time_of(const struct shown *s, uint64_t number, int64_t *out, struct fault *why)
{
    struct book_proof proof;
    enum err e = book_prove(s->book, number, book_facts(s->book).entries, &proof, why);
    if (!e)
        *out = audit_leaf_decode(proof.leaf).time_ms;
    return e;
}

static enum err verify(struct shown *s, struct fault *why)
{
    struct audit_found found = {.facts = book_facts(s->book)};
    enum err e = OK;
    if (s->statement.len)
        return shown_statement(s, why);
    if (found.facts.entries > found.facts.first)
        e = time_of(s, found.facts.first, &found.first_ms, why);
    if (!e && found.facts.entries > found.facts.first)
        e = time_of(s, found.facts.entries - 1, &found.last_ms, why);
    if (e)
        return e;
    if (arguments_has(s->a, "json"))
        audit_found_json(&found, &s->out);
    else
        audit_found_text(&found, &s->out);
    return OK;
}

static enum err head(struct shown *s, struct fault *why)
{
    struct book_facts facts = book_facts(s->book);
    if (!facts.has_head)
        return fail(why, ERR_NOT_FOUND, "no head is signed yet; a server does so once a second");
    audit_head_print(&facts.head, &s->out);
    return OK;
}

static enum err show_entry(void *context, const struct audit_entry *e, struct fault *why)
{
    struct shown *s = context;
    (void)why;
    if (!arguments_has(s->a, "json")) {
        audit_row(&s->table, e);
        return OK;
    }
    struct json_writer w = json_writer_to(&s->out);
    audit_entry_json(e, arguments_has(s->a, "members"), &w);
    buf_text(&s->out, "\n");
    return OK;
}

static enum err tail(struct shown *s, struct fault *why)
{
    struct book_facts facts = book_facts(s->book);
    uint64_t last = TAIL_DEFAULT;
    const char *given = arguments_get(s->a, "last");
    if (given && parse_u64(slice_text(given), &last) != OK)
        return fail(why, ERR_INVALID, "--last '%s' is no number", given);
    uint64_t here = facts.entries - facts.first;
    s->table = audit_table(s->scratch);
    enum err e =
        book_each(s->book, last < here ? facts.entries - last : facts.first, show_entry, s, why);
    if (!e && !arguments_has(s->a, "json"))
        table_render(&s->table, &s->out);
    return e;
}

// What was written is read again as its reader will.
static enum err check_export(struct shown *s, const struct world *to, struct fault *why)
{
    struct book *copy = NULL;
    const struct audit_head last = book_facts(s->book).head;
    const struct book_options options = {
        .key = s->key, .witnesses = &last, .witness_count = 1, .is_whole = true};
    enum err e = book_open(to, &options, &copy, why);
    book_close(copy);
    return e;
}

static enum err export(struct shown *s, struct fault *why) {
    const char *to = arguments_get(s->a, "to"); struct world there;
    struct book_facts facts = book_facts(s->book);
    if (mkdir(to, 0700) < 0) return fail(why, ERR_IO, "--to %s cannot be made new: %s", to,
                                         strerror(errno));
    enum err e = world_open(to, &there, why);
    if (e) return e;
    e = book_export(s->book, &there, why);
    if (!e) e = check_export(s, &there, why);
    world_close(&there);
    if (e) return fail_in(why, e, "%s is not complete, remove it", to);
    cli_say(
        "entries %llu to %llu are in %s; check them with tamis audit verify --export %s --key K",
        (unsigned long long)facts.first, (unsigned long long)facts.head.size - 1, to, to);
    if (facts.unsigned_entries) cli_say("left out, as no head is over them yet: %llu",
                                        (unsigned long long)facts.unsigned_entries);
    return OK;
}

static enum err count_entry(void *context, const struct audit_entry *e, struct fault *why)
{
    struct shown *s = context;
    (void)why;
    if (trace_covers(&s->trace, e))
        accounts_add(s->accounts, e);
    return OK;
}

static void show_account(void *context, const struct account *one)
{
    struct shown *s = context;
    account_row(&s->table, one);
}

static void show_account_json(void *context, const struct account *one)
{
    account_json(one, context);
}

static enum err who(struct shown *s, struct fault *why)
{
    enum err e = shown_trace(s, why);
    if (!e && arguments_has(s->a, "of"))
        return shown_readings(s, why);
    s->accounts = accounts_new();
    if (!e)
        e = book_each(s->book, book_facts(s->book).first, count_entry, s, why);
    if (e)
        return e;
    if (arguments_has(s->a, "json")) {
        struct json_writer w = json_writer_to(&s->out);
        json_array(&w);
        accounts_each(s->accounts, show_account_json, &w);
        json_end(&w);
        buf_text(&s->out, "\n");
        return OK;
    }
    s->table = account_table(s->scratch);
    accounts_each(s->accounts, show_account, s);
    table_render(&s->table, &s->out);
    return OK;
}

static enum exit_status print_key(const struct arguments *a)
{
    uint8_t key[SIGN_PUBLIC_BYTES] = {0};
    struct fault why = {0};
    enum err e = home_check(arguments_get(a, "dir"), &why);
    if (!e)
        e = find_key(a, key, &why);
    if (e)
        return cli_failed(&why);
    for (size_t i = 0; i < sizeof key; i++)
        printf("%02x", key[i]);
    putchar('\n');
    return EXIT_STATUS_OK;
}

static enum exit_status show(const struct arguments *a,
                             enum err (*act)(struct shown *s, struct fault *why))
{
    struct shown s = {.a = a,
                      .scratch = arena_new(SCRATCH_BYTES),
                      .out = buf_init(OUT_BYTES),
                      .statement = buf_init(STATEMENT_FILE_BYTES)};
    struct fault why = {0};
    enum err e = open_book(&s, &why);
    if (!e)
        e = act(&s, &why);
    if (!e)
        e = buf_end(&s.out, &why);
    if (!e)
        fwrite(s.out.at, 1, s.out.len, stdout);
    close_book(&s);
    if (e)
        return cli_failed(&why);
    return s.is_unproven ? EXIT_STATUS_FAILED : EXIT_STATUS_OK;
}

static const char *const *words_of(const char *action)
{
    static const struct {
        const char *name;
        const char *flags[11];
    } all[] = {
        {"verify", {"dir", "export", "key", "head", "statement", "json"}},
        {"tail", {"dir", "export", "key", "head", "last", "members", "json"}},
        {"head", {"dir", "export", "key", "head"}},
        {"who", {"dir", "export", "key", "head", "of", "principal", "from", "to", "json"}},
        {"prove-absent",
         {"dir", "export", "key", "head", "of", "principal", "from", "to", "statement", "json"}},
        {"export", {"dir", "key", "head", "to"}},
        {"key", {"dir"}},
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(all[i].name, action) == 0)
            return all[i].flags;
    }
    return NULL;
}

// The first flag that does not go with the action; NULL: all do.
static const char *foreign_flag(const struct arguments *a, const char *const *own)
{
    for (const struct flag *f = flags; f->name; f++) {
        bool is_own = !arguments_has(a, f->name);
        for (int i = 0; !is_own && own[i]; i++)
            is_own = strcmp(own[i], f->name) == 0;
        if (!is_own)
            return f->name;
    }
    return NULL;
}

// Words for what has to be said as well; NULL: nothing.
static const char *missing_flag(const struct arguments *a, const char *action)
{
    bool has_export = arguments_has(a, "export");
    if (has_export == arguments_has(a, "dir"))
        return has_export ? "either --dir or --export" : "--dir DIR is missing";
    if (has_export && !arguments_has(a, "key"))
        return "an export is checked with a key from elsewhere: --key K is missing";
    if (strcmp(action, "export") == 0 && !arguments_has(a, "to"))
        return "--to D, a new directory, is missing";
    if (strcmp(action, "prove-absent") == 0 && !arguments_has(a, "of"))
        return "--of WHAT is missing: KIND:PSEUDONYM, INDEX/ID, INDEX or INDEX.FIELD";
    if (strcmp(action, "prove-absent") == 0 && has_export && arguments_has(a, "statement"))
        return "a statement is signed with the keys of --dir";
    if (arguments_has(a, "members") && !arguments_has(a, "json"))
        return "--members goes only with --json";
    return NULL;
}

static enum exit_status run(const struct arguments *a)
{
    const char *action = a->words[0];
    const char *const *own = words_of(action);
    if (!own)
        return cli_misused(
            "audit", "'%s' is not verify, tail, who, prove-absent, head, export or key", action);
    const char *foreign = foreign_flag(a, own);
    if (foreign)
        return cli_misused("audit", "--%s does not go with %s", foreign, action);
    const char *missing = missing_flag(a, action);
    if (missing)
        return cli_misused("audit", "%s", missing);
    if (strcmp(action, "key") == 0)
        return print_key(a);
    if (strcmp(action, "tail") == 0)
        return show(a, tail);
    if (strcmp(action, "who") == 0)
        return show(a, who);
    if (strcmp(action, "export") == 0)
        return show(a, export);
    if (strcmp(action, "prove-absent") == 0)
        return show(a, shown_absence);
    return show(a, strcmp(action, "head") == 0 ? head : verify);
}

const struct verb verb_audit = {
    .name = "audit",
    .summary = "who was told what; whether the log of it is whole",
    .help =
        "tamis audit verify --dir /var/lib/tamis\n\n"
        "  tamis audit verify   is every entry there and unchanged?  Else: the place, and status "
        "1\n"
        "  tamis audit tail     the last entries\n"
        "  tamis audit who      of how many people and rows each user was told; with --of WHAT\n"
        "                       who was told of it, when, and which fields\n"
        "  tamis audit prove-absent   a signed statement that nobody was told of it; status 0 "
        "only\n"
        "                       when it was not read at all\n"
        "  tamis audit head     the newest signed head, a line to keep elsewhere, or on paper\n"
        "  tamis audit export   the log up to its last head, into a new directory\n"
        "  tamis audit key      the public key, to keep elsewhere as well\n\n"
        "Each checks the whole log first, against the public key and nothing else, beside a\n"
        "running server or without one.\n\n"
        "  --dir DIR                   the installation\n"
        "  --export D                  instead of DIR: an export, with --key\n"
        "  --key K                     its public key, as `key` printed it, or a file with it;\n"
        "                              else the one in DIR/keys\n"
        "  --head FILE                 a head kept elsewhere: the log must go on from it\n"
        "  --last N                    of tail: so many; default 20\n"
        "  --of WHAT                   of who, prove-absent: KIND:PSEUDONYM (a person), INDEX/ID\n"
        "                              (a row), INDEX, or INDEX.FIELD\n"
        "  --principal P               of who, prove-absent: only this user\n"
        "  --from DATE --to DATE       of who, prove-absent: from (included) to (not included), "
        "UTC\n"
        "  --statement FILE            of prove-absent: written there; of verify: checked\n"
        "  --to D                      of export: the new directory\n"
        "  --json                      of verify, tail, who, prove-absent; tail prints an object a "
        "line\n"
        "  --members                   of tail --json: also which rows and which people\n",
    .flags = flags,
    .words = "verify | tail | who | prove-absent | head | export | key",
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
