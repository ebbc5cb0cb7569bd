import type { Exchange } from "../edge/exchange.ts";

const NAME = "graft_token";
/** A browser keeps a cookie of a token that does not end for so long, in seconds: 90 days. */
const MAX_AGE = 90 * 24 * 3600;

/** What a browser sends by itself: only to this server's own pages, never to a script. */
function cookie(value: string, maxAge: number, isTls: boolean): string {
  const secure = isTls ? "; Secure" : "";
  return `${NAME}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Strict${secure}`;
}

/** @param endsAt of the token, milliseconds since 1970; null: it does not end. */
export function tokenCookie(token: string, endsAt: number | null, isTls: boolean): string {
  const seconds = endsAt === null ? MAX_AGE : Math.ceil((endsAt - Date.now()) / 1000);
  // a code may have been typed with any letter between its groups
  return cookie(encodeURIComponent(token), Math.max(0, Math.min(MAX_AGE, seconds)), isTls);
}

export const noTokenCookie = (isTls: boolean): string => cookie("", 0, isTls);

/** The token in the cookies of a request. */
export function cookieToken({ request }: Exchange): string | undefined {
  const { cookie: text } = request.headers;
  if (text === undefined) return undefined;
  for (const pair of text.split(";")) {
    const [name, value] = pair.trim().split("=", 2);
    if (name === NAME && value !== undefined && value !== "") return decoded(value);
  }
  return undefined;
}

/** What cannot be decoded is no token either, and is refused as one. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
