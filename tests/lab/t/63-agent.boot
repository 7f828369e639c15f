# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A program of the desktop, with libquaywall-glib: the prompt of the session's polkit agent says what is to be approved; a password
# makes the change, and one that is wrong or not entered is a refusal in words.

systemctl start quaywalld || die "quaywalld"
pwconv && echo root:secret | chpasswd || die "a password"
tests=/usr/libexec/quaywall-tests
export GI_TYPELIB_PATH=/usr/lib/girepository-1.0
# alice ANSWER CMD...: in a session of hers, with an agent; without one if ANSWER is "none"
alice() {
	local agent=(python3 /lab/agent.py "$1")
	[ "$1" != none ] || agent=()
	timeout 60 systemd-run --quiet --wait --pipe --collect -p PAMName=runuser-l -p User=alice -E GI_TYPELIB_PATH \
		-- "${agent[@]}" "${@:2}" 2>&1
}
policies() { quaywallctl policy list --json; }
asks='org\.quaywall1\.manage-policies asks: '

# programs WHAT PROGRAM...
programs() {
	local what=$1
	shift
	like "^${asks}Make the policy \"closed-8080-tcp\".*8080/tcp.*status 0\$" "$(alice secret "$@" close 8080/tcp | tr '\n' ' ' | sed 's/ $//')" \
		"$what: the prompt says what is to be approved, and the password makes it"
	like 'closed-8080-tcp' "$(policies)" "... and it is made"
	like "^${asks}Remove the policy \"closed-8080-tcp\".*not authorized for org\.quaywall1\.manage-policies: the prompt for a password was cancelled status 1\$" \
		"$(alice "" "$@" open 8080/tcp | tr '\n' ' ' | sed 's/ $//')" "$what: a prompt that is closed is a refusal in words"
	like "^${asks}.*not authorized for org\.quaywall1\.manage-policies: .* status 1\$" \
		"$(alice wrong "$@" open 8080/tcp | tr '\n' ' ' | sed 's/ $//')" "$what: so is a wrong password"
	like '^not authorized for org\.quaywall1\.manage-policies: there is nobody who could be asked for a password$' \
		"$(alice none "$@" open 8080/tcp)" "$what: and nobody who could be asked"
	like 'closed-8080-tcp' "$(policies)" "... and nothing was changed"
	like "^${asks}Remove the policy \"closed-8080-tcp\".*status 0\$" "$(alice secret "$@" open 8080/tcp | tr '\n' ' ' | sed 's/ $//')" \
		"$what: it is taken back"
	unlike 'closed-8080-tcp' "$(policies)" "... and gone"
}

if [ -x $tests/ports ]; then
	programs "in C" $tests/ports
else
	skip "in C" "built without libquaywall-glib"
fi
if [ -e $GI_TYPELIB_PATH/Quaywall-1.0.typelib ]; then
	programs "in Python" python3 $tests/ports.py
else
	skip "in Python" "built without introspection"
fi
