// SPDX-License-Identifier: Apache-2.0
// Whether a role allows more after a change.  Both are as grants_check() lets them through; a doubt
// is a yes, which costs a second person's look.
#include "access/access_private.h"
#include "access/glob.h"
#include "json/json_writer.h"

enum { PARSE_BYTES = 1 << 20, TEXT_BYTES = 64 * 1024 };

static bool has(const struct json *list, struct slice word)
{
    for (uint32_t i = 0; list && i < list->count; i++)
        if (slice_equal(list->items[i].text, word))
            return true;
    return false;
}

static bool has_word(const struct json *list, const char *word)
{
    return has(list, slice_text(word));
}

static bool is_set(const struct json *v)
{
    return v && v->type != JSON_NULL;
}

static const struct json *indices_of(const struct json *role)
{
    const struct json *list = json_get(role, "indices");
    return list ? list : json_get(role, "index");
}

// A name, or a pattern word by word; "log-a*" within "log-*" counts as more.
static bool name_within(const struct json *before, struct slice name)
{
    if (has(before, name) || has_word(before, "*"))
        return true;
    for (uint32_t i = 0; !glob_is_pattern(name) && i < before->count; i++)
        if (glob_matches(before->items[i].text, name))
            return true;
    return false;
}

static bool names_within(const struct json *before, const struct json *after)
{
    for (uint32_t i = 0; i < after->count; i++)
        if (!name_within(before, after->items[i].text))
            return false;
    return true;
}

static bool privileges_within(const struct json *before, const struct json *after)
{
    for (uint32_t i = 0; i < after->count; i++) {
        struct slice word = after->items[i].text;
        bool by_read = slice_is(word, "aggregate") && has_word(before, "read");
        if (!has(before, word) && !has_word(before, "all") && !by_read)
            return false;
    }
    return true;
}

// Fewer granted, more excepted.
static bool fields_within(const struct json *before, const struct json *after)
{
    if (!is_set(before))
        return true;
    if (!is_set(after))
        return false;
    const struct json *granted = json_get(before, "grant");
    const struct json *grants = json_get(after, "grant");
    const struct json *excepted = json_get(before, "except");
    const struct json *excepts = json_get(after, "except");
    bool all_granted = !is_set(granted) || has_word(granted, "*");
    if (!all_granted && !is_set(grants))
        return false;
    for (uint32_t i = 0; !all_granted && i < grants->count; i++)
        if (!has(granted, grants->items[i].text))
            return false;
    for (uint32_t i = 0; is_set(excepted) && i < excepted->count; i++)
        if (!has(excepts, excepted->items[i].text))
            return false;
    return true;
}

static bool same_json(const struct json *a, const struct json *b)
{
    struct buf first AUTO(buf_donep) = buf_init(TEXT_BYTES);
    struct buf second AUTO(buf_donep) = buf_init(TEXT_BYTES);
    struct json_writer one = json_writer_to(&first);
    struct json_writer other = json_writer_to(&second);
    json_value(&one, a);
    json_value(&other, b);
    return !first.over_limit && !second.over_limit &&
           slice_equal(buf_slice(&first), buf_slice(&second));
}

static bool rows_within(const struct json *before, const struct json *after)
{
    return !is_set(before) || (is_set(after) && same_json(before, after));
}

static bool entry_within(const struct json *before, const struct json *after)
{
    return names_within(json_get(before, "names"), json_get(after, "names")) &&
           privileges_within(json_get(before, "privileges"), json_get(after, "privileges")) &&
           fields_within(json_get(before, "field_security"), json_get(after, "field_security")) &&
           rows_within(json_get(before, "query"), json_get(after, "query"));
}

// Roles that show rows stand above those that show groups: with the former taken away the latter
// come to the fore, and may be about more rows.
static bool shows_groups_only(const struct json *entry)
{
    const struct json *privileges = json_get(entry, "privileges");
    return has_word(privileges, "aggregate") && !has_word(privileges, "read") &&
           !has_word(privileges, "all");
}

static bool indices_within(const struct json *before, const struct json *after)
{
    for (uint32_t i = 0; after && i < after->count; i++) {
        bool is_within = false;
        for (uint32_t k = 0; before && k < before->count && !is_within; k++)
            is_within = entry_within(&before->items[k], &after->items[i]);
        if (!is_within || (shows_groups_only(&after->items[i]) && before->count > 1))
            return false;
    }
    return true;
}

bool role_widens(struct slice before, struct slice after)
{
    struct arena *arena AUTO(arena_freep) = arena_new(PARSE_BYTES);
    const struct json *old = NULL;
    const struct json *now = NULL;
    if (json_parse(before, arena, &old, NULL) != OK || json_parse(after, arena, &now, NULL) != OK)
        return true;
    if (same_json(old, now))
        return false;
    const struct json *cluster = json_get(now, "cluster");
    const struct json *of_old = json_get(old, "cluster");
    for (uint32_t i = 0; cluster && i < cluster->count; i++)
        if (!has(of_old, cluster->items[i].text) && !has_word(of_old, "all"))
            return true;
    return !indices_within(indices_of(old), indices_of(now));
}
