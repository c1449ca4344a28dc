// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/fleet.h"

TEST(policy_gives_sources_and_tables)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    const struct policy *p = fleet_policy(a);
    EXPECT_EQ(p->source_count, 1);
    const struct policy_source *s = &p->sources[0];
    EXPECT(strcmp(s->name, "fleet") == 0);
    EXPECT_EQ(s->line, 2);
    EXPECT(strcmp(s->conninfo, "host=127.0.0.1 port=5432 dbname=fleet") == 0);
    EXPECT(strcmp(s->replication_user, "tamis_replication") == 0);
    EXPECT(strcmp(s->replication_password_file, "keys/r.password") == 0);
    EXPECT(strcmp(s->copy_user, "tamis_copy") == 0);
    EXPECT(s->copy_password_file == NULL);
    EXPECT_EQ(s->table_count, 2);
    EXPECT(strcmp(s->tables[0].schema_name, "public") == 0);
    EXPECT(strcmp(s->tables[1].schema_name, "sales") == 0);
    EXPECT(strcmp(s->tables[1].name, "connections") == 0);
    EXPECT_EQ(s->tables[1].line, 16);
}

TEST(policy_refuses_broken_sources_and_floors)
{
    expect_edit_refused("dbname=fleet", "dbname=fleet password = x",
                        "3: postgres must not set password; see replication and copy");
    expect_edit_refused("host=127.0.0.1 port=5432 dbname=fleet", "postgres://h/db",
                        "3: postgres must be of the form host=... port=... dbname=...");
    expect_edit_refused("    copy: {user: tamis_copy}\n", "", "2: copy: is missing");
    expect_edit_refused("  fleet:", "  Fleet:",
                        "2: a source's name must be of lower-case letters, digits, _ and -, at "
                        "most 63");
    expect_edit_refused("subjects: 5", "subjects: 0", "30: floor: subjects must be 1 to 1000");
    expect_edit_refused("subjects: 5, subject: customer", "subjects: 5, subject: pet",
                        "30: floor: no column is a pseudonym of subject pet");
}
