// node --conditions=graft-source --import tsx message-child.ts, forked: a worker of its own process; see protocol.test.ts.
import { parentPort } from "@graft/core/node";
import { workByMessages } from "./worker-of-messages.ts";

await workByMessages(parentPort());
