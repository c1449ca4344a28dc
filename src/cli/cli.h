// SPDX-License-Identifier: Apache-2.0
#pragma once

// The command line: `tamis VERB ...`, one verb a file.
//
// A verb is one `const struct verb verb_NAME` in verb_NAME.c and one line in the table
// in verbs.c.  Data goes to standard output, talk to standard error; the answer is the
// exit status.  `tamis VERB --help` prints `help`, which starts with an example.
//
//     static const struct flag flags[] = {
//         {"dir", "DIR"}, {"json", NULL}, {NULL, NULL}};
//
//     static enum exit_status run(const struct arguments *a)
//     {
//         const char *dir = arguments_get(a, "dir"); // NULL when not given
//         ...
//     }
//
// One thread.

#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>

// UNKNOWN: whoever was to be asked gave no answer.
enum exit_status {
    EXIT_STATUS_OK = 0,
    EXIT_STATUS_FAILED = 1,
    EXIT_STATUS_USAGE = 2,
    EXIT_STATUS_UNKNOWN = 3,
};

enum { ARGUMENT_FLAGS_MAX = 24, ARGUMENT_WORDS_MAX = 64 };

struct flag {
    const char *name;  // without the dashes; NULL ends the list
    const char *value; // what its value is called; NULL for a flag without one
};

struct arguments {
    const struct flag *flags;
    const char *values[ARGUMENT_FLAGS_MAX]; // of flags[i]; "" when a flag without value is given
    int word_count;
    const char *words[ARGUMENT_WORDS_MAX]; // the rest, in order
};

struct verb {
    const char *name;
    const char *summary; // one line for `tamis --help`
    const char *help;
    const struct flag *flags;
    const char *words;        // what they are, as in "list | show NAME"; NULL: none
    int words_min, words_max; // how many words besides flags
    enum exit_status (*run)(const struct arguments *a);
};

extern const struct verb *const verbs[]; // NULL at the end

// `--name value`, `--name=value`, `--name`; after `--` only words.  ERR_INVALID names
// the flag, and those there are.
enum err arguments_parse(const struct verb *verb, int count, const char *const *given,
                         struct arguments *out, struct fault *why);
const char *arguments_get(const struct arguments *a, const char *flag);
bool arguments_has(const struct arguments *a, const char *flag);

// Finds the verb, parses, runs it.  argv[0] is the program.  Without a verb, the overview
// goes to standard error; with --help (or -h, or `help VERB`), to standard output.
enum exit_status cli_run(int argc, const char *const *argv);

// "tamis: words" to standard error; the status to return.
enum exit_status cli_failed(const struct fault *why);
// The same for a wrong use, with a hint at --help.
enum exit_status cli_misused(const char *verb, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// A line of talk to standard error.
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

extern const struct verb verb_init;
extern const struct verb verb_serve;
extern const struct verb verb_demo;
extern const struct verb verb_reload;
extern const struct verb verb_status;
extern const struct verb verb_doctor;
extern const struct verb verb_probe;
extern const struct verb verb_source;
extern const struct verb verb_policy;
extern const struct verb verb_metric;
extern const struct verb verb_query;
extern const struct verb verb_user;
extern const struct verb verb_approvals;
extern const struct verb verb_audit;
extern const struct verb verb_sealed;
extern const struct verb verb_witness;
extern const struct verb verb_version;
