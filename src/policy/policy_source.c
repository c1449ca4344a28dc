// SPDX-License-Identifier: Apache-2.0
#include "policy/policy_private.h"

#include <ctype.h>

// Who connects is said by "replication" and "copy"; a password in a policy would be read
// by all who may read the policy.  Words of a connection string that name either, or
// that point to more settings elsewhere, are refused.
static const char *const refused_words[] = {"user",    "password", "passfile",
                                            "service", "options",  "replication"};

static bool names(const char *conninfo, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = strstr(conninfo, word); at; at = strstr(at + 1, word)) {
        const char *after = at + len;
        while (isspace((unsigned char)*after))
            after++;
        bool starts = at == conninfo || isspace((unsigned char)at[-1]);
        if (starts && *after == '=')
            return true;
    }
    return false;
}

static enum err check_conninfo(const struct yaml_tree *postgres, struct fault *why)
{
    if (strstr(postgres->text, "://") || !strchr(postgres->text, '='))
        return yaml_fail(why, postgres->line,
                         "postgres must be of the form host=... port=... dbname=...");
    for (size_t i = 0; i < sizeof refused_words / sizeof *refused_words; i++) {
        if (names(postgres->text, refused_words[i]))
            return yaml_fail(why, postgres->line,
                             "postgres must not set %s; see replication and copy",
                             refused_words[i]);
    }
    return OK;
}

static enum err read_login(const struct yaml_tree *source, const char *name, const char **out_user,
                           const char **out_file, struct fault *why)
{
    static const char *const keys[] = {"user", "password_file", NULL};
    const struct yaml_tree *login = NULL;
    const struct yaml_tree *user = NULL;
    enum err e = policy_need(source, name, YAML_MAP, &login, why);
    if (!e)
        e = policy_check_keys(login, keys, name, why);
    if (!e)
        e = policy_need(login, "user", YAML_TEXT, &user, why);
    if (e)
        return e;
    *out_user = user->text;
    const struct yaml_tree *file = NULL;
    if (!yaml_tree_get(login, "password_file"))
        return OK;
    e = policy_need(login, "password_file", YAML_TEXT, &file, why);
    if (!e)
        *out_file = file->text;
    return e;
}

enum err policy_read_source(struct policy_draft *d, const struct yaml_tree *source,
                            struct policy_source *out)
{
    static const char *const keys[] = {"postgres", "replication", "copy", "tables", NULL};
    const struct yaml_tree name = {.line = source->line, .text = source->name};
    enum err e = policy_check_word(&name, "a source's name", d->why);
    if (!e)
        e = policy_check_keys(source, keys, "a source", d->why);
    const struct yaml_tree *postgres = NULL;
    if (!e)
        e = policy_need(source, "postgres", YAML_TEXT, &postgres, d->why);
    if (!e)
        e = check_conninfo(postgres, d->why);
    if (!e)
        e = read_login(source, "replication", &out->replication_user,
                       &out->replication_password_file, d->why);
    if (!e)
        e = read_login(source, "copy", &out->copy_user, &out->copy_password_file, d->why);
    const struct yaml_tree *tables = NULL;
    if (!e)
        e = policy_need(source, "tables", YAML_MAP, &tables, d->why);
    if (e)
        return e;
    out->name = source->name;
    out->line = source->line;
    out->conninfo = postgres->text;
    return policy_read_tables(d, tables, out);
}
