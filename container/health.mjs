// Asks the server of this container whether it is ready; exit code 0 or 1, for HEALTHCHECK.
import { get } from "node:http";
import { get as getByTls } from "node:https";
import { env } from "node:process";

const port = Number(env.GRAFT_PORT || 4700);
const bind = env.GRAFT_BIND || "0.0.0.0";
const host = ["0.0.0.0", "::", "localhost"].includes(bind) ? "127.0.0.1" : bind;

/** @returns {Promise<number>} the answer's status; 0: there was none. */
const ask = (/** @type {typeof get} */ by) =>
  new Promise((resolve) => {
    // whose certificate it is does not matter: it asks itself, and sends nothing
    const request = by(
      { host, port, path: "/health/ready", timeout: 5000, rejectUnauthorized: false },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      },
    );
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(0));
  });

const status = await ask(get);
// the port of TLS sends who asks without it on to the same address with it
const isReady = status === 200 || (status === 308 && (await ask(getByTls)) === 200);
process.exit(isReady ? 0 : 1);
