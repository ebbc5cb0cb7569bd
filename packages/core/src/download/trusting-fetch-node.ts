import { rootCertificates } from "node:tls";
import type { Fetch } from "./types.ts";

/**
 * A `fetch` that believes these certificates beside those that Node believes; Node's own takes no other ones. undici is loaded
 * at the first request. Its classes are not Node's, so a form would be sent as its name.
 * @param ca PEM
 */
export function trustingFetch(ca: string): Fetch {
  const open = async (): Promise<Fetch> => {
    const { Agent, fetch: undiciFetch } = await import("undici");
    const dispatcher = new Agent({ connect: { ca: [...rootCertificates, ca] } });
    return (url, { method = "GET", headers, body, redirect = "follow", signal = null } = {}) => {
      if (body != null && typeof body !== "string" && !(body instanceof Uint8Array || body instanceof Blob))
        throw new TypeError("a request by a given certificate sends text or bytes");
      const sent = body == null ? {} : { body };
      return undiciFetch(url, {
        ...{ method, headers: [...new Headers(headers)], redirect, signal, dispatcher, ...sent },
      });
    };
  };
  let opened: Promise<Fetch> | undefined;
  return async (url, init) => {
    opened ??= open();
    return (await opened)(url, init);
  };
}
