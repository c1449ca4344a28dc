// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "policy/treatment.h"
#include "test.h"

TEST(treatments_are_found_by_name)
{
    EXPECT(treatment_get("keep") == &treat_keep);
    EXPECT(treatment_get("pseudonym") == &treat_pseudonym);
    EXPECT(treatment_get("hide") == NULL);
    EXPECT(treatment_get("") == NULL);
}

TEST(treatments_say_what_they_reveal)
{
    struct buf names AUTO(buf_donep) = buf_init(256);
    treatment_names(&names);
    EXPECT(slice_is(buf_slice(&names), "keep, drop, round, bucket, truncate, pseudonym, seal"));
    EXPECT(strlen(treat_round.reveals) > 10);
    EXPECT(!treat_drop.enters && treat_keep.enters);
    EXPECT(treat_keep.scanned && !treat_pseudonym.scanned && !treat_round.scanned);
}
