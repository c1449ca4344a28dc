// SPDX-License-Identifier: Apache-2.0
#include "source/pg_relation.h"
#include "test.h"

static const char *const columns[] = {"id", "name"};
static const uint32_t keys[] = {0};
static const struct source_table table = {"public", "t", 2, columns, 1, keys};
static uint32_t type_oids[] = {23, 25};

static enum pg_kind kinds[] = {PG_KIND_INT4, PG_KIND_TEXT};
static const struct pg_shape shape = {
    .table = &table, .oid = 7, .type_oids = type_oids, .kinds = kinds};

static struct pg_relation relation(uint32_t oid, const char *name,
                                   const struct pg_relation_column *list, uint32_t count)
{
    return (struct pg_relation){.oid = oid,
                                .schema_name = slice_text("public"),
                                .name = slice_text(name),
                                .column_count = count,
                                .columns = list};
}

static struct pg_relation_column column(const char *name, uint32_t type)
{
    return (struct pg_relation_column){.name = slice_text(name), .type = type};
}

TEST(pg_relation_columns_are_found_by_name)
{
    struct pg_relations *r = pg_relations_new(&shape, 1);
    const struct pg_relation_column list[] = {column("secret", 25), column("name", 25),
                                              column("id", 23)};
    struct pg_relation said = relation(16385, "t", list, 3);
    EXPECT_EQ(pg_relations_learn(r, &said, NULL), OK);
    const struct pg_relation_map *map;
    EXPECT_EQ(pg_relations_get(r, 16385, &map, NULL), OK);
    EXPECT_EQ(map->table, 0);
    EXPECT_EQ(map->places[0], 2);
    EXPECT_EQ(map->places[1], 1);
    pg_relations_free(r);
}

TEST(pg_relation_said_again_replaces_what_was_known)
{
    struct pg_relations *r = pg_relations_new(&shape, 1);
    const struct pg_relation_column before[] = {column("id", 23), column("name", 25)};
    const struct pg_relation_column after[] = {column("name", 25), column("id", 23)};
    struct pg_relation said = relation(5, "t", before, 2);
    EXPECT_EQ(pg_relations_learn(r, &said, NULL), OK);
    said = relation(5, "t", after, 2);
    EXPECT_EQ(pg_relations_learn(r, &said, NULL), OK);
    const struct pg_relation_map *map;
    EXPECT_EQ(pg_relations_get(r, 5, &map, NULL), OK);
    EXPECT_EQ(map->places[0], 1);
    pg_relations_free(r);
}

TEST(pg_relation_changed_columns_end_the_stream)
{
    struct pg_relations *r = pg_relations_new(&shape, 1);
    struct fault why = {0};
    const struct pg_relation_column renamed[] = {column("id", 23), column("name2", 25)};
    struct pg_relation said = relation(5, "t", renamed, 2);
    EXPECT_EQ(pg_relations_learn(r, &said, &why), ERR_CONFLICT);
    EXPECT(strcmp(why.words, "table t: column name is no longer sent") == 0);
    const struct pg_relation_column retyped[] = {column("id", 20), column("name", 25)};
    said = relation(5, "t", retyped, 2);
    EXPECT_EQ(pg_relations_learn(r, &said, &why), ERR_CONFLICT);
    EXPECT(strstr(why.words, "column id is of another type") != NULL);
    pg_relations_free(r);
}

TEST(pg_relation_of_others_is_passed_over)
{
    struct pg_relations *r = pg_relations_new(&shape, 1);
    const struct pg_relation_column list[] = {column("x", 23)};
    for (uint32_t oid = 1; oid <= 1000; oid++) { // partitions, say; the table grows
        struct pg_relation said = relation(oid, "other", list, 1);
        EXPECT_EQ(pg_relations_learn(r, &said, NULL), OK);
    }
    const struct pg_relation_map *map;
    for (uint32_t oid = 1; oid <= 1000; oid++) {
        EXPECT_EQ(pg_relations_get(r, oid, &map, NULL), OK);
        EXPECT_EQ(map->table, -1);
        EXPECT_EQ(map->oid, oid);
    }
    EXPECT_EQ(pg_relations_get(r, 1001, &map, NULL), ERR_CORRUPT);
    EXPECT_EQ(pg_relations_get(r, 0, &map, NULL), ERR_CORRUPT);
    pg_relations_free(r);
    pg_relations_free(NULL);
}

TEST(pg_relation_count_has_a_limit)
{
    struct pg_relations *r = pg_relations_new(&shape, 1);
    enum err e = OK;
    uint32_t oid = 0;
    while (!e) {
        struct pg_relation said = relation(++oid, "other", NULL, 0);
        e = pg_relations_learn(r, &said, NULL);
    }
    EXPECT_EQ(e, ERR_LIMIT);
    EXPECT_EQ(oid, PG_RELATIONS_MAX + 1);
    pg_relations_free(r);
}
