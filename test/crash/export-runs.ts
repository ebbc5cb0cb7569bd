import * as z from "zod";
import type { Stage } from "./stage.ts";
import { type StubbornClient, sha256 } from "./stubborn-client.ts";

const exportSchema = z.looseObject({
  format: z.string(),
  files: z.array(z.object({ path: z.string(), bytes: z.int(), sha256: z.string() })).min(1),
});
const FORMATS = ["onnx", "keras"];
const PREDICTIONS = 6;

/** Exports a model and asks it meanwhile; each export that is there is whole, also after a try that was cut off. */
export async function exportRun(
  client: StubbornClient,
  run: string,
  { picture, stage }: { readonly picture: Buffer<ArrayBuffer>; readonly stage: Stage },
): Promise<void> {
  await stage.during("export", () =>
    Promise.all([
      (async () => {
        for (const format of FORMATS) await exportAs(client, run, format);
      })(),
      (async () => {
        for (let asked = 0; asked < PREDICTIONS; asked++) await predict(client, run, picture);
      })(),
    ]),
  );
  const there = await checkExports(client, run);
  if (there.length !== FORMATS.length)
    throw new Error(`of the run ${run} there are ${there.join(", ")} alone`);
}

async function exportAs(client: StubbornClient, run: string, format: string): Promise<void> {
  const path = `/models/${run}/exports`;
  const body = Buffer.from(JSON.stringify({ format }));
  while (!(await client.once(exportSchema, ["POST", path], body, "application/json")))
    await checkExports(client, run);
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
