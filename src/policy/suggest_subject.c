// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "policy/suggest_private.h"

#include <string.h>

// The last `count` bytes of a word give way to `end`: "cities" to "city", "boxes" to "box".
static const struct {
    const char *plural, *singular;
} endings[] = {{"ies", "y"},   {"sses", "ss"}, {"xes", "x"}, {"ches", "ch"},
               {"shes", "sh"}, {"ss", "ss"},   {"s", ""}};

static bool ends(const char *word, const char *end)
{
    size_t len = strlen(word);
    size_t with = strlen(end);
    return len > with && strcmp(word + len - with, end) == 0;
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// A kind of subject is lower-case letters, digits, _ and -.
static void add_word(struct buf *out, const char *word, size_t len)
{
    for (size_t i = 0; i < len && out->len < 63; i++)
        buf_u8(out, is_word_byte(word[i]) ? (uint8_t)word[i] : (uint8_t)'_');
}

void suggest_subject(const struct survey_table *t, struct buf *out)
{
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (!ends(t->name, endings[i].plural))
            continue;
        add_word(out, t->name, strlen(t->name) - strlen(endings[i].plural));
        add_word(out, endings[i].singular, strlen(endings[i].singular));
        return;
    }
    add_word(out, t->name, strlen(t->name));
}

static const struct survey_table *find(const struct survey *s, const char *name)
{
    for (uint32_t i = 0; i < s->table_count; i++) {
        if (strcmp(s->tables[i].name, name) == 0)
            return &s->tables[i];
    }
    return NULL;
}

// "customer_id" is of the table that is called so without "_id", alone or as a plural.
static const struct survey_table *by_name(const struct survey *s, const struct survey_column *c)
{
    if (!ends(c->name, "_id"))
        return NULL;
    size_t len = strlen(c->name) - 3;
    for (uint32_t i = 0; i < s->table_count; i++) {
        struct buf subject AUTO(buf_donep) = buf_init(SUBJECT_BYTES_MAX);
        suggest_subject(&s->tables[i], &subject);
        if (slice_equal(buf_slice(&subject), slice_of(c->name, len)))
            return &s->tables[i];
    }
    return NULL;
}

const struct survey_table *suggest_referred(const struct survey *s, const struct survey_table *from,
                                            const struct survey_column *column)
{
    const struct survey_table *to =
        column->refers_to ? find(s, column->refers_to) : by_name(s, column);
    return to == from && column->is_key ? NULL : to;
}

bool suggest_is_subject(const struct survey *s, const struct survey_table *t)
{
    for (uint32_t i = 0; i < s->table_count; i++) {
        for (uint32_t c = 0; c < s->tables[i].column_count; c++) {
            if (suggest_referred(s, &s->tables[i], &s->tables[i].columns[c]) == t)
                return true;
        }
    }
    return false;
}

const char *suggest_obstacle(const struct survey *s, const struct survey_table *t)
{
    if (t->key_count == 0)
        return "it has no primary key";
    for (uint32_t c = 0; c < t->column_count; c++) {
        if (t->columns[c].is_key && !t->columns[c].is_readable)
            return "the role that looked may not read its key";
        if (t->columns[c].is_key && t->columns[c].kind == SURVEY_NOT_TAKEN)
            return "its key is of a type that is not taken";
        if (t->columns[c].is_key &&
            (t->columns[c].name[0] == '_' || strpbrk(t->columns[c].name, ".*,\"\n\r\t")))
            return "its key's name is none of a field";
    }
    if (find(s, t->name) != t)
        return "a table of another schema has its name";
    for (const char *at = t->name; *at; at++) {
        if (!is_word_byte(*at))
            return "its name is none of an index";
    }
    return strchr("_-", t->name[0]) ? "its name is none of an index" : NULL;
}

bool suggest_is_offered(const struct survey *s, const struct survey_table *t)
{
    return t->key_count == 1 && !suggest_obstacle(s, t);
}
