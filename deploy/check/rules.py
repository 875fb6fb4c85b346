"""The rules for what deploys Oz: each function takes documents and gives complaints."""

from collections.abc import Iterator

SERVICES = ("gateway", "identity", "ingestion", "task", "feed", "aggregation")
# Who may call whom, on which port; `stores`, `ingress` and `monitoring` are namespaces. Anything more is a complaint.
EDGES = {
    ("ingress", "gateway", 8080),
    *(("gateway", service, 7101 + index) for index, service in enumerate(SERVICES[1:])),
    ("gateway", "ingestion", 8081),
    *((service, "identity", 7101) for service in SERVICES[2:]),
    ("task", "ingestion", 7102),
    *((service, "stores", port) for service in SERVICES[1:] for port in (5432, 9092)),
    ("gateway", "stores", 6379),
    ("migrate", "stores", 5432),
}
COMPONENT = "app.kubernetes.io/component"


def name(thing: dict) -> str:
    """Kind and name, for people."""
    return f"{thing['kind']}/{thing['metadata']['name']}"


def kubernetes(objects: list[dict]) -> list[str]:
    """Every rule for a rendered kustomization."""
    complaints = []
    for thing in objects:
        if pod := thing.get("spec", {}).get("template", {}).get("spec"):
            found = [*pod_rules(pod)]
            found += [c for container in all_containers(pod) for c in container_rules(container)]
            if thing["kind"] == "Deployment":
                found += [c for container in pod["containers"] for c in serving_rules(container)]
            complaints += [f"{name(thing)}: {complaint}" for complaint in found]
        if thing["kind"] == "Secret":
            complaints.append(f"{name(thing)}: a secret is in the manifests")
        if thing["kind"] == "Service" and thing["spec"].get("type", "ClusterIP") != "ClusterIP":
            complaints.append(f"{name(thing)}: reachable from outside the cluster")
    return complaints + presence_rules(objects) + network_rules(objects)


def all_containers(pod: dict) -> list[dict]:
    """Those that serve and those that prepare."""
    return pod["containers"] + pod.get("initContainers", [])


def secrets_asked_for(objects: list[dict]) -> set[str]:
    """Names of the secrets that pods take their environment from."""
    pods = (thing["spec"]["template"]["spec"] for thing in objects if "template" in thing.get("spec", {}))
    sources = (source for pod in pods for container in all_containers(pod) for source in container["envFrom"])
    return {source["secretRef"]["name"] for source in sources if "secretRef" in source}


def pod_rules(pod: dict) -> Iterator[str]:
    """A pod is nobody, sees nothing of its node, and holds no token of the cluster."""
    context = pod.get("securityContext", {})
    if context.get("runAsNonRoot") is not True or not context.get("runAsUser"):
        yield "runs as root"
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "has no seccomp profile"
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(field):
            yield f"shares {field} with its node"
    if pod.get("automountServiceAccountToken") is not False:
        yield "holds a token of the cluster"
    for volume in pod.get("volumes", []):
        if "hostPath" in volume:
            yield f"mounts {volume['hostPath']['path']} of its node"
        if "emptyDir" in volume and "sizeLimit" not in (volume["emptyDir"] or {}):
            yield f"volume {volume['name']} has no size limit"


def container_rules(container: dict) -> Iterator[str]:
    """A container changes nothing of itself, gains nothing, and has bounds."""
    context = container.get("securityContext", {})
    if context.get("readOnlyRootFilesystem") is not True:
        yield "has a writable root file system"
    if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
        yield "may gain privileges"
    if context.get("runAsUser") == 0 or context.get("runAsNonRoot") is False:
        yield "overrides the pod and runs as root"
    capabilities = context.get("capabilities", {})
    if capabilities.get("drop") != ["ALL"] or capabilities.get("add"):
        yield "keeps capabilities"
    resources = container.get("resources", {})
    for bound in ("limits", "requests"):
        if not {"cpu", "memory"} <= set(resources.get(bound, {})):
            yield f"lacks {bound} of cpu and memory"
    tag = container["image"].rpartition(":")[2]
    if "/" in tag or tag == "latest" or tag == container["image"]:
        yield f"image {container['image']} has no fixed version"
    if any("KEY" in item["name"] or "URL" in item["name"] for item in container.get("env", []) if "value" in item):
        yield "a secret may be written in its environment"


def serving_rules(container: dict) -> Iterator[str]:
    """What serves says that it lives and that it is ready, by different questions."""
    for probe, path in (("startupProbe", "/healthz"), ("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
        asked = container.get(probe, {}).get("httpGet", {})
        if (asked.get("path"), asked.get("port")) != (path, "admin"):
            yield f"{probe} does not ask {path} on the admin port"


def presence_rules(objects: list[dict]) -> list[str]:
    """Every service is there with its address and its disruption budget, in a namespace that demands restraint."""
    names = {name(thing) for thing in objects}
    complaints = [
        f"{kind}/{service} is missing"
        for service in SERVICES
        for kind in ("Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy")
        if f"{kind}/{service}" not in names
    ]
    enforced = [
        thing["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce")
        for thing in objects
        if thing["kind"] == "Namespace"
    ]
    return complaints if enforced == ["restricted"] else [*complaints, "the namespace does not enforce `restricted`"]


def network_rules(objects: list[dict]) -> list[str]:
    """Denied unless listed; both ends of an edge agree; the edges are those of `EDGES`."""
    policies = {thing["metadata"]["name"]: thing["spec"] for thing in objects if thing["kind"] == "NetworkPolicy"}
    denied = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    complaints = [] if policies.get("default-deny") == denied else ["NetworkPolicy/default-deny does not deny all"]
    incoming, outgoing = set(), set()
    for policy, spec in policies.items():
        own = spec["podSelector"].get("matchLabels", {}).get(COMPONENT)
        if own is None and policy not in ("default-deny", "resolve-names", "monitoring"):
            complaints.append(f"NetworkPolicy/{policy} binds no component")
        if own is None:
            continue
        incoming |= {(peer, own, port) for peer, port in peers(spec.get("ingress", []), "from")}
        outgoing |= {(own, peer, port) for peer, port in peers(spec.get("egress", []), "to")}
    inner = {edge for edge in EDGES if edge[0] != "ingress" and edge[1] != "stores"}
    expected_in = inner | {edge for edge in EDGES if edge[0] == "ingress"}
    expected_out = inner | {edge for edge in EDGES if edge[1] == "stores"}
    for end, found, expected in (("into", incoming, expected_in), ("out of", outgoing, expected_out)):
        for caller, callee, port in sorted(found - expected, key=str):
            complaints.append(f"the way {end} {caller} → {callee}:{port} is open and not listed")
        for caller, callee, port in sorted(expected - found, key=str):
            complaints.append(f"the way {end} {caller} → {callee}:{port} is listed and not open")
    return complaints


def peers(openings: list[dict], end: str) -> Iterator[tuple[str, object]]:
    """Who is at the other end and on which port; `anybody` and `any port` where nothing narrows it."""
    for opening in openings:
        ports = [port.get("port", "any port") for port in opening.get("ports", [])] or ["any port"]
        for peer in opening.get(end) or [{}]:
            labels = peer.get("podSelector", {}).get("matchLabels", {})
            spaces = peer.get("namespaceSelector", {}).get("matchLabels", {})
            space = next((key.removeprefix("oz.dev/") for key in spaces), None)
            who = space or labels.get(COMPONENT) or "anybody"
            yield from ((who, port) for port in ports)


def compose(document: dict) -> list[str]:
    """The same restraint on one machine; only the gateway has a door to the outside."""
    complaints = []
    for service, spec in document["services"].items():
        say = lambda text, service=service: complaints.append(f"docker-compose.yml: {service}: {text}")
        ours = service in SERVICES or service == "migrate"
        if not spec.get("read_only") and service != "kafka":
            say("has a writable root file system")
        if spec.get("cap_drop") != ["ALL"] or "no-new-privileges:true" not in spec.get("security_opt", []):
            say("keeps privileges")
        if spec.get("privileged") or spec.get("network_mode") or spec.get("pid"):
            say("shares something with the host")
        if ours and spec.get("user") != "65532:65532":
            say("runs as root")
        if "mem_limit" not in spec:
            say("has no memory limit")
        if service != "migrate" and "test" not in spec.get("healthcheck", {}):
            say("does not say whether it is well")
        if spec.get("ports") and service != "gateway":
            say("has a door to the outside")
        if "edge" in spec.get("networks", []) and service != "gateway":
            say("is on the outer network")
        if ours and "OZ__SECRETS__KEY_ENCRYPTION_KEY" in spec["environment"] and service != "identity":
            say("holds the key-encryption key")
        for owner in (key for key in spec.get("environment", {}) if key.endswith("__OWNER_URL")):
            if service != "migrate":
                say(f"holds {owner}")
    missing = [service for service in (*SERVICES, "migrate") if service not in document["services"]]
    if not document["networks"]["inner"].get("internal"):
        complaints.append("docker-compose.yml: the inner network leads outside")
    return complaints + [f"docker-compose.yml: {service} is missing" for service in missing]


def dockerfile(text: str) -> list[str]:
    """The last stage has no shell and no root, and every image a fixed version."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    stages = [index for index, line in enumerate(lines) if line.startswith("FROM ")]
    last = lines[stages[-1] :]
    complaints = []
    if not last[0].startswith("FROM gcr.io/distroless/") or ":nonroot" not in last[0]:
        complaints.append("deploy/Dockerfile: the last stage is not a distroless, unprivileged image")
    if "USER 65532:65532" not in last:
        complaints.append("deploy/Dockerfile: the last stage does not name its user")
    if any(line.startswith(("RUN", "SHELL")) for line in last):
        complaints.append("deploy/Dockerfile: the last stage runs commands")
    if any(line.startswith(("ENTRYPOINT", "CMD")) and "[" not in line for line in last):
        complaints.append("deploy/Dockerfile: a command needs a shell")
    for line in (lines[index] for index in stages):
        if ":" not in line or ":latest" in line:
            complaints.append(f"deploy/Dockerfile: {line} has no fixed version")
    return complaints
