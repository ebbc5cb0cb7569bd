import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { CoreError } from "@graft/core";
import { ENGINE_RECIPES, type EngineName } from "./engine-folder-node.ts";

/** What cannot be changed about a machine. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** The version of glibc that Node runs on, e.g. "2.36"; undefined with another C library. */
  readonly glibc: string | undefined;
  /** False when the processor is known to lack AVX, without which TensorFlow's wheels stop with SIGILL. */
  readonly avx: boolean;
}

const GLIBC_MINOR = 27; // the wheels are manylinux_2_27
const PROBE_TIMEOUT_MS = 20_000;

function glibcVersion(): string | undefined {
  const report: unknown = process.report?.getReport();
  const header = typeof report === "object" && report !== null && "header" in report ? report.header : null;
  const version: unknown =
    typeof header === "object" && header !== null ? Reflect.get(header, "glibcVersionRuntime") : undefined;
  return typeof version === "string" ? version : undefined;
}

function hasAvx(): boolean {
  try {
    const flags = /^flags\s*:.*$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[0];
    return flags === undefined || /\bavx\b/.test(flags);
  } catch {
    return true; // unknown: the engine's own trial decides
  }
}

function thisMachine(): Machine {
  return { platform: process.platform, arch: process.arch, glibc: glibcVersion(), avx: hasAvx() };
}

function machineProblem({ platform, arch, glibc, avx }: Machine): string | undefined {
  if (platform !== "linux" || arch !== "x64") {
    return `it is built for Linux on x64 only, and this is ${platform} on ${arch}`;
  }
  const [major = 0, minor = 0] = (glibc ?? "").split(".").map(Number);
  if (glibc === undefined || major < 2 || (major === 2 && minor < GLIBC_MINOR)) {
    return `TensorFlow's wheels need glibc 2.${GLIBC_MINOR} or newer, and this is ${glibc === undefined ? "another C library (musl?)" : `glibc ${glibc}`}`;
  }
  return avx ? undefined : "TensorFlow's wheels need a processor with AVX, and this one has none";
}

/** A command that has to answer, and what to do when it does not. */
interface Tool {
  readonly command: string;
  readonly words: readonly string[];
  readonly problem: string;
}

const tools = (env: NodeJS.ProcessEnv): readonly Tool[] => [
  {
    command: "python3",
    words: ["-m", "pip", "--version"],
    problem:
      "python3 with pip is needed to fetch TensorFlow's wheel (Debian, Ubuntu: apt install python3-pip)",
  },
  {
    command: "npm",
    words: ["--version"],
    problem: "npm is needed to fetch TensorFlow.js's addon (it comes with Node)",
  },
  {
    command: env.CXX ?? "g++",
    words: ["--version"],
    problem: "a C++ compiler, g++, is needed to build the addon (Debian, Ubuntu: apt install g++)",
  },
  {
    command: "make",
    words: ["--version"],
    problem: "make is needed to build the addon (Debian, Ubuntu: apt install make)",
  },
];

function toolProblem({ command, words, problem }: Tool, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return new Promise((settle) => {
    execFile(command, words, { env, timeout: PROBE_TIMEOUT_MS }, (error) =>
      settle(error ? problem : undefined),
    );
  });
}

/** Free bytes of the file system that `folder`, or the nearest folder above it that exists, is on. */
async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    if (dirname(folder) === folder) throw error;
    return freeBytes(dirname(folder));
  }
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

export interface PreconditionOptions {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  readonly machine?: Machine;
  /** @default the recipe's */
  readonly diskBytes?: number;
}

/**
 * Looks for all that an installation needs before it starts.
 * @throws CoreError `unsupported` (`disk-full` when that is all) that names everything that is missing.
 */
export async function checkPreconditions(name: EngineName, options: PreconditionOptions): Promise<void> {
  const { home, env, machine = thisMachine(), diskBytes = ENGINE_RECIPES[name].diskBytes } = options;
  const impossible = machineProblem(machine);
  const missing =
    impossible === undefined
      ? await Promise.all(tools(env).map((tool) => toolProblem(tool, env)))
      : [impossible];
  // make and the rules that gyp writes for it take a blank in a path as its end
  if (/\s/.test(home)) missing.push(`the addon cannot be built under a path with a space in it: ${home}`);
  const problems = missing.filter((problem) => problem !== undefined);
  const free = await freeBytes(home);
  const full = free < diskBytes;
  if (full)
    problems.push(
      `${gigabytes(diskBytes)} of disk space is needed at ${home}, and ${gigabytes(free)} is free`,
    );
  if (problems.length === 0) return;
  throw new CoreError(
    full && problems.length === 1 ? "disk-full" : "unsupported",
    {
      what: `The engine ${name} cannot be installed here.`,
      received: problems.join("; "),
      fix: "The other engines need no installation: `graft engines list`.",
    },
    { facts: { problems } },
  );
}
