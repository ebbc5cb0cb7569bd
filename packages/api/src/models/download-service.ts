import { MODEL_FILES, sha256, zipFiles } from "@graft/core";
import type { OpenedPicture } from "../datasets/image-service.ts";
import type { Access } from "../identity/access.ts";
import type { AuditService } from "../identity/audit-service.ts";
import { type Caller, notThere } from "../identity/identity.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { Repository } from "../ports/repository.ts";
import type { RunFileRow, RunRow } from "../ports/rows.ts";
import { EXPORTS_FOLDER, fileView, isExportRecord } from "./export-service.ts";
import type { ModelFileView } from "./export-view.ts";
import { MODEL_FOLDER, type ServedRuns } from "./served-runs.ts";

export interface DownloadParts {
  readonly repository: Repository;
  readonly blobs: BlobStore;
  readonly access: Access;
  readonly audit: AuditService;
  readonly served: ServedRuns;
}

/** A zip for sending on. */
export interface OpenedZip {
  /** "pets-run-3-keras.zip" */
  readonly name: string;
  readonly mediaType: "application/zip";
  readonly bytes: number;
  stream(): AsyncIterable<Uint8Array>;
}

const BYTES = "application/octet-stream";
const MEDIA_TYPES: Readonly<Record<string, string>> = { json: "application/json", md: "text/markdown" };
const mediaTypeOf = (path: string): string => MEDIA_TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? BYTES;

/** Letters, digits and dashes of a name, for a file on any disk. */
function fileName(text: string): string {
  const plain = text
    .normalize("NFKD")
    .replace(/[^\w]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return plain.slice(0, 60) || "model";
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

/** Files of models and exports for sending on; that somebody took a model with them is kept. */
export class DownloadService {
  readonly #parts: DownloadParts;

  constructor(parts: DownloadParts) {
    this.#parts = parts;
  }

  /** Files of a run's model and of its exports. @throws CoreError `not-found`. */
  async list(caller: Caller, run: string): Promise<readonly ModelFileView[]> {
    const row = await this.#parts.access.run(caller, run);
    const files = await Promise.all([MODEL_FOLDER, EXPORTS_FOLDER].map((folder) => this.#files(row, folder)));
    return files.flat().map((file) => fileView(file.row));
  }

  /**
   * One file of a model or an export.
   * @param path as `list` gives it. @throws CoreError `not-found`.
   */
  async openFile(caller: Caller, run: string, path: string): Promise<OpenedPicture> {
    const { access, audit } = this.#parts;
    const row = await access.run(caller, run);
    const folder = [MODEL_FOLDER, EXPORTS_FOLDER].find((one) => path.startsWith(`${one}/`)) ?? "";
    const file = (await this.#files(row, folder)).find((one) => one.row.path === path);
    if (!file || folder === "") throw notThere("file", path);
    const { hash, bytes } = file.row;
    const name = path.slice(path.lastIndexOf("/") + 1);
    return {
      ...{ hash, bytes, name, mediaType: mediaTypeOf(path) },
      // a client that has it already takes nothing
      stream: async (range) => {
        await audit.note(caller, "model-downloaded", { run, path });
        return file.stream(range);
      },
    };
  }

  /**
   * All files of the model's folder, or of one export, as a zip.
   * @param what "model", or the name of a format. @throws CoreError `not-found`.
   */
  async openZip(caller: Caller, run: string, what: string): Promise<OpenedZip> {
    const { access, audit, repository } = this.#parts;
    const row = await access.run(caller, run);
    const folder = what === MODEL_FOLDER ? MODEL_FOLDER : `${EXPORTS_FOLDER}/${what}`;
    const files = await this.#files(row, folder);
    if (files.length === 0) throw notThere("export", what);
    const dataset = await repository.datasets.get(row.dataset);
    const stem = `${fileName(dataset?.name ?? "")}-run-${row.number}`;
    const { bytes, stream } = zipFiles(
      files.map((file) => ({
        // one folder, so that nothing is strewn about where it is unpacked
        path: `${stem}-${what}/${file.row.path.slice(folder.length + 1)}`,
        bytes: file.row.bytes,
        read: () => file.stream(),
      })),
      { modifiedAt: new Date(row.endedAt ?? row.createdAt) },
    );
    const noted = async function* (): AsyncIterable<Uint8Array> {
      await audit.note(caller, "model-downloaded", { run, what });
      yield* stream();
    };
    return { name: `${stem}-${what}.zip`, mediaType: "application/zip", bytes, stream: noted };
  }

  async #files(row: RunRow, folder: string): Promise<readonly SentFile[]> {
    const files = await this.#parts.repository.runs.files(row.id, folder);
    return Promise.all(files.filter((file) => !isExportRecord(file)).map((file) => this.#sent(row, file)));
  }

  /** A file as it is sent: a model's graft.json has the "not sure" threshold of this moment in it. */
  async #sent(row: RunRow, file: RunFileRow): Promise<SentFile> {
    const { blobs, served } = this.#parts;
    const below = await served.notSureBelow(row);
    if (below === null || file.path !== `${MODEL_FOLDER}/${MODEL_FILES.manifest}`)
      return { row: file, stream: (range) => streamed(blobs, file.hash, range) };
    const manifest: unknown = JSON.parse(new TextDecoder().decode(await blobs.read(file.hash)));
    const text = `${JSON.stringify({ ...Object(manifest), notSureBelow: below }, null, 2)}\n`;
    const bytes = new TextEncoder().encode(text);
    return {
      row: { ...file, bytes: bytes.length, hash: await sha256(bytes) },
      stream: ({ start, length } = { start: 0, length: bytes.length }) =>
        once(bytes.subarray(start, start + length)),
    };
  }
}

interface SentFile {
  readonly row: RunFileRow;
  stream(range?: { readonly start: number; readonly length: number }): AsyncIterable<Uint8Array>;
}

async function* streamed(
  blobs: BlobStore,
  hash: string,
  range?: { readonly start: number; readonly length: number },
): AsyncIterable<Uint8Array> {
  yield* await blobs.stream(hash, range);
}
