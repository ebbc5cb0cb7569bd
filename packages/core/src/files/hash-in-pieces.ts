import { sha256 } from "../sha256.ts";
import { joinPieces } from "./join-pieces.ts";

/** sha256 of a content that comes in pieces. */
export interface HashInPieces {
  /** The piece stays as it is until the digest. */
  update(piece: Uint8Array): unknown;
  /** In hexadecimal digits; the last call. */
  digest(): string | Promise<string>;
}

/** What every platform has: WebCrypto takes a content whole, so the pieces are joined at the end. */
export function sha256InPieces(): HashInPieces {
  const pieces: Uint8Array[] = [];
  return {
    update: (piece) => pieces.push(piece),
    digest: () => sha256(joinPieces(pieces)),
  };
}
