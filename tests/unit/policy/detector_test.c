// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "policy/detector.h"
#include "test.h"
#include "unit/policy/detecting.h"

const char *detected(const char *text)
{
    struct detectors *d = NULL;
    EXPECT_EQ(detectors_new(&d, NULL), OK);
    const struct detector *hit = detectors_scan(d, slice_text(text), 0);
    detectors_free(d);
    return hit ? hit->name : "nothing";
}

void expect_detected(const char *text, const char *name)
{
    const char *found = detected(text);
    if (strcmp(found, name) != 0)
        test_fail(__FILE__, __LINE__, "in '%s' is found: %s", text, found);
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
        EXPECT(detectors_scan(d, slice_text("a@example.org"), 0) == &detect_email);
        EXPECT(detectors_scan(d, slice_text("ok"), 0) == NULL);
        EXPECT(detectors_scan(d, slice_of(NULL, 0), 0) == NULL);
    }
    detectors_free(d);
    detectors_free(NULL);
}

TEST(detectors_pass_over_what_is_allowed)
{
    struct detectors *d = NULL;
    EXPECT_EQ(detectors_new(&d, NULL), OK);
    struct slice both = slice_text("a@example.org from 203.0.113.7");
    EXPECT(detectors_scan(d, both, 0) == &detect_email);
    EXPECT(detectors_scan(d, both, detector_bit(&detect_email)) == &detect_ip);
    EXPECT(detectors_scan(d, both, detector_bit(&detect_email) | detector_bit(&detect_ip)) == NULL);
    detectors_free(d);
}

TEST(detectors_have_ids_of_their_own)
{
    for (unsigned i = 0; detector_at(i); i++) {
        EXPECT(detector_of_id(detector_at(i)->id) == detector_at(i));
        EXPECT_EQ(detector_bit(detector_at(i)), 1U << i);
    }
    EXPECT(detector_of_id("sha") == NULL);
    struct buf ids = buf_init(1024);
    detector_ids(detector_bit(&detect_ip) | detector_bit(&detect_mac), &ids);
    bool right = slice_is(buf_slice(&ids), "mac, ip");
    buf_done(&ids);
    EXPECT(right);
}
