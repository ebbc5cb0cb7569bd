"""Write golden/resize.json: SHA-256 of what Pillow's resize gives for made-up images of many sizes.

usage: python make_resize_golden.py golden/resize.json   (pillow 13, numpy)

Pixel byte number i of every image is (i * 2654435761 mod 2^32) >> 24, so nothing but the hashes is stored.
"""
import hashlib, json, sys
import numpy as np
import PIL
from PIL import Image

SIZES = [  # width, height, new width, new height
    (500, 374, 150, 150), (374, 500, 150, 150), (500, 374, 224, 224), (500, 374, 299, 299), (499, 375, 75, 75),
    (1, 1, 150, 150), (1, 1, 1, 1), (2, 2, 5, 3), (3, 1, 2, 7), (10, 10, 10, 10), (10, 20, 10, 5), (20, 10, 5, 10),
    (1, 700, 150, 150), (700, 1, 150, 150), (3000, 2, 75, 75), (2, 3000, 75, 75), (64, 64, 512, 300), (150, 150, 75, 75),
    (1024, 768, 150, 150), (1023, 767, 151, 149), (100, 300, 150, 150), (299, 299, 150, 150), (7, 5, 1, 1), (640, 480, 9, 8),
]


def image(width, height):
    i = np.arange(width * height * 3, dtype=np.uint64)
    data = ((i * np.uint64(2654435761)) & np.uint64(0xFFFFFFFF)) >> np.uint64(24)
    return Image.fromarray(data.astype(np.uint8).reshape(height, width, 3))


def digest(img, size, method):
    return hashlib.sha256(img.resize(size, method).tobytes()).hexdigest()


cases = []
for w, h, nw, nh in SIZES:
    img = image(w, h)
    cases.append({"from": [w, h], "to": [nw, nh], "bilinear": digest(img, (nw, nh), Image.BILINEAR), "nearest": digest(img, (nw, nh), Image.NEAREST)})
with open(sys.argv[1], "w") as out:
    json.dump({"pillow": PIL.__version__, "cases": cases}, out, indent=1)
    out.write("\n")
