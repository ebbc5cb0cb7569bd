/** "1 thread", "8 threads" */
export const threadsText = (threads: number): string => `${threads} ${threads === 1 ? "thread" : "threads"}`;
