import { createHash } from "node:crypto";

/**
 * The id that pg-boss keeps a job by, which must be a UUID: of one id always the same (version 8: the first 16 bytes of its
 * sha256, but for the six bits that say so).
 */
export function jobUuid(id: string): string {
  const bytes = createHash("sha256").update(id).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
