# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The booted lab itself: real units, containers, a sandbox, a reboot. Without quaywall.

for unit in dbus firewalld docker; do
	is active "$(systemctl is-active $unit)" "boot $LAB_BOOT: $unit.service is active"
done
if [ "$LAB_BOOT" = 1 ]; then
	image && web || die "Docker"
	ok "192.168.1.1 reaches the published port" gets_in 192.168.1.1 192.168.1.99 8080
	ok "a sandboxed unit may change the firewall with CAP_NET_ADMIN alone" systemd-run --quiet --wait --pipe \
		-p ProtectSystem=strict -p CapabilityBoundingSet=CAP_NET_ADMIN -p NoNewPrivileges=yes nft list tables
	boot_reboot
fi
ok "boot 2: the container is there again" gets_in 192.168.1.1 192.168.1.99 8080
is 2 "$LAB_BOOT" "boot 2 is the second"
