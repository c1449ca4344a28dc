// SPDX-License-Identifier: Apache-2.0
#include "server/directory.h"
#include "unit/server/place.h"

static const struct process_user users[PROCESS_COUNT] = {[PROCESS_KEEPER] = {true, 61841, 61841},
                                                         [PROCESS_MIRROR] = {true, 61842, 61842},
                                                         [PROCESS_SERVE] = {true, 61843, 61843}};

TEST(directory_is_made_for_its_owner_alone)
{
    struct place p = place_make();
    struct world w;
    EXPECT_EQ(directory_make(place_name(&p, "home"), &w, NULL), OK);
    world_close(&w);
    static const char *const names[] = {"home",        "home/keys", "home/tls",
                                        "home/access", "home/data", "home/run"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        EXPECT_EQ(place_mode(&p, names[i]), 0700);
    place_drop(&p);
}

TEST(directory_that_holds_something_is_refused)
{
    struct place p = place_make();
    place_write(&p, "file", "x");
    struct world w;
    EXPECT_EQ(directory_make(p.path, &w, NULL), ERR_CONFLICT);
    EXPECT_EQ(place_mode(&p, "keys"), -1);
    EXPECT_EQ(directory_make(place_name(&p, "file"), &w, NULL), ERR_IO);
    EXPECT_EQ(directory_make(place_name(&p, "no/parent"), &w, NULL), ERR_IO);
    place_drop(&p);
}

TEST(directory_of_somebody_else_is_refused)
{
    if (getuid() != 0)
        return; // only root can give
    struct place p = place_make();
    EXPECT_EQ(chown(p.path, 61899, 61899), 0);
    struct world w;
    EXPECT_EQ(directory_make(p.path, &w, NULL), ERR_DENIED);
    EXPECT_EQ(place_mode(&p, "keys"), -1);
    place_drop(&p);
}

static int owner(const struct place *p, const char *name)
{
    struct stat st;
    return lstat(place_name(p, name), &st) == 0 ? (int)st.st_uid : -1;
}

static enum err give(const struct place *p, struct fault *why)
{
    struct world w;
    EXPECT_EQ(world_open(p->path, &w, NULL), OK);
    int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    EXPECT_EQ(fchdir(w.dir), 0);
    enum err e = directory_give(&w, users, why);
    EXPECT_EQ(fchdir(before), 0);
    close(before);
    world_close(&w);
    return e;
}

static struct place made_place(void)
{
    struct place p = place_make();
    struct world w;
    EXPECT_EQ(directory_make(p.path, &w, NULL), OK);
    world_close(&w);
    place_write(&p, "keys/source.password", "secret");
    place_write(&p, "tls/server.key", "key");
    place_write(&p, "data/file", "rows");
    return p;
}

TEST(directory_gives_each_user_what_is_theirs)
{
    if (getuid() != 0)
        return; // only root can give
    struct place p = made_place();
    EXPECT_EQ(give(&p, NULL), OK);
    EXPECT_EQ(owner(&p, "keys/source.password"), 61841);
    EXPECT_EQ(place_mode(&p, "keys/source.password"), 0600);
    EXPECT_EQ(place_mode(&p, "keys"), 0700);
    EXPECT_EQ(owner(&p, "data/file"), 61843);
    EXPECT_EQ(owner(&p, "run"), 61843);
    EXPECT_EQ(owner(&p, "tls/server.key"), 0);
    EXPECT_EQ(owner(&p, "."), 0);
    EXPECT_EQ(place_mode(&p, "."), 0711);
    place_drop(&p);
}

TEST(directory_gives_nothing_away_through_links)
{
    if (getuid() != 0)
        return;
    struct place p = made_place();
    place_write(&p, "precious", "x");
    char target[256];
    snprintf(target, sizeof target, "%s", place_name(&p, "precious"));
    EXPECT_EQ(symlink(target, place_name(&p, "data/link")), 0);
    EXPECT_EQ(give(&p, NULL), OK);
    EXPECT_EQ(owner(&p, "precious"), 0);
    EXPECT_EQ(place_mode(&p, "precious"), 0644);
    EXPECT_EQ(link(target, place_name(&p, "data/second")), 0);
    struct fault why = {0};
    EXPECT_EQ(give(&p, &why), ERR_DENIED);
    EXPECT(strstr(why.words, "second name") != NULL);
    EXPECT_EQ(owner(&p, "precious"), 0);
    place_drop(&p);
}

TEST(directory_out_of_reach_names_the_parent_that_blocks)
{
    if (getuid() != 0)
        return;
    struct place p = place_make();
    char home[128];
    snprintf(home, sizeof home, "%s/closed", p.path);
    EXPECT_EQ(mkdir(home, 0700), 0);
    struct place inside;
    snprintf(inside.path, sizeof inside.path, "%s/closed/home", p.path);
    struct world w;
    EXPECT_EQ(directory_make(inside.path, &w, NULL), OK);
    world_close(&w);
    struct fault why = {0};
    EXPECT_EQ(give(&inside, &why), ERR_DENIED);
    EXPECT(strstr(why.words, "may not pass") != NULL);
    EXPECT(strstr(why.words, "/closed (mode 700)") != NULL);
    place_drop(&p);
}
