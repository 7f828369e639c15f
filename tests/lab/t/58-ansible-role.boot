# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The Ansible role, as installed, over a local connection under real systemd: the playbook that ansible/README.md prints; a second run;
# check mode; drift; quaywalld stopped; its settings. The modules: 58-ansible.lab.
. /lab/t/probes.sh

command -v ansible-playbook >/dev/null || die "ansible-core is not installed in this root; see make-root"
COLLECTION=/usr/share/ansible/collections/ansible_collections/quaywall/quaywall
export ANSIBLE_NOCOLOR=1 ANSIBLE_PIPELINING=1 ANSIBLE_PYTHON_INTERPRETER=/usr/bin/python3 ANSIBLE_GATHERING=explicit
mkdir /run/play && cd /run/play || die "a folder"
echo 'lab ansible_connection=local' >hosts
sed -n '/^## A playbook/,/^```$/p' $COLLECTION/README.md | sed '1,/^```yaml/d; /^```$/,$d' >quaywall.yml
grep -q 'quaywall_exact: true' quaywall.yml || die "no playbook in the README"

# --- runs
# play [OPTION...]: the README's playbook; what it said is in /run/play/said
play() { ansible-playbook -i hosts --diff quaywall.yml "$@" >said 2>&1; }
# recap KIND: a number of PLAY RECAP
recap() { sed -n "s/^lab .* $1=\([0-9]*\).*/\1/p" said; }
# changes [OPTION...]: a run that succeeds and changes something; stays: one that succeeds and changes nothing
changes() { play "$@" && [ "$(recap changed)" -gt 0 ] || { cat said; return 1; }; }
stays() { play "$@" && [ "$(recap changed)" = 0 ] || { cat said; return 1; }; }
said() { grep -qE -- "$1" said || { cat said; return 1; }; }
everything() { quaywallctl --json policy list && quaywallctl --json policy list --permanent && quaywallctl --json group list && quaywallctl history; }
whole() {
	rows "$1" <<-ROWS
	in 192.168.1.1 192.168.1.99 8080
	out 192.168.1.50 192.168.1.99 8080
	out 192.168.1.1 192.168.1.99 8081
	ROWS
}

# --- a package, of which the files are here already
mkdir -p /run/repository/root/DEBIAN
printf 'Package: quaywall\nVersion: 1\nArchitecture: all\nMaintainer: lab\nDescription: lab\n' >/run/repository/root/DEBIAN/control
dpkg-deb -b /run/repository/root /run/repository/quaywall.deb >/dev/null || die "a package"
{
	cat /run/repository/root/DEBIAN/control
	echo 'Filename: ./quaywall.deb'
	echo "Size: $(stat -c %s /run/repository/quaywall.deb)"
	echo "SHA256: $(sha256sum /run/repository/quaywall.deb | cut -d' ' -f1)"
} >/run/repository/Packages
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:///run/repository ./' >/etc/apt/sources.list
apt-get update -q >/dev/null || die "apt-get update"

image && web web 8080:80 && web side 8081:80 || die "Docker"
ok "a forbidden client gets in" gets_in 192.168.1.50 192.168.1.99 8080

# --- the first run
ok "check mode on a host without quaywall" changes --check
ok "says what it cannot predict" said 'cannot predict'
ok "the unit is not started" not systemctl is-active -q quaywalld
ok "the README's playbook runs" changes
is install "$(dpkg --get-selections quaywall | awk '{ print $2 }')" "it has installed the package"
ok "quaywalld is enabled" systemctl is-enabled -q quaywalld
ok "all policies are in force" state_is enforcing
whole "the first run"
is '192.168.1.1 fd01::/64' "$(quaywallctl --json group show office | python3 -c 'import json, sys; print(*json.load(sys.stdin)["groups"]["office"]["addresses"])')" \
	"the group"
before=$(everything)
ok "a second run changes nothing" stays
ok "nor does check mode" stays --check
is "$before" "$(everything)" "not even in the history"

# --- drift
quaywallctl policy edit web --add-from 192.168.1.50 && quaywallctl deny extra --port 9/tcp && quaywallctl policy rename others moved &&
	quaywallctl group add office 192.168.1.3 && quaywallctl group set guests 10.0.0.0/8 || die "a drift"
before=$(everything)
ok "drift: check mode reports it" changes --check
for words in '"192\.168\.1\.50"' '"extra"' '"moved"' '"192\.168\.1\.3"' '"guests"'; do ok "and shows it: $words" said "$words"; done
is "$before" "$(everything)" "it changes nothing"
ok "a run mends it" changes
is 'others web' "$(quaywallctl policy names | tr '\n' ' ' | sed 's/ $//')" "only the README's policies are left"
is office "$(quaywallctl -q group list)" "and its group"
whole "drift"

systemctl disable -q --now quaywalld || die "a drift"
nft delete table inet quaywall && iptables -F QUAYWALL-POLICY || die "a drift"
ok "rules deleted while quaywalld is stopped: a forbidden client gets in" gets_in 192.168.1.50 192.168.1.99 8080
ok "check mode reports that it is stopped" changes --check
ok "and that there is more that it cannot predict" said 'cannot predict'
ok "a run starts it" changes
whole "rules deleted while quaywalld is stopped"
ok "also at the next boot" systemctl is-enabled -q quaywalld

# --- zones, Docker and settings
EXTRA='{"quaywall_zones": [{"replace": true}], "quaywall_engine": {"default_address": "192.168.1.99"}, "quaywall_settings": {"Labels": true}}'
firewall-cmd -q --permanent --zone=public --change-interface=docker0 && firewall-cmd -q --zone=public --change-interface=docker0 || die "a drift"
ok "an interface that was moved, a setting of Docker's, and one of quaywalld's" changes -e "$EXTRA"
is "docker docker" "$(firewall-cmd --get-zone-of-interface=docker0) $(firewall-cmd --permanent --get-zone-of-interface=docker0)" "it is back"
ok "Docker needs a restart" said 'only when it is restarted'
is 'Labels=yes' "$(grep = /etc/quaywall/quaywalld.conf)" "quaywalld's setting is in its file"
labels() { busctl get-property "${MANAGER[@]}" Features | grep -q '"labels"'; }
ok "and in force" labels
ok "then nothing is left to do" stays -e "$EXTRA"
ok "a wrong setting is a failure" not play -e '{"quaywall_settings": {"Label": true}}'
ok "with quaywalld's own sentence" said '\[quaywalld\] Label= is not known'
ok "quaywalld runs with the one before" labels
is 'Labels=yes' "$(grep = /etc/quaywall/quaywalld.conf)" "which is in its file again"
whole "a wrong setting"

# --- problems
firewall-cmd -q --permanent --zone=docker --set-target=DROP && fw_reload || die "a problem"
ok "what only the administrator can repair" waitfor 10 state_is degraded
ok "is a failure of the playbook" not play
ok "with what is wrong" said 'zone-target: the target of firewalld'
