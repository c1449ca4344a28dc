// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/fleet.h"

TEST(policy_refuses_broken_lookups)
{
    expect_edit_refused("lookup: devices", "lookup: gadgets",
                        "23: column device_id: lookup: there is no table gadgets");
    expect_edit_refused("lookup: devices", "lookup: connections",
                        "23: column device_id: lookup: the key of table connections is no "
                        "pseudonym of subject device");
    expect_edit_refused("device_id: {treat: pseudonym, subject: device",
                        "device_id: {treat: pseudonym, subject: customer",
                        "23: column device_id: lookup: the key of table devices is no pseudonym of "
                        "subject customer");
    expect_edit_refused("outcome: {treat", "device: {treat",
                        "23: column device_id: its look-up is called device, as column device is "
                        "already");
}
