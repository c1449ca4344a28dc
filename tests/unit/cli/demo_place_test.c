// SPDX-License-Identifier: Apache-2.0
#include "cli/demo.h"
#include "unit/server/place.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

TEST(demo_takes_only_a_port_that_nobody_has)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    EXPECT_EQ(bind(fd, (struct sockaddr *)&at, len), 0);
    EXPECT_EQ(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    EXPECT_EQ(listen(fd, 1), 0);
    struct fault why = {0};
    int port = -1;
    EXPECT_EQ(demo_take_port(ntohs(at.sin_port), &port, &why), ERR_CONFLICT);
    EXPECT(strstr(why.words, "--port P") != NULL);
    EXPECT_EQ(port, -1);
    EXPECT_EQ(demo_take_port(0, &port, &why), OK);
    EXPECT(port > 0 && port != ntohs(at.sin_port));
    close(fd);
}

TEST(demo_removes_only_a_directory_of_its_own)
{
    struct place p = place_make();
    struct demo d = {.marker_fd = -1};
    struct fault why = {0};
    snprintf(d.directory, sizeof d.directory, "%s", p.path);
    place_write(&p, "precious", "x");
    EXPECT_EQ(demo_take_directory(&d, &why), ERR_CONFLICT);
    EXPECT(strstr(why.words, "choose --dir D") != NULL);
    EXPECT(place_mode(&p, "precious") != -1);

    snprintf(d.directory, sizeof d.directory, "%s/demo", p.path);
    EXPECT_EQ(demo_take_directory(&d, &why), OK);
    EXPECT(place_mode(&p, "demo/.tamis-demo") != -1);
    EXPECT(strstr(d.home, "/demo/home") != NULL);
    close(d.marker_fd);
    place_write(&p, "demo/old", "x");
    EXPECT_EQ(demo_take_directory(&d, &why), OK);
    EXPECT_EQ(place_mode(&p, "demo/old"), -1);
    close(d.marker_fd);
    place_drop(&p);
}

TEST(demo_leaves_a_running_demo_alone)
{
    struct place p = place_make();
    struct demo first = {.marker_fd = -1};
    struct demo second = {.marker_fd = -1};
    struct fault why = {0};
    snprintf(first.directory, sizeof first.directory, "%s/demo", p.path);
    snprintf(second.directory, sizeof second.directory, "%s/demo", p.path);
    EXPECT_EQ(demo_take_directory(&first, &why), OK);
    place_write(&p, "demo/new", "x");
    EXPECT_EQ(demo_take_directory(&second, &why), ERR_CONFLICT);
    EXPECT(strstr(why.words, "another demo runs in") != NULL);
    EXPECT(place_mode(&p, "demo/new") != -1);
    close(first.marker_fd);
    place_drop(&p);
}

TEST(demo_says_what_must_be_built)
{
    struct place p = place_make();
    struct demo d = {.marker_fd = -1};
    struct fault why = {0};
    EXPECT_EQ(demo_find_programs(&d, p.path, &why), ERR_NOT_FOUND);
    EXPECT(strstr(why.words, "/tamis-fleet is missing") != NULL);
    place_write(&p, "tamis-fleet", "");
    EXPECT_EQ(demo_find_programs(&d, p.path, &why), ERR_NOT_FOUND);
    EXPECT(strstr(why.words, "policy.yml is missing") != NULL);
    char path[DEMO_PATH_BYTES];
    char long_name[DEMO_PATH_BYTES];
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    EXPECT_EQ(demo_path(path, &why, "/", long_name, "x"), ERR_LIMIT);
    place_drop(&p);
}
