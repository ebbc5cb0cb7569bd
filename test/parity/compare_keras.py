"""Compare graft's features with Keras's at any size and cut.

    python test/parity/compare_keras.py --size 224 --cut mixed5 [--weights FILE.h5|FILE.h5.gz] [--input-range -1,1]

graft writes its features of seeded random images to a .npy (test/parity/write-features.ts), Keras computes its own from the
same file of weights. Prints the largest difference; exit status 1 above --atol.
Needs Python packages that this script does not install: pip install "tensorflow-cpu==2.21.*" "keras==3.15.*" numpy h5py
"""
import argparse
import gzip
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SHARED = os.path.join(ROOT, "..", "shared", "weights", "inception_v3_notop.h5.gz")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=150)
    parser.add_argument("--cut", default="mixed7")
    parser.add_argument("--weights", default=SHARED, help="public layout, .h5 or .h5.gz")
    parser.add_argument("--input-range", default="-1,1")
    parser.add_argument("--images", type=int, default=2)
    parser.add_argument("--atol", type=float, default=1e-4)
    return parser.parse_args()


def graft_features(arguments, images, folder):
    """Features as graft's onnx:cpu computes them."""
    import numpy as np

    given, made = os.path.join(folder, "images.npy"), os.path.join(folder, "features.npy")
    np.save(given, images)
    script = os.path.join("test", "parity", "write-features.ts")
    command = ["node", "--conditions=graft-source", "--import", "tsx", script]
    options = [given, made, arguments.weights, arguments.cut, arguments.input_range]
    subprocess.run(command + options, cwd=ROOT, check=True)
    return np.load(made)


def keras_features(arguments, images, folder):
    """Features as keras.applications computes them."""
    import keras
    import numpy as np

    path = os.path.abspath(arguments.weights)
    if path.endswith(".gz"):
        path = os.path.join(folder, "weights.h5")
        with gzip.open(arguments.weights) as packed, open(path, "wb") as plain:
            shutil.copyfileobj(packed, plain)
    shape = (arguments.size, arguments.size, 3)
    model = keras.applications.InceptionV3(input_shape=shape, include_top=False, weights=path)
    cut = keras.Model(model.input, model.get_layer(arguments.cut).output)
    black, white = (float(number) for number in arguments.input_range.split(","))
    return cut.predict(images.astype(np.float32) * ((white - black) / 255) + black, verbose=0)


def main():
    arguments = parse_arguments()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import numpy as np
        import keras  # noqa: F401
    except ImportError as error:
        sys.exit(f'{error}. This needs: pip install "tensorflow-cpu==2.21.*" "keras==3.15.*" numpy h5py')
    shape = (arguments.images, arguments.size, arguments.size, 3)
    images = np.random.default_rng(arguments.size).integers(0, 256, shape, dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        ours = graft_features(arguments, images, folder)
        theirs = keras_features(arguments, images, folder)
    if ours.shape != theirs.shape:
        sys.exit(f"{arguments.cut} at {arguments.size}: graft gives {ours.shape}, Keras {theirs.shape}")
    error = float(np.abs(ours - theirs).max())
    print(f"{arguments.cut} at {arguments.size}: {ours.shape}, largest difference {error:.2e} of {np.abs(theirs).max():.2f}")
    sys.exit(error > arguments.atol)


if __name__ == "__main__":
    main()
