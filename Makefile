# A thin front to meson and ninja.  Everything may be run again and does no work twice.

PREFIX ?= /usr/local
DESTDIR ?=
BUILD = build

.PHONY: all deps quickstart check check-all install clean bench format

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

$(BUILD)/build.ninja:
	meson setup --prefix=$(PREFIX) $(BUILD)
	@echo $(PREFIX) >$(BUILD)/.prefix

deps:
	@tools/install-packages build

# Not prerequisites in one line: with -j the build would not wait for its packages.
quickstart: deps
	@$(MAKE) all
	@sh tools/quickstart

check:
	@tools/check check

check-all:
	@tools/check all

# meson is told about a prefix only when it is another one, as that costs a reconfigure.
install: all
	@[ "$$(cat $(BUILD)/.prefix 2>/dev/null)" = "$(PREFIX)" ] || { \
		meson configure $(BUILD) -Dprefix=$(PREFIX) && echo $(PREFIX) >$(BUILD)/.prefix; }
	DESTDIR=$(DESTDIR) meson install -C $(BUILD)

bench: all
	@bench/run

format:
	@find src include tests bench -name '*.[ch]' 2>/dev/null | xargs -r clang-format -i

clean:
	rm -rf $(BUILD) $(BUILD)-*
