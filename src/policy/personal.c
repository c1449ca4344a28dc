// SPDX-License-Identifier: Apache-2.0
#include "policy/personal.h"

#include "policy/name_words.h"

static const struct {
    const char *what, *words[16];
} personal[] = {
    {"a name",
     {"name", "firstname", "lastname", "surname", "nickname", "username", "fullname", "login",
      "displayname"}},
    {"an address", {"email", "mail", "address", "street", "zip", "postcode", "postalcode", "city"}},
    {"a number of a person", {"phone", "mobile", "msisdn", "ssn"}},
    {"a birthday", {"birth", "birthday", "birthdate", "dob", "born"}},
    {"a network's name", {"ssid", "essid", "wifiname", "wlanname", "networkname"}},
    {"a device's number", {"mac", "bssid", "imei", "imsi", "serial", "serialnumber"}},
    {"a secret", {"token", "secret", "password", "passwd", "apikey", "hash", "session", "cookie"}},
    {"an account", {"iban", "card"}},
    {"a place", {"lat", "lon", "lng", "latitude", "longitude", "geo"}},
    {"a measure of a body",
     {"sex", "gender", "height", "weight", "bmi", "bodyfat", "fat", "waist", "pulse", "heartrate",
      "bloodpressure"}},
    {"what somebody wrote",
     {"note", "notes", "comment", "message", "remark", "description", "bio"}},
};

const char *personal_by_name(const char *column)
{
    for (size_t i = 0; i < sizeof personal / sizeof *personal; i++) {
        for (const char *const *word = personal[i].words; *word; word++) {
            if (name_has_word(column, *word))
                return personal[i].what;
        }
    }
    return NULL;
}

const struct detector *personal_by_form(const struct survey_counts *seen, uint32_t *out_count)
{
    const struct detector *found = NULL;
    *out_count = 0;
    for (unsigned i = 0; i < SURVEY_DETECTORS; i++) {
        if (seen->hits[i] <= *out_count)
            continue;
        *out_count = seen->hits[i];
        found = detector_at(i);
    }
    return found;
}
