import type { DatasetImage } from "@graft/core";
import type { Session } from "../session/session.ts";
import type { ServerClient } from "./client.ts";
import { sendFiles } from "./send-files.ts";

/** Pictures of this computer. */
export interface PicturesHere {
  /** The run whose data set takes them for a while. */
  readonly run: string;
  readonly images: readonly DatasetImage[];
  readonly read: (image: DatasetImage) => Promise<Uint8Array>;
}

/**
 * Has pictures at a server for as long as some work takes: they are sent to an upload that is never taken in, as far as the
 * account has them in no data set, and given up after that.
 * @throws what the work throws, and what keeps them from coming.
 */
export async function withPictures<T>(
  session: Session,
  client: ServerClient,
  { run, images, read }: PicturesHere,
  work: (upload: string) => Promise<T>,
): Promise<T> {
  const { api } = client;
  const { dataset } = await api.runs.get.query({ run });
  const upload = (await api.uploads.create.mutate({ dataset })).id;
  try {
    await sendFiles(session, client, {
      upload,
      files: images.map((image) => ({
        ...{ path: image.path, hash: image.hash, bytes: image.bytes },
        open: async () => new Blob([new Uint8Array(await read(image))]),
      })),
    });
    return await work(upload);
  } finally {
    // a server that is gone gives it up by itself after a day
    await api.uploads.cancel.mutate({ upload }).catch(() => undefined);
  }
}
