// SPDX-License-Identifier: Apache-2.0
#include "audit/journal.h"
#include "unit/audit/shelf.h"

#include <pthread.h>

enum { THREADS = 6, EACH = 200 };

struct writer {
    pthread_t thread;
    struct journal *j;
    uint64_t numbers[EACH];
};

static void *append_all(void *context)
{
    struct writer *w = context;
    for (int i = 0; i < EACH; i++) {
        if (shelf_append(w->j, (uint64_t)i, &w->numbers[i]) != OK)
            w->numbers[i] = UINT64_MAX;
        if (i % 50 == 0)
            (void)journal_sync(w->j, w->numbers[i], NULL);
    }
    return NULL;
}

TEST(journal_gives_every_thread_numbers_of_its_own_in_its_order)
{
    static struct writer writers[THREADS];
    static bool seen[THREADS * EACH];
    struct shelf s;
    shelf_open(&s);
    const struct journal_options o = {.segment_bytes = 20000};
    struct journal *j = NULL;
    EXPECT_EQ(journal_open(&s.world, &o, &j, NULL), OK);
    for (int t = 0; t < THREADS; t++) {
        writers[t].j = j;
        EXPECT_EQ(pthread_create(&writers[t].thread, NULL, append_all, &writers[t]), 0);
    }
    for (int t = 0; t < THREADS; t++)
        pthread_join(writers[t].thread, NULL);
    memset(seen, 0, sizeof seen);
    for (int t = 0; t < THREADS; t++) {
        for (int i = 0; i < EACH; i++) {
            uint64_t number = writers[t].numbers[i];
            EXPECT(number < THREADS * EACH && !seen[number]);
            EXPECT(i == 0 || number > writers[t].numbers[i - 1]);
            seen[number] = true;
        }
    }
    EXPECT_EQ(journal_sync(j, THREADS * EACH - 1, NULL), OK);
    struct merkle tree;
    struct merkle again;
    journal_tree(j, &tree);
    EXPECT_EQ(tree.size, THREADS * EACH);
    journal_close(j);
    EXPECT_EQ(journal_open(&s.world, &o, &j, NULL), OK);
    journal_tree(j, &again);
    struct hash256 a;
    struct hash256 b;
    merkle_root(&tree, &a);
    merkle_root(&again, &b);
    EXPECT(hash256_equal(&a, &b));
    journal_close(j);
    shelf_close(&s);
}
