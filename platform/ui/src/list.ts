// What a list page adds to the shell.
export {};
