// SPDX-License-Identifier: Apache-2.0
#include "api/api_private.h"

// What protects, as it is now: who can reach it, who may ask, what may be seen, what is on record.

enum { POSTURE_STATE_BYTES = 2 << 20, ROLE_WORDS_BYTES = 64 * 1024 };

// What serve itself says of listener and policy, out of the status.
static enum err write_state(struct exchange *x, struct fault *why)
{
    struct buf text AUTO(buf_donep) = buf_init(POSTURE_STATE_BYTES);
    const struct json *state = NULL;
    enum err e = x->api->state_json ? x->api->state_json(x->api->state_context, &text) : OK;
    if (e == OK && text.len)
        e = json_parse(arena_copy(x->arena, buf_slice(&text)), x->arena, &state, why);
    if (e != OK)
        return e;
    static const char *const parts[] = {"listen", "tls", "protection", "penalties", "sandbox"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const struct json *part = state ? json_get(state, parts[i]) : NULL;
        if (!part)
            continue;
        json_key(&x->json, parts[i]);
        json_value(&x->json, part);
    }
    return OK;
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
    json_object(&x->json);
    enum err e = write_state(x, why);
    if (e == OK)
        e = write_credentials(x, why);
    if (e == OK)
        e = write_roles(x, why);
    if (e != OK)
        return e;
    write_floor(x);
    write_audit(x);
    json_end(&x->json);
    return OK;
}
