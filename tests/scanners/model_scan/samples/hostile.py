"""Every technique in a few containers."""

from __future__ import annotations

import random

from .containers import CONTAINERS, zip_games
from .documents import hostile_documents
from .pickles import CALLS, encodings, value
from .sample import Sample


def hostile(seed: int = 0, *, limit: int | None = None) -> list[Sample]:
    """Every technique in a few containers; with `limit`, a random choice of that many."""
    chance = random.Random(seed)
    made: list[Sample] = []
    names = list(CONTAINERS)
    for number, (module, name, args) in enumerate(CALLS):
        forms = list(encodings(module, name, args))
        for index in chance.sample(range(len(forms)), 6):
            form, payload = forms[index]
            if name.count(".") and form in ("via-map",):
                continue
            container = chance.choice(names)
            if container in ("joblib",) and not form.startswith(("reduce-2", "in-dict")):
                container = "plain"
            file, wrap = CONTAINERS[container]
            made.append(
                Sample(
                    f"h{number:03}-{form}-{container}-{file}", wrap(payload), True, f"{form}:{module}.{name}", container
                )
            )
    payload = b"\x80\x02cos\nsystem\n" + value(("id",), 1) + b"R."
    for form, item in encodings("os", "system", ("id",)):
        made.append(Sample(f"enc-{form}-model.pkl", item, True, form))
    for container, (file, wrap) in CONTAINERS.items():
        made.append(Sample(f"box-{container}-{file}", wrap(payload), True, "box", container))
    made += [Sample(f"zip-{game}-model.pt", item, True, game, "zip-game") for game, item in zip_games(payload)]
    made += list(hostile_documents())
    return chance.sample(made, limit) if limit is not None and limit < len(made) else made
