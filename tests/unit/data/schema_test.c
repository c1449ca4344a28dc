// SPDX-License-Identifier: Apache-2.0
#include "data/schema.h"
#include "data_cases.h"

TEST(field_types_have_their_mapping_names)
{
    EXPECT(strcmp(field_type_name(FIELD_PSEUDONYM), "keyword") == 0);
    for (int i = 0; i < FIELD_SEALED; i++) {
        enum field_type back;
        EXPECT_EQ(field_type_parse(slice_text(field_type_name((enum field_type)i)), &back), OK);
        EXPECT_EQ(back, i == FIELD_PSEUDONYM ? FIELD_KEYWORD : i);
    }
    enum field_type none;
    EXPECT_EQ(field_type_parse(slice_text("sealed"), &none), ERR_INVALID); // no `as` makes one
    EXPECT_EQ(field_type_parse(slice_text("text"), &none), ERR_INVALID);
    EXPECT_EQ(field_type_parse(slice_of(NULL, 0), &none), ERR_INVALID);
}

TEST(field_types_have_their_storage)
{
    EXPECT_EQ(field_storage(FIELD_KEYWORD), STORAGE_CODE);
    EXPECT_EQ(field_storage(FIELD_PSEUDONYM), STORAGE_CODE);
    EXPECT_EQ(field_storage(FIELD_BOOLEAN), STORAGE_I64);
    EXPECT_EQ(field_storage(FIELD_DATE), STORAGE_I64);
    EXPECT_EQ(field_storage(FIELD_DOUBLE), STORAGE_F64);
    EXPECT_EQ(field_storage(FIELD_SEALED), STORAGE_CODE);
}

TEST(schema_finds_tables_fields_and_subjects)
{
    EXPECT(schema_table(&case_schema, slice_text("devices")) == &case_tables[DEVICES]);
    EXPECT(schema_table(&case_schema, slice_text("device")) == NULL);
    EXPECT_EQ(table_field(&case_tables[EVENTS], slice_text("at")), AT);
    EXPECT_EQ(table_field(&case_tables[EVENTS], slice_text("model")), -1);
    EXPECT_EQ(schema_subject(&case_schema, "device"), 0);
    EXPECT_EQ(schema_subject(&case_schema, "person"), -1);
    EXPECT_EQ(schema_subject(&case_schema, NULL), -1);
}

TEST(schema_path_follows_a_look_up)
{
    const struct table *events = &case_tables[EVENTS];
    struct field_path p;
    EXPECT_EQ(schema_path(&case_schema, events, slice_text("ms"), &p), OK);
    EXPECT(p.field == MS && p.lookup == -1 && p.type == FIELD_LONG);
    EXPECT_EQ(schema_path(&case_schema, events, slice_text("device.model"), &p), OK);
    EXPECT(p.field == DEVICE && p.lookup == 1 && p.type == FIELD_KEYWORD);
}

TEST(schema_path_prefers_the_tables_own_field)
{
    struct field_path p;
    EXPECT_EQ(schema_path(&case_schema, &case_tables[EVENTS], slice_text("device.ok"), &p), OK);
    EXPECT(p.field == IS_OK && p.lookup == -1);
}

TEST(schema_path_knows_no_other_names)
{
    static const char *const names[] = {
        "",      "device",     "device.",       "device.none", "devicemodel",
        "model", "kind.model", "device.model.x"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct field_path p;
        EXPECT_EQ(schema_path(&case_schema, &case_tables[EVENTS], slice_text(names[i]), &p),
                  ERR_NOT_FOUND);
    }
}
