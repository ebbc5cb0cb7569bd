/** Tells what people give for weights and graft does not read. */
import { CoreError } from "../errors.ts";
import { imageFormat } from "../image/sniff.ts";
import { FOREIGN_KINDS, type ForeignKind } from "./foreign-kinds.ts";

const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to));

const begins = (bytes: Uint8Array, ...signature: readonly number[]): boolean =>
  signature.every((byte, i) => bytes[i] === byte);

/** HDF5's signature stands at 0, 512, 1024, 2048 … (File Format Specification 4.0, II.A). */
export function isHdf5(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at = at === 0 ? 512 : at * 2)
    if (begins(bytes.subarray(at, at + 8), 0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a)) return true;
  return false;
}

function isSafetensors(bytes: Uint8Array): boolean {
  if (bytes.length < 10) return false;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  return length >= 2n && length < 100_000_000n && bytes[8] === 0x7b;
}

/** A protobuf whose first field is a small whole number: ONNX's version, or a SavedModel's. */
function protobufKind(bytes: Uint8Array): ForeignKind | undefined {
  const [tag, version = 0, next, length = 0] = bytes;
  if (tag !== 8 || version === 0 || version > 32) return undefined;
  // the second field of ONNX is its maker's name, that of a SavedModel a graph with all it has
  if (next === 0x12 && /^[\w .:-]+$/.test(ascii(bytes, 4, 4 + Math.max(1, length))))
    return FOREIGN_KINDS.onnx;
  if (next === 0x3a || next === 0x42) return FOREIGN_KINDS.onnx;
  return next === 0x12 ? FOREIGN_KINDS.savedModel : undefined;
}

function byMarkup(bytes: Uint8Array): ForeignKind | undefined {
  const text = ascii(bytes, 0, 2048)
    .replace(/^(ï»¿)?\s*/, "")
    .toLowerCase();
  if (!text.startsWith("<")) return undefined;
  if (/<(!doctype html|html|head|body|title)/.test(text)) return FOREIGN_KINDS.page;
  if (/^(<\?xml[^>]*>\s*)?<error/.test(text)) return FOREIGN_KINDS.answer;
  if (/^(<\?xml[^>]*>\s*)?<net /.test(text)) return FOREIGN_KINDS.openvino;
  return FOREIGN_KINDS.page;
}

function isImage(bytes: Uint8Array): boolean {
  try {
    return imageFormat(bytes) !== undefined;
  } catch (error) {
    return error instanceof CoreError && error.facts.format !== undefined;
  }
}

const isText = (bytes: Uint8Array): boolean =>
  bytes.subarray(0, 4096).every((byte) => byte >= 0x20 || byte === 9 || byte === 10 || byte === 13);

/** What a name says of a file whose bytes say nothing. */
const BY_NAME: readonly (readonly [RegExp, ForeignKind])[] = [
  [/\.onnx$/i, FOREIGN_KINDS.onnx],
  [/\.(pth?|bin\.index|ckpt\.pt)$/i, FOREIGN_KINDS.pytorch],
  [/\.(pkl|pickle|joblib)$/i, FOREIGN_KINDS.pickle],
  [/(^|[\\/])saved_model\.pb$/i, FOREIGN_KINDS.savedModel],
  [/\.(pb|pbtxt|graphdef)$/i, FOREIGN_KINDS.frozenGraph],
  [/(\.index|\.data-\d+-of-\d+|\.meta|(^|[\\/])checkpoint)$/i, FOREIGN_KINDS.checkpoint],
  [/\.(mlmodel|mlpackage)$/i, FOREIGN_KINDS.coreml],
  [/\.(caffemodel|prototxt)$/i, FOREIGN_KINDS.caffe],
  [/\.weights$/i, FOREIGN_KINDS.darknet],
  [/\.params$/i, FOREIGN_KINDS.mxnet],
  [/\.pd(params|model|iparams)$/i, FOREIGN_KINDS.paddle],
  [/\.(msgpack|orbax)$/i, FOREIGN_KINDS.flax],
  [/(shard\d+of\d+|(^|[\\/])weights)(\.bin)?$/i, FOREIGN_KINDS.weightsBin],
];

function byBytes(bytes: Uint8Array): ForeignKind | undefined {
  if (bytes.length === 0) return FOREIGN_KINDS.empty;
  if (bytes.subarray(0, 4096).every((byte) => byte === 0)) return FOREIGN_KINDS.zeros;
  const start = ascii(bytes, 0, 64);
  if (start.startsWith("version https://git-lfs")) return FOREIGN_KINDS.lfs;
  if (isSafetensors(bytes)) return FOREIGN_KINDS.safetensors;
  if (start.startsWith("GGUF")) return FOREIGN_KINDS.gguf;
  if (start.slice(4, 8) === "TFL3") return FOREIGN_KINDS.tflite;
  if (start.startsWith("\x93NUMPY")) return FOREIGN_KINDS.npy;
  if (start.startsWith("%PDF")) return FOREIGN_KINDS.pdf;
  if (start.startsWith("MATLAB ")) return FOREIGN_KINDS.matlab;
  // protocol 2 and the number that PyTorch's own files began with before they were zips
  if (begins(bytes, 0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46)) return FOREIGN_KINDS.pytorch;
  if (bytes[0] === 0x80 && (bytes[1] ?? 9) <= 5) return FOREIGN_KINDS.pickle;
  if (start.startsWith("7z\xbc\xaf") || start.startsWith("Rar!") || start.startsWith("\xfd7zXZ"))
    return FOREIGN_KINDS.packed;
  if (start.startsWith("BZh") || begins(bytes, 0x28, 0xb5, 0x2f, 0xfd)) return FOREIGN_KINDS.packed;
  if (ascii(bytes, 257, 262) === "ustar") return FOREIGN_KINDS.tar;
  return isImage(bytes) ? FOREIGN_KINDS.image : (byMarkup(bytes) ?? protobufKind(bytes));
}

/**
 * What a file is that is given for weights and is none that graft reads; undefined for one that may be. Formats are told by
 * their first bytes; where those say nothing, by the name.
 */
export function foreignKind(bytes: Uint8Array, name: string): ForeignKind | undefined {
  if (isHdf5(bytes)) return undefined;
  const named = BY_NAME.find(([ending]) => ending.test(name))?.[1];
  return byBytes(bytes) ?? named ?? (isText(bytes) ? FOREIGN_KINDS.text : undefined);
}

/** What a zip archive is that has no weights of Keras, by the names of its entries. */
export function foreignArchive(names: readonly string[]): ForeignKind {
  const files = names.filter((name) => !name.endsWith("/"));
  const has = (pattern: RegExp): boolean => files.some((name) => pattern.test(name));
  if (has(/(^|\/)data\.pkl$/)) return FOREIGN_KINDS.pytorch;
  if (has(/(^|\/)saved_model\.pb$/)) return FOREIGN_KINDS.savedModel;
  if (has(/\.weights\.(npz|json)$/)) return FOREIGN_KINDS.shardIndex;
  if (files.length > 0 && files.every((name) => name.endsWith(".npy"))) return FOREIGN_KINDS.npz;
  const inside = files.find((name) => /\.(h5|hdf5|keras)$|(^|\/)model\.json$/.test(name));
  if (inside !== undefined) return { ...FOREIGN_KINDS.zip, fix: `Unpack it and give ${inside}.` };
  return has(/\.(jpe?g|png|webp|gif|bmp|tiff?)$/i) ? FOREIGN_KINDS.images : FOREIGN_KINDS.zip;
}

/** What a tfjs or Keras JSON file is that holds no weights itself; undefined for what may be a tfjs layers model. */
export function foreignJson(json: unknown): ForeignKind | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  if ("weight_map" in json) return FOREIGN_KINDS.shardIndex;
  if ("weightsManifest" in json) {
    const topology = "modelTopology" in json ? json.modelTopology : undefined;
    const isGraph = typeof topology === "object" && topology !== null && "node" in topology;
    return isGraph || ("format" in json && json.format === "graph-model")
      ? FOREIGN_KINDS.graphModel
      : undefined;
  }
  return "class_name" in json && "config" in json ? FOREIGN_KINDS.architecture : undefined;
}
