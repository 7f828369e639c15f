# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# demo.sh [1]: what ./try shows, run by lab.sh; 1 = end in a shell. The status is 0 if everything went as promised.
# shellcheck disable=SC2034
LAB_PLAIN=1
bold='' green='' red='' plain=''
if [ -t 1 ]; then bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'; fi
surprises=0

heading() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
run() {
	printf '  %s$ %s%s\n' "$bold" "$*" "$plain"
	"$@" 2>&1 | sed 's/^/    /'
	return "${PIPESTATUS[0]}"
}

# clients EXPECTED...: one word (in, out) for each of the four clients.
clients() {
	local source host result word
	for source in 192.168.1.1 192.168.1.50 fd01::1 fd01::50; do
		case $source in *:*) host=fd01::99 ;; *) host=192.168.1.99 ;; esac
		if [ "$1" = in ]; then gets_in $source $host 8080; else probe $source $host 8080; fi >/dev/null 2>&1
		case $? in
		0) result=in word="${green}gets in$plain" ;;
		1 | 2) result=out word="${red}is kept out$plain" ;;
		*) result=none word="${red}could not ask$plain" ;;
		esac
		[ "$result" = "$1" ] || { word+="   (!) expected: $1" surprises=$((surprises + 1)); }
		printf '    client %-13s %s\n' $source "$word"
		shift
	done
}

docker_start6 && image || die "Docker"
quaywalld_start || die "quaywalld"

heading "1. A web server is published: everybody gets in"
printf '  %s$ docker run -d --name web -p 8080:80 ...%s\n' "$bold" "$plain"
web web 8080 || die "the container"
clients in in in in

heading "2. firewall-cmd does not close it: Docker's rules come first"
run firewall-cmd --zone=drop --change-interface=ext0
run firewall-cmd --zone=drop --add-rich-rule='rule family="ipv4" source address="192.168.1.50" drop'
clients in in in in
firewall-cmd -q --zone=drop --remove-rich-rule='rule family="ipv4" source address="192.168.1.50" drop'
firewall-cmd -q --zone=public --change-interface=ext0

heading "3. With quaywall it obeys firewalld's zones"
run quaywallctl obey-zones all || surprises=$((surprises + 1))
clients out out out out
run firewall-cmd --add-port=8080/tcp || surprises=$((surprises + 1))
clients in in in in
run quaywallctl policy remove all || surprises=$((surprises + 1))

heading "4. And policies of its own: only 192.168.1.1 and fd01::1 may connect"
run quaywallctl allow-only web --from 192.168.1.1 --from fd01::1 --port 8080/tcp --on ext0 || surprises=$((surprises + 1))
clients in out in out

heading "5. It holds through a reload of firewalld"
printf '  %s$ firewall-cmd --reload%s\n' "$bold" "$plain"
fw_reload
clients in out in out

heading "6. What it did"
run iptables -S DOCKER-USER
run iptables -S QUAYWALL-POLICY
run quaywallctl policy show web || surprises=$((surprises + 1))
run quaywallctl policy counters || surprises=$((surprises + 1))
run quaywallctl status || surprises=$((surprises + 1))

if [ "${1:-}" = 1 ]; then
	heading "A shell on the Docker host of the lab"
	cat <<-HINTS
		    probe 192.168.1.50 192.168.1.99 8080 [udp]   a client's connection (0 answered, 1 silence, 2 refused)
		    quaywallctl, busctl introspect org.quaywall1 /org/quaywall1, firewall-cmd, docker, iptables, nft
		    fw_reload, lab_reboot, quaywalld_restart; web NAME PORT; more in /lab/lib.sh. \`exit\` ends it all.
	HINTS
	cat >/run/shell.rc <<-RC
		LAB_KIND=lab LAB_NOSTACK=1 LAB_DOCKER_OPTS='' LAB_FW_OPTS=''
		. /lab/lib.sh
		FW_PID=$FW_PID DOCKER_PID=$DOCKER_PID QUAYWALLD_PID=$QUAYWALLD_PID DOCKER_ARGS=(${DOCKER_ARGS[@]@Q})
		cd /root
		PS1='lab# '
	RC
	# a new terminal: the lab's processes cannot see the session that owns this one
	script -q -c 'bash --rcfile /run/shell.rc -i' /dev/null
fi

echo
if [ $surprises = 0 ]; then
	echo "All as promised. The firewall of this host was not touched."
else
	echo "$surprises things were not as promised: the lines above that say so."
	show_logs >&2
	exit 1
fi
