import { Readable } from "node:stream";
import { openS3 } from "./s3-client.ts";
import type { S3Place } from "./s3-place.ts";
import { nameOf, statusOf } from "./s3-trouble.ts";

/** The smallest part of an upload in parts that S3 takes. */
export const PART_BYTES = 5 * 2 ** 20;
/** Parts on their way at once: what an upload holds in memory. */
const PARTS_AT_ONCE = 2;

/** A part of an object; `length` is at least 1. */
export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

export interface S3Object {
  readonly key: string;
  readonly bytes: number;
  readonly changedAt: number;
}

const isMissing = (error: unknown): boolean =>
  ["NoSuchKey", "NotFound"].includes(nameOf(error)) ||
  (statusOf(error) === 404 && nameOf(error) !== "NoSuchBucket");

async function orMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** What is asked of an S3 store, by key below the place's prefix. Errors are the library's own. */
export type S3Objects = Awaited<ReturnType<typeof openS3Objects>>;

/** @throws CoreError `unsupported` where the library is not installed. Nothing is asked of the store yet. */
export async function openS3Objects(place: S3Place) {
  const { s3, client } = await openS3(place);
  const { bucket: Bucket, prefix: Prefix } = place;
  const at = (key: string) => ({ Bucket, Key: `${Prefix}${key}` });
  return {
    async size(key: string): Promise<number | undefined> {
      const head = await orMissing(client.send(new s3.HeadObjectCommand(at(key))));
      return head && (head.ContentLength ?? 0);
    },
    /** @returns undefined where there is none; of a range beyond the end nothing. Whoever asks reads it. */
    async get(key: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array> | undefined> {
      const Range = range && `bytes=${range.start}-${range.start + range.length - 1}`;
      const asked = client.send(new s3.GetObjectCommand({ ...at(key), ...(Range ? { Range } : {}) }));
      try {
        const { Body: body } = (await orMissing(asked)) ?? {};
        if (body === undefined) return undefined;
        if (!(body instanceof Readable)) throw new TypeError("the AWS library gives a stream of Node");
        return body;
      } catch (error) {
        // 416: the object is there, and ends before
        if (statusOf(error) === 416) return Readable.from([]);
        throw error;
      }
    },
    async put(key: string, bytes: Uint8Array, abortSignal?: AbortSignal): Promise<void> {
      const command = new s3.PutObjectCommand({ ...at(key), Body: bytes, ContentLength: bytes.length });
      await client.send(command, abortSignal ? { abortSignal } : {});
    },
    /** Appears whole when the pieces have ended, not at all when they fail. */
    async upload(key: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
      // a stream that counts in pieces would read sixteen ahead, of whatever size
      const body = Readable.from(pieces, { objectMode: true, highWaterMark: 1 });
      const sizes = { partSize: PART_BYTES, queueSize: PARTS_AT_ONCE };
      await new s3.Upload({ client, params: { ...at(key), Body: body }, ...sizes }).done();
    },
    async remove(key: string): Promise<void> {
      await client.send(new s3.DeleteObjectCommand(at(key)));
    },
    /** In order of key, up to a thousand at a time. */
    async *list(): AsyncGenerator<readonly S3Object[]> {
      let from: { readonly ContinuationToken?: string } = {};
      for (;;) {
        const page = await client.send(new s3.ListObjectsV2Command({ Bucket, Prefix, ...from }));
        yield (page.Contents ?? []).map(({ Key = "", Size = 0, LastModified }) => ({
          key: Key.slice(Prefix.length),
          bytes: Size,
          changedAt: LastModified?.getTime() ?? 0,
        }));
        if (!page.IsTruncated || page.NextContinuationToken === undefined) return;
        from = { ContinuationToken: page.NextContinuationToken };
      }
    },
    /** Drops the parts of uploads that were begun before and never ended: they take room that no list shows. */
    async removeUnfinished(begunBefore: number): Promise<void> {
      const { Uploads: uploads = [] } = await client.send(
        new s3.ListMultipartUploadsCommand({ Bucket, Prefix }),
      );
      for (const { Key, UploadId, Initiated } of uploads) {
        if (
          Key === undefined ||
          UploadId === undefined ||
          (Initiated?.getTime() ?? begunBefore) >= begunBefore
        )
          continue;
        await orMissing(client.send(new s3.AbortMultipartUploadCommand({ Bucket, Key, UploadId })));
      }
    },
  };
}
