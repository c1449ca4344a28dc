// SPDX-License-Identifier: Apache-2.0
#include "store/store_private.h"
#include "test.h"
#include "unit/store/fixture.h"

struct waiting {
    struct store *st;
    uint64_t version;
};

static void *wait_for_version(void *context)
{
    const struct waiting *w = context;
    return store_snapshot_since(w->st, w->version);
}

TEST(snapshot_since_waits_for_its_version)
{
    struct fixture f;
    fixture_open(&f);
    struct snapshot *before = store_snapshot_since(f.st, 0);
    struct waiting w = {f.st, snapshot_version(before) + 2};
    pthread_t waiter;
    void *got = NULL;
    EXPECT_EQ(pthread_create(&waiter, NULL, wait_for_version, &w), 0);
    fixture_change(&f, NOTES, ROW_PUT, 0, 3, 1);
    fixture_change(&f, NOTES, ROW_PUT, 3, 6, 1);
    EXPECT_EQ(pthread_join(waiter, &got), 0);
    EXPECT(snapshot_version(got) >= w.version);
    snapshot_free(got);
    snapshot_free(before);
    fixture_close(&f);
}

TEST(snapshot_shares_views_of_tables_that_did_not_change)
{
    struct fixture f;
    fixture_open(&f);
    struct snapshot *a = store_snapshot(f.st);
    fixture_change(&f, NOTES, ROW_PUT, 0, 3, 1);
    struct snapshot *b = store_snapshot(f.st);
    EXPECT(snapshot_view(a, DEVICES) == snapshot_view(b, DEVICES));
    EXPECT(snapshot_view(a, NOTES) != snapshot_view(b, NOTES));
    EXPECT(snapshot_schema(b) == fixture_schema());
    EXPECT_EQ(snapshot_version(b), snapshot_version(a) + 1);
    const uint32_t devices = DEVICES;
    const uint32_t notes = NOTES;
    EXPECT_EQ(snapshot_version_of(b, &devices, 1), snapshot_version_of(a, &devices, 1));
    EXPECT(snapshot_version_of(b, &notes, 1) > snapshot_version_of(a, &notes, 1));
    EXPECT_EQ(f.st->snapshots_alive, 2);
    snapshot_free(a);
    EXPECT_EQ(f.st->snapshots_alive, 1);
    snapshot_free(b);
    snapshot_free(NULL);
    EXPECT_EQ(f.st->snapshots_alive, 1); // the published one
    fixture_close(&f);
}
