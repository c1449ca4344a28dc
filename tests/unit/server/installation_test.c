// SPDX-License-Identifier: Apache-2.0
#include "access/access.h"
#include "keys/key_ring.h"
#include "server/directory.h"
#include "server/installation.h"
#include "unit/server/place.h"

#include <sys/wait.h>

static struct installation_plan plan_in(const struct place *p)
{
    static char home[128];
    snprintf(home, sizeof home, "%s/home", p->path);
    return (struct installation_plan){.directory = home,
                                      .admin = "root-of-all",
                                      .password = slice_text("a long password for tests")};
}

static struct buf file_of(const struct place *p, const char *name)
{
    struct buf out = buf_init(1 << 20);
    struct world w;
    EXPECT_EQ(world_open(p->path, &w, NULL), OK);
    EXPECT_EQ(world_read_file(&w, name, &out, NULL), OK);
    world_close(&w);
    buf_u8(&out, 0);
    return out;
}

static void name_is(void *context, const char *name, uint32_t roles)
{
    if (strcmp(name, "root-of-all") == 0 && roles == 1u << ROLE_ADMIN)
        ++*(int *)context;
}

TEST(installation_has_all_that_serve_needs)
{
    struct place p = place_make();
    struct installation_plan plan = plan_in(&p);
    EXPECT_EQ(installation_make(&plan, NULL), OK);
    static const char *const files[] = {"home/tamis.yml",       "home/policy.yml",
                                        "home/keys/master.key", "home/keys/sign.key",
                                        "home/tls/server.key",  "home/access/catalog.db"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        EXPECT_EQ(place_mode(&p, files[i]), 0600);
    struct access *access = NULL;
    int admins = 0;
    EXPECT_EQ(access_open(place_name(&p, "home/access"), false, &access, NULL), OK);
    EXPECT_EQ(access_user_list(access, name_is, &admins, NULL), OK);
    access_close(access);
    EXPECT_EQ(admins, 1);
    place_drop(&p);
}

TEST(installation_config_reads_back_with_a_uuid_of_its_own)
{
    struct place p = place_make();
    struct installation_plan plan = plan_in(&p);
    plan.listen = "[::1]:9333";
    EXPECT_EQ(installation_make(&plan, NULL), OK);
    struct buf text AUTO(buf_donep) = file_of(&p, "home/tamis.yml");
    struct config c;
    char listen[ENDPOINT_TEXT_BYTES];
    EXPECT_EQ(config_parse(slice_of(text.at, text.len - 1), &c, NULL), OK);
    endpoint_print(&c.listen, listen);
    EXPECT(strcmp(listen, "[::1]:9333") == 0);
    EXPECT_EQ(strlen(c.cluster_uuid), 22);
    place_drop(&p);
}

TEST(installation_takes_nothing_that_is_there)
{
    struct place p = place_make();
    struct installation_plan plan = plan_in(&p);
    EXPECT_EQ(installation_make(&plan, NULL), OK);
    struct buf key AUTO(buf_donep) = file_of(&p, "home/keys/master.key");
    EXPECT_EQ(installation_make(&plan, NULL), ERR_CONFLICT);
    struct buf again AUTO(buf_donep) = file_of(&p, "home/keys/master.key");
    EXPECT(slice_equal(buf_slice(&key), buf_slice(&again)));
    place_drop(&p);
}

TEST(installation_with_a_wrong_policy_or_address_says_so)
{
    struct place p = place_make();
    struct installation_plan plan = plan_in(&p);
    struct fault why = {0};
    char policy[128];
    place_write(&p, "bad.yml", "sauces: {}\n");
    snprintf(policy, sizeof policy, "%s/bad.yml", p.path);
    plan.policy_file = policy;
    EXPECT_EQ(installation_make(&plan, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "policy.yml line 1") != NULL);
    plan.policy_file = "/no/such/file";
    EXPECT_EQ(installation_make(&plan, &why), ERR_NOT_FOUND);
    plan.policy_file = NULL;
    plan.listen = "example.com:9200";
    EXPECT_EQ(installation_make(&plan, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "ADDRESS:PORT") != NULL);
    place_drop(&p);
}

// In a child, because it changes the working directory.
static int status_of_second(const struct place *p, const char *listen, enum err want)
{
    pid_t child = fork();
    if (child == 0) {
        struct installation i;
        enum err e = installation_open(place_name(p, "home"), listen, &i, NULL);
        _exit(e == want ? 0 : 1 + (int)e);
    }
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(installation_opens_only_with_files_that_parse)
{
    struct place p = place_make();
    struct installation_plan plan = plan_in(&p);
    EXPECT_EQ(installation_make(&plan, NULL), OK);
    EXPECT_EQ(status_of_second(&p, NULL, OK), 0);
    EXPECT_EQ(status_of_second(&p, "127.0.0.1:1", OK), 0);
    EXPECT_EQ(status_of_second(&p, "nowhere", ERR_INVALID), 0);
    place_write(&p, "home/policy.yml", "sources: [\n");
    EXPECT_EQ(status_of_second(&p, NULL, ERR_INVALID), 0);
    place_write(&p, "home/policy.yml", "sources: {}\n");
    place_write(&p, "home/tamis.yml", "lisen: x\n");
    EXPECT_EQ(status_of_second(&p, NULL, ERR_INVALID), 0);
    place_drop(&p);
}
