/** Node's options for a child process that runs TypeScript against the packages' sources, as the tests themselves do. */
export const FROM_SOURCES = ["--conditions=graft-source", "--import", "tsx"] as const;
