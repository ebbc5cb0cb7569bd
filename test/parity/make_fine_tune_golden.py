"""Write golden/fine-tune.json: what Keras computes when a loop over the layers sets `trainable` from one of them on.

usage: gunzip -k ../shared/weights/inception_v3_notop.h5.gz; python make_fine_tune_golden.py inception_v3_notop.h5 golden
       (tensorflow-cpu 2.21, keras 3.15)

Each case: the first 12 golden images as images / 127.5 - 1, labels 0, 1, 0, 1, …, three steps of 4 images, RMSprop 1e-4, a
pooled sigmoid head whose kernel is make_golden.py's with scale 0.1. Layers have the public file's names, which count from 1.
The layers from `from` on train, in the order of `model.layers`; batch norms run in inference mode. `changes` are norms.
"""
import json, os, re, sys
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras, numpy as np

WEIGHTS, OUT = sys.argv[1:3]
CASES = [("conv2d_56", "mixed7"), ("conv2d_27", "mixed4"), ("conv2d_77", "mixed9"), ("batch_normalization_12", "mixed0"), ("conv2d_1", "mixed0")]
STEPS, BATCH = 3, 4


def public(name):
    kind, number = re.fullmatch(r"(.*?)(?:_(\d+))?", name).groups()
    return name if name.startswith(("mixed", "input")) else f"{kind}_{int(number or 0) + 1}"


def kernel(rows):
    i = np.arange(rows, dtype=np.uint64)[:, None] * np.uint64(1103515245)
    return ((((i + np.uint64(7)) % np.uint64(2**31)).astype(np.float64) / 2**31 - 0.5) * 0.1).astype(np.float32)


def tune(start, cut):
    keras.backend.clear_session()
    base = keras.applications.InceptionV3(input_shape=(150, 150, 3), include_top=False, weights=None)
    base.load_weights(WEIGHTS)
    trains = False
    for layer in base.layers:
        trains = trains or public(layer.name) == start
        layer.trainable = trains
    inner = keras.Model(base.input, base.get_layer(cut).output)
    pool, top = keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1, "sigmoid")
    forward = lambda x: top(pool(inner(x, training=False)))
    forward(x[:1])
    top.set_weights([kernel(inner.output.shape[-1]), np.zeros(1)])
    weights = {f"{public(l.name)}/{'kernel' if 'conv' in l.name else 'beta'}": l.weights[0] for l in inner.layers if l.trainable and l.weights}
    before = {name: w.numpy() for name, w in weights.items()}
    variables = inner.trainable_weights + top.trainable_weights
    optimizer, loss = keras.optimizers.RMSprop(1e-4), keras.losses.BinaryCrossentropy()
    optimizer.build(variables)
    losses = []
    import tensorflow as tf
    for step in range(STEPS):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        with tf.GradientTape() as tape:
            value = loss(y[rows], forward(x[rows]))
        optimizer.apply(tape.gradient(value, variables), variables)
        losses.append(float(value))
    return {"from": start, "cut": cut, "losses": losses, "changes": {name: float(np.linalg.norm(w.numpy() - before[name])) for name, w in weights.items()}}


x = np.load(os.path.join(OUT, "images.npy"))[: STEPS * BATCH].astype(np.float32) / 127.5 - 1
y = np.tile([0.0, 1.0], STEPS * BATCH // 2).astype(np.float32)[:, None]
with open(os.path.join(OUT, "fine-tune.json"), "w") as file:
    json.dump({"keras": keras.__version__, "cases": [tune(*case) for case in CASES]}, file, indent=1)
    file.write("\n")
