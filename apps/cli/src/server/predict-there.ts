import { readFile } from "node:fs/promises";
import { CoreError, type ErrorCode, nameFew, type Prediction } from "@graft/core";
import * as z from "zod";
import { EXIT, UsageError } from "../exit/exit-codes.ts";
import { imagePaths } from "../images/image-paths.ts";
import { printerOf } from "../output/prediction-printers.ts";
import type { CommandContext, Flags } from "../session/context.ts";
import { Session } from "../session/session.ts";
import { asCoreError, connect, type ServerClient } from "./client.ts";
import type { Credentials } from "./credentials.ts";
import { GOES_ON } from "./follow-there.ts";
import { modelThere } from "./model-there.ts";

/** Pictures under way at once: the server computes those that wait together. */
const AT_ONCE = 8;

const answerSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("answer"),
    label: z.string(),
    score: z.number(),
    distance: z.number().nullable(),
    unlike: z.boolean().nullable(),
    scores: z.array(z.object({ label: z.string(), score: z.number() })),
  }),
  z.object({ kind: z.literal("refused"), error: z.object({ code: z.string(), message: z.string() }) }),
]);
type Answer = z.infer<typeof answerSchema>;

async function ask(client: ServerClient, run: string, path: string, signal: AbortSignal): Promise<Answer> {
  const answer = await client.bytes(`/models/${encodeURIComponent(run)}/predict`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: await readFile(path),
    signal,
  });
  return answerSchema.parse(await answer.json());
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
    if (skipped.length > 0)
      session.notice(
        `Note: ${skipped.length} passed over: ${nameFew(skipped.map(({ path, reason }) => `${path} (${reason})`))}`,
      );
    // not the model's file: a token that asks models alone may not have it
    const model = await modelThere(client, run);
    const unlike = new WeakMap<Prediction, { readonly is: boolean | undefined }>();
    const printer = printerOf(
      { ...model, unlikeOf: (prediction) => unlike.get(prediction)?.is },
      {
        form: context.json ? "json" : flags.csv === true ? "csv" : "table",
        notSureBelow: typeof flags.notSureBelow === "number" ? flags.notSureBelow : (model.notSureBelow ?? 0),
      },
    );
    let broken = 0;
    for (let at = 0; at < images.length; at += AT_ONCE) {
      const some = images.slice(at, at + AT_ONCE);
      const answers = await Promise.all(some.map(({ path }) => ask(client, run, path, session.signal)));
      for (const [i, answer] of answers.entries()) {
        const name = some[i]?.path ?? "";
        if (answer.kind === "refused") {
          broken++;
          printer.broken(name, new CoreError(codeOf(answer.error.code), { what: answer.error.message }));
          continue;
        }
        const prediction = predictionOf(answer, model.labels);
        unlike.set(prediction, { is: answer.unlike ?? undefined });
        printer.prediction(name, prediction);
      }
    }
    printer.end();
    if (broken === 0) return;
    session.notice(`${broken} of ${images.length} images could not be used.`);
    process.exitCode = EXIT.failed;
  } catch (error) {
    throw asCoreError(error, server.url);
  }
}

/** What keeps a picture from being asked about. */
const codeOf = (code: string): ErrorCode =>
  (["bad-input", "unsupported", "limit"] as const).find((each) => each === code) ?? "corrupt";

function predictionOf(
  { label, score, distance, scores }: Extract<Answer, { kind: "answer" }>,
  labels: readonly string[],
): Prediction {
  return {
    ...{ label: labels.indexOf(label), score, probabilities: Float32Array.from(scores, (one) => one.score) },
    ...(distance === null ? {} : { distance }),
  };
}
