// SPDX-License-Identifier: Apache-2.0
#include "json/json.h"
#include "server/launcher.h"
#include "unit/server/launch.h"

#if !SANITIZED

struct seen {
    int pid[4], starts[4]; // by enum process
};

// What serve last wrote of all processes; zeros before it did.
static struct seen look(const struct launched *l)
{
    struct seen seen = {0};
    struct arena *a AUTO(arena_freep) = arena_new(4 << 20);
    struct buf text AUTO(buf_donep) = buf_init(1 << 20);
    const struct json *tree = NULL;
    struct world w;
    EXPECT_EQ(world_open(l->home, &w, NULL), OK);
    enum err e = world_read_file(&w, "run/status.json", &text, NULL);
    world_close(&w);
    if (e || json_parse(buf_slice(&text), a, &tree, NULL))
        return seen;
    const struct json *list = json_get(tree, "processes");
    for (uint32_t i = 0; list && i < list->count && i < 4; i++) {
        int64_t pid = 0;
        int64_t starts = 0;
        EXPECT_EQ(json_i64(json_get(&list->items[i], "pid"), &pid, NULL), OK);
        EXPECT_EQ(json_i64(json_get(&list->items[i], "starts"), &starts, NULL), OK);
        seen.pid[i] = (int)pid;
        seen.starts[i] = (int)starts;
    }
    return seen;
}

static bool all_are_there(const struct launched *l)
{
    struct seen s = look(l);
    return s.pid[0] && s.pid[1] && s.pid[2] && s.pid[3];
}

static bool mirror_came_back(const struct launched *l)
{
    return look(l).starts[PROCESS_MIRROR] == 2;
}

static bool keeper_came_back(const struct launched *l)
{
    return look(l).starts[PROCESS_KEEPER] == 2;
}

static bool serve_came_back(const struct launched *l)
{
    return look(l).starts[PROCESS_SERVE] == 2 && all_are_there(l);
}

TEST(launcher_starts_again_what_dies_and_stops_all)
{
    struct launched l;
    launched_make(&l);
    launched_start(&l);
    EXPECT(launched_until(launched_is_ready, &l));
    EXPECT(launched_until(all_are_there, &l));
    struct seen first = look(&l);
    EXPECT_EQ(first.pid[PROCESS_LAUNCHER], l.pid);
    EXPECT_EQ(kill(first.pid[PROCESS_MIRROR], SIGKILL), 0);
    EXPECT(launched_until(mirror_came_back, &l));
    EXPECT_EQ(look(&l).pid[PROCESS_SERVE], first.pid[PROCESS_SERVE]); // not touched by it
    EXPECT_EQ(kill(first.pid[PROCESS_KEEPER], SIGKILL), 0);
    EXPECT(launched_until(keeper_came_back, &l));
    EXPECT_EQ(kill(first.pid[PROCESS_SERVE], SIGKILL), 0);
    EXPECT(launched_until(serve_came_back, &l));
    struct seen last = look(&l);
    EXPECT_EQ(launched_stop(&l), 0);
    EXPECT(!launched_is_ready(&l));
    for (int i = PROCESS_KEEPER; i < PROCESS_COUNT; i++)
        EXPECT(kill(last.pid[i], 0) < 0);
    place_drop(&l.place);
}

TEST(launcher_serves_a_directory_once)
{
    struct launched l;
    launched_make(&l);
    launched_start(&l);
    EXPECT(launched_until(launched_is_ready, &l));
    struct launched second = l; // with the same ready file, which stays
    launched_start(&second);
    int status = 0;
    EXPECT_EQ(waitpid(second.pid, &status, 0), second.pid);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    EXPECT(launched_is_ready(&l));
    EXPECT_EQ(launched_stop(&l), 0);
    place_drop(&l.place);
}

// Whether the child was born with a variable of ours; what it left of it is what we read.
static bool knows(int pid, const char *words)
{
    char path[64];
    static char text[1 << 17];
    snprintf(path, sizeof path, "/proc/%d/environ", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    EXPECT(fd >= 0);
    ssize_t len = read(fd, text, sizeof text);
    close(fd);
    EXPECT(len > 0);
    return memmem(text, (size_t)len, words, strlen(words)) != NULL;
}

TEST(launcher_gives_its_children_no_environment)
{
    if (geteuid() != 0)
        return; // the children's memory is closed to all others
    struct launched l;
    launched_make(&l);
    launched_start(&l);
    EXPECT(launched_until(launched_is_ready, &l));
    EXPECT(launched_until(all_are_there, &l));
    struct seen s = look(&l);
    EXPECT(knows(s.pid[PROCESS_LAUNCHER], "PATH="));
    for (int i = PROCESS_KEEPER; i < PROCESS_COUNT; i++)
        EXPECT(!knows(s.pid[i], "PATH="));
    EXPECT_EQ(launched_stop(&l), 0);
    place_drop(&l.place);
}

TEST(launcher_gives_up_when_it_could_never_start)
{
    struct launched l;
    launched_make(&l);
    place_write(&l.place, "home/tls/server.key", "no key\n");
    launched_start(&l);
    int status = 0;
    EXPECT_EQ(waitpid(l.pid, &status, 0), l.pid);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    EXPECT(!launched_is_ready(&l));
    place_drop(&l.place);
}

TEST(launcher_goes_on_without_a_mirror_that_cannot_start)
{
    struct launched l;
    launched_make(&l);
    place_write(&l.place, "home/policy.yml",
                "sources:\n"
                "  s:\n"
                "    postgres: host=/nowhere dbname=x\n"
                "    replication: {user: r, password_file: keys/missing}\n"
                "    copy: {user: c}\n"
                "    tables:\n"
                "      t:\n"
                "        key: id\n"
                "        columns: {id: {treat: pseudonym, subject: s}}\n");
    launched_start(&l);
    EXPECT(launched_until(launched_is_ready, &l));
    EXPECT_EQ(launched_stop(&l), 0);
    place_drop(&l.place);
}

static pid_t orphan; // watched by the next test

static bool orphan_is_gone(const struct launched *l)
{
    (void)l;
    char path[64];
    char state = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)orphan);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return true;
    char text[256] = {0};
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    const char *paren = n > 0 ? strrchr(text, ')') : NULL;
    state = paren ? paren[2] : 'Z';
    return state == 'Z'; // dead, and waits for whoever takes it over
}

TEST(nothing_survives_the_launcher)
{
    struct launched l;
    launched_make(&l);
    launched_start(&l);
    EXPECT(launched_until(launched_is_ready, &l));
    EXPECT(launched_until(all_are_there, &l));
    struct seen seen = look(&l);
    EXPECT_EQ(kill(l.pid, SIGKILL), 0);
    EXPECT_EQ(waitpid(l.pid, NULL, 0), l.pid);
    for (int i = PROCESS_KEEPER; i < PROCESS_COUNT; i++) {
        orphan = seen.pid[i];
        EXPECT(launched_until(orphan_is_gone, &l));
    }
    place_drop(&l.place);
}

#endif
