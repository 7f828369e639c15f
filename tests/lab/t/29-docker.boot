# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: alone
# Docker under systemd, which listens on its socket while it is stopped: quaywalld, in its sandbox, knows of it and never
# starts it.

docker_property() { busctl get-property org.quaywall1 /org/quaywall1 org.quaywall1.Manager "Docker$1" | cut -d'"' -f2; }
docker_state_is() { [ "$(docker_property State)" = "$1" ]; }
unit_is() { [ "$(systemctl show -P ActiveState "$1")" = "$2" ]; }

systemctl start docker || die "Docker"
image || die "image"
systemctl start quaywalld || die "quaywalld"
ok "Docker is known, through the sandbox" waitfor 10 docker_state_is running
is "$(docker version -f '{{.Server.Version}}')" "$(docker_property Version)" "with its version"
ok "systemd listens for it" systemctl is-active docker.socket

# two that take their time to end, one longer than the other: Docker is being stopped for as long, while its API is closed
# already and it still tells of the end of the first
for name in slow:1 slower:4; do
	docker run -d --name "${name%:*}" --stop-timeout 6 -v /usr:/usr:ro bb:1 /usr/bin/python3 -c "
import signal, time
signal.signal(signal.SIGTERM, lambda *_: (time.sleep(${name#*:}), exit()))
print('ready', flush=True)
while True: signal.pause()" >/dev/null && waitfor 10 docker_log_has "${name%:*}" ready || die "a container"
done
ok "the container is remembered" waitfor 5 grep -q '"Name":"slow"' /var/lib/quaywall/docker-facts
systemctl --no-block stop docker
ok "its end is known while it is being stopped" waitfor 5 docker_state_is not-running
is deactivating "$(systemctl show -P ActiveState docker)" "long before it has ended"
ok "it ends" waitfor 30 unit_is docker inactive
invocation=$(systemctl show -P InvocationID docker)
for moment in 1 2 3; do
	# an event for inotify to tell of, each time
	touch /run/docker.pid && rm /run/docker.pid
	bus_call org.quaywall1 /org/quaywall1 org.quaywall1.Manager Verify >/dev/null
done
# what quaywalld does when nobody is to be asked, it does at once; and then it would try again after 1 s and 2 s
sleep 4
ok "nobody has started it again" unit_is docker inactive
is "$invocation" "$(systemctl show -P InvocationID docker)" "not even for a moment"
ok "quaywalld is started anew" systemctl restart quaywalld
is not-running "$(docker_property State)" "it is not running"
ok "and was not started by that either" unit_is docker inactive

systemctl start docker || die "Docker"
ok "it is back" waitfor 10 docker_state_is running
systemctl kill -s KILL docker
ok "after it was killed, systemd starts it, and it is known" waitfor 30 docker_state_is running
ok "it is another process" unit_is docker active
like 'QUAYWALL_DOCKER=not-running' "$(journalctl -b -u quaywalld -o export --no-pager | grep -a QUAYWALL_DOCKER)" "the journal has it"
log "quaywalld: $(grep -E 'VmRSS|RssAnon' "/proc/$(systemctl show -P MainPID quaywalld)/status" | tr -s '\n\t ' ' ')"
