// SPDX-License-Identifier: Apache-2.0
#include "server/keeper.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "guard/control.h"
#include "guard/relayer_ask.h"
#include "guard/warrant_ask.h"
#include "keys/layer.h"
#include "server/layer_key.h"
#include "server/sealed_key.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>

enum { PASSWORD_BYTES_MAX = 1024 };

static void refuse(struct keeper_reply *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void refuse(struct keeper_reply *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf((char *)out->bytes, FAULT_WORDS_BYTES, format, args);
    va_end(args);
    out->type = MESSAGE_REFUSED;
    out->len = len < 0 ? 0 : len < FAULT_WORDS_BYTES ? (size_t)len : FAULT_WORDS_BYTES - 1;
}

// Text, then zeros to the end.  The other end is not trusted with its own padding.
static bool padded_text(struct slice payload, char out[KEEPER_LABEL_BYTES])
{
    size_t len = strnlen((const char *)payload.at, payload.len);
    if (len == 0 || len >= KEEPER_LABEL_BYTES || payload.len != KEEPER_LABEL_BYTES)
        return false;
    for (size_t i = len; i < payload.len; i++) {
        if (payload.at[i] != 0)
            return false;
    }
    memcpy(out, payload.at, payload.len);
    return true;
}

static bool is_label(const struct schema *s, const char *label)
{
    static const char subjects[] = "pseudonym/";
    static const char tables[] = "row-key/";
    if (strncmp(label, subjects, sizeof subjects - 1) == 0)
        return schema_subject(s, label + sizeof subjects - 1) >= 0;
    if (strncmp(label, tables, sizeof tables - 1) == 0)
        return schema_table(s, slice_text(label + sizeof tables - 1)) != NULL;
    return false;
}

// "seal/TABLE/COLUMN", of a sealed column.  A column's name may have a slash; a table's has none.
static bool sealed_label(const struct schema *s, const char *label, struct sealed_column *out)
{
    static const char seals[] = "seal/";
    uint32_t count = schema_sealed_count(s);
    if (strncmp(label, seals, sizeof seals - 1) != 0)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        char name[SEALED_NAME_BYTES];
        *out = sealed_column_at(s, i);
        snprintf(name, sizeof name, "%s/%s", out->table, out->column);
        if (strcmp(name, label + sizeof seals - 1) == 0)
            return true;
    }
    return false;
}

// Half of it: mirror seals, and opens nothing.
static void answer_seal(const struct keeper *k, const struct sealed_column *c,
                        struct keeper_reply *out)
{
    struct fault why = {0};
    if (sealed_key_public(&k->files, k->ring, c, out->bytes, &why)) {
        refuse(out, "%.400s", why.words);
        return;
    }
    out->type = MESSAGE_KEY;
    out->len = AGREE_BYTES;
}

static uint32_t generation_of(const struct keeper *k, int subject)
{
    return k->generations ? k->generations[subject] : 0;
}

// True when it was a question for a layer.
static bool answer_layer(const struct keeper *k, const char *label, struct keeper_reply *out)
{
    static const char layers[] = "layer/";
    struct fault why = {0};
    if (strncmp(label, layers, sizeof layers - 1) != 0)
        return false;
    const char *kind = label + sizeof layers - 1;
    int subject = schema_subject(k->policy->schema, kind);
    if (subject < 0) {
        refuse(out, "the policy has no subject for this layer");
    } else if (layer_key_get(&k->files, k->ring, kind, generation_of(k, subject), out->bytes,
                             &why)) {
        refuse(out, "%.400s", why.words);
    } else {
        out->type = MESSAGE_KEY;
        out->len = KEY_BYTES;
    }
    return true;
}

static enum err layers_of(const struct keeper *k, const struct relayer_question *q,
                          struct layer *from, struct layer *to, struct fault *why)
{
    char kind[KEEPER_LABEL_BYTES];
    uint8_t key[KEY_BYTES];
    snprintf(kind, sizeof kind, "%.*s", q->kind.len < 64 ? (int)q->kind.len : 0,
             (const char *)q->kind.at);
    int subject = schema_subject(k->policy->schema, kind);
    if (subject < 0 || q->to != generation_of(k, subject) || q->from >= q->to)
        return fail(why, ERR_DENIED, "these pseudonyms get no layer but the one in force");
    enum err e = layer_key_get(&k->files, k->ring, kind, q->from, key, why);
    if (e)
        return e;
    layer_init(from, key);
    e = layer_key_get(&k->files, k->ring, kind, q->to, key, why);
    if (!e)
        layer_init(to, key);
    wipe(key, sizeof key);
    return e;
}

static void answer_relayer(const struct keeper *k, struct slice asked, struct keeper_reply *out)
{
    struct fault why = {0};
    struct relayer_question q;
    struct layer from;
    struct layer to;
    enum err e = relayer_question_parse(asked, &q, &why);
    if (!e)
        e = layers_of(k, &q, &from, &to, &why);
    if (e) {
        refuse(out, "%.500s", why.words);
        return;
    }
    memcpy(out->bytes, q.values.at, q.values.len);
    for (size_t at = 0; at < q.values.len; at += RELAYER_VALUE_BYTES) {
        layer_take(&from, out->bytes + at);
        layer_put(&to, out->bytes + at);
    }
    wipe(&from, sizeof from);
    wipe(&to, sizeof to);
    out->type = MESSAGE_RELAYERED;
    out->len = q.values.len;
}

static void answer_key(const struct keeper *k, const char *label, struct keeper_reply *out)
{
    if (answer_layer(k, label, out))
        return;
    struct sealed_column sealed;
    if (sealed_label(k->policy->schema, label, &sealed)) {
        answer_seal(k, &sealed, out);
        return;
    }
    if (!is_label(k->policy->schema, label)) {
        refuse(out, "the policy has no subject or table for this key");
        return;
    }
    key_ring_derive(k->ring, label, out->bytes);
    out->type = MESSAGE_KEY;
    out->len = KEY_BYTES;
}

static bool is_password_file(const struct policy *p, const char *name)
{
    for (uint32_t i = 0; i < p->source_count; i++) {
        const struct policy_source *s = &p->sources[i];
        const char *const files[] = {s->replication_password_file, s->copy_password_file};
        for (size_t f = 0; f < 2; f++) {
            if (files[f] && strcmp(files[f], name) == 0)
                return true;
        }
    }
    return false;
}

// One line; what an editor puts at its end is not part of the password.
static void answer_password(const struct keeper *k, const char *name, struct keeper_reply *out)
{
    if (!is_password_file(k->policy, name)) {
        refuse(out, "the policy names no such password file");
        return;
    }
    struct buf text = buf_init(PASSWORD_BYTES_MAX);
    struct fault why = {0};
    enum err e = world_read_file(&k->files, name, &text, &why);
    while (text.len > 0 && (text.at[text.len - 1] == '\n' || text.at[text.len - 1] == '\r'))
        text.len--;
    if (e) {
        refuse(out, "password file: %.400s", why.words);
    } else {
        if (text.len > 0)
            memcpy(out->bytes, text.at, text.len);
        out->type = MESSAGE_PASSWORD;
        out->len = text.len;
    }
    if (text.at)
        wipe(text.at, text.size);
    buf_done(&text);
}

static void answer_sign(const struct keeper *k, struct slice asked, struct keeper_reply *out)
{
    // A statement is the operator's own word, made where the keys are read: not serve's.
    if (asked.len != 1 + SIGN_DIGEST_BYTES || asked.at[0] < SIGN_AUDIT_HEAD ||
        asked.at[0] >= SIGN_DOMAIN_COUNT || asked.at[0] == SIGN_STATEMENT) {
        refuse(out, "keeper signs nothing of this kind");
        return;
    }
    key_ring_sign(k->ring, (enum sign_domain)asked.at[0], asked.at + 1, out->bytes);
    out->type = MESSAGE_SIGNATURE;
    out->len = SIGNATURE_BYTES;
}

static bool same(struct slice asked, const char *approved)
{
    return slice_is(asked, approved);
}

// Whoever asks, serve says it; what may be opened, the warrant does.
static enum err check_warrant(const struct keeper *k, const struct warrant_question *q,
                              struct fault *why)
{
    struct warrant w;
    enum err e = q->number > INT64_MAX ? ERR_NOT_FOUND
                                       : warrant_read(&k->files, (int64_t)q->number, &w, why);
    if (e)
        return e;
    if (k->files.ops->now_ms() > w.until_ms)
        return fail(why, ERR_DENIED, "warrant %lld has lapsed", (long long)w.number);
    if (same(q->column, w.column) && same(q->row, w.row) && same(q->who, w.who) &&
        same(q->why, w.why))
        return OK;
    return fail(why, ERR_DENIED, "warrant %lld is for another column, row, person or reason",
                (long long)w.number);
}

static enum err open_sealed(const struct keeper *k, const struct warrant_question *q,
                            struct buf *out, struct fault *why)
{
    struct sealed_column c;
    uint8_t half[AGREE_BYTES];
    uint8_t key[KEY_BYTES];
    uint64_t row[2];
    struct buf text AUTO(buf_donep) = buf_init(SEAL_TEXT_BYTES_MAX);
    enum err e = check_warrant(k, q, why);
    if (!e)
        e = sealed_column_find(k->policy->schema, q->column, &c, why);
    if (!e)
        e = sealed_key_secret(&k->files, k->ring, &c, half, why);
    if (e)
        return e;
    e = seal_open(half, &(struct seal_of){c.table, c.column, 0}, q->sealed, row, &text, why);
    wipe(half, sizeof half);
    if (e)
        return e;
    warrant_key(k->ring, (int64_t)q->number, key);
    warrant_answer_lock(key, q, row, buf_slice(&text), out);
    wipe(key, sizeof key);
    wipe(text.at, text.len);
    return buf_end(out, why);
}

static void answer_open(const struct keeper *k, struct slice asked, struct keeper_reply *out)
{
    struct fault why = {0};
    struct warrant_question q;
    struct buf locked AUTO(buf_donep) = buf_init(KEEPER_REPLY_BYTES);
    enum err e = warrant_question_parse(asked, &q, &why);
    if (!e)
        e = open_sealed(k, &q, &locked, &why);
    if (e) {
        refuse(out, "%.500s", why.words);
        return;
    }
    memcpy(out->bytes, locked.at, locked.len);
    out->type = MESSAGE_OPENED;
    out->len = locked.len;
}

void keeper_answer(const struct keeper *k, const struct message *asked, struct keeper_reply *out)
{
    char text[KEEPER_LABEL_BYTES];
    bool is_text = padded_text(asked->payload, text);
    if (asked->type == MESSAGE_KEY_ASK && is_text)
        answer_key(k, text, out);
    else if (asked->type == MESSAGE_PASSWORD_ASK && is_text)
        answer_password(k, text, out);
    else if (asked->type == MESSAGE_OPEN_ASK)
        answer_open(k, asked->payload, out);
    else if (asked->type == MESSAGE_RELAYER_ASK)
        answer_relayer(k, asked->payload, out);
    else if (asked->type == MESSAGE_SIGN_ASK)
        answer_sign(k, asked->payload, out);
    else
        refuse(out, "not a question for keeper");
}

static enum err answer_all(const struct keeper *k, struct link *l, struct fault *why)
{
    for (;;) {
        struct message asked;
        bool got = false;
        enum err e = link_receive(l, &asked, &got, why);
        if (e || !got)
            return e ? e : link_flush(l, why);
        struct keeper_reply reply;
        keeper_answer(k, &asked, &reply);
        e = link_send(l, reply.type, asked.serial, slice_of(reply.bytes, reply.len), why);
        wipe(&reply, sizeof reply);
        if (e)
            return e;
    }
}

struct links {
    struct link *to[PROCESS_COUNT];
};

static enum err take_links(int control, struct links *links, struct fault *why)
{
    for (;;) {
        struct control_link link;
        int fd = -1;
        bool got = false;
        enum err e = control_receive(control, PROCESS_KEEPER, &link, &fd, &got, why);
        if (e || !got)
            return e;
        link_free(links->to[link.peer]);
        links->to[link.peer] = link_new(fd, PROCESS_KEEPER, link.peer);
    }
}

static void tend(const struct keeper *k, struct links *links, enum process peer)
{
    struct fault why = {0};
    enum err e = answer_all(k, links->to[peer], &why);
    if (!e)
        return;
    if (e != ERR_UNAVAILABLE) // a peer that left is started again by the launcher
        log_line(LOG_WARN, "link dropped: %s", why.words);
    link_free(links->to[peer]);
    links->to[peer] = NULL;
}

static enum err wait_and_tend(const struct keeper *k, int control, struct links *links,
                              struct fault *why)
{
    struct pollfd wait[PROCESS_COUNT + 1] = {{.fd = control, .events = POLLIN}};
    for (int i = 0; i < PROCESS_COUNT; i++) {
        struct link *l = links->to[i];
        wait[i + 1].fd = l ? link_fd(l) : -1;
        wait[i + 1].events = POLLIN;
        if (l && link_queued(l) > 0)
            wait[i + 1].events |= POLLOUT;
    }
    (void)poll(wait, PROCESS_COUNT + 1, -1); // interrupted: nothing is ready, and round again
    for (int i = 0; i < PROCESS_COUNT; i++) {
        if (links->to[i] && wait[i + 1].revents)
            tend(k, links, (enum process)i);
    }
    return wait[0].revents ? take_links(control, links, why) : OK;
}

enum err keeper_run(const struct keeper *k, int control, struct fault *why)
{
    struct links links = {0};
    enum err e = OK;
    while (!e)
        e = wait_and_tend(k, control, &links, why);
    for (int i = 0; i < PROCESS_COUNT; i++)
        link_free(links.to[i]);
    return e == ERR_UNAVAILABLE ? OK : e;
}
