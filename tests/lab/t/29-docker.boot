# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: alone
# Docker under systemd, which listens on its socket while it is stopped: quaywalld, in its sandbox, notices it and never starts
# it.

docker_property() { busctl get-property org.quaywall1 /org/quaywall1 org.quaywall1.Manager "Docker$1" | cut -d'"' -f2; }
docker_state_is() { [ "$(docker_property State)" = "$1" ]; }
unit_is() { [ "$(systemctl show -P ActiveState "$1")" = "$2" ]; }

systemctl start docker || die "Docker"
image || die "image"
systemctl start quaywalld || die "quaywalld"
ok "Docker is known, through the sandbox" waitfor 10 docker_state_is running
is "$(docker version -f '{{.Server.Version}}')" "$(docker_property Version)" "with its version"
ok "systemd listens for it" systemctl is-active docker.socket

# two containers that take their time to end, one longer than the other: meanwhile Docker is stopping, its API is closed
# already, and it still sends the event for the first
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
	# causes an inotify event each time
	touch /run/docker.pid && rm /run/docker.pid
	bus_call org.quaywall1 /org/quaywall1 org.quaywall1.Manager Verify >/dev/null
done
# quaywalld would try at once if it tried at all, and again after 1 s and 2 s
sleep 4 # nothing happens
ok "nobody has started it again" unit_is docker inactive
is "$invocation" "$(systemctl show -P InvocationID docker)" "not even for a moment"
ok "quaywalld is restarted" systemctl restart quaywalld
is not-running "$(docker_property State)" "it is not running"
ok "and was not started by that either" unit_is docker inactive

systemctl start docker || die "Docker"
ok "it is back" waitfor 10 docker_state_is running
ended() { journalctl -b -u quaywalld -o export --no-pager | grep -ac QUAYWALL_DOCKER=not-running; }
ended_again() { [ "$(ended)" -gt "$known" ]; }
# its API answers a moment before systemd knows that it is ready
another_is_active() { unit_is docker active && [ "$(systemctl show -P InvocationID docker)" != "$invocation" ]; }
known=$(ended)
invocation=$(systemctl show -P InvocationID docker)
systemctl kill -s KILL docker
ok "after it was killed, systemd starts another" waitfor 30 another_is_active
ok "the end of the one is in the journal" waitfor 5 ended_again
ok "the other is known" waitfor 10 docker_state_is running
log "quaywalld: $(grep -E 'VmRSS|RssAnon' "/proc/$(systemctl show -P MainPID quaywalld)/status" | tr -s '\n\t ' ' ')"
