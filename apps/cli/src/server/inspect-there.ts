import { configFromFlags } from "../options/train-flags.ts";
import { print, printJson } from "../output/stdout.ts";
import { byteSize, table } from "../output/text.ts";
import type { CommandContext, Flags } from "../session/context.ts";
import { Session } from "../session/session.ts";
import { asCoreError, connect } from "./client.ts";
import type { Credentials } from "./credentials.ts";
import { datasetThere } from "./dataset-there.ts";
import { GOES_ON } from "./follow-there.ts";
import { splitAsked } from "./split-there.ts";

/** `graft inspect DATASET` on a server, which reads the pictures in that it lacks. */
export async function inspectThere(
  context: CommandContext,
  flags: Flags,
  { server, dataset: name }: { readonly server: Credentials; readonly dataset: string },
): Promise<void> {
  const config = configFromFlags(flags);
  const split = splitAsked(config, flags);
  await using session = new Session(context, GOES_ON);
  const client = connect(server);
  try {
    const dataset = await datasetThere(session, client, { name, labelsFrom: config.labelsFrom, split });
    const { report, notes } = await client.api.datasets.inspect.query({ dataset });
    session.clear();
    if (context.json) {
      printJson({ dataset, ...report, notes });
      return;
    }
    const kinds = Object.entries(report.formats).map(([format, count]) => `${count} ${format}`);
    const rows = report.classes.map(({ label, images, unique, train, validation, test }) => [
      label,
      ...[images, unique, train, validation, test].map(String),
    ]);
    const texts = [
      `${name}: ${report.images} images of ${report.classes.length} classes, ${byteSize(report.bytes)}: ${kinds.join(", ")}`,
      table([["class", "images", "different", "train", "validation", "test"], ...rows], { names: 1 }),
      notes.map(({ message }) => `Note: ${message}`).join("\n"),
    ];
    print(texts.filter((text) => text !== "").join("\n\n"));
  } catch (error) {
    throw asCoreError(error, server.url);
  }
}
