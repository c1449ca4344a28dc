// SPDX-License-Identifier: Apache-2.0
#pragma once

// Asks one address what strangers ask (stranger.h), without a credential, and says what the
// answers come to.
//
// How a question is sent is the caller's: `probe_ask` has one function for it, so that this folder
// opens no socket.  Values that come back are looked at and forgotten; what is kept are names of
// indices and fields, kinds and counts.

#include "base/arena.h"
#include "base/err.h"
#include "json/json_writer.h"
#include "watch/stranger.h"

// Sends to the address it stands for: over HTTP(S), or as bytes over a bare connection.
// The reply's body is in `scratch`.  ERR_UNAVAILABLE: nobody is there; ERR_DENIED: somebody is, and
// ended the connection without an answer.
struct probe_ask {
    enum err (*send)(void *context, const struct stranger_question *q, struct arena *scratch,
                     struct stranger_reply *out, struct fault *why);
    void *context;
};

// In the order of how bad they are.
enum probe_verdict { PROBE_NO_ANSWER, PROBE_CLOSED, PROBE_PARTLY, PROBE_OPEN };

enum {
    PROBE_ANSWERS_MAX = 48,
    EXPOSED_INDICES_MAX = 1000, // that are listed; sums are of all
    EXPOSED_LOOKED_MAX = 200,   // into whose rows is looked
    EXPOSED_FIELDS_MAX = 200,   // of one index
    EXPOSED_SAMPLE_ROWS = 100,  // of one index
    PROBE_NAME_BYTES = 256,
};

struct probe_answer {
    const struct stranger_question *question;
    enum answer answer;
    long status;
};

// One field that holds what looks like data of people.
struct exposed_field {
    char index[PROBE_NAME_BYTES], field[PROBE_NAME_BYTES];
    const char *kind; // "e-mail address", "a name"
    bool by_form;     // its values have the form; else its name says so
    uint64_t rows;    // that have the field
    struct exposed_field *next;
};

struct exposure {
    uint64_t index_count, rows, bytes;
    uint64_t looked_into;         // indices of which a sample was looked at
    uint64_t left_unlooked;       // indices beyond EXPOSED_LOOKED_MAX
    bool has_ransom_note;         // an index is named as robbers name them
    struct exposed_field *fields; // by index, as they came
};

struct probe_result {
    enum probe_verdict verdict;
    enum store_kind store; // that gave the worst answer; STORE_KINDS: none gave any
    char version[64];      // what it calls itself; "" unknown
    struct fault silence;  // why the last question without an answer had none
    uint32_t answer_count;
    struct probe_answer answers[PROBE_ANSWERS_MAX];
    struct exposure exposure;
};

// Asks all questions of the kinds of store in `stores` (a bit for each).  `memory` has what the
// result points to.  Never fails: what could not be asked is PROBE_NO_ANSWER.
void probe_run(const struct probe_ask *ask, uint32_t stores, struct arena *memory,
               struct probe_result *out);

// A result as a JSON object.
void probe_json(const struct probe_result *r, const char *address, struct json_writer *w);

// "open", "partly", "closed", "no_answer".
const char *probe_verdict_name(enum probe_verdict v);
