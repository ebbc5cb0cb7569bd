// Before the suites: installs what they run on, where it is not there yet.
import { installEngine } from "@graft/backend-select";
import { isRequired } from "../backends.ts";
import { TENSORFLOW_CUDA, TENSORFLOW_HOME } from "./candidates.ts";

const install = (name: "tensorflow" | "tensorflow-cuda"): Promise<void> =>
  installEngine(name, { home: TENSORFLOW_HOME, env: process.env, onLine: (text) => console.log(text) });

/** CUDA's libraries are 5 GB: brought only when REQUIRE_BACKENDS asks for the engine. */
export default async function setup(): Promise<void> {
  await install("tensorflow");
  if (isRequired(TENSORFLOW_CUDA)) await install("tensorflow-cuda");
}
