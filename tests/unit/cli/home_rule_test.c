// SPDX-License-Identifier: Apache-2.0
#include "cli/home_rule.h"
#include "unit/cli/run.h"
#include "unit/server/place.h"

static void add(const char *home, struct place *p, const char *name, const char *role)
{
    char file[128];
    snprintf(file, sizeof file, "%s/%s.pw", p->path, name);
    EXPECT_EQ(
        RUN("user", "add", "--dir", home, name, "--role", role, "--password-file", file).status,
        EXIT_STATUS_OK);
}

TEST(home_rule_holds_from_data_and_a_second_administrator_on_for_good)
{
    struct place p = place_make();
    struct home_rule rule;
    char home[96];
    char file[128];
    snprintf(home, sizeof home, "%s/home", p.path);
    snprintf(file, sizeof file, "%s/pw", p.path);
    EXPECT_EQ(RUN("init", home, "--password-file", file).status, EXIT_STATUS_OK);
    EXPECT_EQ(home_rule_read(home, &rule, NULL), OK);
    EXPECT(!rule.holds);
    add(home, &p, "second", "admin");
    EXPECT_EQ(home_rule_read(home, &rule, NULL), OK);
    EXPECT(!rule.holds); // nothing has entered
    EXPECT_EQ(mkdir(place_name(&p, "home/data/segments"), 0700), 0);
    place_write(&p, "home/data/segments/1", "more than the head of an empty log has in it");
    EXPECT_EQ(home_rule_read(home, &rule, NULL), OK);
    EXPECT(rule.holds);
    EXPECT(rule.begin_ms > 0);
    EXPECT_EQ(RUN("user", "remove", "--dir", home, "second").status, EXIT_STATUS_OK);
    EXPECT_EQ(home_rule_read(home, &rule, NULL), OK);
    EXPECT(rule.holds);
    place_drop(&p);
}
