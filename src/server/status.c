// SPDX-License-Identifier: Apache-2.0
#include "server/status.h"

#include "base/check.h"
#include "json/json_writer.h"
#include "server/directory.h"

#include <pthread.h>
#include <stdlib.h>

enum { STATE_ARENA_BYTES = 16 << 20, FORM_VERSION = 1 };

static void print_processes(struct json_writer *w, const struct status_facts *f)
{
    json_key(w, "processes");
    json_array(w);
    for (int i = 0; i < PROCESS_COUNT; i++) {
        json_object(w);
        json_key(w, "name");
        json_text(w, process_name((enum process)i));
        json_key(w, "pid");
        json_uint(w, f->peers[i].pid);
        json_key(w, "starts");
        json_uint(w, f->peers[i].starts);
        json_key(w, "since_ms");
        json_int(w, f->peers[i].since_ms);
        json_key(w, "linked");
        json_truth(w, f->peers[i].is_linked);
        json_end(w);
    }
    json_end(w);
}

static void print_sandbox(struct json_writer *w, const struct status_facts *f)
{
    json_key(w, "sandbox");
    json_object(w);
    json_key(w, "landlock_abi");
    json_int(w, f->sandbox.landlock_abi);
    json_key(w, "tcp");
    json_text(w, f->sandbox.tcp_by_landlock
                     ? "landlock and seccomp"
                     : "seccomp only: this kernel's Landlock has no TCP rules, so mirror may "
                       "connect to any port");
    json_key(w, "signals_by_landlock");
    json_truth(w, f->sandbox.signals_by_landlock);
    json_key(w, "own_user");
    json_truth(w, f->has_own_user);
    json_key(w, "uid");
    json_uint(w, f->sandbox.uid);
    json_end(w);
}

static void print_table(struct json_writer *w, const struct store_table_stats *t)
{
    json_object(w);
    json_key(w, "name");
    json_text(w, t->name);
    json_key(w, "rows");
    json_uint(w, t->rows);
    json_key(w, "rows_dead");
    json_uint(w, t->rows_dead);
    json_key(w, "bytes_disk");
    json_uint(w, t->bytes_disk);
    json_key(w, "bytes_memory");
    json_uint(w, t->bytes_memory);
    json_key(w, "segments");
    json_uint(w, t->segments);
    json_key(w, "changes");
    json_uint(w, t->changes);
    if (t->broken[0]) {
        json_key(w, "broken");
        json_text(w, t->broken);
    }
    json_end(w);
}

struct count {
    const char *key;
    uint64_t value;
};

static void print_counts(struct json_writer *w, const struct count *counts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        json_key(w, counts[i].key);
        json_uint(w, counts[i].value);
    }
}

#define PRINT_COUNTS(w, counts) print_counts(w, counts, sizeof(counts) / sizeof *(counts))

static void print_segments(struct json_writer *w, const struct units_stats *s)
{
    const struct count counts[] = {{"memory_bytes", s->bytes},
                                   {"memory_bytes_max", s->bytes_max},
                                   {"memory_bytes_charged", s->bytes_charged},
                                   {"units", s->count},
                                   {"loads", s->loads},
                                   {"bytes_loaded", s->bytes_loaded},
                                   {"gone", s->gone}};
    json_key(w, "segments");
    json_object(w);
    PRINT_COUNTS(w, counts);
    json_end(w);
}

static void print_memory(struct json_writer *w, const struct store_memory *m)
{
    const struct count counts[] = {{"keys", m->keys},
                                   {"look_ups", m->lookups},
                                   {"dictionaries", m->dictionaries},
                                   {"segments", m->segments},
                                   {"attributes", m->attributes},
                                   {"cubes", m->kept},
                                   {"memory_part", m->memory_part}};
    json_key(w, "memory_bytes");
    json_object(w);
    PRINT_COUNTS(w, counts);
    json_end(w);
}

static void print_store(struct json_writer *w, const struct store_stats *s)
{
    const struct count counts[] = {{"log_bytes", s->log_bytes},
                                   {"commits", s->commits},
                                   {"syncs", s->syncs},
                                   {"bytes_written", s->bytes_written}};
    json_key(w, "store");
    json_object(w);
    PRINT_COUNTS(w, counts);
    print_memory(w, &s->memory);
    print_segments(w, &s->segments);
    json_end(w);
    json_key(w, "tables");
    json_array(w);
    for (uint32_t i = 0; i < s->table_count; i++)
        print_table(w, &s->tables[i]);
    json_end(w);
}

static void print_cache(struct json_writer *w, const struct agg_cache_stats *s)
{
    static const char *const names[CACHE_KIND_COUNT] = {"answers", "partials", "ranges"};
    json_key(w, "cache");
    json_object(w);
    json_key(w, "bytes_max");
    json_uint(w, s->bytes_max);
    for (int i = 0; i < CACHE_KIND_COUNT; i++) {
        const struct count counts[] = {{"hits", s->of[i].hits},
                                       {"misses", s->of[i].misses},
                                       {"evictions", s->of[i].evictions},
                                       {"entries", s->of[i].entries},
                                       {"bytes", s->of[i].bytes}};
        json_key(w, names[i]);
        json_object(w);
        PRINT_COUNTS(w, counts);
        json_end(w);
    }
    json_end(w);
}

static void print_search(struct json_writer *w, const struct engine_load *l)
{
    const struct count counts[] = {{"count", l->searches},
                                   {"running", l->running},
                                   {"gone", l->gone},
                                   {"late", l->late},
                                   {"over", l->over},
                                   {"memory_bytes", l->memory_bytes},
                                   {"memory_bytes_most", l->memory_bytes_most},
                                   {"memory_bytes_max", l->memory_bytes_max}};
    json_key(w, "search");
    json_object(w);
    PRINT_COUNTS(w, counts);
    print_cache(w, &l->cache);
    json_end(w);
}

// Mirror's words were checked to be an object of JSON when they came.
static enum err print_sources(struct json_writer *w, struct slice state, struct fault *why)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(STATE_ARENA_BYTES);
    const struct json *tree = NULL;
    enum err e = state.len ? json_parse(state, scratch, &tree, why) : OK;
    if (e)
        return e;
    const struct json *sources = json_get(tree, "sources");
    json_key(w, "sources");
    if (sources) {
        json_value(w, sources);
    } else {
        json_array(w);
        json_end(w);
    }
    return OK;
}

static void print_protection(struct json_writer *w, const struct status_protection *p)
{
    json_key(w, "protection");
    json_object(w);
    json_key(w, "policy_version");
    json_int(w, p->version);
    json_key(w, "since_ms");
    json_int(w, p->since_ms);
    json_key(w, "by");
    json_text(w, p->by ? p->by : "");
    json_key(w, "proposals_waiting");
    json_uint(w, p->waiting);
    json_key(w, "policy_file_differs");
    json_truth(w, p->differs);
    json_key(w, "listens_beyond_this_machine");
    json_truth(w, p->beyond);
    json_key(w, "installed_ms");
    json_int(w, p->installed_ms);
    json_key(w, "smallest_group");
    json_uint(w, p->floor);
    json_end(w);
}

static void print_tls(struct json_writer *w, const struct status_tls *t)
{
    if (!t->facts)
        return;
    json_key(w, "tls");
    json_object(w);
    json_key(w, "until_ms");
    json_int(w, t->facts->until_ms);
    json_key(w, "from_ms");
    json_int(w, t->facts->from_ms);
    json_key(w, "since_ms");
    json_int(w, t->since_ms);
    json_key(w, "looked_ms");
    json_int(w, t->looked_ms);
    json_key(w, "sha256");
    json_text(w, t->facts->print);
    json_key(w, "client_authorities");
    json_uint(w, t->facts->clients);
    if (t->refused && t->refused[0]) {
        json_key(w, "refused");
        json_text(w, t->refused);
    }
    json_end(w);
}

static void print_penalties(struct json_writer *w, const struct penalty_stats *p)
{
    json_key(w, "penalties");
    json_object(w);
    for (int k = 0; k < PENALTY_KIND_COUNT; k++) {
        json_key(w, penalty_kind_name((enum penalty_kind)k));
        json_uint(w, p->of[k]);
    }
    const struct count counts[] = {
        {"refused", p->refused}, {"sources", p->sources}, {"acting", p->acting}};
    PRINT_COUNTS(w, counts);
    json_end(w);
}

static void print_audit(struct json_writer *w, const struct audit_stats *a)
{
    if (!a)
        return;
    json_key(w, "audit");
    json_object(w);
    const struct count counts[] = {{"entries", a->journal.entries}, {"on_disk", a->journal.synced}};
    PRINT_COUNTS(w, counts);
    if (a->has_head) {
        struct buf head AUTO(buf_donep) = buf_init(AUDIT_HEAD_TEXT_BYTES);
        audit_head_print(&a->head, &head);
        json_key(w, "head");
        json_string(w, slice_of(head.at, head.len - 1)); // without its line end
    }
    if (a->change.is_known) {
        json_key(w, "last_change");
        json_object(w);
        json_key(w, "action");
        json_text(w, a->change.action);
        json_key(w, "name");
        json_text(w, a->change.name);
        json_key(w, "by");
        json_text(w, a->change.by);
        json_key(w, "at_ms");
        json_int(w, a->change.time_ms);
        json_end(w);
    }
    json_end(w);
}

static void print_head(struct json_writer *w, const struct status_facts *f)
{
    json_key(w, "listen");
    json_text(w, f->listen);
    json_key(w, "node");
    json_text(w, f->node);
    json_key(w, "version");
    json_int(w, FORM_VERSION);
    json_key(w, "pid");
    json_uint(w, f->peers[PROCESS_LAUNCHER].pid);
    json_key(w, "started_ms");
    json_int(w, f->started_ms);
    json_key(w, "written_ms");
    json_int(w, f->now_ms);
    json_key(w, "ready");
    json_truth(w, f->is_ready);
}

enum err status_print(const struct status_facts *f, struct buf *out, struct fault *why)
{
    struct json_writer w = json_writer_to(out);
    json_object(&w);
    print_head(&w, f);
    print_processes(&w, f);
    print_sandbox(&w, f);
    print_protection(&w, &f->protection);
    print_tls(&w, &f->tls);
    print_penalties(&w, &f->penalties);
    print_audit(&w, f->audit);
    print_store(&w, f->store);
    print_search(&w, &f->search);
    enum err e = print_sources(&w, f->mirror_state, why);
    if (e)
        return fail_in(why, e, "state of mirror");
    json_end(&w);
    return buf_end(out, why);
}

struct status {
    pthread_mutex_t json_lock; // guards json
    struct buf json;
    bool is_ready;
};

struct status *status_new(void)
{
    struct status *s = calloc(1, sizeof *s);
    CHECK(s != NULL && pthread_mutex_init(&s->json_lock, NULL) == 0);
    s->json = buf_init(STATUS_BYTES_MAX);
    buf_text(&s->json, "{}");
    return s;
}

void status_free(struct status *s)
{
    if (!s)
        return;
    pthread_mutex_destroy(&s->json_lock);
    buf_done(&s->json);
    free(s);
}

void status_set(struct status *s, struct slice json, bool is_ready)
{
    pthread_mutex_lock(&s->json_lock);
    buf_reset(&s->json);
    buf_slice_add(&s->json, json);
    s->is_ready = is_ready;
    pthread_mutex_unlock(&s->json_lock);
}

enum err status_json(void *status, struct buf *out)
{
    struct status *s = status;
    pthread_mutex_lock(&s->json_lock);
    buf_slice_add(out, buf_slice(&s->json));
    pthread_mutex_unlock(&s->json_lock);
    return buf_end(out, NULL);
}

bool status_is_ready(void *status)
{
    struct status *s = status;
    pthread_mutex_lock(&s->json_lock);
    bool is_ready = s->is_ready;
    pthread_mutex_unlock(&s->json_lock);
    return is_ready;
}

enum err status_write(const struct world *dir, struct slice json, struct fault *why)
{
    static const char temporary[] = FILE_STATUS ".tmp";
    int fd = -1;
    enum err e = dir->ops->open_write(dir, temporary, false, &fd, why);
    if (e)
        return e;
    e = dir->ops->truncate(fd, 0, why);
    if (!e)
        e = dir->ops->write(fd, json, why);
    dir->ops->close(fd);
    return e ? e : dir->ops->rename(dir, temporary, FILE_STATUS, why);
}
