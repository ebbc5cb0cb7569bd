import { CoreError } from "../errors.ts";

/** @throws CoreError `limit` for more pixels than `maxPixels`. */
export function checkPixels(width: number, height: number, maxPixels: number): void {
  if (width * height <= maxPixels) return;
  throw new CoreError("limit", {
    what: "The image is too large.",
    received: `${width} × ${height} pixels`,
    expected: `at most ${maxPixels} pixels`,
  });
}
