import { join } from "node:path";

/** Where features are kept between runs. */
export const featureFolder = (home: string): string => join(home, "cache", "features");
