"""Objects of PyTorch, Transformers, Keras and TorchMetrics."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any

from making import Made, defaults, trying


def torch_objects() -> Made:
    import torch
    from torch import nn, optim

    for name in dir(torch):
        kind = getattr(torch, name)
        if isinstance(kind, torch.dtype):
            yield name, kind
            yield from ((f"tensor_{name}", item) for item in trying(lambda kind=kind: torch.zeros(2, dtype=kind)))
    yield (
        "tensors",
        [
            torch.eye(3).to_sparse(),
            torch.eye(3).to_sparse_csr(),
            nn.Parameter(torch.ones(2)),
            torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
            torch.quantize_per_channel(torch.ones(2, 2), torch.ones(2), torch.zeros(2), 0, torch.qint8),
            torch.device("cpu"),
            torch.Size([1]),
            torch.zeros(2, requires_grad=True),
            torch.zeros(1, device="meta"),
            *trying(lambda: torch.nested.nested_tensor([torch.ones(1), torch.ones(2)])),
            torch.contiguous_format,
            torch.strided,
            torch.per_tensor_affine,
            torch.Generator(),
        ],
    )
    arguments: tuple[tuple[Any, ...], ...] = (
        (2,),
        (2, 2),
        (2, 2, 1),
        (1, 2, 1),
        (2, 2, 2, 2),
        (nn.Linear(2, 2),),
        ([nn.Linear(2, 2)],),
    )
    yield from defaults(nn, *arguments)
    yield "transformer", nn.Transformer(4, 1, 1, 1, 4)
    yield "layer", nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 1, 4), 1)
    from torch.nn.utils import parametrizations, weight_norm

    yield from (("weight_norm", item) for item in trying(lambda: weight_norm(nn.Linear(2, 2))))
    yield from (("spectral", item) for item in trying(lambda: parametrizations.spectral_norm(nn.Linear(2, 2))))
    model = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(2, 2), nn.Softmax(1)
    )
    yield "state", model.state_dict()
    for name in dir(optim):
        kind = getattr(optim, name)
        if isinstance(kind, type) and issubclass(kind, optim.Optimizer) and kind is not optim.Optimizer:
            for made in trying(lambda kind=kind: kind(model.parameters())):
                yield f"optim_{name}", made
                yield f"optim_state_{name}", made.state_dict()
    base = optim.SGD(model.parameters(), lr=0.1)
    for name in dir(optim.lr_scheduler):
        kind = getattr(optim.lr_scheduler, name)
        for given in ((base,), (base, 2), (base, [1, 2]), (base, 0.1, 2), (base, 0.1, 0.2)):
            made = trying(lambda kind=kind, given=given: kind(*given)) if isinstance(kind, type) else []
            if made:
                yield f"schedule_{name}", made[0]
                break
    yield from defaults(torch.distributions, (0.0, 1.0), (torch.tensor([0.5, 0.5]),), (1.0,))
    yield from defaults(torch.utils.data, ([1, 2],), (torch.ones(2),), ([1, 2], 2, False))
    yield (
        "functions",
        [getattr(nn.functional, name) for name in ("relu", "gelu", "silu", "tanh", "softmax", "leaky_relu", "elu")],
    )
    yield "traced_shape", [model, collections.OrderedDict(model.named_children())]


def transformers_objects() -> Made:
    import tokenizers
    import transformers

    for name in (
        "BertConfig",
        "GPT2Config",
        "LlamaConfig",
        "T5Config",
        "ViTConfig",
        "WhisperConfig",
        "CLIPConfig",
        "MistralConfig",
    ):
        yield from ((name, item) for item in trying(getattr(transformers, name)))
    yield from (("args", item) for item in trying(lambda: transformers.TrainingArguments("out")))
    yield from (("generation", item) for item in trying(transformers.GenerationConfig))
    small: dict[str, Any] = {
        "hidden_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 8,
        "vocab_size": 16,
    }
    for name in ("Bert", "Llama", "Mistral", "Roberta", "Electra"):
        yield from (
            (name, item)
            for item in trying(
                lambda name=name: getattr(transformers, name + "Model")(getattr(transformers, name + "Config")(**small))
            )
        )
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel({"a": 0, "[UNK]": 1}, unk_token="[UNK]"))  # noqa: S106
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    yield "tokenizer", [words, tokenizers.AddedToken("x"), words.pre_tokenizer, words.model]
    yield from (("fast", item) for item in trying(lambda: transformers.PreTrainedTokenizerFast(tokenizer_object=words)))
    yield from (("batch", item) for item in trying(lambda: transformers.BatchEncoding({"input_ids": [1]})))
    state = transformers.TrainerState()
    yield "trainer", [state, transformers.trainer_utils.IntervalStrategy.EPOCH, transformers.EarlyStoppingCallback()]


def keras_objects() -> Made:
    import keras

    yield "history", keras.callbacks.History()
    for name in ("layers", "optimizers", "losses", "metrics", "initializers", "regularizers"):
        yield from defaults(getattr(keras, name), (2,), (2, 2))


def metrics_objects() -> Made:
    import torchmetrics

    yield from defaults(torchmetrics)
    for task in ("classification", "regression", "aggregation"):
        for module in trying(lambda task=task: getattr(torchmetrics, task)):
            yield from defaults(module, (3,))


FAMILIES: tuple[Callable[[], Made], ...] = (
    torch_objects,
    transformers_objects,
    keras_objects,
    metrics_objects,
)
