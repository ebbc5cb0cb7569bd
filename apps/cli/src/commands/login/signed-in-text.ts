/** Who signed in where, and what is kept of it. */
export interface SignedIn {
  readonly url: string;
  /** The account's. */
  readonly name: string;
  readonly role: string;
  /** ISO 8601; null: the token does not end. */
  readonly endsAt: string | null;
  /** Where it is kept. */
  readonly file: string;
  /** SHA-256 of the certificate that is kept, too. */
  readonly fingerprint?: string | undefined;
}

/** What a token of less than an account's rights can do. */
const ALONE: Readonly<Record<string, string>> = {
  worker: "With this token the computer works for that server: graft worker. It lets no other command in.",
  predict:
    "With this token graft predict RUN IMAGE… asks the models that it names. It lets no other command in.",
  contributor:
    "With this token programs and pages add pictures to one class of a data set. It lets no command in.",
};

/** What `graft login` tells. */
export function signedInText({ url, name, role, endsAt, file, fingerprint }: SignedIn): string {
  const until = endsAt === null ? "" : `, until ${endsAt.slice(0, 10)}`;
  const can = ALONE[role];
  return [
    can === undefined
      ? `Signed in at ${url} as ${name} (${role}${until}). Kept in ${file}.`
      : `Signed in at ${url} with a token of the role ${role} (made by ${name}${until}). Kept in ${file}.`,
    ...(fingerprint === undefined
      ? []
      : [`So is its certificate. Compare with what graft serve prints there (SHA-256): ${fingerprint}`]),
    `${can ?? "Commands work there now."} --local does one on this computer; graft logout signs out.`,
  ].join("\n");
}
