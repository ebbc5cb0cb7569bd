"""What Keras needs for the work that bench-speeds.ts times, and for the whole `fit` job.

  python3 -m venv /tmp/keras && /tmp/keras/bin/pip install tensorflow-cpu==2.21.0 keras==3.15.1
  KERAS_PYTHON=/tmp/keras/bin/python npm run bench -w @graft/test

Usage: keras_baseline.py: speeds
       keras_baseline.py --weights inception_v3_notop.h5 --data FOLDER [--epochs 20]: both whole `fit` jobs instead; FOLDER
         has train/ and validation/
Prints one JSON line of figures. Times are minima (a shared machine only adds).
"""

import argparse
import json
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

SIZE = 150


def minimum(work, runs, warmup=2):
    for _ in range(warmup):
        work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def trunk(weights=None):
    base = keras.applications.InceptionV3(include_top=False, weights=weights, input_shape=(SIZE, SIZE, 3))
    model = keras.Model(base.input, base.get_layer("mixed7").output)
    model.trainable = False
    return model


def trunk_rates():
    # pooled, as what graft times: both give [batch, 768]
    base = trunk()
    model = keras.Model(base.input, keras.layers.GlobalAveragePooling2D()(base.output))
    forward = tf.function(lambda x: model(x, training=False))
    figures = {}
    for batch, runs in ((32, 10), (1, 200)):
        images = tf.constant(np.random.rand(batch, SIZE, SIZE, 3).astype("float32"))
        figures[f"trunkBatch{batch}ImagesPerSecond"] = batch / minimum(lambda: forward(images).numpy(), runs)
    return figures


def step_ms(layers, optimizer, loss, features, labels, runs):
    model = keras.Sequential([keras.Input(features.shape[1:]), *layers])

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            value = loss(y, model(x, training=True))
        optimizer.apply(tape.gradient(value, model.trainable_variables), model.trainable_variables)
        return value

    return 1000 * minimum(lambda: step(features, labels).numpy(), runs)


def steps():
    # mostly zeros, as a relu leaves them
    features = np.maximum(0, np.random.rand(20, 7 * 7 * 768) * 6 - 5).astype("float32")
    labels = (np.arange(20) % 2).astype("float32")[:, None]
    classic = step_ms(classic_head(), keras.optimizers.RMSprop(1e-4), keras.losses.BinaryCrossentropy(),
                      tf.constant(features), tf.constant(labels), 20)
    pooled = np.random.rand(32, 768).astype("float32")
    one_hot = np.eye(2)[np.arange(32) % 2].astype("float32")
    gap = step_ms(gap_head(), keras.optimizers.Adam(1e-3), keras.losses.CategoricalCrossentropy(),
                  tf.constant(pooled), tf.constant(one_hot), 400)
    return {"classicStepMs": classic, "gapStepMs": gap}


def classic_head():
    return [keras.layers.Dense(1024, "relu"), keras.layers.Dropout(0.2), keras.layers.Dense(1, "sigmoid")]


def gap_head():
    return [keras.layers.Dropout(0.2), keras.layers.Dense(2, "softmax")]


def fine_tune_rates():
    """Images a second of a step that trains mixed6 and mixed7: on mixed5's cached output, and through the whole net."""
    keras.backend.clear_session()
    base = keras.applications.InceptionV3(include_top=False, weights=None, input_shape=(SIZE, SIZE, 3))
    cut, start = base.get_layer("mixed7").output, base.get_layer("mixed5").output
    first = [layer.name for layer in base.layers].index("mixed5") + 1
    for at, layer in enumerate(base.layers):
        layer.trainable = at >= first
    tail, whole = keras.Model(start, cut), keras.Model(base.input, cut)
    labels = tf.constant((np.arange(20) % 2).astype("float32")[:, None])
    return {
        "fineTuneImagesPerSecond": fine_tune_rate(tail, tf.random.uniform((20, *start.shape[1:])), labels),
        "fineTuneWholeImagesPerSecond": fine_tune_rate(whole, tf.random.uniform((20, SIZE, SIZE, 3)), labels),
    }


def fine_tune_rate(inner, inputs, labels):
    pool, top = keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1, "sigmoid")
    optimizer, loss = keras.optimizers.RMSprop(1e-5), keras.losses.BinaryCrossentropy()

    def forward(x):
        # batch norm in inference mode, as fine-tuning wants it
        return top(pool(inner(x, training=False)))

    forward(inputs)
    variables = inner.trainable_variables + top.trainable_variables
    optimizer.build(variables)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            value = loss(y, forward(x))
        optimizer.apply(tape.gradient(value, variables), variables)
        return value

    return len(labels) / minimum(lambda: step(inputs, labels).numpy(), 12)


def fit_seconds(recipe, base, data, epochs):
    """The frozen base nested in the model, so it runs on every image in every epoch, as the course notebook does it."""
    binary = recipe == "classic"
    images = {
        part: keras.utils.image_dataset_from_directory(
            os.path.join(data, part), label_mode="binary" if binary else "categorical", image_size=(SIZE, SIZE),
            batch_size=20 if binary else 32, shuffle=part == "train", seed=1, verbose=0,
        ).map(lambda x, y: (x / 255.0, y))
        for part in ("train", "validation")
    }
    head = [keras.layers.Flatten(), *classic_head()] if binary else [keras.layers.GlobalAveragePooling2D(), *gap_head()]
    model = keras.Sequential([keras.Input((SIZE, SIZE, 3)), base, *head])
    optimizer = keras.optimizers.RMSprop(1e-4) if binary else keras.optimizers.Adam(1e-3)
    model.compile(optimizer, "binary_crossentropy" if binary else "categorical_crossentropy", metrics=["accuracy"])
    start = time.perf_counter()
    history = model.fit(images["train"], validation_data=images["validation"], epochs=epochs, verbose=0)
    return time.perf_counter() - start, history.history["val_accuracy"][-1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights")
    parser.add_argument("--data")
    parser.add_argument("--epochs", type=int, default=20)
    arguments = parser.parse_args()
    if not (arguments.weights and arguments.data):
        figures = {**trunk_rates(), **steps(), **fine_tune_rates()}
    else:
        figures = {}
        for recipe in ("gap", "classic"):
            seconds, accuracy = fit_seconds(recipe, trunk(arguments.weights), arguments.data, arguments.epochs)
            figures[f"{recipe}FitSeconds"] = seconds
            figures[f"{recipe}FitAccuracy"] = accuracy
    print(json.dumps({"engine": f"keras {keras.__version__}", "figures": figures}))


main()
