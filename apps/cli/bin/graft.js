#!/usr/bin/env node
// A file of its own, committed and executable: npm links a bin when it installs, before it is built, and a build
// writes no executable files.
import { existsSync } from "node:fs";

const main = new URL("../bundle/main.js", import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write("graft: This checkout is not built yet. Run: npm run build\n");
  process.exitCode = 1;
}
