// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"

#include "base/arena.h"
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void cli_say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

enum exit_status cli_failed(const struct fault *why)
{
    cli_say("tamis: %s", why->words);
    return EXIT_STATUS_FAILED;
}

enum exit_status cli_misused(const char *verb, const char *format, ...)
{
    fputs("tamis: ", stderr);
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nTry 'tamis %s%s--help'.\n", verb ? verb : "", verb ? " " : "");
    return EXIT_STATUS_USAGE;
}

static int flag_find(const struct flag *flags, struct slice name)
{
    for (int i = 0; flags && flags[i].name; i++) {
        if (slice_is(name, flags[i].name))
            return i;
    }
    return -1;
}

enum { NAMES_BYTES = 1024 };

static enum err no_flag(const struct flag *flags, struct slice given, struct fault *why)
{
    struct buf names AUTO(buf_donep) = buf_init(NAMES_BYTES);
    for (int i = 0; flags && flags[i].name; i++)
        buf_print(&names, "%s--%s", i ? ", " : "; there are ", flags[i].name);
    return fail(why, ERR_INVALID, "there is no flag %.*s%.*s", SLICE_PRINT(given),
                SLICE_PRINT(buf_slice(&names)));
}

// One `--flag`; *at moves on when its value is the next word.
static enum err take_flag(struct arguments *out, int count, const char *const *given, int *at,
                          struct fault *why)
{
    const char *name = given[*at] + 2;
    const char *equals = strchr(name, '=');
    struct slice bare = slice_of(name, equals ? (size_t)(equals - name) : strlen(name));
    int i = flag_find(out->flags, bare);
    if (i < 0)
        return no_flag(out->flags, slice_of(given[*at], bare.len + 2), why);
    if (out->values[i])
        return fail(why, ERR_INVALID, "--%s is given twice", out->flags[i].name);
    if (!out->flags[i].value && equals)
        return fail(why, ERR_INVALID, "--%s takes no value", out->flags[i].name);
    if (!out->flags[i].value)
        out->values[i] = "";
    else if (equals)
        out->values[i] = equals + 1;
    else if (*at + 1 < count)
        out->values[i] = given[++*at];
    else
        return fail(why, ERR_INVALID, "--%s needs %s", out->flags[i].name, out->flags[i].value);
    return OK;
}

static enum err take_word(struct arguments *out, const char *word, int most, struct fault *why)
{
    if (out->word_count >= most || out->word_count >= ARGUMENT_WORDS_MAX)
        return fail(why, ERR_INVALID, "'%s' is one word too many", word);
    out->words[out->word_count++] = word;
    return OK;
}

enum err arguments_parse(const struct verb *verb, int count, const char *const *given,
                         struct arguments *out, struct fault *why)
{
    *out = (struct arguments){.flags = verb->flags};
    bool only_words = false;
    for (int i = 0; i < count; i++) {
        enum err e = OK;
        if (!only_words && strcmp(given[i], "--") == 0)
            only_words = true;
        else if (!only_words && strncmp(given[i], "--", 2) == 0)
            e = take_flag(out, count, given, &i, why);
        else if (!only_words && given[i][0] == '-' && given[i][1])
            e = no_flag(out->flags, slice_text(given[i]), why);
        else
            e = take_word(out, given[i], verb->words_max, why);
        if (e)
            return e;
    }
    if (out->word_count < verb->words_min)
        return fail(why, ERR_INVALID, "a word is missing: tamis %s %s", verb->name,
                    verb->words ? verb->words : "");
    return OK;
}

const char *arguments_get(const struct arguments *a, const char *flag)
{
    int i = flag_find(a->flags, slice_text(flag));
    return i < 0 ? NULL : a->values[i];
}

bool arguments_has(const struct arguments *a, const char *flag)
{
    return arguments_get(a, flag) != NULL;
}

static void print_overview(FILE *to)
{
    fputs("tamis keeps a metrics copy of a production database without personal data, and answers\n"
          "over the Elasticsearch REST API.\n\n",
          to);
    for (const struct verb *const *v = verbs; *v; v++)
        fprintf(to, "  %-10s %s\n", (*v)->name, (*v)->summary);
    fputs(
        "\nWhere to begin:\n\n"
        "  tamis demo                       see it at work, on a database of its own\n"
        "  tamis init DIR                   make an installation; say in DIR/policy.yml what may\n"
        "                                   enter, and see that tamis policy check agrees\n"
        "  tamis source sql NAME --dir DIR  what the database's administrator runs once\n"
        "  tamis serve DIR                  then ask it, and tamis status DIR\n\n"
        "'tamis VERB --help' says more.\n",
        to);
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static bool asks_for_help(int count, const char *const *given)
{
    for (int i = 0; i < count && strcmp(given[i], "--") != 0; i++) {
        if (is_help(given[i]))
            return true;
    }
    return false;
}

static const struct verb *verb_find(const char *name)
{
    for (const struct verb *const *v = verbs; *v; v++) {
        if (strcmp((*v)->name, name) == 0)
            return *v;
    }
    return NULL;
}

static enum exit_status help(const struct verb *verb)
{
    fputs(verb->help, stdout);
    return EXIT_STATUS_OK;
}

static enum exit_status no_verb(const char *name)
{
    struct buf names AUTO(buf_donep) = buf_init(NAMES_BYTES);
    for (const struct verb *const *v = verbs; *v; v++)
        buf_print(&names, "%s%s", v == verbs ? "" : ", ", (*v)->name);
    return cli_misused(NULL, "there is no verb '%s'; there are %.*s", name,
                       SLICE_PRINT(buf_slice(&names)));
}

// `tamis help`, `tamis help VERB`, `tamis --help`.
static enum exit_status run_help(int count, const char *const *words)
{
    if (count == 0) {
        print_overview(stdout);
        return EXIT_STATUS_OK;
    }
    const struct verb *verb = verb_find(words[0]);
    return verb ? help(verb) : no_verb(words[0]);
}

enum exit_status cli_run(int argc, const char *const *argv)
{
    if (argc < 2) {
        print_overview(stderr);
        return EXIT_STATUS_USAGE;
    }
    if (is_help(argv[1]) || strcmp(argv[1], "help") == 0)
        return run_help(argc - 2, argv + 2);
    const char *name = strcmp(argv[1], "--version") == 0 ? "version" : argv[1];
    const struct verb *verb = verb_find(name);
    if (!verb)
        return no_verb(name);
    if (asks_for_help(argc - 2, argv + 2))
        return help(verb);
    struct arguments a;
    struct fault why = {0};
    if (arguments_parse(verb, argc - 2, argv + 2, &a, &why))
        return cli_misused(name, "%s", why.words);
    return verb->run(&a);
}
