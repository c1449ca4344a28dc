// SPDX-License-Identifier: Apache-2.0
#include "watch/probe.h"

#include "json/json.h"
#include "watch/exposure.h"

#include <stdio.h>

enum { SCRATCH_BYTES = 512 << 20 };

static void note(struct probe_result *out, const struct stranger_question *q, enum answer answer,
                 long status)
{
    if (out->answer_count < PROBE_ANSWERS_MAX)
        out->answers[out->answer_count++] =
            (struct probe_answer){.question = q, .answer = answer, .status = status};
}

static void weigh(struct probe_result *out, const struct stranger_question *q, enum answer answer)
{
    enum probe_verdict verdict = PROBE_CLOSED;
    if (answer == ANSWER_GIVEN)
        verdict = q->gives == GIVES_BANNER ? PROBE_PARTLY : PROBE_OPEN;
    bool names_store = answer == ANSWER_GIVEN || (answer == ANSWER_REFUSED && !q->method);
    if (verdict > out->verdict || out->store == STORE_KINDS)
        out->store = names_store ? q->store : out->store;
    if (verdict > out->verdict)
        out->verdict = verdict;
}

// "7.10.2", out of what the root of Elasticsearch says of itself.
static void take_version(struct probe_result *out, const struct stranger_question *q,
                         const struct stranger_reply *r, struct arena *scratch)
{
    const struct json *tree = NULL;
    if (q->store != STORE_ELASTICSEARCH || *out->version ||
        json_parse(r->body, scratch, &tree, NULL))
        return;
    const struct json *version = json_get(tree, "version");
    const struct json *number = json_get(version, "number");
    const struct json *kind = json_get(version, "distribution");
    bool has_kind = kind && kind->type == JSON_STRING;
    if (number && number->type == JSON_STRING)
        snprintf(out->version, sizeof out->version, "%.*s%s%.20s",
                 (int)(number->text.len < 32 ? number->text.len : 32),
                 (const char *)number->text.at, has_kind ? " " : "",
                 has_kind ? (const char *)arena_string(scratch, kind->text) : "");
}

// False when nobody answers in this way, so that more of the same need not be tried.
static bool ask_one(const struct probe_ask *ask, const struct stranger_question *q,
                    struct arena *scratch, struct probe_result *out)
{
    struct stranger_reply reply = {0};
    if (ask->send(ask->context, q, scratch, &reply, &out->silence))
        return false;
    enum answer answer = q->read(&reply, scratch);
    note(out, q, answer, reply.status);
    weigh(out, q, answer);
    if (answer == ANSWER_GIVEN)
        take_version(out, q, &reply, scratch);
    return true;
}

// The one that a probe of an HTTP address stops at when even it gets no answer.
static bool is_way_closed(const struct probe_result *out, const struct stranger_question *q)
{
    return q->method && out->answer_count == 0;
}

static bool gave(const struct probe_result *r, enum store_kind store)
{
    for (uint32_t i = 0; i < r->answer_count; i++) {
        const struct probe_answer *a = &r->answers[i];
        if (a->question->store == store && a->answer == ANSWER_GIVEN &&
            a->question->gives > GIVES_BANNER)
            return true;
    }
    return false;
}

void probe_run(const struct probe_ask *ask, uint32_t stores, struct arena *memory,
               struct probe_result *out)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    *out = (struct probe_result){.store = STORE_KINDS};
    const struct stranger_question *q;
    for (unsigned i = 0; (q = stranger_at(i)); i++) {
        // Bare bytes are another's riddle: who has been recognised is not asked them.
        bool is_known = !q->method && out->store != STORE_KINDS && out->store != q->store;
        if (!(stores & 1u << q->store) || is_known)
            continue;
        arena_reset(scratch);
        if (!ask_one(ask, q, scratch, out) && is_way_closed(out, q))
            break;
    }
    if (gave(out, STORE_ELASTICSEARCH))
        exposure_look(ask, memory, &out->exposure);
}

const char *probe_verdict_name(enum probe_verdict v)
{
    static const char *const names[] = {"no_answer", "closed", "partly", "open"};
    return names[v];
}

static void print_answers(const struct probe_result *r, struct json_writer *w)
{
    static const char *const answers[] = {"other", "refused", "given"};
    static const char *const gives[] = {"nothing", "banner", "names", "rows"};
    json_key(w, "asked");
    json_array(w);
    for (uint32_t i = 0; i < r->answer_count; i++) {
        const struct probe_answer *a = &r->answers[i];
        json_object(w);
        json_key(w, "store");
        json_text(w, store_name(a->question->store));
        json_key(w, "request");
        json_print(w, "%s%s%s", a->question->method ? a->question->method : "",
                   a->question->method ? " " : "", a->question->path);
        if (a->question->method) {
            json_key(w, "status");
            json_int(w, a->status);
        }
        json_key(w, "answer");
        json_text(w, answers[a->answer]);
        json_key(w, "gives");
        json_text(w, gives[a->question->gives]);
        json_end(w);
    }
    json_end(w);
}

static void print_exposure(const struct exposure *e, struct json_writer *w)
{
    json_key(w, "exposed");
    json_object(w);
    json_key(w, "indices");
    json_uint(w, e->index_count);
    json_key(w, "rows");
    json_uint(w, e->rows);
    json_key(w, "bytes");
    json_uint(w, e->bytes);
    json_key(w, "indices_looked_into");
    json_uint(w, e->looked_into);
    json_key(w, "indices_left");
    json_uint(w, e->left_unlooked);
    json_key(w, "ransom_note");
    json_truth(w, e->has_ransom_note);
    json_key(w, "people");
    json_array(w);
    for (const struct exposed_field *f = e->fields; f; f = f->next) {
        json_object(w);
        json_key(w, "index");
        json_text(w, f->index);
        json_key(w, "field");
        json_text(w, f->field);
        json_key(w, "kind");
        json_text(w, f->kind);
        json_key(w, "by");
        json_text(w, f->by_form ? "form" : "name");
        json_key(w, "rows");
        json_uint(w, f->rows);
        json_end(w);
    }
    json_end(w);
    json_end(w);
}

void probe_json(const struct probe_result *r, const char *address, struct json_writer *w)
{
    json_object(w);
    json_key(w, "address");
    json_text(w, address);
    json_key(w, "verdict");
    json_text(w, probe_verdict_name(r->verdict));
    if (r->store != STORE_KINDS) {
        json_key(w, "store");
        json_text(w, store_name(r->store));
    }
    if (*r->version) {
        json_key(w, "version");
        json_text(w, r->version);
    }
    print_answers(r, w);
    if (gave(r, STORE_ELASTICSEARCH))
        print_exposure(&r->exposure, w);
    json_end(w);
}
