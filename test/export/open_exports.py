"""Open exported models in the programs they are for and print what these say of given images.

    python test/export/open_exports.py < request.json

The request is a list of {"images": FILE, "shape": [n, size, size, 3], "inputRange": [low, high], "models": [FILE, …]}; the
images are raw uint8, a model is a .h5, .keras or .onnx. The answer, the last line: a list of {"model", "program", "version",
"probabilities" [n][units]} with, for Keras, "layers" (names as model.layers lists them) and the "labels" in the file, for ONNX its "metadata". A .h5 is
opened by Keras 3 and by Keras 2 (tf_keras), an .onnx goes through onnx.checker first.
Needs Python packages that this script does not install: test/setup/keras-python.ts has their list.
"""
import json
import os
import sys
import zipfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy  # noqa: E402


def labels_in(path):
    """The labels as a reader finds them who has Keras's own tools alone."""
    if path.endswith(".h5"):
        import h5py

        with h5py.File(path) as file:
            return json.loads(file.attrs["labels"])
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("metadata.json"))["labels"]


def open_in_keras(keras, path, images, low, high):
    """keras: the module of Keras 3 or 2."""
    model = keras.models.load_model(path)
    scaled = images.astype("float32") * ((high - low) / 255) + low
    # not predict(), which traces and compiles the network first: longer than the few images take
    probabilities = numpy.asarray(model(scaled, training=False))
    layers = [layer.name for layer in model.layers]
    return {
        "program": keras.__name__,
        "version": keras.__version__,
        "probabilities": probabilities.tolist(),
        "layers": layers,
        "labels": labels_in(path),
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


def answers_to(request):
    images = numpy.fromfile(request["images"], dtype=numpy.uint8).reshape(request["shape"])
    for path in request["models"]:
        if path.endswith(".onnx"):
            yield {"model": path, **open_in_onnxruntime(path, images)}
            continue
        import keras

        yield {"model": path, **open_in_keras(keras, path, images, *request["inputRange"])}
        if path.endswith(".h5"):
            import tf_keras

            yield {"model": path, **open_in_keras(tf_keras, path, images, *request["inputRange"])}


def main():
    answers = [answer for request in json.load(sys.stdin) for answer in answers_to(request)]
    # TensorFlow prints what it likes before this
    print(json.dumps(answers))


main()
