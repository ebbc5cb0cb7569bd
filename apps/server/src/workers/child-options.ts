import * as z from "zod";

/** What a line of a child begins with that its server's owner should see. */
export const NOTICE = "Notice: ";

/** What a training child is started with, as JSON. */
export const childOptionsSchema = z.strictObject({
  home: z.string(),
  version: z.string(),
  /** Folder of the server's blobs, where they lie in one: its pictures are read from it. */
  blobs: z.string().exactOptional(),
  /** The home is the server's: features and weights are read there, and kept. */
  sharesHome: z.boolean().exactOptional(),
  threads: z.int().min(1).exactOptional(),
  checkpointMs: z.number().min(0).exactOptional(),
});
export type ChildOptions = z.infer<typeof childOptionsSchema>;
