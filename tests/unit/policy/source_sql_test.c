// SPDX-License-Identifier: Apache-2.0
#include "policy/source_sql.h"
#include "test.h"
#include "unit/policy/fleet.h"

static bool quoted(struct slice name, const char *want)
{
    struct buf out AUTO(buf_donep) = buf_init(256);
    source_sql_quote(name, &out);
    return slice_is(buf_slice(&out), want);
}

TEST(source_sql_quotes_any_identifier)
{
    EXPECT(quoted(slice_text("devices"), "\"devices\""));
    EXPECT(quoted(slice_text("a\"; DROP TABLE x; --"), "\"a\"\"; DROP TABLE x; --\""));
    EXPECT(quoted(slice_text(""), "\"\""));
}

static const char publication[] =
    "CREATE PUBLICATION \"tamis_fleet\" FOR TABLE\n"
    "    \"public\".\"devices\" (\"id\", \"customer_id\", \"model\", \"activated_at\"),\n"
    "    \"sales\".\"connections\" (\"id\", \"region\", \"at\", \"device_id\", \"outcome\", "
    "\"latency_ms\", \"load\")\n"
    "    WITH (publish = 'insert,update,delete,truncate', publish_via_partition_root = true);\n";

TEST(source_sql_publishes_wanted_columns_only)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    const struct policy_source *s = &fleet_policy(a)->sources[0];
    struct buf out AUTO(buf_donep) = buf_init(1 << 20);
    source_sql_publication_name(s, &out);
    EXPECT(slice_is(buf_slice(&out), "tamis_fleet"));
    buf_reset(&out);
    source_sql_publication(s, &out);
    EXPECT(slice_is(buf_slice(&out), publication));
}

TEST(source_sql_sets_up_roles_and_grants)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(1 << 20);
    source_sql_setup(&fleet_policy(a)->sources[0], &out);
    static const char want[] =
        "-- For source fleet.  Run by a superuser in the database that is mirrored.\n"
        "-- Needs wal_level = logical.  No table is granted whole.\n"
        "\n"
        "CREATE ROLE \"tamis_replication\" LOGIN REPLICATION PASSWORD 'choose one'; "
        "-- and put it into the password file\n"
        "CREATE ROLE \"tamis_copy\" LOGIN;\n"
        "\n"
        "GRANT USAGE ON SCHEMA \"public\" TO \"tamis_copy\";\n"
        "GRANT USAGE ON SCHEMA \"sales\" TO \"tamis_copy\";\n"
        "GRANT SELECT (\"id\", \"customer_id\", \"model\", \"activated_at\") ON "
        "\"public\".\"devices\" TO \"tamis_copy\";\n"
        "GRANT SELECT (\"id\", \"region\", \"at\", \"device_id\", \"outcome\", \"latency_ms\", "
        "\"load\") ON \"sales\".\"connections\" TO \"tamis_copy\";\n"
        "\n";
    EXPECT(slice_starts(buf_slice(&out), slice_text(want)));
    EXPECT(slice_is(slice_from(buf_slice(&out), strlen(want)), publication));
    EXPECT(memmem(out.at, out.len, "nickname", 8) == NULL);
}
