"""Objects of NumPy, SciPy, pandas, statsmodels, NetworkX and Pillow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from making import Made, trying


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


FAMILIES: tuple[Callable[[], Made], ...] = (
    numpy_objects,
    scipy_objects,
    pandas_objects,
    statistics_objects,
)
