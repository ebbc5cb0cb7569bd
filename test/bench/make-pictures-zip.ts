// make-pictures-zip.ts FILE COUNT: a zip of so many pictures of noise in two classes, made by a process of its own, so that what it
// took is in no server's memory.
import { writeFileSync } from "node:fs";
import { picture } from "../dataset/workplace.ts";
import { type ZipEntry, zipOf } from "../dataset/zip-writer.ts";

const [, , file = "", count = "0"] = process.argv;
const entries: ZipEntry[] = [];
for (let at = 0; at < Number(count); at++)
  entries.push({ name: `${at % 2 ? "cats" : "dogs"}/${at}.png`, content: await picture(at) });
writeFileSync(file, zipOf(entries));
