// node --conditions=graft-source --import tsx test/bench/bench-memory.ts DATA [count …]: peak resident memory of a gap
// training on 1,000, 3,000 and 10,000 photos: it grows with the batch and not with the set. The photos are copies of
// DATA's that differ in a comment inside the file, so each is read, decoded and put through the trunk.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { printFigures } from "./figures.ts";
import { runCommand, withHome } from "./graft-command.ts";

const [data, ...counts] = process.argv.slice(2);
if (data === undefined) throw new Error("usage: bench-memory.ts FOLDER [count …]");
const train = resolve(data, "train");
const photos = readdirSync(train).flatMap((label) =>
  readdirSync(join(train, label)).map((name) => ({
    label,
    name,
    bytes: readFileSync(join(train, label, name)),
  })),
);

/** The JPEG with a comment segment after its start marker. */
function withComment(jpeg: Buffer, text: string): Buffer {
  const comment = Buffer.from(text);
  const header = Buffer.from([0xff, 0xfe, 0, comment.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), header, comment, jpeg.subarray(2)]);
}

/** Every fifth file goes to validation. */
function writeSet(folder: string, count: number): void {
  for (let i = 0; i < count; i++) {
    const photo = photos[i % photos.length];
    if (!photo) continue;
    const part = i % 5 === 4 ? "validation" : "train";
    const into = join(folder, part, photo.label);
    mkdirSync(into, { recursive: true });
    writeFileSync(join(into, `${i}-${photo.name}`), withComment(photo.bytes, `copy ${i}`));
  }
}

const figures: Record<string, number> = {};
for (const count of counts.length > 0 ? counts.map(Number) : [1000, 3000, 10_000]) {
  await withHome(async (home) => {
    const folder = join(home, "photos");
    writeSet(folder, count);
    const words = [
      "train",
      folder,
      "--weights",
      "bundled",
      "--backend",
      "onnx:cpu",
      "--epochs",
      "3",
      "--json",
    ];
    const { peakBytes, seconds } = await runCommand(words, home);
    figures[`photos${count}PeakMegabytes`] = (peakBytes ?? Number.NaN) / 1e6;
    figures[`photos${count}Seconds`] = seconds;
  });
}
printFigures("graft onnx:cpu, gap", figures);
