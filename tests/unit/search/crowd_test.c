// SPDX-License-Identifier: Apache-2.0
#include "search/crowd.h"
#include "test.h"

TEST(crowd_counts_different_subjects_up_to_its_floor)
{
    struct room room = room_init(1 << 20);
    struct crowd c = {.floor = 3};
    EXPECT(crowd_reserve(&c, &room, 100));
    for (int i = 0; i < 10; i++) {
        crowd_see(&c, 1, 7);
        crowd_see(&c, 2, (uint64_t)i);
        crowd_see(&c, 99, SUBJECT_NONE);
    }
    crowd_see(&c, 1, 8);
    EXPECT(!crowd_is_enough(&c, 1));
    crowd_see(&c, 1, 9);
    EXPECT(crowd_is_enough(&c, 1));
    EXPECT(crowd_is_enough(&c, 2));
    EXPECT(!crowd_is_enough(&c, 99));
    EXPECT(!crowd_is_enough(&c, 1u << 30));
    room_done(&room);
}

TEST(crowd_without_a_floor_is_always_enough)
{
    struct room room = room_init(1 << 20);
    struct crowd c = {.floor = 0};
    EXPECT(crowd_reserve(&c, &room, 5));
    EXPECT(crowd_is_enough(&c, 4));
    room_done(&room);
}

static const struct veil_key key = {{7, 1, 2, 3}};

TEST(crowd_draws_its_floor_from_who_is_in_it)
{
    struct room room = room_init(1 << 20);
    struct crowd c = {.floor = 3, .key = &key};
    EXPECT(crowd_reserve(&c, &room, 300));
    int shown[8] = {0};
    for (uint32_t b = 0; b < 300; b++) {
        uint32_t size = 2 + b % 5;
        for (uint64_t i = 0; i < size; i++)
            crowd_see(&c, b, veil_subject(&key, b * 1000 + i));
        shown[size] += crowd_is_enough(&c, b);
    }
    EXPECT_EQ(shown[2], 0);
    EXPECT(shown[3] > 5 && shown[3] < 40); // of 60: a third
    EXPECT(shown[4] > 25 && shown[4] < 55);
    EXPECT_EQ(shown[5], 60);
    EXPECT_EQ(shown[6], 60);
    room_done(&room);
}

TEST(crowd_of_the_same_subjects_is_the_same_in_any_order)
{
    struct room room = room_init(1 << 20);
    struct crowd c = {.floor = 3, .key = &key};
    struct crowd other = c;
    struct crowd half = c;
    EXPECT(crowd_reserve(&c, &room, 1) && crowd_reserve(&other, &room, 1));
    EXPECT(crowd_reserve(&half, &room, 1));
    for (uint64_t i = 0; i < 500; i++) {
        crowd_see(&c, 0, veil_subject(&key, i));
        crowd_see(i % 2 ? &other : &half, 0, veil_subject(&key, 499 - i));
    }
    crowd_merge(&other, &room, &half, NULL);
    struct veil a = crowd_veil(&c, 0);
    struct veil b = crowd_veil(&other, 0);
    EXPECT(a.print == b.print && a.share == b.share);
    EXPECT(crowd_size(&c, 0) > 200 && crowd_size(&c, 0) < 1200);
    EXPECT(crowd_is_full(&c, 0));
    room_done(&room);
}

TEST(crowd_knows_exactly_how_few_there_are)
{
    struct room room = room_init(1 << 20);
    struct crowd c = {.floor = 3};
    EXPECT(crowd_reserve(&c, &room, 1));
    for (uint64_t i = 0; i < 40; i++)
        crowd_see(&c, 0, veil_subject(NULL, i % 13));
    EXPECT(crowd_size(&c, 0) == 13);
    EXPECT(!crowd_is_full(&c, 0));
    EXPECT(crowd_veil(&c, 0).key == NULL);
    room_done(&room);
}

TEST(crowd_sees_many_rows_as_it_sees_each)
{
    enum { ROWS = 4000 };

    static uint64_t subjects[ROWS];
    static uint32_t buckets[ROWS];
    struct room room = room_init(1 << 20);
    struct crowd one = {.floor = 5, .key = &key};
    struct crowd many = one;
    struct crowd all = one;
    struct crowd each = one;
    EXPECT(crowd_reserve(&one, &room, 4) && crowd_reserve(&many, &room, 4));
    EXPECT(crowd_reserve(&all, &room, 1) && crowd_reserve(&each, &room, 1));
    for (uint32_t i = 0; i < ROWS; i++) {
        subjects[i] = i % 7 ? veil_subject(&key, i % 900) : SUBJECT_NONE;
        buckets[i] = i % 5 == 4 ? UINT32_MAX : i % 5;
        if (buckets[i] != UINT32_MAX)
            crowd_see(&one, buckets[i], subjects[i]);
        crowd_see(&each, 0, subjects[i]);
    }
    crowd_see_many(&many, buckets, subjects, ROWS);
    crowd_see_all(&all, subjects, ROWS);
    for (uint32_t b = 0; b < 4; b++) {
        EXPECT_EQ(many.prints[b], one.prints[b]);
        EXPECT(crowd_size(&many, b) == crowd_size(&one, b));
    }
    EXPECT_EQ(all.prints[0], each.prints[0]);
    EXPECT(crowd_size(&all, 0) == crowd_size(&each, 0));
    room_done(&room);
}

TEST(crowd_adds_a_bucket_of_another)
{
    struct room room = room_init(1 << 20);
    struct crowd a = {.floor = 3};
    struct crowd b = a;
    EXPECT(crowd_reserve(&a, &room, 2) && crowd_reserve(&b, &room, 2));
    crowd_see(&a, 0, 1);
    crowd_see(&b, 1, 1);
    crowd_see(&b, 1, 2);
    crowd_add(&a, 0, &b, 1);
    EXPECT(crowd_size(&a, 0) == 2);
    EXPECT_EQ(a.prints[0], 4);
    EXPECT(crowd_size(&a, 1) == 0);
    room_done(&room);
}
