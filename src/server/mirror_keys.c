// SPDX-License-Identifier: Apache-2.0
#include "server/mirror_keys.h"

#include "keys/crypto.h"
#include "server/sealed_key.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { ASK_BYTES = 128, ASK_MS_MAX = 10 * 1000 };

// What a source needs to log in, and why it has not got it.
struct passwords {
    struct secret *replication, *copy; // NUL-terminated; NULL: none needed, or missing
    struct fault missing;              // code OK: nothing is
    bool is_wanted;                    // by the source's thread
};

struct mirror_keys {
    const struct policy *policy;
    // 32 bytes each, one after another; NULL when none.
    struct secret *subjects, *layers, *row_keys, *seals;
    pthread_mutex_t passwords_lock; // held over no I/O
    struct passwords *passwords;    // per source
};

// The answer's bytes live in the link's buffer, which the next answer overwrites.
static enum err ask(struct link *keeper, enum message_type type, const char *label,
                    enum message_type want, struct message *out, struct fault *why)
{
    uint8_t payload[ASK_BYTES] = {0};
    size_t len = strlen(label);
    if (len >= sizeof payload)
        return fail(why, ERR_LIMIT, "\"%s\" is longer than %d letters", label, ASK_BYTES - 1);
    // NOLINTNEXTLINE(bugprone-not-null-terminated-result): its length goes along.
    memcpy(payload, label, len);
    return link_ask(keeper, type, slice_of(payload, sizeof payload), want, out, ASK_MS_MAX, why);
}

static enum err ask_key(struct link *keeper, const char *kind, const char *name, uint8_t *out,
                        struct fault *why)
{
    char label[2 * ASK_BYTES];
    struct message m = {0};
    snprintf(label, sizeof label, "%s/%s", kind, name);
    enum err e = ask(keeper, MESSAGE_KEY_ASK, label, MESSAGE_KEY, &m, why);
    if (e)
        return fail_in(why, e, "key %.100s", label);
    if (m.payload.len != KEY_BYTES)
        return fail(why, ERR_CORRUPT, "key %.100s: keeper sent %zu bytes", label, m.payload.len);
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

// All names are in one buffer's time: ask_key() has printed it before the next one is made.
static const char *seal_name(const struct schema *s, uint32_t i)
{
    static _Thread_local char name[2 * ASK_BYTES];
    struct sealed_column c = sealed_column_at(s, i);
    snprintf(name, sizeof name, "%s/%s", c.table, c.column);
    return name;
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
    struct message m = {0};
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

static enum err ask_keys(struct link *keeper, struct mirror_keys *k, struct fault *why)
{
    const struct schema *schema = k->policy->schema;
    const struct asking subjects = {"pseudonym", schema->subject_count, subject_name};
    const struct asking tables = {"row-key", schema->table_count, table_name};
    const struct asking layers = {"layer", schema->subject_count, subject_name};
    const struct asking seals = {"seal", schema_sealed_count(schema), seal_name};
    enum err e = ask_all(keeper, schema, &subjects, &k->subjects, why);
    if (!e)
        e = ask_all(keeper, schema, &layers, &k->layers, why);
    if (!e)
        e = ask_all(keeper, schema, &tables, &k->row_keys, why);
    return e ? e : ask_all(keeper, schema, &seals, &k->seals, why);
}

static void passwords_done(struct passwords *p)
{
    secret_free(p->replication);
    secret_free(p->copy);
}

static void ask_passwords(struct link *keeper, struct mirror_keys *k, uint32_t source)
{
    const struct policy_source *s = &k->policy->sources[source];
    struct passwords new = {0};
    enum err e = ask_password(keeper, s->replication_password_file, &new.replication, &new.missing);
    if (!e)
        e = ask_password(keeper, s->copy_password_file, &new.copy, &new.missing);
    new.missing.code = e;
    pthread_mutex_lock(&k->passwords_lock);
    struct passwords old = k->passwords[source];
    k->passwords[source] = new;
    pthread_mutex_unlock(&k->passwords_lock);
    passwords_done(&old);
}

void mirror_keys_ask_again(struct mirror_keys *k, struct link *keeper)
{
    for (uint32_t i = 0; i < k->policy->source_count; i++) {
        pthread_mutex_lock(&k->passwords_lock);
        bool is_wanted = k->passwords[i].is_wanted;
        pthread_mutex_unlock(&k->passwords_lock);
        if (is_wanted)
            ask_passwords(keeper, k, i);
    }
}

enum err mirror_keys_ask(struct link *keeper, const struct policy *policy, struct mirror_keys **out,
                         struct fault *why)
{
    struct mirror_keys *k = calloc(1, sizeof *k);
    if (!k)
        abort();
    k->policy = policy;
    k->passwords = calloc(policy->source_count + 1, sizeof *k->passwords);
    if (!k->passwords || pthread_mutex_init(&k->passwords_lock, NULL))
        abort();
    enum err e = ask_keys(keeper, k, why);
    for (uint32_t i = 0; !e && i < policy->source_count; i++)
        ask_passwords(keeper, k, i);
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
    for (uint32_t i = 0; i < k->policy->source_count; i++)
        passwords_done(&k->passwords[i]);
    secret_free(k->subjects);
    secret_free(k->layers);
    secret_free(k->row_keys);
    secret_free(k->seals);
    pthread_mutex_destroy(&k->passwords_lock);
    free(k->passwords);
    free(k);
}

static const uint8_t (*keys_of(const struct secret *s))[32]
{
    // Before C23 an array of const is no const array, so the cast goes by a number.
    // NOLINTNEXTLINE(performance-no-int-to-ptr): takes const away, as -Wcast-qual asks.
    return s ? (const uint8_t(*)[32])(uintptr_t)secret_bytes(s).at : NULL;
}

struct sieve_keys mirror_keys_sieve(const struct mirror_keys *k)
{
    return (struct sieve_keys){.subjects = keys_of(k->subjects),
                               .row_keys = keys_of(k->row_keys),
                               .seals = keys_of(k->seals),
                               .layers = keys_of(k->layers)};
}

static const char *password_of(const struct secret *s)
{
    return s ? (const char *)secret_bytes(s).at : NULL;
}

static struct secret *copy_of(const struct secret *s)
{
    struct slice bytes = s ? secret_bytes(s) : (struct slice){0};
    return s ? secret_new(bytes.at, bytes.len) : NULL;
}

enum err mirror_keys_logins(struct mirror_keys *k, uint32_t source, struct mirror_logins *out,
                            struct fault *why)
{
    const struct policy_source *s = &k->policy->sources[source];
    struct mirror_logins l = {0};
    pthread_mutex_lock(&k->passwords_lock);
    struct passwords *p = &k->passwords[source];
    struct fault missing = p->missing;
    p->is_wanted = missing.code != OK;
    l.replication_password = copy_of(p->replication);
    l.copy_password = copy_of(p->copy);
    pthread_mutex_unlock(&k->passwords_lock);
    if (missing.code) {
        mirror_logins_done(&l);
        return fail(why, ERR_UNAVAILABLE, "%s", missing.words);
    }
    l.replication = (struct source_login){s->replication_user, password_of(l.replication_password)};
    l.copy = (struct source_login){s->copy_user, password_of(l.copy_password)};
    *out = l;
    return OK;
}

void mirror_logins_done(struct mirror_logins *l)
{
    secret_free(l->replication_password);
    secret_free(l->copy_password);
    *l = (struct mirror_logins){0};
}

void mirror_keys_doubt(struct mirror_keys *k, uint32_t source)
{
    pthread_mutex_lock(&k->passwords_lock);
    k->passwords[source].is_wanted = true;
    pthread_mutex_unlock(&k->passwords_lock);
}
