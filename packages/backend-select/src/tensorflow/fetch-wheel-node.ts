import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { CoreError } from "@graft/core";
import { ENGINE_RECIPES, type EngineName, TENSORFLOW_VERSION } from "./engine-folder-node.ts";
import { type CommandOptions, runCommand } from "./run-command-node.ts";

export type StepContext = Pick<CommandOptions, "env" | "onLine" | "signal">;

/**
 * The wheel's Python part is never used, so the wheel of one Python serves whatever Python runs pip. Without this, pip
 * would refuse a Python that is older or newer than TensorFlow's.
 */
const ANY_PYTHON = [
  ...["--python-version", "3.12", "--implementation", "cp", "--abi", "cp312"],
  ...["--platform", "manylinux_2_27_x86_64"],
];

/** Unpacks what matches any of the patterns; Python's zipfile drops the mark that a file may be run. */
const UNPACK = `
import fnmatch, os, sys, zipfile
wheel, target, *patterns = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for info in archive.infolist():
        if info.is_dir() or not any(fnmatch.fnmatch(info.filename, p) for p in patterns): continue
        path = archive.extract(info, target)
        if info.external_attr >> 16 & 0o100: os.chmod(path, 0o755)
`;

/** libtensorflow and the few headers that the addon includes: 855 MB of the 1.3 GB that the whole wheel unpacks to. */
const TENSORFLOW_PARTS = [
  "tensorflow/libtensorflow_cc.so.2",
  "tensorflow/libtensorflow_framework.so.2",
  "tensorflow/include/tensorflow/c/*",
  "tensorflow/include/tensorflow/core/platform/ctstring*",
  "tensorflow/include/tsl/platform/ctstring*",
  "tensorflow/include/xla/tsl/c/*",
  "*.dist-info/METADATA",
];

/** NVIDIA's wheels: the shared libraries, not the headers and static ones. */
const CUDA_PARTS = ["nvidia/*/lib/*.so*", "nvidia/*/bin/*", "nvidia/*/nvvm/*"];

/** Downloads wheels into `work`/wheels, unpacks the parts into `target` and deletes the wheels. */
async function fetchParts(
  work: string,
  {
    wheels,
    platform,
    parts,
  }: { wheels: readonly string[]; platform: readonly string[]; parts: readonly string[] },
  context: StepContext,
): Promise<void> {
  const folder = join(work, "wheels");
  const python = (words: readonly string[], what: string, fix: string) =>
    runCommand("python3", words, { ...context, cwd: work, what, fix });
  const flags = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--progress-bar=off", "-d", folder];
  await python(
    ["-m", "pip", "--disable-pip-version-check", "download", ...flags, ...platform, ...wheels],
    `pip could not fetch ${wheels.join(", ")}.`,
    "If pip is old, update it: python3 -m pip install --upgrade pip.",
  );
  for (const file of (await readdir(folder)).sort()) {
    await python(
      ["-c", UNPACK, join(folder, file), join(work, "unpacked"), ...parts],
      `${file} could not be unpacked.`,
      "Try again; the download may be damaged.",
    );
    await rm(join(folder, file));
  }
}

/** The wheels that a TensorFlow wheel's METADATA names for its extra `and-cuda`, as pip takes them. */
export function cudaRequirements(metadata: string): readonly string[] {
  const lines = metadata.matchAll(
    /^Requires-Dist:\s*(nvidia-[^;]+?)\s*;\s*extra\s*==\s*["']and-cuda["']\s*$/gm,
  );
  return [...lines].map(([, requirement]) => requirement ?? "");
}

async function readMetadata(unpacked: string): Promise<string> {
  const entry = (await readdir(unpacked)).find((file) => /^tensorflow.*\.dist-info$/.test(file));
  return entry === undefined ? "" : readFile(join(unpacked, entry, "METADATA"), "utf8");
}

/**
 * Brings TensorFlow, and for CUDA NVIDIA's libraries, out of their wheels.
 * @returns the folder with `tensorflow/` and, for CUDA, `nvidia/`.
 */
export async function fetchTensorflow(work: string, name: EngineName, context: StepContext): Promise<string> {
  const { wheel, bringsCuda } = ENGINE_RECIPES[name];
  const unpacked = join(work, "unpacked");
  const wheels = [`${wheel}==${TENSORFLOW_VERSION}`];
  await fetchParts(work, { wheels, platform: ANY_PYTHON, parts: TENSORFLOW_PARTS }, context);
  if (!bringsCuda) return unpacked;
  const requirements = cudaRequirements(await readMetadata(unpacked));
  if (requirements.length === 0) {
    throw new CoreError("backend", {
      what: `${wheels[0]} names no CUDA libraries.`,
      expected: "requirements of its extra and-cuda",
      fix: "This is a defect in graft: report it.",
    });
  }
  await fetchParts(work, { wheels: requirements, platform: [], parts: CUDA_PARTS }, context);
  return unpacked;
}
