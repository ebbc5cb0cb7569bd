/** Opens the store of a home, says so and holds it until it is ended. `node … hold-store-child.ts HOME` */
import { openStore } from "@graft/server";

const [home = ""] = process.argv.slice(2);
await openStore({ home });
process.send?.("open");
// the channel to its parent keeps it alive, and its end ends it
process.on("disconnect", () => process.exit(0));
