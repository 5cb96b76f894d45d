"""A validating webhook that lets a pod in only if `image_admit` allows every one of its images.

    YUMEN_URL=http://127.0.0.1:8765/mcp YUMEN_KEY=… YUMEN_SIGNERS=release \\
        uvicorn --app-dir examples/kubernetes image_webhook:app --port 8443 --ssl-certfile tls.crt --ssl-keyfile tls.key

An image must be named by digest. Yumen brings it from its registry, which the operator lists under `[[sources.places]]`,
with the signatures beside it; what the digest of an index names must be fit to run on every platform. Whatever goes wrong,
the pod stays out; `webhook.yaml` says the same to the API server (failurePolicy: Fail).
"""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

Admit = Callable[[str], Awaitable[tuple[str, str]]]
"""The decision on the image at a place, and the sentence that goes with it."""

_PINNED = re.compile(r"(?P<name>[^@:]+(?::[0-9]+/[^@:]+)?)(?::[^@/]+)?@(?P<digest>sha256:[a-f0-9]{64})\Z")
_LISTS = ("containers", "initContainers", "ephemeralContainers")


def images(review: dict[str, Any]) -> list[str]:
    """Every image that the pod of an AdmissionReview would run."""
    spec = review["request"]["object"]["spec"]
    run = {container["image"] for name in _LISTS for container in spec.get(name) or ()}
    mounted = {volume["image"]["reference"] for volume in spec.get("volumes") or () if volume.get("image")}
    return sorted(run | mounted)


def place(name: str, digest: str) -> str:
    """Where an image is; what stands without a registry is on Docker's, as container runtimes have it."""
    host, _, rest = name.partition("/")
    if not rest or not ("." in host or ":" in host or host == "localhost"):
        name = f"docker.io/{name}" if rest else f"docker.io/library/{name}"
    return f"oci://{name}@{digest}"


async def decide(review: dict[str, Any], admit: Admit) -> dict[str, Any]:
    """The answer to an AdmissionReview (admission.k8s.io/v1). Only 'allow' for every image lets the pod in."""
    refusals = []
    names = images(review)
    for name in names:
        pinned = _PINNED.match(name)
        if pinned is None:
            refusals.append(f"{name}: name it by digest (…@sha256:…)")
            continue
        decision, sentence = await admit(place(pinned["name"], pinned["digest"]))
        if decision != "allow":
            refusals.append(f"{name}: {sentence}")
    if not names:
        refusals.append("the pod names no image")
    return _answer(review, refusals)


def _answer(review: dict[str, Any], refusals: list[str]) -> dict[str, Any]:
    response: dict[str, Any] = {"uid": review["request"]["uid"], "allowed": not refusals}
    if refusals:
        response["status"] = {"code": 403, "message": "; ".join(refusals)[:2000]}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}


async def ask_yumen(target: str) -> tuple[str, str]:
    """Ask the server for its decision. Raises whatever goes wrong."""
    headers = {"Authorization": f"Bearer {os.environ['YUMEN_KEY']}"}
    signers = os.environ.get("YUMEN_SIGNERS", "").split()
    async with (
        httpx2.AsyncClient(headers=headers, timeout=25) as http,
        Client(streamable_http_client(os.environ["YUMEN_URL"], http_client=http)) as client,
    ):
        answer = await client.call_tool("image_admit", {"target": target, "trusted": signers, "platform": "all"})
        if answer.is_error:
            return "indeterminate", str(answer.content[0].text)
        return str(answer.structured_content["decision"]), str(answer.structured_content["summary"])


async def validate(request: Request) -> JSONResponse:
    """The endpoint: a failure of any kind is a refusal."""
    review: dict[str, Any] = {"request": {"uid": ""}}
    try:
        review = await request.json()
        return JSONResponse(await decide(review, ask_yumen))
    except Exception as error:  # noqa: BLE001 - fail closed, whatever it was
        refusal = [f"the image could not be examined ({type(error).__name__})"]
        return JSONResponse(_answer(review if _has_uid(review) else {"request": {"uid": ""}}, refusal))


def _has_uid(review: Any) -> bool:
    return isinstance(review, dict) and isinstance(review.get("request"), dict) and "uid" in review["request"]


app = Starlette(routes=[Route("/validate", validate, methods=["POST"])])
