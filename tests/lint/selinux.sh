#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# packaging/selinux compiles, and beside Debian's reference policy it gives quaywalld what it needs, and nothing else: what it may
# write, execute, start and talk to is listed here. Needs Debian's packages selinux-policy-dev, selinux-policy-default, checkpolicy,
# semodule-utils, setools and selinux-utils.
. "$(dirname "$0")/tap.sh"
needs checkmodule semodule_link semodule_expand semodule_unpackage sesearch matchpathcon
DEVEL=/usr/share/selinux/devel/Makefile
MODULES=/usr/share/selinux/default
for file in $DEVEL $MODULES/base.pp.bz2; do
	[ -e $file ] || { echo "1..0 # SKIP there is no $file"; exit 0; }
done
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
cp packaging/selinux/quaywall.* "$T"

# The types of container-selinux, which the reference policy does not have
cat >"$T/docker.te" <<'END'
policy_module(docker, 1.0)
type container_runtime_t;
type container_runtime_exec_t;
init_daemon_domain(container_runtime_t, container_runtime_exec_t)
type container_var_run_t;
files_runtime_file(container_var_run_t)
type container_config_t;
files_config_file(container_config_t)
END
# and a user of each interface of the module
cat >"$T/somebody.te" <<'END'
policy_module(somebody, 1.0)
type somebody_t;
domain_type(somebody_t)
role somebody_r;
role somebody_r types somebody_t;
quaywall_dbus_chat(somebody_t)
quaywall_read_config(somebody_t)
quaywall_admin(somebody_t, somebody_r)
END
compiles() { env -u MAKEFLAGS -u MAKELEVEL make -s -C "$T" -f $DEVEL NAME=default quaywall.pp docker.pp somebody.pp 2>&1 | grep -vE '^(Compiling|Creating) '; [ -e "$T/quaywall.pp" ] && [ -e "$T/docker.pp" ] && [ -e "$T/somebody.pp" ]; }
check "packaging/selinux compiles" compiles

# link POLICY MODULE...: the base with these modules
link() {
	local policy=$1 module
	shift
	for module in base "$@"; do [ -e "$T/$module.pp" ] || bunzip2 -c "$MODULES/$module.pp.bz2" >"$T/$module.pp" || return; done
	(cd "$T" && semodule_link -o linked.pp base.pp "${@/%/.pp}" && semodule_expand linked.pp "$policy") 2>&1 | grep -v 'loading package from file'
	[ -s "$T/$policy" ]
}
interfaces() { diff <(sed -n "s/^interface(\`\\(.*\\)',\`$/\\1/p" "$T/quaywall.if" | sort) <(grep -o '^quaywall_[a-z_]*' "$T/somebody.te" | sort); }
check "each of its interfaces is used here" interfaces
check "with Docker, firewalld, polkit and NetworkManager" link policy quaywall docker somebody firewalld policykit networkmanager unconfined
check "and without any of them" link bare quaywall
[ "${tap_failed:-0}" = 0 ] || finish

# TYPE CLASS PERMISSION of all rules, also those for all domains and those that a boolean switches on.
sesearch -A -s quaywalld_t "$T/policy" | sed -E 's/^allow [^ ]+ ([^:]+):([^ ]+) \{?([^};]*)\}?;.*/\1 \2 \3/; s/^(domain|quaywalld_t) /self /' |
	awk '{ for (i = 3; i <= NF; i++) print $1, $2, $i }' | sort -u >"$T/rules"
known() { [ "$(wc -l <"$T/rules")" -gt 300 ] || echo "only $(wc -l <"$T/rules") rules are found"; }
check "quaywalld has rules" known
# allowed CLASS PERMISSION...: to which types quaywalld may do one of these.
allowed() {
	local class=$1 permission
	shift
	for permission; do awk -v class="$class" -v permission="$permission" '$2 == class && $3 == permission { print $1 }' "$T/rules"; done | sort -u
}
# only CLASS PERMISSIONS TYPES: to exactly these. "TYPE?": some releases of the reference policy allow it.
only() {
	# shellcheck disable=SC2086
	diff <(printf '%s\n' $3 | grep '[^?]$') <(comm -23 <(allowed "$1" $2) <(printf '%s\n' $3 | sed -n 's/?$//p' | sort))
}
OWN="quaywalld_etc_rw_t quaywalld_var_lib_t quaywalld_var_run_t"
# init_tmpfs_t: what systemd hands over as standard input; self: /proc/self
check "quaywalld changes files of its own and daemon.json, and not quaywalld.conf" only file "write append setattr" \
	"container_config_t init_tmpfs_t $OWN self"
check "makes, renames and removes these alone" only file "create rename unlink" "container_config_t $OWN self?"
check "and folders of its own alone" only dir "create rmdir rename setattr" "$OWN"
check "executes itself and libraries" only file execute "ld_so_t lib_t quaywalld_exec_t textrel_shlib_t"
check "starts no program in its domain" only file execute_no_trans ""
check "nor in another one" only process "transition dyntransition" ""
check "maps no memory as code that it wrote" only process "execmem execstack execheap" ""
check "signals nobody; it asks whether dockerd lives, and systemd" only process "signal sigkill sigstop signull" "container_runtime_t init_t"
check "traces nobody" only process "ptrace" ""
reads="cert_t container_config_t container_runtime_t container_var_run_t cpu_online_t dbusd_etc_t etc_t init_tmpfs_t ld_so_cache_t ld_so_t
	lib_t locale_t proc_net_t quaywalld_etc_rw_t quaywalld_etc_t quaywalld_exec_t quaywalld_var_lib_t quaywalld_var_run_t self sysctl_crypto_t
	sysctl_kernel_t sysctl_net_t sysfs_t system_dbusd_var_lib_t textrel_shlib_t usr_t"
check "reads its files, those that everybody may read, and dockerd's command line; no keys, passwords and homes" only file read "$(printf '%s\n' $reads)"
capabilities() { diff <(echo "self capability net_admin") <(grep -E '^[^ ]+ (cap_userns|cap2_userns|capability2?) ' "$T/rules"); }
check "has one capability" capabilities
sockets() {
	diff <(printf '%s\n' netlink_netfilter_socket netlink_route_socket netlink_tcpdiag_socket unix_dgram_socket unix_stream_socket) \
		<(awk '$2 ~ /socket$/ && $3 == "create" { print $2 }' "$T/rules" | sort -u)
}
check "makes sockets of these kinds: no TCP, UDP, raw or packet sockets" sockets
check "connects to the bus, the journal and Docker" only unix_stream_socket connectto \
	"container_runtime_t kernel_t? syslogd_t system_dbusd_t systemd_socket_proxyd_t"
check "talks on the bus to firewalld, polkit, NetworkManager, systemd, administrators and who asks for it" only dbus send_msg \
	"NetworkManager_t firewalld_t init_t initrc_t policykit_t self somebody_t sysadm_t system_dbusd_t unconfined_t"
check "and has a name there" only dbus acquire_svc system_dbusd_t
check "changes firewall rules; lets the kernel load the modules of these" only system module_request kernel_t
check "and loads none itself" only system module_load ""

# --- files

# The base's lines come later, and so win where both have special characters. semodule sorts them by these.
semodule_unpackage "$T/quaywall.pp" "$T/mod" "$T/fc" && semodule_unpackage "$T/base.pp" "$T/mod" "$T/base.fc" && cat "$T/fc" "$T/base.fc" >"$T/all.fc" || exit 99
# labelled [--literally] TYPE PATH...
labelled() {
	local file=$T/fc type path context
	if [ "$1" = --literally ]; then file=$T/all.fc; shift; fi
	type=$1
	shift
	for path; do
		context=$(matchpathcon -n -f "$file" "$path" 2>&1)
		[ "$context" = "system_u:object_r:$type:s0" ] || echo "$path is $context"
	done
}
sbindir=$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "${TOP_BUILDDIR:-build}/systemd/quaywalld.service" 2>/dev/null)
check "quaywalld, wherever Fedora has it" labelled --literally quaywalld_exec_t /usr/sbin/quaywalld /usr/bin/quaywalld
case $sbindir in
/usr/*) check "and where it is installed" labelled --literally quaywalld_exec_t "$sbindir" ;;
*) skip "and where it is installed" "that is ${sbindir:-not known}: configure --prefix=/usr" ;;
esac
unlabelled() { matchpathcon -n -f "$T/fc" "$@" | grep -v '^<<none>>$'; true; }
check "not quaywallctl, nor what else is there" unlabelled /usr/bin/quaywallctl /etc/quaywall-other /var/lib/quaywalls
check "its units" labelled --literally quaywalld_unit_file_t /usr/lib/systemd/system/quaywalld.service /usr/lib/systemd/system/quaywall-guard.service
check "its settings" labelled quaywalld_etc_t /etc/quaywall /etc/quaywall/quaywalld.conf
check "policies and groups" labelled quaywalld_etc_rw_t /etc/quaywall/policies /etc/quaywall/policies/web.xml /etc/quaywall/policies/.staged/web.xml /etc/quaywall/groups
check "what it keeps" labelled quaywalld_var_lib_t /var/lib/quaywall /var/lib/quaywall/last-good/web.xml
check "and what it forgets" labelled quaywalld_var_run_t /run/quaywall /run/quaywall/counters /var/run/quaywall
finish
