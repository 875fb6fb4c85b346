"""Checks what deploys Oz: `make deploy-check`. Needs neither a network nor a cluster.

Every overlay is rendered, every object is held against the schemas of the Kubernetes versions that Oz supports and
against the rules of `rules.py`; then docker-compose.yml and the Dockerfile against theirs. One line a complaint.
"""

import re
import subprocess
import sys
import unittest
from pathlib import Path

import compose_spec
import kubernetes_validate
import yaml

import rules

ROOT = Path(__file__).resolve().parents[2]
KUBERNETES = ROOT / "deploy/kubernetes"
# The oldest and the newest that are supported.
VERSIONS = ("1.31", "1.37")


def render(folder: Path) -> list[dict]:
    """The objects of a kustomization, as the cluster would get them."""
    kubectl = Path(sys.executable).parent / "kubectl"
    done = subprocess.run([kubectl, "kustomize", folder], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{folder.relative_to(ROOT)} does not render: {done.stderr.strip()}")
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def schema_complaints(objects: list[dict]) -> list[str]:
    """What the schemas refuse; an unknown field is refused too."""
    complaints = []
    for thing in objects:
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(thing, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                where = ".".join(str(part) for part in error.path)
                complaints.append(f"{rules.name(thing)}: {where}: {error.message} (Kubernetes {version})")
    return complaints


def secrets_complaints(objects: list[dict]) -> list[str]:
    """The example names exactly the secrets that pods ask for."""
    example = KUBERNETES / "base/secrets.example.yaml"
    made = {secret["metadata"]["name"] for secret in yaml.safe_load_all(example.read_text())}
    asked = rules.secrets_asked_for(objects)
    return [f"{example.name}: {name} is asked for or listed, but not both" for name in sorted(made ^ asked)]


def compose_complaints() -> list[str]:
    """What a strict reader of Compose files refuses, and the rules for its services."""
    text = (ROOT / "docker-compose.yml").read_text()
    # Interpolation comes before the specification's types: every variable has its default, or any word.
    filled = re.sub(r"(?<!\$)\$\{\w+:-([^}]*)\}", r"\1", text)
    filled = re.sub(r"(?<!\$)\$\{\w+:\?[^}]*\}", "word", filled)
    document = {key: value for key, value in yaml.safe_load(filled).items() if not key.startswith("x-")}
    try:
        compose_spec.PyCompose.from_yaml(yaml.safe_dump(document))
    except ValueError as error:
        return [f"docker-compose.yml: {error}"]
    return rules.compose(document)


def main() -> int:
    """Prints the complaints; 1 when there are any."""
    complaints = []
    folders = [KUBERNETES / "base", *sorted((KUBERNETES / "overlays").iterdir())]
    count = 0
    for folder in folders:
        objects = render(folder)
        count += len(objects)
        found = schema_complaints(objects) + rules.kubernetes(objects) + secrets_complaints(objects)
        complaints += [f"{folder.relative_to(ROOT)}: {complaint}" for complaint in found]
    complaints += compose_complaints()
    complaints += rules.dockerfile((ROOT / "deploy/Dockerfile").read_text())
    for complaint in complaints:
        print(complaint)
    print(f"deploy-check: {len(folders)} kustomizations, {count} objects, {len(complaints)} complaints")

    # The rules themselves: each must notice what it forbids.
    import test_rules

    test_rules.OBJECTS = render(KUBERNETES / "base")
    suite = unittest.defaultTestLoader.loadTestsFromModule(test_rules)
    passed = unittest.TextTestRunner(verbosity=0).run(suite).wasSuccessful()
    return 0 if passed and not complaints else 1


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
