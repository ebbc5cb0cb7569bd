import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import type { Stage } from "./stage.ts";
import { type StubbornClient, sha256 } from "./stubborn-client.ts";

const exportSchema = z.looseObject({
  format: z.string(),
  files: z.array(z.object({ path: z.string(), bytes: z.int(), sha256: z.string() })).min(1),
});
const jobSchema = z.looseObject({
  id: z.string(),
  state: z.enum(["queued", "running", "completed", "failed", "cancelled"]),
  error: z.unknown(),
});
const evaluationSchema = z.looseObject({ evaluation: z.looseObject({ images: z.int().min(1) }) });
const picturesSchema = z.object({
  items: z
    .array(z.looseObject({ image: z.unknown(), heatMap: z.object({ label: z.string() }).nullable() }))
    .min(1),
});
const FORMATS = ["onnx", "keras"];
const PREDICTIONS = 6;
const LOOK_MS = 100;

/**
 * Has a model exported, evaluated and explained, each asked for once, and asks it meanwhile. Whoever was killed, each comes to its
 * end; an export that is there is whole.
 */
export async function exportRun(
  client: StubbornClient,
  { run, dataset }: { readonly run: string; readonly dataset: string },
  { picture, stage }: { readonly picture: Buffer<ArrayBuffer>; readonly stage: Stage },
): Promise<void> {
  await stage.during("export", () =>
    Promise.all([
      ...FORMATS.map((format) => endOf(client, run, "export", { run, format, key: `crash ${format}` })),
      endOf(client, run, "explain", { run, key: "crash" }),
      evaluated(client, run, dataset),
      (async () => {
        for (let asked = 0; asked < PREDICTIONS; asked++) await predict(client, run, picture);
      })(),
    ]),
  );
  const there = await checkExports(client, run);
  if (there.length !== FORMATS.length)
    throw new Error(`of the run ${run} there are ${there.join(", ")} alone`);
  const { items } = await client.call(picturesSchema, "GET", `/runs/${run}/pictures?which=all&limit=500`);
  const without = items.filter(({ image, heatMap }) => image !== null && heatMap === null);
  if (without.length > 0)
    throw new Error(
      `${without.length} of ${items.length} held-back pictures of the run ${run} have no heat map`,
    );
}

/** What a model finds in pictures that change no more is the same, whoever was killed while it was computed. */
async function evaluated(client: StubbornClient, run: string, dataset: string): Promise<void> {
  const found: string[] = [];
  for (const key of ["first", "second"]) {
    const job = await endOf(client, run, "evaluate", { run, dataset, part: "validation", key });
    const { evaluation } = await client.call(evaluationSchema, "GET", `/model-jobs/${job}/evaluation`);
    found.push(JSON.stringify(evaluation));
  }
  if (found[0] !== found[1])
    throw new Error(`two evaluations of the run ${run} differ: ${found.join(" and ")}`);
}

/** Asks for a job over a run's model, and waits for its end. @returns its id. @throws Error for one that failed. */
async function endOf(client: StubbornClient, run: string, kind: string, body: object): Promise<string> {
  // its key makes it the same job, however often it is asked for
  const { id } = await client.call(jobSchema, "POST", `/model-jobs/${kind}`, body);
  for (;;) {
    const { state, error } = await client.call(jobSchema, "GET", `/model-jobs/${id}`);
    if (state === "completed") return id;
    if (state !== "queued" && state !== "running")
      throw new Error(`the job ${kind} over the run ${run} is ${state}: ${JSON.stringify(error)}`);
    await checkExports(client, run);
    await pause(LOOK_MS);
  }
}

async function predict(client: StubbornClient, run: string, picture: Buffer<ArrayBuffer>): Promise<void> {
  const shape = z.looseObject({});
  while (!(await client.once(shape, ["POST", `/models/${run}/predict`], picture)));
}

/** @returns formats. @throws Error for an export that has not all of its files, or other bytes than it says. */
async function checkExports(client: StubbornClient, run: string): Promise<readonly string[]> {
  const there = await client.call(z.array(exportSchema), "GET", `/models/${run}/exports`);
  for (const { format, files } of there)
    for (const { path, bytes, sha256: hash } of files) {
      const found = await client.bytes(`/runs/${run}/files/${path}`);
      if (found.length !== bytes || sha256(found) !== hash)
        throw new Error(`${path} of the export ${format} of the run ${run} is not what it says`);
    }
  return there.map(({ format }) => format);
}
