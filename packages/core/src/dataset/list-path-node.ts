import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { CoreError } from "../errors.ts";
import { machineCode } from "../files/one-file-error.ts";
import { readFailure } from "../files/read-failure-node.ts";
import { codeOf } from "../files/system-error-node.ts";
import { visibleText } from "../visible-text.ts";
import { archiveKind } from "./archive-kind.ts";
import { openArchive } from "./archive-store-node.ts";
import { type ExpandOptions, expandArchives } from "./expand-archives-node.ts";
import { headOf } from "./head-of-node.ts";
import { KNOWN_SETS } from "./known-sets-node.ts";
import type { Listing } from "./listing.ts";
import { reasonOf, walkFolder } from "./walk-node.ts";

export interface ListPathOptions {
  /** Where archives are unpacked; below a folder it is passed over. */
  readonly home: string;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of archives that are being unpacked. */
  readonly onProgress?:
    | ((progress: { readonly done: number; readonly total: number; readonly unit: "bytes" }) => void)
    | undefined;
}

/**
 * Lists a folder, or an archive by unpacking it.
 * @throws CoreError `not-found`, `bad-input` for what is neither, `unsupported`; as `expandArchives`.
 */
export async function listPath(
  name: string,
  { home, signal, onProgress }: ListPathOptions,
): Promise<Listing> {
  const path = resolve(name);
  const shown = visibleText(name);
  const expected = `a folder, a .zip, .tar or .tar.gz, or one of: ${[...KNOWN_SETS.keys()].join(", ")}`;
  const unpacking: ExpandOptions = {
    home,
    source: path,
    signal,
    onProgress: (progress) => onProgress?.({ ...progress, unit: "bytes" }),
  };
  let head: Uint8Array;
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) return await expandArchives(await walkFolder(path, { signal, home }), unpacking);
    if (!facts.isFile())
      throw new CoreError("bad-input", { what: `${shown} is neither a folder nor a file.`, expected });
    head = await headOf(path);
  } catch (error) {
    if (error instanceof CoreError) throw error;
    if (machineCode(error) !== undefined) throw readFailure(path, error);
    const isAbsent = ["ENOENT", "ENOTDIR"].includes(codeOf(error));
    if (!isAbsent) {
      const fix = "Make it readable, or give another data set.";
      throw new CoreError(
        "bad-input",
        { what: `${shown} ${reasonOf(error)}.`, expected, fix },
        { cause: error },
      );
    }
    const what = `There is no data set at ${shown}.`;
    throw new CoreError("not-found", { what, received: visibleText(path), expected });
  }
  const kind = archiveKind(head);
  if (kind === undefined)
    throw new CoreError("bad-input", {
      what: `${shown} is a file, but not an archive that graft can read.`,
      expected,
    });
  if (typeof kind === "object") {
    const fix = "Unpack it yourself and give graft the folder.";
    throw new CoreError("unsupported", { what: `${shown} is a ${kind.unread} archive.`, expected, fix });
  }
  return expandArchives(await openArchive({ path, kind }, home, unpacking), { ...unpacking, levels: 1 });
}
