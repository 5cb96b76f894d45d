"""Fitted estimators of scikit-learn, of the libraries that follow its interface, and of boosted trees."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from making import Made, defaults, trying


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


def followers_objects() -> Made:
    """Libraries that follow scikit-learn's interface; each is left out where it is not installed."""
    import numpy as np

    state = np.random.RandomState(0)
    x = state.rand(60, 4)
    y = (x[:, 0] > 0.5).astype(int)
    for name in (
        "imblearn.over_sampling",
        "imblearn.under_sampling",
        "imblearn.combine",
        "imblearn.ensemble",
        "hmmlearn.hmm",
        "category_encoders",
        "pyod.models.iforest",
        "pyod.models.knn",
        "pyod.models.lof",
        "pyod.models.pca",
        "pyod.models.copod",
        "pyod.models.ecod",
        "pyod.models.hbos",
        "pyod.models.ocsvm",
        "lifelines",
        "tslearn.clustering",
        "tslearn.neighbors",
    ):
        for module in trying(lambda name=name: importlib.import_module(name)):
            yield from _fitted(module, x, y)
    for river in trying(lambda: importlib.import_module("river")):
        yield from _learned(river, x, y)


def _fitted(module: Any, x: Any, y: Any) -> Made:
    for name, made in defaults(module):
        yield f"new_{name}", made
        fit = getattr(made, "fit", None) or getattr(made, "fit_resample", None)
        for given in ((x, y), (x,), (y,), (x[:, 0] + 1,)):
            if fit is not None and trying(lambda fit=fit, given=given: fit(*given)):
                yield f"fitted_{name}", made
                break


def _learned(river: Any, x: Any, y: Any) -> Made:
    for part in (
        "linear_model",
        "tree",
        "preprocessing",
        "naive_bayes",
        "stats",
        "metrics",
        "drift",
        "forest",
        "cluster",
    ):
        for module in trying(lambda part=part: importlib.import_module(f"river.{part}")):
            for name, made in defaults(module):
                for row, target in zip(x[:20], y, strict=False):
                    given = {str(number): float(value) for number, value in enumerate(row)}
                    trying(lambda made=made, given=given, target=target: made.learn_one(given, bool(target)))
                    trying(lambda made=made, given=given: made.learn_one(given))
                yield name, made


FAMILIES: tuple[Callable[[], Made], ...] = (
    sklearn_objects,
    boosting_objects,
    followers_objects,
)
