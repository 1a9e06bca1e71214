"""Approvals: a closed definition, a pure step, a careful runtime (D9).

`definition` says what a flow document may hold, `step` decides what an event leads to without clock or database, and
`runtime` does one event per transaction on rows. The host hands in what the engine must not know: where the compiled
forms and flows of a transaction are, and how a person is told.
"""
