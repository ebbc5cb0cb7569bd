import { basename } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { chromiumPath, NO_CHROMIUM } from "../setup/chromium.ts";
import { bundleWorker } from "./bundle.ts";
import { type PageServer, startPageServer } from "./page-server.ts";

/** WebGPU on SwiftShader, which is Chromium's own and needs no GPU. */
const SOFTWARE_WEBGPU = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
];

export interface WorkerOptions {
  /** Whether its threads can share memory. @default true */
  readonly isolated?: boolean;
  /** Where the script runs: a module worker, or the page's own thread, which may not wait for others. @default "worker" */
  readonly thread?: "worker" | "page";
  /** The worker's Content-Security-Policy. @default none */
  readonly policy?: string;
  /** Hears what the worker tells by `tell` (answer-calls.ts). */
  readonly onEvent?: (event: unknown) => void;
}

/** A module worker of a page of its own. */
export interface TestWorker extends AsyncDisposable {
  /**
   * Calls one of the functions that the worker gave to `answerCalls`.
   * @param argument plain data and typed arrays. Much of it is served and uploaded instead ({@link TestBrowser.server}).
   * @throws Error with the worker's message.
   */
  call(name: string, argument?: unknown): Promise<unknown>;
  /** What the page and its workers wrote to the console, errors that nobody caught among it. */
  readonly log: readonly string[];
}

/** One headless Chromium with a server of its own. */
export interface TestBrowser extends AsyncDisposable {
  readonly version: string;
  readonly server: PageServer;
  /** @param entry path of the worker's TypeScript file, which is bundled once. */
  openWorker(entry: string, options?: WorkerOptions): Promise<TestWorker>;
}

/** Why no browser can be opened; undefined when one can. With CI=true a missing one is a failure. */
export function whyNoBrowser(): string | undefined {
  if (chromiumPath() !== undefined) return undefined;
  if (process.env.CI === "true") throw new Error(NO_CHROMIUM);
  return NO_CHROMIUM;
}

async function openPage(browser: Browser, url: string, options: WorkerOptions): Promise<TestWorker> {
  const log: string[] = [];
  const page: Page = await browser.newPage();
  page.on("console", (message) => log.push(message.text()));
  page.on("pageerror", (error) => log.push(String(error)));
  await page.exposeFunction("graftEvent", (event: unknown) => options.onEvent?.(event));
  await page.goto(url);
  await page.waitForFunction("window.graftIsReady");
  return {
    log,
    call: (name, argument) =>
      page.evaluate(
        ([called, given]) => {
          // the page's own script has made it
          const { callWorker } = globalThis as unknown as {
            callWorker: (name: unknown, argument: unknown) => Promise<unknown>;
          };
          return callWorker(called, given);
        },
        [name, argument],
      ),
    [Symbol.asyncDispose]: () => page.close(),
  };
}

/** @throws Error when there is no browser; see {@link whyNoBrowser}. */
export async function openBrowser(): Promise<TestBrowser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error(NO_CHROMIUM);
  const server = await startPageServer();
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    // Chromium's sandbox refuses to run as root, which containers are
    args: ["--no-sandbox", "--disable-dev-shm-usage", ...SOFTWARE_WEBGPU],
  });
  const bundled = new Map<string, Promise<string>>();
  const bundle = async (entry: string): Promise<string> => {
    const folder = basename(entry, ".ts");
    for (const [name, file] of await bundleWorker(entry)) server.serve(`${folder}/${name}`, file);
    return `/${folder}/worker.js`;
  };
  return {
    version: browser.version(),
    server,
    async openWorker(entry, options = {}) {
      const script = bundled.get(entry) ?? bundle(entry);
      bundled.set(entry, script);
      const { isolated = true, thread = "worker", policy } = options;
      return openPage(browser, server.pageUrl(await script, { isolated, thread, policy }), options);
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      await server[Symbol.asyncDispose]();
    },
  };
}
