// SPDX-License-Identifier: Apache-2.0
#include "policy/suggest_private.h"
#include "test.h"

TEST(suggest_tells_why_a_table_cannot_be_taken)
{
    struct survey_column key = {
        .name = "id", .is_key = true, .is_readable = true, .kind = SURVEY_LONG};
    struct survey_column hidden = {.name = "id", .is_key = true, .kind = SURVEY_LONG};
    struct survey_column odd = {
        .name = "a.b", .is_key = true, .is_readable = true, .kind = SURVEY_LONG};
    struct survey_column json = {.name = "id", .is_key = true, .is_readable = true};
    struct survey_table tables[] = {
        {"public", "good", 1, 1, &key},   {"other", "good", 1, 1, &key},
        {"public", "none", 0, 1, &key},   {"public", "Upper", 1, 1, &key},
        {"public", "hid", 1, 1, &hidden}, {"public", "odd", 1, 1, &odd},
        {"public", "json", 1, 1, &json}};
    const struct survey s = {.table_count = 7, .tables = tables};
    static const char *const words[] = {"another schema", "no primary key",  "none of an index",
                                        "may not read",   "none of a field", "not taken"};
    EXPECT(suggest_obstacle(&s, &tables[0]) == NULL);
    EXPECT(suggest_is_offered(&s, &tables[0]));
    for (int i = 0; i < 6; i++) {
        EXPECT(strstr(suggest_obstacle(&s, &tables[i + 1]), words[i]) != NULL);
        EXPECT(!suggest_is_offered(&s, &tables[i + 1]));
    }
}

TEST(suggest_finds_a_reference_by_foreign_key_or_by_name)
{
    struct survey_column columns[] = {{.name = "customer_id"},
                                      {.name = "buyer", .refers_to = "customers"},
                                      {.name = "order_id"},
                                      {.name = "customer"}};
    struct survey_table tables[] = {{"public", "sales", 0, 4, columns},
                                    {"public", "customers", 0, 0, NULL}};
    const struct survey s = {.table_count = 2, .tables = tables};
    EXPECT(suggest_referred(&s, &tables[0], &columns[0]) == &tables[1]);
    EXPECT(suggest_referred(&s, &tables[0], &columns[1]) == &tables[1]);
    EXPECT(suggest_referred(&s, &tables[0], &columns[2]) == NULL);
    EXPECT(suggest_referred(&s, &tables[0], &columns[3]) == NULL);
    EXPECT(suggest_is_subject(&s, &tables[1]));
    EXPECT(!suggest_is_subject(&s, &tables[0]));
}
