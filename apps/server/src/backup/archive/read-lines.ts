/** Texts between line ends; a line may be of any length. Only "\n" ends one: other ends may stand in names. */
export async function* readLines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Uint8Array[] = [];
  const textOf = (last: Uint8Array): string => Buffer.concat([...rest, last]).toString("utf8");
  for await (const piece of pieces) {
    let from = 0;
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, from)) {
      yield textOf(piece.subarray(from, end));
      rest = [];
      from = end + 1;
    }
    if (from < piece.length) rest.push(piece.subarray(from));
  }
  if (rest.length > 0) yield textOf(new Uint8Array());
}
