"""The crash simulation: real services over fakes, stopped, cut off and repeated at every I/O.

One seeded scheduler owns time, queues, the table and Stripe. `prove` runs every fault at every I/O
of every scenario; `replay` shows one run; `checks` judge from the fakes' own records.
"""
