// What needs Node: files, worker threads, sharp. Browser code never imports this entry.
export {};
