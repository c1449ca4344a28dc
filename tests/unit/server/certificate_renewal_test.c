// SPDX-License-Identifier: Apache-2.0
#include "server/certificate.h"
#include "server/certificate_renewal.h"
#include "server/directory.h"
#include "unit/server/place.h"

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

struct desk {
    struct place place;
    struct world home, log;
    struct audit *audit;
    struct renewal renewal;
    int stderr_was;
};

static struct tls *tls_of(const struct world *w)
{
    struct buf key AUTO(buf_donep) = buf_init(1 << 16);
    struct buf cert AUTO(buf_donep) = buf_init(1 << 16);
    struct tls *t = NULL;
    EXPECT_EQ(world_read_file(w, "tls/server.key", &key, NULL), OK);
    EXPECT_EQ(world_read_file(w, "tls/server.crt", &cert, NULL), OK);
    const struct tls_pem pem = {buf_slice(&key), buf_slice(&cert), slice_of(NULL, 0)};
    EXPECT_EQ(tls_new(&pem, &t, NULL), OK);
    return t;
}

static void desk_open(struct desk *d)
{
    const struct audit_options options = {.syncs_by_itself = false};
    d->place = place_make();
    EXPECT_EQ(directory_make(place_name(&d->place, "home"), &d->home, NULL), OK);
    EXPECT_EQ(certificate_make(&d->home, NULL, 0, NULL), OK);
    EXPECT_EQ(world_open(place_name(&d->place, "home/audit"), &d->log, NULL), OK);
    EXPECT_EQ(audit_open(&d->log, &options, &d->audit, NULL), OK);
    struct tls *t = tls_of(&d->home);
    renewal_begin(&d->renewal, t, 1000);
    tls_unref(t);
    d->stderr_was = dup(STDERR_FILENO);
    int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC); // the log is not the test's to fill
    dup2(nothing, STDERR_FILENO);
    close(nothing);
}

static void desk_close(struct desk *d)
{
    dup2(d->stderr_was, STDERR_FILENO);
    close(d->stderr_was);
    renewal_end(&d->renewal);
    audit_close(d->audit);
    world_close(&d->log);
    world_close(&d->home);
    place_drop(&d->place);
}

static bool take(struct desk *d, int64_t at_ms)
{
    bool is_new = false;
    int files[2] = {open(place_name(&d->place, "home/tls/server.key"), O_RDONLY | O_CLOEXEC), -1};
    files[1] = open(place_name(&d->place, "home/tls/server.crt"), O_RDONLY | O_CLOEXEC);
    renewal_take(&d->renewal, files, 2, d->audit, at_ms, &is_new);
    close(files[0]);
    close(files[1]);
    return is_new;
}

TEST(renewal_takes_another_certificate_and_puts_it_on_record)
{
    struct desk d;
    char was[TLS_PRINT_BYTES];
    struct audit_stats stats;
    desk_open(&d);
    memcpy(was, tls_facts(d.renewal.tls)->print, sizeof was);
    EXPECT_EQ(certificate_make(&d.home, NULL, 0, NULL), OK);
    EXPECT(take(&d, now_ms()));
    EXPECT(strcmp(was, tls_facts(d.renewal.tls)->print) != 0);
    EXPECT_EQ(d.renewal.refused[0], '\0');
    EXPECT(renewal_status(&d.renewal).looked_ms > 0);
    audit_stats(d.audit, &stats);
    EXPECT_EQ(stats.journal.entries, 1);
    EXPECT(strcmp(stats.change.action, "server.certificate") == 0);
    desk_close(&d);
}

TEST(renewal_keeps_the_old_one_beside_files_that_do_not_fit_and_says_why)
{
    struct desk d;
    struct audit_stats stats;
    desk_open(&d);
    const struct tls *was = d.renewal.tls;
    place_write(&d.place, "home/tls/server.crt", "-----BEGIN CERTIFICATE-----\n");
    EXPECT(!take(&d, now_ms()));
    EXPECT(d.renewal.tls == was);
    EXPECT(strstr(d.renewal.refused, "the server's certificate") != NULL);
    place_write(&d.place, "home/tls/server.crt", "");
    EXPECT(!take(&d, now_ms()));
    EXPECT(strstr(d.renewal.refused, "has 1 to ") != NULL);
    audit_stats(d.audit, &stats);
    EXPECT_EQ(stats.journal.entries, 0);
    EXPECT_EQ(certificate_make(&d.home, NULL, 0, NULL), OK);
    EXPECT(take(&d, now_ms()));
    EXPECT_EQ(d.renewal.refused[0], '\0');
    desk_close(&d);
}

TEST(renewal_takes_none_that_has_ended_or_not_begun)
{
    struct desk d;
    desk_open(&d);
    EXPECT(!take(&d, now_ms() + 731 * day_ms));
    EXPECT(strstr(d.renewal.refused, "ended on ") != NULL);
    EXPECT(!take(&d, now_ms() - 2 * day_ms));
    EXPECT(strstr(d.renewal.refused, "begins only on ") != NULL);
    EXPECT(take(&d, now_ms()));
    desk_close(&d);
}

TEST(renewal_tells_of_its_end_a_month_ahead_once_a_day)
{
    struct desk d;
    desk_open(&d);
    int64_t until_ms = tls_facts(d.renewal.tls)->until_ms;
    renewal_tick(&d.renewal, until_ms - 31 * day_ms);
    EXPECT_EQ(d.renewal.told_ms, 0);
    int64_t first_ms = until_ms - 29 * day_ms;
    renewal_tick(&d.renewal, first_ms);
    EXPECT_EQ(d.renewal.told_ms, first_ms);
    renewal_tick(&d.renewal, first_ms + 1000);
    EXPECT_EQ(d.renewal.told_ms, first_ms);
    renewal_tick(&d.renewal, first_ms + day_ms);
    EXPECT_EQ(d.renewal.told_ms, first_ms + day_ms);
    desk_close(&d);
}
