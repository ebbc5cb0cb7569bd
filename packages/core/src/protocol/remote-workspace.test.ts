import { expect, it } from "vitest";
import type { DatasetImage } from "../dataset/types.ts";
import { DECODER_VERSION } from "../image/decoder-version.ts";
import type { CallHost } from "./host-calls.ts";
import { type RemoteWorkspaceOptions, remoteWorkspace } from "./remote-workspace.ts";

const image: DatasetImage = {
  ...{ path: "cats/1.png", label: 0, hash: "ab", bytes: 1 },
  facts: { format: "png", width: 1, height: 1, perceptualHash: "0" },
};
const notHere = (): Promise<never> => Promise.reject(new Error("nobody asks for it"));

/** @returns a picture's bytes, and what the host was asked for. */
async function read(readHere?: RemoteWorkspaceOptions["readHere"]) {
  const asked: string[] = [];
  const call: CallHost = async (method) => {
    asked.push(method);
    const answer: unknown =
      method === "image.read"
        ? Uint8Array.of(1)
        : { set: 0, dataset: { labels: ["cats"], images: [image], broken: [], notes: [] } };
    return answer as never;
  };
  const pool = { threads: 1, pending: 0, start: () => undefined, prepare: notHere };
  const workspace = remoteWorkspace({
    ...{ call, signal: new AbortController().signal, onEvent: () => undefined, versions: {} },
    pool: {
      ...pool,
      decoder: DECODER_VERSION,
      inspect: notHere,
      inspectWithThumbnail: notHere,
      close: async () => undefined,
    },
    ...{ selectBackend: notHere, checkInt8: notHere, machine: notHere, shortName: (name) => name },
    ...(readHere ? { readHere } : {}),
  });
  const { dataset, read } = await workspace.openDataset("run");
  const [first] = dataset.images;
  if (!first) throw new TypeError("it has one");
  return { bytes: [...(await read(first))], asked };
}

it("reads a picture where the worker has it, and asks the host for it elsewhere", async () => {
  expect(await read()).toEqual({ bytes: [1], asked: ["dataset.open", "image.read"] });
  const there = await read(async (hash) => new TextEncoder().encode(hash));
  expect(there).toEqual({ bytes: [0x61, 0x62], asked: ["dataset.open"] });
  expect(await read(notHere)).toEqual({ bytes: [1], asked: ["dataset.open", "image.read"] });
});
