#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The Ansible collection: the unit tests of its pure part, which need no Ansible; that it is installed whole; and what Ansible's own
# tools say, where they are installed. Its modules and its role run in tests/lab/t/58-ansible*.
. "$(dirname "$0")/tap.sh"
needs python3
export PYTHONDONTWRITEBYTECODE=1

unit() {
	local said
	said=$(python3 tests/unit/test-ansible.py 2>&1) || echo "$said"
}
check "the unit tests of its pure part" unit

versions() {
	local ours theirs
	ours=$(sed -n 's/^AC_INIT(\[quaywall\], \[\([^]]*\)\].*/\1/p' configure.ac)
	theirs=$(sed -n 's/^version: //p' ansible/galaxy.yml)
	[ -n "$ours" ] && [ "$ours" = "$theirs" ] || echo "ansible/galaxy.yml has version $theirs, configure.ac $ours"
}
check "its version is quaywall's" versions

listed() {
	local file
	while IFS= read -r file; do
		grep -qE "(^|[[:space:]])${file//./\\.}([[:space:]]|$)" Makefile.am || echo "$file is not in Makefile.am"
	done < <(find ansible -type f ! -name '*.pyc' ! -name .ansible-lint ! -path 'ansible/tests/*')
}
check "all of it but its tests is installed" listed

spdx() {
	grep -rL 'SPDX-License-Identifier: LGPL-2.1-or-later' ansible
	true
}
check "every file has its SPDX line" spdx

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/ansible_collections/quaywall"
cp -r ansible "$scratch/ansible_collections/quaywall/quaywall" && chmod -R u+w "$scratch"
export ANSIBLE_COLLECTIONS_PATH=$scratch ANSIBLE_COLLECTIONS_PATHS=$scratch ANSIBLE_HOME=$scratch/home HOME=$scratch ANSIBLE_NOCOLOR=1

documented() {
	local module said
	for module in ansible/plugins/modules/*.py; do
		module=$(basename "$module" .py)
		said=$(ansible-doc "quaywall.quaywall.$module" 2>&1) && grep -q '^EXAMPLES:' <<<"$said" && grep -q '^RETURN VALUES:' <<<"$said" ||
			echo "$module: ${said:0:500}"
	done
}
if command -v ansible-doc >/dev/null; then
	check "ansible-doc shows every module, with examples and what it returns" documented
else
	skip "ansible-doc shows every module" "ansible-core is not installed"
fi

linted() {
	local said
	said=$(cd "$scratch/ansible_collections/quaywall/quaywall" && ansible-lint --offline --nocolor 2>&1) || echo "$said"
}
if command -v ansible-lint >/dev/null; then
	check "ansible-lint finds nothing" linted
else
	skip "ansible-lint finds nothing" "ansible-lint is not installed"
fi

# What "ansible-test sanity" runs in an environment that it downloads, without that.
VALIDATE=$(python3 -c 'import ansible_test, os; print(os.path.dirname(ansible_test.__file__))' 2>/dev/null)/_util/controller/sanity/validate-modules
validate() {
	(cd "$scratch/ansible_collections/quaywall/quaywall" && PYTHONPATH=$VALIDATE:$scratch python3 "$VALIDATE/validate.py" "$@" 2>&1)
}
validated() {
	local said options=()
	# newer ones always compare the documentation with what the module takes
	[[ $(validate --help) != *--arg-spec* ]] || options=(--arg-spec)
	said=$(validate "${options[@]}" --format plain --collection ansible_collections/quaywall/quaywall \
		--collection-version "$(sed -n 's/^version: //p' ansible/galaxy.yml)" plugins/modules)
	# 3: something was found; the licence always is, since quaywall's is LGPL
	[ $? = 3 ] || echo "validate.py failed"
	grep -v missing-gplv3-license <<<"$said"
	true
}
if validate --help >/dev/null; then
	check "validate-modules of ansible-test finds nothing" validated
else
	skip "validate-modules of ansible-test finds nothing" "ansible-test, or a module that it needs (python3-voluptuous), is not installed"
fi

finish
