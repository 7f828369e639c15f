# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# quaywall as "make install" installed it, running, and the package over it.

. /lab/t/probes.sh
. /packages/common.sh

executable() { readlink "/proc/$(main_pid)/exe"; }

dockerd_fresh 0 && image && web || die "Docker"
ok "make install" tar -C / -x --keep-directory-symlink --no-overwrite-dir -f /packages/make-install.tar
ldconfig
ok "as README says" eval 'systemctl daemon-reload && systemctl reload dbus && systemctl enable --now quaywalld'
ok "a policy" quaywallctl allow-only web --from 192.168.1.1 --port 8080/tcp --on ext0
printf '[quaywalld]\nLabels=yes\n' >/etc/quaywall/quaywalld.conf
ok "settings" systemctl restart quaywalld
ok "it is enforcing" waitfor 10 state_is enforcing
holds "make install"
process=$(main_pid) guard_before=$(guard) direct_before=$(direct)

flood package && flood_allowed package
# changed settings: dpkg asks, or takes what it was told
ok "the package over it" install -o Dpkg::Options::=--force-confold "$CURRENT"
ok "it is enforcing" waitfor 10 state_is enforcing
flood_failed package "the forbidden client did not get in meanwhile"
flood_served package "and the allowed one always did"
unlike "^$process$" "$(main_pid)" "another quaywalld runs"
is /usr/sbin/quaywalld "$(executable)" "the one of the package"
same "$guard_before" "$(guard)" "the guard is the same"
same "$direct_before" "$(direct)" "so are the rules in DOCKER-USER"
is Labels=yes "$(grep -v '^\[' /etc/quaywall/quaywalld.conf)" "the settings are kept"
is web.xml "$(ls /etc/quaywall/policies)" "and the policies"
is "enabled enabled" "$(systemctl is-enabled quaywalld quaywall-guard | paste -sd' ')" "the units are enabled"
is "/etc/quaywall/quaywalld.conf" "$(dpkg --verify quaywall | awk '{ print $NF }')" "all other files are the package's"
holds "the package"

ok "upgraded" install "$NEWER"
ok "it is enforcing" waitfor 10 state_is enforcing
holds "the next package"
ok "removed" remove quaywall
ok "192.168.1.50 gets in" gets_in 192.168.1.50 192.168.1.99 8080
has_no_line '[Qq]uaywall|QUAYWALL' "nothing of quaywall is in the kernel" all_rules
is web.xml "$(ls /etc/quaywall/policies)" "the policies are kept"
