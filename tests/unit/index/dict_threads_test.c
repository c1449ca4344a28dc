// SPDX-License-Identifier: Apache-2.0
#include "index/dict.h"
#include "test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

// One writer adds while readers look: for the thread sanitizer as much as for the values.

enum { VALUES = 20000, READERS = 3, FIXED_BYTES = 16 };

struct shared {
    struct dict *d;
    bool fixed;
    _Atomic uint32_t wrong;
    _Atomic bool done;
};

static struct slice value_of(const struct shared *s, char room[32], uint32_t n)
{
    int len = snprintf(room, 32, s->fixed ? "%016u" : "%u", n);
    return slice_of(room, s->fixed ? FIXED_BYTES : (size_t)len);
}

static void look(struct shared *s, uint32_t n)
{
    char room[32];
    uint32_t count = dict_count(s->d);
    uint32_t code = dict_find(s->d, value_of(s, room, n));
    bool right = code == n || (code == CODE_NONE && n >= count);
    if (n < count)
        right &= slice_equal(dict_value(s->d, n), value_of(s, room, n));
    if (!right)
        atomic_fetch_add(&s->wrong, 1);
}

static void *reader(void *context)
{
    struct shared *s = context;
    uint32_t n = 0;
    while (!atomic_load(&s->done)) {
        look(s, n % VALUES);
        uint32_t count = dict_count(s->d);
        if (count > 0)
            look(s, count - 1);
        n += 7919;
    }
    for (uint32_t i = 0; i < VALUES; i += 13)
        look(s, i);
    return NULL;
}

static void write_all(struct shared *s)
{
    for (uint32_t from = 0; from < VALUES;) {
        char rooms[40][32];
        struct slice values[40];
        uint32_t codes[40];
        uint32_t n = 1 + from % 40;
        n = n < VALUES - from ? n : VALUES - from;
        for (uint32_t i = 0; i < n; i++)
            values[i] = value_of(s, rooms[i], from + i);
        if (dict_add_many(s->d, values, n, codes, NULL) != OK || codes[n - 1] != from + n - 1)
            atomic_fetch_add(&s->wrong, 1);
        from += n;
    }
}

static void read_while_writing(uint32_t fixed_bytes)
{
    struct shared s = {.d = dict_new(fixed_bytes), .fixed = fixed_bytes != 0};
    pthread_t readers[READERS];
    for (int i = 0; i < READERS; i++)
        EXPECT_EQ(pthread_create(&readers[i], NULL, reader, &s), 0);
    write_all(&s);
    atomic_store(&s.done, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    EXPECT_EQ(s.wrong, 0);
    EXPECT_EQ(dict_count(s.d), VALUES);
    dict_free(s.d);
}

TEST(dict_readers_see_whole_texts_while_a_writer_adds)
{
    read_while_writing(0);
}

TEST(dict_readers_see_whole_pseudonyms_while_a_writer_adds)
{
    read_while_writing(FIXED_BYTES);
}
