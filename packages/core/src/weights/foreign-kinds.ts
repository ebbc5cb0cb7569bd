import { CoreError, type ErrorCode } from "../errors.ts";

/** What people give for weights, and what to do with it instead. */
export interface ForeignKind {
  /** Ends the sentence "w.tflite is …". */
  readonly is: string;
  readonly fix: string;
  readonly code: ErrorCode;
}

/** What `--weights` takes. */
export const WEIGHTS_FILES =
  "a .h5, .h5.gz, .keras or tfjs model.json file of Keras's InceptionV3, or a model folder of graft";

const FROM_KERAS =
  "Save the network from Keras with model.save('model.keras'), or use `weights: imagenet` or bundled.";
const KERAS_NUMBERS = "graft reads only Keras's InceptionV3: use `weights: imagenet` or bundled.";
const FETCH_AGAIN = "Fetch or copy the file again.";
const UNPACK = "Unpack it and give the file in it.";

const unsupported = (is: string, fix: string): ForeignKind => ({ is, fix, code: "unsupported" });
const corrupt = (is: string, fix: string): ForeignKind => ({ is, fix, code: "corrupt" });

/** All that is known of it, by a short name. */
export const FOREIGN_KINDS = {
  empty: corrupt("an empty file", FETCH_AGAIN),
  zeros: corrupt("a file of zeros: its download broke off early", FETCH_AGAIN),
  page: corrupt(
    "a web page, not weights",
    "Something on the way (a login page, a proxy) answered instead of the server; fetch the file again.",
  ),
  answer: corrupt(
    "a server's error message, not weights",
    "Open it in an editor to see what it says, and fetch the file again.",
  ),
  lfs: corrupt(
    "a Git LFS pointer: it stands for the weights, which are elsewhere",
    "Fetch them: git lfs pull, or download the file itself from the repository's page.",
  ),
  safetensors: unsupported("a safetensors file", KERAS_NUMBERS),
  gguf: unsupported("a GGUF file, of a language model", KERAS_NUMBERS),
  tflite: unsupported("a TensorFlow Lite model, whose weights are compiled into it", FROM_KERAS),
  onnx: unsupported(
    "an ONNX model, whose batch norms may be folded into its convolutions",
    "Give the network that it was made from, as Keras saved it; if graft exported it, give the model folder.",
  ),
  pytorch: unsupported("a PyTorch file", KERAS_NUMBERS),
  pickle: unsupported("a Python pickle, which runs code when it is read", FROM_KERAS),
  coreml: unsupported("a Core ML model", FROM_KERAS),
  openvino: unsupported("an OpenVINO model", FROM_KERAS),
  caffe: unsupported("a Caffe model", KERAS_NUMBERS),
  darknet: unsupported("a Darknet weights file", KERAS_NUMBERS),
  mxnet: unsupported("an MXNet parameter file", KERAS_NUMBERS),
  paddle: unsupported("a PaddlePaddle parameter file", KERAS_NUMBERS),
  flax: unsupported("a Flax or JAX checkpoint", KERAS_NUMBERS),
  matlab: unsupported("a MATLAB file", KERAS_NUMBERS),
  frozenGraph: unsupported("a TensorFlow graph", FROM_KERAS),
  savedModel: unsupported(
    "a TensorFlow SavedModel",
    "Load it in Keras, tf.keras.models.load_model(folder), and save it: model.save('model.keras').",
  ),
  checkpoint: unsupported(
    "a TensorFlow checkpoint",
    "Load it in Keras, model.load_weights(name), and save it: model.save_weights('model.weights.h5').",
  ),
  graphModel: unsupported(
    "a tfjs graph model, whose batch norms are folded into its convolutions",
    "Convert the Keras model to a layers model: tensorflowjs_converter --input_format keras, without --output_format tfjs_graph_model.",
  ),
  shardIndex: unsupported(
    "an index of shards: the weights are in several files beside it",
    "Load them in Keras, model.load_weights(name), and save them as one: model.save_weights('model.weights.h5').",
  ),
  architecture: unsupported(
    "a network's architecture without its weights",
    "Give the weights saved beside it: model.save_weights('model.weights.h5').",
  ),
  npz: unsupported("a NumPy archive", FROM_KERAS),
  npy: unsupported(
    "a NumPy array",
    "It may hold features that graft wrote: those are not weights. Give the network's file.",
  ),
  weightsBin: unsupported(
    "the numbers of a tfjs model, without their names",
    "Give the model.json beside it.",
  ),
  image: {
    is: "an image: a picture to train on or predict, not weights",
    fix: "Give images as the data set.",
    code: "bad-input",
  },
  pdf: { is: "a PDF document, not weights", fix: `Give ${WEIGHTS_FILES}.`, code: "bad-input" },
  text: {
    is: "a text file, not weights",
    fix: "Open it in an editor: it may say what went wrong.",
    code: "bad-input",
  },
  tar: unsupported("a tar archive", UNPACK),
  packed: unsupported("a packed file of a kind that graft cannot unpack", UNPACK),
  zip: unsupported("a zip archive", UNPACK),
  images: {
    is: "an archive of images: pictures to train on, not weights",
    fix: "Give it as the data set.",
    code: "bad-input",
  },
} satisfies Readonly<Record<string, ForeignKind>>;

/** @param origin the file, as it is to be named. */
export function foreignError(origin: string, { is, fix, code }: ForeignKind): CoreError {
  return new CoreError(
    code,
    { what: `${origin} is ${is}.`, expected: WEIGHTS_FILES, fix },
    { facts: { origin } },
  );
}
