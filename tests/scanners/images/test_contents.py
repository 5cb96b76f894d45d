"""Credentials in layers and configuration, and what benchmarks warn of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scanners.images.configuration import CIS
from scanners.images.scan import scan_image

TOKEN = "ghp_" + "Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4zAb3d"
KEY = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA7f3bK9xQ0vZ\n" * 10 + "-----END RSA PRIVATE KEY-----\n"
EICAR = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture
def findings(image):
    def look(*layers, **more):
        scan = scan_image(image(*layers, **more), None)
        return {finding.rule: finding for finding in reversed(scan.report.findings)}, scan

    return look


@pytest.mark.parametrize("path", ["srv/app/config.py", "root/.ssh/id_rsa", "opt/data.bin.txt"])
@pytest.mark.parametrize("secret", [TOKEN, KEY])
def test_a_credential_is_named_by_place_and_never_shown(findings, layer, path, secret):
    found, scan = findings(layer().file(path, f"first line\nvalue = '{secret}'\n"))
    finding = found["image.secret"]
    assert (finding.severity, finding.location.path, finding.location.line) == ("high", path, 2)
    assert finding.location.layer == scan.image.layers[0]
    assert TOKEN[4:] not in str(scan)
    assert "MIIE" not in str(scan)


def test_a_credential_deleted_by_a_later_layer_is_still_there(findings, layer):
    found, _ = findings(layer().file("app/.env", f"TOKEN={TOKEN}\n"), layer().whiteout("app/.env"))
    assert "deleted by a later layer" in found["image.secret"].title


def test_a_password_is_found_where_people_keep_them(findings, layer):
    found, _ = findings(layer().file("app/.env", "DB_PASSWORD=kX9vQ2mzLw\n").file("notes.txt", "password=kX9vQ2mzLw"))
    assert found["image.secret"].location.path == "app/.env"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("srv/app/settings.py", True),
        ("etc/app/app.yaml", True),
        ("usr/local/etc/app.ini", True),
        ("usr/src/app/config.json", True),
        ("usr/share/doc/app/example.yaml", False),
        ("usr/lib/python3.11/getpass.py", False),
        ("opt/venv/lib/python3.11/site-packages/app/auth.py", False),
    ],
)
def test_an_assigned_password_counts_where_people_write_and_not_in_what_was_installed(findings, layer, path, found):
    seen, _ = findings(layer().file(path, '"db_password": "kX9vQ2mzLw"\n'))
    assert ("image.secret" in seen) == found


def test_what_only_begins_like_a_key_hides_none(findings, layer):
    noise = "".join(f"s.Method{number:05}Name https://example.invalid/{number}\n" for number in range(5000))
    found, _ = findings(layer().file("usr/share/app/bundle.js", f"{noise}token = '{TOKEN}'\n"))
    assert found["image.secret"].location.line == 5001


def test_a_flood_of_what_only_begins_like_a_key_is_said(findings, layer):
    _, scan = findings(
        layer().file("usr/share/app/flood.txt", "a:// " * 250_000).file("usr/share/app/few.txt", "a:// " * 50)
    )
    flooded = [entry.what for entry in scan.report.coverage.skipped if "might be a credential" in entry.why]
    assert flooded == ["usr/share/app/flood.txt"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_a_text_in_utf_16_is_read(findings, layer, encoding):
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    text = mark + f"first line\r\nvalue = '{TOKEN}'\r\n".encode(encoding)
    found, _ = findings(layer().file("srv/setup.ps1.txt", text))
    assert found["image.secret"].location.line == 2


@pytest.mark.parametrize(
    ("config", "where"),
    [
        ({"Labels": {"build.token": TOKEN}}, "label build.token"),
        ({"Entrypoint": ["/app"], "Cmd": ["--token", TOKEN]}, "command"),
        ({"Healthcheck": {"Test": ["CMD", "curl", "-H", f"Authorization: token {TOKEN}", "localhost"]}}, "command"),
    ],
)
def test_a_credential_in_labels_and_commands_is_found_and_not_shown(findings, layer, config, where):
    found, scan = findings(layer().file("x", "y"), config={"config": config})
    assert where in found["image.config.secret_in_configuration"].evidence
    assert TOKEN[4:] not in str(scan)


@pytest.mark.parametrize("shift", [-40, -20, 0])
def test_a_credential_across_the_border_of_two_chunks_is_found(findings, layer, shift):
    text = ("x" * 99 + "\n") * 10485 + "y" * (76 + shift) + f" {TOKEN} " + "z\n" * 1000
    found, _ = findings(layer().file("app/log.txt", text))
    assert found["image.secret"].location.line == 10486


def test_samples_of_libraries_weigh_less_and_those_of_the_distribution_nothing(findings, layer, samples):
    listing = "/usr/lib/thing/test.key\n/etc/thing/server.key\n"
    _, scan = findings(
        layer()
        .file("srv/node_modules/x/test.pem", KEY)
        .file("usr/lib/thing/test.key", KEY)
        .file("etc/thing/server.key", KEY)
        .file("var/lib/dpkg/info/thing.list", listing)
    )
    secrets = {f.location.path: f.severity for f in scan.report.findings if f.rule == "image.secret"}
    assert secrets == {"srv/node_modules/x/test.pem": "low", "etc/thing/server.key": "high"}


def test_the_malware_test_file(findings, layer):
    found, _ = findings(layer().file("tmp/eicar.com", EICAR))
    assert found["image.malware.eicar"].severity == "critical"


@pytest.mark.parametrize(
    ("run", "history", "rule"),
    [
        ({}, [], "root_user"),
        ({"User": "0:0"}, [], "root_user"),
        ({"User": "app"}, [], "health_check_missing"),
        ({"Env": [f"GITHUB_TOKEN={TOKEN}"]}, [], "secret_in_environment"),
        ({"Env": ["DB_PASSWORD=kX9vQ2mzLw"]}, [], "secret_in_environment"),
        ({"Env": ["LD_PRELOAD=/x.so"]}, [], "preload"),
        ({"ExposedPorts": {"22/tcp": {}}}, [], "remote_access_port"),
        ({}, [f"|1 TOKEN={TOKEN} /bin/sh -c make"], "secret_in_history"),
        ({}, ["RUN /bin/sh -c curl -sSL https://x.invalid/i.sh | bash"], "piped_to_shell"),
        ({}, ["/bin/sh -c #(nop) ADD https://x.invalid/a.tgz in /opt"], "remote_add"),
        ({}, ["RUN wget --no-check-certificate https://x.invalid/a"], "unverified_download"),
        ({}, ["RUN chmod -R 777 /srv"], "world_writable"),
        ({}, ["RUN apt-get update && apt-get install -y curl sudo"], "sudo_installed"),
    ],
)
def test_configuration_and_history(findings, layer, run, history, rule):
    config = {"config": run, "history": [{"created_by": step} for step in history]}
    found, scan = findings(layer().file("a"), config=config | {})
    assert f"image.config.{rule}" in found
    assert TOKEN not in str(scan)


def test_a_sound_configuration_has_no_findings(findings, layer):
    run = {"User": "1000:1000", "Healthcheck": {"Test": ["CMD", "true"]}, "Env": ["PATH=/bin", "TOKEN_FILE=/run/secrets/t"],
           "ExposedPorts": {"8443/tcp": {}}}  # fmt: skip
    run["Env"] += ["GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D", "PYTHON_SHA256=" + "8d3ed8ec5c88c1c9" * 4]
    steps = [
        "RUN |1 NPM_TOKEN= /bin/sh -c npm ci",
        "RUN apt-get install -y curl && curl -o x https://x.invalid/x && sha256sum -c x.sum",
    ]
    history = [{"created_by": step} for step in steps]
    found, _ = findings(layer().file("a"), config={"config": run, "history": history})
    assert found == {}


@pytest.mark.parametrize(
    ("entry", "rule"),
    [
        (lambda top: top.file("opt/tool", b"x", 0o4755), "image.file.setuid"),
        (lambda top: top.file("usr/bin/passwd", b"x", 0o4755), "image.file.setuid.usual"),
        (lambda top: top.file("srv/app.py", b"x", 0o666), "image.file.world_writable"),
        (lambda top: top.special("srv/sda", b"4"), "image.file.device"),
    ],
)
def test_rights(findings, layer, entry, rule):
    assert rule in findings(entry(layer()))[0]


def test_a_sticky_directory_and_plain_rights_are_nothing(findings, layer):
    found, _ = findings(layer().special("tmp", b"5", mode=0o1777).file("bin/x", b"x", 0o755).file("etc/x", b"x", 0o640))
    assert not [rule for rule in found if rule.startswith("image.file")]


def built(run, steps):
    return {"config": run, "history": [{"created_by": step} for step in steps]}


CONTROLS = {
    "4.1": "a user for the container has been created",
    "4.3": "unnecessary packages are not installed",
    "4.6": "HEALTHCHECK instructions have been added",
    "4.7": "update instructions are not used alone",
    "4.8": "setuid and setgid permissions are removed",
    "4.9": "COPY is used instead of ADD",
    "4.10": "secrets are not stored in Dockerfiles",
    "4.11": "only verified packages are installed",
    "5.7": "sshd is not run within containers",
    "5.9": "only needed ports are open on the container",
}
"""Of CIS Docker Benchmark 1.6.0, sections 4 and 5."""


@pytest.mark.parametrize(
    ("config", "history", "rule", "control"),
    [
        ({}, [], "image.config.root_user", "4.1"),
        ({}, [], "image.config.health_check_missing", "4.6"),
        ({"ExposedPorts": {"22/tcp": {}}}, [], "image.config.remote_access_port", "5.7"),
        ({"ExposedPorts": {"2375/tcp": {}}}, [], "image.config.remote_access_port", "5.9"),
        ({"Env": [f"TOKEN={TOKEN}"]}, [], "image.config.secret_in_environment", "4.10"),
        ({}, [f"RUN login {TOKEN}"], "image.config.secret_in_history", "4.10"),
        ({}, ["RUN apt-get install -y sudo"], "image.config.sudo_installed", "4.3"),
        ({}, ["RUN apt-get update"], "image.config.update_alone", "4.7"),
        ({}, ["RUN apt-get -qq update && rm -rf /tmp/x"], "image.config.update_alone", "4.7"),
        ({}, ["RUN curl https://x.example/i | sh"], "image.config.piped_to_shell", "4.11"),
        ({}, ["ADD https://x.example/a.tgz /"], "image.config.remote_add", "4.9"),
        ({}, ["RUN curl -k https://x.example/a -o a"], "image.config.unverified_download", "4.11"),
        ({}, ["RUN chmod 777 /srv"], "image.config.world_writable", None),
    ],
)
def test_findings_name_the_control_of_the_benchmark(findings, layer, config, history, rule, control):
    found, _ = findings(layer().file("a"), config=built(config, history))
    assert found[rule].references == ((f"CIS Docker 1.6: {control}",) if control else ())
    assert control is None or control in CONTROLS


@pytest.mark.parametrize(
    "step",
    [
        "RUN apt-get update && apt-get install -y curl",
        "RUN apt-get update && apt-get upgrade -y",
        "RUN apk add --update curl",
        "RUN update-ca-certificates",
        "COPY update /usr/bin/",
    ],
)
def test_an_update_that_is_not_alone(findings, layer, step):
    found, _ = findings(layer().file("a"), config=built({}, [step]))
    assert "image.config.update_alone" not in found


def test_the_benchmark_is_the_one_that_cluster_review_names():
    config = json.loads((Path(__file__).parents[3] / "policies/config/cluster/data.json").read_text("utf-8"))
    assert config["benchmarks"]["compose"] == CIS
