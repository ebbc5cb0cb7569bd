import { CoreError } from "../errors.ts";
import { visibleText } from "../visible-text.ts";
import { archiveKind } from "./archive-kind.ts";
import { openArchive } from "./archive-store-node.ts";
import { expandArchives } from "./expand-archives-node.ts";
import { headOf } from "./head-of-node.ts";
import { tableOf, tableReader } from "./label-files-node.ts";
import type { LayoutOptions } from "./layout/find-layout.ts";
import type { LabelsFrom } from "./layout/labels-from.ts";
import type { ListedFile, Listing } from "./listing.ts";
import { listingOfNames } from "./listing-of-names.ts";
import type { OpenDatasetOptions } from "./open-node.ts";
import { type Scanned, type ScanOptions, scanListing } from "./scan-node.ts";

export interface OpenFilesOptions extends Pick<OpenDatasetOptions, "signal"> {
  /** For people: what the files are called together. */
  readonly source: string;
  /** Archives among them are unpacked below this folder. */
  readonly home: string;
  /** Bytes of archives that are being unpacked. */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
}

/** How the opened files are to be understood. */
export interface ScanFilesOptions
  extends Pick<LayoutOptions, "purpose" | "knownLabels">,
    Pick<ScanOptions, "inspect" | "label" | "signal" | "onProgress"> {
  /** A table is one of the files: its path is a name among them, and never one of the host's. */
  readonly labelsFrom?: LabelsFrom | undefined;
}

/** Files of a host, archives among them unpacked; what was unpacked may go when it is disposed of. */
export interface OpenedFiles extends AsyncDisposable {
  /** All that there is to look at. */
  readonly files: readonly ListedFile[];
  /**
   * Looks at them as `openDataset` does; may be asked again, to understand them otherwise.
   * @throws CoreError as `openDataset`.
   */
  scan(options: ScanFilesOptions): Promise<Scanned>;
}

/** One archive is the data set, as for `openDataset`; more of them, and those in folders, are folders of their names. */
async function list(listing: Listing, options: OpenFilesOptions): Promise<Listing> {
  const { source, home, signal, onProgress } = options;
  const unpacking = { home, source, signal, ...(onProgress && { onProgress }) };
  const [only, ...others] = listing.files;
  if (only === undefined || others.length > 0) return expandArchives(listing, unpacking);
  const kind = archiveKind(await headOf(only.location));
  if (kind === undefined) return listing;
  const shown = visibleText(only.path);
  if (typeof kind === "object")
    throw new CoreError("unsupported", {
      what: `${shown} is a ${kind.unread} archive.`,
      expected: "a .zip, .tar or .tar.gz",
      fix: "Unpack it yourself and give graft the folder.",
    });
  const unpacked = await openArchive({ path: only.location, kind, shown }, home, unpacking);
  const { skipped } = unpacked;
  return expandArchives(
    { ...unpacked, skipped: [...listing.skipped, ...skipped] },
    { ...unpacking, levels: 1 },
  );
}

function tableNamed({ files }: Listing, path: string): ListedFile {
  const named = files.find((file) => file.path === path);
  if (named) return named;
  throw new CoreError("bad-input", {
    what: "The table with the labels is not among the files.",
    received: visibleText(path),
    fix: "Send it with the pictures, and name it as it was sent.",
  });
}

/**
 * Opens files that a host has under names of their sender (an upload): loose ones, folders, archives, by the rules of
 * `openDataset`.
 * @param files `path`: the name, "/" between folders; `location`: an absolute path of the host's.
 * @throws CoreError `bad-input` for a name that leads out of its folder; as `openArchives`; `unsupported` for an archive of
 *   another kind.
 */
export async function openFiles(
  files: readonly ListedFile[],
  options: OpenFilesOptions,
): Promise<OpenedFiles> {
  const listing = await list(listingOfNames(files), options);
  return {
    files: listing.files,
    scan({ purpose, knownLabels, labelsFrom, label, ...scan }) {
      const tables =
        labelsFrom?.type === "file"
          ? async () => [await tableOf(tableNamed(listing, labelsFrom.path))]
          : tableReader(listing, labelsFrom);
      const layout = { purpose, knownLabels, labelsFrom, tables };
      return scanListing(listing, { source: options.source, ...scan, layout, label });
    },
    async [Symbol.asyncDispose]() {
      await listing.lease?.[Symbol.asyncDispose]();
    },
  };
}
