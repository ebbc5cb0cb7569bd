import { CoreError } from "@graft/core";
import type { AdapterFacts } from "./adapter-facts.ts";

/** The adapter that WebGPU takes on this machine, or why it takes none. */
export type AdapterAnswer = { readonly facts: AdapterFacts } | { readonly reason: string };

/** What a host says of adapters, in its own words. */
export interface AdapterWords {
  /** What there should be. */
  readonly expected: string;
  /** How a software adapter is taken all the same. */
  readonly softwareFix: string;
}

/**
 * The adapter's facts.
 * @param allowSoftware take one that only imitates a GPU too.
 * @throws CoreError `backend` when there is none, or only a software one that was not asked for.
 */
export function usableAdapter(
  answer: AdapterAnswer,
  { allowSoftware, words }: { readonly allowSoftware: boolean; readonly words: AdapterWords },
): AdapterFacts {
  if ("reason" in answer)
    throw new CoreError("backend", {
      what: "There is no WebGPU adapter.",
      received: answer.reason,
      expected: words.expected,
    });
  if (answer.facts.software && !allowSoftware)
    throw new CoreError("backend", {
      what: "The only WebGPU adapter is a software one, slower than this machine's processor itself.",
      received: answer.facts.name,
      fix: words.softwareFix,
    });
  return answer.facts;
}
