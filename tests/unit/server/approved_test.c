// SPDX-License-Identifier: Apache-2.0
#include "server/approved.h"
#include "server/installation.h"
#include "unit/server/place.h"

static const char pushed[] =
    "push:\n  events:\n    columns:\n      n: {treat: keep, as: integer}\n";
static const char looser[] = "push:\n  events:\n    columns:\n      n: {treat: keep, as: integer}\n"
                             "  more:\n    columns:\n      n: {treat: keep, as: integer}\n";

struct home {
    struct place place;
    struct world dir;
    int before;
};

static void home_init(struct home *h, const char *policy)
{
    char path[96];
    h->place = place_make();
    snprintf(path, sizeof path, "%s/home", h->place.path);
    struct installation_plan plan = {
        .directory = path, .admin = "admin", .password = slice_text("a long password for tests")};
    EXPECT_EQ(installation_make(&plan, NULL), OK);
    place_write(&h->place, "home/policy.yml", policy);
    h->before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    EXPECT_EQ(chdir(path), 0);
    EXPECT_EQ(world_open(".", &h->dir, NULL), OK);
}

static void home_done(struct home *h)
{
    EXPECT_EQ(fchdir(h->before), 0);
    close(h->before);
    world_close(&h->dir);
    place_drop(&h->place);
}

// What is in force when the files say `policy` and `listen`.
static struct approved settle(struct home *h, const char *policy, const char *listen,
                              char out_listen[ENDPOINT_TEXT_BYTES])
{
    struct approved a;
    struct config config;
    struct fault why = {0};
    config_default(&config);
    EXPECT_EQ(endpoint_parse(slice_text(listen), &config.listen, NULL), OK);
    place_write(&h->place, "home/policy.yml", policy);
    // The log is not the test's to fill.
    int err = dup(STDERR_FILENO);
    int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(nothing, STDERR_FILENO);
    enum err e = approved_settle(&h->dir, &config, &a, &why);
    dup2(err, STDERR_FILENO);
    close(err);
    close(nothing);
    if (e)
        test_fail(__FILE__, __LINE__, "%s", why.words);
    endpoint_print(&config.listen, out_listen);
    return a;
}

static void expect_settled(struct home *h, const char *policy, const char *want)
{
    char listen[ENDPOINT_TEXT_BYTES];
    struct approved a = settle(h, policy, "127.0.0.1:9200", listen);
    EXPECT(slice_is(buf_slice(&a.policy), want));
    EXPECT_EQ(a.differs, strcmp(policy, want) != 0);
    approved_done(&a);
}

static void let_something_in(const struct home *h)
{
    (void)mkdir(place_name(&h->place, "home/data/segments"), 0700);
    place_write(&h->place, "home/data/segments/1", "more than the head of an empty log has in it");
}

TEST(approved_takes_any_policy_until_something_has_entered)
{
    struct home h;
    home_init(&h, "sources: {}\n");
    expect_settled(&h, "sources: {}\n", "sources: {}\n");
    expect_settled(&h, pushed, pushed);
    expect_settled(&h, looser, looser);
    let_something_in(&h);
    expect_settled(&h, pushed, pushed); // tightens
    expect_settled(&h, looser, pushed); // loosens: what was approved stays
    home_done(&h);
}

// Whoever takes data/ away has not made a new installation of it.
TEST(approved_remembers_that_something_has_entered)
{
    struct home h;
    home_init(&h, pushed);
    expect_settled(&h, pushed, pushed);
    let_something_in(&h);
    expect_settled(&h, pushed, pushed);
    EXPECT_EQ(remove(place_name(&h.place, "home/data/segments/1")), 0);
    expect_settled(&h, looser, pushed);
    home_done(&h);
}

TEST(approved_keeps_a_listener_on_this_machine)
{
    struct home h;
    char listen[ENDPOINT_TEXT_BYTES];
    home_init(&h, pushed);
    expect_settled(&h, pushed, pushed);
    let_something_in(&h);
    static const char *const wanted[] = {"0.0.0.0:9200", "[::]:9200", "10.0.0.1:9200",
                                         "[::ffff:10.0.0.1]:9200"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct approved a = settle(&h, pushed, wanted[i], listen);
        EXPECT(strcmp(listen, "127.0.0.1:9200") == 0);
        approved_done(&a);
    }
    struct approved port = settle(&h, pushed, "0.0.0.0:9300", listen);
    EXPECT(strcmp(listen, "127.0.0.1:9300") == 0); // as closed as any other
    approved_done(&port);
    struct approved a = settle(&h, pushed, "[::1]:9300", listen);
    EXPECT(strcmp(listen, "[::1]:9300") == 0);
    approved_done(&a);
    home_done(&h);
}

TEST(approved_does_not_reshape_a_pushed_index)
{
    struct home h;
    home_init(&h, pushed);
    expect_settled(&h, pushed, pushed);
    let_something_in(&h);
    expect_settled(&h, "push:\n  events:\n    columns:\n      n: {treat: keep, as: long}\n",
                   pushed);
    home_done(&h);
}

TEST(approved_of_a_changed_ledger_is_nothing)
{
    struct home h;
    struct config config;
    struct approved a;
    home_init(&h, pushed);
    config_default(&config);
    EXPECT_EQ(remove("keys/ratchet.head"), 0);
    EXPECT_EQ(approved_settle(&h.dir, &config, &a, NULL), ERR_CORRUPT);
    home_done(&h);
}

// What tls.client_ca is in force when tamis.yml says `wanted`.
static void settle_clients(struct home *h, const char *wanted, const char *want)
{
    struct approved a;
    struct config config;
    config_default(&config);
    snprintf(config.tls_client_ca, sizeof config.tls_client_ca, "%s", wanted);
    int err = dup(STDERR_FILENO);
    int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(nothing, STDERR_FILENO);
    enum err e = approved_settle(&h->dir, &config, &a, NULL);
    dup2(err, STDERR_FILENO);
    close(err);
    close(nothing);
    EXPECT_EQ(e, OK);
    EXPECT(strcmp(config.tls_client_ca, want) == 0);
    approved_done(&a);
}

TEST(approved_takes_clients_certificates_at_once_and_lets_them_go_with_two)
{
    struct home h;
    home_init(&h, pushed);
    let_something_in(&h);
    settle_clients(&h, "", "");
    settle_clients(&h, "tls/it's.crt", "tls/it's.crt");
    settle_clients(&h, "", "tls/it's.crt");
    settle_clients(&h, "tls/other.crt", "tls/it's.crt");
    home_done(&h);
}
