#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors
#
# The layers, as the linker sees them: the library calls nothing but the
# allocator and functions on memory and strings, its symbols are all prefixed,
# and the shared object exports the public ones only.
#
# From the environment: NM (may be two words), srcdir.  Runs in the build tree.

: "${NM:=nm}" "${srcdir:=.}"
failed=0

# report NAME OFFENDERS: ok if there are no offenders
report()
{
	if [ -z "$2" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		echo "$2" | sed 's/^/# /'
		failed=1
	fi
}

# missing NAME LIST: says so if a symbol that must be there is not, so that
# none of these tests can pass on an empty list
missing()
{
	echo "$2" | grep -qx "$1" || echo "no symbol $1: nothing was examined"
}

# Symbols that an instrumented or hardened build brings along.
tools='__(asan|ubsan|lsan|sanitizer|sancov|gcov|llvm|cyg_profile)_.*'
tools="$tools|__stack_chk_.*|__start___sanc.*|__stop___sanc.*|__assert_fail"
tools="$tools|_GLOBAL_OFFSET_TABLE_|__tls_get_addr"
# Compilers write bcmp for memcmp, and __memcpy_chk with -D_FORTIFY_SOURCE.
allowed='malloc|free|bcmp|(__)?(mem|str)[a-z]+(_chk)?'

archive=.libs/libcore.a
shared=.libs/libtcpaudit.so

defined=$($NM -g "$archive" | awk 'NF == 3 && $2 ~ /[A-TV-Z]/ { print $3 }')
undefined=$($NM -g "$archive" | awk '$1 == "U" { print $2 }' | sort -u |
	while read -r symbol; do
		echo "$defined" | grep -qx "$symbol" || echo "$symbol"
	done)

report "the library is there" "$(missing tcpaudit_packet "$defined"
	missing ta_decode "$defined")"
report "the library calls the allocator, mem* and str* only" "$(
	missing malloc "$undefined"
	echo "$undefined" | grep -vEx "$allowed|$tools" | grep .)"
report "its symbols begin with ta_ or tcpaudit_" "$(
	echo "$defined" | grep -vEx "(ta|tcpaudit)_.*|$tools" | grep .)"

if [ -e "$shared" ]; then
	exported=$($NM -D --defined-only "$shared" | awk '{ print $NF }')
	report "the shared object exports tcpaudit_* only" "$(
		missing tcpaudit_packet "$exported"
		echo "$exported" | grep -vEx "tcpaudit_.*|$tools" | grep .)"
fi

# Nothing that can change lives outside the objects the library hands out.
# Instrumentation keeps tables of its own; constants with addresses in them are
# in .data.rel.ro.
sections=$(size -A "$archive" 2>/dev/null)
case $undefined in
*__asan_* | *__gcov_* | *__sancov_*) sections= ;;
esac
if [ -n "$sections" ]; then
	report "the library has no variables" "$(echo "$sections" | awk '
		/ex .*:$/ { file = $1 }
		$1 ~ /^\.t?(data|bss)/ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0 {
			print file ": " $2 " bytes in " $1
		}
		$1 == ".text" { found = 1 }
		END { if (!found) print "no .text: nothing was examined" }')"
fi

# The program uses the library through its public header.
report "the program includes no header of the library but tcpaudit.h" "$(
	cd "$srcdir/src" && for header in lib/*.h; do
		header=${header#lib/}
		[ -e "cli/$header" ] ||
			grep -n "include \"$header\"" cli/*.[ch]
	done)"

# A file that the makefile does not name is neither built, run nor released.
# A test of one file has its name there without the .c.
report "Makefile.am names every file" "$(
	cd "$srcdir" && find src tests man include -type f \
		-name '[!.]*.*[chdefpsy1-9]' ! -name '*.o' ! -name '*.pyc' \
		! -path '*/.*' | while read -r file; do
		grep -qE "(^|[[:space:]])${file%.c}(\.c)?([[:space:]]|\$)" \
			Makefile.am || echo "$file"
	done)"

# Of a function that does nothing else, compilers leave the calls out.  The
# program has no headers of the library: crate.c does it in a function that does
# more.
report "what is wanted soon is sent for by fetch.h" "$(
	cd "$srcdir/src" || exit
	grep -q __builtin_prefetch lib/fetch.h ||
		echo "lib/fetch.h sends for nothing: nothing was examined"
	grep -n __builtin_prefetch lib/*.[ch] cli/*.[ch] |
		grep -v -e "^lib/fetch.h:" -e "^cli/crate.c:")"

exit $failed
