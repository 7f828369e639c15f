# SPDX-License-Identifier: LGPL-2.1-or-later
# fish completion for quaywallctl(1), which knows itself what can come next

function __quaywallctl_complete
    set -l line (commandline -opc) (commandline -ct)
    set -l found (quaywallctl __complete -- $line[2..-1] 2>/dev/null)

    if test $status = 9
        __fish_complete_path (commandline -ct)
    else
        string join -- \n $found
    end
end

complete -c quaywallctl -f -a '(__quaywallctl_complete)'
