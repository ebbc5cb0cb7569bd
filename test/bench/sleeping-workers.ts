// sleeping-workers.ts OPTIONS, started by bench-shards.ts: workers of other machines in one process, whose pass of the trunk is a
// sleep and whose pictures need no decoding: what is left is what the server costs.
import { setTimeout as sleep } from "node:timers/promises";
import { crc32 } from "node:zlib";
import {
  type Backend,
  DECODER_VERSION,
  type Graph,
  type HostTensor,
  type ImagePool,
  PROTOCOL_VERSION,
  ProtocolWorker,
  remoteWorkspace,
} from "@graft/core";
import { createReferenceBackend } from "@graft/core/testing";
import { WebSocket } from "ws";
import * as z from "zod";
import { CLIENT_SOCKET_OPTIONS, SocketLink } from "../../apps/server/src/workers/remote/socket-link.ts";
import { WORKERS_PATH } from "../../apps/server/src/workers/remote/work-for-server.ts";

const { url, token, first, count, ms } = z
  .object({ url: z.string(), token: z.string(), first: z.int(), count: z.int(), ms: z.number() })
  .parse(JSON.parse(process.argv[2] ?? "{}"));

const ID = "sleep:cpu";
const notHere = (): Promise<never> => Promise.reject(new Error("no picture is looked at"));

/** @param ms of one picture in the trunk. */
function sleepingBackend(): Backend {
  const reference = createReferenceBackend({ statePrecision: "float32" });
  const trunk = (graph: Graph) => ({
    async run(inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
      const batch = inputs.images?.shape[0] ?? 0;
      await sleep(batch * ms);
      const outputs = Object.entries(graph.outputs).map(([name, id]) => {
        const shape = (graph.nodes[id]?.shape ?? []).map((side) => (side === "batch" ? batch : side));
        const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
        return [name, { shape, data }] as const;
      });
      return Object.fromEntries(outputs);
    },
    dispose: () => undefined,
  });
  const isTrunk = ({ nodes }: Graph): boolean =>
    nodes.some((node) => node.kind === "input" && node.name === "images");
  return {
    ...{ id: ID, kind: "cpu", device: { name: "sleep", engine: "sleep", engineVersion: "1" } },
    limits: { ...reference.limits, preferredBatch: 8 },
    compile: async (graph) => (isTrunk(graph) ? trunk(graph) : reference.compile(graph)),
    createState: (graph) => reference.createState(graph),
    dispose: () => reference.dispose(),
    [Symbol.asyncDispose]: () => reference.dispose(),
  };
}

function blankPool(): ImagePool {
  const blank = new Map<number, Uint8Array>();
  return {
    ...{ decoder: DECODER_VERSION, threads: 4, pending: 0, start: () => undefined },
    ...{ inspect: notHere, inspectWithThumbnail: notHere, close: async () => undefined },
    async prepare(_image, { size }, _augmentation, variants) {
      const pixels = blank.get(size) ?? new Uint8Array(size * size * 3);
      blank.set(size, pixels);
      return variants.map(() => pixels);
    },
  };
}

async function work(at: number): Promise<void> {
  const address = url.replace("http", "ws") + WORKERS_PATH;
  const socket = new WebSocket(address, {
    ...CLIENT_SOCKET_OPTIONS,
    headers: { authorization: `Bearer ${token}` },
  });
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  const link = new SocketLink(socket);
  link.say({
    ...{ type: "sign-in", version: "test", protocol: PROTOCOL_VERSION, name: `sleeper ${at}`, threads: 1 },
    ...{ backends: [ID], names: [ID, "cpu"], platform: "", proofs: { [ID]: "0".repeat(64) } },
  });
  const [pool, backend] = [blankPool(), sleepingBackend()];
  const worker = new ProtocolWorker({
    port: link.port,
    open: async ({ call, signal }) => ({
      workspace: remoteWorkspace({
        ...{ call, signal, pool, crc32, versions: {}, shortName: (name) => name },
        ...{ checkInt8: notHere, onEvent: () => undefined },
        selectBackend: async () => ({ backend, refusals: [] }),
        machine: async () => ({ runtime: "", platform: "", processor: "", threads: 1 }),
      }),
    }),
  });
  await worker.done;
}

await Promise.all(Array.from({ length: count }, (_, at) => work(first + at)));
