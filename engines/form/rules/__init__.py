"""Rules of forms: what must hold, is seen, is required, follows. Compiled with the form, asked by every writer."""
