import { ask } from "../download/answer.ts";
import { CoreError } from "../errors.ts";
import { isOffline } from "../offline.ts";
import type { CutLayer } from "../trunk/cut-layers.ts";
import type { LoadWeightsOptions } from "./load-options.ts";
import {
  type CachedSource,
  type CacheOptions,
  dropCached,
  fetchIntoCache,
  type HashedTensors,
  IMAGENET,
  imagenetSource,
  isCached,
  readCached,
} from "./weights-cache-node.ts";

/** How long `auto` waits for the server, in milliseconds: offline is a normal state and must not feel like a hang. */
const PATIENCE_MS = 4000;

type FetchLimits = Pick<CacheOptions, "answerTimeoutMs" | "stallTimeoutMs" | "silenceTimeoutMs">;
type Surroundings = Omit<LoadWeightsOptions, "weights" | "inputRange" | "notices">;

/**
 * A damaged file stays until another one takes its place: a person may have saved it by hand, and it may be all there is.
 * @returns undefined when it is absent or damaged, which is said.
 * @throws CoreError `corrupt` when it is damaged and GRAFT_OFFLINE forbids to fetch another one.
 */
async function readIfCached(
  source: CachedSource,
  { env, cut, onNotice }: Surroundings,
): Promise<HashedTensors | undefined> {
  if (!isCached(source)) return undefined;
  try {
    return await readCached(source, cut);
  } catch (error) {
    if (!(error instanceof CoreError) || error.code !== "corrupt") throw error;
    const what = `The cached weights ${source.path} are damaged`;
    if (isOffline(env)) {
      const fix = `Unset GRAFT_OFFLINE to fetch them again, or save the right file there, or use \`weights: bundled\`.`;
      const reason = `${source.path} is damaged, and GRAFT_OFFLINE forbids fetching it again`;
      const parts = {
        what: `${what}, and GRAFT_OFFLINE forbids the network.`,
        received: wrongOf(error),
        fix,
      };
      throw new CoreError("corrupt", parts, { cause: error, facts: { ...error.facts, reason } });
    }
    onNotice?.(`${what} (${wrongOf(error)}) and are not used.`);
    return undefined;
  }
}

/** What is wrong with a damaged file, in a few words. */
const wrongOf = ({ facts, message }: CoreError): string =>
  typeof facts.received === "string" ? facts.received : message;

/** Reads what was just fetched; what is no weights at all does not stay in the cache, what is too short for a cut does. */
async function readFetched(source: CachedSource, cut: CutLayer | undefined): Promise<HashedTensors> {
  try {
    return await readCached(source, cut);
  } catch (error) {
    const endsEarly = error instanceof CoreError && error.facts.upTo !== undefined;
    if (!endsEarly) await dropCached(source);
    throw error;
  }
}

/**
 * Weights of a source, from the cache or over the network.
 * @throws CoreError as `download` and `readCached`; `offline` at once with GRAFT_OFFLINE.
 */
export async function obtain(source: CachedSource, surroundings: Surroundings): Promise<HashedTensors> {
  const cached = await readIfCached(source, surroundings);
  if (cached) return cached;
  return fetchAndRead(source, surroundings, {});
}

async function fetchAndRead(
  source: CachedSource,
  { env, fetch, signal, cut, onNotice, onProgress }: Surroundings,
  limits: FetchLimits,
): Promise<HashedTensors> {
  if (isOffline(env)) {
    throw new CoreError("offline", {
      what: `The weights ${source.url} are not cached, and GRAFT_OFFLINE forbids the network.`,
      fix: "Unset GRAFT_OFFLINE, use `weights: bundled`, or give the path of a file.",
    });
  }
  const size = source.md5 === undefined ? "" : ` (${IMAGENET.about}, once)`;
  onNotice?.(`Fetching weights from ${source.url}${size}.`);
  await fetchIntoCache(source, { fetch, signal, onProgress, ...limits });
  return readFetched(source, cut);
}

/** Why the server of the ImageNet weights cannot be used now; undefined when it answers. */
async function refusal(
  source: CachedSource,
  { env, fetch, signal }: Surroundings,
): Promise<string | undefined> {
  if (isOffline(env)) return "GRAFT_OFFLINE is set";
  const headers = { range: "bytes=0-0" }; // a GET, since not every mirror knows HEAD
  try {
    const answer = await ask(source.url, { fetch, headers, signal, timeoutMs: PATIENCE_MS, fix: "" });
    answer.abort();
    answer.release();
    return answer.response.ok ? undefined : `${source.url} answered ${answer.response.status}`;
  } catch (error) {
    if (!(error instanceof CoreError) || error.code === "cancelled") throw error;
    return reasonOf(error);
  }
}

/** Half a sentence: downloads put it into their errors' facts. */
const reasonOf = ({ facts, message }: CoreError): string =>
  typeof facts.reason === "string" ? facts.reason : message;

/** The ImageNet weights, or the reason why they cannot be had now. */
export async function obtainImagenetOrReason(
  surroundings: Surroundings,
): Promise<HashedTensors | { readonly reason: string }> {
  const source = imagenetSource(surroundings.home, surroundings.env);
  try {
    const cached = await readIfCached(source, surroundings);
    if (cached) return cached;
    const reason = await refusal(source, surroundings);
    if (reason !== undefined) return { reason };
    return await fetchAndRead(source, surroundings, {
      answerTimeoutMs: PATIENCE_MS,
      stallTimeoutMs: PATIENCE_MS,
      silenceTimeoutMs: PATIENCE_MS,
    });
  } catch (error) {
    // a mirror that breaks off or has another file, a disk without room: there are weights all the same
    if (!(error instanceof CoreError) || error.code === "cancelled") throw error;
    return { reason: reasonOf(error) };
  }
}
