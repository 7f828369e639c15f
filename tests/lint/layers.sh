#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Which layer may include which, as in docs/ARCHITECTURE.md.
. "$(dirname "$0")/tap.sh"

# includes LAYER ALLOWED...: every #include "..." of the layer is from its own folder or an allowed one.
includes() {
	local layer=$1 file line path dir
	shift
	while IFS=: read -r file line path; do
		path=${path#*\"} path=${path%%\"*}
		case $path in
		config.h | language.h) continue ;;
		*/*) dir=${path%/*} ;;
		*) [ -e "src/$layer/$path" ] || echo "$file:$line: $path is not in src/$layer"; continue ;;
		esac
		case " $layer $* " in
		*" $dir "*) ;;
		*) echo "$file:$line: src/$layer must not include $path" ;;
		esac
	done < <(grep -n '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "src/$layer"/*.[ch])
}

# libraries LAYER HEADER-PATTERN: system headers that the layer must not include.
libraries() {
	grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]*<($2)" "src/$1"/*.[ch]
	true
}

check "model includes no other layer" includes model
check "compile includes model" includes compile model
check "explain includes compile and model" includes explain compile model
check "guard includes compile and model" includes guard compile model
check "bus includes no other layer" includes bus
check "firewalld includes compile, bus and model" includes firewalld compile bus model
check "world includes firewalld, docker, guard, compile, bus and model" includes world firewalld docker guard compile bus model
check "daemon includes all but ctl" includes daemon model compile explain guard bus firewalld docker world
check "ctl includes its import" includes ctl ctl/import
check "ctl/import includes no other layer" includes ctl/import
if [ -d src/docker ]; then check "docker includes model and bus" includes docker model bus; fi

check "model is pure" libraries model 'systemd/|gio/|nftables/|libmnl/|json-glib/'
check "compile is pure" libraries compile 'systemd/|gio/|nftables/|libmnl/|json-glib/|libxml/|unistd|fcntl|sys/|stdio'
check "explain is pure" libraries explain 'systemd/|gio/|nftables/|libmnl/|libxml/|unistd|fcntl|sys/|stdio'
check "the daemon uses one D-Bus library" libraries daemon 'gio/'
check "world uses one D-Bus library" libraries world 'gio/'
check "firewalld uses one D-Bus library" libraries firewalld 'gio/'
check "ctl is a second D-Bus stack" libraries ctl 'systemd/|nftables/|libmnl/'
check "ctl/import is pure" libraries ctl/import 'systemd/|gio/|nftables/|libmnl/|libxml/|unistd|fcntl|sys/|stdio'

# Within a folder the files have an order, too: no chain of includes returns to its start. A header and its source count as one.
circles() {
	local folder
	for folder in src/*/ src/*/*/; do
		grep -oE '^#include "([a-z]+/)*[a-z0-9-]+\.h"' "$folder"*.[ch] | sed 's/:#include "/ /; s/"$//' |
			while read -r file header; do
				case $header in */*) [ "src/${header%/*}/" = "$folder" ] || continue ;; esac
				file=${file##*/} header=${header##*/}
				[ "${file%.*}" = "${header%.*}" ] || echo "${file%.*} ${header%.*}"
			done | tsort 2>&1 >/dev/null | sed "s,^tsort: -: input contains a loop:,$folder has a circle:,"
	done
}
check "no folder has files that include each other in a circle" circles

# knows HEADER FILE...: in src/daemon only these files include it.
knows() {
	local header=$1
	shift
	grep -lE "^#include \"(daemon/)?$header\"" src/daemon/*.[ch] | while read -r file; do
		case " $* " in *" ${file#src/daemon/} "*) ;; *) echo "$file must not include $header" ;; esac
	done
}
methods=$(cd src/daemon && echo bus-*.c)
# shellcheck disable=SC2086
check "only main, request and the methods include daemon.h" knows daemon.h main.c bus.h request.c $methods
# shellcheck disable=SC2086
check "only main and the methods include bus.h" knows bus.h main.c bus.c $methods
check "only the parts that reconcile or change include reconciler.h" knows reconciler.h daemon.h reconcile.h verify.h change.h confirm.h lapse.h
for door in reconcile verify change confirm lapse; do
	# shellcheck disable=SC2086
	check "$door is above the pipeline's parts" knows $door.h main.c daemon.h reconcile.c change.c confirm.c lapse.c $door.c $methods
done

every_folder_is_known() {
	local folder
	for folder in $(find src -mindepth 1 -type d -printf '%p/\n' | grep -v '/\.'); do
		case ${folder#src/} in
		model/ | compile/ | explain/ | guard/ | bus/ | firewalld/ | world/ | daemon/ | ctl/ | ctl/import/ | docker/) ;;
		*) echo "$folder is in no layer of tests/lint/layers.sh" ;;
		esac
	done
}
check "every folder is in a layer" every_folder_is_known

firewalld_name() {
	grep -rn 'org\.fedoraproject\.FirewallD1' src --include='*.[ch]' | grep -v '^src/firewalld/'
	true
}
check "only src/firewalld names firewalld's interfaces" firewalld_name

finish
