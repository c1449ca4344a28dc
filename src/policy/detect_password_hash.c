// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"

// Stored passwords, by the names their schemes begin with: crypt's (MD5, SHA-2, yescrypt,
// bcrypt), Argon2 and scrypt, Django's PBKDF2, PostgreSQL's SCRAM, LDAP's {SSHA}.
const struct detector detect_password_hash = {
    .name = "password hash",
    .id = "password-hash",
    .pattern = "(?:\\$2[abxy]\\$[0-9]{2}\\$[./A-Za-z0-9]{4}|\\$argon2(?:id|i|d)\\$v=[0-9]|"
               "\\$(?:[156y]|gy|7)\\$[./A-Za-z0-9$=]{16}|"
               "\\$scrypt\\$ln=|SCRAM-SHA-(?:1|256)\\$[0-9]+:|"
               "pbkdf2_sha(?:1|256|512)\\$[0-9]+\\$|\\{S?SHA(?:256|512)?\\}[A-Za-z0-9+/]{20})",
};
