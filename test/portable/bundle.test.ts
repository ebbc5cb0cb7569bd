import { describe, expect, it } from "vitest";
import manifest from "../../packages/backend-select/package.json" with { type: "json" };
import { fileKind, ROOT, sourcesBelow } from "../structure/sources.ts";
import { type BrowserBundle, bundleForBrowser, type Size } from "./bundle-for-browser.ts";

const sizeText = ({ bytes, gzipBytes }: Size): string =>
  `${(bytes / 1000).toFixed(0)} kB, ${(gzipBytes / 1000).toFixed(0)} kB gzipped`;

function print(name: string, { atOnce, later, packagesAtOnce, packagesLater }: BrowserBundle): void {
  const parts = [`${sizeText(atOnce)}, with ${packagesAtOnce.join(", ")}`];
  if (later.bytes > 0) parts.push(`on first use ${sizeText(later)}, with ${packagesLater.join(", ")}`);
  console.log(`${name} in a browser: ${parts.join("; ")}`);
}

const bundles = new Map<string, Promise<BrowserBundle>>();

/** All portable files below a folder in one bundle, made once. */
function bundleOfPortable(folder: string): Promise<BrowserBundle> {
  const files = sourcesBelow(folder).filter(
    (path) => fileKind(path) === "portable" && !path.endsWith(".d.ts"),
  );
  const bundle = bundles.get(folder) ?? bundleForBrowser(files.map((path) => `${ROOT}/${folder}/${path}`));
  bundles.set(folder, bundle);
  return bundle;
}

describe("bundled for a browser", () => {
  it("@graft/core imports nothing of Node", async () => {
    const bundle = await bundleForBrowser(["@graft/core"]);
    print("@graft/core", bundle);
    expect(bundle.nodeImports).toEqual([]);
  });

  it("@graft/api imports nothing of Node", async () => {
    const bundle = await bundleForBrowser(["@graft/api"]);
    print("@graft/api", bundle);
    expect(bundle.nodeImports).toEqual([]);
  });

  it("@graft/backend-select/browser imports nothing of Node", async ({ skip }) => {
    skip(!("./browser" in manifest.exports), "@graft/backend-select has no entry for browsers");
    const bundle = await bundleForBrowser(["@graft/backend-select/browser"]);
    print("@graft/backend-select/browser", bundle);
    expect(bundle.nodeImports).toEqual([]);
  });

  it("names what a module imports of Node", async () => {
    const { nodeImports } = await bundleForBrowser([`${ROOT}/test/structure/sources.ts`]);
    expect(nodeImports).toEqual([
      "test/structure/sources.ts imports node:fs",
      "test/structure/sources.ts imports node:path",
    ]);
  });

  // what no entry for browsers exports yet must be ready for one: tables, weights of Keras, exports
  it.each(["packages/core/src", "packages/backend-select/src", "packages/api/src"])(
    "all portable files of %s import nothing of Node",
    async (folder) => {
      const bundle = await bundleOfPortable(folder);
      print(`all portable files of ${folder}`, bundle);
      expect(bundle.nodeImports).toEqual([]);
    },
  );

  it("HDF5's library comes when it is first used", async () => {
    const bundle = await bundleOfPortable("packages/core/src");
    expect(bundle.packagesLater).toContain("h5wasm");
    expect(bundle.packagesAtOnce).not.toContain("h5wasm");
  });
});
