// SPDX-License-Identifier: Apache-2.0
#pragma once

// The Elasticsearch version whose API this is: what clients ask before they speak.

#define API_VERSION "8.15.0"
