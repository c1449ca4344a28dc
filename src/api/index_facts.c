// SPDX-License-Identifier: Apache-2.0
#include "api/index_facts.h"

#include "api/field_list.h"
#include "api/version.h"
#include "base/hash.h"
#include "keys/crypto.h"

#include <stdio.h>

void index_uuid(const char *name, char out[INDEX_UUID_BYTES])
{
    uint64_t halves[2];
    halves[0] = hash_bytes(name, strlen(name));
    halves[1] = hash_u64(halves[0]);
    struct buf text = buf_init(INDEX_UUID_BYTES);
    base64url_print(slice_of(halves, sizeof halves), &text);
    memcpy(out, text.at, INDEX_UUID_BYTES - 1);
    out[INDEX_UUID_BYTES - 1] = '\0';
    buf_done(&text);
}

static void under_prefix(struct json_writer *w, const struct field_list *list, const char *key,
                         struct slice prefix)
{
    json_key(w, key);
    json_object(w);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct listed_field *f = &list->at[i];
        if (!slice_equal(f->prefix, prefix))
            continue;
        json_key_slice(w, slice_from(f->name, prefix.len + 1));
        json_object(w);
        json_key(w, "type");
        json_text(w, field_type_name(f->type));
        json_end(w);
    }
    json_end(w);
}

// A look-up called as its own column is shown as multi-fields, others as objects.
static void own_property(struct json_writer *w, const struct field_list *list,
                         const struct listed_field *f)
{
    json_key_slice(w, f->name);
    json_object(w);
    json_key(w, "type");
    json_text(w, field_type_name(f->type));
    if (field_list_has_prefix(list, f->name))
        under_prefix(w, list, "fields", f->name);
    json_end(w);
}

// Fields of one look-up stand together in the list.
static void properties(struct json_writer *w, const struct field_list *list)
{
    struct slice last = slice_of(NULL, 0);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct listed_field *f = &list->at[i];
        if (f->prefix.len == 0)
            own_property(w, list, f);
        else if (!slice_equal(f->prefix, last) && !field_list_has_own(list, f->prefix)) {
            json_key_slice(w, f->prefix);
            json_object(w);
            under_prefix(w, list, "properties", f->prefix);
            json_end(w);
        }
        last = f->prefix;
    }
}

void index_mappings(struct exchange *x, const struct table *t)
{
    const struct field_list list = field_list_make(x->api->engine->schema, t, x->permit, x->arena);
    json_object(&x->json);
    json_key(&x->json, "dynamic");
    json_text(&x->json, "strict");
    json_key(&x->json, "properties");
    json_object(&x->json);
    properties(&x->json, &list);
    json_end(&x->json);
    json_end(&x->json);
}

// Names as they are when they stand flat; else each part of one is an object.
void index_settings(struct exchange *x, const struct table *t)
{
    struct json_writer *w = &x->json;
    char uuid[INDEX_UUID_BYTES];
    char created[32];
    bool flat = false;
    (void)parameter_truth(&x->parameters, "flat_settings", &flat, NULL); // api_index.c says of what
    index_uuid(t->name, uuid);
    snprintf(created, sizeof created, "%lld", (long long)x->api->started_ms);

    const struct {
        const char *name, *value;
    } settings[] = {{"number_of_shards", "1"},
                    {"number_of_replicas", "0"},
                    {"provided_name", t->name},
                    {"creation_date", created},
                    {"uuid", uuid}};

    json_object(w);
    if (!flat) {
        json_key(w, "index");
        json_object(w);
    }
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        json_key_slice(w, arena_print(x->arena, "%s%s", flat ? "index." : "", settings[i].name));
        json_text(w, settings[i].value);
    }
    if (!flat) {
        json_key(w, "version");
        json_object(w);
    }
    json_key(w, flat ? "index.version.created" : "created");
    json_text(w, "8150099");
    if (!flat) {
        json_end(w);
        json_end(w);
    }
    json_end(w);
}

const struct store_stats *index_stats(struct exchange *x)
{
    if (x->stats)
        return x->stats;
    struct store_stats *stats = ARENA_NEW(x->arena, struct store_stats);
    struct engine *engine = x->api->engine;
    engine->ops->stats(engine, x->permit, stats);
    x->stats = stats;
    return stats;
}

const char *index_health(struct exchange *x, const struct index_list *list)
{
    const struct store_stats *s = index_stats(x);
    for (uint32_t i = 0; i < list->count; i++) {
        if (s->tables[list->tables[i]].broken[0])
            return "red";
    }
    bool ready = !x->api->is_ready || x->api->is_ready(x->api->state_context);
    return ready ? "green" : "yellow";
}
