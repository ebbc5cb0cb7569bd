// node --import tsx serve-child.ts OPTIONS: what `graft serve` runs, as it is built, with checkpoints as often as OPTIONS say. It
// ends by SIGTERM, and with who started it.
import { startServer } from "@graft/server";

const server = await startServer({ ...JSON.parse(process.argv[2] ?? "{}"), env: process.env });
process.stdout.write(`${JSON.stringify({ url: server.url, adminToken: server.admin.path })}\n`);
process.once("disconnect", () => process.exit(1));
process.once("SIGTERM", () => {
  void server.close().then(() => process.exit(0));
});
