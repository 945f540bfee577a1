#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors
#
# The public header stands alone: strict C11, C++, no name of ours without a
# prefix, and the version that the package has.
#
# From the environment: CC, CXX (may be empty), VERSION, srcdir.  CC and CXX may
# bring options along:
# shellcheck disable=SC2086

: "${CC:=cc}" "${srcdir:=.}"
include=$srcdir/include
directory=$(mktemp -d) || exit 99
trap 'rm -rf "$directory"' EXIT
failed=0

# check NAME COMMAND...
check()
{
	name=$1
	shift
	if "$@" >"$directory/out" 2>&1; then
		echo "ok - $name"
	else
		echo "not ok - $name"
		sed 's/^/# /' "$directory/out"
		failed=1
	fi
}

cat >"$directory/one.c" <<EOF
#include "tcpaudit.h"
#include "tcpaudit_part.h"
#include "tcpaudit.h"

int
main(void)
{
	struct tcpaudit_config config;

	return sizeof(config) == 0;
}
EOF
cp "$directory/one.c" "$directory/one.cc"

check "tcpaudit.h is C11" $CC -std=c11 -pedantic -Wall -Wextra -Werror \
	-I"$include" -fsyntax-only "$directory/one.c"
if [ -n "$CXX" ]; then
	check "tcpaudit.h is C++" $CXX -std=c++11 -pedantic -Wall -Wextra \
		-Werror -I"$include" -fsyntax-only "$directory/one.cc"
else
	echo "ok - tcpaudit.h is C++ # SKIP no C++ compiler"
fi
check "the version of the header is the version of the package" \
	grep -qF "TCPAUDIT_VERSION \"$VERSION\"" "$include/tcpaudit.h"

# Each header of the library stands alone, too.
for header in "$srcdir"/src/lib/*.h; do
	name=${header##*/}
	echo "#include \"$name\"" >"$directory/two.c"
	check "$name stands alone" $CC -std=c11 -Wall -Wextra -Werror \
		-Wno-unused-function -I"$include" -I"$srcdir/src/lib" \
		-fsyntax-only "$directory/two.c"
done

exit $failed
