#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Which layer may include which: the arrows of the design. And who may know what.
. "$(dirname "$0")/tap.sh"

# includes LAYER ALLOWED...: every #include "..." of the layer names its own folder or an allowed one.
includes() {
	local layer=$1 file line path dir
	shift
	while IFS=: read -r file line path; do
		path=${path#*\"} path=${path%%\"*}
		case $path in
		config.h) continue ;;
		*/*) dir=${path%/*} ;;
		*) [ -e "src/$layer/$path" ] || [ "$layer/$path" = ctl/quaywall-generated.h ] || echo "$file:$line: $path is not in src/$layer"; continue ;;
		esac
		case " $layer $* " in
		*" $dir "*) ;;
		*) echo "$file:$line: src/$layer must not include $path" ;;
		esac
	done < <(grep -n '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "src/$layer"/*.[ch])
}

# libraries LAYER HEADER-PATTERN: system headers that the layer must not use.
libraries() {
	grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]*<($2)" "src/$1"/*.[ch]
	true
}

check "model includes nothing of ours" includes model
check "compile includes model" includes compile model
check "explain includes compile and model" includes explain compile model
check "guard includes compile and model" includes guard compile model
check "bus includes nothing of ours" includes bus
check "firewalld includes compile, bus and model" includes firewalld compile bus model
check "daemon includes all but ctl" includes daemon model compile explain guard bus firewalld docker
check "ctl includes itself and the generated proxies" includes ctl
if [ -d src/docker ]; then check "docker includes model and bus" includes docker model bus; fi

check "model is pure" libraries model 'systemd/|gio/|nftables/|libmnl/|json-glib/'
check "compile is pure" libraries compile 'systemd/|gio/|nftables/|libmnl/|json-glib/|libxml/|unistd|fcntl|sys/|stdio'
check "explain is pure" libraries explain 'systemd/|gio/|nftables/|libmnl/|libxml/|unistd|fcntl|sys/|stdio'
check "the daemon uses one D-Bus library" libraries daemon 'gio/'
check "firewalld uses one D-Bus library" libraries firewalld 'gio/'
check "ctl is a second D-Bus stack" libraries ctl 'systemd/|nftables/|libmnl/'

every_folder_is_known() {
	local folder
	for folder in src/*/; do
		case ${folder#src/} in
		model/ | compile/ | explain/ | guard/ | bus/ | firewalld/ | daemon/ | ctl/ | docker/) ;;
		*) echo "$folder has no direction in tests/lint/layers.sh" ;;
		esac
	done
}
check "every folder has a direction" every_folder_is_known

firewalld_name() {
	grep -rn 'org\.fedoraproject\.FirewallD1' src --include='*.[ch]' | grep -v '^src/firewalld/'
	true
}
check "only src/firewalld names firewalld's interfaces" firewalld_name

finish
