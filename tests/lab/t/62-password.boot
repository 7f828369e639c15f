# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# How often a user who is not root has to enter a password: with a real polkit, its agent on a terminal, and a session without a
# seat, as one over SSH is.

systemctl start quaywalld || die "quaywalld"
pwconv && echo root:secret | chpasswd || die "a password"
cat >/run/type.py <<'PY'
import os, pty, sys, termios, time
command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
said, asked, kept = b"", 0, 0
try:
    while data := os.read(terminal, 1024):
        said += data
        if said.count(b"Password:") > asked:
            asked += 1
            # what is typed before the agent has switched the echo off is thrown away
            while termios.tcgetattr(terminal)[3] & termios.ECHO:
                time.sleep(0.01)
            os.write(terminal, b"secret\n")
        if said.count(b"[y/N]") > kept:
            kept += 1
            os.write(terminal, b"y\n")
except OSError:
    pass
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(said.decode().replace("\r", ""), file=sys.stderr)
print(f"status {status}, asked {asked} times")
PY
# alice CMD...: at a terminal, in a session of hers
alice() {
	timeout 60 systemd-run --quiet --wait --pipe --collect -p PAMName=runuser-l -p User=alice -- python3 /run/type.py "$@"
}
asked() { is "status 0, asked $1 times" "$(alice "${@:3}" 2>/run/said)" "$2" || log "$(cat /run/said)"; }

asked 1 "a list" quaywallctl policy list
asked 1 "a change that is confirmed" quaywallctl deny web --port 8080/tcp --confirm-within 60
like 'deny' "$(quaywallctl policy show web)" "which is made and kept"
like '[{][}][}]$' "$(busctl --json=short get-property org.quaywall1 /org/quaywall1 org.quaywall1.Policies PendingChange)" "and no longer waits"
asked 1 "an edit in place, which reads nothing first" quaywallctl policy disable web
asked 2 "the next process asks again" sh -c 'quaywallctl policy list && quaywallctl policy list'

# --- the rule of org.quaywall1(5)
sed -n '/^polkit\.addRule/,/^});/p' /usr/share/man/man5/org.quaywall1.5 >/etc/polkit-1/rules.d/60-quaywall.rules
like 'quaywall1\.read' "$(cat /etc/polkit-1/rules.d/60-quaywall.rules)" "the manual has a rule"
chmod 644 /etc/polkit-1/rules.d/60-quaywall.rules && usermod -aG adm alice && systemctl restart polkit || die "a rule"
asked 0 "a member of the group reads without a password" sh -c 'quaywallctl policy list && quaywallctl status && quaywallctl ports'
asked 1 "and changes with one" quaywallctl policy enable web
like '^status 3' "$(alice quaywallctl --no-ask-password policy remove web 2>/dev/null)" "but not without"
