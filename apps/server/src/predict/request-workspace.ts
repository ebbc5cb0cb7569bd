import {
  createMemoryFeatureStore,
  type DatasetImage,
  type OpenedDataset,
  preparedBy,
  type Workspace,
} from "@graft/core";
import type { NodeWorkspace } from "@graft/core/node";
import type { PictureList } from "./request-messages.ts";
import type { RequestContext } from "./serve-requests.ts";

/** What jobs over a model need of their host. */
export type RequestWorkspace = Pick<
  Workspace,
  | ("decodeAhead" | "features" | "hasDataset" | "hasFeatures" | "locate" | "openDataset")
  | ("openUnlabelled" | "selectBackend" | "signal")
>;

/** What an evaluation and its page need. */
export type EvaluationWorkspace = RequestWorkspace & Pick<Workspace, "encode" | "machine" | "now">;

/** Pictures of a request as a data set, whose bytes the server gives one by one. */
export function requestDataset(
  { pool }: Pick<NodeWorkspace, "pool">,
  { bytes }: Pick<RequestContext, "bytes">,
  { name, labels, images }: PictureList,
): OpenedDataset {
  const read = ({ hash }: DatasetImage) => bytes({ what: "picture", hash });
  return {
    dataset: {
      ...{ source: name, labels, images, skipped: [], broken: [], notes: [] },
      presplit: images.some(({ part }) => part !== undefined),
    },
    read,
    prepare: preparedBy(pool.decoder, async (image, rule, augmentation, variants) =>
      pool.prepare({ bytes: await read(image), hash: image.hash }, rule, augmentation, variants),
    ),
  };
}

/**
 * A workspace whose one data set is the pictures of a request, under any name; without any it is the machine's, which has the
 * embedded sets. It keeps nothing.
 */
export function requestWorkspace(
  machine: NodeWorkspace,
  context: RequestContext,
  pictures: PictureList | undefined,
): EvaluationWorkspace {
  return {
    signal: context.signal,
    decodeAhead: machine.decodeAhead,
    openDataset: async (name, request) =>
      pictures ? requestDataset(machine, context, pictures) : machine.openDataset(name, request),
    openUnlabelled: async () => undefined,
    hasDataset: async () => false,
    locate: (name) => ({ location: name, shortName: name }),
    selectBackend: (name) => machine.selectBackend(name),
    hasFeatures: async () => false,
    features: async () => createMemoryFeatureStore(),
    encode: (image, request) => machine.encode(image, request),
    machine: () => machine.machine(),
    now: machine.now,
  };
}
