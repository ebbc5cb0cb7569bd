import type { Fetch } from "./types.ts";

/** First of these variables that is set; the lower-case name wins, as in curl. */
function variable(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name.toLowerCase()] ?? env[name];
  return value === "" ? undefined : value;
}

/**
 * A `fetch` that goes through the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY (or their lower-case forms) name:
 * Node's own ignores them (https://undici.nodejs.org/#/docs/api/EnvHttpProxyAgent). Without a proxy it is Node's own, and undici is never loaded.
 *
 * Each request has an agent of its own, which ends with the request's signal: undici goes on with a CONNECT whose request
 * was given up, and one that a proxy never answers keeps the process alive for five minutes.
 */
export function nodeFetch(env: NodeJS.ProcessEnv): Fetch {
  const httpProxy = variable(env, "HTTP_PROXY");
  const httpsProxy = variable(env, "HTTPS_PROXY");
  if (httpProxy === undefined && httpsProxy === undefined) return (url, init) => fetch(url, init);
  const noProxy = variable(env, "NO_PROXY") ?? "";
  let proxied: Promise<Fetch> | undefined;
  const open = async (): Promise<Fetch> => {
    const { EnvHttpProxyAgent, fetch: undiciFetch } = await import("undici");
    return (url, { method = "GET", headers, body, redirect = "follow", signal = null } = {}) => {
      // undici's own classes are not Node's, so a form or a stream of Node's would be sent as its name
      if (body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array))
        throw new TypeError("a request through a proxy sends text or bytes");
      const sent = body === undefined ? {} : { body };
      const dispatcher = new EnvHttpProxyAgent({
        // an empty string, unlike undefined, keeps undici from looking at process.env itself
        httpProxy: httpProxy ?? "",
        httpsProxy: httpsProxy ?? "",
        noProxy,
        // plain http is forwarded, not tunnelled: many proxies allow CONNECT to port 443 alone
        proxyTunnel: false,
      });
      const answer = undiciFetch(url, {
        method,
        headers: [...new Headers(headers)],
        redirect,
        signal,
        dispatcher,
        ...sent,
      });
      // after undici's own listener, so that the request has failed for the reason that the caller gave
      signal?.addEventListener("abort", () => void dispatcher.destroy(), { once: true });
      return answer;
    };
  };
  return async (url, init) => {
    proxied ??= open();
    return (await proxied)(url, init);
  };
}
