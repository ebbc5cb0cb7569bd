import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryFolder } from "@graft/core";
import { afterAll, beforeAll } from "vitest";
import { nodeFolder } from "../../packages/core/src/files/folder-node.ts";
import { describeFolder } from "./folder.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "graft-folder-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describeFolder("a directory", () => nodeFolder(join(root, "home")));
describeFolder("memory", () => memoryFolder());
