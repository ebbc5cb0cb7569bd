import { CoreError, type DatasetImage, type OpenedDataset, preparedBy, type Workspace } from "@graft/core";
import type { NodeWorkspace } from "@graft/core/node";
import type { PictureList } from "./request-messages.ts";
import type { RequestContext } from "./serve-requests.ts";

/** What jobs over a model need of their host. */
export type RequestWorkspace = Pick<
  Workspace,
  | ("decodeAhead" | "features" | "hasDataset" | "hasFeatures" | "locate" | "openDataset")
  | ("openUnlabelled" | "selectBackend" | "signal")
>;

/**
 * A workspace whose one data set is the pictures of a request, under any name; without any it is the machine's, which has the
 * embedded sets. It keeps nothing.
 */
export function requestWorkspace(
  machine: NodeWorkspace,
  { signal, bytes }: RequestContext,
  pictures: PictureList | undefined,
): RequestWorkspace {
  const { pool } = machine;
  const ofRequest = ({ name, labels, images }: PictureList): OpenedDataset => {
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
  };
  return {
    signal,
    decodeAhead: machine.decodeAhead,
    openDataset: async (name, request) =>
      pictures ? ofRequest(pictures) : machine.openDataset(name, request),
    openUnlabelled: async () => undefined,
    hasDataset: async () => false,
    locate: (name) => ({ location: name, shortName: name }),
    selectBackend: (name) => machine.selectBackend(name),
    hasFeatures: async () => false,
    features: () => Promise.reject(new CoreError("unsupported", { what: "No features are kept here." })),
  };
}
