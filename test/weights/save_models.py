"""Models around an InceptionV3 up to mixed0, as people save them; and reference.h5, its numbers under the public names.

python save_models.py FOLDER keras|tf_keras
"""
import importlib
import os
import re
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import h5py
import numpy as np

folder, library = sys.argv[1:]
keras = importlib.import_module(library)
layers = keras.layers
SIZE = (75, 75, 3)


def number(layer):
    """Of conv2d_5: 5; of conv2d, which Keras makes first: 0."""
    return int(re.search(r"\d*$", re.sub(r"^conv2d_?", "", layer.name))[0] or 0)


def trunk():
    whole = keras.applications.InceptionV3(weights=None, include_top=False, input_shape=SIZE)
    return keras.Model(whole.input, whole.get_layer("mixed0").output, name="trunk")


def head(x):
    x = layers.BatchNormalization()(layers.Conv2D(8, 1)(x))
    return layers.Dense(2)(layers.BatchNormalization()(layers.GlobalAveragePooling2D()(x)))


def save(model, name):
    for ending in ("keras", "h5"):
        model.save(os.path.join(folder, f"{name}.{ending}"))
    model.save_weights(os.path.join(folder, f"{name}.weights.h5"))


base = trunk()
with h5py.File(os.path.join(folder, "reference.h5"), "w") as file:
    for kind, variables in (("conv2d", ["kernel"]), ("batch_normalization", ["beta", "moving_mean", "moving_variance"])):
        own = sorted((one for one in base.layers if one.name.startswith(kind)), key=number)
        for i, layer in enumerate(own):
            # fresh statistics are all alike, and no test would see them exchanged
            layer.set_weights([value + np.float32((7 * i + j) / 97) for j, value in enumerate(layer.get_weights())])
            for variable, value in zip(variables, layer.get_weights()):
                file[f"{kind}_{i + 1}/{kind}_{i + 1}/{variable}:0"] = value

save(base, "trunk")
save(keras.Model(base.input, head(base.output)), "flat")
images = layers.Input(SIZE)
save(keras.Model(images, head(base(layers.Rescaling(1 / 127.5, -1)(images)))), "nested")
images = layers.Input(SIZE)
prepared = keras.applications.inception_v3.preprocess_input(layers.BatchNormalization()(images))
save(keras.Model(images, head(base(prepared))), "front")
scaled = [layers.Input(SIZE), layers.Rescaling(1 / 255), base, layers.Flatten(), layers.Dense(2)]
save(keras.Sequential(scaled), "sequential")
