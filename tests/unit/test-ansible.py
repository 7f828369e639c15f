#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The pure part of the Ansible modules: what two spellings have in common, and what a task has to change. Needs no Ansible."""
import importlib.util
import os
import unittest

TOP = os.environ.get("TOP_SRCDIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
SPEC = importlib.util.spec_from_file_location("meaning", os.path.join(TOP, "ansible/plugins/module_utils/meaning.py"))
meaning = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(meaning)

DENY = {"action": "deny"}
# as List has it
LISTED = {"action": "allow-only", "sources": ["192.168.1.0/24"], "ports": ["8080/tcp"], "reject": False, "log": False, "enabled": True, "revision": 7}


def policy(**keys):
    return dict(DENY, **{key.replace("_", "-"): value for key, value in keys.items()})


class Meaning(unittest.TestCase):
    def same(self, one, other):
        self.assertEqual(meaning.meaning(one), meaning.meaning(other))

    def differ(self, one, other):
        self.assertNotEqual(meaning.meaning(one), meaning.meaning(other))

    def test_spellings(self):
        for key, one, other in (
            ("sources", ["10.0.0.0/24", "10.0.1.0/24"], ["10.0.0.0/23"]),
            ("sources", ["10.0.0.1-10.0.0.3"], ["10.0.0.3", "10.0.0.2/31", "10.0.0.1"]),
            ("sources", ["10.0.0.7", "10.0.0.0/24"], ["10.0.0.0/24"]),
            ("sources", ["fd01:0::0001", "group:a"], ["group:a", "fd01::1"]),
            ("sources", ["0.0.0.0/0"], ["0.0.0.0/1", "128.0.0.0/1"]),
            ("destinations", ["192.168.1.99/32"], ["192.168.1.99"]),
            ("ports", ["80/tcp", "81-90/tcp"], ["80-90/tcp"]),
            ("ports", ["53/udp", "53/tcp"], ["53/tcp", "53/udp"]),
            ("containers", ["a", "b"], ["b", "a"]),
            ("sources", ["10.0.0.1 until 2199-01-01T00:00:00Z"], ["10.0.0.1 until 2199-01-01T02:00:00+02:00"]),
        ):
            with self.subTest(one=one):
                self.same(policy(**{key: one}), policy(**{key: other}))
        self.same(policy(until="2199-01-01T00:00:00Z"), policy(until="2199-01-01T01:00:00+01:00"))

    def test_differences(self):
        for key, one, other in (
            ("sources", ["10.0.0.1"], ["10.0.0.2"]),
            ("sources", ["10.0.0.0/24"], ["10.0.0.0/24", "10.0.2.0/24"]),
            ("sources", ["0.0.0.0"], ["::"]),
            ("sources", ["0.0.0.0/0"], ["::/0"]),
            ("sources", ["10.0.0.1"], ["10.0.0.1 until 2199-01-01T00:00:00Z"]),
            ("sources", ["10.0.0.1 until 2199-01-01T00:00:00Z"], ["10.0.0.1 until 2199-01-01T00:00:01Z"]),
            ("sources", ["group:a"], ["ipset:a"]),
            ("ports", ["80/tcp"], ["80/udp"]),
            ("ports", ["80/tcp", "82/tcp"], ["80-82/tcp"]),
            ("ports", ["80/tcp"], ["80"]),
            ("ports", ["80/tcp"], "80/tcp"),
            ("log", True, False),
            ("enabled", True, False),
            ("description", "a", "b"),
            ("colour", "red", None),
        ):
            with self.subTest(one=one, other=other):
                self.differ(policy(**{key: one}), policy(**{key: other}))
        self.differ(DENY, {"action": "obey-zones"})
        self.differ(DENY, None)
        self.differ({}, None)

    def test_what_is_not_given(self):
        self.same(DENY, policy(enabled=True, log=False, reject=False, description="", sources=[], until="", revision=3))
        self.differ(DENY, policy(log=True))

    def test_what_cannot_be_read_is_kept(self):
        for wrong in ("10.0.0.300", "10.0.0.3-10.0.0.1", "10.0.0.1-fd01::1", "10.0.0.1/33", "", "-", "a until b", "1"):
            self.differ(policy(sources=["10.0.0.1", wrong]), policy(sources=["10.0.0.1"]))

    def test_cleaned(self):
        given = {1: {"action": "deny", "log": "True", "reject": "False", "enabled": "maybe", "description": None, "revision": 7}, "none": None}
        self.assertEqual(
            meaning.cleaned(given),
            {"1": {"action": "deny", "log": True, "reject": False, "enabled": "maybe"}, "none": {}},
        )
        # a text that is one stays one
        self.assertEqual(meaning.cleaned({"a": {"description": "True"}}), {"a": {"description": "True"}})

    def test_labels(self):
        self.assertEqual(meaning.without_labels({"web": DENY, "label/web/deny": DENY}), {"web": DENY})


class Plan(unittest.TestCase):
    def plan(self, now, wanted, unwanted=(), later=None):
        return meaning.Plan(now, now if later is None else later, wanted, unwanted)

    def names(self, plan):
        return plan.set, plan.remove

    def test_nothing(self):
        wanted = {"web": {"action": "allow-only", "sources": ["192.168.1.0/25", "192.168.1.128/25"], "ports": ["8080/tcp"]}}
        plan = self.plan({"web": LISTED, "other": DENY}, wanted)
        self.assertFalse(plan)
        self.assertEqual(plan.diff(), {"before": {}, "after": {}})
        self.assertFalse(self.plan({"web": LISTED}, wanted, None))
        self.assertFalse(self.plan({"web": LISTED}, {}, ["none"]))
        self.assertFalse(self.plan({}, {}, None))

    def test_kinds(self):
        self.assertEqual(self.names(self.plan({}, {"a": DENY})), (["a"], []))
        self.assertEqual(self.names(self.plan({"a": DENY}, {"a": policy(log=True)})), (["a"], []))
        self.assertEqual(self.names(self.plan({"a": policy(enabled=False)}, {"a": DENY})), (["a"], []))
        self.assertEqual(self.names(self.plan({"a": DENY, "b": DENY}, {"a": DENY}, None)), ([], ["b"]))
        self.assertEqual(self.names(self.plan({"renamed": DENY}, {"a": DENY}, None)), (["a"], ["renamed"]))
        self.assertEqual(self.names(self.plan({"a": DENY, "b": DENY}, {}, ["b", "c"])), ([], ["b"]))

    def test_only_now_or_only_later(self):
        self.assertEqual(self.names(self.plan({"a": DENY}, {"a": DENY}, (), {})), (["a"], []))
        self.assertEqual(self.names(self.plan({}, {"a": DENY}, (), {"a": DENY})), (["a"], []))
        self.assertEqual(self.names(self.plan({"a": DENY}, {"a": DENY}, (), {"a": policy(log=True)})), (["a"], []))
        self.assertEqual(self.names(self.plan({}, {}, None, {"a": DENY})), ([], ["a"]))
        self.assertEqual(self.names(self.plan({"a": DENY}, {}, ["a"], {})), ([], ["a"]))

    def test_diff(self):
        plan = self.plan({"web": LISTED, "gone": DENY, "stays": DENY}, {"web": LISTED, "stays": DENY, "new": policy(log=True, description="")}, None)
        self.assertEqual(plan.diff(), {"before": {"gone": DENY}, "after": {"new": {"action": "deny", "log": True}}})
        plan = self.plan({"a": DENY}, {"a": DENY}, (), {"a": policy(log=True)})
        self.assertEqual(plan.diff(), {"before": {"a": DENY, "a (permanent)": policy(log=True)}, "after": {"a": DENY}})
        plan = self.plan({"a": DENY}, {}, ["a"], {})
        self.assertEqual(plan.diff(), {"before": {"a": DENY, "a (permanent)": "none"}, "after": {}})
        plan = self.plan({}, {}, ["a"], {"a": DENY})
        self.assertEqual(plan.diff(), {"before": {"a (permanent)": DENY}, "after": {}})

    def test_after(self):
        plan = self.plan({"a": DENY, "b": DENY}, {}, ["b"], {"b": DENY, "c": DENY})
        self.assertEqual(plan.after(), ({"a": DENY}, {"c": DENY}))


class Sentences(unittest.TestCase):
    def test_errors(self):
        errors = [("web", "sources", 0, "x", "InvalidAddress", 'sources: "x" is none'), ("", "cut", -1, "", "InvalidOption", "option cut: no")]
        self.assertEqual(meaning.error_sentences(errors), 'policy "web": sources: "x" is none\noption cut: no')

    def test_problems(self):
        self.assertEqual(
            meaning.problem_sentences([("zone-target", "it is DROP; run this", {"zone": "docker", "target": "DROP"})]),
            "zone-target: it is DROP; run this\n    target: DROP\n    zone: docker",
        )


if __name__ == "__main__":
    unittest.main()
