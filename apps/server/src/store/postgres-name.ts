import { CoreError } from "@graft/core";

/**
 * A database's address for people: without the password, and without parameters, which may have one, too.
 * @throws CoreError `bad-input` for what is no address; what was given is not told, as nobody knows what in it is a password.
 */
export function postgresName(url: string): string {
  if (/^postgres(ql)?:\/\//i.test(url) && URL.canParse(url)) {
    const { username, host, pathname, hash } = new URL(url);
    // a password with "/" or "#" in it, as it is
    if (hash === "" && !pathname.includes("@"))
      return `postgres://${username && `${username}@`}${host}${pathname}`;
  }
  throw new CoreError("bad-input", {
    what: "This is no address of a PostgreSQL database.",
    expected: "postgres://USER:PASSWORD@HOST/DATABASE",
    fix: 'In a password "#", "/", "?" and "@" are written %23, %2F, %3F and %40.',
  });
}
