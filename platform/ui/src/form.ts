// What a form page adds to the shell.
export {};
