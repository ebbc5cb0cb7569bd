"""Write golden/fit.json: what Keras's `fit` reports for small heads, for fit.test.ts to compare graft's training with.

usage: python make_fit_golden.py golden   (tensorflow-cpu 2.21, keras 3.15)

All numbers come from mix(i, j) = ((i * 1103515245 + j * 12345 + 7) mod 2^31) / 2^31, in float64, then rounded to float32:
features [row, column] = max(0, 3 * mix(row, column) - 1) + (0.4 where class == column mod 3), initial kernels
(mix - 0.5) * 0.1, biases 0; the class of row r is r mod classes, and 0 where r mod 5 is 0. The first 21 rows train in
their order in batches of 8, 8 and 5; the other 10 validate. No dropout.
"""
import json, os, sys
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras, numpy as np

ROWS, VALIDATION, BATCH, EPOCHS = 21, 10, 8, 4
CASES = {
    "gap_adam_balanced": dict(recipe="gap", columns=7, classes=3, optimizer="adam", learningRate=0.02, classWeights="balanced"),
    "gap_sgd_momentum": dict(recipe="gap", columns=7, classes=2, optimizer="sgd", momentum=0.9, learningRate=0.05, classWeights="none"),
    "classic_rmsprop_balanced": dict(recipe="classic", columns=24, classes=2, optimizer="rmsprop", learningRate=1e-3, classWeights="balanced"),
    "classic_adam": dict(recipe="classic", columns=24, classes=2, optimizer="adam", learningRate=1e-3, classWeights="none"),
}


def mix(rows, columns):
    i = np.arange(rows, dtype=np.uint64)[:, None] * np.uint64(1103515245)
    j = np.arange(columns, dtype=np.uint64)[None, :] * np.uint64(12345)
    return ((i + j + np.uint64(7)) % np.uint64(2**31)).astype(np.float64) / 2**31


def fit(case):
    rows, classes, columns = np.arange(ROWS + VALIDATION), case["classes"], case["columns"]
    y = np.where(rows % 5 == 0, 0, rows % classes)
    x = np.maximum(0, mix(len(rows), columns) * 3 - 1) + 0.4 * (y[:, None] == np.arange(columns)[None, :] % 3)
    sigmoid = case["recipe"] == "classic" and classes == 2
    last = keras.layers.Dense(1, "sigmoid") if sigmoid else keras.layers.Dense(classes, "softmax")
    hidden = [keras.layers.Dense(1024, "relu")] if case["recipe"] == "classic" else []
    model = keras.Sequential([keras.Input((columns,)), *hidden, last])
    model.set_weights([((mix(*w.shape) - 0.5) * 0.1).astype("float32") if w.ndim == 2 else np.zeros(w.shape) for w in model.get_weights()])
    rate = case["learningRate"]
    optimizer = {
        "adam": lambda: keras.optimizers.Adam(rate),
        "rmsprop": lambda: keras.optimizers.RMSprop(rate),
        "sgd": lambda: keras.optimizers.SGD(rate, momentum=case.get("momentum", 0.0)),
    }[case["optimizer"]]()
    model.compile(optimizer, "binary_crossentropy" if sigmoid else "sparse_categorical_crossentropy", metrics=["accuracy"])
    counts = np.bincount(y[:ROWS], minlength=classes)
    weights = {k: ROWS / (classes * counts[k]) for k in range(classes)} if case["classWeights"] == "balanced" else None
    history = model.fit(
        x[:ROWS].astype("float32"), y[:ROWS], batch_size=BATCH, epochs=EPOCHS, shuffle=False, class_weight=weights,
        validation_data=(x[ROWS:].astype("float32"), y[ROWS:]), verbose=0,
    ).history
    names = [*(["dense"] if hidden else []), "predictions"]
    norms = {f"{name}/{part}": float(np.linalg.norm(w)) for name, pair in zip(names, np.array_split(np.arange(2 * len(names)), len(names))) for part, w in zip(("kernel", "bias"), [model.get_weights()[k] for k in pair])}
    epochs = [dict(loss=a, accuracy=b, valLoss=c, valAccuracy=d) for a, b, c, d in zip(*(history[k] for k in ("loss", "accuracy", "val_loss", "val_accuracy")))]
    return {**case, "epochs": epochs, "norms": norms}


with open(os.path.join(sys.argv[1], "fit.json"), "w") as file:
    json.dump({"keras": keras.__version__, "rows": ROWS, "validation": VALIDATION, "batchSize": BATCH, "cases": {name: fit(case) for name, case in CASES.items()}}, file, indent=1)
    file.write("\n")
