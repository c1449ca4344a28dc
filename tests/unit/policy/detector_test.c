// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"
#include "test.h"
#include "unit/policy/detecting.h"

const char *detected(const char *text)
{
    struct detectors *d = NULL;
    EXPECT_EQ(detectors_new(&d, NULL), OK);
    const struct detector *hit = detectors_scan(d, slice_text(text));
    detectors_free(d);
    return hit ? hit->name : "nothing";
}

TEST(detectors_find_nothing_in_metrics)
{
    static const char *const plain[] = {
        "",        "ok",      "timeout",   "2.14.3-beta",  "eu-west-1",
        "Model X", "a.b.c.d", "rev@1.2.3", "device@fleet", "-----BEGIN CERTIFICATE-----",
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        EXPECT(strcmp(detected(plain[i]), "nothing") == 0);
}

TEST(detectors_scan_many_texts_with_one_set)
{
    struct detectors *d = NULL;
    EXPECT_EQ(detectors_new(&d, NULL), OK);
    for (int i = 0; i < 100; i++) {
        EXPECT(detectors_scan(d, slice_text("a@example.org")) == &detect_email);
        EXPECT(detectors_scan(d, slice_text("ok")) == NULL);
        EXPECT(detectors_scan(d, slice_of(NULL, 0)) == NULL);
    }
    detectors_free(d);
    detectors_free(NULL);
}
