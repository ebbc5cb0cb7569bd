// A process that dies while it writes a file: the first piece is on the disk, the last one is asked for.
import { placeOnDisk } from "@graft/core/node";

function* pieces(): Iterable<Uint8Array> {
  yield new Uint8Array(8 * 2 ** 20);
  // while this one is asked for the first may be on its way still
  yield new Uint8Array(8 * 2 ** 20);
  process.kill(process.pid, "SIGKILL");
}
const { folder, path } = placeOnDisk(process.argv[2] ?? "");
await folder.replaceFile(path, { force: true, noun: "file" }, pieces());
