import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { download } from "@graft/core/node";
import type { Session } from "../session/session.ts";
import type { ServerClient } from "./client.ts";

/** A file of a run, as a server tells of it. */
export interface FileThere {
  /** "exports/onnx/model.onnx" */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A run's file as an address below the API's, each step of its path by itself. */
export const fileAddress = (run: string, path: string): string =>
  `/runs/${encodeURIComponent(run)}/files/${path.split("/").map(encodeURIComponent).join("/")}`;

/**
 * Brings files of a run into a folder, each under its sha256. What is there already stays, a begun one is gone on with, and
 * what is of other files goes.
 * @returns where each one is, by its path on the server.
 * @throws CoreError `offline`, `corrupt`, `disk-full`, `cancelled`: what came is kept.
 */
export async function downloadThere(
  session: Session,
  client: ServerClient,
  {
    run,
    files,
    folder,
  }: { readonly run: string; readonly files: readonly FileThere[]; readonly folder: string },
): Promise<ReadonlyMap<string, string>> {
  await mkdir(folder, { recursive: true });
  const wanted = new Set(files.map(({ sha256 }) => sha256));
  const here = await readdir(folder);
  for (const name of here)
    if (!wanted.has(name.split(".")[0] ?? "")) await rm(join(folder, name), { force: true, recursive: true });
  const places = new Map<string, string>();
  for (const { path, sha256 } of files) {
    const target = join(folder, sha256);
    if (!here.includes(sha256))
      await download({
        ...{ url: client.address(fileAddress(run, path)), target, sha256, fetch: client.fetch },
        signal: session.signal,
        onProgress: (progress) =>
          session.fetching(`Bringing ${path.slice(path.lastIndexOf("/") + 1)}`, progress),
        fix: "Check that `graft serve` runs there and that this computer can reach it.",
      });
    places.set(path, target);
  }
  session.clear();
  return places;
}
