"""Write golden/decode: small pictures in every format, made by Pillow, and expected.json, the pixels they must decode to.

usage: python make_decode_golden.py golden/decode   (pillow 13, numpy)

The rule (the design's): EXIF orientation applied, the first frame, alpha over white, 16 bits cut to 8 (Pillow's own
convert would clip 16-bit grey), CMYK as convert("RGB") has it, bands that are no alpha left aside. Nothing is drawn by
chance: a second run writes the same.
"""
import base64, io, json, pathlib, struct, sys, zlib
import numpy as np
import PIL
from PIL import Image, ImageOps

OUT = pathlib.Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)
WIDTH, HEIGHT = 21, 13  # odd, and no multiple of a JPEG's blocks: the borders of subsampled chroma count
ORIENTATION = 0x0112

y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
rgb = np.stack([x * 12, y * 20, 255 - x * 5 - y * 10], 2).astype(np.uint8)
rgb[2:5, 2:9] = 230, 30, 40  # no turn or mirror of the picture looks like another
rgb[7:12, 3:5] = 20, 40, 220
rgb[6, 12:20] = 250, 250, 10
scene = Image.fromarray(rgb)
alpha = Image.fromarray((x * 255 // (WIDTH - 1)).astype(np.uint8))
rgba = scene.copy()
rgba.putalpha(alpha)
inks = Image.fromarray(np.stack([x * 12, y * 20, 255 - x * 12, (x * 7 + y * 9) % 200], 2).astype(np.uint8), "CMYK")
cases, refused = [], []


def expected(data):
    with Image.open(io.BytesIO(data)) as img:
        img = ImageOps.exif_transpose(img)
        if img.mode.startswith("I;16"):
            return Image.fromarray((np.asarray(img) >> 8).astype(np.uint8)).convert("RGB")
        if img.has_transparency_data:
            return Image.alpha_composite(Image.new("RGBA", img.size, "white"), img.convert("RGBA")).convert("RGB")
        return img.convert("RGB")


def case(name, data, twin=None):
    """twin: another file of the same picture, for a kind that Pillow clips or does not read."""
    (OUT / name).write_bytes(data)
    img = expected(twin or data)
    cases.append({"file": name, "width": img.width, "height": img.height, "rgb": base64.b64encode(img.tobytes()).decode()})


def encode(img, format, **options):
    out = io.BytesIO()
    img.save(out, format, **options)
    return out.getvalue()


def orientation(value):
    exif = Image.Exif()
    exif[ORIENTATION] = value
    return exif


def png16(samples, color):
    """A PNG of 16 bits a sample, which Pillow writes for grey alone. samples: [height, width, channels]; color: IHDR's."""
    chunk = lambda kind, body: struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    h, w, _ = samples.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    header = struct.pack(">IIBBBBB", w, h, 16, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def tiff(samples, photometric, extra, order="<", description=None):
    """A TIFF of one plain strip with bands that Pillow does not write. samples: [height, width, bands]; extra: ExtraSamples."""
    h, w, bands = samples.shape
    data = samples.astype(samples.dtype.newbyteorder(order)).tobytes()
    tags = {256: (4, [w]), 257: (4, [h]), 258: (3, [samples.dtype.itemsize * 8] * bands), 259: (3, [1]), 262: (3, [photometric])}
    tags |= {273: (4, [8]), 277: (3, [bands]), 278: (4, [h]), 279: (4, [len(data)])}
    if extra is not None:
        tags[338] = (3, extra)
    if description is not None:
        tags[270] = (2, description)
    start = 8 + len(data) + len(data) % 2
    entries, far = b"", b""
    for tag, (kind, values) in sorted(tags.items()):
        body = values if kind == 2 else b"".join(struct.pack(order + {3: "H", 4: "I"}[kind], v) for v in values)
        place = body.ljust(4, b"\0") if len(body) <= 4 else struct.pack(order + "I", start + 6 + 12 * len(tags) + len(far))
        far += body + b"\0" * (len(body) % 2) if len(body) > 4 else b""
        entries += struct.pack(order + "HHI", tag, kind, len(values)) + place
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", start)
    return (head + data).ljust(start, b"\0") + struct.pack(order + "H", len(tags)) + entries + bytes(4) + far


def adobe(jpeg, transform):
    """The same scan with another Adobe marker (APP14), or none: transform 0 = CMYK, 2 = YCCK."""
    at = jpeg.index(b"\xff\xee\x00\x0eAdobe")
    marker = b"" if transform is None else jpeg[at : at + 15] + bytes([transform])
    return jpeg[:at] + marker + jpeg[at + 16 :]


# How a scene must be stored so that a viewer who applies this orientation shows it: the inverse of exif_transpose.
T = Image.Transpose
STORE = {1: None, 2: T.FLIP_LEFT_RIGHT, 3: T.ROTATE_180, 4: T.FLIP_TOP_BOTTOM, 5: T.TRANSPOSE, 6: T.ROTATE_90, 7: T.TRANSVERSE, 8: T.ROTATE_270}
for value, method in STORE.items():
    stored = scene if method is None else scene.transpose(method)
    data = encode(stored, "JPEG", quality=95, subsampling=0, exif=orientation(value))
    case(f"exif-{value}.jpg", data)
    assert np.abs(np.asarray(expected(data)).astype(int) - rgb).mean() < 4, value

case("subsampled.jpg", encode(scene, "JPEG", quality=85, subsampling="4:2:0"))
case("halved.jpg", encode(scene, "JPEG", quality=85, subsampling="4:2:2"))
case("progressive.jpg", encode(scene, "JPEG", quality=85, progressive=True))
case("grey.jpg", encode(scene.convert("L"), "JPEG", quality=85))
case("UPPER.JPG", encode(scene, "JPEG", quality=60))
case("one-pixel.jpg", encode(scene.crop((2, 2, 3, 3)), "JPEG"))

cmyk = encode(inks, "JPEG", quality=90)
case("cmyk-adobe.jpg", cmyk)
case("cmyk-unmarked.jpg", adobe(cmyk, None))
case("cmyk-ycck.jpg", adobe(cmyk, 2))
case("cmyk-progressive-exif-6.jpg", encode(inks, "JPEG", quality=90, progressive=True, exif=orientation(6)))
case("cmyk.tif", encode(inks, "TIFF", compression="tiff_lzw"))

grey16 = (x.astype(np.uint32) * 3000 + y * 400).astype(np.uint16)
rgb16 = (rgb.astype(np.uint32) * 257 - (rgb > 0) * 100).astype(np.uint16)  # low bytes that rounding would carry up
alpha16 = np.asarray(alpha).astype(np.uint16)[..., None] * 257
case("grey.png", encode(scene.convert("L"), "PNG"))
case("grey-16.png", encode(Image.fromarray(grey16), "PNG"))
case("grey-alpha.png", encode(rgba.convert("LA"), "PNG"))
case("grey-one-clear.png", encode(scene.convert("L"), "PNG", transparency=scene.convert("L").getpixel((3, 3))))
case("one-bit.png", encode(scene.convert("1"), "PNG"))
case("palette.png", encode(scene.quantize(32), "PNG"))
case("palette-alpha.png", encode(scene.quantize(16), "PNG", transparency=bytes(range(0, 256, 17))))
case("rgb.png", encode(scene, "PNG"))
case("rgb-one-clear.png", encode(scene, "PNG", transparency=(230, 30, 40)))
case("rgb-16.png", png16(rgb16, 2))
case("rgba.png", encode(rgba, "PNG"))
case("rgba-16.png", png16(np.concatenate([rgb16, alpha16], 2), 6))
case("one-pixel.png", encode(scene.crop((2, 2, 3, 3)), "PNG"))

case("palette.gif", encode(scene.quantize(32), "GIF"))
case("palette-clear.gif", encode(scene.quantize(8), "GIF", transparency=3))
case("two-frames.gif", encode(scene.quantize(16), "GIF", save_all=True, append_images=[ImageOps.invert(scene).quantize(16)]))

case("rgb-24.bmp", encode(scene, "BMP"))
case("rgb-32.bmp", encode(rgba, "BMP"))
case("palette-8.bmp", encode(scene.quantize(32), "BMP"))
case("one-bit.bmp", encode(scene.convert("1"), "BMP"))

case("rgb.tif", encode(scene, "TIFF"))
case("rgb-lzw.tif", encode(scene, "TIFF", compression="tiff_lzw"))
case("grey-16.tif", encode(Image.fromarray(grey16), "TIFF"))
case("exif-6.tif", encode(scene, "TIFF", exif=orientation(6)))

case("extra-band.tif", encode(Image.merge("RGBX", (*scene.split(), alpha)), "TIFF"))
case("extra-band-be.tif", tiff(np.dstack([rgb, rgb[..., :1]]), 2, [0], order=">"))
case("two-extra-bands.tif", tiff(np.dstack([rgb, rgb[..., :2]]), 2, [0, 0]))
case("alpha-and-extra-band.tif", tiff(np.dstack([rgb, np.asarray(alpha), rgb[..., :1]]), 2, [2, 0]))
case("grey-extra-band.tif", tiff(rgb[..., :2], 1, [0]))
case("cmyk-extra-band.tif", tiff(np.dstack([np.asarray(inks), rgb[..., :1]]), 5, [0]))
case("rgb-16-extra-band.tif", tiff(np.dstack([rgb16, rgb16[..., :1]]), 2, [0]))
case("text-without-end.tif", tiff(rgb, 2, None, description=b"no NUL at the end"))

# what libjpeg grumbles about and Pillow reads
plain, restarts = encode(scene, "JPEG", quality=85), encode(scene, "JPEG", quality=85, restart_marker_blocks=1)
case("stray-bytes.jpg", plain[:20] + b"\x11" * 12 + plain[20:])
case("stray-bytes-cmyk.jpg", cmyk[:18] + b"\x11" * 12 + cmyk[18:])  # after Adobe's marker
case("jfif-0.01.jpg", plain[:11] + b"\0" + plain[12:])
scan = plain.index(b"\xff\xda")
case("scan-to-0.jpg", plain[: scan + 12] + b"\0" + plain[scan + 13 :])
case("bytes-before-eoi.jpg", plain[:-2] + b"\x13\x22" * 6 + plain[-2:])
restart = restarts.index(b"\xff\xd0", restarts.index(b"\xff\xda"))
case("lost-restart.jpg", restarts[:restart] + restarts[restart + 2 :])
case("wrong-restart.jpg", restarts[: restart + 1] + b"\xd5" + restarts[restart + 2 :])
case("cut-and-closed.jpg", plain[: len(plain) - 60] + b"\xff\xd9")

# Netpbm; PAM and 16-bit grey have a twin in PPM
bits = (rgb[..., 0] > 99).astype(np.uint8)
text = lambda values: b"\n".join(b" ".join(b"%d" % v for v in row.ravel()) for row in values) + b"\n"
header = lambda magic, maxval=None: b"%s\n# a comment 9 9\n%d %d\n" % (magic, WIDTH, HEIGHT) + (b"" if maxval is None else b"%d\n" % maxval)
words = lambda values: values.astype(">u2").tobytes()
wide = (rgb.astype(int) * 257 - (rgb > 0) * 100)
case("plain.pbm", header(b"P1") + b"\n".join(b"".join(b"%d" % v for v in row) for row in bits))
case("plain.pgm", header(b"P2", 255) + b"# one more\n" + text(rgb[..., 1]))
case("plain-1000.ppm", header(b"P3", 1000) + text(rgb.astype(int) * 3))
case("binary.pbm", header(b"P4") + np.packbits(bits, axis=1).tobytes())
case("binary.pgm", header(b"P5", 255) + rgb[..., 1].tobytes())
case("binary-100.pgm", header(b"P5", 100) + (rgb[..., 1] % 120).tobytes())
case("binary-65535.pgm", header(b"P5", 65535) + words(wide[..., 1]), header(b"P6", 65535) + words(wide[..., [1, 1, 1]]))
case("binary-4095.pgm", header(b"P5", 4095) + words(wide[..., 1] >> 4), header(b"P6", 4095) + words(wide[..., [1, 1, 1]] >> 4))
case("binary.ppm", header(b"P6", 255) + rgb.tobytes())
case("binary-510.ppm", header(b"P6", 510) + words(rgb.astype(int) * 2 - rgb % 2))
case("binary-65535.ppm", header(b"P6", 65535) + words(wide))
case("two-pictures.ppm", (header(b"P6", 255) + rgb.tobytes()) + (header(b"P6", 255) + rgb[::-1].tobytes()))
pam = lambda kind, values: b"P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL 255\nTUPLTYPE %s\nENDHDR\n" % (WIDTH, HEIGHT, values.shape[2], kind) + values.tobytes()
case("colour.pam", pam(b"RGB", rgb), header(b"P6", 255) + rgb.tobytes())
case("alpha.pam", pam(b"RGB_ALPHA", np.asarray(rgba)), encode(rgba, "PNG"))

case("lossless.webp", encode(scene, "WEBP", lossless=True))
case("lossless-alpha.webp", encode(rgba, "WEBP", lossless=True, exact=True))
case("lossy.webp", encode(scene, "WEBP", quality=80))
# whole chroma: how halved chroma is drawn out is each decoder's own in AVIF (mean 10 of 255 apart on this picture)
case("lossy.avif", encode(scene, "AVIF", quality=80, subsampling="4:4:4", max_threads=1))

for name, data, code in [
    ("truncated.jpg", (OUT / "subsampled.jpg").read_bytes()[:-60], "corrupt"),
    ("text.jpg", b"a photo of a cat\n", "bad-input"),
    ("no-end.jpg", plain[:-2], "corrupt"),
    ("cut-stray-bytes.jpg", plain[:20] + b"\x11" * 12 + plain[20:-60], "corrupt"),
    ("cut.ppm", header(b"P6", 255) + rgb.tobytes()[:-1], "corrupt"),
    ("cut-plain.pgm", header(b"P2", 255) + text(rgb[..., 1])[:-9], "corrupt"),
    ("cut-header.pgm", header(b"P5", 255)[:-3], "corrupt"),
    ("cut.tif", (OUT / "rgb.tif").read_bytes()[:-60], "corrupt"),
]:
    (OUT / name).write_bytes(data)
    refused.append({"file": name, "code": code})

with open(OUT / "expected.json", "w") as out:
    json.dump({"pillow": PIL.__version__, "cases": cases, "refused": refused}, out, indent=1)
    out.write("\n")
