# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# lib.sh: what scripts run by lab.sh and boot.sh can call.
#
# The network. "lab" is the Docker host; the others are network namespaces.
#     outside  ext0  192.168.1.1 .2 .3 .50      fd01::1 ::2 ::3 ::50      lab has 192.168.1.99 .98, fd01::99 ::98
#     outside1 ext1  10.1.2.1 .50               fd02::1 ::50              lab has 10.1.2.3, fd02::3
#     inside   int0  10.9.0.1 .50               fd09::1 ::50              lab has 10.9.0.99, fd09::99
# Every namespace reaches the other networks and the containers by way of lab, if lab forwards.
#
# Most used:
#     docker_start [OPTION...] or docker_start6; image; web [NAME [PUBLISH...]]
#     quaywalld_start [OPTION...]; quaywalld_stop; quaywalld_kill; lab_reboot
#     probe SOURCE HOST PORT [tcp|udp]; gets_in ...; kept_out ...; refused ...
#     ok DESCRIPTION CMD...; not_ok_if DESCRIPTION CMD...; is EXPECTED ACTUAL DESCRIPTION; skip DESCRIPTION WHY
#     boot.sh only: LAB_BOOT (1, 2...); boot_reboot; and systemctl instead of the *_start and *_stop functions
#     as USER CMD...; polkit_allow USER ACTION...; polkit_reset; expect_log REGEX; expect_docker_cut_short

L=/var/log/lab
: "${QUAYWALLD:=/usr/sbin/quaywalld}"

log() { printf '# %s\n' "$@"; }

# die WHAT: the lab itself is broken, no point after this one means anything.
die() {
	show_logs >&2
	echo "Bail out! $*"
	trap - EXIT
	finish_logs
	exit 9
}

show_logs() {
	local file
	for file in $L/*.log /var/log/firewalld; do
		[ -s "$file" ] || continue
		echo "--- $file"
		tail -n "${1:-20}" "$file"
	done
}

# waitfor SECONDS CMD...: until CMD succeeds; tried every 50 ms.
waitfor() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	while ! "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt $end ] || return 1
		sleep 0.05
	done
}

now() { echo "$EPOCHREALTIME"; }

# stop_pid PID SECONDS: ask PID to end, wait for it; kill it when it does not.
stop_pid() {
	[ -n "$1" ] && kill "$1" 2>/dev/null || return 0
	if ! waitfor "$2" pid_gone "$1"; then
		log "pid $1 did not end in $2 s"
		kill -KILL "$1"
		waitfor 5 pid_gone "$1"
		return 1
	fi
}

# A child that has ended and was not waited for is gone as well.
pid_gone() { ! grep -q '^State:[[:space:]]*[^ZX]' "/proc/$1/status" 2>/dev/null; }

# ---- network -------------------------------------------------------------------------------------------------

# link_namespace NAMESPACE INTERFACE LAB4 LAB6 "THEIR4..." "THEIR6...": all /24 and /64.
link_namespace() {
	local namespace=$1 interface=$2 peer address gateway4 gateway6 preferred=
	peer=${interface/ext/out} peer=${peer/int/in}
	ip netns add "$namespace" || return
	ip link add "$interface" type veth peer name "$peer" netns "$namespace" || return
	for address in $3; do ip addr add "$address/24" dev "$interface"; done
	# docker-proxy answers a datagram from whatever source the kernel prefers: let that be the first one
	for address in $4; do
		ip addr add "$address/64" dev "$interface" nodad $preferred
		preferred="preferred_lft 0"
	done
	for address in $5; do ip -n "$namespace" addr add "$address/24" dev "$peer"; done
	for address in $6; do ip -n "$namespace" addr add "$address/64" dev "$peer" nodad; done
	ip link set "$interface" up
	ip -n "$namespace" link set lo up
	ip -n "$namespace" link set "$peer" up
	gateway4=${3%% *} gateway6=${4%% *}
	ip -n "$namespace" route add 10.0.0.0/8 via "$gateway4"
	ip -n "$namespace" route add 172.16.0.0/12 via "$gateway4"
	ip -n "$namespace" route add 192.168.0.0/16 via "$gateway4"
	ip -n "$namespace" route add fd00::/8 via "$gateway6"
}

net_up() {
	ip link set lo up
	link_namespace outside ext0 "192.168.1.99 192.168.1.98" "fd01::99 fd01::98" \
		"192.168.1.1 192.168.1.2 192.168.1.3 192.168.1.50" "fd01::1 fd01::2 fd01::3 fd01::50" &&
		link_namespace outside1 ext1 10.1.2.3 fd02::3 "10.1.2.1 10.1.2.50" "fd02::1 fd02::50" &&
		link_namespace inside int0 10.9.0.99 fd09::99 "10.9.0.1 10.9.0.50" "fd09::1 fd09::50" &&
		ip route add default via 192.168.1.1
}

# router_up: make lab forward IPv6 (IPv4 as well: Docker has seen to that, and set FORWARD to DROP).
router_up() {
	echo 1 >/proc/sys/net/ipv4/ip_forward
	echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
}

# namespace_of ADDRESS: where a client with this address lives.
namespace_of() {
	case $1 in
	192.168.1.9? | fd01::9? | 10.1.2.3 | fd02::3 | 10.9.0.99 | fd09::99 | 127.* | ::1) echo lab ;;
	192.168.1.* | fd01:*) echo outside ;;
	10.1.2.* | fd02:*) echo outside1 ;;
	10.9.0.* | fd09:*) echo inside ;;
	172.17.0.20?) echo "neighbour${1: -1}" ;; # whoever makes it
	*) echo "namespace_of: nobody has $1" >&2; return 1 ;;
	esac
}

# in_namespace NAMESPACE CMD...
in_namespace() {
	local namespace=$1
	shift
	if [ "$namespace" = lab ]; then "$@"; else ip netns exec "$namespace" "$@"; fi
}

# probe SOURCE [HOST [PORT [tcp|udp [SECONDS]]]]: 0 answered (printed), 1 silence, 2 refused. A new connection.
probe() {
	local namespace
	namespace=$(namespace_of "$1") || return 64
	in_namespace "$namespace" python3 /lab/netprobe.py probe \
		"$1" "${2:-192.168.1.99}" "${3:-8080}" "${4:-tcp}" "${5:-1}"
}

# The same as tests: with time for an answer that should come, without for one that should not.
gets_in() { probe "$1" "$2" "$3" "${4:-tcp}" 5; }
kept_out() {
	probe "$1" "$2" "$3" "${4:-tcp}" 1
	[ $? = 1 ]
}
refused() {
	probe "$1" "$2" "$3" "${4:-tcp}" 2
	[ $? = 2 ]
}

# serve NAMESPACE PORT [tcp|udp]: a server on all addresses of NAMESPACE that answers with the client's address.
serve() {
	local out
	out=$(mktemp -p /run serve.XXXXXX)
	in_namespace "$1" python3 /lab/netprobe.py serve "${3:-tcp}" "$2" >"$out" 2>&1 &
	waitfor 5 grep -q ready "$out" || die "no server in $1"
}

# ---- bus, polkit, firewalld ----------------------------------------------------------------------------------

dbus_up() {
	[ -s /etc/machine-id ] || dbus-uuidgen >/etc/machine-id
	dbus-daemon --system --nofork --nopidfile >$L/dbus.log 2>&1 &
	waitfor 10 test -S /run/dbus/system_bus_socket
}

bus_call() { busctl --system --timeout="${BUS_TIMEOUT:-30}" call "$@"; }

# on_bus NAME: is it owned? (asks the bus alone, so nothing is activated)
on_bus() {
	[ "$(bus_call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus NameHasOwner s "$1" 2>&1)" = "b true" ]
}

# bus_pid NAME: the process that owns it.
bus_pid() {
	bus_call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus GetConnectionUnixProcessID s "$1" \
		2>/dev/null | cut -d' ' -f2
}

polkit_start() {
	/usr/lib/polkit-1/polkitd --no-debug >>$L/polkitd.log 2>&1 &
	waitfor 10 on_bus org.freedesktop.PolicyKit1
}
polkit_stop() {
	local pid
	pid=$(bus_pid org.freedesktop.PolicyKit1)
	[ -z "$pid" ] || stop_pid "$pid" 5
}

# as USER CMD...: alice and bob have no rights; both have the same environment as root.
as() {
	local user=$1
	shift
	setpriv --reuid="$user" --regid="$user" --clear-groups --no-new-privs -- env HOME=/tmp USER="$user" "$@"
}

# polkit_allow USER ACTION...: USER may do this without a question, nothing else. Replaces USER's earlier rule.
polkit_allow() {
	local user=$1 rule
	rule=/etc/polkit-1/rules.d/10-lab-$1.rules
	shift
	{
		echo 'polkit.addRule(function(action, subject) {'
		printf 'var actions = ['
		printf '"%s",' "$@"
		printf '];\nif (subject.user == "%s" && actions.indexOf(action.id) >= 0) return polkit.Result.YES;\n});\n' "$user"
	} >"$rule"
	chmod 644 "$rule"
	polkit_stop
	polkit_start || die "polkitd did not come back"
}

# polkit_reset: nobody but root may do anything again.
polkit_reset() {
	rm -f /etc/polkit-1/rules.d/10-lab-*.rules
	polkit_stop
	polkit_start || die "polkitd did not come back"
}

fw_running() { [ "$(timeout 5 firewall-cmd --state 2>&1)" = running ]; }

fw_start() {
	# shellcheck disable=SC2086
	firewalld --nofork --nopid $LAB_FW_OPTS >>$L/firewalld.log 2>&1 &
	FW_PID=$!
	# the name comes when it can answer, firewall-cmd (a fifth of a second) is asked once
	waitfor 30 fw_up_or_dead && waitfor 10 fw_running
}
fw_up_or_dead() { on_bus org.fedoraproject.FirewallD1 || pid_gone "$FW_PID"; }
fw_stop() { stop_pid "${FW_PID:-}" 15; }
fw_kill() { kill -KILL "$FW_PID" && waitfor 5 pid_gone "$FW_PID"; }
fw_restart() { fw_stop && fw_start; }

# fw_reload [OPTION...]: reload, and wait until Docker has written its rules again.
fw_reload() {
	local published
	published=$(published_rules)
	firewall-cmd "${@:---reload}" >/dev/null || return
	docker_rules_back "$published"
}

published_rules() { iptables -w -t nat -S DOCKER 2>/dev/null | grep -c -- '-j DNAT'; }

# docker_rules_back COUNT: wait until Docker has COUNT published ports again and then leaves the rules alone.
docker_rules_back() {
	waitfor 15 published_rules_are "$1" && rules_settle
}
published_rules_are() { [ "$(published_rules)" = "$1" ]; }

# rules_settle: until 300 ms went by without a change of the ruleset.
rules_settle() {
	local end=$((SECONDS + 15))
	while timeout 0.3 nft monitor 2>/dev/null | grep -q .; do
		[ $SECONDS -lt $end ] || return 1
	done
}

# monitor_start [OPTION...]: nft monitor, once it tells. monitor_stop: what it told, after all that happened till now; fails
# when it no longer tells, so that silence means something.
monitor_start() {
	: >/run/monitor # the one in the background may do it too late, when the last one's marker is there
	nft "$@" monitor >/run/monitor 2>&1 &
	MONITOR_PID=$!
	waitfor 10 monitor_tells begin || die "nft monitor does not tell: $(cat /run/monitor)"
}
# monitor_tells NAME: of a table of that name that comes and goes.
monitor_tells() {
	nft "add table inet marker_$1; delete table inet marker_$1" || nft "delete table inet marker_$1"
	waitfor 1 grep -q "table inet marker_$1" /run/monitor
}
monitor_stop() {
	local rc
	waitfor 10 monitor_tells end
	rc=$?
	kill "$MONITOR_PID"
	[ $rc = 0 ] || echo "nft monitor told nothing at the end"
	grep -vE '^# new generation|table inet marker_' /run/monitor
	return $rc
}

# ---- Docker --------------------------------------------------------------------------------------------------

docker_answers() { [ "$(curl -s -m 3 --unix-socket /run/docker.sock http://docker/_ping)" = OK ]; }

# docker_start [OPTION...]: dockerd with OPTIONs, and with LAB_DOCKER_OPTS.
docker_start() {
	DOCKER_ARGS=("$@")
	# cgroupfs: there is no systemd here to ask for groups
	# shellcheck disable=SC2086
	DOCKER_DRIVER=vfs dockerd --data-root /var/lib/docker --exec-root /run/docker --pidfile /run/docker.pid \
		-H unix:///run/docker.sock --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent /docker \
		$LAB_DOCKER_OPTS "$@" >>$L/dockerd.log 2>&1 &
	DOCKER_PID=$!
	waitfor 60 docker_up_or_dead
	docker_answers || { tail -n 30 $L/dockerd.log; return 1; }
}
# ports_open PORT...: firewalld lets in what is for these ports of this host, docker-proxy's for one, from its next reload on. What
# firewall-cmd is told without --permanent is gone with firewalld 2 when the first policy comes, which costs a reload.
ports_open() {
	local port
	for port; do firewall-cmd -q --permanent --add-port="$port/tcp" --add-port="$port/udp" || return; done
}
# docker_start6 [OPTION...]: with IPv6 on the default bridge and ip6tables, so that IPv6 is forwarded as IPv4 is.
# Without it an IPv6 client reaches a published port by way of docker-proxy, if firewalld's zone opens that port.
docker_start6() { docker_start --ipv6 --fixed-cidr-v6=fd00:d0c::/64 --experimental --ip6tables "$@"; }
# docker_is_at_least MAJOR
docker_is_at_least() { [ "$(docker version -f '{{.Server.Version}}' | cut -d. -f1)" -ge "$1" ]; }
# docker_routing: the option by which a Docker that drops what is routed to a container's own address (28) lets it through
docker_routing() { dockerd --help 2>/dev/null | grep -o -e '--allow-direct-routing' | head -n 1; }
docker_up_or_dead() { docker_answers || pid_gone "$DOCKER_PID"; }
docker_stop() {
	stop_pid "${DOCKER_PID:-}" 30
	rm -f /run/docker.pid
}
docker_kill() {
	local pids
	pids=$(pidof containerd dockerd docker-proxy)
	# shellcheck disable=SC2086
	kill -KILL $pids
	waitfor 5 pid_gone "$DOCKER_PID"
	rm -f /run/docker.pid /run/docker/containerd/containerd.pid
}
docker_restart() {
	[ $# -gt 0 ] || set -- "${DOCKER_ARGS[@]}"
	docker_stop
	docker_start "$@"
}

# image: the image bb:1, a static busybox; needs no registry. /usr and /lab are mounted in by web.
image() {
	local directory=/tmp/rootfs applet
	mkdir -p $directory/bin $directory/tmp $directory/usr $directory/lab $directory/proc $directory/dev
	ln -sfn usr/lib $directory/lib
	ln -sfn usr/lib64 $directory/lib64
	cp "$(command -v busybox)" $directory/bin/
	for applet in sh ls cat ping sleep ip; do ln -sf busybox $directory/bin/$applet; done
	tar -C $directory -c . | docker import - bb:1 >/dev/null || { show_logs; return 1; }
}

# web [NAME [PUBLISH|OPTION...]]: a container that answers on its TCP and UDP port 80 with the client's address.
# PUBLISH is as in `docker run -p`, 8080 alone meaning 8080:80, 8080/udp meaning 8080:80/udp, `none` nothing at all;
# OPTION is one of docker run's, as one word (--network=front). Without PUBLISH: 8080 by TCP and UDP. IMAGE: of another image.
web() {
	local name=${1:-web} word protocol publish=() options=() nothing=
	shift
	for word in "$@"; do
		case $word in
		-*) options+=("$word") ;;
		none) nothing=1 ;;
		*)
			protocol=
			case $word in */*) protocol=/${word##*/} word=${word%/*} ;; esac
			case $word in *:*) ;; *) word=$word:80 ;; esac
			publish+=(-p "$word$protocol")
			;;
		esac
	done
	[ ${#publish[@]} -gt 0 ] || [ -n "$nothing" ] || publish=(-p 8080:80 -p 8080:80/udp)
	# SIGKILL: Python as PID 1 would let SIGTERM pass, and every stop take ten seconds
	docker run -d --name "$name" --restart=always --stop-signal=KILL -v /usr:/usr:ro -v /lab:/lab:ro \
		"${publish[@]}" "${options[@]}" "${IMAGE:-bb:1}" /usr/bin/python3 /lab/netprobe.py serve both 80 >/dev/null || {
		show_logs 30
		return 1
	}
	waitfor 10 docker_log_has "$name" ready || { docker logs "$name"; return 1; }
}
docker_log_has() { docker logs "$1" 2>&1 | grep -q "$2"; }

# web_address NAME: its address on the first network.
web_address() {
	docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "$1" | cut -d' ' -f1
}

# container_reaches NAME HOST PORT [tcp|udp [SECONDS]]: as probe, from inside the container.
container_reaches() {
	docker exec "$1" /usr/bin/python3 /lab/netprobe.py probe - "$2" "$3" "${4:-tcp}" "${5:-3}"
}

# ---- quaywall ------------------------------------------------------------------------------------------------

# quaywalld_start [OPTION...]: until the bus name is owned. (A call to org.quaywall1 while it is not running has the
# bus start it, as on a real host: quaywalld_stop and quaywalld_kill end that one as well.)
quaywalld_start() {
	# with the priority that its unit gives it
	nice -n "$(sed -n 's/^Nice=//p' /usr/lib/systemd/system/quaywalld.service)" "$QUAYWALLD" "$@" >>$L/quaywalld.log 2>&1 &
	QUAYWALLD_PID=$!
	waitfor 15 quaywalld_up_or_dead
	on_bus org.quaywall1 || { log "quaywalld did not come up"; tail -n 20 $L/quaywalld.log | sed 's/^/#   /'; return 1; }
}
quaywalld_up_or_dead() { on_bus org.quaywall1 || pid_gone "$QUAYWALLD_PID"; }

quaywalld_pid() { bus_pid org.quaywall1; }

# quaywalld_stop: SIGTERM, and until the process is gone; its status when it is the one that quaywalld_start started.
quaywalld_stop() {
	local pid rc=0
	pid=$(quaywalld_pid)
	pid=${pid:-${QUAYWALLD_PID:-}}
	[ -n "$pid" ] || return 0
	stop_pid "$pid" 15 || return
	if [ "$pid" = "${QUAYWALLD_PID:-}" ]; then
		wait "$pid" 2>/dev/null
		rc=$?
		QUAYWALLD_PID=
	fi
	return $rc
}

quaywalld_kill() {
	local pid
	pid=$(quaywalld_pid)
	pid=${pid:-${QUAYWALLD_PID:-}}
	[ -n "$pid" ] || return 0
	kill -KILL "$pid" && waitfor 5 pid_gone "$pid"
	QUAYWALLD_PID=
}

quaywalld_restart() { quaywalld_stop; quaywalld_start "$@"; }

# flush_kernel: what a reboot takes away: every rule, every bridge of Docker's, every known connection.
flush_kernel() {
	local link
	nft flush ruleset
	for link in $(ip -o link show type bridge | awk -F': ' '{ print $2 }'); do ip link del "$link"; done
	conntrack -F 2>/dev/null
	echo 0 >/proc/sys/net/ipv4/ip_forward
}

# lab_reboot [--without-quaywalld] [--docker-first]: stop everything, lose what the kernel and /run held, start
# again on the same files. Ends with firewalld, dockerd (if it ran) and quaywalld (if it ran) up and the rules settled.
lab_reboot() {
	local option quaywalld=1 docker_first='' had_docker='' had_quaywalld=''
	for option; do
		case $option in
		--without-quaywalld) quaywalld= ;;
		--docker-first) docker_first=1 ;;
		*) die "lab_reboot: $option?" ;;
		esac
	done
	[ -n "${DOCKER_PID:-}" ] && ! pid_gone "$DOCKER_PID" && had_docker=1
	on_bus org.quaywall1 && had_quaywalld=1
	docker_stop
	quaywalld_stop
	fw_stop
	flush_kernel
	rm -rf /run/quaywall /run/firewalld /run/docker /run/docker.sock
	mkdir -p /run/docker
	if [ -n "$had_docker" ] && [ -n "$docker_first" ]; then docker_start "${DOCKER_ARGS[@]}" || return; fi
	fw_start || return
	if [ -n "$had_docker" ] && [ -z "$docker_first" ]; then docker_start "${DOCKER_ARGS[@]}" || return; fi
	if [ -n "$had_quaywalld" ] && [ -n "$quaywalld" ]; then quaywalld_start || return; fi
	rules_settle
}

# ---- a booted system (boot.sh) ------------------------------------------------------------------------------

# boot_reboot: reboot; the script is run again from its top, with LAB_BOOT one higher and the points counted on.
boot_reboot() {
	printf '%s\n' "TAP_COUNT=$TAP_COUNT" "TAP_FAILED=$TAP_FAILED" "LAB_BOOT=$LAB_BOOT" >/var/lib/lab-state
	declare -p EXPECTED_LOG >>/var/lib/lab-state
	trap - EXIT
	touch /run/lab-rebooting
	systemctl --no-block reboot
	exit 0
}

# ---- TAP -----------------------------------------------------------------------------------------------------

TAP_COUNT=0
TAP_FAILED=0

# point 0|1 DESCRIPTION [FILE]: FILE, if any, explains a failure.
point() {
	TAP_COUNT=$((TAP_COUNT + 1))
	if [ "$1" = 0 ]; then
		echo "ok $TAP_COUNT - $2"
		return 0
	fi
	TAP_FAILED=$((TAP_FAILED + 1))
	echo "not ok $TAP_COUNT - $2"
	[ ! -s "${3:-/dev/null}" ] || sed 's/^/#   /' "$3"
	return 1
}

# ok DESCRIPTION CMD...: CMD must succeed. Its output is shown when it does not.
ok() {
	local description=$1 out rc
	shift
	out=$(mktemp -p /run ok.XXXXXX)
	"$@" >"$out" 2>&1
	rc=$?
	[ $rc = 0 ] || echo "status $rc: $*" >>"$out"
	point $((rc != 0)) "$description" "$out"
	rc=$?
	rm -f "$out"
	return $rc
}

# not_ok_if DESCRIPTION CMD...: CMD must fail.
not_ok_if() {
	local description=$1 out rc
	shift
	out=$(mktemp -p /run ok.XXXXXX)
	"$@" >"$out" 2>&1
	rc=$?
	echo "status $rc: $*" >>"$out"
	point $((rc == 0)) "$description" "$out"
	rc=$?
	rm -f "$out"
	return $rc
}

# is EXPECTED ACTUAL DESCRIPTION: the same text.
is() {
	local out rc
	out=$(mktemp -p /run ok.XXXXXX)
	printf 'expected:\n%s\ngot:\n%s\n' "$1" "$2" >"$out"
	[ "$1" = "$2" ]
	point $? "$3" "$out"
	rc=$?
	rm -f "$out"
	return $rc
}

# like REGEX ACTUAL DESCRIPTION: ACTUAL holds a match of the extended regular expression.
like() {
	local out rc
	out=$(mktemp -p /run ok.XXXXXX)
	printf 'no match of:\n%s\nin:\n%s\n' "$1" "$2" >"$out"
	grep -qE -- "$1" <<<"$2"
	point $? "$3" "$out"
	rc=$?
	rm -f "$out"
	return $rc
}

# unlike REGEX ACTUAL DESCRIPTION
unlike() {
	local out rc
	out=$(mktemp -p /run ok.XXXXXX)
	printf 'a match of:\n%s\nin:\n%s\n' "$1" "$2" >"$out"
	! grep -qE -- "$1" <<<"$2"
	point $? "$3" "$out"
	rc=$?
	rm -f "$out"
	return $rc
}

# skip DESCRIPTION WHY
skip() {
	TAP_COUNT=$((TAP_COUNT + 1))
	echo "ok $TAP_COUNT - $1 # SKIP $2"
}

# expect_log REGEX: a WARNING or ERROR of firewalld's that this script causes on purpose.
EXPECTED_LOG=()
expect_log() { EXPECTED_LOG+=("$1"); }

# expect_docker_cut_short: that firewalld is reloaded while Docker writes its rules after the reload before: what Docker
# then adds to or jumps to is gone, and it begins anew when it is told of the second reload. quaywall's own chains and
# rules are not among these.
expect_docker_cut_short() {
	local gone="(No chain/target/match by that name|Chain 'DOCKER[-A-Z0-9]*' does not exist)"
	expect_log "-[AI] DOCKER(-(ISOLATION|ISOLATION-STAGE-[12]|FORWARD|CT|BRIDGE|INTERNAL|INGRESS))? .*: $gone"
	expect_log "-A DOCKER-USER -j RETURN' failed: .*$gone"
	expect_log "-[AI] (FORWARD|OUTPUT|PREROUTING) .*-j DOCKER.*: $gone"
}

# unexpected_log: firewalld's WARNINGs and ERRORs that nobody expects. Docker deletes and looks for rules of its own
# that are not there, through firewalld, and takes the failure for the answer; that is its business. A failed
# deletion from the chains where quaywall works is not.
unexpected_log() {
	local regex lines iptables="COMMAND_FAILED: '/usr/sbin/ip6?tables -w[0-9]* (-t [a-z]+ )?"
	lines=$(cat /var/log/firewalld $L/firewalld.log 2>/dev/null | grep -E '(WARNING|ERROR|CRITICAL): ' |
		grep -vE "$iptables(-C|-n -L|-nL|-S|-D (FORWARD|PREROUTING|OUTPUT|POSTROUTING))" |
		grep -vE "NAME_CONFLICT: new_policy_object\(\): 'docker-forwarding'" |
		grep -vE "$iptables-[DFX] (DOCKER|DOCKER-(ISOLATION|ISOLATION-STAGE-[12]|FORWARD|CT|BRIDGE|INTERNAL|INGRESS))[ ']" |
		sort -u)
	for regex in "${EXPECTED_LOG[@]}"; do lines=$(grep -vE -- "$regex" <<<"$lines"); done
	[ -z "$lines" ] || printf '%s\n' "$lines"
}

log_is_clean() {
	local lines
	lines=$(unexpected_log)
	[ -z "$lines" ] || { printf '%s\n' "$lines"; return 1; }
}

finish_logs() {
	[ -w /lab-out ] || return 0
	cp $L/*.log /lab-out/ 2>/dev/null
	[ ! -f /var/log/firewalld ] || cp /var/log/firewalld /lab-out/firewalld-file.log
	[ "$LAB_KIND" != boot ] || journalctl --no-pager -o short-precise >/lab-out/journal.log
	return 0
}

# lab_begin: called before the script.
lab_begin() {
	mkdir -p $L
	if [ "$LAB_KIND" = boot ]; then
		LAB_BOOT=0
		# shellcheck disable=SC1091
		[ ! -f /var/lib/lab-state ] || . /var/lib/lab-state
		LAB_BOOT=$((LAB_BOOT + 1))
		net_up || die "the network could not be made"
	else
		ip link set lo up
		if [ -z "$LAB_NOSTACK" ]; then
			dbus_up || die "dbus-daemon did not come up"
			polkit_start || die "polkitd did not come up"
			net_up || die "the network could not be made"
			fw_start || die "firewalld did not come up"
		fi
	fi
	trap 'lab_end $?' EXIT
}

# lab_end STATUS: called when the script ended, one way or the other.
lab_end() {
	trap - EXIT
	if [ -n "${LAB_PLAIN:-}" ]; then
		finish_logs
		exit "$1"
	fi
	# the status of a script is that of its last command, which may well be a failed point
	[ "$1" = 0 ] || [ $TAP_FAILED -gt 0 ] || point 1 "the script ran to its end (status $1)"
	[ -n "${LAB_NOSTACK:-}" ] || ok "nothing unexpected in firewalld's log" log_is_clean
	finish_logs
	echo "1..$TAP_COUNT"
	[ $TAP_FAILED = 0 ]
	exit $?
}
