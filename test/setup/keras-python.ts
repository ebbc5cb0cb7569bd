import { installPython, type PythonEnvironment, pythonOf } from "./python-environment.ts";

/** What test/export/open_exports.py and a written predict.py import; 300 MB to fetch. */
const KERAS: PythonEnvironment = {
  name: "keras",
  packages: ["tensorflow-cpu==2.21.0", "keras==3.15.1", "onnx", "onnxruntime", "pillow"],
  // Keras 2 under its own name. It asks for the package tensorflow, which tensorflow-cpu stands for.
  withoutDependencies: ["tf_keras==2.21.0"],
  variable: "GRAFT_TEST_KERAS",
  room: "1.6 GB",
};

/** A Python with Keras 3, Keras 2, ONNX Runtime and Pillow: KERAS_PYTHON, else what `installKeras` made; else undefined. */
export function kerasPython(): string | undefined {
  return process.env.KERAS_PYTHON || pythonOf(KERAS);
}

/** Why a test that needs it is skipped. */
export const NO_KERAS =
  "no Python with Keras: set KERAS_PYTHON, or GRAFT_TEST_KERAS=1 for npm run setup:tests to install it";

/** @returns what came of it, for people; never an error: the tests are then skipped by name. */
export async function installKeras(): Promise<string> {
  const given = process.env.KERAS_PYTHON;
  return given ? `there (${given})` : installPython(KERAS);
}
