// SPDX-License-Identifier: Apache-2.0
#include "server/reach.h"
#include "test.h"
#include "unit/policy/fleet.h"

static const char two_sources[] =
    "sources:\n"
    "  a:\n"
    "    postgres: host=db1,db2 port=6001,6002 dbname=x sslrootcert=/etc/db/ca.pem\n"
    "    replication: {user: r, password_file: /run/secrets/r}\n"
    "    copy: {user: c, password_file: keys/c}\n"
    "    tables:\n"
    "      t:\n"
    "        key: id\n"
    "        columns: {id: {treat: pseudonym, subject: s}}\n"
    "  b:\n"
    "    postgres: host=db3 dbname=y\n"
    "    replication: {user: r, password_file: top}\n"
    "    copy: {user: c}\n"
    "    tables:\n"
    "      u:\n"
    "        key: id\n"
    "        columns: {id: {treat: pseudonym, subject: s}}\n";

static struct sandbox reach(struct arena *a, enum process self)
{
    struct sandbox s = {.self = self};
    const struct policy *p = NULL;
    struct fault why = {0};
    if (policy_parse(slice_text(two_sources), a, &p, &why) != OK)
        test_fail(__FILE__, __LINE__, "%s", why.words);
    EXPECT_EQ(reach_of(p, a, &s, NULL), OK);
    return s;
}

static bool reads(const struct sandbox *s, const char *path)
{
    for (uint32_t i = 0; i < s->read_count; i++) {
        if (strcmp(s->read[i], path) == 0)
            return true;
    }
    return false;
}

static bool connects(const struct sandbox *s, uint16_t port)
{
    for (uint32_t i = 0; i < s->port_count; i++) {
        if (s->ports[i] == port)
            return true;
    }
    return false;
}

TEST(keeper_reaches_keys_and_password_files_only)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    struct sandbox s = reach(a, PROCESS_KEEPER);
    EXPECT(reads(&s, "keys"));
    EXPECT(reads(&s, "/run/secrets"));
    EXPECT(reads(&s, "."));
    EXPECT_EQ(s.read_count, 3);
    EXPECT_EQ(s.store_count, 0);
    EXPECT_EQ(s.port_count, 0);
}

TEST(mirror_reaches_the_ports_of_its_sources_only)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    struct sandbox s = reach(a, PROCESS_MIRROR);
    EXPECT(connects(&s, 6001));
    EXPECT(connects(&s, 6002));
    EXPECT(connects(&s, 5432));
    EXPECT(connects(&s, 53));
    EXPECT_EQ(s.port_count, 4);
    EXPECT_EQ(s.store_count, 0);
    EXPECT(reads(&s, "/etc/db"));
    EXPECT(!reads(&s, "keys"));
    EXPECT(!reads(&s, "/run/secrets"));
}

TEST(serve_reaches_its_four_directories_and_no_port)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    struct sandbox s = reach(a, PROCESS_SERVE);
    EXPECT_EQ(s.store_count, 4);
    EXPECT_EQ(s.port_count, 0);
    EXPECT(!reads(&s, "keys"));
    EXPECT(!reads(&s, "/etc"));
}
