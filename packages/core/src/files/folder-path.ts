import { CoreError } from "../errors.ts";

/**
 * The parts of a path inside a folder.
 * @throws CoreError `bad-input` for one that leads out of the folder or means another thing on another system.
 */
export function folderPath(path: string): readonly string[] {
  const parts = path.split("/");
  const isName = (part: string): boolean =>
    part !== "" && part !== "." && part !== ".." && !/[\\\0]/.test(part) && !/^[A-Za-z]:/.test(part);
  if (parts.every(isName)) return parts;
  throw new CoreError("bad-input", {
    what: "This is not a path inside a folder.",
    received: JSON.stringify(path),
    expected: 'names with "/" between them, without "..", "\\" and a drive',
  });
}
