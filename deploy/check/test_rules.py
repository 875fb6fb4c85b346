"""Each rule notices what it forbids: the real manifests are broken in one place at a time."""

import copy
import unittest

import rules

# Set by check.py: what the base renders to.
OBJECTS: list[dict] = []


class Rules(unittest.TestCase):
    """One broken manifest a test."""

    def setUp(self) -> None:
        self.objects = copy.deepcopy(OBJECTS)

    def thing(self, kind: str, name: str) -> dict:
        return next(t for t in self.objects if t["kind"] == kind and t["metadata"]["name"] == name)

    def pod(self) -> dict:
        return self.thing("Deployment", "task")["spec"]["template"]["spec"]

    def container(self) -> dict:
        return self.pod()["containers"][0]

    def assert_noticed(self, words: str) -> None:
        complaints = rules.kubernetes(self.objects)
        self.assertTrue(any(words in complaint for complaint in complaints), complaints)

    def test_the_manifests_as_they_are_break_no_rule(self) -> None:
        self.assertEqual(rules.kubernetes(self.objects), [])

    def test_root_is_noticed(self) -> None:
        del self.pod()["securityContext"]["runAsNonRoot"]
        self.assert_noticed("runs as root")

    def test_a_writable_file_system_is_noticed(self) -> None:
        self.container()["securityContext"]["readOnlyRootFilesystem"] = False
        self.assert_noticed("writable root file system")

    def test_capabilities_are_noticed(self) -> None:
        self.container()["securityContext"]["capabilities"]["add"] = ["NET_ADMIN"]
        self.assert_noticed("keeps capabilities")

    def test_privilege_escalation_is_noticed(self) -> None:
        del self.container()["securityContext"]["allowPrivilegeEscalation"]
        self.assert_noticed("may gain privileges")

    def test_a_share_of_the_node_is_noticed(self) -> None:
        self.pod()["hostNetwork"] = True
        self.assert_noticed("shares hostNetwork")

    def test_a_folder_of_the_node_is_noticed(self) -> None:
        self.pod()["volumes"].append({"name": "node", "hostPath": {"path": "/"}})
        self.assert_noticed("mounts / of its node")

    def test_a_missing_limit_is_noticed(self) -> None:
        del self.container()["resources"]["limits"]["memory"]
        self.assert_noticed("lacks limits")

    def test_a_missing_probe_is_noticed(self) -> None:
        del self.container()["readinessProbe"]
        self.assert_noticed("readinessProbe")

    def test_a_moving_image_is_noticed(self) -> None:
        for image in ("oz", "registry.example.com:5000/oz", "oz:latest"):
            self.container()["image"] = image
            self.assert_noticed("no fixed version")

    def test_a_second_container_is_bound_too(self) -> None:
        self.pod()["initContainers"] = [{"name": "shell", "image": "busybox:1"}]
        self.assert_noticed("writable root file system")

    def test_a_job_is_bound_too(self) -> None:
        del self.thing("Job", "migrate")["spec"]["template"]["spec"]["securityContext"]
        self.assert_noticed("Job/migrate: runs as root")

    def test_a_missing_default_deny_is_noticed(self) -> None:
        self.objects.remove(self.thing("NetworkPolicy", "default-deny"))
        self.assert_noticed("does not deny all")

    def test_an_edge_too_many_is_noticed(self) -> None:
        peer = {"podSelector": {"matchLabels": {rules.COMPONENT: "feed"}}}
        self.thing("NetworkPolicy", "task")["spec"]["ingress"][0]["from"].append(peer)
        self.assert_noticed("into feed → task:7103 is open and not listed")

    def test_an_edge_to_anybody_is_noticed(self) -> None:
        self.thing("NetworkPolicy", "task")["spec"]["egress"].append({})
        self.assert_noticed("out of task → anybody:any port is open and not listed")

    def test_a_missing_edge_is_noticed(self) -> None:
        self.thing("NetworkPolicy", "gateway")["spec"]["egress"].pop()
        self.assert_noticed("gateway → stores:6379 is listed and not open")

    def test_a_secret_in_the_manifests_is_noticed(self) -> None:
        self.objects.append({"kind": "Secret", "metadata": {"name": "oz-task"}})
        self.assert_noticed("a secret is in the manifests")

    def test_a_service_open_to_the_world_is_noticed(self) -> None:
        self.thing("Service", "task")["spec"]["type"] = "NodePort"
        self.assert_noticed("reachable from outside")

    def test_a_lenient_namespace_is_noticed(self) -> None:
        self.thing("Namespace", "oz")["metadata"]["labels"] = {}
        self.assert_noticed("does not enforce")

    def test_a_shell_in_the_image_is_noticed(self) -> None:
        self.assertTrue(rules.dockerfile("FROM debian:12\nRUN true\nCMD oz\n"))


if __name__ == "__main__":
    raise SystemExit("run deploy/check/check.py: it renders the manifests first")
