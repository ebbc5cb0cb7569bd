"""Open exported models in the programs they are for and print what these say of given images.

    python test/export/open_exports.py < request.json

The request: {"images": FILE, "shape": [n, size, size, 3], "inputRange": [low, high], "models": [FILE.h5|.keras|.onnx, …]};
the images are raw uint8. The answer, one JSON object: for each model {"program", "version", "probabilities" [n][units]} and,
for Keras, "layers" (names as model.layers lists them). A .h5 is opened by Keras 2 (tf_keras) too where that is installed.
Needs Python packages that this script does not install: test/setup/keras-python.ts has their list.
"""
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy  # noqa: E402


def open_in_keras(path, images, low, high):
    import keras

    model = keras.models.load_model(path)
    scaled = images.astype("float32") * ((high - low) / 255) + low
    probabilities = model.predict(scaled, verbose=0)
    layers = [layer.name for layer in model.layers]
    return {"program": "keras", "version": keras.__version__, "probabilities": probabilities.tolist(), "layers": layers}


def open_in_keras_2(path, images, low, high):
    import tf_keras

    model = tf_keras.models.load_model(path)
    scaled = images.astype("float32") * ((high - low) / 255) + low
    probabilities = model.predict(scaled, verbose=0)
    layers = [layer.name for layer in model.layers]
    return {
        "program": "tf_keras",
        "version": tf_keras.__version__,
        "probabilities": probabilities.tolist(),
        "layers": layers,
    }


def open_in_onnxruntime(path, images):
    import onnx
    import onnxruntime

    onnx.checker.check_model(path, full_check=True)
    session = onnxruntime.InferenceSession(path)
    (probabilities,) = session.run(["probabilities"], {"images": images})
    return {
        "program": "onnxruntime",
        "version": onnxruntime.__version__,
        "probabilities": probabilities.tolist(),
        "metadata": session.get_modelmeta().custom_metadata_map,
    }


def main():
    request = json.load(sys.stdin)
    images = numpy.fromfile(request["images"], dtype=numpy.uint8).reshape(request["shape"])
    answers = []
    for path in request["models"]:
        if path.endswith(".onnx"):
            answers.append({"model": path, **open_in_onnxruntime(path, images)})
            continue
        answers.append({"model": path, **open_in_keras(path, images, *request["inputRange"])})
        if path.endswith(".h5"):
            answers.append({"model": path, **open_in_keras_2(path, images, *request["inputRange"])})
    # TensorFlow prints what it likes before this
    print(json.dumps(answers))


main()
