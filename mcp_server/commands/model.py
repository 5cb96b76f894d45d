"""`yumen model key|trust|decrypt`: the keys that models are signed with, the signers that are trusted, and a model in clear."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scanners.signatures.keyring import SigningKeys, TrustedSigners


def register(subparsers: Any) -> None:
    """Add `model` and its verbs."""
    parser = subparsers.add_parser("model", help="signing keys and trusted signers of models")
    groups = parser.add_subparsers(required=True, metavar="WHAT")

    key = groups.add_parser("key", help="keys that model_sign signs with").add_subparsers(required=True, metavar="VERB")
    create = key.add_parser("create", help="make a key and print its public half")
    create.add_argument("name")
    create.add_argument("--kind", choices=("p256", "p384", "ed25519", "rsa3072"), default="p256")
    create.set_defaults(run=_create_key)
    keys = key.add_parser("list", help="name every key, with its fingerprint")
    keys.set_defaults(run=_list_keys)

    trust = groups.add_parser("trust", help="signers that model_verify knows by name").add_subparsers(
        required=True, metavar="VERB"
    )
    add = trust.add_parser("add", help="trust a signer; copies of the files are kept")
    add.add_argument("name")
    add.add_argument("--public-key", type=Path, metavar="PEM", help="one key")
    add.add_argument("--roots", type=Path, metavar="PEM", help="code-signing certificates below these roots")
    add.add_argument("--revoked", type=Path, metavar="PEM", help="revocation lists, with --roots")
    add.add_argument("--identity", help="with --issuer the sigstore identity; with --roots a name in the certificate")
    add.add_argument("--issuer", metavar="URL", help="OpenID Connect issuer of the sigstore identity")
    add.add_argument("--trusted-root", type=Path, metavar="JSON", help="of a private sigstore")
    add.add_argument("--timestamp-roots", type=Path, metavar="PEM", help="of timestamp authorities, with --roots")
    add.set_defaults(run=_add_signer)
    signers = trust.add_parser("list", help="name every trusted signer")
    signers.set_defaults(run=_list_signers)
    remove = trust.add_parser("remove", help="trust a signer no more")
    remove.add_argument("name")
    remove.set_defaults(run=_remove_signer)

    decrypt = groups.add_parser(
        "decrypt",
        help="write an encrypted model file in clear to standard output",
        description="First model_hash must find, through the gate and on the record, that the file holds what --expect "
        "says; only then is anything written. Exit code 0: all of it was written; 1: it is not what was expected, or it "
        "changed meanwhile; 3: refused; 4: error.",
    )
    decrypt.add_argument("file", metavar="FILE", help="an .age file inside a configured root")
    decrypt.add_argument("--key", required=True, metavar="NAME", help="a key under [models] decryption_keys")
    decrypt.add_argument("--expect", required=True, metavar="sha256:HEX", help="digest of the content in clear")
    decrypt.add_argument("--root", type=Path, action="append", default=[], metavar="DIR", help="as for `yumen call`")
    decrypt.set_defaults(run=_decrypt)

    for verb in (create, keys, add, signers, remove, decrypt):
        verb.add_argument("--config", type=Path, metavar="FILE", help="yumen.toml")
        verb.add_argument("--data-dir", type=Path, metavar="DIR", help="the server's data directory")


def _data_dir(arguments: argparse.Namespace) -> Path:
    from mcp_server import config

    overrides = {} if arguments.data_dir is None else {"data_dir": arguments.data_dir}
    return config.load(arguments.config, overrides).data_dir


def _keys(arguments: argparse.Namespace) -> SigningKeys:
    from scanners.signatures.keyring import SigningKeys
    from tools.model_signatures import signing_folder

    return SigningKeys(signing_folder(_data_dir(arguments)))


def _signers(arguments: argparse.Namespace) -> TrustedSigners:
    from scanners.signatures.keyring import TrustedSigners
    from tools.model_signatures import trust_folder

    return TrustedSigners(trust_folder(_data_dir(arguments)))


def _create_key(arguments: argparse.Namespace) -> int:
    from cryptography.hazmat.primitives import serialization

    from scanners.signatures.keys import fingerprint

    public = _keys(arguments).create(arguments.name, arguments.kind).key.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    print(pem.decode(), end="")
    print(f"{arguments.name}: {fingerprint(public)}. Hand the public key above to those who verify.", file=sys.stderr)
    return 0


def _list_keys(arguments: argparse.Namespace) -> int:
    from scanners.signatures.keys import fingerprint

    keys = _keys(arguments)
    for name in keys.names():
        key = keys.load(name)
        print(f"{name}  {fingerprint(key.key.public_key())}{'  with certificates' if key.chain else ''}")
    return 0


def _add_signer(arguments: argparse.Namespace) -> int:
    from scanners.signatures.keyring import TrustedSigner

    ways = [arguments.public_key is not None, arguments.roots is not None, arguments.issuer is not None]
    if sum(ways) != 1 or (arguments.issuer and not arguments.identity):
        print("give --public-key, or --roots, or --issuer with --identity", file=sys.stderr)
        return 2
    signer = TrustedSigner(
        public_key=arguments.public_key,
        certificate_roots=arguments.roots,
        revocation_lists=arguments.revoked,
        identity=arguments.identity,
        issuer=arguments.issuer,
        trusted_root=arguments.trusted_root,
        timestamp_roots=arguments.timestamp_roots,
    )
    _signers(arguments).add(arguments.name, signer)
    print(f'signatures of {arguments.name} are trusted: model_verify with "trusted": "{arguments.name}"')
    return 0


def _list_signers(arguments: argparse.Namespace) -> int:
    signers = _signers(arguments)
    for name in signers.names():
        signer = signers.load(name)
        way = (
            "key" if signer.public_key else "certificates" if signer.certificate_roots else f"sigstore {signer.issuer}"
        )
        print("  ".join(part for part in (name, way, signer.identity) if part))
    return 0


def _remove_signer(arguments: argparse.Namespace) -> int:
    _signers(arguments).remove(arguments.name)
    print(f"{arguments.name} is trusted no more")
    return 0


def _decrypt(arguments: argparse.Namespace) -> int:
    """Verify through the gate, then stream; the digest of what was written must be the same again."""
    import hashlib

    from mcp_server import config
    from mcp_server.commands.call import called
    from mcp_server.models import ConfiguredKeys
    from scanners.files import locate
    from scanners.model_files.encryption import decrypt
    from scanners.model_files.reading import SteadyFile

    overrides: dict[str, Any] = {} if arguments.data_dir is None else {"data_dir": arguments.data_dir}
    if arguments.root:
        overrides["paths"] = {"roots": arguments.root}
    settings = config.load(arguments.config, overrides)
    asked = {"target": arguments.file, "decryption_key": arguments.key, "expected": arguments.expect}
    code, answer = called(settings, "model_hash", asked)
    if code != 0:
        if answer is not None:
            print(answer["summary"], file=sys.stderr)
        return code
    written = hashlib.sha256()

    def write(data: bytes) -> None:
        written.update(data)
        sys.stdout.buffer.write(data)

    identity = ConfiguredKeys(settings.models).identity(arguments.key)
    path = locate(arguments.file, settings.paths.roots)
    with SteadyFile.opened(path, path.name) as file:
        decrypt(file, path.name, identity, write)
    sys.stdout.buffer.flush()
    if f"sha256:{written.hexdigest()}" != arguments.expect:
        print(f"{path.name} changed after it was verified: what was written is not it", file=sys.stderr)
        return 1
    return 0
