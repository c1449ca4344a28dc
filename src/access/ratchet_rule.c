// SPDX-License-Identifier: Apache-2.0
#include "access/ratchet_private.h"

#include <stdio.h>

// Who may do what, over a ledger that has been read and checked.

static bool is_value(enum ratchet_act act)
{
    return act == RATCHET_START || act == RATCHET_TIGHTEN || act == RATCHET_APPROVE;
}

static bool same_subject(const struct ratchet_entry *a, const char *kind, const char *subject)
{
    return strcmp(a->kind, kind) == 0 && strcmp(a->subject, subject) == 0;
}

const struct ratchet_entry *ratchet_in_force(const struct ratchet *r, const char *kind,
                                             const char *subject)
{
    for (uint32_t i = r->count; i > 0; i--) {
        const struct ratchet_entry *e = &r->entries[i - 1];
        if (is_value(e->act) && same_subject(e, kind, subject))
            return e;
    }
    return NULL;
}

static int64_t lapses_ms(const struct ratchet_entry *proposal)
{
    return proposal->due_ms ? proposal->at_ms + (int64_t)RATCHET_LAPSE_DAYS * RATCHET_WAIT_MS
                            : proposal->at_ms + RATCHET_WAIT_MS;
}

// Whatever came later on the same subject ends it: it was judged against the value of its time.
bool ratchet_is_open(const struct ratchet *r, const struct ratchet_entry *proposal)
{
    if (proposal->act != RATCHET_PROPOSE || r->now_ms() > lapses_ms(proposal))
        return false;
    for (uint32_t i = (uint32_t)proposal->seq; i < r->count; i++) {
        if (same_subject(&r->entries[i], proposal->kind, proposal->subject))
            return false;
    }
    return true;
}

static enum err fill(struct ratchet_entry *out, enum ratchet_act act,
                     const struct ratchet_change *c, struct fault *why)
{
    *out = (struct ratchet_entry){.act = act, .value = c->value};
    int kind = snprintf(out->kind, sizeof out->kind, "%s", c->kind);
    int subject = snprintf(out->subject, sizeof out->subject, "%s", c->subject);
    int who = snprintf(out->who, sizeof out->who, "%s", c->who);
    if (kind >= (int)sizeof out->kind || subject >= (int)sizeof out->subject ||
        who >= (int)sizeof out->who)
        return fail(why, ERR_LIMIT, "a name of the ratchet is too long");
    return OK;
}

enum err ratchet_set(struct ratchet *r, enum ratchet_act act, const struct ratchet_change *c,
                     struct fault *why)
{
    struct ratchet_entry draft;
    enum err e = fill(&draft, act, c, why);
    return e ? e : ratchet_add(r, &draft, why);
}

enum err ratchet_propose(struct ratchet *r, const struct ratchet_change *c, int64_t *out_seq,
                         struct fault *why)
{
    int64_t admins = 0;
    struct ratchet_entry draft;
    enum err e = fill(&draft, RATCHET_PROPOSE, c, why);
    if (!e)
        e = ratchet_admins(r, &admins, why);
    if (e)
        return e;
    draft.due_ms = admins == 1; // ratchet_add() makes the time of it
    e = ratchet_add(r, &draft, why);
    if (!e)
        *out_seq = r->entries[r->count - 1].seq;
    return e;
}

// NULL, with the words, when it does not wait.
static const struct ratchet_entry *find_open(const struct ratchet *r, int64_t seq,
                                             struct fault *why)
{
    if (seq >= 1 && seq <= r->count && ratchet_is_open(r, &r->entries[seq - 1]))
        return &r->entries[seq - 1];
    (void)fail(why, ERR_NOT_FOUND,
               "there is no proposal %lld that waits; it was approved, withdrawn or overtaken, or "
               "nobody approved it in time",
               (long long)seq);
    return NULL;
}

// The proposer themselves.
static enum err check_time(const struct ratchet *r, const struct ratchet_entry *proposal,
                           struct fault *why)
{
    if (!proposal->due_ms)
        return fail(why, ERR_DENIED,
                    "%s proposed it, so another administrator approves it, within 24 hours",
                    proposal->who);
    int64_t left_min = (proposal->due_ms - r->now_ms() + 59999) / 60000;
    if (left_min > 0)
        return fail(why, ERR_DENIED,
                    "with one administrator the second key is time: approve it again in %lld "
                    "minutes; a second administrator can at once",
                    (long long)left_min);
    return OK;
}

static enum err check_second(struct ratchet *r, const char *who, struct fault *why)
{
    int64_t since = 0;
    enum err e = ratchet_since(r, who, &since, why);
    if (e)
        return e;
    int64_t begin = r->entries[0].at_ms;
    bool is_founder = since <= begin + RATCHET_WAIT_MS && r->count > 0;
    if (since > 0 && (is_founder || since + RATCHET_WAIT_MS <= r->now_ms()))
        return OK;
    return fail(why, ERR_DENIED,
                "%s became a user less than 24 hours ago, and is no second person until then", who);
}

enum err ratchet_approve(struct ratchet *r, int64_t seq, const char *who, struct fault *why)
{
    const struct ratchet_entry *proposal = find_open(r, seq, why);
    if (!proposal)
        return ERR_NOT_FOUND;
    bool is_same = strcmp(proposal->who, who) == 0;
    enum err e = is_same ? check_time(r, proposal, why) : check_second(r, who, why);
    if (e)
        return e;
    struct ratchet_entry draft = *proposal;
    draft.act = RATCHET_APPROVE;
    draft.of = seq;
    draft.due_ms = 0;
    snprintf(draft.who, sizeof draft.who, "%s", who);
    return ratchet_add(r, &draft, why);
}

enum err ratchet_withdraw(struct ratchet *r, int64_t seq, const char *who, struct fault *why)
{
    const struct ratchet_entry *proposal = find_open(r, seq, why);
    if (!proposal)
        return ERR_NOT_FOUND;
    struct ratchet_entry draft = *proposal;
    draft.act = RATCHET_WITHDRAW;
    draft.of = seq;
    draft.due_ms = 0;
    draft.value = slice_of("", 0);
    snprintf(draft.who, sizeof draft.who, "%s", who);
    return ratchet_add(r, &draft, why);
}
