/** Small services behind the routes of bytes, for tests of HTTP alone. */
import { createHash, randomBytes } from "node:crypto";
import type { Predicted } from "@graft/api";
import { CoreError } from "@graft/core";
import type { HttpLimits } from "../../../apps/server/src/http/access/limits.ts";
import { imageRoutes, runFileRoutes } from "../../../apps/server/src/http/raw/file-routes.ts";
import { predictRoutes } from "../../../apps/server/src/http/raw/predict-routes.ts";
import type { RawRoute } from "../../../apps/server/src/http/raw/raw-route.ts";
import type { OpenedFile } from "../../../apps/server/src/http/raw/send-file.ts";
import { uploadRoutes } from "../../../apps/server/src/http/raw/upload-routes.ts";
import { zipRoutes } from "../../../apps/server/src/http/raw/zip-route.ts";

export const BYTES = randomBytes(100_000);
export const HASH = createHash("sha256").update(BYTES).digest("hex");

const noSuch = (what: string): CoreError => new CoreError("not-found", { what: `There is no such ${what}.` });

/** In pieces of 1000 bytes, as a store gives them. */
function opened(name: string, mediaType: string): OpenedFile {
  return {
    ...{ hash: HASH, bytes: BYTES.length, mediaType, name },
    async stream({ start, length } = { start: 0, length: BYTES.length }) {
      return (async function* () {
        for (let at = start; at < start + length; at += 1000)
          yield BYTES.subarray(at, Math.min(at + 1000, start + length));
      })();
    },
  };
}

/** What was asked of the services, which are small ones of this test's own. */
export const asked: unknown[] = [];
/** Uploads take a piece when `gate` lets them, and count bytes. */
export const intake = { gate: Promise.resolve(), taken: 0 };

/** What a model would say; of a picture of three bytes, that it is none. */
export function answerOf(run: string, bytes: number, explain = false): Predicted {
  if (bytes === 3) return { kind: "refused", error: { code: "corrupt", message: "It is no picture." } };
  const scores = [{ label: run, score: 1 }];
  const heatMap = explain ? { label: run, rows: [[1]] } : null;
  const unknown = { sure: null, unlike: null, distance: null, heatMap };
  return { kind: "answer", label: `${bytes} bytes`, score: 1, scores, ...unknown };
}

export const rawRoutes = (limits: HttpLimits): readonly RawRoute[] => [
  ...uploadRoutes(
    {
      async receive(caller, upload, hash, bytes, offset) {
        asked.push([caller.identity.account.id, upload, hash, offset]);
        intake.taken = 0;
        const digest = createHash("sha256");
        for await (const piece of bytes) {
          await intake.gate;
          intake.taken += piece.length;
          digest.update(piece);
        }
        if (digest.digest("hex") !== hash) throw new CoreError("corrupt", { what: "Other bytes came." });
        return { bytes: offset + intake.taken, isHere: true };
      },
      async sent(_, upload) {
        if (upload !== "u") throw noSuch("upload");
        return { bytes: 7, isHere: false };
      },
    },
    limits,
  ),
  ...imageRoutes(
    {
      async openFile(_, image) {
        if (image !== "i") throw noSuch("picture");
        return opened('Käse "1".jpg', "image/jpeg");
      },
      openThumbnail: async () => opened("small.webp", "image/webp"),
    },
    limits,
  ),
  ...zipRoutes(
    {
      async openZip(_, run, what) {
        if (what !== "keras") throw noSuch("export");
        asked.push([run, what]);
        const stream = async function* () {
          for (let at = 0; at < BYTES.length; at += 1000) yield BYTES.subarray(at, at + 1000);
        };
        return { name: "pets-keras.zip", mediaType: "application/zip", bytes: BYTES.length, stream };
      },
    },
    limits,
  ),
  ...runFileRoutes(
    {
      async openFile(_, run, path) {
        asked.push([run, path]);
        return opened("weights.bin", "application/octet-stream");
      },
    },
    limits,
  ),
  ...predictRoutes(
    {
      predictBytes: async (_, run, pictures, { explain }) => ({
        answers: pictures.map(({ length }) => answerOf(run, length, explain)),
      }),
    },
    limits,
  ),
];
