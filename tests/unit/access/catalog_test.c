// SPDX-License-Identifier: Apache-2.0
#include "access/catalog_private.h"
#include "gate.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

TEST(catalog_survives_closing)
{
    struct gate f = gate_open();
    struct catalog_user user = {.name = "ana", .password_hash = "hash", .roles = 3};
    EXPECT_EQ(catalog_user_add(f.access->catalog, &user, 1, NULL), OK);
    struct catalog *again;
    EXPECT_EQ(catalog_open(f.directory, false, &again, NULL), OK);
    struct catalog_user back;
    EXPECT_EQ(catalog_user_get(again, slice_text("ana"), &back, NULL), OK);
    EXPECT_EQ(back.roles, 3);
    EXPECT(strcmp(back.password_hash, "hash") == 0);
    catalog_close(again);
    gate_close(&f);
}

TEST(catalog_version_changes_with_another_connections_write)
{
    struct gate f = gate_open();
    struct catalog *other;
    EXPECT_EQ(catalog_open(f.directory, false, &other, NULL), OK);
    int64_t before = 0;
    int64_t after = 0;
    EXPECT_EQ(catalog_version(f.access->catalog, &before, NULL), OK);
    EXPECT_EQ(catalog_version(f.access->catalog, &after, NULL), OK);
    EXPECT_EQ(before, after);
    struct catalog_user user = {.name = "ana", .password_hash = "hash", .roles = 1};
    EXPECT_EQ(catalog_user_add(other, &user, 1, NULL), OK);
    EXPECT_EQ(catalog_version(f.access->catalog, &after, NULL), OK);
    EXPECT(before != after);
    catalog_close(other);
    gate_close(&f);
}

TEST(catalog_of_a_later_layout_is_refused)
{
    struct gate f = gate_open();
    EXPECT_EQ(catalog_do(f.access->catalog, "PRAGMA user_version = 9", NULL), OK);
    struct catalog *c;
    struct fault why = {0};
    EXPECT_EQ(catalog_open(f.directory, false, &c, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "layout 9"));
    gate_close(&f);
}

TEST(catalog_that_is_no_database_is_refused)
{
    char directory[] = "/tmp/tamis-catalog-XXXXXX";
    EXPECT(mkdtemp(directory));
    char path[128];
    snprintf(path, sizeof path, "%s/catalog.db", directory);
    FILE *file = fopen(path, "w");
    EXPECT(file);
    fputs("this is no database, and long enough to be told from one that is empty: "
          "a hundred bytes and more are what its header has",
          file);
    fclose(file);
    struct catalog *c;
    EXPECT_EQ(catalog_open(directory, true, &c, NULL), ERR_IO);
    remove(path);
    remove(directory);
}

TEST(catalog_is_for_its_owner_only)
{
    struct gate f = gate_open();
    char path[128];
    snprintf(path, sizeof path, "%s/catalog.db", f.directory);
    struct stat st;
    EXPECT_EQ(stat(path, &st), 0);
    EXPECT_EQ(st.st_mode & 0777, 0600);
    gate_close(&f);
}
