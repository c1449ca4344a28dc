// SPDX-License-Identifier: Apache-2.0
#include "cli/password_out.h"
#include "unit/server/place.h"

TEST(password_goes_into_a_new_file_for_its_owner_alone)
{
    struct place p = place_make();
    struct password_out out;
    char file[128];
    snprintf(file, sizeof file, "%s", place_name(&p, "pw"));
    EXPECT_EQ(password_out_open(file, &out, NULL), OK);
    EXPECT_EQ(password_out_write(&out, "admin", "secret words", NULL), OK);
    password_out_drop(&out); // after a write there is nothing to drop
    EXPECT_EQ(place_mode(&p, "pw"), 0600);
    char text[32] = {0};
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    EXPECT_EQ(read(fd, text, sizeof text - 1), 13);
    close(fd);
    EXPECT(strcmp(text, "secret words\n") == 0);
    EXPECT_EQ(password_out_open(file, &out, NULL), ERR_CONFLICT);
    place_drop(&p);
}

TEST(password_file_that_was_not_needed_goes)
{
    struct place p = place_make();
    struct password_out out;
    EXPECT_EQ(password_out_open(place_name(&p, "pw"), &out, NULL), OK);
    char file[128];
    snprintf(file, sizeof file, "%s", place_name(&p, "pw"));
    out.file = file; // place_name()'s own memory is used again
    password_out_drop(&out);
    EXPECT_EQ(place_mode(&p, "pw"), -1);
    EXPECT_EQ(password_out_open("/no/such/directory/pw", &out, NULL), ERR_IO);
    place_drop(&p);
}
