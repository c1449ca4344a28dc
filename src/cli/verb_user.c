// SPDX-License-Identifier: Apache-2.0
#include "access/access.h"
#include "access/totp.h"
#include "cli/admin.h"
#include "cli/cli.h"
#include "cli/home.h"
#include "cli/home_access.h"
#include "cli/home_rule.h"
#include "cli/password_out.h"
#include "json/json_writer.h"
#include "keys/crypto.h"

#include <stdio.h>

enum { LIST_BYTES = 16 << 20 };

static const struct flag flags[] = {
    {"dir", "DIR"},  {"role", "ROLE[,ROLE]"}, {"password-file", "F"},
    {"json", NULL},  {"as", "NAME"},          {"as-password-file", "F"},
    {"otp", "CODE"}, {"remove", NULL},        {NULL, NULL}};

static enum err roles_parse(struct slice list, uint32_t *out, struct fault *why)
{
    uint32_t roles = 0;
    while (list.len > 0) {
        const uint8_t *comma = memchr(list.at, ',', list.len);
        struct slice one = slice_of(list.at, comma ? (size_t)(comma - list.at) : list.len);
        enum role role;
        enum err e = role_parse(one, &role, why);
        if (e)
            return e;
        roles |= 1u << role;
        list = slice_from(list, one.len + 1);
    }
    *out = roles;
    return roles ? OK : fail(why, ERR_INVALID, "--role names no role");
}

static void print_roles(struct buf *out, uint32_t roles)
{
    const char *between = "";
    for (int r = 0; r < ROLE_COUNT; r++) {
        if (roles & 1u << r) {
            buf_print(out, "%s%s", between, role_name((enum role)r));
            between = ",";
        }
    }
}

static void list_text(void *context, const char *name, uint32_t roles)
{
    struct buf *out = context;
    buf_print(out, "%-24s ", name);
    print_roles(out, roles);
    buf_text(out, "\n");
}

static void list_json(void *context, const char *name, uint32_t roles)
{
    struct json_writer *w = context;
    json_object(w);
    json_key(w, "name");
    json_text(w, name);
    json_key(w, "roles");
    json_array(w);
    for (int r = 0; r < ROLE_COUNT; r++) {
        if (roles & 1u << r)
            json_text(w, role_name((enum role)r));
    }
    json_end(w);
    json_end(w);
}

static enum err list(struct access *access, bool as_json, struct fault *why)
{
    struct buf out AUTO(buf_donep) = buf_init(LIST_BYTES);
    struct json_writer w = json_writer_to(&out);
    enum err e;
    if (as_json) {
        json_array(&w);
        e = access_user_list(access, list_json, &w, why);
        json_end(&w);
        buf_text(&out, "\n");
    } else {
        e = access_user_list(access, list_text, &out, why);
    }
    if (!e)
        e = buf_end(&out, why);
    if (!e)
        fwrite(out.at, 1, out.len, stdout);
    return e;
}

struct change {
    const char *directory;
    struct slice name;
    const char *name_text;
    uint32_t roles; // 0: only a new password
    const char *password_file;
    const struct access_by *by; // NULL: nothing waits, and nobody has said a name
};

static enum err expect_new(struct access *access, struct slice name, struct fault *why)
{
    bool unused = false;
    enum err e = access_user_is_disabled(access, name, &unused, why);
    if (e == OK)
        return fail(why, ERR_CONFLICT, "there is a user of this name already");
    return e == ERR_NOT_FOUND ? OK : e;
}

// The way of the HTTP endpoints: it may wait.
static enum err put_user(struct access *access, const struct change *c, struct slice password,
                         int64_t *out_waits, struct fault *why)
{
    struct slice roles[ROLE_COUNT];
    struct access_outcome done = {0};
    struct access_user user = {
        .name = c->name, .password = password, .roles = roles, .keeps_roles = c->roles == 0};
    for (int r = 0; r < ROLE_COUNT; r++) {
        if (c->roles & 1u << r)
            roles[user.role_count++] = slice_text(role_name((enum role)r));
    }
    enum err e = c->roles ? expect_new(access, c->name, why) : OK;
    if (!e)
        e = access_user_put(access, c->by, &user, &done, why);
    *out_waits = done.waits;
    return e;
}

static enum err make_user(struct access *access, const struct change *c, struct slice password,
                          int64_t *out_waits, struct fault *why)
{
    *out_waits = 0;
    if (c->by)
        return put_user(access, c, password, out_waits, why);
    return c->roles ? access_user_add(access, c->name, password, c->roles, why)
                    : access_user_password(access, c->name, password, why);
}

static void say_waits(const struct change *c, int64_t waits)
{
    if (strcmp(c->by->name, ACCESS_COMMAND_LINE) == 0)
        cli_say("approval %lld waits: without --as NAME time is the second person; in 24 hours, "
                "'tamis approvals approve %lld --dir %s'",
                (long long)waits, (long long)waits, c->directory);
    else
        cli_say("approval %lld waits for a second administrator, for 24 hours: 'tamis approvals "
                "approve %lld --dir %s --as NAME'",
                (long long)waits, (long long)waits, c->directory);
}

static enum err give_password(struct access *access, const struct change *c, struct fault *why)
{
    struct password_out out;
    int64_t waits = 0;
    const char *file = c->password_file;
    enum err e = password_out_open(c->password_file, &out, why);
    if (e)
        return e;
    char password[PASSWORD_MADE_BYTES];
    access_password_make(password);
    e = make_user(access, c, slice_text(password), &waits, why);
    if (!e)
        e = password_out_write(&out, c->name_text, password, why);
    wipe(password, sizeof password);
    password_out_drop(&out);
    if (!e)
        cli_say("%s can log in %s%s%s", c->name_text, waits ? "when that is approved" : "now",
                file ? "; the password is in " : "", file ? file : "");
    if (!e && waits && c->by)
        say_waits(c, waits);
    return e;
}

// ---- the second factor ----

static enum err enrol(struct access *access, const struct change *c, struct fault *why)
{
    struct totp_new made = {0};
    enum err e = access_totp_enrol(access, c->by, c->name, &made, why);
    if (e)
        return e;
    printf("%s\n", made.uri);
    for (int i = 0; i < TOTP_RECOVERY_CODES; i++)
        printf("%s\n", made.recovery[i]);
    wipe(&made, sizeof made);
    cli_say("shown once: the first line is for an authenticator (as a QR code, or its secret typed "
            "in), the others are good once each without it.  Changes of %s need a code from now on",
            c->name_text);
    return OK;
}

static enum err take_away(struct access *access, const struct change *c, struct fault *why)
{
    struct access_outcome done = {0};
    enum err e = access_totp_remove(access, c->by, c->name, &done, why);
    if (!e && done.waits && c->by)
        say_waits(c, done.waits);
    else if (!e)
        cli_say("changes of %s need no code any more", c->name_text);
    return e;
}

static void count_admin(void *context, const char *name, uint32_t roles)
{
    (void)name;
    int *count = context;
    *count += (roles & 1u << ROLE_ADMIN) != 0;
}

static enum err remove_user(struct access *access, const struct change *c, struct fault *why)
{
    int admins = 0;
    const char *name = c->name_text;
    enum err e = access_user_drop(access, c->by, c->name, why);
    if (!e)
        e = access_user_list(access, count_admin, &admins, why);
    if (e)
        return e;
    cli_say("%s can log in no more", name);
    if (admins == 0)
        cli_say("nobody is left with the role admin; 'tamis user add' makes one");
    return OK;
}

enum action_of_user { USER_ADD, USER_LIST, USER_REMOVE, USER_PASSWORD, USER_TOTP, USER_NONE };

static enum action_of_user action_parse(const char *word)
{
    static const char *const names[] = {"add", "list", "remove", "password", "totp"};
    for (int i = 0; i < USER_NONE; i++) {
        if (strcmp(word, names[i]) == 0)
            return (enum action_of_user)i;
    }
    return USER_NONE;
}

static enum err act(const struct arguments *a, enum action_of_user action, struct access *access,
                    const struct access_by *by, struct fault *why)
{
    if (action == USER_LIST)
        return list(access, arguments_has(a, "json"), why);
    struct change c = {.directory = arguments_get(a, "dir"),
                       .name = slice_text(a->words[1]),
                       .name_text = a->words[1],
                       .password_file = arguments_get(a, "password-file"),
                       .by = by};
    if (action == USER_TOTP)
        return arguments_has(a, "remove") ? take_away(access, &c, why) : enrol(access, &c, why);
    if (action == USER_REMOVE)
        return remove_user(access, &c, why);
    enum err e = OK;
    if (action == USER_ADD)
        e = roles_parse(slice_text(arguments_get(a, "role")), &c.roles, why);
    return e ? e : give_password(access, &c, why);
}

// Who changes, and whether what loosens waits.
static enum err who_acts(const struct arguments *a, struct home_rule *out_rule,
                         struct access_by *out_by, struct fault *why)
{
    const char *directory = arguments_get(a, "dir");
    const struct admin_claim claim = {arguments_get(a, "as"), arguments_get(a, "as-password-file"),
                                      arguments_get(a, "otp")};
    *out_by = (struct access_by){.name = claim.name ? claim.name : ACCESS_COMMAND_LINE};
    enum err e = home_rule_read(directory, out_rule, why);
    return !e && claim.name ? admin_check(directory, &claim, why) : e;
}

static enum err open_and_act(const struct arguments *a, enum action_of_user action,
                             struct fault *why)
{
    const char *directory = arguments_get(a, "dir");
    struct home_access home = {0};
    struct home_rule rule = {0};
    struct access_by by = {0};
    enum err e = home_check(directory, why);
    if (!e && action != USER_LIST)
        e = who_acts(a, &rule, &by, why);
    if (!e)
        e = home_access_open(directory, &home, why);
    if (e)
        return e;
    home_rule_set(&rule, home.access);
    bool is_named = rule.holds || arguments_has(a, "as");
    e = act(a, action, home.access, is_named ? &by : NULL, why);
    enum err give_failed = home_access_settle(&home, e ? NULL : why);
    home_access_close(&home);
    return e ? e : give_failed;
}

static enum exit_status run(const struct arguments *a)
{
    enum action_of_user action = action_parse(a->words[0]);
    if (action == USER_NONE)
        return cli_misused("user", "'%s' is not add, list, remove, password or totp", a->words[0]);
    if (!arguments_has(a, "dir"))
        return cli_misused("user", "--dir DIR is missing");
    if ((action == USER_LIST) != (a->word_count == 1))
        return cli_misused("user",
                           action == USER_LIST ? "list takes no name" : "a name is missing");
    if (action == USER_ADD && !arguments_has(a, "role"))
        return cli_misused("user", "--role is missing: admin, writer, analyst, metrics, auditor or "
                                   "investigator");
    if (action != USER_ADD && arguments_has(a, "role"))
        return cli_misused("user", "--role goes only with add");
    if (action != USER_TOTP && arguments_has(a, "remove"))
        return cli_misused("user", "--remove goes only with totp");
    if (!arguments_has(a, "as") &&
        (arguments_has(a, "otp") || arguments_has(a, "as-password-file")))
        return cli_misused("user", "--otp and --as-password-file go with --as NAME");
    struct fault why = {0};
    return open_and_act(a, action, &why) ? cli_failed(&why) : EXIT_STATUS_OK;
}

const struct verb verb_user = {
    .name = "user",
    .summary = "add, list and remove users; new passwords; second factors",
    .help =
        "tamis user add --dir /var/lib/tamis grafana --role metrics --password-file g.password\n\n"
        "tamis user add --dir DIR NAME --role ROLE[,ROLE] [--password-file F]\n"
        "tamis user list --dir DIR [--json]\n"
        "tamis user password --dir DIR NAME [--password-file F]\n"
        "tamis user remove --dir DIR NAME\n"
        "tamis user totp --dir DIR NAME [--remove]\n\n"
        "Works beside a running server and without one.  Passwords are made here and shown\n"
        "once on the terminal, or written into F, which must be new.\n\n"
        "totp prints, once, an otpauth:// address for an authenticator and recovery codes; from\n"
        "then on every change that NAME makes needs a code.  Taking it away loosens.\n\n"
        "Once a second administrator exists and something has entered, what loosens (add,\n"
        "another's password, totp --remove) waits: say who you are, and another administrator\n"
        "approves it (tamis approvals).\n\n"
        "  --dir DIR            the installation\n"
        "  --role ROLE[,ROLE]   admin, writer, analyst, metrics, auditor, investigator\n"
        "  --password-file F    where the password goes (mode 0600)\n"
        "  --as NAME            the administrator you are\n"
        "  --as-password-file F the first line of F is your password, which is asked for "
        "otherwise\n"
        "  --otp CODE           of your authenticator, if you have one\n"
        "  --json               the list as JSON\n",
    .flags = flags,
    .words = "list | add NAME | password NAME | remove NAME | totp NAME",
    .words_min = 1,
    .words_max = 2,
    .run = run,
};
