import { expect, test } from "vitest";
import { foreignError } from "./foreign-kinds.ts";
import { foreignArchive, foreignJson, foreignKind, isHdf5 } from "./foreign-weights.ts";

const ascii = (text: string, length = text.length): Uint8Array => {
  const bytes = new Uint8Array(length);
  bytes.set(Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
  return bytes;
};

/** The sentence that an error begins with. */
const sentence = (bytes: Uint8Array, name = "w.h5"): string | undefined => foreignKind(bytes, name)?.is;

const LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:abab\nsize 12345\n";

test.each([
  ["", /an empty file/],
  ["\0".repeat(9000), /a file of zeros/],
  [LFS, /a Git LFS pointer/],
  ["\x02\0\0\0\0\0\0\0{}\0\0", /a safetensors file/],
  ["\x1c\0\0\0TFL3\0\0\0\0", /a TensorFlow Lite model/],
  ["\x08\x08\x12\x07pytorch\x1a\x05", /an ONNX model/],
  ["\x08\x0a:\x20\x0a", /an ONNX model/],
  ["\x08\x01\x12\xe0\xb1\x12\x0a\xa0", /a TensorFlow SavedModel/],
  ["\x80\x04\x95\x10\0", /a Python pickle/],
  ["\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9", /a PyTorch file/],
  ["\x93NUMPY\x01\0", /a NumPy array/],
  ["GGUF\x03\0\0\0", /a GGUF file/],
  ["  <!DOCTYPE html><html>", /a web page, not weights/],
  ["ï»¿<html>", /a web page, not weights/],
  ['<?xml version="1.0"?><Error><Code>AccessDenied</Code>', /a server's error message/],
  ['<?xml version="1.0"?>\n<net name="a">', /an OpenVINO model/],
  ["\xff\xd8\xff\xe0\0\x10JFIF", /an image/],
  ["\x89PNG\r\n\x1a\n\0\0\0\rIHDR", /an image/],
  ["<svg xmlns='http://www.w3.org/2000/svg'>", /an image/],
  ["7z\xbc\xaf\x27\x1c", /a packed file/],
  ["%PDF-1.7", /a PDF document/],
  ["MATLAB 5.0 MAT-file", /a MATLAB file/],
  ["404: Not Found\n", /a text file/],
])("the bytes %j are told", (text, kind) => {
  expect(sentence(ascii(text))).toMatch(kind);
});

test.each([
  ["w.pth", /PyTorch/],
  ["w.onnx", /ONNX/],
  ["frozen.pb", /a TensorFlow graph/],
  ["saved_model.pb", /SavedModel/],
  ["model.ckpt.data-00000-of-00001", /a TensorFlow checkpoint/],
  ["yolo.weights", /Darknet/],
  ["net.caffemodel", /Caffe/],
  ["m/weights.bin", /numbers of a tfjs model/],
  ["m/group1-shard1of9.bin", /numbers of a tfjs model/],
])("where they say nothing, the name %s is", (name, kind) => {
  expect(sentence(Uint8Array.of(0xc1, 0xff, 3, 4, 5), name)).toMatch(kind);
  expect(sentence(Uint8Array.of(0xc1, 0xff, 3, 4, 5))).toBeUndefined();
});

test("a tar archive is told by its header", () => {
  const bytes = new Uint8Array(512).fill(0x61);
  bytes.set(ascii("ustar"), 257);
  expect(sentence(bytes)).toMatch(/a tar archive/);
});

test("an HDF5 file is none of them, whatever it is called and whatever block stands before", () => {
  const signature = ascii("\x89HDF\r\n\x1a\n");
  expect(foreignKind(signature, "w.onnx")).toBeUndefined();
  const later = new Uint8Array(2056);
  later.set(signature, 2048);
  expect(isHdf5(later)).toBe(true);
  expect(isHdf5(ascii("HDF", 4096))).toBe(false);
});

test.each([
  [["archive/data.pkl", "archive/data/0"], /PyTorch/],
  [["m/saved_model.pb", "m/variables/"], /SavedModel/],
  [["a.npy", "b.npy"], /a NumPy archive/],
  [["config.json", "model.weights.json", "model_00000.weights.h5"], /an index of shards/],
  [["photos/cats/1.JPG", "photos/dogs/1.JPG"], /an archive of images/],
  [["readme.txt"], /a zip archive/],
])("an archive of %j is told", (names, kind) => {
  expect(foreignArchive(names).is).toMatch(kind);
});

test("a packed weights file is asked for by its name", () => {
  expect(foreignError("a.zip", foreignArchive(["x/", "x/inception.h5"])).message).toMatch(
    /^a\.zip is a zip archive\. .*Unpack it and give x\/inception\.h5\.$/,
  );
});

test.each([
  [{ format: "graph-model", modelTopology: { node: [] }, weightsManifest: [] }, /a tfjs graph model/],
  [{ metadata: {}, weight_map: {} }, /an index of shards/],
  [{ class_name: "Functional", config: {}, keras_version: "3.15.1" }, /architecture without its weights/],
  [{ format: "layers-model", modelTopology: { model_config: {} }, weightsManifest: [] }, undefined],
  [{ any: "thing" }, undefined],
])("a JSON file like %j is told", (json, kind) => {
  if (kind) expect(foreignJson(json)?.is).toMatch(kind);
  else expect(foreignJson(json)).toBeUndefined();
});

test("every sentence names the file, says what is read and what to do", () => {
  const error = foreignError("w.tflite", foreignKind(ascii("\x1c\0\0\0TFL3\0\0"), "w.tflite") ?? never());
  expect(error.message).toMatch(/^w\.tflite is a TensorFlow Lite model.*Expected: .*\.keras.*model\.save/);
  expect(error.code).toBe("unsupported");
});

function never(): never {
  throw new Error("not told");
}
