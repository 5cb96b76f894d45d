"""Model files by the real libraries: `python model_scan_libraries.py FOLDER` writes FOLDER/benign and FOLDER/hostile.

Run it with an interpreter that has the libraries. Hostile files carry a harmless command and are only written, never read.
"""
# ruff: noqa - a script of many one-line recipes, run by another interpreter

import sys, os, io, json, pickle, pathlib, enum, datetime, collections, decimal, fractions, uuid, zipfile, gzip, bz2, lzma, warnings, functools, re, operator

warnings.simplefilter("ignore")
out = pathlib.Path(sys.argv[1])
B = out / "benign"
B.mkdir(parents=True, exist_ok=True)
import numpy as np, joblib, pandas as pd, scipy.sparse as sp
from sklearn.datasets import make_classification

X, y = make_classification(200, 8, random_state=0)
import zoneinfo

objs = {
    "plain": {
        "a": [1, 2.5, None, True],
        "b": (1,),
        "c": {1, 2},
        "d": frozenset([3]),
        "e": b"x" * 300,
        "f": "é" * 40,
        "g": 10**40,
        "h": bytearray(b"q"),
    },
    "std": [
        datetime.datetime.now(),
        datetime.timedelta(1),
        datetime.date.today(),
        decimal.Decimal("1.2"),
        fractions.Fraction(1, 3),
        uuid.uuid4(),
        collections.OrderedDict(a=1),
        collections.defaultdict(list, {1: [2]}),
        collections.Counter("abc"),
        collections.deque([1]),
        pathlib.PurePosixPath("/a"),
        pathlib.Path("a"),
        range(3),
        slice(1),
        complex(1, 2),
        Ellipsis,
        functools.partial(int, base=2),
        re.compile("a+"),
        operator.itemgetter(1),
        ValueError("x"),
        datetime.timezone.utc,
        zoneinfo.ZoneInfo("Europe/Paris"),
    ],
    "enum": [re.RegexFlag.IGNORECASE, uuid.SafeUUID.safe],
    "numpy": {
        "a": np.arange(10),
        "b": np.float32(1),
        "c": np.array(["a", "b"]),
        "d": np.array([1, "x"], dtype=object),
        "e": np.random.RandomState(0),
        "f": np.random.default_rng(0),
        "g": np.ma.array([1, 2], mask=[0, 1]),
        "h": np.dtype([("x", "f4")]),
        "i": np.array(["2020-01-01"], dtype="M8[D]"),
        "j": np.zeros((3, 3), order="F"),
    },
    "pandas": {
        "df": pd.DataFrame(
            {
                "a": [1, 2],
                "b": ["x", "y"],
                "c": pd.to_datetime(["2020-01-01", "2021-01-01"]),
                "d": pd.Categorical(["u", "v"]),
            }
        ),
        "s": pd.Series([1.0, 2]),
        "i": pd.MultiIndex.from_tuples([(1, 2)]),
        "t": pd.Timestamp("2020-01-01", tz="UTC"),
        "p": pd.Period("2020-01"),
        "iv": pd.interval_range(0, 3),
    },
    "scipy": {"csr": sp.csr_matrix(np.eye(3)), "coo": sp.coo_matrix(np.eye(3))},
    "vocab": {f"token_{i}": i for i in range(50000)},
}
from scipy import stats

objs["stats"] = stats.norm(0, 1)
for n, o in objs.items():
    for p in range(6):
        try:
            (B / f"{n}_p{p}.pkl").write_bytes(pickle.dumps(o, p))
        except Exception as e:
            print("skip", n, p, e)
    joblib.dump(o, B / f"{n}.joblib")
    for c in ("gzip", "zlib", "bz2", "xz", "lzma"):
        joblib.dump(o, B / f"{n}.{c}.joblib", compress=(c, 3))
from sklearn.utils import all_estimators

k = 0
for name, C in all_estimators():
    try:
        m = C()
        try:
            m.fit(X, y)
        except Exception:
            m.fit(np.abs(X), y)
        (B / f"sk_{name}.pkl").write_bytes(pickle.dumps(m))
        k += 1
        if k % 6 == 0:
            joblib.dump(m, B / f"sk_{name}.joblib")
            joblib.dump(m, B / f"sk_{name}.z.joblib", compress=3)
    except Exception as e:
        pass
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, FunctionTransformer
from sklearn.linear_model import LogisticRegression

pipe = make_pipeline(FunctionTransformer(np.log1p), StandardScaler(), LogisticRegression())
pipe.fit(np.abs(X), y)
joblib.dump(pipe, B / "pipeline.joblib")
(B / "pipeline.pkl").write_bytes(pickle.dumps(pipe))
import lightgbm as lgb, xgboost as xgb

g = lgb.LGBMClassifier(n_estimators=5, verbose=-1).fit(X, y)
(B / "lgbm.pkl").write_bytes(pickle.dumps(g))
g.booster_.save_model(str(B / "lgbm.txt"))
(B / "lgb_booster.pkl").write_bytes(pickle.dumps(g.booster_))
x = xgb.XGBClassifier(n_estimators=5).fit(X, y)
(B / "xgb.pkl").write_bytes(pickle.dumps(x))
x.save_model(str(B / "xgb.json"))
x.save_model(str(B / "xgb.ubj"))
try:
    import catboost

    c = catboost.CatBoostClassifier(iterations=3, verbose=0).fit(X, y)
    c.save_model(str(B / "cat.cbm"))
    (B / "cat.pkl").write_bytes(pickle.dumps(c))
except Exception as e:
    print("cat", e)
np.save(B / "a.npy", np.arange(1000.0))
np.save(B / "o.npy", np.array([1, "a"], dtype=object), allow_pickle=True)
np.savez(B / "a.npz", x=np.arange(5), y=np.eye(3))
np.savez_compressed(B / "c.npz", x=np.zeros(100000))
from safetensors.numpy import save_file

save_file(
    {"w": np.random.randn(64, 64).astype("f4"), "b": np.zeros(7, dtype="i8")},
    str(B / "m.safetensors"),
    metadata={"format": "pt"},
)
import gguf

w = gguf.GGUFWriter(str(B / "m.gguf"), "llama")
w.add_string("tokenizer.chat_template", "{% for m in messages %}{{ m['role'] + ': ' + m['content'] }}{% endfor %}")
w.add_array("tokenizer.ggml.tokens", ["a", "b", "c"])
w.add_uint32("x.y", 3)
w.add_tensor("t", np.ones((4, 32), dtype=np.float32))
w.write_header_to_file()
w.write_kv_data_to_file()
w.write_tensors_to_file()
w.close()
import onnx
from onnx import helper, TensorProto, numpy_helper

X1 = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])
Y1 = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])
W = numpy_helper.from_array(np.random.randn(4, 4).astype("f4"), "W")
m = helper.make_model(
    helper.make_graph(
        [helper.make_node("MatMul", ["x", "W"], ["z"]), helper.make_node("Relu", ["z"], ["y"])], "g", [X1], [Y1], [W]
    )
)
onnx.save(m, B / "m.onnx")
(B / "ext").mkdir(exist_ok=True)
onnx.save(m, B / "ext/m.onnx", save_as_external_data=True, location="w.bin", size_threshold=0)
import h5py

kc = {
    "class_name": "Sequential",
    "config": {
        "name": "s",
        "layers": [
            {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "dtype": "float32", "name": "i"}},
            {
                "class_name": "Dense",
                "config": {
                    "name": "d",
                    "units": 3,
                    "activation": "relu",
                    "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}},
                },
            },
        ],
    },
}
for lv in ("earliest", "latest"):
    with h5py.File(B / f"k_{lv}.h5", "w", libver=lv) as f:
        f.attrs["model_config"] = json.dumps(kc)
        f.attrs["keras_version"] = "2.12"
        g_ = f.create_group("model_weights/d")
        g_.create_dataset("kernel:0", data=np.random.randn(4, 3))
        f["alias"] = h5py.SoftLink("/model_weights")
k3 = {
    "module": "keras",
    "class_name": "Sequential",
    "config": {
        "name": "s",
        "trainable": True,
        "dtype": {
            "module": "keras",
            "class_name": "DTypePolicy",
            "config": {"name": "float32"},
            "registered_name": None,
        },
        "layers": [
            {
                "module": "keras.layers",
                "class_name": "InputLayer",
                "config": {"batch_shape": [None, 4], "dtype": "float32", "name": "i"},
                "registered_name": None,
            },
            {
                "module": "keras.layers",
                "class_name": "Dense",
                "config": {
                    "name": "d",
                    "units": 3,
                    "kernel_initializer": {
                        "module": "keras.initializers",
                        "class_name": "GlorotUniform",
                        "config": {"seed": None},
                        "registered_name": None,
                    },
                },
                "registered_name": None,
                "build_config": {"input_shape": [None, 4]},
            },
        ],
    },
    "registered_name": None,
    "compile_config": {
        "optimizer": {
            "module": "keras.optimizers",
            "class_name": "Adam",
            "config": {"learning_rate": 0.001},
            "registered_name": None,
        },
        "loss": "mse",
    },
}
with zipfile.ZipFile(B / "m.keras", "w") as z:
    z.writestr("metadata.json", '{"keras_version":"3.4"}')
    z.writestr("config.json", json.dumps(k3))
    z.write(B / "k_latest.h5", "model.weights.h5")
import skops.io as sio

sio.dump(pipe, B / "p.skops")
sio.dump(LogisticRegression().fit(X, y), B / "l.skops")
import dill, cloudpickle


def f(a, b=2):
    return a + b * np.pi


(B / "dill_fn.pkl").write_bytes(dill.dumps(f))
(B / "cp_fn.pkl").write_bytes(cloudpickle.dumps(f))
(B / "cp_lambda.pkl").write_bytes(cloudpickle.dumps(lambda q: q + 1))
(B / "dill_obj.pkl").write_bytes(dill.dumps(objs["plain"]))
try:
    from transformers import BertConfig, TrainingArguments

    BertConfig().save_pretrained(B / "bert")
    (B / "bertcfg.pkl").write_bytes(pickle.dumps(BertConfig()))
except Exception as e:
    print("tf", e)
print(len(list(B.rglob("*"))))
out = pathlib.Path(sys.argv[1]) / "hostile"
out.mkdir(parents=True, exist_ok=True)
import dill, cloudpickle, joblib, h5py, numpy as np, pickle


class E:
    def __reduce__(s):
        return os.system, ("id",)


def bad():
    import os

    return os.system("id")


class F:
    def __reduce__(s):
        return (lambda: os.system("id")), ()


class G:
    def __reduce__(s):
        return bad, ()


(out / "cp_lambda.pkl").write_bytes(cloudpickle.dumps(F()))
(out / "cp_fn.pkl").write_bytes(cloudpickle.dumps(G()))
(out / "cp_code.pkl").write_bytes(cloudpickle.dumps(lambda: os.system("id")))
dill.settings["recurse"] = True
(out / "dill_lambda.pkl").write_bytes(dill.dumps(F()))
(out / "dill_fn.pkl").write_bytes(dill.dumps(G()))
(out / "dill_code.pkl").write_bytes(dill.dumps(lambda: os.system("id")))
(out / "dill_e.pkl").write_bytes(dill.dumps(E()))
for c in (0, ("gzip", 3), ("zlib", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)):
    joblib.dump({"a": np.arange(100), "e": E(), "b": np.arange(5)}, out / f"j{c[0] if c else 0}.joblib", compress=c)
try:
    joblib.dump({"a": np.arange(100), "e": E()}, out / "jlz4.joblib", compress=("lz4", 1))
except Exception as e:
    print(e)
joblib.dump({"o": np.array([E(), 1], dtype=object)}, out / "jobj.joblib")
np.save(out / "o.npy", np.array([E()], dtype=object), allow_pickle=True)
np.savez(out / "o.npz", a=np.array([E()], dtype=object))
for lv in ("earliest", "latest"):
    with h5py.File(out / f"link_{lv}.h5", "w", libver=lv) as f:
        f["x"] = h5py.ExternalLink("/etc/passwd", "/a")
        f.create_group("g")["y"] = h5py.ExternalLink("other.h5", "/b")
    with h5py.File(out / f"linkdeep_{lv}.h5", "w", libver=lv) as f:
        g = f.create_group("a/b/c")
        for i in range(30):
            g.create_group(f"n{i}")
        g["n0"]["z"] = h5py.ExternalLink("../../secret.h5", "/b")
    with h5py.File(out / f"many_{lv}.h5", "w", libver=lv) as f:
        g = f.create_group("a")
        for i in range(50):
            g[f"l{i}"] = h5py.ExternalLink("o.h5", f"/b{i}")
    with h5py.File(out / f"ext_{lv}.h5", "w", libver=lv) as f:
        f.create_dataset("d", shape=(10,), dtype="u1", external=[("/etc/passwd", 0, 10)])
    with h5py.File(out / f"vds_{lv}.h5", "w", libver=lv) as f:
        l = h5py.VirtualLayout(shape=(10,), dtype="u1")
        l[:] = h5py.VirtualSource("/etc/x.h5", "d", shape=(10,))
        f.create_virtual_dataset("v", l)
    kc = {
        "class_name": "Sequential",
        "config": {
            "layers": [
                {
                    "class_name": "Lambda",
                    "config": {"name": "l", "function": ["4wEAAAA=", None, None], "function_type": "lambda"},
                }
            ]
        },
    }
    with h5py.File(out / f"lam_{lv}.h5", "w", libver=lv) as f:
        f.attrs["model_config"] = json.dumps(kc)
    with h5py.File(out / f"lamb_{lv}.h5", "w", libver=lv) as f:
        f.attrs["model_config"] = json.dumps(kc, indent=4).encode()
    with h5py.File(out / f"lamfix_{lv}.h5", "w", libver=lv) as f:
        f.attrs.create("model_config", np.bytes_(json.dumps(kc)))
    big = dict(kc)
    big["pad"] = [
        {
            "class_name": "Dense",
            "config": {"name": "d%d" % i, "kernel_initializer": {"class_name": "Zeros", "config": {}}},
        }
        for i in range(2000)
    ]
    with h5py.File(out / f"lambig_{lv}.h5", "w", libver=lv) as f:
        try:
            f.attrs["model_config"] = json.dumps(big)
        except Exception as e:
            print(lv, e)
import onnx
from onnx import helper, TensorProto, numpy_helper, external_data_helper

W = numpy_helper.from_array(np.random.randn(4, 4).astype("f4"), "W")
external_data_helper.set_external_data(W, "../../../etc/passwd")
W.ClearField("raw_data")
m = helper.make_model(
    helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", 1, [1])],
        [helper.make_tensor_value_info("y", 1, [1])],
        [W],
    )
)
(out / "ext.onnx").write_bytes(m.SerializeToString())
m = helper.make_model(
    helper.make_graph(
        [helper.make_node("PyOp", ["x"], ["y"], domain="x")],
        "g",
        [helper.make_tensor_value_info("x", 1, [1])],
        [helper.make_tensor_value_info("y", 1, [1])],
    )
)
(out / "py.onnx").write_bytes(m.SerializeToString())
