// npm run setup:tests: brings what tests need and npm does not carry. What cannot be had is said, never an error here:
// the tests that need it are then skipped by name (or fail, when REQUIRE_BACKENDS or CI asks for them).
import { chromiumPath, installChromium } from "./chromium.ts";
import { installKeras } from "./keras-python.ts";
import { installMoto } from "./moto-python.ts";
import { installPostgres, postgresFolder } from "./postgres.ts";
import { softwareVulkanFolder } from "./software-vulkan.ts";

// beside the other, which waits for its own server
const keras = installKeras();
const moto = installMoto();
const isLinux = process.platform === "linux";
const outcome = installChromium(
  () => chromiumPath() !== undefined && (!isLinux || softwareVulkanFolder() !== undefined),
);
const [browser, folder] = [chromiumPath(), softwareVulkanFolder()];
console.log(
  browser
    ? `Chromium for the tests of browsers: ${outcome} (${browser})`
    : `no Chromium, tests of browsers will be skipped: ${outcome}`,
);
console.log(
  folder
    ? `software Vulkan for the WebGPU tests: ${folder}`
    : `no software Vulkan, WebGPU tests will be skipped: ${isLinux ? outcome : "only Linux has one that can be set up here"}`,
);
const database = installPostgres();
console.log(
  postgresFolder() === undefined
    ? `no PostgreSQL, the server's tests on it will be skipped: ${database}`
    : `PostgreSQL for the server's tests: ${database} (${postgresFolder()})`,
);
console.log(`Keras for the tests of exports: ${await keras}`);
console.log(`an S3 server for the tests of blobs: ${await moto}`);
