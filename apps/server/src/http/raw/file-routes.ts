import type { Caller } from "@graft/api";
import type { HttpLimits } from "../access/limits.ts";
import { notFound } from "../edge/edge-error.ts";
import { callerOf, part, type RawRequest, type RawRoute } from "./raw-route.ts";
import { type OpenedFile, sendFile } from "./send-file.ts";

/** Pictures of data sets: api's image service. */
export interface ImageFiles {
  /** @throws CoreError `not-found` for one that is not the caller's. */
  openFile(caller: Caller, image: string): Promise<OpenedFile>;
  /** WebP. @throws CoreError `not-found`; also while it is not made yet. */
  openThumbnail(caller: Caller, image: string): Promise<OpenedFile>;
}

/** Files of runs (model, exports, report): api's run service. */
export interface RunFiles {
  /** @param path "/" between folders. @throws CoreError `not-found` */
  openFile(caller: Caller, run: string, path: string): Promise<OpenedFile>;
}

/** A thumbnail never changes; not for long, as a computer of a school has many users. */
const THUMBNAIL_SECONDS = 600;

const BYTES = { description: "Its bytes.", content: { "application/octet-stream": {} } } as const;
const UNCHANGED = { description: "The client has it already." } as const;
const RANGE = {
  description: "The bytes that were asked for.",
  content: { "application/octet-stream": {} },
} as const;

export const imageRoutes = (images: ImageFiles, { idleMs }: HttpLimits): readonly RawRoute[] => [
  {
    ...{ name: "images.file", method: "GET", path: "/images/{image}/file" },
    summary: "A picture as it was brought",
    parameters: { image: "Id of the picture." },
    answers: { "200": { ...BYTES, content: { "image/*": {} } }, "206": RANGE, "304": UNCHANGED },
    async answer(request) {
      const caller = await callerOf("images.file", request);
      const file = await images.openFile(caller, part(request, "image"));
      await sendFile(request.exchange, file, { maxAge: 0, idleMs });
    },
  },
  {
    ...{ name: "images.thumbnail", method: "GET", path: "/images/{image}/thumbnail" },
    summary: "A picture, small, as WebP",
    parameters: { image: "Id of the picture." },
    answers: { "200": { ...BYTES, content: { "image/webp": {} } }, "206": RANGE, "304": UNCHANGED },
    async answer(request) {
      const caller = await callerOf("images.thumbnail", request);
      const file = await images.openThumbnail(caller, part(request, "image"));
      await sendFile(request.exchange, file, { maxAge: THUMBNAIL_SECONDS, idleMs });
    },
  },
];

export const runFileRoutes = (runs: RunFiles, { idleMs }: HttpLimits): readonly RawRoute[] => [
  {
    ...{ name: "runs.file", method: "GET", path: "/runs/{run}/files/{path+}" },
    summary: "A file of a run: its model, an export, its report",
    parameters: { run: "Id of the run.", path: 'Path of the file, "/" between folders: "model/model.json".' },
    answers: { "200": BYTES, "206": RANGE, "304": UNCHANGED },
    async answer(request) {
      const caller = await callerOf("runs.file", request);
      const file = await runs.openFile(caller, part(request, "run"), filePath(request));
      await sendFile(request.exchange, file, { maxAge: 0, idleMs });
    },
  },
];

/** A path is a name in a table and never one on a disk; all the same no part of it may lead out of a folder. @throws EdgeError 404 */
function filePath(request: RawRequest): string {
  const path = part(request, "path");
  const isPlain = path.split("/").every((step) => step !== "" && step !== "." && step !== "..");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (!isPlain || /[\u0000-\u001f\\]/.test(path)) throw notFound();
  return path;
}
