"""Real objects of real libraries, pickled: `python instances.py FOLDER`, run by an interpreter that has the libraries.

A file a protocol and object. What cannot be made with the installed versions is left out and counted. The files are
trusted input of `observed.py`, which reads from them what each library's own `__reduce__` asks for.
"""

from __future__ import annotations

import collections
import copyreg
import io
import itertools
import pickle
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

warnings.simplefilter("ignore")
Made = Iterator[tuple[str, Any]]


def trying(maker: Callable[[], Any]) -> list[Any]:
    """What `maker` gives, as a list; empty when this version of the library cannot make it."""
    try:
        return [maker()]
    except Exception:  # noqa: BLE001 - any failure of any library means: not in this version
        return []


def defaults(module: Any, *arguments: tuple[Any, ...]) -> Made:
    """Every public class of `module`, made with the first of `arguments` that it takes."""
    for name in dir(module):
        found = getattr(module, name, None)
        if name.startswith("_") or not isinstance(found, type):
            continue
        for given in ((), *arguments):
            made = trying(lambda found=found, given=given: found(*given))
            if made:
                yield f"{module.__name__}.{name}", made[0]
                break


def numpy_objects() -> Made:
    import numpy as np

    for code in np.typecodes["All"]:
        yield f"dtype_{code}", np.dtype(code)
        yield f"array_{code}", np.zeros((2, 3), code)
        yield f"scalar_{code}", np.zeros(1, code)[0]
    yield (
        "dtypes",
        [
            np.dtype([("x", "f4"), ("y", "i8", (2,))]),
            np.dtype("S5"),
            np.dtype("U5"),
            np.dtype("M8[D]"),
            np.dtype(">i4"),
        ],
    )
    yield "strings", trying(lambda: np.array(["a", "bc"], dtype=np.dtypes.StringDType()))
    yield "types", [getattr(np, name) for name in ("float32", "int64", "bool_", "str_", "object_", "ndarray")]
    yield (
        "arrays",
        [
            np.asfortranarray(np.eye(3)),
            np.array(["a", 1], object),
            np.rec.array([(1, "a")]),
            np.matrix("1 2"),
            np.ma.array([1, 2], mask=[0, 1]),
            np.ma.masked,
            np.array("x"),
            np.array([]),
        ],
    )
    yield "poly", [np.poly1d([1, 2]), np.polynomial.Polynomial([1, 2]), np.polynomial.Chebyshev([1, 2])]
    yield "ufuncs", [np.log1p, np.add, np.exp, np.sin]
    yield "functions", [np.mean, np.sum, np.median, np.linalg.norm, np.argmax, np.clip]
    for name in ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"):
        made = getattr(np.random, name)(0)
        yield f"bits_{name}", [made, np.random.Generator(made), np.random.RandomState(0), np.random.SeedSequence(1)]


def scipy_objects() -> Made:
    import numpy as np
    import scipy.interpolate as si
    from scipy import optimize, signal, sparse, spatial, stats

    grid = np.linspace(0, 1, 9)
    for form in ("csr", "csc", "coo", "lil", "dok", "dia", "bsr"):
        yield f"matrix_{form}", getattr(sparse, f"{form}_matrix")(np.eye(3))
        yield from (
            (f"array_{form}", item) for item in trying(lambda form=form: getattr(sparse, f"{form}_array")(np.eye(3)))
        )
    for name in dir(stats):
        found = getattr(stats, name)
        if isinstance(found, stats.rv_continuous | stats.rv_discrete):
            yield f"stats_{name}", found
            yield from ((f"frozen_{name}", item) for item in trying(lambda found=found: found(0.5, 1)))
    makers: list[Callable[[], Any]] = [
        lambda: stats.gaussian_kde(grid),
        lambda: stats.multivariate_normal(np.zeros(2)),
        lambda: stats.rv_histogram(np.histogram(grid)),
        lambda: si.interp1d(grid, grid),
        lambda: si.CubicSpline(grid, grid),
        lambda: si.UnivariateSpline(grid, grid),
        lambda: si.RegularGridInterpolator((grid, grid), np.outer(grid, grid)),
        lambda: si.RBFInterpolator(grid[:, None], grid),
        lambda: si.BSpline(grid, grid, 2),
        lambda: si.PchipInterpolator(grid, grid),
        lambda: si.LinearNDInterpolator(np.eye(3)[:, :2], [1, 2, 3]),
        lambda: spatial.cKDTree(np.eye(3)),
        lambda: spatial.KDTree(np.eye(3)),
        lambda: spatial.Delaunay(np.random.rand(9, 2)),
        lambda: spatial.transform.Rotation.identity(),
        lambda: signal.TransferFunction([1], [1, 2]),
        lambda: signal.dlti([1], [1, 2]),
        lambda: optimize.minimize(lambda x: x @ x, [1.0]),
        lambda: optimize.Bounds(0, 1),
        lambda: optimize.LinearConstraint(np.eye(2), 0, 1),
        lambda: stats.ttest_ind(grid, grid),
        lambda: stats.linregress(grid, grid * 2),
    ]
    for number, maker in enumerate(makers):
        yield from ((f"made_{number}", item) for item in trying(maker))


def pandas_objects() -> Made:
    import numpy as np
    import pandas as pd

    frame = pd.DataFrame(
        {
            "a": [1, 2],
            "b": ["x", "y"],
            "c": pd.to_datetime(["2020-01-01", "2021-01-01"]),
            "d": pd.Categorical(["u", "v"]),
            "e": pd.array([1, None], dtype="Int64"),
            "f": pd.array([1.5, None], dtype="Float64"),
            "g": pd.array([True, None], dtype="boolean"),
            "h": pd.array(["x", None], dtype="string"),
            "i": pd.period_range("2020", periods=2, freq="M"),
            "j": pd.to_timedelta([1, 2], unit="D"),
            "k": pd.interval_range(0, 2),
            "l": pd.to_datetime(["2020-01-01", "2021-01-01"]).tz_localize("Europe/Paris"),
            "m": pd.arrays.SparseArray([0, 1]),
            "n": [1 + 1j, 2],
        }
    )
    yield "frame", frame
    yield from ((f"series_{name}", frame[name]) for name in frame)
    yield from ((f"dtype_{name}", frame[name].dtype) for name in frame)
    yield from ((f"index_{name}", pd.Index(frame[name])) for name in frame)
    yield (
        "indexes",
        [pd.MultiIndex.from_tuples([(1, "a"), (2, "b")]), pd.RangeIndex(3), frame.columns, frame.set_index("b")],
    )
    yield (
        "scalars",
        [pd.Timestamp("2020-01-01", tz="UTC"), pd.Timedelta(1), pd.Period("2020-01"), pd.NaT, pd.NA, pd.Interval(0, 1)],
    )
    for name in dir(pd.offsets):
        found = getattr(pd.offsets, name)
        if isinstance(found, type):
            yield from ((f"offset_{name}", item) for item in trying(found))
    yield "grouped", trying(lambda: frame.groupby("b"))
    yield "flags", [frame.flags, np.array(frame["b"])]


def sklearn_objects() -> Made:
    import numpy as np
    import sklearn
    from sklearn import metrics, model_selection, preprocessing
    from sklearn.datasets import make_classification
    from sklearn.gaussian_process import GaussianProcessRegressor, kernels
    from sklearn.neighbors import BallTree, KDTree
    from sklearn.utils import Bunch, all_estimators

    x, y = make_classification(120, 6, random_state=0)
    x = np.abs(x)
    from sklearn.linear_model import LogisticRegression, Ridge

    texts = ["a b c", "b c d", "d e f"] * 4
    for name, kind in all_estimators():
        made = trying(kind)
        for given in (
            {"estimator": LogisticRegression()},
            {"estimators": [("a", LogisticRegression()), ("b", Ridge())]},
        ):
            made = made or trying(lambda kind=kind, given=given: kind(**given))
        for estimator in made:
            yield f"new_{name}", estimator
            for target in (y, x[:, 0], np.stack([y, y], 1)):
                if trying(lambda estimator=estimator, target=target: estimator.fit(x, target)):
                    yield f"fitted_{name}", estimator
                    break
            else:
                if trying(lambda estimator=estimator: estimator.fit(texts)):
                    yield f"fitted_{name}", estimator
    for kernel in (kernels.RBF(), kernels.Matern(), kernels.WhiteKernel() + kernels.ConstantKernel() * kernels.RBF()):
        yield f"gp_{kernel}", GaussianProcessRegressor(kernel).fit(x[:20], y[:20])
    yield "trees", [KDTree(x), BallTree(x), metrics.DistanceMetric.get_metric("minkowski", p=3)]
    yield from (("scorer_" + name, metrics.get_scorer(name)) for name in metrics.get_scorer_names())
    yield "splits", [model_selection.KFold(3), model_selection.StratifiedKFold(3), model_selection.TimeSeriesSplit()]
    yield "bunch", Bunch(a=1)
    yield "function", preprocessing.FunctionTransformer(np.log1p)
    search = model_selection.GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}).fit(x, y)
    yield "search", search
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import (
        GradientBoostingClassifier,
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
    )
    from sklearn.pipeline import FeatureUnion, make_pipeline

    columns = ColumnTransformer([("a", preprocessing.StandardScaler(), [0]), ("b", preprocessing.OneHotEncoder(), [1])])
    yield "pipeline", make_pipeline(columns, LogisticRegression()).fit(x, y)
    yield "union", FeatureUnion([("a", preprocessing.StandardScaler())]).fit(x, y)
    for loss in ("log_loss", "exponential"):
        yield f"boost_{loss}", GradientBoostingClassifier(loss=loss, n_estimators=2).fit(x, y)
    yield "hist3", HistGradientBoostingClassifier(max_iter=2).fit(x, np.arange(len(y)) % 3)
    for loss in ("squared_error", "absolute_error", "gamma", "poisson", "quantile"):
        yield f"hist_{loss}", HistGradientBoostingRegressor(loss=loss, max_iter=2, quantile=0.5).fit(x, y + 1)
    from sklearn.linear_model import SGDClassifier, SGDRegressor

    for loss in ("hinge", "log_loss", "modified_huber", "squared_hinge", "perceptron", "huber", "epsilon_insensitive"):
        yield f"sgd_{loss}", SGDClassifier(loss=loss).fit(x, y)
    for loss in ("squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive"):
        yield f"sgdr_{loss}", SGDRegressor(loss=loss).fit(x, y)
    yield "config", sklearn.get_config()


def boosting_objects() -> Made:
    import catboost
    import lightgbm
    import numpy as np
    import xgboost

    x = np.random.RandomState(0).rand(60, 4)
    y = (x[:, 0] > 0.5).astype(int)
    for kind in (lightgbm.LGBMClassifier, lightgbm.LGBMRegressor):
        model = kind(n_estimators=3, verbose=-1).fit(x, y)
        yield kind.__name__, model
        yield kind.__name__ + "_booster", model.booster_
    yield "LGBMRanker", lightgbm.LGBMRanker(n_estimators=2, verbose=-1).fit(x, y, group=[30, 30])
    for kind in (xgboost.XGBClassifier, xgboost.XGBRegressor, xgboost.XGBRFClassifier, xgboost.XGBRFRegressor):
        model = kind(n_estimators=3).fit(x, y)
        yield kind.__name__, model
        yield kind.__name__ + "_booster", model.get_booster()
    for kind in (catboost.CatBoostClassifier, catboost.CatBoostRegressor):
        yield kind.__name__, kind(iterations=3, verbose=0, allow_writing_files=False).fit(x, y)


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


def statistics_objects() -> Made:
    import networkx
    import numpy as np
    import PIL.Image
    import statsmodels.api as sm

    x = sm.add_constant(np.random.RandomState(0).rand(40, 2))
    y = x @ [1, 2, 3] + np.random.RandomState(1).rand(40)
    yield "ols", sm.OLS(y, x).fit()
    yield from (("glm", item) for item in trying(lambda: sm.GLM(y, x).fit()))
    yield from (("logit", item) for item in trying(lambda: sm.Logit((y > y.mean()).astype(int), x).fit(disp=0)))
    yield from (("arima", item) for item in trying(lambda: sm.tsa.ARIMA(y, order=(1, 0, 0)).fit()))
    yield "graphs", [networkx.path_graph(3), networkx.DiGraph([(1, 2)])]
    yield "images", [PIL.Image.new("RGB", (2, 2)), PIL.Image.new("P", (2, 2))]


def keras_objects() -> Made:
    import keras

    yield "history", keras.callbacks.History()
    for name in ("layers", "optimizers", "losses", "metrics", "initializers", "regularizers"):
        yield from defaults(getattr(keras, name), (2,), (2, 2))


FAMILIES: tuple[Callable[[], Made], ...] = (
    numpy_objects,
    scipy_objects,
    pandas_objects,
    sklearn_objects,
    boosting_objects,
    torch_objects,
    transformers_objects,
    statistics_objects,
    keras_objects,
)


def main() -> int:
    """Write every object under the folder named on the command line."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    numbers = itertools.count()
    left_out = collections.Counter[str]()
    for family in FAMILIES:
        try:
            for name, made in family():
                for protocol in (0, 2, 4, 5):
                    written = trying(lambda made=made, protocol=protocol: pickle.dumps(made, protocol))
                    if not written:
                        left_out[family.__name__] += 1
                        continue
                    safe = "".join(letter if letter.isalnum() else "_" for letter in name)[:60]
                    (folder / f"{next(numbers):06}_{safe}_{protocol}.pkl").write_bytes(written[0])
                if family is torch_objects:
                    _write_torch(folder / f"{next(numbers):06}_torch.pkl", made)
        except Exception as error:  # noqa: BLE001 - a family whose library is absent or broken is left out, and named
            print(f"{family.__name__} ended early: {type(error).__name__}: {error}", file=sys.stderr)
    print(
        f"{next(numbers)} files; could not be pickled: {dict(left_out)}; {len(copyreg.dispatch_table)} copyreg entries"
    )
    return 0


def _write_torch(path: Path, made: Any) -> None:
    """The pickle inside what torch.save writes: tensors by persistent id."""
    import torch

    buffer = io.BytesIO()
    if trying(lambda: torch.save(made, buffer)):
        with zipfile.ZipFile(buffer) as archive:
            name = next(name for name in archive.namelist() if name.endswith("data.pkl"))
            path.write_bytes(archive.read(name))


if __name__ == "__main__":
    raise SystemExit(main())
