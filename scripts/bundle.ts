/**
 * node --import tsx scripts/bundle.ts [PACKAGE…]: what `tsc -b` built of packages (all, or as packages/core), in the few files
 * that Node loads: hundreds of small ones cost each start of a program more than half of its time.
 */
import { relative, resolve } from "node:path";
import { bundlePackage } from "./bundle/bundle-package.ts";
import { PACKAGES } from "./bundle/entries.ts";
import { ROOT } from "./pack/manifest.ts";

const given = process.argv.slice(2).map((each) => relative(ROOT, resolve(each)).replaceAll("\\", "/"));
for (const path of given.length > 0 ? given : PACKAGES) await bundlePackage(path);
