// SPDX-License-Identifier: Apache-2.0
#include "store/read_fault.h"
#include "test.h"

#include <pthread.h>
#include <string.h>

static void *take(void *context)
{
    *(enum err *)context = read_fault_take(NULL);
    return NULL;
}

TEST(read_fault_is_the_first_of_its_own_thread)
{
    struct fault first = {.code = ERR_CORRUPT, .words = "first"};
    struct fault second = {.code = ERR_IO, .words = "second"};
    struct fault why = {0};
    (void)read_fault_take(NULL);
    EXPECT_EQ(read_fault_take(&why), OK);
    read_fault_note(&first);
    read_fault_note(&second);
    enum err other = ERR_LIMIT;
    pthread_t t;
    EXPECT_EQ(pthread_create(&t, NULL, take, &other), 0);
    EXPECT_EQ(pthread_join(t, NULL), 0);
    EXPECT_EQ(other, OK);
    EXPECT(read_fault_is_noted());
    EXPECT_EQ(read_fault_take(&why), ERR_CORRUPT);
    EXPECT(strcmp(why.words, "first") == 0);
    EXPECT(!read_fault_is_noted());
    EXPECT_EQ(read_fault_take(&why), OK);
}
