import { Option } from "commander";

/** What is said of it where a server does the command. */
export const SERVER_CHOOSES = "a server chooses what it computes on. Leave it out, or add --local.";

/** `--backend`, for commands that take it without the other options of a training. */
export function backendOption(): Option {
  return new Option(
    "--backend <name>",
    "cpu, webgpu, cuda, wasm, or an id such as onnx:cpu (default: the fastest usable)",
  );
}
