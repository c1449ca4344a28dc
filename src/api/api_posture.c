// SPDX-License-Identifier: Apache-2.0
#include "access/approval.h"
#include "access/penalty.h"
#include "access/totp.h"
#include "api/api_private.h"

// What protects, as it is now: who can reach it, who may ask, what may be seen, what is on record.

enum { POSTURE_STATE_BYTES = 2 << 20, ROLE_WORDS_BYTES = 64 * 1024 };

static enum err read_state(struct exchange *x, const struct json **out, struct fault *why)
{
    struct buf text AUTO(buf_donep) = buf_init(POSTURE_STATE_BYTES);
    enum err e = x->api->state_json ? x->api->state_json(x->api->state_context, &text) : OK;
    *out = NULL;
    return e == OK && text.len
               ? json_parse(arena_copy(x->arena, buf_slice(&text)), x->arena, out, why)
               : e;
}

// What serve itself says of listener and policy, out of the status.
static void write_state(struct exchange *x, const struct json *state)
{
    static const char *const parts[] = {"listen", "tls", "protection", "penalties", "sandbox"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const struct json *part = state ? json_get(state, parts[i]) : NULL;
        if (!part)
            continue;
        json_key(&x->json, parts[i]);
        json_value(&x->json, part);
    }
}

struct count {
    uint32_t users, of_role[ROLE_COUNT];
    uint32_t keys, unending;   // in force; of them without an end
    int64_t now_ms, oldest_ms; // 0: there is no key
};

static void count_user(void *context, const char *name, uint32_t roles)
{
    struct count *c = context;
    (void)name;
    c->users++;
    for (int r = 0; r < ROLE_COUNT; r++)
        c->of_role[r] += roles >> r & 1;
}

static void count_key(void *context, const struct api_key *k)
{
    struct count *c = context;
    if (k->is_invalidated || (k->expires_ms && k->expires_ms <= c->now_ms))
        return;
    c->keys++;
    c->unending += k->expires_ms == 0;
    if (!c->oldest_ms || k->created_ms < c->oldest_ms)
        c->oldest_ms = k->created_ms;
}

static enum err write_credentials(struct exchange *x, struct fault *why)
{
    struct json_writer *w = &x->json;
    struct count c = {.now_ms = now_ms()};
    enum err e = access_user_list(x->api->access, count_user, &c, why);
    if (e == OK)
        e = access_key_list(x->api->access, count_key, &c, why);
    if (e != OK)
        return e;
    json_key(w, "credentials");
    json_object(w);
    json_key(w, "users");
    json_uint(w, c.users);
    json_key(w, "users_of_role");
    json_object(w);
    for (int r = 0; r < ROLE_COUNT; r++) {
        json_key(w, role_name((enum role)r));
        json_uint(w, c.of_role[r]);
    }
    json_end(w);
    json_key(w, "api_keys");
    json_uint(w, c.keys);
    json_key(w, "api_keys_without_end");
    json_uint(w, c.unending);
    if (c.oldest_ms) {
        json_key(w, "api_key_oldest_ms"); // how old
        json_int(w, c.now_ms - c.oldest_ms);
    }
    json_end(w);
    return OK;
}

static void write_role(void *context, const char *name, const char *body)
{
    struct exchange *x = context;
    struct buf words AUTO(buf_donep) = buf_init(ROLE_WORDS_BYTES);
    access_role_words(slice_text(body), &words);
    json_key(&x->json, name);
    json_string(&x->json, buf_slice(&words));
}

static enum err write_roles(struct exchange *x, struct fault *why)
{
    json_key(&x->json, "own_roles");
    json_object(&x->json);
    enum err e = access_role_list(x->api->access, write_role, x, why);
    json_end(&x->json);
    return e;
}

static void write_floor(struct exchange *x)
{
    json_key(&x->json, "smallest_group");
    json_uint(&x->json, x->api->engine->schema->floor_subjects);
}

// ---- how old each key is ----

enum { KEYS_SHOWN_MAX = 1000, NAMES_MAX = 1000 };

struct key_ages {
    struct exchange *x;
    int64_t now_ms;
    uint32_t shown, more;
};

static void write_key_age(void *context, const struct api_key *k)
{
    struct key_ages *a = context;
    struct json_writer *w = &a->x->json;
    if (k->is_invalidated || (k->expires_ms && k->expires_ms <= a->now_ms))
        return;
    if (a->shown == KEYS_SHOWN_MAX) {
        a->more++;
        return;
    }
    a->shown++;
    json_object(w);
    json_key(w, "id");
    json_text(w, k->id);
    json_key(w, "name");
    json_text(w, k->name);
    json_key(w, "owner");
    json_text(w, k->owner);
    json_key(w, "age_ms");
    json_int(w, a->now_ms - k->created_ms);
    if (k->expires_ms) {
        json_key(w, "ends_in_ms");
        json_int(w, k->expires_ms - a->now_ms);
    }
    if (k->used_ms) {
        json_key(w, "unused_ms");
        json_int(w, a->now_ms - k->used_ms);
    }
    json_end(w);
}

static enum err write_api_keys(struct exchange *x, int64_t now, struct fault *why)
{
    struct key_ages ages = {.x = x, .now_ms = now};
    json_key(&x->json, "api_keys");
    json_array(&x->json);
    enum err e = access_key_list(x->api->access, write_key_age, &ages, why);
    json_end(&x->json);
    json_key(&x->json, "api_keys_not_shown");
    json_uint(&x->json, ages.more);
    return e;
}

struct names {
    struct arena *arena;
    const char *at[NAMES_MAX];
    uint32_t count;
};

static void note_name(void *context, const char *name, uint32_t roles)
{
    struct names *n = context;
    (void)roles;
    if (n->count < NAMES_MAX)
        n->at[n->count++] = arena_string(n->arena, slice_text(name));
}

// The list is walked under a lock that asking for one user takes as well.
static enum err write_factors(struct exchange *x, int64_t now, struct fault *why)
{
    struct names *names = ARENA_NEW(x->arena, struct names);
    *names = (struct names){.arena = x->arena};
    enum err e = access_user_list(x->api->access, note_name, names, why);
    json_key(&x->json, "second_factors");
    json_array(&x->json);
    for (uint32_t i = 0; e == OK && i < names->count; i++) {
        struct totp_state state = {0};
        e = access_totp_state(x->api->access, slice_text(names->at[i]), &state, why);
        if (e != OK || !state.is_there)
            continue;
        json_object(&x->json);
        json_key(&x->json, "user");
        json_text(&x->json, names->at[i]);
        json_key(&x->json, "age_ms");
        json_int(&x->json, now - state.since_ms);
        json_key(&x->json, "recovery_codes_left");
        json_uint(&x->json, state.recovery_codes);
        json_end(&x->json);
    }
    json_end(&x->json);
    return e;
}

static int64_t number_of(const struct json *object, const char *key)
{
    int64_t v = 0;
    const struct json *member = object ? json_get(object, key) : NULL;
    return member && member->type == JSON_NUMBER && json_i64(member, &v, NULL) == OK ? v : 0;
}

// Of master.key every pseudonym and row key comes; both files are made once, with the installation.
// How often pseudonyms got another layer since (tamis policy rekey) is in the ratchet's history.
static enum err write_keys(struct exchange *x, const struct json *state, struct fault *why)
{
    struct json_writer *w = &x->json;
    int64_t now = now_ms();
    int64_t begin = state ? number_of(json_get(state, "protection"), "installed_ms") : 0;
    int64_t since = state ? number_of(json_get(state, "tls"), "from_ms") : 0;

    const struct {
        const char *name;
        int64_t at_ms;
    } ages[] = {
        {"signing_key_age_ms", begin}, {"master_key_age_ms", begin}, {"certificate_age_ms", since}};

    json_key(w, "keys");
    json_object(w);
    for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
        if (!ages[i].at_ms)
            continue;
        json_key(w, ages[i].name);
        json_int(w, now - ages[i].at_ms);
    }
    enum err e = write_api_keys(x, now, why);
    if (e == OK)
        e = write_factors(x, now, why);
    json_end(w);
    return e;
}

static void write_rules(struct exchange *x)
{
    json_key(&x->json, "rules");
    json_object(&x->json);
    json_key(&x->json, "password_bytes_min");
    json_int(&x->json, PASSWORD_BYTES_MIN);
    json_key(&x->json, "loosening_needs_two_persons");
    json_truth(&x->json, access_two_persons(x->api->access));
    json_key(&x->json, "guess_owes_ms");
    json_int(&x->json, PENALTY_CREDENTIAL_MS);
    json_key(&x->json, "held_off_from_ms");
    json_int(&x->json, PENALTY_ACT_MS);
    json_end(&x->json);
}

static void write_change(struct json_writer *w, const struct last_change *l)
{
    if (!l->is_known)
        return;
    json_key(w, "last_change");
    json_object(w);
    json_key(w, "action");
    json_text(w, l->action);
    json_key(w, "name");
    json_text(w, l->name);
    json_key(w, "by");
    json_text(w, l->by);
    json_key(w, "at_ms");
    json_int(w, l->time_ms);
    json_key(w, "entry");
    json_uint(w, l->number);
    json_end(w);
}

static void write_audit(struct exchange *x)
{
    struct json_writer *w = &x->json;
    struct audit_stats s;
    audit_stats(x->api->audit, &s);
    json_key(w, "audit");
    json_object(w);
    json_key(w, "entries");
    json_uint(w, s.journal.entries);
    json_key(w, "oldest_kept");
    json_uint(w, s.journal.first);
    json_key(w, "on_disk");
    json_uint(w, s.journal.synced);
    if (s.has_head) {
        struct buf head AUTO(buf_donep) = buf_init(AUDIT_HEAD_TEXT_BYTES);
        audit_head_print(&s.head, &head);
        json_key(w, "head");
        json_string(w, slice_of(head.at, head.len - 1)); // without its line end
    }
    json_end(w);
    write_change(w, &s.change);
}

enum err posture(struct exchange *x, struct fault *why)
{
    const struct json *state = NULL;
    enum err e = read_state(x, &state, why);
    if (e != OK)
        return e;
    json_object(&x->json);
    write_state(x, state);
    e = write_credentials(x, why);
    if (e == OK)
        e = write_keys(x, state, why);
    if (e == OK)
        e = write_roles(x, why);
    if (e != OK)
        return e;
    write_rules(x);
    write_floor(x);
    write_audit(x);
    json_end(&x->json);
    return OK;
}
