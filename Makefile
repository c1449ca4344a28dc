# One Makefile, no configure step.  `make help` lists what it can do.
# Every MODE builds into a tree of its own, so switching costs nothing.

MODE ?= release
B := build/$(MODE)

ifeq ($(filter $(MODE),debug release asan tsan fuzz cover),)
$(error MODE is one of debug release asan tsan fuzz cover, not '$(MODE)')
endif

CC_debug   := gcc
CC_release := gcc
CC_asan    := clang
CC_tsan    := clang
CC_cover   := clang
CC_fuzz    := clang
CC := $(CC_$(MODE))

FLAGS_debug   := -Og -g3 -DSLOW_CHECKS
FLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
FLAGS_asan    := -O1 -g -DSLOW_CHECKS -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAGS_tsan    := -O1 -g -fsanitize=thread
FLAGS_cover   := -O0 -g -fprofile-instr-generate -fcoverage-mapping
FLAGS_fuzz    := -O1 -g -DSLOW_CHECKS -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all

WARN := -Wall -Wextra -Werror -Wshadow -Wconversion -Wno-sign-conversion \
        -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
        -Wmissing-variable-declarations -Wpointer-arith -Wcast-qual -Wvla \
        -Wwrite-strings -Wundef -Wformat=2 -Wswitch-enum -Wimplicit-fallthrough \
        -Wnull-dereference -fno-common
ifeq ($(CC),gcc)
WARN := $(filter-out -Wmissing-variable-declarations,$(WARN)) -Wlogical-op -Wduplicated-cond \
        -Wduplicated-branches -Wno-format-truncation -Wjump-misses-init -Wstack-usage=65536
STD := -std=gnu17
else
STD := -std=gnu17 -fdouble-square-bracket-attributes
endif

PACKAGES := libmicrohttpd gnutls libcurl libpq libsodium sqlite3 libhs libzstd libxxhash libcyaml yaml-0.1 libseccomp zlib
LIB_FLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
LIBS      := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lroaring -lpthread -lm

VERSION := $(shell cat VERSION 2>/dev/null || echo 0.0.0)
COMMIT  := $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)

CFLAGS   += $(STD) $(FLAGS_$(MODE)) $(WARN)
CPPFLAGS += -D_GNU_SOURCE -Isrc -Itests $(patsubst -I%,-isystem %,$(LIB_FLAGS))
LDFLAGS  += $(filter -fsanitize=% -fprofile%,$(FLAGS_$(MODE)))
ifeq ($(MODE),release)
LDFLAGS  += -pie -Wl,-z,relro,-z,now
endif

# ONLY="base json" builds and tests just these folders (and what they name must be among
# them): for work on one part while another does not build.
ifdef ONLY
FOLDERS := $(ONLY)
empty :=
B := build/$(MODE)-$(subst $(empty) ,-,$(strip $(ONLY)))
else
FOLDERS := $(filter-out \#%,$(shell grep -v '^\#' src/LAYERS))
endif

SRC     := $(sort $(foreach f,$(FOLDERS),$(wildcard src/$(f)/*.c)))
LIB_SRC := $(filter-out src/cli/main.c,$(SRC))
TESTS   := $(sort $(wildcard tests/*.c) $(foreach f,$(FOLDERS),$(wildcard tests/unit/$(f)/*_test.c)))
HEADERS := $(sort $(foreach f,$(FOLDERS),$(wildcard src/$(f)/*.h)) $(wildcard tests/*.h))
FUZZ    := $(sort $(wildcard fuzz/*_fuzz.c))
ALL_C   := $(SRC) $(TESTS) $(FUZZ)
obj = $(patsubst %.c,$(B)/%.o,$(1))

.DEFAULT_GOAL := all
.PHONY: all help install demo unit quick check check-peers format format-check tidy headers lint analyze fuzz-smoke cover bench packages clean

all: build/tamis build/tamis-fleet  ## build/tamis, optimised, and the demo's fleet

build/tamis-fleet: $(B)/demo/fleet.o $(B)/demo/fleet_main.o
	@$(CC) $(LDFLAGS) -o $@ $^ -lpq

build/tamis: $(B)/tamis
	@cp $< $@

$(B)/tamis: $(call obj,$(SRC))
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/unit: $(call obj,$(LIB_SRC) $(TESTS))
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/fuzz/%: $(B)/fuzz/%.o $(call obj,$(LIB_SRC))
	$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)
$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(if $(filter src/cli/%,$<),-DTAMIS_VERSION='"$(VERSION)"' -DTAMIS_COMMIT='"$(COMMIT)"') -MMD -MP -c -o $@ $<
-include $(patsubst %.o,%.d,$(call obj,$(ALL_C)))

unit: $(B)/unit  ## unit tests; T=words runs only those, MODE=debug|asan|tsan|cover picks the build
	$(B)/unit $(T)

format:          ## rewrite all C with clang-format
	clang-format -i $(ALL_C) $(HEADERS)
format-check:
	clang-format --dry-run -Werror $(ALL_C) $(HEADERS)
tidy:            ## our own rules: layers, sizes, names, banned calls
	/usr/bin/python3 tools/tidy.py
