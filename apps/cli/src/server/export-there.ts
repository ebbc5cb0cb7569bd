import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { resolve } from "node:path";
import {
  CoreError,
  columnsText,
  factsPath,
  MODEL_FILES,
  type ModelManifest,
  parseManifest,
} from "@graft/core";
import { placeOnDisk } from "@graft/core/node";
import { type AskedExport, askedExport, checkExportPlace, exportRules } from "../export/asked-export.ts";
import { FACTS_NOUN } from "../export/export-facts-file.ts";
import { printExport } from "../output/print-export.ts";
import type { CommandContext, Flags } from "../session/context.ts";
import { Session } from "../session/session.ts";
import { atServer, ENDS_THERE } from "./at-server.ts";
import type { ServerClient } from "./client.ts";
import type { Credentials } from "./credentials.ts";
import { downloadThere, fileAddress } from "./download-there.ts";
import { modelJobThere } from "./model-job-there.ts";
import { modelThere } from "./model-there.ts";

type ExportView = Awaited<ReturnType<ServerClient["api"]["models"]["exports"]["query"]>>[number];

/** `graft export RUN --format F --out PATH` of a server's model: made and compared there, brought here, its bytes checked. */
export async function exportThere(
  context: CommandContext,
  flags: Flags,
  { server, run }: { readonly server: Credentials; readonly run: string },
): Promise<void> {
  const asked = askedExport(flags);
  await checkExportPlace(asked);
  await using session = new Session(context, ENDS_THERE);
  await atServer(session, server, async (client) => {
    await modelThere(client, run);
    const file = await client.bytes(fileAddress(run, `model/${MODEL_FILES.manifest}`));
    const manifest = parseManifest(await file.text(), MODEL_FILES.manifest);
    const head = writtenHead(manifest, asked);
    // what came of an earlier try is gone on with, as long as the server has that export still
    const folder = `${resolve(asked.out)}.download`;
    const begun = existsSync(folder)
      ? await begunExport(client, run, { ...asked, output: columnsText({ ...manifest, head }) })
      : undefined;
    const { format, columns } = asked;
    const { api } = client;
    const view =
      begun ??
      (await modelJobThere(session, client, {
        doing: "Writing the model there, reading it again and comparing",
        begin: (key, waits) =>
          api.modelJobs.export.mutate(
            { run, format, key, ...(columns === undefined ? {} : { columns }) },
            waits,
          ),
        tell: () => madeExport(client, run, format),
      }));
    const places = await downloadThere(session, client, { run, files: view.files, folder });
    const { path, facts } = await place(asked, places);
    await rm(folder, { recursive: true, force: true });
    const { comparedOn, images, largestDifference, int8 } = view;
    printExport(context, {
      ...{ format, path, facts, model: manifest, head, comparedOn, images, largestDifference, int8 },
    });
  });
}

/** The head that the export has: one column a class, where one was not asked for. */
function writtenHead({ head }: ModelManifest, { columns }: AskedExport): ModelManifest["head"] {
  return head.activation === "sigmoid" && columns !== 1 ? { ...head, activation: "softmax", units: 2 } : head;
}

/** @throws CoreError `conflict` for one that is gone again. */
async function madeExport({ api }: ServerClient, run: string, format: string): Promise<ExportView> {
  const made = (await api.models.exports.query({ run })).find((one) => one.format === format);
  if (made) return made;
  throw new CoreError("conflict", {
    what: "The export was deleted on the server as soon as it was made.",
    fix: "Run the same command again.",
  });
}

async function begunExport(
  { api }: ServerClient,
  run: string,
  { format, output }: { readonly format: string; readonly output: string },
): Promise<ExportView | undefined> {
  const made = await api.models.exports.query({ run });
  return made.find((one) => one.format === format && one.isCurrent && one.output === output);
}

/** Gives an export its name: a file with its facts beside it, or a folder. @throws CoreError `conflict`, `disk-full` */
async function place(
  asked: AskedExport,
  places: ReadonlyMap<string, string>,
): Promise<{ readonly path: string; readonly facts?: string }> {
  const { format, out, force, isFile } = asked;
  const inside = [...places].map(([path, location]) => {
    return { name: path.slice(`exports/${format}/`.length), location };
  });
  const target = placeOnDisk(out);
  if (!isFile) {
    const path = await target.folder.replaceFolder(target.path, exportRules(asked), async (folder) => {
      for (const { name, location } of inside) await folder.replace(name, [await readFile(location)]);
    });
    return { path };
  }
  const beside = placeOnDisk(factsPath(out));
  const bytesOf = async (isFacts: boolean): Promise<Uint8Array<ArrayBuffer>> => {
    const found = inside.find(({ name }) => name.endsWith(".json") === isFacts);
    if (!found) throw new TypeError("an export of one file has its facts beside it");
    return new Uint8Array(await readFile(found.location));
  };
  const path = await target.folder.replaceFile(target.path, exportRules(asked), [await bytesOf(false)]);
  const facts = await beside.folder.replaceFile(beside.path, { noun: FACTS_NOUN, force }, [
    await bytesOf(true),
  ]);
  return { path, facts };
}
