// node --conditions=graft-source --import tsx test/bench/bench-worker.ts: one short training (emoji, 75 pixels, mixed0, an empty home
// each time) by messages with a worker in this process, and with one in a child process that is started for it, by turns.
// Both work on the same home folder; the child runs the built packages (npm run build). ROUNDS (5): the middle one is printed.
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { checkInt8, selectBackend } from "@graft/backend-select";
import { type Port, ProtocolWorker, portPair, type Work, WorkerHost } from "@graft/core";
import { childPort, NodeWorkspace } from "@graft/core/node";
import { printFigures } from "./figures.ts";

const rounds = Number(process.env.ROUNDS ?? 5);
const WORK: Work = {
  ...{ kind: "train", dataset: "emoji", datasetName: "emoji" },
  config: { weights: "bundled", backend: "cpu", cut: "mixed0", size: 75, epochs: 20, earlyStop: null },
};

/** In the repository, where it finds the packages as built. */
const PROGRAM = resolve(import.meta.dirname, "../../build/bench-worker-child.mjs");
const CHILD = `
import { checkInt8, selectBackend } from "@graft/backend-select";
import { ProtocolWorker } from "@graft/core";
import { NodeWorkspace, parentPort } from "@graft/core/node";
const [home] = process.argv.slice(2);
const worker = new ProtocolWorker({
  port: parentPort(),
  open: async ({ signal }) => {
    const workspace = new NodeWorkspace({
      ...{ home, env: process.env, signal, checkInt8, versions: {}, onEvent: () => undefined },
      selectBackend: (backend) => selectBackend({ backend, home, env: process.env, signal }),
    });
    return { workspace, [Symbol.asyncDispose]: () => workspace[Symbol.asyncDispose]() };
  },
});
await worker.done;
`;

function workspaceAt(home: string): NodeWorkspace {
  const { signal } = new AbortController();
  return new NodeWorkspace({
    ...{ home, env: process.env, signal, checkInt8, versions: {}, onEvent: () => undefined },
    selectBackend: (backend) =>
      selectBackend({ ...(backend === undefined ? {} : { backend }), home, env: process.env, signal }),
  });
}

const ARMS: Readonly<Record<string, (home: string, workspace: NodeWorkspace) => Port>> = {
  "own process": (_, workspace) => {
    const [port, ofWorker] = portPair();
    void new ProtocolWorker({ port: ofWorker, open: async () => ({ workspace }) });
    return port;
  },
  "child process": (home) => {
    const stdio = ["ignore", "inherit", "inherit", "ipc"] as const;
    return childPort(
      spawn(process.execPath, [PROGRAM, home], {
        cwd: import.meta.dirname,
        serialization: "advanced",
        stdio: [...stdio],
      }),
    );
  },
};

async function secondsOf(open: (home: string, workspace: NodeWorkspace) => Port): Promise<number> {
  const home = await mkdtemp(join(tmpdir(), "graft-bench-"));
  try {
    await using workspace = workspaceAt(home);
    const startedAt = performance.now();
    await using host = new WorkerHost({ port: open(home, workspace), workspace });
    const events = host.work(WORK);
    let next = await events.next();
    while (!next.done) next = await events.next();
    if (next.value.status !== "completed")
      throw new Error(`the training has ${next.value.status}: ${next.value.error?.message}`);
    return (performance.now() - startedAt) / 1000;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

await mkdir(dirname(PROGRAM), { recursive: true });
await writeFile(PROGRAM, CHILD);
const seconds = Object.keys(ARMS).map((arm) => ({ arm, all: [] as number[] }));
for (let round = 0; round <= rounds; round++)
  for (const { arm, all } of seconds) {
    const open = ARMS[arm];
    // the first warms this process up
    if (open) all.push(await secondsOf(open));
  }
const middle = (values: readonly number[]): number =>
  values.slice(1).toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
const [own, child] = seconds.map(({ all }) => middle(all));
printFigures("worker", {
  ownSeconds: Number(own?.toFixed(2)),
  childSeconds: Number(child?.toFixed(2)),
  childOverOwn: Number(((child ?? Number.NaN) / (own ?? Number.NaN)).toFixed(3)),
});
