import { Option } from "commander";

/** `--backend`, for commands that take it without the other options of a training. */
export function backendOption(): Option {
  return new Option(
    "--backend <name>",
    "cpu, webgpu, cuda, wasm, or an id such as onnx:cpu (default: the fastest usable)",
  );
}
