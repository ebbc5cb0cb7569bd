"""Write golden/augment.json: every 7th value of Keras's affine change of a made-up image.

usage: python make_augment_golden.py golden/augment.json   (numpy, scipy; the arithmetic of keras 3.15
keras/src/legacy/preprocessing/image.py apply_affine_transform, written out so that no TensorFlow is needed)
"""
import json, sys
import numpy as np
from scipy import ndimage

SIZE = 24
yy, xx, cc = np.meshgrid(np.arange(SIZE), np.arange(SIZE), np.arange(3), indexing="ij")
IMAGE = ((yy * 7 + xx * 5 + cc * 40 + (yy * xx) % 31) % 256).astype(np.float64)


def affine(x, theta, tx, ty, shear, zx, zy):
    m = np.eye(3)
    t = np.deg2rad(theta)
    m = m @ np.array([[np.cos(t), -np.sin(t), 0], [np.sin(t), np.cos(t), 0], [0, 0, 1]])
    m = m @ np.array([[1, 0, tx], [0, 1, ty], [0, 0, 1]])
    s = np.deg2rad(shear)
    m = m @ np.array([[1, -np.sin(s), 0], [0, np.cos(s), 0], [0, 0, 1]])
    m = m @ np.diag([zx, zy, 1])
    o = SIZE / 2 - 0.5
    m = np.array([[1, 0, o], [0, 1, o], [0, 0, 1]]) @ m @ np.array([[1, 0, -o], [0, 1, -o], [0, 0, 1]])
    return np.stack([ndimage.affine_transform(x[..., c], m[:2, :2], m[:2, 2], order=1, mode="nearest") for c in range(3)], -1)


CASES = [(30, 0, 0, 0, 1, 1), (0, 3.5, -2.25, 0, 1, 1), (0, 0, 0, 20, 1, 1), (0, 0, 0, 0, 0.8, 1.2), (-37, 2.5, 4, 12, 1.15, 0.9)]
cases = [{"change": dict(zip(["theta", "tx", "ty", "shear", "zx", "zy"], c)), "pixels": np.round(affine(IMAGE, *c), 3).reshape(-1)[::7].tolist()} for c in CASES]
with open(sys.argv[1], "w") as out:
    json.dump({"every": 7, "cases": cases}, out)
    out.write("\n")
