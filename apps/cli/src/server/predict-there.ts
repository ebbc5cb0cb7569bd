import { readFile } from "node:fs/promises";
import { CoreError, drawHeatMap, type Prediction } from "@graft/core";
import { readFailure } from "@graft/core/node";
import * as z from "zod";
import { EXIT, UsageError } from "../exit/exit-codes.ts";
import { FileToAsk } from "../images/file-to-ask.ts";
import { HeatMapWriter } from "../images/heat-map-writer.ts";
import { imagePaths, type NamedImage } from "../images/image-paths.ts";
import { skippedText, unusableText } from "../output/prediction-notes.ts";
import { printerOf } from "../output/prediction-printers.ts";
import { checkOutsideImages } from "../places/outside-images.ts";
import type { CommandContext, Flags } from "../session/context.ts";
import { Session } from "../session/session.ts";
import { Allowance } from "./allowance.ts";
import { asCoreError, connect, type ServerClient } from "./client.ts";
import type { Credentials } from "./credentials.ts";
import { GOES_ON } from "./follow-there.ts";
import { type ModelThere, modelThere } from "./model-there.ts";

/** Pictures under way at once: the server computes those that wait together. */
const AT_ONCE = 8;

/** What a server refuses one picture with, and not the whole command. */
const OF_ONE_PICTURE = ["bad-input", "corrupt", "limit", "unsupported"];

const answerSchema = z.object({
  label: z.string(),
  score: z.number(),
  distance: z.number().nullable(),
  unlike: z.boolean().nullable(),
  scores: z.array(z.object({ label: z.string(), score: z.number() })),
  heatMap: z.object({ rows: z.array(z.array(z.number())) }).nullable(),
});
type Answer = z.infer<typeof answerSchema>;

/** What is asked of each picture. */
interface Asking {
  readonly run: string;
  readonly explain: boolean;
  readonly signal: AbortSignal;
  readonly allowance: Allowance;
}

/** @returns the answer, or why this picture has none: it stops no other. */
async function ask(client: ServerClient, image: NamedImage, asking: Asking): Promise<Answer | CoreError> {
  if ("error" in image) return image.error;
  const { run, explain, signal, allowance } = asking;
  const body = await readFile(image.path).catch((error: unknown) => readFailure(image.path, error));
  if (body instanceof CoreError) {
    if (body.code === "unreadable") throw body;
    return body;
  }
  const address = `/models/${encodeURIComponent(run)}/predict${explain ? "?explain=true" : ""}`;
  const headers = { "content-type": "application/octet-stream" };
  try {
    const answer = await allowance.with(() =>
      client.bytes(address, { method: "POST", headers, body, signal }),
    );
    return answerSchema.parse(await answer.json());
  } catch (error) {
    if (error instanceof CoreError && OF_ONE_PICTURE.includes(error.code)) return error;
    throw error;
  }
}

/** `graft predict RUN IMAGE…` by a model of a server: the images of this computer are asked there, and kept nowhere. */
export async function predictThere(
  context: CommandContext,
  flags: Flags,
  {
    server,
    run,
    words,
  }: { readonly server: Credentials; readonly run: string; readonly words: readonly string[] },
): Promise<void> {
  if (context.json && flags.csv === true)
    throw new UsageError("--json and --csv are two forms of output: choose one.");
  await using session = new Session(context, GOES_ON);
  const client = connect(server);
  try {
    const { images, skipped } = await imagePaths(words, session.signal);
    if (skipped.length > 0) session.notice(skippedText(skipped));
    // not the model's file: a token that asks models alone may not have it
    const model = await modelThere(client, run);
    const { labels } = model;
    const folder = typeof flags.heatmap === "string" ? flags.heatmap : undefined;
    const paths = images.map(({ path }) => path);
    if (folder !== undefined)
      await checkOutsideImages(folder, { words, paths, labels, trainedOn: undefined });
    const heatMaps = folder === undefined ? undefined : new HeatMapWriter(folder, flags.force === true);
    const unlike = new WeakMap<Prediction, { readonly is: boolean | undefined }>();
    const printer = printerOf(
      { ...model, unlikeOf: (prediction) => unlike.get(prediction)?.is },
      {
        form: context.json ? "json" : flags.csv === true ? "csv" : "table",
        notSureBelow: typeof flags.notSureBelow === "number" ? flags.notSureBelow : (model.notSureBelow ?? 0),
      },
    );
    const allowance = new Allowance(session, server.url);
    const asking = { run, explain: heatMaps !== undefined, signal: session.signal, allowance };
    let [broken, told] = [0, 0];
    try {
      for (let at = 0; at < images.length; at += AT_ONCE) {
        const some = images.slice(at, at + AT_ONCE);
        const answers = some.map((image) => ask(client, image, asking));
        // the first one that fails is told; the others are nobody's any more
        for (const answer of answers) answer.catch(() => undefined);
        for (const [i, image] of some.entries()) {
          const answer = await answers[i];
          if (!answer) continue;
          if (answer instanceof CoreError) {
            broken++;
            printer.broken(image.path, answer);
          } else {
            const prediction = predictionOf(answer, labels);
            unlike.set(prediction, { is: answer.unlike ?? undefined });
            const drawn = heatMaps?.write(image.path, () => heatMapOf(session, image, { answer, model }));
            printer.prediction(image.path, prediction, await drawn);
          }
          told++;
        }
      }
    } finally {
      // what came is printed, whatever stops the rest
      if (told > 0) printer.end();
    }
    if (folder !== undefined) session.notice(`Heat maps: ${images.length - broken} in ${folder}`);
    if (broken === 0) return;
    session.notice(unusableText(broken, images.length));
    process.exitCode = EXIT.failed;
  } catch (error) {
    throw asCoreError(error, server.url);
  }
}

/** The numbers come from there; the picture lies here, so it is drawn here. */
function heatMapOf(
  { workspace }: Session,
  image: NamedImage,
  { answer: { heatMap }, model }: { readonly answer: Answer; readonly model: ModelThere },
): Promise<Uint8Array> {
  const rows = heatMap?.rows ?? [];
  const { fit, resize } = model;
  const file = new FileToAsk(image, workspace.pool);
  return drawHeatMap(workspace, {
    map: { height: rows.length, width: rows[0]?.length ?? 0, data: Float64Array.from(rows.flat()) },
    fit,
    atSize: (size) => file.prepare({ version: 1, size, fit, resize }),
    dimensions: () => file.dimensions(),
  });
}

function predictionOf({ label, score, distance, scores }: Answer, labels: readonly string[]): Prediction {
  return {
    ...{ label: labels.indexOf(label), score, probabilities: Float32Array.from(scores, (one) => one.score) },
    ...(distance === null ? {} : { distance }),
  };
}
