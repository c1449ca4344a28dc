// SPDX-License-Identifier: Apache-2.0
#include "watch/exposure.h"

#include "base/num.h"
#include "json/json.h"
#include "policy/personal.h"
#include "policy/survey_watch.h"

#include <stdio.h>

enum { SCRATCH_BYTES = 512 << 20, PATH_BYTES = 2 * PROBE_NAME_BYTES, DEPTH_MAX = 8 };

struct looking {
    const struct probe_ask *ask;
    struct arena *memory;
    struct arena *scratch; // of one index
    struct survey_watch *judge;
    struct exposure *out;
    const char *index;
    struct exposed_field **end;
    uint32_t column_count;
    struct survey_column columns[EXPOSED_FIELDS_MAX];
};

static const struct json *ask_json(struct looking *l, const char *method, const char *path,
                                   struct slice body)
{
    struct stranger_question q = {
        .store = STORE_ELASTICSEARCH,
        .method = method,
        .path = path,
        .header = body.len ? "Content-Type: application/json" : NULL,
        .body = body,
    };
    struct stranger_reply reply = {0};
    const struct json *tree = NULL;
    if (l->ask->send(l->ask->context, &q, l->scratch, &reply, NULL) || reply.status != 200 ||
        json_parse(reply.body, l->scratch, &tree, NULL))
        return NULL;
    return tree;
}

bool exposure_is_ransom(struct slice index)
{
    static const char *const words[] = {"meow",    "read_me", "read-me",      "readme",
                                        "ransom",  "hello",   "how_to_",      "recover",
                                        "warning", "attack",  "your_data_is", "bitcoin"};
    char name[PROBE_NAME_BYTES];
    snprintf(name, sizeof name, "%.*s", SLICE_PRINT(index));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasestr(name, words[i]))
            return true;
    }
    return false;
}

// ---- fields of the sampled rows ----

static struct survey_column *column_of(struct looking *l, const char *path)
{
    for (uint32_t i = 0; i < l->column_count; i++) {
        if (strcmp(l->columns[i].name, path) == 0)
            return &l->columns[i];
    }
    if (l->column_count == EXPOSED_FIELDS_MAX)
        return NULL;
    struct survey_column *c = &l->columns[l->column_count++];
    *c = (struct survey_column){.name = arena_string(l->scratch, slice_text(path)),
                                .kind = SURVEY_TEXT};
    return c;
}

struct place {
    char path[PATH_BYTES];
    uint32_t depth;
};

static void take_value(struct looking *l, const struct place *at, const struct json *v);

static void take_members(struct looking *l, const struct place *at, const struct json *v)
{
    for (uint32_t i = 0; i < v->count; i++) {
        struct place inner = *at;
        inner.depth++;
        if (v->type == JSON_OBJECT)
            snprintf(inner.path, sizeof inner.path, "%s%s%.*s", at->path, *at->path ? "." : "",
                     SLICE_PRINT(v->keys[i]));
        take_value(l, &inner, &v->items[i]);
    }
}

// Values are judged column by column, so a pass over all rows only notes which columns there are.
static void take_value(struct looking *l, const struct place *at, const struct json *v)
{
    if (v->type == JSON_OBJECT || v->type == JSON_ARRAY) {
        if (at->depth < DEPTH_MAX)
            take_members(l, at, v);
    } else if (v->type != JSON_NULL) {
        column_of(l, at->path);
    }
}

// The values at a column's path, an array's one by one.
static void judge_value(struct looking *l, struct survey_column *c, const struct json *v,
                        struct slice path)
{
    if (v->type == JSON_ARRAY) {
        for (uint32_t i = 0; i < v->count; i++)
            judge_value(l, c, &v->items[i], path);
    } else if (v->type == JSON_OBJECT) {
        for (uint32_t i = 0; i < v->count; i++) {
            struct slice key = v->keys[i];
            bool is_whole = slice_equal(path, key);
            if (is_whole ||
                (slice_starts(path, key) && path.len > key.len && path.at[key.len] == '.'))
                judge_value(l, c, &v->items[i], slice_from(path, key.len + !is_whole));
        }
    } else if (path.len == 0) {
        bool has_text = v->type == JSON_STRING || v->type == JSON_NUMBER;
        survey_value(l->judge, c, has_text ? &v->text : NULL);
    }
}

static void judge_column(struct looking *l, struct survey_column *c, const struct json *hits)
{
    for (uint32_t i = 0; i < hits->count; i++) {
        const struct json *source = json_get(&hits->items[i], "_source");
        if (source)
            judge_value(l, c, source, slice_text(c->name));
    }
    survey_end(l->judge);
}

static uint64_t rows_with(struct looking *l, const char *field)
{
    char path[2 * PROBE_NAME_BYTES];
    struct buf body AUTO(buf_donep) = buf_init(4096);
    struct json_writer w = json_writer_to(&body);
    int64_t count = 0;
    snprintf(path, sizeof path, "/%s/_count", l->index);
    json_object(&w);
    json_key(&w, "query");
    json_object(&w);
    json_key(&w, "exists");
    json_object(&w);
    json_key(&w, "field");
    json_text(&w, field);
    json_end(&w);
    json_end(&w);
    json_end(&w);
    const struct json *reply = ask_json(l, "POST", path, buf_slice(&body));
    const struct json *found = json_get(reply, "count");
    return found && json_i64(found, &count, NULL) == OK && count > 0 ? (uint64_t)count : 0;
}

static void note_field(struct looking *l, const struct survey_column *c, const char *kind,
                       bool by_form)
{
    struct exposed_field *f = ARENA_NEW(l->memory, struct exposed_field);
    *f = (struct exposed_field){.kind = kind, .by_form = by_form, .rows = rows_with(l, c->name)};
    snprintf(f->index, sizeof f->index, "%s", l->index);
    snprintf(f->field, sizeof f->field, "%.*s", PROBE_NAME_BYTES - 1, c->name);
    *l->end = f;
    l->end = &f->next;
}

static void look_into(struct looking *l)
{
    char path[2 * PROBE_NAME_BYTES];
    snprintf(path, sizeof path, "/%s/_search?size=%d", l->index, EXPOSED_SAMPLE_ROWS);
    const struct json *hits =
        json_get(json_get(ask_json(l, "GET", path, (struct slice){0}), "hits"), "hits");
    if (!hits || hits->type != JSON_ARRAY)
        return;
    l->out->looked_into++;
    l->column_count = 0;
    for (uint32_t i = 0; i < hits->count; i++) {
        const struct json *source = json_get(&hits->items[i], "_source");
        if (source)
            take_value(l, &(struct place){.path = ""}, source);
    }
    for (uint32_t i = 0; i < l->column_count; i++) {
        struct survey_column *c = &l->columns[i];
        uint32_t count = 0;
        judge_column(l, c, hits);
        const struct detector *found = personal_by_form(&c->seen, &count);
        const char *name = personal_by_name(c->name);
        if (found || name)
            note_field(l, c, found ? found->name : name, found != NULL);
    }
}

// ---- indices ----

static uint64_t number_of(const struct json *row, const char *key)
{
    int64_t n = 0;
    const struct json *v = json_get(row, key);
    return v && json_i64(v, &n, NULL) == OK && n > 0 ? (uint64_t)n : 0;
}

// Names that would be something else in a path are not asked for.
static bool is_plain_name(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.at[i];
        if (c <= ' ' || c >= 0x7f || strchr("/?#%\\\"<>*,", c))
            return false;
    }
    return name.len > 0 && name.len < PROBE_NAME_BYTES;
}

static void count_index(struct exposure *out, const struct json *row)
{
    const struct json *name = json_get(row, "index");
    out->index_count++;
    out->rows += number_of(row, "docs.count");
    out->bytes += number_of(row, "store.size");
    out->has_ransom_note |= name && name->type == JSON_STRING && exposure_is_ransom(name->text);
}

// Copies, since the list goes with the scratch memory of the first index.
static const char **names_of(struct looking *l, const struct json *list, uint32_t *out_count)
{
    const char **names = ARENA_ARRAY(l->memory, const char *, (size_t)list->count + 1);
    *out_count = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct json *name = json_get(&list->items[i], "index");
        count_index(l->out, &list->items[i]);
        if (name && name->type == JSON_STRING && is_plain_name(name->text))
            names[(*out_count)++] = arena_string(l->memory, name->text);
    }
    return names;
}

void exposure_look(const struct probe_ask *ask, struct arena *memory, struct exposure *out)
{
    struct looking *l = ARENA_NEW(memory, struct looking);
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    *l = (struct looking){.ask = ask, .memory = memory, .scratch = scratch, .out = out};
    l->end = &out->fields;
    const struct json *list =
        ask_json(l, "GET", "/_cat/indices?format=json&bytes=b", (struct slice){0});
    if (!list || list->type != JSON_ARRAY || survey_watch_new(&l->judge, NULL))
        return;
    uint32_t count = 0;
    const char **names = names_of(l, list, &count);
    for (uint32_t i = 0; i < count && i < EXPOSED_LOOKED_MAX; i++) {
        arena_reset(scratch);
        l->index = names[i];
        look_into(l);
    }
    out->left_unlooked = count > EXPOSED_LOOKED_MAX ? count - EXPOSED_LOOKED_MAX : 0;
    survey_watch_free(l->judge);
}
