"""Write golden/fit.json: what Keras's `fit` reports for small heads, for fit.test.ts to compare graft's training with.

usage: python make_fit_golden.py golden   (tensorflow-cpu 2.21, keras 3.15)

All numbers come from mix(i, j) = ((i * 1103515245 + j * 12345 + 7) mod 2^31) / 2^31, in float64, then rounded to float32:
features [row, column] = max(0, 3 * mix(row, column) - 1) + (0.4 where class == column mod 3), initial kernels
(mix - 0.5) * 0.1, biases 0; the class of row r is r mod classes, and 0 where r mod 5 is 0. The first 21 rows train in
their order in batches of 8, 8 and 5; the other 10 validate. No dropout. Schedules are CosineDecay with warm-up (3 steps an
epoch) and ReduceLROnPlateau(factor=0.5, patience=3). Label smoothing is in Keras's validation loss too, in graft's it is not:
a case with it has none.
"""
import json, os, sys
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras, numpy as np

ROWS, VALIDATION, BATCH, EPOCHS = 21, 10, 8, 4
CASES = {
    "gap_adam_balanced": dict(recipe="gap", columns=7, classes=3, optimizer="adam", learningRate=0.02, classWeights="balanced"),
    "gap_sgd_momentum": dict(recipe="gap", columns=7, classes=2, optimizer="sgd", momentum=0.9, learningRate=0.05, classWeights="none"),
    "classic_rmsprop_balanced": dict(recipe="classic", columns=24, classes=2, optimizer="rmsprop", learningRate=1e-3, classWeights="balanced"),
    "gap_adamw_cosine": dict(recipe="gap", columns=7, classes=3, optimizer="adamw", weightDecay=0.3, learningRate=0.05, classWeights="none", schedule="cosine", warmup=1),
    "gap_sgd_plateau": dict(recipe="gap", columns=7, classes=3, optimizer="sgd", momentum=0.95, learningRate=1.0, classWeights="none", schedule="plateau", epochs=12),
    "gap_smoothed": dict(recipe="gap", columns=7, classes=3, optimizer="adam", learningRate=0.02, classWeights="none", labelSmoothing=0.2),
    "classic_smoothed": dict(recipe="classic", columns=24, classes=2, optimizer="adam", learningRate=1e-3, classWeights="none", labelSmoothing=0.2),
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
    peak, epochs = case["learningRate"], case.get("epochs", EPOCHS)
    steps, warmup = 3 * epochs, 3 * case.get("warmup", 0)
    cosine = lambda: keras.optimizers.schedules.CosineDecay(0.0, steps - warmup, warmup_target=peak, warmup_steps=warmup)
    rate = cosine() if case.get("schedule") == "cosine" else peak
    plateau = [keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=3)] if case.get("schedule") == "plateau" else []
    smoothing = case.get("labelSmoothing", 0.0)
    optimizer = {
        "adam": lambda: keras.optimizers.Adam(rate),
        "adamw": lambda: keras.optimizers.AdamW(rate, weight_decay=case["weightDecay"]),
        "rmsprop": lambda: keras.optimizers.RMSprop(rate),
        "sgd": lambda: keras.optimizers.SGD(rate, momentum=case.get("momentum", 0.0)),
    }[case["optimizer"]]()
    losses = keras.losses
    loss = losses.BinaryCrossentropy(label_smoothing=smoothing) if sigmoid else losses.CategoricalCrossentropy(label_smoothing=smoothing)
    model.compile(optimizer, loss, metrics=["accuracy"])
    target = y[:, None].astype("float32") if sigmoid else np.eye(classes, dtype="float32")[y]
    counts = np.bincount(y[:ROWS], minlength=classes)
    weights = {k: ROWS / (classes * counts[k]) for k in range(classes)} if case["classWeights"] == "balanced" else None
    history = model.fit(
        x[:ROWS].astype("float32"), target[:ROWS], batch_size=BATCH, epochs=epochs, shuffle=False, class_weight=weights,
        validation_data=(x[ROWS:].astype("float32"), target[ROWS:]), verbose=0, callbacks=plateau,
    ).history
    names = [*(["dense"] if hidden else []), "predictions"]
    norms = {f"{name}/{part}": float(np.linalg.norm(w)) for name, pair in zip(names, np.array_split(np.arange(2 * len(names)), len(names))) for part, w in zip(("kernel", "bias"), [model.get_weights()[k] for k in pair])}
    if smoothing > 0:
        history.pop("val_loss")
    ends = [dict(loss=a, accuracy=b, valAccuracy=c, **({"valLoss": d} if d is not None else {})) for a, b, c, d in zip(history["loss"], history["accuracy"], history["val_accuracy"], history.get("val_loss", [None] * epochs))]
    return {**{k: v for k, v in case.items() if k != "epochs"}, "epochs": ends, "norms": norms}


with open(os.path.join(sys.argv[1], "fit.json"), "w") as file:
    json.dump({"keras": keras.__version__, "rows": ROWS, "validation": VALIDATION, "batchSize": BATCH, "cases": {name: fit(case) for name, case in CASES.items()}}, file, indent=1)
    file.write("\n")
