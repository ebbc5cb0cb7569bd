import { openTeam, type Team, type TeamThread, THREAD_SOURCE } from "./team.ts";

/** The first message is the memory of answers, all others are work. */
const PROGRAM = `
onmessage = ({ data: answers }) => {
  const hear = (${THREAD_SOURCE})(answers);
  onmessage = ({ data }) => hear(data);
  postMessage("ready");
};`;

/** A thread that a browser does not start is refused by the page's policy, which says so at once, or there is no room for it. */
const START_TIMEOUT_MS = 20_000;

async function startThread(answers: SharedArrayBuffer): Promise<TeamThread> {
  // the bundler of a page need know of no file more
  const url = URL.createObjectURL(new Blob([PROGRAM], { type: "text/javascript" }));
  const worker = new Worker(url);
  const thread: TeamThread = {
    postMessage: (message) => worker.postMessage(message),
    terminate: async () => worker.terminate(),
  };
  return new Promise<TeamThread>((settle, fail) => {
    const giveUp = (reason: string): void => {
      worker.terminate();
      fail(new Error(reason));
    };
    const timer = setTimeout(() => giveUp("no answer"), START_TIMEOUT_MS);
    worker.onmessage = () => {
      clearTimeout(timer);
      settle(thread);
    };
    worker.onerror = (event) => {
      clearTimeout(timer);
      giveUp(event.message || "the browser refused a worker from a blob: URL");
    };
    worker.postMessage(answers);
  }).finally(() => URL.revokeObjectURL(url));
}

/** A team of web workers. @throws CoreError `backend` when one does not start. */
export const openBrowserTeam = (threads: number): Promise<Team> => openTeam(threads, startThread);
