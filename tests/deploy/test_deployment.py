"""docker-compose.yml, the manifests and the Dockerfile: that they agree with the program and with each other."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from services.cli.catalogue import CATALOGUE, PRODUCTION, entries
from shared.settings import Connections, variables

ROOT = Path(__file__).parent.parent.parent
MANIFESTS = ROOT / "deploy" / "kubernetes"
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: Mapping[str, Any] = yaml.safe_load(COMPOSE_TEXT)

# What each process reads: `migrate` runs both of its commands with the settings of the larger.
SETTINGS: Mapping[str, type[BaseSettings]] = {
    "migrate": Connections,
    **{entry.name: entry.settings for entry in entries(CATALOGUE)},
}
PERSONAL = {"COCREATE_KEYS", "COCREATE_INDEX_KEY", "COCREATE_DATABASE_URL"}


def names(settings: type[BaseSettings], *, required: bool = False) -> set[str]:
    """The variables that these settings read, or only those without which a start fails."""
    return {name for name, field in variables(settings) if field.is_required() or not required}


@cache
def objects() -> tuple[dict[str, Any], ...]:
    """Every object of the manifests."""
    paths = sorted(MANIFESTS.glob("*.yaml"))
    return tuple(document for path in paths for document in yaml.safe_load_all(path.read_text()))


def documents(kind: str) -> Iterator[dict[str, Any]]:
    """Every object of a kind in the manifests."""
    return (document for document in objects() if document["kind"] == kind)


def by_name(kind: str) -> dict[str, dict[str, Any]]:
    """The objects of a kind, by name."""
    return {document["metadata"]["name"]: document for document in documents(kind)}


def pods() -> dict[str, dict[str, Any]]:
    """The pod templates of every deployment and job, by name."""
    return {name: it["spec"]["template"] for kind in ("Deployment", "Job") for name, it in by_name(kind).items()}


def containers(pod: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every container of a pod."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def given_to(container: Mapping[str, Any]) -> set[str]:
    """The variables that a container is given; an optional Secret gives none."""
    maps = {name: set(it["data"]) for name, it in by_name("ConfigMap").items()}
    secrets = {name: set(it["stringData"]) for name, it in by_name("Secret").items()}
    given: set[str] = set()
    for source in container["envFrom"]:
        if "configMapRef" in source:
            given |= maps[source["configMapRef"]["name"]]
        elif not source["secretRef"].get("optional"):
            given |= secrets[source["secretRef"]["name"]]
    return given


def interpolated() -> Iterator[tuple[str, str]]:
    """Every variable that docker-compose.yml takes from outside, with what follows its name."""
    yield from re.findall(r"\$\{([A-Z_]+)([^}]*)\}", COMPOSE_TEXT)


class TestCompose:
    """docker-compose.yml."""

    @pytest.mark.parametrize("service", sorted(CATALOGUE))
    def test_every_service_runs(self, service: str) -> None:
        """Each service that the command knows has its container, with a health check and a restart."""
        found = COMPOSE["services"][service]
        assert found["command"] == ["run", service]
        assert found["healthcheck"]["test"][0] == "CMD"
        assert found["restart"] == "unless-stopped"

    @pytest.mark.parametrize("service", sorted(SETTINGS))
    def test_every_required_variable_is_given(self, service: str) -> None:
        """A service gets every variable without which it won't start."""
        assert names(SETTINGS[service], required=True) <= set(COMPOSE["services"][service]["environment"])

    @pytest.mark.parametrize("service", sorted(SETTINGS))
    def test_no_variable_is_misspelt(self, service: str) -> None:
        """A service gets no variable that it doesn't read."""
        assert set(COMPOSE["services"][service]["environment"]) <= names(SETTINGS[service])

    def test_missing_variables_are_named(self) -> None:
        """What comes from outside has no silent default: a missing one stops the start with its meaning."""
        required = {name for name, rest in interpolated() if rest.startswith(":?")}
        assert all(len(rest) > len(":?meaning") for _, rest in interpolated() if rest)
        assert {name for name, _ in interpolated()} == required

    def test_sandbox_needs_no_account(self) -> None:
        """The lines at the top of the file and fresh keys are all that trying it needs."""
        offered = dict(re.findall(r"^#   ([A-Z_]+)=(.+)$", COMPOSE_TEXT, re.MULTILINE))
        needed = {name for name, rest in interpolated() if rest.startswith(":?")}
        assert needed - {"COCREATE_KEYS", "COCREATE_INDEX_KEY", "COCREATE_LINK_KEYS"} <= set(offered)
        assert offered["COMPOSE_PROFILES"] == "sandbox"
        sandbox = COMPOSE["services"]["sandbox"]["environment"]
        assert offered["COCREATE_TWILIO_API_URL"] == f"http://sandbox:{sandbox['COCREATE_SANDBOX_HTTP_PORT']}"
        assert offered["COCREATE_SMTP_URL"] == f"smtp+plain://sandbox:{sandbox['COCREATE_SANDBOX_SMTP_PORT']}"
        assert COMPOSE["services"]["sandbox"]["profiles"] == ["sandbox"]

    def test_gateway_knows_no_patient(self) -> None:
        """What faces the internet has neither the keys nor the database."""
        assert not PERSONAL & set(COMPOSE["services"]["gateway"]["environment"])

    @pytest.mark.parametrize("service", PRODUCTION)
    def test_order(self, service: str) -> None:
        """A service waits until Kafka answers and tables and topics are there, and those wait for both engines."""
        waits = COMPOSE["services"][service]["depends_on"]
        assert waits["kafka"] == {"condition": "service_healthy"}
        assert waits["migrate"] == {"condition": "service_completed_successfully"}
        assert set(COMPOSE["services"]["migrate"]["depends_on"]) == {"kafka", "postgres"}

    def test_nothing_is_open_to_the_network(self) -> None:
        """Every published port is bound to this machine."""
        ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
        assert ports
        assert all(port.startswith("127.0.0.1:") for port in ports)

    @pytest.mark.parametrize(
        ("engine", "path"), [("kafka", "/var/lib/kafka/data"), ("postgres", "/var/lib/postgresql")]
    )
    def test_engines_keep_their_data(self, engine: str, path: str) -> None:
        """Each engine has a health check and a named volume where its image keeps data."""
        found = COMPOSE["services"][engine]
        assert found["volumes"][0] == f"{engine}:{path}"
        assert all(volume.endswith(":ro") for volume in found["volumes"][1:])
        assert engine in COMPOSE["volumes"]
        assert found["healthcheck"]["test"][0] == "CMD"

    def test_kafka_data_is_in_the_volume(self) -> None:
        """The broker writes where its volume is, and not where the image would by default."""
        assert COMPOSE["services"]["kafka"]["environment"]["KAFKA_LOG_DIRS"] == "/var/lib/kafka/data"


class TestManifests:
    """deploy/kubernetes."""

    def test_every_service_has_a_deployment(self) -> None:
        """Each service but the sandbox is deployed, with two replicas, of which one stays at a disruption."""
        deployments, budgets = by_name("Deployment"), by_name("PodDisruptionBudget")
        assert sorted(deployments) == sorted(budgets) == sorted(PRODUCTION)
        for name, deployment in deployments.items():
            assert deployment["spec"]["replicas"] == 2
            assert budgets[name]["spec"]["maxUnavailable"] == 1
            assert containers(deployment["spec"]["template"])[0]["args"] == ["run", name]

    @pytest.mark.parametrize("name", PRODUCTION)
    def test_selectors_match(self, name: str) -> None:
        """A deployment, its budget and its spread select its own pods and no other's."""
        deployment = by_name("Deployment")[name]["spec"]
        labels = deployment["template"]["metadata"]["labels"]
        (spread,) = deployment["template"]["spec"]["topologySpreadConstraints"]
        budget = by_name("PodDisruptionBudget")[name]["spec"]["selector"]["matchLabels"]
        for selector in (deployment["selector"]["matchLabels"], spread["labelSelector"]["matchLabels"], budget):
            others = [pod["metadata"]["labels"] for other, pod in pods().items() if other != name]
            assert selector.items() <= labels.items()
            assert not any(selector.items() <= other.items() for other in others)

    @pytest.mark.parametrize("name", PRODUCTION)
    def test_probes(self, name: str) -> None:
        """Liveness asks /health and readiness /ready, both on the port that the container names so."""
        (container,) = containers(pods()[name])
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        assert container["livenessProbe"]["httpGet"] == {"path": "/health", "port": "health"}
        assert container["startupProbe"]["httpGet"] == {"path": "/health", "port": "health"}
        assert container["readinessProbe"]["httpGet"] == {"path": "/ready", "port": "health"}
        assert ports["health"] == 8080

    @pytest.mark.parametrize("name", [*PRODUCTION, "migrate"])
    def test_every_required_variable_is_given(self, name: str) -> None:
        """ConfigMap and Secrets hold every variable without which a container won't start."""
        for container in containers(pods()[name]):
            assert names(SETTINGS[name], required=True) <= given_to(container)

    def test_no_variable_is_misspelt(self) -> None:
        """Each variable of the ConfigMap and the Secrets is read by some service."""
        known = set().union(*(names(settings) for settings in SETTINGS.values()))
        given = [it["data"] for it in documents("ConfigMap")] + [it["stringData"] for it in documents("Secret")]
        assert {name for names_ in given for name in names_ if not name.endswith(".crt")} <= known

    def test_gateway_knows_no_patient(self) -> None:
        """What faces the internet has neither the keys nor the database."""
        (gateway,) = containers(pods()["gateway"])
        assert not PERSONAL & given_to(gateway)

    def test_no_secret_in_the_config_map(self) -> None:
        """What must stay secret is only in Secrets."""
        secret = set().union(*(it["stringData"] for it in documents("Secret")))
        assert not any(secret & set(it["data"]) for it in documents("ConfigMap"))

    @pytest.mark.parametrize("name", [*PRODUCTION, "migrate"])
    def test_pods_may_do_little(self, name: str) -> None:
        """No pod runs as root, writes to its image, keeps a capability, or lacks a memory limit."""
        pod = pods()[name]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        for container in containers({"spec": pod}):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert "memory" in container["resources"]["limits"]

    def test_kustomization_is_complete(self) -> None:
        """Everything is applied but the pattern of the Secrets, and every container's image is set there."""
        (kustomization,) = documents("Kustomization")
        applied = {path.name for path in MANIFESTS.glob("*.yaml")} - {"kustomization.yaml", "secret.example.yaml"}
        assert set(kustomization["resources"]) == applied
        images = {container["image"] for pod in pods().values() for container in containers(pod)}
        assert images == {image["name"] for image in kustomization["images"]}

    def test_engines_are_elsewhere(self) -> None:
        """Kafka and PostgreSQL are not run by these manifests."""
        assert not list(documents("StatefulSet"))
        assert sorted(pods()) == sorted([*PRODUCTION, "migrate"])


class TestDockerfile:
    """deploy/Dockerfile."""

    def test_ports_agree(self) -> None:
        """The image, its health check, docker-compose.yml and the manifests name the same ports."""
        variables = dict(re.findall(r"(COCREATE_\w+)=(\S+)", DOCKERFILE))
        health, door = variables["COCREATE_HEALTH_PORT"], variables["COCREATE_GATEWAY_PORT"]
        assert re.search(r"^EXPOSE (.+)$", DOCKERFILE, re.MULTILINE)[1].split() == [health, door]  # type: ignore[index]
        assert COMPOSE["services"]["gateway"]["ports"] == [f"127.0.0.1:{door}:{door}"]
        assert f"127.0.0.1:{health}/health" in COMPOSE["services"]["prompts"]["healthcheck"]["test"][-1]
        (gateway,) = containers(pods()["gateway"])
        assert {p["name"]: p["containerPort"] for p in gateway["ports"]} == {"health": int(health), "door": int(door)}

    def test_servers_are_reachable(self) -> None:
        """The servers listen on the container's own address, not on its loopback alone."""
        assert "COCREATE_HEALTH_HOST=0.0.0.0" in DOCKERFILE
        assert "COCREATE_GATEWAY_HOST=0.0.0.0" in DOCKERFILE

    def test_production_is_the_default_target(self) -> None:
        """The last stage, which a build without a target makes, is production."""
        assert re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE)[-1] == "production"
        assert COMPOSE["services"]["delivery"]["build"]["target"] == "production"

    def test_production_has_no_sandbox(self) -> None:
        """Neither the sandbox's code nor the packages that it needs get into the production stage."""
        production = DOCKERFILE.rpartition("FROM ")[2]
        assert re.findall(r"--from=(\S+)", production) == ["packages", "program-without-sandbox"]
        assert "--extra" not in DOCKERFILE.partition(" AS packages\n")[2].partition("FROM ")[0]
        without = DOCKERFILE.partition(" AS program-without-sandbox\n")[2].partition("FROM ")[0]
        assert without.strip() == "RUN rm -r services/sandbox"

    def test_every_package_is_hashed(self) -> None:
        """Each install of the program's packages takes only files whose hashes requirements.lock holds."""
        installs = re.findall(r"uv pip install(?:[^\n]*\\\n)*[^\n]*", DOCKERFILE)
        assert len(installs) == 2
        for install in installs:
            assert "--require-hashes" in install
            assert "--constraint requirements.lock" in install

    def test_not_root(self) -> None:
        """The image runs as a user whose number the manifests name too."""
        user, group = re.search(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE).groups()  # type: ignore[union-attr]
        for pod in pods().values():
            context = pod["spec"]["securityContext"]
            assert (context["runAsUser"], context["runAsGroup"]) == (int(user), int(group))

    def test_what_it_copies_is_let_in(self) -> None:
        """.dockerignore lets in what the Dockerfile copies, and no more than that."""
        lines = (ROOT / ".dockerignore").read_text().splitlines()
        let_in = {line.removeprefix("!").split("/")[0] for line in lines if line.startswith("!")}
        copied = {
            source
            for sources in re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE)
            for source in sources.split()
        }
        assert "*" in lines
        assert copied == let_in
        assert all((ROOT / source).exists() for source in copied)


class TestDoors:
    """Who may speak with whom, and as whom."""

    def test_nobody_speaks_but_as_is_said(self) -> None:
        """All is denied first; only delivery reaches the world, and the gateway no database."""
        policies = by_name("NetworkPolicy")
        assert policies["nothing"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        to_the_world = [
            name
            for name, policy in policies.items()
            for rule in policy["spec"].get("egress", ())
            if {port["port"] for port in rule["ports"]} & {443, 465, 587}
        ]
        assert to_the_world == ["providers"]
        assert policies["providers"]["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == "delivery"
        excluded = policies["postgresql"]["spec"]["podSelector"]["matchExpressions"][0]
        assert (excluded["operator"], excluded["values"]) == ("NotIn", ["gateway"])

    def test_addresses_of_the_database_check_the_certificate(self) -> None:
        """Every example asks for a certificate that is checked, with its name."""
        urls = [it["stringData"].get("COCREATE_DATABASE_URL", "") for it in documents("Secret")]
        assert [url for url in urls if url and "sslmode=verify-full" not in url] == []

    def test_no_service_is_a_superuser(self) -> None:
        """In docker-compose.yml the superuser's password is the database's alone, and services own no table."""
        for name, service in COMPOSE["services"].items():
            given = str(service.get("environment", {}))
            assert name == "postgres" or "SUPERUSER" not in given
            user = re.search(r"postgresql://(\w+):", given)
            assert user is None or user[1] == ("cocreate" if name == "migrate" else "cocreate_services")

    def test_clinics_can_post(self) -> None:
        """Tokens of clinics reach the gateway in both, and nobody else."""
        assert "COCREATE_EVENT_TOKENS" in COMPOSE["services"]["gateway"]["environment"]
        refs = {
            name: {source.get("secretRef", {}).get("name") for it in containers(pod) for source in it["envFrom"]}
            for name, pod in pods().items()
        }
        assert [name for name, given in refs.items() if "cocreate-tokens" in given] == ["gateway"]
