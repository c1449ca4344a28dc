// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/detecting.h"

static bool is_key(const char *text)
{
    return strcmp(detected(text), "private key") == 0;
}

TEST(detect_private_key_finds_pem_and_pgp)
{
    EXPECT(is_key("-----BEGIN PRIVATE KEY-----\nMIIE"));
    EXPECT(is_key("x -----BEGIN RSA PRIVATE KEY-----"));
    EXPECT(is_key("-----BEGIN OPENSSH PRIVATE KEY-----"));
    EXPECT(is_key("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    EXPECT(is_key("-----BEGIN PGP PRIVATE KEY BLOCK-----"));
}

TEST(detect_private_key_leaves_public_ones)
{
    EXPECT(!is_key("-----BEGIN PUBLIC KEY-----"));
    EXPECT(!is_key("-----BEGIN CERTIFICATE-----"));
    EXPECT(!is_key("BEGIN PRIVATE KEY"));
}
