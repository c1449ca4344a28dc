// SPDX-License-Identifier: Apache-2.0
#include "api/error.h"

#include "base/num.h"

#include <stdio.h>

struct code_words {
    int status;
    const char *type; // when the words name none
};

static const struct code_words by_code[ERR_COUNT] = {
    [OK] = {500, "exception"},
    [ERR_INVALID] = {400, "illegal_argument_exception"},
    [ERR_NOT_FOUND] = {404, "resource_not_found_exception"},
    [ERR_CONFLICT] = {409, "version_conflict_engine_exception"},
    [ERR_DENIED] = {403, "security_exception"},
    [ERR_LIMIT] = {400, "illegal_argument_exception"},
    [ERR_CORRUPT] = {500, "exception"},
    [ERR_IO] = {500, "exception"},
    [ERR_TIMEOUT] = {504, "timeout_exception"},
    [ERR_UNAVAILABLE] = {503, "unavailable_shards_exception"},
};

static const char creating_query[] = "failed to create query: ";

static bool is_type(struct slice s)
{
    static const char *const ends[] = {"_exception", "_error"};
    for (size_t i = 0; i < s.len; i++) {
        if (!(s.at[i] >= 'a' && s.at[i] <= 'z') && s.at[i] != '_')
            return false;
    }
    for (int i = 0; i < 2; i++) {
        size_t len = strlen(ends[i]);
        if (s.len > len && memcmp(s.at + s.len - len, ends[i], len) == 0)
            return true;
    }
    return false;
}

// "[1:18] unknown query [x]": the place of a parsing_exception has members of its own.
static void take_place(struct error *e)
{
    struct slice rest = e->reason;
    const uint8_t *close = rest.len ? memchr(rest.at, ']', rest.len) : NULL;
    if (!close || rest.at[0] != '[' || !slice_is(e->type, "parsing_exception"))
        return;
    struct slice place = slice_of(rest.at + 1, (size_t)(close - rest.at - 1));
    const uint8_t *colon = place.len ? memchr(place.at, ':', place.len) : NULL;
    if (!colon)
        return;
    size_t line_len = (size_t)(colon - place.at);
    if (parse_u64(slice_of(place.at, line_len), &e->line) != OK ||
        parse_u64(slice_from(place, line_len + 1), &e->column) != OK) {
        e->line = 0;
        return;
    }
    e->reason = slice_from(rest, place.len + 3);
}

// "failed to create query: T: R" is a failure that a T caused.
static void take_cause(struct error *e)
{
    const struct slice start = slice_text(creating_query);
    if (!slice_starts(e->reason, start))
        return;
    struct slice rest = slice_from(e->reason, start.len);
    const uint8_t *colon = rest.len ? memmem(rest.at, rest.len, ": ", 2) : NULL;
    if (!colon || !is_type(slice_of(rest.at, (size_t)(colon - rest.at))))
        return;
    e->cause_type = slice_of(rest.at, (size_t)(colon - rest.at));
    e->cause_reason = slice_from(rest, e->cause_type.len + 2);
}

// The number after `before`; 0 where it is not.
static uint64_t number_after(struct slice words, const char *before)
{
    uint64_t v = 0;
    const struct slice mark = slice_text(before);
    const uint8_t *found = words.len ? memmem(words.at, words.len, mark.at, mark.len) : NULL;
    if (!found)
        return 0;
    struct slice rest = slice_from(words, (size_t)(found - words.at) + mark.len);
    size_t digits = 0;
    while (digits < rest.len && rest.at[digits] >= '0' && rest.at[digits] <= '9')
        digits++;
    return parse_u64(slice_of(rest.at, digits), &v) == OK ? v : 0;
}

// Reaching a limit has members of its own, which the words tell too.
static void take_limits(struct error *e)
{
    if (slice_is(e->type, "circuit_breaking_exception")) {
        e->status = 429;
        e->bytes_wanted = number_after(e->reason, "would be [");
        e->bytes_limit = number_after(e->reason, "limit of [");
    }
    if (slice_is(e->type, "too_many_buckets_exception"))
        e->buckets_max = number_after(e->reason, "or equal to: [");
}

// What stands in the brackets of "no such index [x]".
static struct slice bracketed(struct slice reason)
{
    const uint8_t *open = reason.len ? memchr(reason.at, '[', reason.len) : NULL;
    const uint8_t *close = reason.len ? memrchr(reason.at, ']', reason.len) : NULL;
    if (!open || !close || close < open)
        return slice_of(NULL, 0);
    return slice_of(open + 1, (size_t)(close - open - 1));
}

struct error error_of(enum err code, const struct fault *why)
{
    struct slice words = slice_text(why->words);
    struct error e = {
        .status = by_code[code].status, .type = slice_text(by_code[code].type), .reason = words};
    const uint8_t *colon = words.len ? memmem(words.at, words.len, ": ", 2) : NULL;
    if (colon && is_type(slice_of(words.at, (size_t)(colon - words.at)))) {
        e.type = slice_of(words.at, (size_t)(colon - words.at));
        e.reason = slice_from(words, e.type.len + 2);
    }
    if (slice_is(e.type, "es_rejected_execution_exception"))
        e.status = 429;
    take_place(&e);
    take_cause(&e);
    take_limits(&e);
    if (e.reason.len == 0)
        e.reason = slice_text(err_name(code));
    if (slice_is(e.type, "index_not_found_exception"))
        e.index = bracketed(e.reason);
    return e;
}

static void members(struct json_writer *w, const struct error *e)
{
    json_key(w, "type");
    json_string(w, e->type);
    json_key(w, "reason");
    if (e->cause_type.len) {
        char words[FAULT_WORDS_BYTES];
        snprintf(words, sizeof words, "%s%.*s", creating_query, SLICE_PRINT(e->cause_reason));
        json_text(w, words);
    } else {
        json_string(w, e->reason);
    }
    if (e->line) {
        json_key(w, "line");
        json_uint(w, e->line);
        json_key(w, "col");
        json_uint(w, e->column);
    }
    if (e->bytes_limit) {
        json_key(w, "bytes_wanted");
        json_uint(w, e->bytes_wanted);
        json_key(w, "bytes_limit");
        json_uint(w, e->bytes_limit);
        json_key(w, "durability");
        json_text(w, "TRANSIENT");
    }
    if (e->buckets_max) {
        json_key(w, "max_buckets");
        json_uint(w, e->buckets_max);
    }
    if (e->index.len) {
        json_key(w, "resource.type");
        json_text(w, "index_or_alias");
        json_key(w, "resource.id");
        json_string(w, e->index);
        json_key(w, "index_uuid");
        json_text(w, "_na_");
        json_key(w, "index");
        json_string(w, e->index);
    }
}

// These name the index they were found in, and are never told twice as their own cause.
static bool is_of_one_index(const struct error *e)
{
    return slice_is(e->type, "query_shard_exception");
}

// `index` NULL: nothing was searched.
static void cause(struct json_writer *w, const struct error *e, const char *index)
{
    members(w, e);
    if (!index || !is_of_one_index(e))
        return;
    json_key(w, "index_uuid");
    json_text(w, "_na_");
    json_key(w, "index");
    json_text(w, index);
}

static void root_cause(struct json_writer *w, const struct error *e, const char *index)
{
    json_key(w, "root_cause");
    json_array(w);
    json_object(w);
    cause(w, e, index);
    json_end(w);
    json_end(w);
}

void error_object(struct json_writer *w, const struct error *e)
{
    if (slice_is(e->type, "search_context_missing_exception")) { // every shard has lost it
        error_search_object(w, e, NULL);
        return;
    }
    json_object(w);
    root_cause(w, e, NULL);
    members(w, e);
    json_end(w);
}

static void failed_shard(struct json_writer *w, const struct error *e, const char *index)
{
    json_object(w);
    json_key(w, "shard");
    json_int(w, index ? 0 : -1);
    json_key(w, "index");
    if (index)
        json_text(w, index);
    else
        json_null(w);
    json_key(w, "reason");
    json_object(w);
    cause(w, e, index);
    if (e->cause_type.len) {
        json_key(w, "caused_by");
        json_object(w);
        json_key(w, "type");
        json_string(w, e->cause_type);
        json_key(w, "reason");
        json_string(w, e->cause_reason);
        json_end(w);
    }
    json_end(w);
    json_end(w);
}

static void caused_by(struct json_writer *w, const struct error *e)
{
    json_key(w, "caused_by");
    json_object(w);
    members(w, e);
    json_key(w, "caused_by");
    json_object(w);
    members(w, e);
    json_end(w);
    json_end(w);
}

void error_search_object(struct json_writer *w, const struct error *e, const char *index)
{
    json_object(w);
    root_cause(w, e, index);
    json_key(w, "type");
    json_text(w, "search_phase_execution_exception");
    json_key(w, "reason");
    json_text(w, "all shards failed");
    json_key(w, "phase");
    json_text(w, "query");
    json_key(w, "grouped");
    json_truth(w, true);
    json_key(w, "failed_shards");
    json_array(w);
    failed_shard(w, e, index);
    json_end(w);
    if (!is_of_one_index(e) && !slice_is(e->type, "parse_exception"))
        caused_by(w, e);
    json_end(w);
}

bool error_is_of_shards(const struct error *e)
{
    return !slice_is(e->type, "security_exception") &&
           !slice_is(e->type, "index_not_found_exception");
}
