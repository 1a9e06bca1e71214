"""Work without a person waiting: the runner (events, timers), and jobs that a person can watch and cancel."""
