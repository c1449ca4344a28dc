// SPDX-License-Identifier: Apache-2.0
// The engine alone: no HTTPS, no printing of answers.
//
//     build/bench-engine DIR QUESTIONS [THREADS [RUNS [SEGMENTS_MEMORY [CACHE_BYTES]]]]
//
// DIR is an installation that nothing serves now.  QUESTIONS has two lines of JSON for each
// search, as _msearch takes them: {"index":"connections","name":"3a"} and the body.  Searches
// of one name that follow one another are one question, timed together.  A run is reading the
// body, planning, searching and the answer's tree, as a peer within its own process reads its
// SQL and gives rows.  One line of JSON comes out for each question:
//
//     {"name":"3a","threads":2,"first_ms":1.234,"min_ms":0.987,"median_ms":1.011,"runs":50}
//
// CACHE_BYTES is what partial aggregations may be kept in; 0, the default, keeps none.
// With SEGMENTS_MEMORY, the bytes that segments may take in memory, the questions are asked in
// turn instead, RUNS rounds after one that is not counted, as one that is repeated at once finds
// its columns again whatever the budget; one line tells of all.
#include "engine/engine.h"

#include "access/access.h"
#include "base/limits.h"
#include "base/num.h"
#include "base/world.h"
#include "policy/policy.h"
#include "query/request.h"
#include "server/directory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TABLES_MAX = 16, SEARCHES_MAX = 1024, RUNS_MAX = 1000, POLICY_BYTES = 128 << 20 };

static const int64_t run_us_max = 1500000; // of one question, after the first run

struct search {
    struct slice name, body;
    struct index_list in;
};

struct bench {
    struct world dir;
    struct arena *start; // questions, policy
    struct arena *request;
    const struct schema *schema;
    struct store *store;
    struct search searches[SEARCHES_MAX];
    uint32_t search_count;
    struct fault why;
};

static enum err read_whole(const char *path, struct arena *start, struct slice *out,
                           struct fault *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    if (size < 0)
        return fail(why, ERR_NOT_FOUND, "%s cannot be read", path);
    uint8_t *bytes = arena_alloc(start, (size_t)size + 1);
    ssize_t got = pread(fd, bytes, (size_t)size, 0);
    close(fd);
    *out = slice_of(bytes, (size_t)size);
    return got == size ? OK : fail(why, ERR_IO, "%s cannot be read", path);
}

// ---- opening ----

static enum err open_schema(struct bench *b)
{
    struct slice text;
    const struct policy *policy;
    enum err e = read_whole(FILE_POLICY, b->start, &text, &b->why);
    if (!e)
        e = policy_parse(text, b->start, &policy, &b->why);
    if (!e)
        b->schema = policy->schema;
    return e;
}

static enum err open_all(struct bench *b, const char *directory, uint64_t memory_bytes)
{
    b->start = arena_new(POLICY_BYTES);
    b->request = arena_new(LIMIT_REQUEST_ARENA_BYTES);
    if (chdir(directory) < 0)
        return fail(&b->why, ERR_NOT_FOUND, "no directory %s", directory);
    struct store_options options = {.memory_bytes = memory_bytes};
    enum err e = open_schema(b);
    if (!e)
        e = world_open(DIRECTORY_DATA, &b->dir, &b->why);
    return e ? e : store_open(&b->dir, b->schema, &options, &b->store, &b->why);
}

// ---- questions ----

static struct slice next_line(struct slice *text)
{
    const uint8_t *end = memchr(text->at, '\n', text->len);
    size_t len = end ? (size_t)(end - text->at) : text->len;
    struct slice line = slice_of(text->at, len);
    *text = slice_from(*text, len + (end != NULL));
    return line;
}

static enum err find_tables(struct bench *b, struct slice index, struct search *out)
{
    uint32_t *tables = ARENA_ARRAY(b->start, uint32_t, 1);
    for (uint32_t i = 0; i < b->schema->table_count; i++)
        if (slice_is(index, b->schema->tables[i].name)) {
            tables[0] = i;
            out->in = (struct index_list){.tables = tables, .count = 1};
            return OK;
        }
    return fail(&b->why, ERR_NOT_FOUND, "no index %.*s", SLICE_PRINT(index));
}

static enum err read_search(struct bench *b, struct slice *text)
{
    const struct json *header;
    enum err e = json_parse(next_line(text), b->start, &header, &b->why);
    if (e)
        return e;
    struct search *s = &b->searches[b->search_count++];
    struct slice index = slice_text("");
    for (uint32_t i = 0; i < header->count; i++) {
        if (slice_is(header->keys[i], "index"))
            index = header->items[i].text;
        if (slice_is(header->keys[i], "name"))
            s->name = header->items[i].text;
    }
    s->body = next_line(text);
    return find_tables(b, index, s);
}

static enum err read_searches(struct bench *b, const char *path)
{
    struct slice text;
    enum err e = read_whole(path, b->start, &text, &b->why);
    while (!e && text.len && b->search_count < SEARCHES_MAX)
        e = read_search(b, &text);
    return e;
}

// ---- asking ----

static enum err ask(struct bench *b, struct engine *engine, const struct search *s)
{
    struct principal who = {.name = "bench", .roles = 1u << ROLE_ANALYST};
    struct request r;
    struct answer a;
    const struct json *body;
    struct engine_question q = {.in = s->in, .request = &r};
    enum err e = json_parse(s->body, b->request, &body, &b->why);
    if (!e)
        e = request_parse(body, b->request, &r, &b->why);
    if (!e)
        e = permit_make(&who, ACTION_READ, slice_text(""), b->request, &q.permit, &b->why);
    if (!e)
        e = engine->ops->search(engine, &q, b->request, &a, &b->why);
    return e;
}

static enum err ask_all(struct bench *b, struct engine *engine, uint32_t first, uint32_t count,
                        int64_t *out_us)
{
    int64_t start = monotonic_us();
    enum err e = OK;
    for (uint32_t i = 0; i < count && !e; i++) {
        arena_reset(b->request);
        e = ask(b, engine, &b->searches[first + i]);
    }
    *out_us = monotonic_us() - start;
    return e;
}

static int by_time(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;
    return (*x > *y) - (*x < *y);
}

static enum err time_question(struct bench *b, struct engine *engine, uint32_t first,
                              uint32_t count, uint32_t runs, uint32_t threads)
{
    static int64_t took[RUNS_MAX];
    int64_t first_us;
    int64_t all_us = 0;
    uint32_t done = 0;
    enum err e = ask_all(b, engine, first, count, &first_us);
    while (!e && done < runs && (done < 3 || all_us < run_us_max)) {
        e = ask_all(b, engine, first, count, &took[done]);
        all_us += took[done++];
    }
    if (e)
        return fail_in(&b->why, e, "question");
    qsort(took, done, sizeof *took, by_time);
    printf("{\"name\":\"%.*s\",\"threads\":%u,\"first_ms\":%.3f,\"min_ms\":%.3f,"
           "\"median_ms\":%.3f,\"runs\":%u}\n",
           SLICE_PRINT(b->searches[first].name), threads, (double)first_us / 1000,
           (double)took[0] / 1000, (double)took[done / 2] / 1000, done);
    fflush(stdout);
    return OK;
}

static enum err time_all(struct bench *b, uint32_t threads, uint32_t runs, uint64_t cache_bytes)
{
    const struct engine_settings settings = {.threads = threads, .cache_bytes = cache_bytes};
    struct engine *engine = engine_local_new(b->store, b->schema, &settings);
    enum err e = OK;
    uint32_t count;
    for (uint32_t i = 0; i < b->search_count && !e; i += count) {
        for (count = 1; i + count < b->search_count; count++)
            if (!slice_equal(b->searches[i].name, b->searches[i + count].name))
                break;
        e = time_question(b, engine, i, count, runs, threads);
    }
    engine->ops->close(engine);
    return e;
}

// ---- in turn ----

static uint64_t resident_bytes(void)
{
    char text[128] = "";
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    close(fd);
    unsigned long long pages = 0;
    if (got <= 0 || sscanf(text, "%*s %llu", &pages) != 1)
        return 0;
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static enum err time_rounds(struct bench *b, uint32_t threads, uint32_t rounds)
{
    static struct store_stats before, after;
    const struct engine_settings settings = {.threads = threads};
    struct engine *engine = engine_local_new(b->store, b->schema, &settings);
    int64_t round_us = 0;
    int64_t all_us = 0;
    enum err e = ask_all(b, engine, 0, b->search_count, &round_us);
    store_stats(b->store, &before);
    for (uint32_t i = 0; i < rounds && !e; i++) {
        e = ask_all(b, engine, 0, b->search_count, &round_us);
        all_us += round_us;
    }
    store_stats(b->store, &after);
    engine->ops->close(engine);
    const struct units_stats *s = &after.segments;
    printf("{\"name\":\"rounds\",\"threads\":%u,\"searches_per_second\":%.2f,\"round_ms\":%.1f,"
           "\"segments_bytes_max\":%llu,\"segments_bytes\":%llu,\"read_bytes_per_round\":%llu,"
           "\"resident_bytes\":%llu}\n",
           threads, (double)b->search_count * rounds * 1e6 / (double)all_us,
           (double)all_us / 1000 / rounds, (unsigned long long)s->bytes_max,
           (unsigned long long)s->bytes,
           (unsigned long long)(s->bytes_loaded - before.segments.bytes_loaded) / rounds,
           (unsigned long long)resident_bytes());
    return e;
}

static uint32_t number(int count, char **words, int at, uint32_t otherwise)
{
    int64_t v;
    bool has = count > at && parse_i64(slice_text(words[at]), &v) == OK && v > 0 && v <= RUNS_MAX;
    return has ? (uint32_t)v : otherwise;
}

int main(int count, char **words)
{
    static struct bench b;
    if (count < 3) {
        fprintf(stderr, "engine DIR QUESTIONS [THREADS [RUNS [SEGMENTS_MEMORY [CACHE_BYTES]]]]\n");
        return 2;
    }
    b.start = NULL;
    char *questions = realpath(words[2], NULL);
    uint64_t memory_bytes = 0;
    if (count > 5 && parse_u64(slice_text(words[5]), &memory_bytes) != OK)
        return 2;
    uint64_t cache_bytes = 0;
    if (count > 6 && parse_u64(slice_text(words[6]), &cache_bytes) != OK)
        return 2;
    enum err e = open_all(&b, words[1], memory_bytes);
    if (!e)
        e = read_searches(&b, questions ? questions : words[2]);
    uint32_t threads = number(count, words, 3, 2);
    uint32_t runs = number(count, words, 4, memory_bytes ? 5 : 200);
    if (!e)
        e = memory_bytes ? time_rounds(&b, threads, runs)
                         : time_all(&b, threads, runs, cache_bytes);
    if (e)
        fprintf(stderr, "engine: %s\n", b.why.words);
    store_close(b.store);
    world_close(&b.dir);
    arena_free(b.request);
    arena_free(b.start);
    free(questions);
    return e ? 1 : 0;
}
