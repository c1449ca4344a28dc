// SPDX-License-Identifier: Apache-2.0
#include "cli/neighbours.h"
#include "test.h"

#include <stdio.h>

static const char tcp[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
    "   0: 0100007F:18EB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
    "   1: 00000000:23F0 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
    "   2: 0100007F:23F0 0100007F:B2A1 01 00000000:00000000 00:00000000 00000000     0\n"
    "   3: 0A01A8C0:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
    "   4: 0100007F:18EB 00000000:0000 0A\n"
    "   5: 01007F:18EB 00000000:0000 0A\n"
    "   6: 0100007F 00000000:0000 0A\n"
    "   7: 0100007F:18EB\n\n";
static const char tcp6[] =
    "  sl  local_address                         remote_address                        st\n"
    "   0: 00000000000000000000000000000000:23F0 00000000000000000000000000000000:0000 0A 0\n"
    "   1: 00000000000000000000000001000000:18EB 00000000000000000000000000000000:0000 0A 0\n"
    "   2: B80D0120000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 0";

TEST(neighbours_are_the_listeners_of_both_families_each_once)
{
    static struct neighbour n[NEIGHBOURS_MAX];
    unsigned count = neighbours_add(slice_text(tcp), false, n, 0);
    EXPECT_EQ(count, 3);
    EXPECT(slice_is(slice_text(n[0].host), "127.0.0.1") && n[0].port == 6379);
    EXPECT(!n[0].is_everywhere);
    EXPECT(slice_is(slice_text(n[1].host), "127.0.0.1") && n[1].port == 9200);
    EXPECT(n[1].is_everywhere);
    EXPECT(slice_is(slice_text(n[2].host), "192.168.1.10") && n[2].port == 80);
    EXPECT(n[2].is_everywhere);
    count = neighbours_add(slice_text(tcp6), true, n, count);
    EXPECT_EQ(count, 4);
    EXPECT(!n[0].is_everywhere);
    EXPECT(slice_is(slice_text(n[3].host), "[2001:db8::1]") && n[3].port == 8080);
}

TEST(neighbours_in_any_bytes_stay_within_their_room)
{
    static struct neighbour n[NEIGHBOURS_MAX];
    static char many[64 * 400];
    size_t len = 0;
    for (int i = 0; i < 400; i++)
        len += (size_t)snprintf(many + len, sizeof many - len,
                                "%4d: 0100007F:%04X 00000000:0000 0A\n", i, i + 1);
    EXPECT_EQ(neighbours_add(slice_of(many, len), false, n, 0), NEIGHBOURS_MAX);
    for (size_t cut = 0; cut < sizeof tcp; cut++)
        EXPECT(neighbours_add(slice_of(tcp, cut), false, n, 0) <= 3);
    EXPECT_EQ(neighbours_add(slice_text(""), true, n, 2), 2);
}
