// node engines-child.js HOME: prints which backends can be used, and ends; what was loaded to find that out goes with it.
import { usableBackends } from "@graft/backend-select";

const [home = ""] = process.argv.slice(2);
const usable = await usableBackends({ home, env: process.env });
process.stdout.write(JSON.stringify(usable.map(({ id, kind, automatic }) => ({ id, kind, automatic }))));
