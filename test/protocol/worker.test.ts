import {
  messagePort,
  PROTOCOL_VERSION,
  ProtocolWorker,
  portPair,
  remoteWorkspace,
  WorkerHost,
  type Workspace,
} from "@graft/core";
import { describe, expect, it } from "vitest";
import { followed, hostOfMemory, TRAIN } from "./made-up-worker.ts";

/** Options that no training takes: a job that is over at once. */
const OVER_AT_ONCE = { ...TRAIN, config: { size: 3 } };

/** A host and a worker with a workspace that takes a moment to be closed, as one with an engine does. */
function withClosing(close: () => Promise<void>): {
  readonly host: WorkerHost;
  readonly worker: ProtocolWorker;
} {
  const [port, ofWorker] = portPair();
  const worker = new ProtocolWorker({
    port: ofWorker,
    open: async ({ signal }) => ({ workspace: hostOfMemory(signal), [Symbol.asyncDispose]: close }),
  });
  return { host: new WorkerHost({ port, workspace: hostOfMemory() }), worker };
}

describe("a worker", () => {
  it("tells that a job is done when the next one may come", async () => {
    let closed = 0;
    const { host, worker } = withClosing(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      closed++;
    });
    for (let job = 1; job <= 3; job++) {
      const { end } = await followed(host.work(OVER_AT_ONCE));
      expect(end.error?.code).toBe("bad-input");
      expect(closed).toBe(job);
    }
    await host[Symbol.asyncDispose]();
    await worker.done;
  });

  it("tells of a workspace that cannot be closed only where the job itself has not failed", async () => {
    const { host } = withClosing(() => Promise.reject(new TypeError("it will not close")));
    expect((await followed(host.work(OVER_AT_ONCE))).end.error?.code).toBe("bad-input");
    const stopped = host.work(TRAIN, { signal: AbortSignal.abort() });
    await expect(followed(stopped)).rejects.toThrow("it will not close");
  }, 60_000);

  it("ends when its host is gone while it waits for an answer", async () => {
    const [port, ofWorker] = portPair();
    const asked = new Promise<void>((resolve) => {
      port.onMessage((message) => Object(message).type === "call" && resolve());
    });
    const memory = hostOfMemory();
    const worker = new ProtocolWorker({
      port: ofWorker,
      open: async ({ call, signal }) => ({ workspace: remoteTo(call, signal, memory) }),
    });
    port.post({ v: PROTOCOL_VERSION, type: "start", job: 1, work: TRAIN });
    await asked;
    port.close();
    await worker.done;
  });

  it("works over a channel that clones messages, and either end hears that the other is closed or lost", async () => {
    const { port1, port2 } = new MessageChannel();
    const ofWorker = messagePort(port2, () => port2.close());
    const worker = new ProtocolWorker({
      port: ofWorker,
      open: async ({ signal }) => ({ workspace: hostOfMemory(signal) }),
    });
    const host = new WorkerHost({ port: messagePort(port1, () => port1.close()), workspace: hostOfMemory() });
    const error = { code: "bad-input", facts: { issues: [{ key: "size", received: "3" }] } };
    expect((await followed(host.work(OVER_AT_ONCE))).end).toMatchObject({ status: "failed", error });
    await host[Symbol.asyncDispose]();
    await worker.done;
    expect((await followed(host.work(TRAIN))).end).toMatchObject({ error: { code: "backend" } });

    const other = new MessageChannel();
    const port = messagePort(other.port1, () => other.port1.close());
    const alone = new WorkerHost({ port, workspace: hostOfMemory() });
    const left = followed(alone.work(TRAIN));
    port.lost("its script could not be loaded");
    expect((await left).end.error?.message).toContain("Received: its script could not be loaded");
  });

  it("is waited for by a host that ends, which lets go of nothing before", async () => {
    const [port, ofWorker] = portPair();
    const host = new WorkerHost({ port, workspace: hostOfMemory() });
    let isOver = false;
    const over = host[Symbol.asyncDispose]().then(() => {
      isOver = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isOver).toBe(false);
    ofWorker.close();
    await over;
  });
});

type Call = Parameters<typeof remoteWorkspace>[0]["call"];

function remoteTo(call: Call, signal: AbortSignal, memory: Workspace): Workspace {
  return remoteWorkspace({
    ...{ call, signal, versions: {}, onEvent: () => undefined, shortName: (name) => name },
    pool: unused(),
    selectBackend: () => memory.selectBackend(),
    checkInt8: (backend) => memory.checkInt8(backend),
    machine: () => memory.machine(),
  });
}

/** No image is decoded before the data set is open. */
function unused(): Parameters<typeof remoteWorkspace>[0]["pool"] {
  const never = (): never => {
    throw new TypeError("nothing is decoded here");
  };
  return {
    ...{ decoder: "none-1", threads: 1, pending: 0, start: never, inspect: never, prepare: never },
    ...{ inspectWithThumbnail: never, decode: never, close: async () => undefined },
  };
}
