// SPDX-License-Identifier: Apache-2.0
#include "server/mirror_keys.h"

#include "keys/crypto.h"

#include <stdio.h>
#include <stdlib.h>

enum { ASK_BYTES = 128, ASK_MS_MAX = 10 * 1000 };

// Each secret is whole or NULL when there is none of it.
struct mirror_keys {
    const struct policy *policy;
    struct secret *subjects, *row_keys;  // 32 bytes each, one after another
    struct secret **replication, **copy; // per source; NUL-terminated
};

// The answer's bytes live in the link's buffer, which the next answer overwrites.
static enum err ask(struct link *keeper, enum message_type type, const char *label,
                    enum message_type want, struct message *out, struct fault *why)
{
    uint8_t payload[ASK_BYTES] = {0};
    size_t len = strlen(label);
    if (len >= sizeof payload)
        return fail(why, ERR_LIMIT, "\"%s\" is longer than %d letters", label, ASK_BYTES - 1);
    memcpy(payload, label, len);
    return link_ask(keeper, type, slice_of(payload, sizeof payload), want, out, ASK_MS_MAX, why);
}

static enum err ask_key(struct link *keeper, const char *kind, const char *name, uint8_t *out,
                        struct fault *why)
{
    char label[2 * ASK_BYTES];
    struct message m;
    snprintf(label, sizeof label, "%s/%s", kind, name);
    enum err e = ask(keeper, MESSAGE_KEY_ASK, label, MESSAGE_KEY, &m, why);
    if (!e && m.payload.len != KEY_BYTES)
        e = fail(why, ERR_CORRUPT, "keeper sent a key of %zu bytes", m.payload.len);
    if (e)
        return fail_in(why, e, "key %.100s", label);
    memcpy(out, m.payload.at, KEY_BYTES);
    return OK;
}

static const char *subject_name(const struct schema *s, uint32_t i)
{
    return s->subjects[i];
}

static const char *table_name(const struct schema *s, uint32_t i)
{
    return s->tables[i].name;
}

struct asking {
    const char *kind;
    uint32_t count;
    const char *(*name)(const struct schema *, uint32_t);
};

static enum err ask_all(struct link *keeper, const struct schema *schema, const struct asking *a,
                        struct secret **out, struct fault *why)
{
    if (a->count == 0)
        return OK;
    size_t len = (size_t)a->count * KEY_BYTES;
    uint8_t *bytes = calloc(a->count, KEY_BYTES);
    if (!bytes)
        abort(); // out of memory, as an arena would
    enum err e = OK;
    for (uint32_t i = 0; !e && i < a->count; i++)
        e = ask_key(keeper, a->kind, a->name(schema, i), bytes + (size_t)i * KEY_BYTES, why);
    if (!e)
        *out = secret_new(bytes, len);
    wipe(bytes, len);
    free(bytes);
    return e;
}

static enum err ask_password(struct link *keeper, const char *file, struct secret **out,
                             struct fault *why)
{
    if (!file)
        return OK;
    struct message m;
    enum err e = ask(keeper, MESSAGE_PASSWORD_ASK, file, MESSAGE_PASSWORD, &m, why);
    if (e)
        return fail_in(why, e, "password file %.200s", file);
    size_t len = m.payload.len;
    if (len == 0 || memchr(m.payload.at, 0, len))
        return fail(why, ERR_INVALID, "password file %.200s holds no password", file);
    char text[1025];
    if (len >= sizeof text)
        return fail(why, ERR_LIMIT, "password file %.200s: over %zu letters", file,
                    sizeof text - 1);
    memcpy(text, m.payload.at, len);
    text[len] = 0;
    *out = secret_new(text, len + 1);
    wipe(text, sizeof text);
    return OK;
}

static enum err ask_everything(struct link *keeper, struct mirror_keys *k, struct fault *why)
{
    const struct policy *p = k->policy;
    const struct asking subjects = {"pseudonym", p->schema->subject_count, subject_name};
    const struct asking tables = {"row-key", p->schema->table_count, table_name};
    enum err e = ask_all(keeper, p->schema, &subjects, &k->subjects, why);
    if (!e)
        e = ask_all(keeper, p->schema, &tables, &k->row_keys, why);
    for (uint32_t i = 0; !e && i < p->source_count; i++) {
        const struct policy_source *s = &p->sources[i];
        e = ask_password(keeper, s->replication_password_file, &k->replication[i], why);
        if (!e)
            e = ask_password(keeper, s->copy_password_file, &k->copy[i], why);
    }
    return e;
}

enum err mirror_keys_ask(struct link *keeper, const struct policy *policy, struct mirror_keys **out,
                         struct fault *why)
{
    struct mirror_keys *k = calloc(1, sizeof *k);
    if (!k)
        abort();
    k->policy = policy;
    k->replication = calloc(policy->source_count + 1, sizeof *k->replication);
    k->copy = calloc(policy->source_count + 1, sizeof *k->copy);
    if (!k->replication || !k->copy)
        abort();
    enum err e = ask_everything(keeper, k, why);
    if (e) {
        mirror_keys_free(k);
        return e;
    }
    *out = k;
    return OK;
}

void mirror_keys_free(struct mirror_keys *k)
{
    if (!k)
        return;
    for (uint32_t i = 0; i < k->policy->source_count; i++) {
        secret_free(k->replication[i]);
        secret_free(k->copy[i]);
    }
    secret_free(k->subjects);
    secret_free(k->row_keys);
    free(k->replication);
    free(k->copy);
    free(k);
}

static const uint8_t (*keys_of(const struct secret *s))[32]
{
    // Before C23 an array of const is no const array, so the cast goes by a number.
    return s ? (const uint8_t(*)[32])(uintptr_t)secret_bytes(s).at : NULL;
}

struct sieve_keys mirror_keys_sieve(const struct mirror_keys *k)
{
    return (struct sieve_keys){.subjects = keys_of(k->subjects), .row_keys = keys_of(k->row_keys)};
}

static const char *password_of(const struct secret *s)
{
    return s ? (const char *)secret_bytes(s).at : NULL;
}

struct source_login mirror_keys_replication(const struct mirror_keys *k, uint32_t source)
{
    return (struct source_login){.user = k->policy->sources[source].replication_user,
                                 .password = password_of(k->replication[source])};
}

struct source_login mirror_keys_copy(const struct mirror_keys *k, uint32_t source)
{
    return (struct source_login){.user = k->policy->sources[source].copy_user,
                                 .password = password_of(k->copy[source])};
}
