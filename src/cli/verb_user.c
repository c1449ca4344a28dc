// SPDX-License-Identifier: Apache-2.0
#include "access/access.h"
#include "cli/cli.h"
#include "cli/home.h"
#include "cli/home_access.h"
#include "cli/password_out.h"
#include "json/json_writer.h"
#include "keys/crypto.h"

#include <stdio.h>

enum { LIST_BYTES = 16 << 20 };

static const struct flag flags[] = {
    {"dir", "DIR"}, {"role", "ROLE[,ROLE]"}, {"password-file", "F"}, {"json", NULL}, {NULL, NULL}};

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
    struct slice name;
    const char *name_text;
    uint32_t roles; // 0: only a new password
    const char *password_file;
};

static enum err give_password(struct access *access, const struct change *c, struct fault *why)
{
    struct password_out out;
    const char *file = c->password_file;
    enum err e = password_out_open(c->password_file, &out, why);
    if (e)
        return e;
    char password[PASSWORD_MADE_BYTES];
    access_password_make(password);
    if (c->roles)
        e = access_user_add(access, c->name, slice_text(password), c->roles, why);
    else
        e = access_user_password(access, c->name, slice_text(password), why);
    if (!e)
        e = password_out_write(&out, c->name_text, password, why);
    wipe(password, sizeof password);
    password_out_drop(&out);
    if (!e)
        cli_say("%s can log in now%s%s", c->name_text, file ? "; the password is in " : "",
                file ? file : "");
    return e;
}

static void count_admin(void *context, const char *name, uint32_t roles)
{
    (void)name;
    int *count = context;
    *count += (roles & 1u << ROLE_ADMIN) != 0;
}

static enum err remove_user(struct access *access, const char *name, struct fault *why)
{
    int admins = 0;
    enum err e = access_user_remove(access, slice_text(name), why);
    if (!e)
        e = access_user_list(access, count_admin, &admins, why);
    if (e)
        return e;
    cli_say("%s can log in no more", name);
    if (admins == 0)
        cli_say("nobody is left with the role admin; 'tamis user add' makes one");
    return OK;
}

enum action_of_user { USER_ADD, USER_LIST, USER_REMOVE, USER_PASSWORD, USER_NONE };

static enum action_of_user action_parse(const char *word)
{
    static const char *const names[] = {"add", "list", "remove", "password"};
    for (int i = 0; i < USER_NONE; i++) {
        if (strcmp(word, names[i]) == 0)
            return (enum action_of_user)i;
    }
    return USER_NONE;
}

static enum err act(const struct arguments *a, enum action_of_user action, struct access *access,
                    struct fault *why)
{
    if (action == USER_LIST)
        return list(access, arguments_has(a, "json"), why);
    struct change c = {.name = slice_text(a->words[1]),
                       .name_text = a->words[1],
                       .password_file = arguments_get(a, "password-file")};
    if (action == USER_REMOVE)
        return remove_user(access, c.name_text, why);
    enum err e = OK;
    if (action == USER_ADD)
        e = roles_parse(slice_text(arguments_get(a, "role")), &c.roles, why);
    return e ? e : give_password(access, &c, why);
}

static enum err open_and_act(const struct arguments *a, enum action_of_user action,
                             struct fault *why)
{
    const char *directory = arguments_get(a, "dir");
    struct home_access home = {0};
    enum err e = home_check(directory, why);
    if (!e)
        e = home_access_open(directory, &home, why);
    if (e)
        return e;
    e = act(a, action, home.access, why);
    enum err give_failed = home_access_settle(&home, e ? NULL : why);
    home_access_close(&home);
    return e ? e : give_failed;
}

static enum exit_status run(const struct arguments *a)
{
    enum action_of_user action = action_parse(a->words[0]);
    if (action == USER_NONE)
        return cli_misused("user", "'%s' is not add, list, remove or password", a->words[0]);
    if (!arguments_has(a, "dir"))
        return cli_misused("user", "--dir DIR is missing");
    if ((action == USER_LIST) != (a->word_count == 1))
        return cli_misused("user",
                           action == USER_LIST ? "list takes no name" : "a name is missing");
    if (action == USER_ADD && !arguments_has(a, "role"))
        return cli_misused("user", "--role is missing: admin, writer, analyst, metrics or auditor");
    if (action != USER_ADD && arguments_has(a, "role"))
        return cli_misused("user", "--role goes only with add");
    struct fault why = {0};
    return open_and_act(a, action, &why) ? cli_failed(&why) : EXIT_STATUS_OK;
}

const struct verb verb_user = {
    .name = "user",
    .summary = "add, list and remove users; new passwords",
    .help =
        "tamis user add --dir /var/lib/tamis grafana --role metrics --password-file g.password\n\n"
        "tamis user add --dir DIR NAME --role ROLE[,ROLE] [--password-file F]\n"
        "tamis user list --dir DIR [--json]\n"
        "tamis user password --dir DIR NAME [--password-file F]\n"
        "tamis user remove --dir DIR NAME\n\n"
        "Works beside a running server and without one.  Passwords are made here and shown\n"
        "once on the terminal, or written into F, which must be new.\n\n"
        "  --dir DIR            the installation\n"
        "  --role ROLE[,ROLE]   admin, writer, analyst, metrics, auditor\n"
        "  --password-file F    where the password goes (mode 0600)\n"
        "  --json               the list as JSON\n",
    .flags = flags,
    .words = "list | add NAME | password NAME | remove NAME",
    .words_min = 1,
    .words_max = 2,
    .run = run,
};
