// SPDX-License-Identifier: Apache-2.0
#include "access/approval.h"

#include "access/access_private.h"
#include "access/ratchet.h"

#include <stdio.h>
#include <stdlib.h>

enum { BASIS_BYTES = 4 << 20, BODY_BYTES = 128 * 1024, ACTION_BYTES = 64, WAITING_MAX = 1000 };

void access_set_rule(struct access *a, const struct access_rule *rule)
{
    pthread_mutex_lock(&a->lock);
    a->rule = *rule;
    pthread_mutex_unlock(&a->lock);
}

void access_entered(struct access *a)
{
    pthread_mutex_lock(&a->lock);
    a->has_data = true;
    pthread_mutex_unlock(&a->lock);
}

bool access_two_persons(struct access *a)
{
    pthread_mutex_lock(&a->lock);
    bool does = a->rule.begin_ms && a->has_data;
    pthread_mutex_unlock(&a->lock);
    return does;
}

static bool is_command_line(const char *who)
{
    return strcmp(who, ACCESS_COMMAND_LINE) == 0;
}

static bool holds_back(struct access *a, const struct access_change *c)
{
    pthread_mutex_lock(&a->lock);
    bool does = c->loosens && c->by && a->rule.begin_ms && a->has_data;
    pthread_mutex_unlock(&a->lock);
    return does;
}

static int64_t lapses_ms(const struct approval *p)
{
    return p->due_ms ? p->at_ms + (int64_t)RATCHET_LAPSE_DAYS * RATCHET_WAIT_MS
                     : p->at_ms + RATCHET_WAIT_MS;
}

// ---- what it is judged against: with the lock held ----

struct basis {
    struct slice only; // the role; len 0: all
    struct buf bytes;
};

static void add_role(void *context, const char *name, const char *body)
{
    struct basis *b = context;
    if (b->only.len && !slice_is(b->only, name))
        return;
    buf_blob(&b->bytes, slice_text(name));
    buf_blob(&b->bytes, slice_text(body));
}

static void add_role_name(void *context, const char *role)
{
    struct basis *b = context;
    buf_blob(&b->bytes, slice_text(role));
}

static enum err add_user(struct access *a, struct slice name, struct basis *b, struct fault *why)
{
    struct catalog_user user = {0};
    enum err e = catalog_user_get(a->catalog, name, &user, why);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    buf_u8(&b->bytes, e == OK);
    buf_u8(&b->bytes, user.is_disabled);
    buf_blob(&b->bytes, slice_text(user.password_hash));
    wipe(&user, sizeof user);
    return catalog_user_role_list(a->catalog, name, add_role_name, b, why);
}

// Of a role: its body, and nothing else.  Of a user: what he has, and all roles, as any of them
// may be among those he is to get.
static enum err basis_of(struct access *a, const char *action, struct slice name,
                         uint8_t out[APPROVAL_BASIS_BYTES], struct fault *why)
{
    bool is_role = strcmp(action, "role.put") == 0;
    struct basis b = {.only = is_role ? name : slice_of(NULL, 0), .bytes = buf_init(BASIS_BYTES)};
    enum err e = catalog_role_list(a->catalog, add_role, &b, why);
    if (e == OK && !is_role)
        e = add_user(a, name, &b, why);
    if (e == OK)
        e = buf_end(&b.bytes, why);
    plain_hash(buf_slice(&b.bytes), out);
    if (b.bytes.at)
        wipe(b.bytes.at, b.bytes.size);
    buf_done(&b.bytes);
    return e;
}

// ---- proposing ----

struct open_ones {
    const struct approval *about; // of the same action and name
    int64_t ids[WAITING_MAX];
    uint32_t count, all;
};

static void note_same(void *context, const struct approval *p)
{
    struct open_ones *o = context;
    o->all++;
    if (o->count < WAITING_MAX && strcmp(p->action, o->about->action) == 0 &&
        strcmp(p->name, o->about->name) == 0)
        o->ids[o->count++] = p->id;
}

static enum err overtake(struct access *a, const struct approval *p, struct fault *why)
{
    struct open_ones *o = calloc(1, sizeof *o);
    if (!o)
        return fail(why, ERR_LIMIT, "approvals: out of memory");
    o->about = p;
    enum err e = catalog_approval_list(a->catalog, note_same, o, why);
    for (uint32_t i = 0; e == OK && i < o->count; i++)
        e = catalog_approval_decide(a->catalog, o->ids[i], APPROVAL_OVERTAKEN, p->who, p->at_ms,
                                    why);
    if (e == OK && o->all - o->count >= WAITING_MAX)
        e = fail(why, ERR_LIMIT, "%d changes wait for a second administrator already", WAITING_MAX);
    free(o);
    return e;
}

static enum err keep_within(struct access *a, struct approval *p, int64_t *out_id,
                            struct fault *why)
{
    int64_t admins = 0;
    enum err e = catalog_admin_count(a->catalog, &admins, why);
    if (e == OK)
        e = basis_of(a, p->action, slice_text(p->name), p->basis, why);
    if (e == OK)
        e = overtake(a, p, why);
    if (admins == 1 || is_command_line(p->who))
        p->due_ms = p->at_ms + RATCHET_WAIT_MS;
    return e ? e : catalog_approval_add(a->catalog, p, out_id, why);
}

static enum err keep(struct access *a, struct approval *p, int64_t *out_id, struct fault *why)
{
    pthread_mutex_lock(&a->lock);
    p->at_ms = a->now_ms();
    enum err e = catalog_begin(a->catalog, why);
    if (e == OK)
        e = catalog_end(a->catalog, keep_within(a, p, out_id, why), why);
    pthread_mutex_unlock(&a->lock);
    return e;
}

static enum err propose(struct access *a, const struct access_change *c, struct slice body,
                        int64_t *out_id, struct fault *why)
{
    char action[ACTION_BYTES];
    struct approval p = {.words = c->words, .body = body};
    snprintf(action, sizeof action, "%s.propose", c->action);
    snprintf(p.who, sizeof p.who, "%s", c->by->name);
    snprintf(p.action, sizeof p.action, "%s", c->action);
    int len = snprintf(p.name, sizeof p.name, "%.*s", SLICE_PRINT(c->name));
    if (len < 0 || (size_t)len >= sizeof p.name)
        return fail(why, ERR_LIMIT, "a name of more than %zu bytes", sizeof p.name - 1);
    const struct access_change proposed = {action, c->by, c->name, true, c->words};
    enum err e = access_change(a, &proposed, why);
    return e ? e : keep(a, &p, out_id, why);
}

// ---- doing ----

// With the lock held, within catalog_begin().
static enum err apply(struct access *a, const char *action, struct slice name, struct slice body,
                      struct fault *why)
{
    if (strcmp(action, "role.put") == 0)
        return catalog_role_put(a->catalog, name, body, a->now_ms(), why);
    if (strcmp(action, "user.put") == 0)
        return access_user_apply(a, name, body, why);
    if (strcmp(action, "totp.remove") == 0)
        return catalog_totp_set(a->catalog, name, slice_of(NULL, 0), why);
    return fail(why, ERR_CORRUPT, "catalog.db: an approval of '%.32s' is not known", action);
}

enum err access_settle(struct access *a, const struct access_change *c, struct slice body,
                       int64_t *out_waits, struct fault *why)
{
    *out_waits = 0;
    if (holds_back(a, c))
        return propose(a, c, body, out_waits, why);
    enum err e = access_change(a, c, why);
    if (e != OK)
        return e;
    pthread_mutex_lock(&a->lock);
    e = catalog_begin(a->catalog, why);
    if (e == OK)
        e = catalog_end(a->catalog, apply(a, c->action, c->name, body, why), why);
    access_changed(a);
    pthread_mutex_unlock(&a->lock);
    return e;
}

// ---- looking ----

struct walk {
    int64_t now_ms, wanted; // wanted 0: all
    void (*each)(void *context, const struct approval *p);
    void *context;
};

static void give_open(void *context, const struct approval *p)
{
    const struct walk *w = context;
    struct approval given = *p;
    given.lapses_ms = lapses_ms(p);
    if (given.lapses_ms >= w->now_ms && (!w->wanted || w->wanted == p->id))
        w->each(w->context, &given);
}

enum err access_approvals(struct access *a, void (*each)(void *context, const struct approval *p),
                          void *context, struct fault *why)
{
    struct walk w = {.each = each, .context = context};
    pthread_mutex_lock(&a->lock);
    w.now_ms = a->now_ms();
    enum err e = catalog_approval_list(a->catalog, give_open, &w, why);
    pthread_mutex_unlock(&a->lock);
    return e;
}

// ---- deciding: with the lock held ----

struct decision {
    struct approval p; // its texts are in `room`
    struct buf room;
    size_t words_len;
    bool is_found;
};

static void take_it(void *context, const struct approval *p)
{
    struct decision *d = context;
    d->is_found = true;
    d->p = *p;
    buf_slice_add(&d->room, p->words);
    buf_slice_add(&d->room, p->body);
    d->words_len = p->words.len;
}

static enum err find(struct access *a, int64_t id, struct decision *d, struct fault *why)
{
    *d = (struct decision){.room = buf_init(BODY_BYTES + CHANGE_WORDS_BYTES)};
    struct walk w = {a->now_ms(), id, take_it, d};
    enum err e = catalog_approval_list(a->catalog, give_open, &w, why);
    if (e == OK && !d->is_found)
        e = fail(why, ERR_NOT_FOUND,
                 "there is no approval %lld that waits; it was decided or overtaken, or nobody "
                 "approved it in time",
                 (long long)id);
    if (e == OK)
        e = buf_end(&d->room, why);
    if (e == OK) {
        d->p.words = slice_of(d->room.at, d->words_len);
        d->p.body = slice_from(buf_slice(&d->room), d->words_len);
    }
    return e;
}

// The proposer themselves.
static enum err check_time(const struct access *a, const struct approval *p, struct fault *why)
{
    if (!p->due_ms)
        return fail(why, ERR_DENIED,
                    "security_exception: %s proposed it, so another administrator approves it, "
                    "within 24 hours",
                    p->who);
    int64_t left_min = (p->due_ms - a->now_ms() + 59999) / 60000;
    if (left_min > 0)
        return fail(why, ERR_DENIED,
                    "security_exception: %s the second key is time: approve it again in %lld "
                    "minutes%s",
                    is_command_line(p->who) ? "without a name" : "with one administrator",
                    (long long)left_min,
                    is_command_line(p->who) ? "" : "; a second administrator can at once");
    return OK;
}

static enum err check_second(struct access *a, const char *who, struct fault *why)
{
    int64_t since = 0;
    enum err e = catalog_user_since(a->catalog, slice_text(who), &since, why);
    if (e != OK)
        return e;
    // Without a rule it is the command line, which has the installation's first day from nowhere.
    bool is_founder = a->rule.begin_ms && since <= a->rule.begin_ms + RATCHET_WAIT_MS;
    if (since > 0 && (is_founder || since + RATCHET_WAIT_MS <= a->now_ms()))
        return OK;
    return fail(why, ERR_DENIED,
                "security_exception: %s became an administrator, or was given a password, less "
                "than 24 hours ago, and is no second person until then",
                who);
}

static enum err check_admin(struct access *a, const struct access_by *by, struct fault *why)
{
    struct catalog_user user = {0};
    if (by->key_id && by->key_id[0])
        return fail(why, ERR_DENIED,
                    "security_exception: an API key decides nothing; an administrator does, with "
                    "name and password");
    enum err e = catalog_user_get(a->catalog, slice_text(by->name), &user, why);
    bool is_admin = e == OK && user.roles >> ROLE_ADMIN & 1 && !user.is_disabled;
    wipe(&user, sizeof user);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    return is_admin ? OK
                    : fail(why, ERR_DENIED,
                           "security_exception: %s has not the role admin, and decides nothing",
                           by->name);
}

static enum err check_basis(struct access *a, const struct approval *p, struct fault *why)
{
    uint8_t basis[APPROVAL_BASIS_BYTES];
    enum err e = basis_of(a, p->action, slice_text(p->name), basis, why);
    if (e == OK && memcmp(basis, p->basis, sizeof basis) != 0)
        e = fail(why, ERR_CONFLICT,
                 "what approval %lld was judged against has changed since; propose it again",
                 (long long)p->id);
    return e;
}

// Whoever holds the machine may be one of the administrators, who would be two persons alone.
static enum err check_mixed(const struct approval *p, const struct access_by *by, struct fault *why)
{
    if (is_command_line(by->name))
        return fail(why, ERR_DENIED,
                    "security_exception: %s proposed it, so an administrator approves it; say who "
                    "you are: --as NAME",
                    p->who);
    if (is_command_line(p->who))
        return fail(why, ERR_DENIED,
                    "security_exception: the command line proposed it without a name, and can "
                    "approve it itself 24 hours later; propose it again with --as NAME");
    return OK;
}

static enum err check_approval(struct access *a, const struct access_by *by, int64_t id,
                               struct decision *d, struct fault *why)
{
    enum err e = is_command_line(by->name) ? OK : check_admin(a, by, why);
    if (e == OK)
        e = find(a, id, d, why);
    if (e == OK && strcmp(d->p.who, by->name) != 0)
        e = check_mixed(&d->p, by, why);
    if (e == OK)
        e = strcmp(d->p.who, by->name) == 0 ? check_time(a, &d->p, why)
                                            : check_second(a, by->name, why);
    return e ? e : check_basis(a, &d->p, why);
}

static enum err do_it(struct access *a, const struct access_by *by, const struct approval *p,
                      struct fault *why)
{
    // Another may have decided while it was put on record.
    struct decision again;
    enum err e = check_approval(a, by, p->id, &again, why);
    buf_done(&again.room);
    if (e == OK)
        e = apply(a, p->action, slice_text(p->name), p->body, why);
    return e ? e
             : catalog_approval_decide(a->catalog, p->id, APPROVAL_APPROVED, by->name, a->now_ms(),
                                       why);
}

// Puts the decision on record, and then makes it.
static enum err record(struct access *a, const struct access_by *by, const struct approval *p,
                       const char *how, struct fault *why)
{
    struct buf words AUTO(buf_donep) = buf_init(CHANGE_WORDS_BYTES + 1024);
    char action[ACTION_BYTES];
    bool is_done = how[0] == '\0';
    snprintf(action, sizeof action, "%s%s", p->action, how);
    buf_slice_add(&words, p->words);
    buf_print(&words, "; proposed by %s (approval %lld)", p->who, (long long)p->id);
    const struct access_change c = {action, by, slice_text(p->name), is_done, buf_slice(&words)};
    return access_change(a, &c, why);
}

enum err access_approve(struct access *a, const struct access_by *by, int64_t id, struct fault *why)
{
    struct decision d = {0};
    pthread_mutex_lock(&a->lock);
    enum err e = check_approval(a, by, id, &d, why);
    pthread_mutex_unlock(&a->lock);
    if (e == OK)
        e = record(a, by, &d.p, "", why);
    if (e == OK) {
        pthread_mutex_lock(&a->lock);
        e = catalog_begin(a->catalog, why);
        if (e == OK)
            e = catalog_end(a->catalog, do_it(a, by, &d.p, why), why);
        access_changed(a);
        pthread_mutex_unlock(&a->lock);
    }
    if (d.room.at)
        wipe(d.room.at, d.room.size);
    buf_done(&d.room);
    return e;
}

enum err access_withdraw(struct access *a, const struct access_by *by, int64_t id,
                         struct fault *why)
{
    struct decision d = {0};
    pthread_mutex_lock(&a->lock);
    enum err e = is_command_line(by->name) ? OK : check_admin(a, by, why);
    if (e == OK)
        e = find(a, id, &d, why);
    if (e == OK && is_command_line(by->name) && !is_command_line(d.p.who))
        e = check_mixed(&d.p, by, why);
    pthread_mutex_unlock(&a->lock);
    if (e == OK)
        e = record(a, by, &d.p, ".withdraw", why);
    if (e == OK) {
        pthread_mutex_lock(&a->lock);
        e = catalog_approval_decide(a->catalog, id, APPROVAL_WITHDRAWN, by->name, a->now_ms(), why);
        pthread_mutex_unlock(&a->lock);
    }
    buf_done(&d.room);
    return e;
}
