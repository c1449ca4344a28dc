// SPDX-License-Identifier: Apache-2.0
// Talk with a real server is in tests/flow/test_cli.py; here is what keeps one from it.
#include "base/arena.h"
#include "cli/client.h"
#include "unit/server/place.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static bool has(const struct fault *why, const char *words)
{
    return strstr(why->words, words) != NULL;
}

// Somebody's authority; its key was thrown away.
static const char authority[] = "-----BEGIN CERTIFICATE-----\n"
                                "MIIBijCCATGgAwIBAgIUXNsxW45azRbGyKfm5rdrz81sQkwwCgYIKoZIzj0EAwIw\n"
                                "GzEZMBcGA1UEAwwQYSB0ZXN0IGF1dGhvcml0eTAeFw0yNjExMjQwNjAxMjVaFw0z\n"
                                "NjExMjEwNjAxMjVaMBsxGTAXBgNVBAMMEGEgdGVzdCBhdXRob3JpdHkwWTATBgcq\n"
                                "hkjOPQIBBggqhkjOPQMBBwNCAAQRTclEmYxsA1maEupvwfeRfNlJ9Y5y2Zs4bJxk\n"
                                "mRJUw6z2TLgqNZWYUUDWgSWNVKWa3jNZK1oFwnk7YCfVq3hko1MwUTAdBgNVHQ4E\n"
                                "FgQUfdagbaYFrJ5iIzciPiCwXauKYdQwHwYDVR0jBBgwFoAUfdagbaYFrJ5iIzci\n"
                                "PiCwXauKYdQwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBsnRh8\n"
                                "8oC4vgdnH1abMuE3stviMv1Mdw4+X80ZSoMIqwIgB5Tj5hJKIY60fS5a7XmQ/6J/\n"
                                "huUerNn7t/lQZh/3UqY=\n"
                                "-----END CERTIFICATE-----\n";

static const struct client_question root = {.method = "GET", .path = "/"};

struct files {
    struct place place;
    char password[96], authority[96];
};

static void files_make(struct files *f)
{
    f->place = place_make();
    snprintf(f->password, sizeof f->password, "%s/pw", f->place.path);
    snprintf(f->authority, sizeof f->authority, "%s/ca.crt", f->place.path);
    place_write(&f->place, "pw", "a long password\n");
    place_write(&f->place, "ca.crt", "this is no certificate\n");
}

// A port of loopback that is taken and answers nobody: bound, but not listened on.
static int deaf_port(int *out_fd)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    EXPECT_EQ(bind(fd, (struct sockaddr *)&at, len), 0);
    EXPECT_EQ(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *out_fd = fd;
    return ntohs(at.sin_port);
}

TEST(client_without_a_server_says_nobody_answers)
{
    struct files f;
    files_make(&f);
    int fd = -1;
    char url[64];
    snprintf(url, sizeof url, "https://127.0.0.1:%d", deaf_port(&fd));
    struct client_options o = {.url = url, .password_file = f.password};
    struct client *c = NULL;
    struct fault why = {0};
    EXPECT_EQ(client_open(&o, &c, &why), OK);
    struct arena *scratch AUTO(arena_freep) = arena_new(1 << 20);
    const struct json *reply = NULL;
    EXPECT_EQ(client_json(c, &root, scratch, &reply, &why), ERR_UNAVAILABLE);
    EXPECT(has(&why, "nobody answers at https://127.0.0.1:"));
    client_close(c);
    close(fd);
    place_drop(&f.place);
}

TEST(client_takes_the_address_out_of_the_status)
{
    struct files f;
    files_make(&f);
    int fd = -1;
    int port = deaf_port(&fd);
    char status[64];
    char want[64];
    snprintf(status, sizeof status, "{\"listen\":\"127.0.0.1:%d\"}", port);
    snprintf(want, sizeof want, "https://127.0.0.1:%d", port);
    EXPECT_EQ(mkdir(place_name(&f.place, "run"), 0700), 0);
    place_write(&f.place, "run/status.json", status);
    EXPECT_EQ(mkdir(place_name(&f.place, "tls"), 0700), 0);
    place_write(&f.place, "tls/ca.crt", authority);
    struct client_options o = {.directory = f.place.path, .password_file = f.password};
    struct client *c = NULL;
    struct fault why = {0};
    EXPECT_EQ(client_open(&o, &c, &why), OK);
    struct buf out AUTO(buf_donep) = buf_init(4096);
    long code = 0;
    EXPECT_EQ(client_ask(c, &root, &code, &out, &why), ERR_UNAVAILABLE);
    EXPECT(has(&why, want));
    client_close(c);
    close(fd);
    place_drop(&f.place);
}

static void expect_not_opened(const struct client_options *o, enum err code, const char *words)
{
    struct client *c = NULL;
    struct fault why = {0};
    EXPECT_EQ(client_open(o, &c, &why), code);
    EXPECT(c == NULL);
    if (!has(&why, words))
        test_fail(__FILE__, __LINE__, "'%s' does not say '%s'", why.words, words);
}

TEST(client_is_not_opened_with_what_cannot_work)
{
    struct files f;
    files_make(&f);
    place_write(&f.place, "empty", "");
    place_write(&f.place, "blank", "\nsecond line\n");
    char empty[96];
    char blank[96];
    snprintf(empty, sizeof empty, "%s/empty", f.place.path);
    snprintf(blank, sizeof blank, "%s/blank", f.place.path);
    expect_not_opened(&(struct client_options){.password_file = empty}, ERR_INVALID,
                      "there is no password in its first line");
    expect_not_opened(&(struct client_options){.password_file = blank}, ERR_INVALID,
                      "there is no password in its first line");
    expect_not_opened(&(struct client_options){.password_file = "/no/such/pw"}, ERR_IO,
                      "password file /no/such/pw: No such file");
    expect_not_opened(
        &(struct client_options){.url = "http://127.0.0.1:1", .password_file = f.password},
        ERR_INVALID, "does not begin with https://");
    expect_not_opened(
        &(struct client_options){.ca_file = "/no/such/ca", .password_file = f.password}, ERR_IO,
        "certificate authority /no/such/ca: No such file");
    expect_not_opened(&(struct client_options){.directory = f.place.path}, ERR_IO, "/tls/ca.crt");
    expect_not_opened(&(struct client_options){.ca_file = f.authority, .password_file = f.password},
                      ERR_INVALID, "/ca.crt holds no certificate");
    client_close(NULL);
    place_drop(&f.place);
}
