// What a dashboard page adds to the shell.
export {};
