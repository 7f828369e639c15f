# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A package's life on a running system, under floods of forbidden connections: install, upgrade, downgrade, reboot, remove, install
# again, purge. packaging/check puts the packages into /packages.

. /lab/t/probes.sh
. /packages/common.sh

# 203.0.113.9: what an administrator has in DOCKER-USER, and a table of nftables that is not quaywall's
others() { iptables -S DOCKER-USER | grep 203.0.113.9 && nft -s list table inet other; }
# sorted: the place of Docker's own rules depends on its version and on what ran before
rules_now() {
	{
		iptables-save | sed 's/^/4 /'
		ip6tables-save | sed 's/^/6 /'
	} | grep -E '^. (-A|:.* -)' | sed 's/ \[.*//' | sort
}
# any call of ip6tables leaves its empty table behind
tables_now() { nft list tables | grep -v '^table ip6 filter$' | sort; }
files_now() { find /etc/firewalld -type f ! -name '*.old' -exec md5sum {} + | sort -k 2; }
policies_now() { (cd /etc/quaywall && md5sum policies/* groups/* quaywalld.conf); }
add_table() { nft 'add table inet other; add chain inet other own { type filter hook forward priority 5; }; add rule inet other own counter'; }
# files of any version of quaywall: all but what dpkg and the journal remember
traces() {
	find /etc /run /usr /var/lib /var/cache -name '*quaywall*' ! -path '/usr/libexec/quaywall-tests*' ! -path '/run/systemd/*' \
		! -path '/run/flood.*' ! -path '/run/log/*' ! -path '/etc/*/*/*quaywall-lab'
}

if [ "$LAB_BOOT" = 2 ]; then
	# ---- after a reboot ----
	is "active active" "$(systemctl is-active quaywalld quaywall-guard | paste -sd' ')" "boot 2: both units are active"
	ok "boot 2: it is enforcing" waitfor 30 state_is enforcing
	holds "boot 2"
	add_table

	# ---- removal: refused where rules would be left ----
	ok "the Cockpit page is purged, which would not let quaywall go alone" purge quaywall-cockpit
	ok "a change that waits to be confirmed" eval 'quaywallctl deny later --port 81/tcp --confirm-within 600 </dev/null >/run/token'
	fails_with '.*a change waits to be confirmed.*' "no removal meanwhile" dpkg --remove quaywall
	is active "$(systemctl is-active quaywalld)" "quaywalld still runs"
	ok "rolled back" quaywallctl policy rollback "$(cat /run/token)"
	flood without-firewalld
	ok "firewalld is stopped" systemctl stop firewalld
	fails_with '.*firewalld is not running.*' "no removal without firewalld, whose files have rules" dpkg --remove quaywall
	is active "$(systemctl is-active quaywalld)" "quaywalld still runs"
	ok "firewalld is started" systemctl start firewalld
	ok "dockerd, which was deaf to it, restarts" dockerd_fresh
	ok "it is enforcing" waitfor 30 state_is enforcing
	flood_failed without-firewalld "the forbidden client did not get in meanwhile"

	# ---- removal ----
	kept=$(policies_now) others_before=$(others)
	ok "the package is removed" remove quaywall
	log "$REMOVED"
	ok "192.168.1.50 gets in" gets_in 192.168.1.50 192.168.1.99 8080
	same "$kept" "$(policies_now)" "policies and settings are kept"
	same "$others_before" "$(others)" "what is not quaywall's stays"
	has_no_line '[Qq]uaywall|QUAYWALL' "nothing of quaywall is in the kernel" all_rules
	has_no_line '[Qq]uaywall|QUAYWALL' "nor in firewalld's files" find /etc/firewalld -type f ! -name '*.old' -print -exec cat {} +
	ok "dockerd restarts" dockerd_fresh
	same "$(cat /var/lib/lab-rules)" "$(rules_now)" "the rules are those of before"
	same "$(cat /var/lib/lab-tables)" "$(tables_now | grep -v ' other$')" "so are the tables"
	same "$(cat /var/lib/lab-files)" "$(files_now)" "and firewalld's files"
	empty "no state is left" find /run /var/lib -maxdepth 1 -name quaywall
	is "inactive inactive" "$(systemctl is-active quaywalld quaywall-guard | paste -sd' ')" "both units are stopped"

	# ---- install again: the kept policies are in force ----
	ok "it is installed again" install "$NEWER"
	is "active enabled enabled" "$(systemctl is-active quaywalld) $(systemctl is-enabled quaywalld quaywall-guard | paste -sd' ')" \
		"it runs, and is enabled"
	ok "it is enforcing" waitfor 20 state_is enforcing
	holds "installed again"
	same "$kept" "$(policies_now)" "by the same policies"

	# ---- purge ----
	ok "purged" purge quaywall
	ok "192.168.1.50 gets in again" gets_in 192.168.1.50 192.168.1.99 8080
	has_no_line '[Qq]uaywall|QUAYWALL' "nothing of quaywall is in the kernel" all_rules
	# shellcheck disable=SC2086
	ok "the other packages are purged" purge $REST
	empty "no file of quaywall is left" traces
	return 0
fi

dockerd_fresh 0 && image && web || die "Docker"
# permanent, since quaywalld may have to reload firewalld; the port is for docker-proxy, which answers IPv6
firewall-cmd -q --permanent --zone=internal --add-port=8080/tcp
for interface in ext0 int0; do firewall-cmd -q --permanent --zone=internal --add-interface=$interface; done
firewall-cmd -q --permanent --direct --add-chain ipv4 filter DOCKER-USER &&
	firewall-cmd -q --permanent --direct --add-rule ipv4 filter DOCKER-USER 5 -s 203.0.113.9 -j DROP || die "direct rule"
rm -f /etc/firewalld/*.old /etc/firewalld/*/*.old
ok "firewalld reloads" fw_reload
ok "dockerd restarts" dockerd_fresh
rules_now >/var/lib/lab-rules && tables_now >/var/lib/lab-tables && files_now >/var/lib/lab-files
add_table

# ---- install ----
ok "quaywall is installed" install "$CURRENT"
# shellcheck disable=SC2086
ok "so are the other packages, which share no file" install $REST_FILES
is "active inactive" "$(systemctl is-active quaywalld quaywall-guard | paste -sd' ')" "quaywalld runs; the guard is loaded at boot"
is "enabled enabled" "$(systemctl is-enabled quaywalld quaywall-guard | paste -sd' ')" "both are enabled"
is idle "$(state)" "and there is no policy"
empty "its files are those of the package" dpkg --verify quaywall
ok "192.168.1.50 gets in as before" gets_in 192.168.1.50 192.168.1.99 8080
same "$(cat /var/lib/lab-tables)" "$(tables_now | grep -v ' other$')" "no table was added"
ok "the page that quaywallctl status points to is there" test -s /usr/share/doc/quaywall/TROUBLESHOOTING.md
ok "Python has the library" python3 -c 'import gi; gi.require_version("Quaywall", "1.0"); from gi.repository import Quaywall; Quaywall.Client.new_sync(None)'
like 'quaywall\.quaywall' "$(ansible-galaxy collection list 2>/dev/null)" "Ansible finds the collection"
ok "bash completes its commands" bash -c '. /usr/share/bash-completion/completions/quaywallctl'

# ---- policies ----
ok "a group" quaywallctl group set office 192.168.1.1 192.168.1.2
ok "a policy" quaywallctl allow-only web --from group:office --port 8080/tcp --on ext0
ok "one for a container, with a runtime part" quaywallctl --runtime deny now --from 192.168.1.2 --container web
ok "a forward, for which firewalld has a policy" quaywallctl forward lan --in ext0 --out int0
printf '# changed by the administrator\n' >>/etc/quaywall/quaywalld.conf
ok "it is enforcing" waitfor 10 state_is enforcing
holds "installed"
kept=$(policies_now) guard_before=$(guard) direct_before=$(direct)

# ---- upgrade ----
monitor_start
flood upgrade && flood_allowed upgrade
process=$(main_pid)
ok "upgraded to $(version_of "$NEWER")" install "$NEWER"
unlike "^$process$" "$(main_pid)" "the new quaywalld runs"
ok "it is enforcing" waitfor 10 state_is enforcing
flood_failed upgrade "the forbidden client did not get in meanwhile"
flood_served upgrade "and the allowed one always did"
ok "the kernel reported every change" monitor_stop
has_no_line '^delete rule ip6? filter|^delete (chain|table|set|element) (ip6? filter|inet quaywall)' "no table, chain or rule was gone" \
	cat /run/monitor
like 'rule inet quaywall' "$(cat /run/monitor)" "which was noticed"
same "$guard_before" "$(guard)" "the guard is the same"
same "$direct_before" "$(direct)" "so are the rules in DOCKER-USER"
same "$kept" "$(policies_now)" "the policies, and the settings that the administrator changed"
ok "the runtime policy is there" test -s /run/quaywall/policies/now.xml
has_no_line . "the unit for the boot did not run" journalctl -q --no-pager -o cat -u quaywall-guard

# ---- downgrade ----
flood downgrade
fails_with '.*which is newer than.*' "no downgrade to $(version_of "$CURRENT")" dpkg -i "$CURRENT"
is "$(version_of "$NEWER")" "$(dpkg-query -W -f '${Version}' quaywall)" "the newer one is installed"
is "installed" "$(dpkg-query -W -f '${db:Status-Status}' quaywall)" "and whole"
ok "it is enforcing" waitfor 10 state_is enforcing
ok "an earlier build of the same version can be installed over it" dpkg -i "$REBUILT"
ok "it is enforcing" waitfor 10 state_is enforcing
ok "and back" dpkg -i "$NEWER"
ok "it is enforcing" waitfor 10 state_is enforcing
flood_failed downgrade "the forbidden client did not get in meanwhile"
same "$kept" "$(policies_now)" "the policies are the same"

# ---- an upgrade that fails halfway ----
flood halfway
fails_with '.*' "a newer build whose script fails" dpkg -i "$BROKEN"
is active "$(systemctl is-active quaywalld)" "quaywalld still runs"
ok "the good one is installed again" dpkg -i "$NEWER"
ok "it is enforcing" waitfor 10 state_is enforcing
flood_failed halfway "the forbidden client did not get in meanwhile"
boot_reboot
